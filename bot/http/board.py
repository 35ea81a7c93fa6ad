"""The board: lists, the digest and the figures as pages to read, and as files.

A one-time link from chat signs one browser in for a day. What is shown is what the person may
see at that moment, in their language. No page changes anything, and no page runs a script.
"""

from __future__ import annotations

import asyncio
import html
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from aiohttp import web

from bot.delivery.clock import Clock
from bot.delivery.dispatch import Dispatcher
from bot.http import board_pages as pages
from handlers import rights
from handlers.board import digest, picture
from handlers.board.lifetimes import LINK, SESSION
from handlers.kit import tables
from handlers.kit.commands import by_name
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Listing, Row
from handlers.kit.messages import Message, load, spoken
from handlers.kit.words import LANGUAGES, Sentence, _
from handlers.mandate.starter import template
from handlers.privacy import exporting
from storage import board, people, pilots, workspaces
from storage.digest import texts
from storage.engine import Database, StorageError, Tx
from storage.engine.ids import NOBODY, PilotId
from storage.pilots import log

T = TypeVar("T")
COOKIE = "lotse-board"
WEEK, KIND = r"{week:\d{4}-W\d{2}}", "{kind:csv|json}"


class Board:
    """The board's routes. It reads the store, and writes only who is signed in."""

    def __init__(self, dispatcher: Dispatcher, database: Database, clock: Clock) -> None:
        self._dispatcher = dispatcher
        self._database = database
        self._clock = clock

    def add_to(self, app: web.Application) -> None:
        """Add the board's routes to an application."""
        for method, path, handler in (
            ("GET", "/board/style.css", self._style),
            ("GET", "/board/in/{workspace}/{secret}", self._asked),
            ("POST", "/board/in/{workspace}/{secret}", self._signed_in),
            ("POST", "/board/out", self._signed_out),
            ("GET", "/board/", self._guarded(self._start)),
            ("GET", "/board/week", self._guarded(self._week)),
            ("GET", "/board/figures", self._guarded(self._figures)),
            ("GET", "/board/digests", self._guarded(self._digests)),
            ("GET", rf"/board/digest/{WEEK}", self._guarded(self._digest)),
            ("GET", rf"/board/digest/{WEEK}.{KIND}", self._guarded(self._digest_file)),
            ("GET", "/board/template", self._guarded(self._template)),
            ("GET", "/board/data", self._guarded(self._data)),
            ("GET", "/board/data.json", self._guarded(self._data_file)),
            ("GET", "/board/picture", self._guarded(self._picture)),
            ("GET", r"/board/picture.{theme:light|dark}.svg", self._guarded(self._weeks)),
            (
                "GET",
                r"/board/pilot/{pilot}.{theme:light|dark}.svg",
                self._guarded(self._pilot),
            ),
            ("GET", r"/board/{list:[a-z]+}", self._guarded(self._list)),
            ("GET", rf"/board/{{list:[a-z]+}}.{KIND}", self._guarded(self._file)),
        ):
            app.router.add_route(method, path, self._kept(handler))

    # --- signing in --------------------------------------------------------------------

    async def _asked(self, request: web.Request) -> web.Response:
        """Show a button: looking at a link, as previews do, uses nothing up."""
        workspace, secret = request.match_info["workspace"], request.match_info["secret"]
        now = self._clock.now()

        def look(tx: Tx) -> tuple[bool, str]:
            if not _known(tx, workspace):
                return False, "de"
            tx = tx.within(workspace)
            person = people.find(tx, board.waits(tx, secret, now - LINK) or NOBODY)
            language = person.language if person is not None else None
            return person is not None, language or workspaces.get(tx).language

        waits, language = await self._read(look)
        if not waits:
            return pages.gone(language)
        button = pages.say(_("Sign in with this browser"), language)
        once = _("This link works once. This browser then stays signed in for a day.")
        said = f"<p>{pages.say(once, language)}</p>"
        body = f'{said}<form method="post"><button>{button}</button></form>'
        return pages.whole(language, _("The board"), body)

    async def _signed_in(self, request: web.Request) -> web.Response:
        workspace, secret = request.match_info["workspace"], request.match_info["secret"]
        token, now = secrets.token_urlsafe(32), self._clock.now()

        def use(tx: Tx) -> bool:
            if not _known(tx, workspace):
                return False
            return board.use(tx.within(workspace), secret, token, now - LINK, now)

        if not await asyncio.wrap_future(self._database.submit(use)):
            return pages.gone("de")
        to = "data" if request.query.get("to") == "data" else ""
        answer = web.Response(status=303, headers={"Location": f"/board/{to}"})
        answer.set_cookie(
            COOKIE,
            f"{workspace}.{token}",
            max_age=int(SESSION.total_seconds()),
            path="/board",
            httponly=True,
            samesite="Lax",
            secure=self._dispatcher.address.startswith("https://"),
        )
        return answer

    async def _signed_out(self, request: web.Request) -> web.Response:
        workspace, _dot, token = request.cookies.get(COOKIE, "").partition(".")

        def leave(tx: Tx) -> None:
            if _known(tx, workspace):
                board.leave(tx.within(workspace), token)

        await asyncio.wrap_future(self._database.submit(leave))
        answer = pages.gone("de")
        answer.del_cookie(COOKIE, path="/board")
        return answer

    # --- pages --------------------------------------------------------------------------

    def _start(self, ctx: Context, _request: web.Request) -> web.Response:
        items = "".join(
            f'<li><a href="/board/{each.key}">{pages.say(each.title, ctx.language)}</a>: '
            f"{each.count(ctx, Filter(each.which[0]))}</li>"
            for each in pages.lists(ctx)
        )
        return pages.shown(ctx, _("The board"), f"<ul>{items}</ul>", "")

    def _week(self, ctx: Context, _request: web.Request) -> web.Response:
        return self._said(ctx, "digest", _("This week so far"), "week")

    def _figures(self, ctx: Context, _request: web.Request) -> web.Response:
        measures = [each for feature in ctx.features for each in feature.measures]
        rows = "".join(
            f'<dt id="{pages.anchor(each.id)}">{pages.say(each.name, ctx.language)}</dt>'
            f"<dd>{pages.say(each.formula, ctx.language)} "
            f"(<code>{', '.join(each.rows)}</code>)</dd>"
            for each in measures
        )
        return pages.shown(ctx, _("How this is computed"), f"<dl>{rows}</dl>", "figures")

    def _digests(self, ctx: Context, request: web.Request) -> web.Response:
        listing = tables.find(ctx.features, "digests")
        assert listing is not None
        asked = pages.asked_filter(listing, request, ctx.workspace.zone)
        items = ""
        for row in tables.everything(ctx, listing, asked):
            week, _monday, verdict = (str(each) for each in row.values)
            said = pages.say(_("Week {number}", number=int(week[6:])), ctx.language)
            link = f'<a href="/board/digest/{week}">{said} · {week[:4]}</a>'
            items += f"<li>{link}<br>{html.escape(verdict)}</li>"
        none = pages.say(_("There is none yet."), ctx.language)
        body = f"<ul>{items}</ul>" if items else f"<p>{none}</p>"
        body = pages.filters(ctx, listing, asked) + body
        return pages.shown(ctx, listing.title, body, listing.key)

    def _digest(self, ctx: Context, request: web.Request) -> web.Response:
        kept = texts.of(ctx.tx, request.match_info["week"], ctx.language)
        if kept is None:
            raise web.HTTPNotFound
        files = pages.files(ctx, f"digest/{request.match_info['week']}")
        return pages.shown(ctx, _("Weekly digest"), files + pages.drawn(load(kept)), "digests")

    def _digest_file(self, ctx: Context, request: web.Request) -> web.Response:
        found = digest.figures(ctx, request.match_info["week"])
        if found is None:
            raise web.HTTPNotFound
        return _as_file(ctx, *found, request.match_info["kind"])

    def _template(self, ctx: Context, request: web.Request) -> web.Response:
        language = request.query.get("language", ctx.language)
        if language in LANGUAGES:
            ctx = replace(ctx, person=replace(ctx.person, language=language))
        links = "".join(
            f'<li><a href="/board/template?language={each}" hreflang="{each}">{label}</a></li>'
            for each, label in (("de", "Deutsch"), ("en", "English"))
        )
        said = pages.drawn(spoken(template.page(ctx), ctx.language, ctx.zone, ctx.year))
        nav = f'<nav class="files" aria-label="Deutsch, English"><ul>{links}</ul></nav>'
        return pages.shown(ctx, _("The page to print"), nav + said, "template")

    def _data(self, ctx: Context, _request: web.Request) -> web.Response:
        said = pages.drawn(spoken(exporting.page(ctx), ctx.language, ctx.zone))
        file = pages.say(_("All of it as a file (JSON)"), ctx.language)
        link = f'<p class="files"><a href="/board/data.json">{file}</a></p>'
        return pages.shown(ctx, _("My data"), link + said, "data")

    def _data_file(self, ctx: Context, _request: web.Request) -> web.Response:
        return web.Response(
            body=exporting.as_json(ctx).encode(),
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Content-Disposition": 'attachment; filename="lotse-data.json"',
            },
        )

    # --- pictures -----------------------------------------------------------------------

    def _picture(self, ctx: Context, _request: web.Request) -> web.Response:
        found = picture.points(ctx)
        body = pages.image("/board/picture", pages.say(picture.summary(found), ctx.language))
        body += pages.numbers(ctx, found)
        for pilot in pilots.all(ctx.tx):
            values = log.values(ctx.tx, pilot.id)
            if values and pilot.baseline and pilot.target:
                alt = pages.say(picture.pilot_summary(pilot, values), ctx.language)
                body += f"<h2>{html.escape(pilot.name)}</h2>"
                body += pages.image(f"/board/pilot/{pilot.id}", alt)
        return pages.shown(ctx, _("Twelve weeks"), body, "picture")

    def _weeks(self, ctx: Context, request: web.Request) -> web.Response:
        dark = request.match_info["theme"] == "dark"
        drawn = picture.weeks(ctx, picture.points(ctx), dark=dark)
        return web.Response(text=drawn, content_type="image/svg+xml")

    def _pilot(self, ctx: Context, request: web.Request) -> web.Response:
        pilot = pilots.find(ctx.tx, PilotId(request.match_info["pilot"]))
        values = log.values(ctx.tx, pilot.id) if pilot is not None else []
        if pilot is None or not values:
            raise web.HTTPNotFound
        dark = request.match_info["theme"] == "dark"
        drawn = picture.pilot_values(ctx, pilot, values, dark=dark)
        return web.Response(text=drawn, content_type="image/svg+xml")

    def _said(self, ctx: Context, word: str, title: Sentence, here: str) -> web.Response:
        command = by_name(word, ctx.features)
        assert command is not None
        reply = command.run(ctx)
        body = pages.drawn(spoken(reply.message or Message(()), ctx.language, ctx.zone, ctx.year))
        return pages.shown(ctx, title, body, here)

    def _list(self, ctx: Context, request: web.Request) -> web.Response:
        listing = tables.find(ctx.features, request.match_info["list"])
        if listing is None:
            raise web.HTTPNotFound
        asked = pages.asked_filter(listing, request, ctx.workspace.zone)
        total = listing.count(ctx, asked)
        number = tables.within(pages.page_number(request), total, pages.PAGE)
        rows = listing.rows(ctx, asked, (number - 1) * pages.PAGE, pages.PAGE)
        labels = [pages.say(label, ctx.language) for _key, label in listing.columns]
        head = "".join(f'<th scope="col">{label}</th>' for label in labels)
        lines = []
        for row in rows:
            cells = (
                f'<td data-label="{label}">'
                f"{pages.say(tables.cell(value), ctx.language, ctx.zone, ctx.year)}</td>"
                for label, value in zip(labels, row.values, strict=True)
            )
            lines.append(f"<tr>{''.join(cells)}</tr>")
        count = pages.say(_("{n} in all", n=total), ctx.language)
        body = (
            f"{pages.filters(ctx, listing, asked)}<p>{count}</p>"
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(lines)}</tbody></table></div>"
            f"{pages.turning(ctx, listing, asked, number, total)}"
        )
        return pages.shown(ctx, listing.title, body, listing.key)

    def _file(self, ctx: Context, request: web.Request) -> web.Response:
        listing = tables.find(ctx.features, request.match_info["list"])
        if listing is None:
            raise web.HTTPNotFound
        rows = tables.everything(
            ctx, listing, pages.asked_filter(listing, request, ctx.workspace.zone)
        )
        return _as_file(ctx, listing, rows, request.match_info["kind"])

    async def _style(self, _request: web.Request) -> web.Response:
        return web.Response(text=pages.STYLE, content_type="text/css")

    # --- who may come in ----------------------------------------------------------------

    def _guarded(
        self, draw: Callable[[Context, web.Request], web.Response]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def guarded(request: web.Request) -> web.Response:
            workspace, _dot, token = request.cookies.get(COOKIE, "").partition(".")
            now = self._clock.now()

            def look(tx: Tx) -> web.Response:
                ctx = self._context(tx, workspace, token, now)
                return pages.gone("de") if ctx is None else draw(ctx, request)

            return await self._read(look)

        return guarded

    def _context(self, tx: Tx, workspace: str, token: str, now: datetime) -> Context | None:
        """Return who reads, None unless they are signed in and may read at this moment."""
        if not token or not _known(tx, workspace):
            return None
        tx = tx.within(workspace)
        id = board.who(tx, token, now - SESSION)
        person = people.find(tx, id) if id is not None else None
        if person is None:
            return None
        ctx = self._dispatcher.context(tx, person, now)
        return ctx if rights.may("read", rights.general(ctx)) else None

    def _kept(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def kept(request: web.Request) -> web.Response:
            try:
                answer = await handler(request)
            except StorageError:
                answer = web.Response(status=503, text="not readable, please try again")
            except (web.HTTPNotFound, web.HTTPBadRequest) as fault:  # also those say nothing cached
                answer = pages.missing(fault.status)
            answer.headers.update(pages.HEADERS)
            return answer

        return kept

    async def _read(self, look: Callable[[Tx], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, lambda: self._database.read(look))


def _as_file(ctx: Context, listing: Listing, rows: list[Row], kind: str) -> web.Response:
    write, mime = {
        "csv": (tables.as_csv, "text/csv"),
        "json": (tables.as_json, "application/json"),
    }[kind]
    name = f'attachment; filename="{listing.key}.{kind}"'
    return web.Response(
        body=write(ctx, listing, rows).encode(),
        headers={"Content-Type": f"{mime}; charset=utf-8", "Content-Disposition": name},
    )


def _known(tx: Tx, workspace: str) -> bool:
    return workspaces.is_known(tx.within(workspace))
