"""The board's pages as HTML: no script, one stylesheet, readable by keyboard and on paper."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from aiohttp import web

from handlers.board import picture
from handlers.board.drawing import draw as draw
from handlers.kit import calendar, tables
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Listing
from handlers.kit.messages import Buttons, Chart, Facts, Items, Message, Text, Title
from handlers.kit.words import Figure, Words, _, flat, text
from storage import services
from storage.engine.ids import ServiceId

CURRENT = ' aria-current="page"'
PAGE = 50  # rows on one page
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STYLE = """\
:root { color-scheme: light dark; --edge: #8886; }
* { box-sizing: border-box; } html { background: Canvas; color: CanvasText; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
nav [aria-current] { font-weight: 700; }
a { color: #0645ad; } a.figure { color: inherit; text-decoration: underline dotted; }
dt:target, dt:target + dd { outline: 2px solid Highlight; outline-offset: 2px; }
 :focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--edge);
  vertical-align: top; overflow-wrap: break-word; }
th { white-space: nowrap; } 
dt { font-weight: 600; } dd { margin: 0 0 .5rem; }
button { font: inherit; padding: .5rem 1rem; }
figure { margin: 0 0 1.5rem; } figure img, figure svg { max-width: 100%; height: auto; }
figure .dark { display: none; }
label { margin: 0 .5rem .5rem 0; display: inline-block; }
input, select { font: inherit; padding: .4rem; max-width: 100%; }
@media (prefers-color-scheme: dark) { a:not(.figure) { color: #8ab4f8; }
  figure .dark { display: block; } figure .light { display: none; } }
@media print { nav, .files, .skip, form { display: none; } body { max-width: none; padding: 0; }
  tr, figure, dt { break-inside: avoid; } h2 { break-after: avoid; } }
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: block; padding: .5rem 0;
  border-bottom: 1px solid var(--edge); } td { display: block; border: 0; padding: .1rem 0; }
  td:empty { display: none; } td::before { content: attr(data-label) ": "; font-weight: 600; } }
