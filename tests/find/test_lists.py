"""Lists: pages with the true total, filters, and files that a spreadsheet reads and defuses."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date

import pytest

from handlers import FEATURES
from handlers.kit import tables
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Listing
from handlers.kit.messages import Buttons, Call
from handlers.kit.readers.dates import read_day_near
from storage import people
from storage.engine import Tx
from storage.engine.ids import PersonId, ServiceId
from tests.mandate.test_mandate import do
from tests.pretend.machines import enter
from tests.pretend.stage import Say, Stage, answered


def declared(anna: Say, count: int, what: str = "Kasse {n} tot") -> None:
    for n in range(1, count + 1):
        anna(f"incident {what.format(n=n)}")


def listed(bot: Stage, who: str, **values: str) -> str:
    call = Call("list", {"name": "incidents", **values})
    return answered(bot.handle(bot.request(who, call=call)))


def test_pages_tell_the_true_total_and_lead_on(bot: Stage, anna: Say, chris: Say) -> None:
    declared(anna, 23)
    first = chris("incidents all")
    assert first.splitlines()[0] == "23 incidents"
    second = chris.press("Show 13 more")
    assert second.splitlines()[0] == "Incidents, 11–20 of 23"
    third = chris.press("More")
    assert third.splitlines()[0] == "Incidents, 21–23 of 23" and "[More]" not in third
    seen = {f"INC-{n}" for n in range(1, 24) if any(
        f"INC-{n} ·" in page for page in (first, second, third))}  # fmt: skip
    assert len(seen) == 23
    assert chris.press("Back").splitlines()[0] == "Incidents, 11–20 of 23"


def test_a_list_is_narrowed_in_chat_by_service_and_day(
    bot: Stage, anna: Say, ben: Say, chris: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    wind(to="2026-12-01 09:00")
    anna("incident Kasse schon wieder tot")
    anna("incident Webshop leer")
    chris("lists")
    chris.press(calls="list", about="What is open")
    chris.press("Filter")
    shown = chris.fill(which="all", service="kasse", since="30.11.")
    assert shown.splitlines()[0] == "Incidents, 1–1 of 1" and "INC-2" in shown
    chris.press("Filter")
    assert filled(chris) == {"which": "all", "service": "kasse", "since": "2026-11-30"}
    assert "Incidents, 1–2 of 2" in chris.fill(since="")
    chris.press("Filter")
    assert filled(chris) == {"which": "all", "service": "kasse", "since": ""}
    assert "Incidents, 1–3 of 3" in chris.fill(service="", since="1.11.2026")
    chris.press("Open")
    chris.press("Filter")
    assert filled(chris) == {"which": "open", "service": "", "since": "2026-11-01"}


def filled(who: Say) -> dict[str, str]:
    """Return what stands in the form that is open."""
    assert who.form is not None
    return {each.name: each.value for each in who.form.fields}


def lists_of(bot: Stage) -> list[Listing]:
    return [each for feature in FEATURES for each in feature.all_lists]


def test_a_list_asks_only_for_what_its_rows_know(bot: Stage, anna: Say, ben: Say) -> None:
    declared(anna, 1)
    nowhere = ServiceId("nowhere")
    knowing: set[str] = set()

    def look(ctx: Context) -> None:
        for each in lists_of(bot):
            every = each.count(ctx, Filter(each.which[0]))
            none = each.count(ctx, Filter(each.which[0], service=nowhere))
            if "service" in each.narrows:
                assert none == 0, each.key
                knowing.add(each.key)
            else:
                assert each.able(Filter("all", service=nowhere)).service is None
                assert none == every

    bot.inside(look)
    assert knowing == {"incidents", "services", "problems"}
    for each in lists_of(bot):
        page = bot.handle(bot.request("anna", call=Call("list", {"name": each.key})))
        assert page.message is not None
        rows = [part for part in page.message.parts if isinstance(part, Buttons)]
        pressed = [
            one.call for row in rows for one in row.buttons if one.call.word == "list filter"
        ]
        assert len(pressed) == (len(each.which) > 1 or bool(each.narrows)), each.key
        for one in pressed:
            form = bot.handle(bot.request("anna", call=one)).form
            assert form is not None
            assert {field.name for field in form.fields} == {"which", *each.narrows}, each.key
            assert tuple(way for way, _label in form.fields[0].choices) == each.which


def test_a_narrowed_list_of_what_has_no_service_is_whole_and_does_not_claim_one(
    bot: Stage, anna: Say, chris: Say
) -> None:
    do(chris, "mandate action", item="Ausgangswert messen", who="anna", due="2026-12-04")
    call = Call("list", {"name": "actions", "service": "kasse"})
    shown = answered(bot.handle(bot.request("anna", call=call)))
    assert "1–1 of 1" in shown and "Kasse" not in shown
    anna("lists")
    anna.press(calls="list", about="What is open")
    bot.handle(bot.request("anna", call=call))
    wanted = Call("list filter", {"name": "actions", "now_which": "open", "service": ""})
    anna.answer = bot.handle(bot.request("anna", call=wanted))
    assert anna.answer.form is not None
    assert [each.name for each in anna.answer.form.fields] == ["which", "since"]


@pytest.mark.parametrize("which", ["open", "mine", "all", "retired", "untaken", "auto-1"])
def test_a_filter_begins_with_something_that_can_be_chosen(
    bot: Stage, anna: Say, which: str
) -> None:
    """Also where the list was asked for in a way that only others have, or that none names."""
    for each in lists_of(bot):
        asked = Call("list", {"name": each.key, "which": which})
        page = bot.handle(bot.request("anna", call=asked))
        assert page.message is not None
        for part in page.message.parts:
            for one in part.buttons if isinstance(part, Buttons) else ():
                if one.call.word != "list filter":
                    continue
                form = bot.handle(bot.request("anna", call=one.call)).form
                assert form is not None
                field = form.fields[0]
                assert field.value in dict(field.choices), each.key


def test_a_list_of_one_thing_stays_so_unless_all_is_chosen(bot: Stage, ben: Say) -> None:
    enter(ben)
    enter(ben, name="Andere")
    ben("auto mail-sortierung")
    ben.press(calls="auto history")
    own = ben.press("Alles, als Liste")
    ben.press("Filtern")
    assert ben.answer is not None and ben.answer.form is not None
    assert dict(ben.answer.form.fields[0].choices)["now"] == ("Wie jetzt",)
    assert ben.fill().splitlines()[0] == own.splitlines()[0]
    ben.press("Filtern")
    assert "Andere" in ben.fill(which="all")


def test_a_way_that_a_list_does_not_have_is_said_at_its_field(chris: Say) -> None:
    said = do(chris, "list filter", name="services", which="open")
    assert said == "Please choose one of: All, Mine, and Retired."
    assert "Services, 1–" in do(chris, "list filter", name="services", which="all")


@pytest.mark.parametrize("page", ["2", "3", "99"])
def test_a_page_beyond_the_end_is_the_last_one(
    bot: Stage, anna: Say, chris: Say, page: str
) -> None:
    declared(anna, 13)
    asked = Call("list", {"name": "incidents", "page": page})
    shown = answered(bot.handle(bot.request("anna", call=asked)))
    assert shown.splitlines()[0] == "Incidents, 11–13 of 13" and "[Back]" in shown
    found = Call("find more", {"words": "Kasse tot", "page": page})
    assert "14 found" in answered(bot.handle(bot.request("anna", call=found)))
    assert "Kasse" in answered(bot.handle(bot.request("anna", call=found))).partition("\n")[2]
    assert "wait" in chris(f"status {page}").splitlines()[0]
    assert "[" in chris(f"status {page}")
    for word in ("retention", "aufbewahrung"):
        assert " of " in anna(f"{word} {page}").splitlines()[0], "typed as well as pressed"
    decided = Call("decisions", {"page": page})
    assert "decision" in answered(bot.handle(bot.request("chris", call=decided)))
    known = Call("computed", {"page": page})
    assert len(answered(bot.handle(bot.request("chris", call=known))).splitlines()) > 3


def test_filters_open_mine_all_a_service_and_since(
    bot: Stage, anna: Say, ben: Say, carla: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    ben("behoben 1")
    wind(to="2026-12-01 09:00")
    anna("incident Webshop leer")
    assert "INC-1 · Kasse tot · Kasse · works again, not done" in listed(bot, "anna")
    assert listed(bot, "anna").splitlines()[0] == "Incidents, 1–2 of 2"
    assert "INC-1" not in listed(bot, "carla", which="mine")
    assert "INC-2" in listed(bot, "carla", which="mine")
    assert listed(bot, "anna", which="all", service="kasse").splitlines()[0].endswith("1–1 of 1")
    since = listed(bot, "anna", which="all", since="2026-11-30T00:00:00+00:00")
    assert "INC-2" in since and "INC-1" not in since
    assert listed(bot, "anna", which="untaken").splitlines()[0] == "Incidents, 1–1 of 1"


def test_mine_is_narrowed_by_service_and_day_as_well(
    bot: Stage, anna: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    wind(to="2026-12-01 09:00")
    anna("incident Kasse schon wieder tot")
    anna("incident Webshop leer")
    assert listed(bot, "anna", which="mine").splitlines()[0] == "Incidents, 1–3 of 3"
    till = listed(bot, "anna", which="mine", service="kasse")
    assert till.splitlines()[0] == "Incidents, 1–2 of 2" and "INC-3" not in till
    since = "2026-11-30T00:00:00+00:00"
    both = listed(bot, "anna", which="mine", service="kasse", since=since)
    assert both.splitlines()[0] == "Incidents, 1–1 of 1" and "INC-2" in both


@pytest.mark.parametrize("typed", ["5.12.", "2026-12-05", "5 Dec", "tomorrow", "24.11.2027"])
def test_a_day_to_come_is_no_beginning(bot: Stage, anna: Say, chris: Say, typed: str) -> None:
    anna("incident Kasse tot")
    chris("lists")
    chris.press(calls="list", about="What is open")
    chris.press("Filter")
    assert "That day is still to come." in chris.fill(which="all", since=typed)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("5.12.", "2026-12-05"), ("30.11.", "2026-11-30"), ("1.11.", "2026-11-01"),
        ("Nov 20", "2026-11-20"), ("1.7.", "2026-07-01"), ("31.12.2025", "2025-12-31"),
        ("Friday", "2026-11-27"), ("Dienstag", "2026-12-01"), ("tomorrow", "2026-12-02"),
    ],
)  # fmt: skip
def test_looking_back_a_day_without_a_year_is_the_nearest_one(typed: str, day: str) -> None:
    assert read_day_near(typed, date(2026, 12, 1)) == date.fromisoformat(day)


def test_every_list_has_its_button(bot: Stage, anna: Say, chris: Say) -> None:
    anna("incident Kasse tot")
    told = chris("lists")
    assert "[Incidents: 1]" in told and "[Services: 4]" in told
    assert "Kasse" in chris.press("Services: 4")
    assert chris.press("Mine").startswith("Services, 1–1 of 1")


# --- files ---------------------------------------------------------------------------------


def exported(bot: Stage, who: PersonId, name: str, which: str = "all") -> tuple[str, str]:
    """Return a list as CSV and as JSON, in somebody's language."""

    def write(tx: Tx) -> tuple[str, str]:
        person = people.find(tx, who)
        assert person is not None
        ctx: Context = bot.dispatcher._context(tx, person, None, bot.clock.now())
        listing = tables.find(ctx.features, name)
        assert listing is not None
        rows = tables.everything(ctx, listing, Filter(which))
        return tables.as_csv(ctx, listing, rows), tables.as_json(ctx, listing, rows)

    found: tuple[str, str] = bot.store(write)
    return found


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


