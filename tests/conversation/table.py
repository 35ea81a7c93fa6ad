"""The table of how people write (tests/data/typed.tsv), and what became of one of its lines."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.delivery.dispatch import Dispatcher
from bot.delivery.requests import Request, Response
from handlers.kit.folding import plain
from handlers.kit.messages import Button, Buttons, Call, Message, Text, Title, call_from
from handlers.kit.words import flat
from storage.delivery import drafts
from storage.engine import Row, Tx
from storage.engine.ids import PersonId, PlaceId
from tests.pretend.stage import DEMO

TABLE = Path(__file__).parent.parent / "data" / "typed.tsv"
ESCAPE = re.compile(r"\\(n|r|t|u[0-9a-f]{4})")
NOW = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    id: str
    surface: str
    context: str
    text: str
    meaning: str
    detail: str

    def typed(self, first: int) -> str:
        """Return what is typed when the open incidents are `first` and the next one."""
        text = self.text.replace("{1}", str(first)).replace("{2}", str(first + 1))
        return f"incident {text}".strip(" ") if self.surface == "direct" else text

    def said(self, first: int) -> str:
        """Return the detail, with the numbers of the open incidents in it."""
        return re.sub(r"@([12])", lambda found: f"INC-{first + int(found[1]) - 1}", self.detail)


def lines() -> list[Line]:
    """Return every line of the table."""
    found = []
    for each in TABLE.read_text(encoding="utf-8").split("\n"):
        if re.match(r"[hbo][0-9]+\t", each):
            fields = (each.split("\t") + ["", ""])[:6]
            found.append(Line(*(ESCAPE.sub(_unescaped, field) for field in fields)))
    return found


def _unescaped(found: re.Match[str]) -> str:
    plain_ones = {"n": "\n", "r": "\r", "t": "\t"}
    return plain_ones.get(found[1]) or chr(int(found[1][1:], 16))


class Moment:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


# What happened before the line is typed: who, minutes before, what.
BEFORE: dict[str, tuple[tuple[str, float, str], ...]] = {
    "none": (),
    "alarmed": (("anna", 0.5, "störung Kasse 2 nimmt keine Karten"),),
    "alarmed2": (
        ("anna", 1, "störung Kasse 2 nimmt keine Karten"),
        ("anna", 0.5, "störung Webshop sehr langsam"),
    ),
    "acked": (("anna", 2, "störung Kasse 2 nimmt keine Karten"), ("ben", 0.5, "annehmen")),
    "declared": (("anna", 1, "störung Kasse 2 nimmt keine Karten"),),
    "restored": (
        ("anna", 20, "störung Kasse 2 nimmt keine Karten"),
        ("ben", 18, "annehmen"),
        ("ben", 1, "behoben"),
    ),
    "other": (("anna", 10, "störung Kasse 2 nimmt keine Karten"), ("ben", 9, "annehmen")),
    "pilot": (("anna", 1, "feedback Reparatur-Triage"),),
}
WHO = {each: "anna" for each in BEFORE} | {
    each: "ben" for each in ("alarmed", "alarmed2", "acked", "restored")
}


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a line: the answer, the incidents before and after, and the audit's word."""

    answer: Response
    before: dict[int, Row]
    after: dict[int, Row]
    word: str
    calls: tuple[tuple[str, Call], ...]  # label and call of each button of the answer

    @property
    def new(self) -> list[Row]:
        """Return what was declared."""
        return [row for number, row in self.after.items() if number not in self.before]

    @property
    def unchanged(self) -> bool:
        """Say whether nothing happened to any incident."""
        return self.before == self.after

    @property
    def texts(self) -> str:
        """Return everything that the answer says."""
        parts = self.answer.message.parts if self.answer.message else ()
        return "\n".join(flat(each.words) for each in parts if isinstance(each, Title | Text))

    def offers(self, word: str, **args: str) -> bool:
        """Say whether a button of the answer calls a command with these values."""
        return any(
            call.word == word and all(call.args.get(name) == value for name, value in args.items())
            for _label, call in self.calls
        )


class RolledBack(Exception):
    """What was tried on a line is not kept."""


