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
from handlers import rights
from handlers.board.lifetimes import LINK, SESSION
from handlers.kit import tables
from handlers.kit.commands import by_name
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Listing
from handlers.kit.messages import Buttons, Facts, Items, Message, Text, Title, spoken
from handlers.kit.words import Sentence, Words, _, flat, speak
from storage import board, people, workspaces
from storage.engine import Database, StorageError, Tx
from storage.engine.ids import ServiceId

T = TypeVar("T")
COOKIE = "lotse-board"
CURRENT = ' aria-current="page"'
PAGE = 50  # rows on one page
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STYLE = """\
:root { color-scheme: light dark; --edge: #8886; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
nav [aria-current] { font-weight: 700; }
a { color: LinkText; } :focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--edge);
  vertical-align: top; overflow-wrap: break-word; }
th { white-space: nowrap; } 
dt { font-weight: 600; } dd { margin: 0 0 .5rem; }
button { font: inherit; padding: .5rem 1rem; }
@media print { nav, .files, .skip { display: none; } body { max-width: none; } }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); } tr { display: block; padding: .5rem 0;
  border-bottom: 1px solid var(--edge); } td { display: block; border: 0; padding: .1rem 0; }
  td:empty { display: none; } td::before { content: attr(data-label) ": "; font-weight: 600; } }
"""


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
            ("GET", r"/board/{list:[a-z]+}", self._guarded(self._list)),
            ("GET", r"/board/{list:[a-z]+}.{kind:csv|json}", self._guarded(self._file)),
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
            return board.waits(tx, secret, now - LINK), workspaces.get(tx).language

        waits, language = await self._read(look)
        if not waits:
            return _gone(language)
        button = _say(_("Sign in with this browser"), language)
        body = f'<form method="post"><button>{button}</button></form>'
        return _page(language, _("The board"), body)

    async def _signed_in(self, request: web.Request) -> web.Response:
        workspace, secret = request.match_info["workspace"], request.match_info["secret"]
        token, now = secrets.token_urlsafe(32), self._clock.now()

        def use(tx: Tx) -> bool:
            if not _known(tx, workspace):
                return False
            return board.use(tx.within(workspace), secret, token, now - LINK, now)

        if not await asyncio.wrap_future(self._database.submit(use)):
            return _gone("de")
        answer = web.Response(status=303, headers={"Location": "/board/"})
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
        answer = _gone("de")
        answer.del_cookie(COOKIE, path="/board")
        return answer

    # --- pages --------------------------------------------------------------------------

    def _start(self, ctx: Context, _request: web.Request) -> web.Response:
        items = "".join(
            f'<li><a href="/board/{each.key}">{_say(each.title, ctx.language)}</a>: '
            f"{each.count(ctx, Filter(each.which[0]))}</li>"
            for each in _lists(ctx)
        )
        return _shown(ctx, _("The board"), f"<ul>{items}</ul>", "")

    def _week(self, ctx: Context, _request: web.Request) -> web.Response:
        return self._said(ctx, "digest", _("This week so far"), "week")

    def _figures(self, ctx: Context, _request: web.Request) -> web.Response:
        measures = [each for feature in ctx.features for each in feature.measures]
        rows = "".join(
            f"<dt>{_say(each.name, ctx.language)}</dt><dd>{_say(each.formula, ctx.language)}</dd>"
            for each in measures
        )
        return _shown(ctx, _("How this is computed"), f"<dl>{rows}</dl>", "figures")

    def _said(self, ctx: Context, word: str, title: Sentence, here: str) -> web.Response:
        command = by_name(word, ctx.features)
        assert command is not None
        reply = command.run(ctx)
        body = _drawn(spoken(reply.message or Message(()), ctx.language, ctx.zone))
        return _shown(ctx, title, body, here)

    def _list(self, ctx: Context, request: web.Request) -> web.Response:
        listing = tables.find(ctx.features, request.match_info["list"])
        if listing is None:
            raise web.HTTPNotFound
        asked, number = _filter(listing, request), _number(request)
        total = listing.count(ctx, asked)
        rows = listing.rows(ctx, asked, (number - 1) * PAGE, PAGE)
        labels = [_say(label, ctx.language) for _key, label in listing.columns]
        head = "".join(f'<th scope="col">{label}</th>' for label in labels)
        lines = []
        for row in rows:
            cells = (
                f'<td data-label="{label}">{_say(tables.cell(value), ctx.language, ctx.zone)}</td>'
                for label, value in zip(labels, row.values, strict=True)
            )
            lines.append(f"<tr>{''.join(cells)}</tr>")
        count = _say(_("{n} in all", n=total), ctx.language)
        body = (
            f"{_filters(ctx, listing, asked)}<p>{count}</p>"
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(lines)}</tbody></table></div>"
            f"{_turning(ctx, listing, asked, number, total)}"
        )
        return _shown(ctx, listing.title, body, listing.key)

    def _file(self, ctx: Context, request: web.Request) -> web.Response:
        listing = tables.find(ctx.features, request.match_info["list"])
        if listing is None:
            raise web.HTTPNotFound
        kind = request.match_info["kind"]
        rows = tables.everything(ctx, listing, _filter(listing, request))
        write, mime = {
            "csv": (tables.as_csv, "text/csv"),
            "json": (tables.as_json, "application/json"),
        }[kind]
        name = f'attachment; filename="{listing.key}.{kind}"'
        return web.Response(
            body=write(ctx, listing, rows).encode(),
            headers={"Content-Type": f"{mime}; charset=utf-8", "Content-Disposition": name},
        )

    async def _style(self, _request: web.Request) -> web.Response:
        return web.Response(text=STYLE, content_type="text/css")

    # --- who may come in ----------------------------------------------------------------

    def _guarded(
        self, draw: Callable[[Context, web.Request], web.Response]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def guarded(request: web.Request) -> web.Response:
            workspace, _dot, token = request.cookies.get(COOKIE, "").partition(".")
            now = self._clock.now()

            def look(tx: Tx) -> web.Response:
                ctx = self._context(tx, workspace, token, now)
                return _gone("de") if ctx is None else draw(ctx, request)

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
            answer.headers.update(HEADERS)
            return answer

        return kept

    async def _read(self, look: Callable[[Tx], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, lambda: self._database.read(look))


def _known(tx: Tx, workspace: str) -> bool:
    return workspaces.is_known(tx.within(workspace))


def _lists(ctx: Context) -> list[Listing]:
    return [each for feature in ctx.features for each in feature.all_lists]


def _filter(listing: Listing, request: web.Request) -> Filter:
    which = request.query.get("which", listing.which[0])
    since = request.query.get("since", "")
    try:
        moment = datetime.fromisoformat(f"{since}T00:00:00+00:00") if since else None
    except ValueError:
        raise web.HTTPBadRequest from None
    return Filter(
        which if which in listing.which else listing.which[0],
        ServiceId(request.query.get("service", "")) or None,
        moment,
    )


def _number(request: web.Request) -> int:
    asked = request.query.get("page", "1")
    return int(asked) if asked.isdecimal() and 0 < int(asked) < 1_000_000 else 1


def _query(asked: Filter, number: int = 1) -> str:
    values = {"which": asked.which, "service": asked.service or ""}
    if asked.since is not None:
        values["since"] = asked.since.date().isoformat()
    if number > 1:
        values["page"] = str(number)
    return "&amp;".join(f"{key}={html.escape(value)}" for key, value in values.items() if value)


def _filters(ctx: Context, listing: Listing, asked: Filter) -> str:
    links = []
    for which in listing.which:
        here = ' aria-current="true"' if which == asked.which else ""
        query = _query(replace(asked, which=which))
        label = _say(tables.WHICH[which], ctx.language)
        links.append(f'<li><a href="/board/{listing.key}?{query}"{here}>{label}</a></li>')
    files = "".join(
        f'<li><a href="/board/{listing.key}.{kind}?{_query(asked)}">{kind.upper()}</a></li>'
        for kind in ("csv", "json")
    )
    label = _say(_("Which"), ctx.language)
    return f'<nav class="files" aria-label="{label}"><ul>{"".join(links)}{files}</ul></nav>'


def _turning(ctx: Context, listing: Listing, asked: Filter, number: int, total: int) -> str:
    links = []
    for label, page in ((_("Back"), number - 1), (_("More"), number + 1)):
        if page > 0 and (page - 1) * PAGE < total:
            query = _query(asked, page)
            said = _say(label, ctx.language)
            links.append(f'<li><a href="/board/{listing.key}?{query}">{said}</a></li>')
    if not links:
        return ""
    page_label = _say(_("Page"), ctx.language)
    return f'<nav aria-label="{page_label}"><ul>{"".join(links)}</ul></nav>'


def _shown(ctx: Context, title: Words, body: str, here: str) -> web.Response:
    pages: list[tuple[str, Words]] = [(each.key, each.title) for each in _lists(ctx)]
    pages += [("week", _("This week so far")), ("figures", _("How this is computed"))]
    links = "".join(
        f'<li><a href="/board/{key}"{CURRENT if key == here else ""}>'
        f"{_say(label, ctx.language)}</a></li>"
        for key, label in pages
    )
    out = _say(_("Sign out"), ctx.language)
    navigation = (
        f'<nav aria-label="Lotse"><ul>{links}</ul></nav>'
        f'<form method="post" action="/board/out" class="files"><button>{out}</button></form>'
    )
    return _page(ctx.language, title, body, navigation)


def _page(language: str, title: Words, body: str, navigation: str = "") -> web.Response:
    said = _say(title, language)
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{said} · Lotse</title><link rel="stylesheet" href="/board/style.css"></head>'
        f"<body><header>{navigation}</header><main><h1>{said}</h1>{body}</main></body></html>"
    )
    return web.Response(text=text, content_type="text/html")


def _gone(language: str) -> web.Response:
    both = " ".join(
        _say(_("Type “board” in your chat with Lotse; it gives you a fresh link."), each)
        for each in ("de", "en")
    )
    answer = _page(language, "Lotse", f"<p>{both}</p>")
    answer.set_status(401)
    return answer


def _drawn(message: Message) -> str:
    """Draw a message as it is read on a page; its buttons stay in chat."""
    drawn = []
    for part in message.parts:
        match part:
            case Title(words):
                drawn.append(f"<h2>{_flat(words)}</h2>")
            case Text(words):
                drawn.append(f"<p>{_flat(words)}</p>")
            case Facts(rows):
                inner = "".join(f"<dt>{_flat(a)}</dt><dd>{_flat(b)}</dd>" for a, b in rows)
                drawn.append(f"<dl>{inner}</dl>")
            case Items(items):
                inner = "".join(f"<li>{_flat(each)}</li>" for each in items)
                drawn.append(f"<ul>{inner}</ul>")
            case Buttons():
                pass
    return "".join(drawn)


def _flat(words: Words) -> str:
    return html.escape(flat(words))


def _say(words: Words, language: str, zone: str = "Europe/Berlin") -> str:
    return html.escape(flat(speak(words, language, zone)))