TITLES = (
    "=1+1", "+49 221 1234", "-2+3", "@SUM(A1)", "\tTab", "＝cmd", "＋2*7", "－x", "＠Zelle",
    'Semikolon; und "Anführung"', " =verschoben", "Umlaute äöüß 🙂", "-5", "3,5",
)  # fmt: skip


def test_csv_is_read_back_and_no_cell_is_a_formula(bot: Stage, anna: Say) -> None:
    for title in TITLES:
        bot.wind(minutes=3)  # the same words within two minutes are one incident
        call = Call("incident", {"title": title})
        bot.handle(bot.request("anna", call=call, submitted=True))
    text, written = exported(bot, PersonId("anna"), "incidents")
    assert text.startswith('\ufeff"Number";"Title";')
    rows, objects = read(text), json.loads(written)
    assert len(rows) == len(objects) == len(TITLES)
    for row, found in zip(rows, objects, strict=True):
        title = row["Title"]
        assert title.removeprefix("'") == found["title"]
        assert title in ("-5", "3,5") or title.strip()[0] not in "=+-@＝＋－＠\t\r", title  # noqa: RUF001
    assert {row["Declared"] for row in rows} == {"2026-11-23"}


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1", "'=1"), ("-5", "-5"), ("+3.5", "+3.5"), ("-1,5", "-1,5"), ("-1-1", "'-1-1"),
        ("\r=x", "'\r=x"), ("＝x", "'＝x"), ("Kasse", "Kasse"), ("", ""),
    ],
)  # fmt: skip
def test_formulas_are_defused_and_numbers_stay(text: str, safe: str) -> None:
    assert tables.defused(text) == safe