"""


def lists(ctx: Context) -> list[Listing]:
    return [each for feature in ctx.features for each in feature.all_lists]


def asked_filter(listing: Listing, request: web.Request, zone: str) -> Filter:
    which = request.query.get("which", listing.which[0])
    since = request.query.get("since", "")
    try:
        moment = calendar.midnight(date.fromisoformat(since), zone) if since else None
    except ValueError:
        raise web.HTTPBadRequest from None
    return listing.able(
        Filter(
            which if which in listing.which else listing.which[0],
            ServiceId(request.query.get("service", "")) or None,
            moment,
        )
    )


def page_number(request: web.Request) -> int:
    asked = request.query.get("page", "1")
    return int(asked) if asked.isdecimal() and 0 < int(asked) < 1_000_000 else 1


def query(asked: Filter, zone: str, number: int = 1) -> str:
    values = {"which": asked.which, "service": asked.service or "", "since": _since(asked, zone)}
    if number > 1:
        values["page"] = str(number)
    return "&amp;".join(f"{key}={html.escape(value)}" for key, value in values.items() if value)


def _since(asked: Filter, zone: str) -> str:
    return calendar.day_of(asked.since, zone).isoformat() if asked.since is not None else ""


def filters(ctx: Context, listing: Listing, asked: Filter) -> str:
    """Return how the list may be looked at, and where it is as a file."""
    links, zone = [], ctx.workspace.zone
    for which in listing.which:
        here = ' aria-current="true"' if which == asked.which else ""
        query_ = query(replace(asked, which=which), zone)
        label = say(tables.WHICH[which], ctx.language)
        links.append(f'<li><a href="/board/{listing.key}?{query_}"{here}>{label}</a></li>')
    files = "".join(
        f'<li><a href="/board/{listing.key}.{kind}?{query(asked, zone)}">{kind.upper()}</a></li>'
        for kind in ("csv", "json")
    )
    label = say(_("Which"), ctx.language)
    nav = f'<nav class="files" aria-label="{label}"><ul>{"".join(links)}{files}</ul></nav>'
    return nav + _narrowing(ctx, listing, asked)


def _narrowing(ctx: Context, listing: Listing, asked: Filter) -> str:
    """Return the form that narrows a list to a service, and to what is newer than a day.

    Only what its rows know is asked for.
    """
    if not listing.narrows:
        return ""
    since = _since(asked, ctx.workspace.zone)
    options = "".join(
        f'<option value="{html.escape(each.id)}"{" selected" if each.id == asked.service else ""}>'
        f"{html.escape(each.name)}</option>"
        for each in services.all(ctx.tx)
    )
    every, service = say(_("all services"), ctx.language), say(_("Service"), ctx.language)
    begin, show = say(_("Since"), ctx.language), say(_("Show"), ctx.language)
    fields = {
        "service": f'<label>{service} <select name="service">'
        f'<option value="">{every}</option>{options}</select></label>',
        "since": f'<label>{begin} <input type="date" name="since" value="{since}"></label>',
    }
    asks = "".join(fields[each] for each in listing.narrows)
    return (
        f'<form action="/board/{listing.key}" class="files">'
        f'<input type="hidden" name="which" value="{asked.which}">{asks}'
        f"<button>{show}</button></form>"
    )


def turning(ctx: Context, listing: Listing, asked: Filter, number: int, total: int) -> str:
    links = []
    for label, page in ((_("Back"), number - 1), (_("More"), number + 1)):
        if page > 0 and (page - 1) * PAGE < total:
            query_ = query(asked, ctx.workspace.zone, page)
            said = say(label, ctx.language)
            links.append(f'<li><a href="/board/{listing.key}?{query_}">{said}</a></li>')
    if not links:
        return ""
    page_label = say(_("Page"), ctx.language)
    return f'<nav aria-label="{page_label}"><ul>{"".join(links)}</ul></nav>'


def shown(ctx: Context, title: Words, body: str, here: str) -> web.Response:
    pages: list[tuple[str, Words]] = [(each.key, each.title) for each in lists(ctx)]
    pages += [
        ("week", _("This week so far")),
        ("picture", _("Twelve weeks")),
        ("template", _("The page to print")),
        ("figures", _("How this is computed")),
        ("data", _("My data")),
    ]
    links = "".join(
        f'<li><a href="/board/{key}"{CURRENT if key == here else ""}>'
        f"{say(label, ctx.language)}</a></li>"
        for key, label in pages
    )
    out = say(_("Sign out"), ctx.language)
    navigation = (
        f'<nav aria-label="Lotse"><ul>{links}</ul></nav>'
        f'<form method="post" action="/board/out" class="files"><button>{out}</button></form>'
    )
    return whole(ctx.language, title, body, navigation)


def whole(language: str, title: Words, body: str, navigation: str = "") -> web.Response:
    said = say(title, language)
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{said} · Lotse</title><link rel="stylesheet" href="/board/style.css"></head>'
        f"<body><header>{navigation}</header><main><h1>{said}</h1>{body}</main></body></html>"
    )
    return web.Response(text=text, content_type="text/html")


def gone(language: str) -> web.Response:
    both = " ".join(
        say(_("Type “board” in your chat with Lotse; it gives you a fresh link."), each)
        for each in ("de", "en")
    )
    answer = whole(language, "Lotse", f"<p>{both}</p>")
    answer.set_status(401)
    return answer


def missing(status: int) -> web.Response:
    """Say in both languages that there is nothing at an address, or nothing that fits it."""
    said = " ".join(say(_("There is nothing at this address."), each) for each in ("de", "en"))
    back = say(_("The board"), "de")
    answer = whole("de", "Lotse", f'<p>{said}</p><p><a href="/board/">{back}</a></p>')
    answer.set_status(status)
    return answer


def files(ctx: Context, path: str) -> str:
    """Return the links to something as files."""
    links = "".join(
        f'<li><a href="/board/{path}.{kind}">{kind.upper()}</a></li>' for kind in ("csv", "json")
    )
    label = say(_("As a file"), ctx.language)
    return f'<nav class="files" aria-label="{label}"><ul>{links}</ul></nav>'


def drawn(message: Message, *, leads: bool = True) -> str:
    """Draw a message as it is read on a page; its buttons stay in chat.

    Without `leads`, as in a mail, figures are text and charts are said in words.
    """

    def escaped(words: Words) -> str:
        return _escaped(words) if leads else html.escape(flat(words))

    drawn = []
    for part in message.parts:
        match part:
            case Title(words):
                drawn.append(f"<h2>{escaped(words)}</h2>")
            case Text(words):
                drawn.append(f"<p>{escaped(words)}</p>")
            case Facts(rows):
                inner = "".join(f"<dt>{escaped(a)}</dt><dd>{escaped(b)}</dd>" for a, b in rows)
                drawn.append(f"<dl>{inner}</dl>")
            case Items(items):
                inner = "".join(f"<li>{escaped(each)}</li>" for each in items)
                drawn.append(f"<ul>{inner}</ul>")
            case Chart(alt):
                drawn.append(_chart(part) if leads else f"<p>{escaped(alt)}</p>")
            case Buttons():
                pass
    return "".join(drawn)


def _chart(chart: Chart) -> str:
    """Return a chart in light and dark; the stylesheet shows the one that fits."""
    pair = (("light", False), ("dark", True))
    inner = "".join(f'<div class="{name}">{draw(chart, dark=dark)}</div>' for name, dark in pair)
    return f"<figure>{inner}</figure>"


def _escaped(words: Words) -> str:
    """Return spoken words as HTML; a figure leads to its entry of the catalogue."""
    if not isinstance(words, tuple):
        return html.escape(flat(words))
    said = ""
    for id, spans in groupby(words, lambda each: each.id if isinstance(each, Figure) else ""):
        told = html.escape(flat(tuple(spans)))  # a figure that is a list of names is one link
        href = f"/board/figures#{anchor(id)}"
        said += f'<a class="figure" href="{href}">{told}</a>' if id else told
    return said


def anchor(id: str) -> str:
    """Return where an entry of the catalogue stands on its page."""
    return f"figure-{id.replace(' ', '-')}"


def say(words: Words, language: str, zone: str = "Europe/Berlin", year: int | None = None) -> str:
    return html.escape(text(words, language, zone, year))


def image(path: str, alt: str) -> str:
    """Return a picture in light and dark, with what it says in words."""
    return (
        f'<figure><picture><source srcset="{path}.dark.svg" '
        f'media="(prefers-color-scheme: dark)"><img src="{path}.light.svg" alt="{alt}"></picture>'
        "</figure>"
    )


def numbers(ctx: Context, found: Sequence[picture.Point]) -> str:
    """Return the picture's numbers as a table, for those who would rather read it."""
    heads = [say(_("Week"), ctx.language)]
    heads += [say(label, ctx.language) for label, _values in picture.series(found)]
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    lines = []
    for each in found:
        values = (int(each.week[6:]), each.incidents, each.repeats, each.used)
        cells = "".join(
            f'<td data-label="{label}">{value}</td>'
            for label, value in zip(heads, values, strict=True)
        )
        lines.append(f"<tr>{cells}</tr>")
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
