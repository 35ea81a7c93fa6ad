"""Where PostgreSQL is: a `DATABASE_URL`, read by us.

The driver puts what it cannot read into its words, and those into a log, a password among
it. So it is never shown a URL, only what we have read.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

SCHEMES = ("postgresql://", "postgres://")
ESCAPED = (
    "postgresql://user:password@host/name, with what is special in a web address written as %40 "
    "for @, %2F for /, %3F for ?, %23 for #, %25 for %"
)
BROKEN = re.compile("%(?![0-9A-Fa-f]{2})")


class Unreadable(ValueError):
    """It cannot be read; the text says why, and repeats nothing of it."""


def read(url: str) -> dict[str, str]:
    """Return the connection's parameters by libpq's names.

    A password may hold an @ as it is, since no host's name does. What could be read in two
    ways is refused. Raises `Unreadable`.
    """
    scheme = next((each for each in SCHEMES if url.startswith(each)), None)
    if scheme is None:
        raise Unreadable("it begins with postgresql://")
    authority, slash, rest = url.removeprefix(scheme).partition("/")
    user, _at, hosts = authority.rpartition("@")
    name, question, asked = rest.partition("?")
    if not slash:
        hosts, question, asked = hosts.partition("?")
    if "@" in name or "#" in name or (question and not slash and "?" in user):
        raise Unreadable(ESCAPED)
    user, colon, password = user.partition(":")
    found = {"dbname": _plain(name), "user": _plain(user), **_hosts(hosts)}
    if colon:
        found["password"] = _plain(password)
    found.update(_parameters(asked))
    return {key: value for key, value in found.items() if value}


def _host(each: str) -> tuple[str, str]:
    inside = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", each)
    if inside:
        return inside[1], inside[2] or ""
    host, _colon, port = each.partition(":")
    return host, port


def _hosts(hosts: str) -> dict[str, str]:
    parts = [_host(each) for each in hosts.split(",")]
    for host, port in parts:
        if (port and not (port.isascii() and port.isdigit())) or re.search(r"[?#\s\[\]]", host):
            raise Unreadable(ESCAPED)
    ports = [port for _host, port in parts]
    return {
        "host": ",".join(_plain(host) for host, _port in parts),
        "port": ",".join(ports) if any(ports) else "",
    }


def _parameters(asked: str) -> dict[str, str]:
    if not asked:
        return {}
    if "#" in asked or BROKEN.search(asked):
        raise Unreadable(ESCAPED)
    try:
        plus = asked.replace("+", "%2B")  # libpq takes it for itself, not for a space
        pairs = parse_qsl(plus, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise Unreadable("behind the ? stand name=value pairs, with & between them") from None
    found = dict(pairs)
    if found.pop("ssl", "") == "true":  # as libpq takes it from others
        found.setdefault("sslmode", "require")
    return found


def _plain(text: str) -> str:
    if BROKEN.search(text) or "\0" in (plain := unquote(text)):
        raise Unreadable(ESCAPED)
    return plain