def test_closed_rows_carry_no_person_and_nothing_carries_a_minute(
    bot: Stage, anna: Say, ben: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    anna("incident Kasse klemmt")
    ben("ack 2")
    ben("behoben 2")
    anna("incident Webshop war ein Versehen")
    anna.press("Undo")
    for name in ("incidents", "problems", "services", "automations", "pilots"):
        text, written = exported(bot, PersonId("anna"), name)
        assert not any(":" in value for row in read(text) for value in row.values()), name
        assert "09:" not in written
    rows = {
        each["number"]: each for each in json.loads(exported(bot, PersonId("anna"), "incidents")[1])
    }
    assert rows["INC-1"]["responsible"] == "Ben"
    assert rows["INC-3"]["responsible"] is None
    assert not {"acknowledged", "restored", "minutes"} & set(rows["INC-1"])


def test_a_day_is_one_that_a_table_can_sort_by_and_in_chat_it_is_said(bot: Stage, ben: Say) -> None:
    enter(ben)
    ran = "update automations set last_useful_at = :at where workspace = :workspace"
    bot.store(lambda tx: tx.run(ran, at="2026-11-20T23:30:00+00:00"))
    text, written = exported(bot, PersonId("anna"), "automations")
    assert read(text)[0]["Last useful run"] == "2026-11-21", "the day where the company is"
    assert json.loads(written)[0]["last"] == "2026-11-21"
    assert "Sa. 21. Nov." in do(ben, "list", name="automations", which="all")


NASTY = ("=1+1", "@SUM(A1)", "+cmd", "-x", "\u200b=2", "＝3")


def test_every_list_is_written_and_read_back_with_its_formulas_defused(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    """Each list holds names that begin like formulas; none of them leaves as one."""
    for n, name in enumerate(NASTY):
        anna(f"incident {name} Kasse {n}")
        do(chris, "service new", name=name, accountable="ben", deputy="carla")
        do(ben, "auto new", name=name, purpose="Gleicht ab", not_for="Mahnungen",
           accountable="ben", deputy="carla", rhythm="2")  # fmt: skip
        do(chris, "mandate edit", goals="Schneller")
        do(chris, "pilot new", name=name, problem=f"{name} liegt lange.", goal="Schneller")
        do(chris, "mandate action", item=f"{name} tun", who="ben", due="2026-12-04")
        do(chris, "stop", what=f"{name} lassen", until="2027-01-31", why=f"{name} darum")
        do(anna, "friction", sentence=f"{name} nervt sehr", area=name)
    ids = bot.rows("select id from friction where workspace = :workspace")
    do(chris, "pattern confirm", notes=",".join(each["id"] for each in ids), title="=Muster")
    full = 0
    for listing in (each for feature in bot.dispatcher.features for each in feature.all_lists):
        for which in listing.which:
            text, written = exported(bot, PersonId("chris"), listing.key, which)
            rows, objects = read(text), json.loads(written)
            assert len(rows) == len(objects), listing.key
            full += bool(rows) and which == "all"
            for row, found in zip(rows, objects, strict=True):
                assert list(found) == [key for key, _label in listing.columns], listing.key
                for value in row.values():
                    seen = value.strip().lstrip("\u200b").strip()
                    number = re.fullmatch(r"[+-]?[0-9]+([.,][0-9]+)?", value)
                    assert number or seen[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠"), (  # noqa: RUF001
                        listing.key,
                        value,
                    )
    assert full >= 5
