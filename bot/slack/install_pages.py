"""The few pages that a browser sees while Lotse is installed, in German or English."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html import escape

from aiohttp import web

from handlers.kit.words import LANGUAGES, Sentence, _, text

STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:34em;margin:4em auto;padding:0 1em;"
    "color:#1d1c1d;background:#fff}h1{font-size:1.5em}a{color:#0b4c8c}"
    "@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#1a1d21}a{color:#7cb8f2}}"
)
DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{DIGEST}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A title and some sentences. `begins` offers to begin the installation again."""

    title: Sentence
    said: tuple[Sentence, ...]
    begins: bool = True
    status: int = 400


GONE_STALE = Page(
    _("Please begin again"),
    (
        _(
            "This step works once, for ten minutes, and only in the browser in which it was begun. "
            "Nothing was stored."
        ),
    ),
)


def page(shown: Page, language: str, begin: str) -> web.Response:
    """Return a page as HTML; `begin` is where the installation begins."""
    lines = [f"<p>{escape(text(each, language))}</p>" for each in shown.said]
    if shown.begins:
        lines.append(f'<p><a href="{escape(begin)}">{escape(text(AGAIN, language))}</a></p>')
    title = escape(text(shown.title, language))
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f"<body><h1>{title}</h1>{''.join(lines)}</body></html>"
    )
    return web.Response(
        status=shown.status,
        text=html,
        content_type="text/html",
        headers={**HEADERS, "Vary": "Accept-Language"},
    )


AGAIN = _("Begin the installation again")


def spoken_in(request: web.Request) -> str:
    """Return the language that a browser prefers among ours; English when it names neither."""
    wanted: list[tuple[float, str]] = []
    for each in request.headers.get("Accept-Language", "").split(",")[:20]:
        name, _semicolon, weight = each.strip().partition(";q=")
        try:
            wanted.append((float(weight or 1), name[:2].lower()))
        except ValueError:
            continue
    known = [(weight, name) for weight, name in wanted if name in LANGUAGES and weight > 0]
    return max(known, key=lambda pair: pair[0])[1] if known else "en"
