"""`/health`: whether all is well, why not, and the numbers behind it."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.lotse import Lotse, demo_url
from storage.delivery import outbox, places, timers, waiting
from storage.delivery import stuck as stuck_parcels
from storage.engine import Row, StorageError, Tx
from storage.operations import hold

ANSWER = 2.0  # seconds that the store has for a look; who watches seldom waits for longer
STALLED = 60.0  # seconds without a look at the timers until /health is red
LITTLE, FULL = 500 * 1024**2, 20 * 1024**2  # bytes of free disk: yellow, red
LOOPBACK = ("127.0.0.1", "::1")
OURS = ("localhost", "127.0.0.1", "[::1]")
# Whatever a proxy adds: what it lets through is not somebody on this machine.
PROXIED = (
    "Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP",
    "X-Cluster-Client-IP", "Fastly-Client-IP", "X-Original-Host", "X-Envoy-External-Address",
)  # fmt: skip

Line = tuple[str, str]  # red, yellow or green, and why


def for_us(request: web.Request) -> bool:
    """Say whether somebody on this machine asks, without a proxy, by a name of this machine."""
    if request.remote not in LOOPBACK:
        return False
    if any(name.lower().startswith("x-forwarded") for name in request.headers):
        return False
    if any(name in request.headers for name in PROXIED):
        return False
    given = request.headers.get("Host") or ""
    host, _colon, port = given.rpartition(":")
    return (host if port.isdecimal() and host else given).lower() in OURS


async def health(lotse: Lotse, *, details: bool = True) -> web.Response:
    """Answer 200 unless something is red, with the numbers behind it.

    `details` says why, and names what is stuck, each with its place and reason.
    """
    now = lotse.clock.now()

    def look(tx: Tx) -> dict[str, Any]:
        overdue, dead = timers.health(tx, now)
        return {
            "timers": {"overdue": overdue, "dead": dead},
            "outbox": stuck_parcels.health(tx, now),
            "parked": outbox.shut_out(tx),
            "holds": len(hold.everywhere(tx)),
            "backlog": {name: waiting.backlog(tx, f"{name}:") for name in _names(lotse)},
            "closed": places.count_parked(tx),
            "unreachable": places.parked_anywhere(tx) if details else None,
            "stuck": [asdict(each) for each in stuck_parcels.anywhere(tx)] if details else None,
        }

    if lotse.database.trouble() is not None:
        return _without_store(lotse.database.trouble(), details=details)
    try:
        async with asyncio.timeout(ANSWER):
            found = await asyncio.wrap_future(lotse.database.submit_read(look))
    except (StorageError, TimeoutError):
        return _without_store(lotse.database.trouble(), details=details)
    looked = lotse.scheduler.looked
    stalled = lotse.works and (looked is None or time.monotonic() - looked > STALLED)
    found["scheduler"] = "stalled" if stalled else "running" if lotse.works else "elsewhere"
    lines = {"work": _work(found, stalled=stalled), "disk": _disk(lotse), **platforms(lotse)}
    lines["messages"] = _messages(found["outbox"], away=bool(lotse.courier.away))
    lines["check"] = _check(lotse)
    lines["backup"] = _backup(lotse)
    if found.pop("holds"):
        lines["hold"] = ("yellow", "what is from before a restore is held: a manager types “held”")
    lines["reach"] = _reach(found.pop("closed"), found["unreachable"])
    if parked := found.pop("parked"):
        several = f"{parked} workspace{'s' * (parked > 1)}"
        lines["slack"] = ("red", f"Slack shut us out of {several}: the token was revoked, perhaps")
    states = {state for state, _why in lines.values()}
    state = "red" if "red" in states else "yellow" if "yellow" in states else "green"
    told: dict[str, Any] = {"ok": state != "red", "state": state, **found}
    told["lines"] = {name: each for name, (each, _why) in lines.items()}
    if details:
        told["reasons"] = [why for _state, why in lines.values() if why]
    return web.json_response(told, status=503 if state == "red" else 200)


def _without_store(why: str | None, *, details: bool) -> web.Response:
    """Answer that nothing can be stored; `details` says why."""
    told: dict[str, Any] = {
        "ok": False,
        "state": "red",
        "reason": "the database does not answer",
        "lines": {"database": "red"},
    }
    if details and why:
        told["reasons"] = [why]
    return web.json_response(told, status=503)


def _check(lotse: Lotse) -> Line:
    """Judge what the auditor found: once may be passing, twice in a row is not."""
    confirmed = lotse.caretaker.auditor.confirmed
    if confirmed:
        return "red", "; ".join(each.said() for each in confirmed)
    found = lotse.caretaker.auditor.found
    return ("yellow", "; ".join(each.said() for each in found)) if found else ("green", "")


def _backup(lotse: Lotse) -> Line:
    trouble = lotse.caretaker.backup_trouble
    return ("yellow", f"no backup could be taken: {trouble}") if trouble else ("green", "")


def platforms(lotse: Lotse) -> dict[str, Line]:
    """Return a line for each platform that is configured."""
    found: dict[str, Line] = {}
    away = lotse.courier.away
    if lotse.slack is not None:
        found["slack"] = _platform("Slack", lotse.slack.trouble(), away.get("slack"))
    if lotse.teams is not None:
        found["teams"] = _platform("Teams", lotse.teams.trouble(), away.get("teams"))
    return found


def _platform(name: str, trouble: str, away: tuple[Any, str] | None) -> Line:
    if trouble:
        return "red", trouble
    if away is not None:
        return "yellow", f"{name} does not answer ({away[1]}); messages wait"
    return "green", ""


def _work(found: dict[str, Any], *, stalled: bool) -> Line:
    overdue, dead = found["timers"]["overdue"], found["timers"]["dead"]
    if stalled:
        return "red", "the scheduler stands still"
    if overdue:
        return "red", f"{overdue} timers are overdue"
    return ("yellow", f"{dead} timers were given up") if dead else ("green", "")


def _messages(counts: dict[str, Any], *, away: bool) -> Line:
    """Judge what waits: late without a platform that is away, nobody knows why."""
    said = [
        f"{counts[name]} messages {words}"
        for name, words in (
            ("late", "are late"),
            ("dead", "were given up"),
            ("uncertain", "are uncertain"),
            ("parked", "cannot be delivered where they belong"),
        )
        if counts[name]
    ]
    if not said:
        return "green", ""
    return ("red" if counts["late"] and not away else "yellow"), ", ".join(said)


def _reach(closed: dict[str, int], places: list[Row] | None) -> Line:
    """Judge whether everybody and every channel can be reached; names those that cannot."""
    people, channels = closed.get("direct", 0), closed.get("channel", 0)
    if not people and not channels:
        return "green", ""
    said = [
        f"{number} {one if number == 1 else many}"
        for number, one, many in ((people, "person", "people"), (channels, "channel", "channels"))
        if number
    ]
    named = ", ".join(f"{each['name'] or each['id']} ({each['reason']})" for each in places or ())
    return "yellow", f"{' and '.join(said)} cannot be reached: {named}"


def _names(lotse: Lotse) -> list[str]:
    """Return the platforms that messages go to."""
    edges = (lotse.local, lotse.slack, lotse.teams)
    return [
        name
        for name, edge in zip(("local", "slack", "teams"), edges, strict=True)
        if edge is not None
    ]


def _disk(lotse: Lotse) -> Line:
    # Without a platform `serve` and `work` use the configured store; the page tells the demo.
    settings = lotse.settings
    url = settings.database_url if lotse.local is None else demo_url(settings)
    folder = Path(url.removeprefix("sqlite:///")).parent if url.startswith("sqlite") else None
    if folder is None or not folder.is_dir():
        return "green", ""
    free = shutil.disk_usage(folder).free
    if free < FULL:
        return "red", "the disk of the database is full"
    if free < LITTLE:
        return "yellow", f"only {free // 1024**2} MB are free where the database lies"
    return "green", ""
