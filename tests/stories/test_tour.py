"""The tour is played: every conversation in the pages is carried out, every shown line compared.

A ```chat block holds, line by line:

    Anna: incident …        what somebody types
    Anna → [Undo]           what somebody presses, or a form they send
    Anna → Name: Till       what somebody writes into the open form
    $ curl …                a machine calls the address that was shown last
    — 10 minutes later —    time passes; also — Monday 08:30 —
    #incidents              what is new or changed in a channel, or
    @Ben                    in somebody's direct place
        indented            the whole of what is said there, and nothing else;
                            … stands for what is left out
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.delivery import plain
from handlers.digest import schedule as digest_schedule
from handlers.kit.readers import folded
from handlers.kit.words import flat
from storage.delivery.places import PlaceRole
from storage.engine import Database, Tx
from storage.workspaces import Workspace
from tests.pretend import company
from tests.pretend.company import Answered, Company, rest
from tests.pretend.stage import DEMO, Say, Stage

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = {"en": DOCS / "tour.md", "de": DOCS / "tour.de.md"}
CHANNELS = {
    "en": (("incidents", PlaceRole.INCIDENTS), ("management", PlaceRole.MANAGERS)),
    "de": (("störungen", PlaceRole.INCIDENTS), ("leitung", PlaceRole.MANAGERS)),
}
TILL = {"en": ("Till", ("Tills",)), "de": ("Kasse", ("Kassen",))}
REST = {"en": "Everything else", "de": "Alles andere"}
DAYS = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens, or one place to look at, with what is to be seen then."""

    number: int
    text: str
    expected: list[str]