def tried(dispatcher: Dispatcher, database: Any, line: Line) -> tuple[Became, int]:
    """Type a line in its context, through the one road in; nothing of it stays."""
    clock = Moment()
    dispatcher._clock = clock  # type: ignore[assignment]
    found: list[tuple[Became, int]] = []

    def work(tx: Tx) -> None:
        inside = tx.within(DEMO)
        first = int(inside.rows("select max(number) as n from incidents"
                                " where workspace = :workspace")[0]["n"]) + 1  # fmt: skip
        for number, (who, minutes, text) in enumerate(BEFORE[line.context]):
            clock.at = NOW - timedelta(minutes=minutes)
            said = dispatcher._handle(tx, request(who, text, f"before-{number}"), None, None)
            assert said.outcome == "done", text
        clock.at = NOW
        before, audited = _incidents(inside), _audited(inside)
        typed = line.typed(first)
        asked = request(WHO[line.context], typed, "the line")
        asked = replace(asked, direct_name=line.surface == "direct")
        answer = dispatcher._handle(tx, asked, None, None)
        words = [word for id, word in _audited(inside).items() if id not in audited]
        assert len(words) == 1, words  # one line, one row
        calls = tuple(_calls(inside, answer.message, WHO[line.context]))
        found.append((Became(answer, before, _incidents(inside), words[0], calls), first))
        raise RolledBack

    with contextlib.suppress(RolledBack):
        database.transact(work)
    return found[0]


def request(who: str, text: str, identity: str, call: Call | None = None) -> Request:
    """Return what the page would hand in."""
    return Request(
        identity, DEMO, f"local:{who}", who.capitalize(), PlaceId(f"local:@{who}"), text, call
    )


def _incidents(tx: Tx) -> dict[int, Row]:
    rows = tx.rows("select * from incidents where workspace = :workspace")
    return {int(row["number"]): row for row in rows}


def _audited(tx: Tx) -> dict[str, str]:
    """Return the audit's words by row; what nobody signs has no order among them."""
    rows = tx.rows("select id, command from audit where workspace = :workspace")
    return {row["id"]: row["command"] for row in rows}


def _calls(tx: Tx, message: Message | None, person: str) -> list[tuple[str, Call]]:
    buttons: list[Button] = []
    for part in message.parts if message is not None else ():
        if isinstance(part, Buttons):
            buttons += part.buttons
    return [(flat(each.label), _unpacked(tx, each.call, person)) for each in buttons]


def _unpacked(tx: Tx, call: Call, person: str) -> Call:
    if call.word != "draft":
        return call
    written = drafts.find(tx, call.args["id"], PersonId(person))
    assert written is not None
    return call_from(json.loads(written))


PRESSES = {  # the labels of the table's presses, and what they do
    "in 15 min": "promise",
    "in 30 min": "promise",
    "in 60 min": "promise",
    "Somebody else, please": "not me",
    "Undo": "undo",
    "It is serious": "serious",
    "Change service": "move",
    "Yes": "relief",
    "Partly": "relief",
    "No": "relief",
}
Check = Callable[[Line, Became, str, int], bool]


def _open_number(said: str) -> int:
    return int(said.split()[0].removeprefix("INC-"))


def declares(line: Line, became: Became, said: str, first: int) -> bool:
    if len(became.new) != 1:
        return False
    title = became.new[0]["title"]
    return title == said or (("\n" in line.text or len(line.text) > 130) and title.startswith(said))


def offers(line: Line, became: Became, said: str, first: int) -> bool:
    typed = line.typed(first)
    kept = [call.args.get("title", "") for _label, call in became.calls if call.word == "incident"]
    exact = any(plain(each) == plain(typed) and each in typed for each in kept)
    asked = line.context != "alarmed" or became.calls[0][1].word == "ack"  # before all else
    works = line.detail not in ("restored", "update") or became.calls[0][1].word == line.detail
    return became.unchanged and exact and asked and (works or line.context == "none")


def commands(line: Line, became: Became, said: str, first: int) -> bool:
    form = became.answer.form
    called = form is not None and form.call.word == said
    return (
        not became.new
        and became.answer.outcome != "failed"
        and (became.word in (said, "typed", "show") or called)
    )


def shows(line: Line, became: Became, said: str, first: int) -> bool:
    return became.unchanged and plain(said) in plain(became.texts)


def empty(line: Line, became: Became, said: str, first: int) -> bool:
    if said == "menu":
        return became.word == "menu"
    return became.answer.form is not None and became.answer.form.call.word == "incident"


