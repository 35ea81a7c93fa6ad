"""The link in a mail: looking at it shows two buttons, and only pressing one does something."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.http import board_pages as pages
from handlers.kit.words import _
from storage import workspaces
from storage.digest import mails
from storage.engine import Database, Tx

PATH = "/mail/{workspace}/{token}"


def add_routes(app: web.Application, database: Database) -> None:
    """Add the page of an address, which confirms it or lets go of it."""

    async def shown(request: web.Request) -> web.Response:
        workspace, token = request.match_info["workspace"], request.match_info["token"]

        def look(tx: Tx) -> tuple[str, str] | None:
            inside = tx.within(workspace)
            found = mails.find(inside, token) if workspaces.is_known(inside) else None
            return (workspaces.get(inside).language, found.state) if found is not None else None

        found = await asyncio.wrap_future(database.submit_read(look))
        if found is None:
            return _with_headers(_gone())
        language, state = found
        leave = pages.say(_("No mail any more"), language)
        buttons = f'<button name="do" value="leave">{leave}</button>'
        if state == "asked":
            said = pages.say(_("Yes, send me the weekly digest"), language)
            buttons = f'<button name="do" value="confirm">{said}</button> ' + buttons
        body = f'<form method="post">{buttons}</form>'
        return _with_headers(pages.whole(language, _("The weekly digest by mail"), body))

    async def pressed(request: web.Request) -> web.Response:
        workspace, token = request.match_info["workspace"], request.match_info["token"]
        wish = (await request.post()).get("do")

        def work(tx: Tx) -> str | None:
            inside = tx.within(workspace)
            found = mails.find(inside, token) if workspaces.is_known(inside) else None
            if found is None or wish not in ("confirm", "leave"):
                return None
            if wish == "confirm":
                mails.confirm(inside, token)
            else:
                mails.remove(inside, found.id)
            return workspaces.get(inside).language

        language = await asyncio.wrap_future(database.submit(work))
        if language is None:
            return _with_headers(_gone())
        done = _("The digest comes to you from now on.")
        if wish == "leave":
            done = _("No digest goes there any more; the address is deleted.")
        body = f"<p>{pages.say(done, language)}</p>"
        return _with_headers(pages.whole(language, _("The weekly digest by mail"), body))

    app.router.add_get(PATH, shown)
    app.router.add_post(PATH, pressed)


def _gone() -> web.Response:
    both = " ".join(pages.say(_("This link is not valid any more."), each) for each in ("de", "en"))
    answer = pages.whole("de", "Lotse", f"<p>{both}</p>")
    answer.set_status(404)
    return answer


def _with_headers(answer: web.Response) -> web.Response:
    answer.headers.update(pages.HEADERS)
    return answer