def steps(page: str) -> list[Step]:
    """Return the steps of all conversations of a page, in order."""
    found: list[Step] = []
    inside = False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```chat"
        elif inside and line.startswith("    "):
            found[-1].expected.append(line[4:])
        elif inside and line:
            found.append(Step(number, line, []))
    return found


@dataclass(slots=True)
class Player:
    """Plays a page on a stage."""

    stage: Stage
    language: str
    people: dict[str, Say] = field(default_factory=dict)
    forms: dict[str, dict[str, str]] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    address: str = ""

    def play(self, step: Step) -> str | None:
        """Carry out a step; return what is seen then, None when there is nothing to see."""
        text = step.text
        if text[0] in "#@":
            return self.look(text, step.expected[:1])
        self.before = self.standing()
        if text[0] == "—":
            self.wait(text.strip("— "))
            return None
        if text.startswith("$ curl"):
            self.report()
            return None
        who, _arrow, pressed = text.partition(" → ")
        if pressed:
            return self.act(self.person(who), pressed)
        who, _colon, words = text.partition(": ")
        return self.said(self.person(who), lambda me: me(words))

    def person(self, name: str) -> Say:
        return self.people.setdefault(name, Say(self.stage, folded(name)))

    def said(self, me: Say, act: object) -> str:
        assert callable(act)
        act(me)
        assert me.answer is not None
        shown = []
        if me.answer.message is not None:
            shown.append(plain.render(me.answer.message))
        if me.answer.form is not None:
            self.forms[me.id] = {each.name: each.value for each in me.answer.form.fields}
            shown.append(plain.render_form(me.answer.form))
        self.address = (re.findall(r"/ping/(\S+)", "\n".join(shown)) or [self.address])[-1]
        return "\n".join(shown)

    def act(self, me: Say, what: str) -> str | None:
        """Press a button, write into the open form, or send it."""
        if not what.startswith("["):
            label, _colon, value = what.partition(": ")
            assert me.form is not None, f"no form is open for {me.id}"
            asked = next(each for each in me.form.fields if flat(each.label) == label)
            chosen = {flat(shown): sent for sent, shown in asked.choices}
            self.forms[me.id][asked.name] = chosen.get(value, value)
            return None
        label = what.strip("[]")
        if me.form is not None and flat(me.form.submit) == label:
            values = self.forms[me.id]
            return self.said(me, lambda each: each.fill(**values))
        return self.said(me, lambda each: each.press(label))

    def wait(self, until: str) -> None:
        minutes = re.match(r"(\d+) ", until)
        if minutes:
            self.stage.wind(minutes=int(minutes[1]))
            return
        day, clock = until.replace(",", "").split()
        self.stage.wind(to=clock)
        while self.stage.now().weekday() != DAYS.index(folded(day)) % 7:
            self.stage.wind(to=clock)

    def report(self) -> None:
        hook = next(each for feature in self.stage.dispatcher.features for each in feature.hooks)
        self.stage.run(self.stage.dispatcher.run_hook(hook, self.address, None, {}))

    def look(self, where: str, first: list[str]) -> str:
        """Return the message in a place that is new or changed, and begins as expected."""
        place = f"local:@{folded(where[1:])}" if where[0] == "@" else f"local:{where[1:]}"
        fresh = [
            plain.render(each.message)
            for each in self.stage.chat.at(place)
            if self.before.get(each.id) != each.edits
        ]
        assert fresh, f"nothing is new for {where}"
        return next((each for each in reversed(fresh) if each.splitlines()[:1] == first), fresh[-1])

    def standing(self) -> dict[str, int]:
        return {each.id: each.edits for each in self.stage.chat.standing}


def seen(shown: str, expected: list[str]) -> bool:
    """Compare what is seen with what the page shows; `…` is what it leaves out."""
    lines = [re.escape(line).replace("…", ".*") for line in expected]
    joined = "".join(r"(?:.*\n)*" if line == ".*" else f"{line}\n" for line in lines)
    return re.fullmatch(joined, f"{shown}\n") is not None


def framed(expected: list[str]) -> list[str]:
    """Return what a form shows in a platform's frame: a sentence without its full stop."""
    return [expected[0].removesuffix("."), *expected[1:]]


def furnish(tx: Tx, language: str, stage: Stage) -> None:
    """Put the company of the tour into the store: four people, two channels, two services."""
    name, words = TILL[language]
    whole = Company(
        channels=tuple((f"local:{name}", name, role) for name, role in CHANNELS[language]),
        services=(Answered("till", name, tuple(words), "Ben", "Carla"), rest(language)),
    )
    demo, now = Workspace(DEMO, "Demo", language, "Europe/Berlin", "DE"), stage.clock.now()
    company.furnish(tx, demo, whole, now)
    tx = tx.within(DEMO)
    digest_schedule.plan(tx, id="digest", now=now, zone=demo.zone, region=demo.region)


@pytest.mark.parametrize("language", PAGES)
def test_the_tour_is_true(database: Database, language: str) -> None:
    stage = Stage(database)
    try:
        database.transact(lambda tx: furnish(tx, language, stage))
        player = Player(stage, language)
        played = steps(PAGES[language].read_text(encoding="utf-8"))
        assert played
        for step in played:
            shown = player.play(step)
            if shown is None:
                assert not step.expected, f"line {step.number}: nothing is answered to this"
            elif step.expected or step.text[0] in "#@":
                expected = "\n".join(step.expected)
                assert seen(shown, step.expected), (
                    f"line {step.number}, {step.text}\n\nis:\n{shown}\n\nin the page:\n{expected}"
                )
    finally:
        stage.close()


def test_both_tours_tell_the_same_story() -> None:
    told = {
        language: [_shape(step) for step in steps(path.read_text(encoding="utf-8"))]
        for language, path in PAGES.items()
    }
    assert told["en"] == told["de"]


def _shape(step: Step) -> tuple[str, int]:
    """Return who does what kind of thing, and how many lines it has."""
    kind = re.sub(r"(→|:).*", r"\1", step.text)
    kind = kind if kind[0] not in "#—$" else kind[0]
    return kind, len(step.expected)


def test_a_shown_line_that_is_not_true_is_noticed() -> None:
    assert seen("one\ntwo\nthree", ["one", "…", "three"])
    assert seen("one\ntwo", ["one", "two", "…"])
    assert seen("it is 10:05 now", ["it is … now"])
    assert not seen("one\ntwo", ["one"])
    assert not seen("one\ntwo", ["one", "tw"])
    assert not seen("one", ["one", "two"])
