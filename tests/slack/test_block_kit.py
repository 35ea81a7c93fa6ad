"""The check of Slack's limits is itself tried out: with what Slack refuses, and with all we say."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import app
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.delivery.requests import Response
from bot.local import demo
from bot.slack import blocks as slack_blocks
from handlers.kit.messages import (
    Button,
    Buttons,
    Call,
    Facts,
    Field,
    FieldKind,
    Form,
    Items,
    Message,
    Part,
    Text,
    Title,
    Tone,
    form_from,
    from_data,
    load,
)
from handlers.kit.words import BUTTON, Link, Who
from storage.engine.ids import PlaceId
from storage.engine.sqlite import Sqlite
from tests.pictures import __main__
from tests.pictures import cards as pictures_cards
from tests.pretend import adaptive_card, block_kit, node
from tests.pretend.stage import DEMO, Chat

Json = dict[str, Any]


def plain(text: str = "ok") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "ok") -> Json:
    return {"type": "mrkdwn", "text": text}


def button(id: str = "a", **more: Any) -> Json:
    return {"type": "button", "action_id": id, "text": plain(), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def rich(*spans: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": spans}]}


def asking(**element: Any) -> Json:
    return {"type": "input", "label": plain(), "element": {"action_id": "value", **element}}


def option(value: str, text: str = "ok") -> Json:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> Json:
    return asking(type="static_select", **{"options": [option("a"), option("b")], **more})


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal", "title": plain("Lotse"), "submit": plain(), "blocks": list(blocks), **more
    }  # fmt: skip


GOOD: dict[str, Json] = {
    "header": {"type": "header", "text": plain("h" * 150)},
    "section": {
        "type": "section", "text": mrkdwn("x" * 3000), "fields": [mrkdwn("f" * 2000)] * 2,
        "accessory": button(style="danger"),
    },
    "fields only": {"type": "section", "fields": [plain()] * 10},
    "actions": actions(*(button(f"a{n}", text=plain("t" * 75)) for n in range(25))),
    "context": {"type": "context", "elements": [mrkdwn()] * 9 + [
        {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}]},
    "divider": {"type": "divider", "block_id": "b" * 255},
    "rich text": rich(
        {"type": "text", "text": "who: ", "style": {"bold": True}},
        {"type": "user", "user_id": "U0ANNA"},
        {"type": "link", "url": "https://example.com", "text": "there"},
    ),
    "list": {"type": "rich_text", "elements": [{
        "type": "rich_text_list", "style": "bullet", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}]}]},
    "a mention": {"type": "context", "elements": [mrkdwn("<@U0ANNA> says &lt;!channel&gt;")]},
    "text": asking(type="plain_text_input", multiline=True, max_length=3000, initial_value="x"),
    "number": asking(type="number_input", is_decimal_allowed=False, initial_value="7"),
    "person": asking(type="users_select", initial_user="U0ANNA"),
    "date": asking(type="datepicker", initial_date="2026-11-23"),
    "choice": select(initial_option=option("b")),
    "choices": asking(
        type="multi_static_select", options=[option("a"), option("b")],
        initial_options=[option("a")],
    ),
}  # fmt: skip

BAD: dict[str, Json] = {
    "a section of 3,001 characters": {"type": "section", "text": mrkdwn("x" * 3001)},
    "a section of nothing": {"type": "section"},
    "eleven fields": {"type": "section", "fields": [mrkdwn()] * 11},
    "a field of 2,001 characters": {"type": "section", "fields": [mrkdwn("f" * 2001)]},
    "26 buttons": actions(*(button(f"a{n}") for n in range(26))),
    "no button": actions(),
    "a header of 151 characters": {"type": "header", "text": plain("h" * 151)},
    "a header of nothing": {"type": "header", "text": plain("")},
    "a header with markup": {"type": "header", "text": mrkdwn()},
    "a button of 76 characters": actions(button(text=plain("t" * 76))),
    "a button without words": actions(button(text=plain(""))),
    "a button with markup": actions(button(text=mrkdwn())),
    "a button that carries 2,001 characters": actions(button(value="v" * 2001)),
    "a blue button": actions(button(style="blue")),
    "a button to nowhere": actions(button(url="javascript:alert(1)")),
    "two buttons of one name": actions(button("a"), button("a")),
    "a name of 256 characters": actions(button("a" * 256)),
    "a field for words beside a button": actions({"type": "plain_text_input", "action_id": "a"}),
    "a confirmation's title of 101 characters": actions(button(confirm={
        "title": plain("t" * 101), "text": plain(), "confirm": plain(), "deny": plain()})),
    "eleven small lines": {"type": "context", "elements": [mrkdwn()] * 11},
    "a button among small lines": {"type": "context", "elements": [button()]},
    "a property that is not there": {"type": "divider", "colour": "blue"},
    "a block that is not there": {"type": "sektion"},
    "a block without a type": {"text": plain()},
    "no block at all": {},
    "a block's id of 256 characters": {"type": "divider", "block_id": "b" * 256},
    "an image without words": {"type": "image", "image_url": "https://example.com/a.png"},
    "rich text of nothing": {"type": "rich_text", "elements": []},
    "a paragraph of nothing": rich(),
    "a word of nothing": rich({"type": "text", "text": ""}),
    "a span that is not there": rich({"type": "blink", "text": "a"}),
    "a mention of a name": rich({"type": "user", "user_id": "anna"}),
    "a link to nowhere": rich({"type": "link", "url": "javascript:alert(1)", "text": "a"}),
    "a link without words": rich({"type": "link", "url": "https://example.com", "text": ""}),
    "a colour in rich text": rich({"type": "text", "text": "a", "style": {"red": True}}),
    "everybody in a small line": {"type": "context", "elements": [mrkdwn("<!channel>")]},
    "an ampersand that is not escaped": {"type": "context", "elements": [mrkdwn("A & B")]},
    "a label of 2,001 characters": {**select(), "label": plain("L" * 2001)},
    "a hint with markup": {**select(), "hint": mrkdwn()},
    "101 options": select(options=[option(str(n)) for n in range(101)]),
    "no option": select(options=[]),
    "options nowhere": asking(type="static_select"),
    "an option of 76 characters": select(options=[option("a", "t" * 76)]),
    "an option whose value is 76 characters": select(options=[option("v" * 76)]),
    "an option that was not offered": select(initial_option=option("c")),
    "a user that is none": asking(type="users_select", initial_user="anna"),
    "a day that is none": asking(type="datepicker", initial_date="Monday"),
    "half a thing": asking(type="number_input", is_decimal_allowed=False, initial_value="0.5"),
    "a number in words": asking(type="number_input", is_decimal_allowed=True, initial_value="x"),
    "a number that is not told to be whole": asking(type="number_input"),
    "a text longer than 3,000": asking(type="plain_text_input", max_length=3001),
    "a value longer than is allowed": asking(
        type="plain_text_input", max_length=3, initial_value="four"),
    "a placeholder of 151 characters": asking(
        type="plain_text_input", placeholder=plain("p" * 151)),
    "a button in a form's field": {"type": "input", "label": plain(), "element": button()},
}  # fmt: skip

BAD_MESSAGES: dict[str, Json] = {
    "51 blocks": {"text": "a", "blocks": [{"type": "divider"}] * 51},
    "two blocks of one id": {"text": "a", "blocks": [{"type": "divider", "block_id": "b"}] * 2},
    "more than Slack takes in all": {"text": "a", "blocks": [GOOD["section"]] * 3},
    "blocks that are no list": {"text": "a", "blocks": {}},
    "nothing for a screen reader": {"text": " ", "blocks": [{"type": "divider"}]},
    "no text": {"blocks": [{"type": "divider"}]},
    "a long text": {"text": "x" * 4001},
    "everybody is woken": {"text": "<!channel> all is lost"},
    "a group is woken": {"text": "a <!subteam^S1|@a> b"},
    "a disguised link": {"text": "<https://example.com|https://example.org>"},
    "an ampersand that is not escaped": {"text": "A & B"},
}

BAD_VIEWS: dict[str, Json] = {
    "a title of 25 characters": modal(title=plain("t" * 25)),
    "a title with markup": modal(title=mrkdwn()),
    "no title": {"type": "modal", "blocks": []},
    "a word to close of 25 characters": modal(close=plain("t" * 25)),
    "a word to send of 25 characters": modal(submit=plain("t" * 25)),
    "101 blocks": modal(*[{"type": "divider"}] * 101),
    "blocks that are no list": {**modal(), "blocks": {}},
    "no blocks": {"type": "home"},
    "a home of 101 blocks": {"type": "home", "blocks": [{"type": "divider"}] * 101},
    "a home with a title": {"type": "home", "blocks": [], "title": plain()},
    "questions that cannot be sent": {
        "type": "modal", "title": plain(), "blocks": [GOOD["text"]],
    },
    "two fields of one name": modal({**GOOD["text"], "block_id": "a"},
                                    {**GOOD["text"], "block_id": "a"}),
    "3,001 characters to remember": modal(private_metadata="x" * 3001),
    "a name of 256 characters": modal(callback_id="x" * 256),
    "something that is neither": {"type": "dialog", "blocks": []},
    "more than 250 kB": modal(*[GOOD["section"]] * 40),
    "a field that is not there": modal(asking(type="plain_text")),
    "two places to start": modal(*[
        asking(type="plain_text_input", focus_on_load=True)] * 2),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_slack_takes_is_let_through(name: str) -> None:
    assert block_kit.mistakes({"text": "a", "blocks": [GOOD[name]]}) == []
    assert block_kit.mistakes(modal(GOOD[name])) == []
    assert block_kit.mistakes({"type": "home", "blocks": [GOOD[name]]}) == []


@pytest.mark.parametrize("name", BAD)
def test_a_block_that_slack_refuses_is_noticed(name: str) -> None:
    assert block_kit.mistakes({"text": "a", "blocks": [BAD[name]]}) != []
    assert block_kit.mistakes(modal(BAD[name])) != []
    assert block_kit.mistakes({"type": "home", "blocks": [{"type": "divider"}, BAD[name]]}) != []


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_a_message_that_slack_refuses_is_noticed(name: str) -> None:
    assert block_kit.mistakes(BAD_MESSAGES[name]) != []


@pytest.mark.parametrize("name", BAD_VIEWS)
def test_a_view_that_slack_refuses_is_noticed(name: str) -> None:
    assert block_kit.mistakes(BAD_VIEWS[name]) != []


def test_a_mistake_is_told_with_its_place() -> None:
    payload = {"text": "a", "blocks": [{"type": "divider"}, actions(button(style="blue"))]}
    assert block_kit.mistakes(payload) == [
        "blocks.1.elements.0.style: 'blue' is not one of ['primary', 'danger']"
    ]


# --- the schema --------------------------------------------------------------------------


def test_every_limit_that_slack_s_types_state_is_one_for_us() -> None:
    schema = block_kit.schema()
    for name in json.loads(block_kit.SCHEMA.read_text(encoding="utf-8"))["definitions"]:
        schema.shape(name)
    assert schema.unread == []
    assert len(set(schema.limits)) > 100
    assert schema.unsaid == block_kit.UNSAID.keys()  # and what they do not state is no misnomer


def test_the_schema_is_the_one_of_slack_s_types() -> None:
    node.packages("slack", "make block-kit")
    made = subprocess.run(
        ["node", node.TOOLS / "slack" / "schema.mjs"], capture_output=True, check=True, text=True
    )
    assert made.stdout == block_kit.SCHEMA.read_text(encoding="utf-8"), "make block-kit"


# --- what we say -------------------------------------------------------------------------


async def test_the_pretend_chat_takes_only_what_slack_would_take() -> None:
    never = Message((Text((Link("there", "https://example.com/ with spaces"),)),))
    with pytest.raises(AssertionError, match="Slack would refuse"):
        await Chat().create("demo", "local:stoerungen", "1", never)


@pytest.mark.parametrize("language", pictures_cards.LANGUAGES)
def test_everything_in_the_pictures_fits_slack(language: str) -> None:
    shown = pictures_cards.album(language)
    assert len(shown) > 60
    assert {each.shown.get("type", "message") for each in shown} == {"message", "modal", "home"}


@pytest.mark.parametrize("language", pictures_cards.LANGUAGES)
def test_every_button_in_the_pictures_fits_on_a_phone(language: str) -> None:
    found = [
        each["text"]["text"]
        for card in pictures_cards.album(language)
        for each in block_kit.objects(card.shown)
        if each.get("type") == "button"
    ]
    assert len(found) > 200
    assert [each for each in found if len(each) > BUTTON] == []


def test_the_pictures_can_be_drawn() -> None:
    node.packages("slack", "make pictures")
    drawn = __main__.slack_page("en", "dark")
    assert "Waiting for" in drawn
    assert all(each.caption in drawn for each in pictures_cards.album("en") if each.shown)


async def test_all_that_the_example_company_ever_said_fits_slack_and_teams() -> None:
    first = datetime(2026, 11, 16, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    database = Sqlite()
    try:
        lotse = app.build(Settings(), database, HandClock(first), demo=True)
        await demo.prepare(lotse, empty=False)

        def written(column: str, table: str) -> list[str]:
            sql = f"select {column} as said from {table} where workspace = :workspace"
            return [row["said"] for row in database.read(lambda tx: tx.within(DEMO).rows(sql))]

        said = [load(each) for each in written("body", "local_messages")]
        answers = [json.loads(each) for each in written("answer", "deliveries") if each]
        said += [from_data(each["message"]) for each in answers if each["message"]]
        assert len(said) > 100
        for message in said:
            block_kit.must_fit(message)
            adaptive_card.must_fit(message)
        for each in answers:
            if each["form"]:
                for platform in (block_kit, adaptive_card):
                    platform.must_fit_form(form_from(each["form"]), "local:@anna")
    finally:
        database.close()


texts = st.sampled_from(["", "a", "<!channel> & <@U1>", "x" * 4000, "ü\u202e\u200b"]) | st.text(
    max_size=20
)
phrases = st.lists(
    texts
    | st.builds(Who, st.sampled_from(["anna", "U0ANNA", "U0ANNA~2"]), texts)
    | st.builds(Link, texts, st.just("https://example.com/a?b=c&d")),
    max_size=3,
).map(tuple)
calls = st.builds(Call, st.just("ack"), st.dictionaries(st.just("a"), st.text(max_size=99)))
buttons = st.builds(Button, phrases, calls, st.sampled_from(["plain", "primary", "quiet"]))
parts: st.SearchStrategy[Part] = st.one_of(
    st.builds(Title, phrases),
    st.builds(Text, phrases, st.booleans()),
    st.builds(Facts, st.lists(st.tuples(phrases, phrases), max_size=12).map(tuple)),
    st.builds(Items, st.lists(phrases, max_size=12).map(tuple)),
    st.builds(Buttons, st.lists(buttons, max_size=30).map(tuple)),
)
messages = st.builds(Message, st.lists(parts, max_size=60).map(tuple), st.sampled_from(Tone))
fields = st.builds(
    Field,
    name=st.text("abc", min_size=1, max_size=4),
    label=phrases,
    kind=st.sampled_from(FieldKind),
    hint=phrases,
    required=st.booleans(),
    value=st.sampled_from(["", "7", "U0ANNA", "a", "a,b", "2026-11-23", "x" * 5000]),
    choices=st.lists(
        st.tuples(st.sampled_from(["", "a", "b", "v" * 76]), phrases), max_size=120
    ).map(tuple),
    longest=st.integers(1, 3000),
)
forms = st.builds(
    Form, phrases, calls, st.lists(fields, max_size=8, unique_by=lambda each: each.name).map(tuple),
    phrases,
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(messages)
def test_whatever_is_said_becomes_something_that_slack_takes(message: Message) -> None:
    block_kit.must_fit(message)
    close = "Störung beenden"
    for view in (slack_blocks.answer_view(message, close), slack_blocks.home_view(message)):
        assert block_kit.mistakes(view) == []


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(forms)
def test_whatever_is_asked_becomes_something_that_slack_takes(form: Form) -> None:
    block_kit.must_fit_answer(Response("done", form=form), PlaceId("slack:C1"))