def acks(line: Line, became: Became, said: str, first: int) -> bool:
    row = became.after[_open_number(said)]
    return row["acknowledged_by"] == "ben" and became.offers("not me") and not became.new


def restores(line: Line, became: Became, said: str, first: int) -> bool:
    number, _space, text = said.partition(" ")
    row = became.after[_open_number(number)]
    return row["state"] == "restored" and (not text or row["news"] == text) and not became.new


def updates(line: Line, became: Became, said: str, first: int) -> bool:
    number, _space, text = said.partition(" ")
    row = became.after[_open_number(number)]
    declarable = became.offers("incident", title=text) or not re.match(
        "(?i)update|meldung", line.text
    )
    kept = declarable or "{" in line.text  # news without a number may be an outage of its own
    return row["state"] == "open" and row["news"] == text and not became.new and kept


def retracts(line: Line, became: Became, said: str, first: int) -> bool:
    ways = ("undo", "close as", "restored", "update", "show")
    return became.unchanged and said in became.texts and any(map(became.offers, ways))


def stills(line: Line, became: Became, said: str, first: int) -> bool:
    ways = became.offers("update") or became.offers("reopen")
    return became.unchanged and said in became.texts and ways and became.offers("incident")


def same(line: Line, became: Became, said: str, first: int) -> bool:
    another = any("another" in call.args for _label, call in became.calls)
    return became.unchanged and said in became.texts and another


def chooses(line: Line, became: Became, said: str, first: int) -> bool:
    return became.unchanged and len(became.calls) > 1 and not became.offers("help")


def declines(line: Line, became: Became, said: str, first: int) -> bool:
    asks = [call for _label, call in became.calls if call.word == "assign"]
    return became.unchanged and said in became.texts and bool(asks) and "person" in asks[0].args


def presses(line: Line, became: Became, said: str, first: int) -> bool:
    wanted = PRESSES[said]
    form = became.answer.form
    return became.word == wanted or (form is not None and form.call.word == wanted)


def asks(line: Line, became: Became, said: str, first: int) -> bool:
    name, _space, word = said.partition(" ")
    named = f"{name} · " in became.texts
    return (
        became.unchanged
        and named
        and became.offers("incident")
        and (not word or became.offers(word))
    )


def says(*words: str) -> Check:
    def check(line: Line, became: Became, said: str, first: int) -> bool:
        right = became.word in words and became.answer.outcome == "done"
        return became.unchanged and right

    return check


def answers_who(line: Line, became: Became, said: str, first: int) -> bool:
    named = f"{said}:" in became.texts if said else became.texts.count(":") > 3
    return became.unchanged and became.word == "who" and named


def covers(line: Line, became: Became, said: str, first: int) -> bool:
    if became.word != "cover" or not became.unchanged:
        return False
    return became.offers("cover") if said == "me" else said.capitalize() in became.texts


def warns(line: Line, became: Became, said: str, first: int) -> bool:
    return "112" in became.texts.split("\n")[0] and offers(line, became, said, first)


def nothing(line: Line, became: Became, said: str, first: int) -> bool:
    words = ("take", "works", "back", "still", "cannot", "back_or_still", "asked")
    changes = any(map(became.offers, ("undo", "close as", "reopen", "ack")))
    return became.unchanged and became.word in words and bool(became.texts) and not changes


CHECKS: dict[str, Check] = {
    "declare": declares,
    "offer": offers,
    "unfit": offers,
    "command": commands,
    "reserved": commands,
    "show": shows,
    "service-card": shows,
    "empty": empty,
    "ack": acks,
    "restored": restores,
    "update": updates,
    "retract": retracts,
    "still": stills,
    "same": same,
    "choice": chooses,
    "decline": declines,
    "press": presses,
    "nothing": nothing,
    "asked": asks,
    "greet": says("greeting", "parting", "sorry"),
    "thanks": says("thanks"),
    "sign": says("sign", "unhappy", "yes", "no", "maybe", "works", "take"),
    "answer-who": answers_who,
    "cover": covers,
    "emergency": warns,
}


def holds(line: Line, became: Became, first: int) -> bool:
    """Say whether a line became what the table says."""
    if line.meaning == "reserved":
        return became.word in ("reserved", line.detail) or commands(line, became, "", first)
    return CHECKS[line.meaning](line, became, line.said(first), first)
