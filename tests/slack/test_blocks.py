"""Block Kit from any message or form: within Slack's limits, and text stays text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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
    line,
    spoken,
    spoken_form,
)
from handlers.kit.words import Link, Who
from storage.engine.ids import PlaceId
from tests.pretend.slack_limits import Bad, check_blocks, check_message, check_view, strings
from tests.pretend.turning import turns_out

# --- what Slack takes ----------------------------------------------------------------------------

SHORT = st.text(max_size=30)
LONG = st.one_of(
    SHORT, st.text(max_size=400), st.integers(1, 9000).map(lambda n: "wört " * (n // 5))
)
WHO = st.builds(Who, st.sampled_from(["U1", "UANNA", "W2", "anna", "U2~2", ""]), SHORT)
URLS = st.sampled_from(
    ["https://x.de/a?b=<c>", "http://127.0.0.1:3000/ping/x", "javascript:alert(1)"]
)
SPANS = st.one_of(LONG, WHO, st.builds(Link, SHORT, URLS))
PHRASE = st.lists(SPANS, max_size=4).map(tuple)
CALL = st.builds(
    Call,
    SHORT,
    st.dictionaries(st.sampled_from(["number", "title"]), st.text(max_size=400), max_size=2),
)
BUTTON = st.builds(Button, PHRASE, CALL, st.sampled_from(["plain", "primary", "quiet"]))
PART: st.SearchStrategy[Part] = st.one_of(
    st.builds(Title, PHRASE),
    st.builds(Text, PHRASE, st.booleans(), st.booleans()),
    st.builds(Facts, st.lists(st.tuples(PHRASE, PHRASE), max_size=30).map(tuple)),
    st.builds(Items, st.lists(PHRASE, max_size=60).map(tuple)),
    st.builds(Buttons, st.lists(BUTTON, max_size=40).map(tuple)),
)
MESSAGE = st.builds(Message, st.lists(PART, max_size=70).map(tuple), st.sampled_from(Tone))
NAME = st.text("abcdefghijk", min_size=1, max_size=12)
CHOICES = st.lists(
    st.tuples(st.text("abc123-", max_size=80), PHRASE), max_size=130, unique_by=lambda c: c[0]
)
FIELD = st.builds(
    Field, NAME, PHRASE, st.sampled_from(FieldKind), PHRASE, st.booleans(), LONG,
    CHOICES.map(tuple), st.integers(1, 3000),
)  # fmt: skip
FORM = st.builds(
    Form, PHRASE, CALL, st.lists(FIELD, max_size=12, unique_by=lambda f: f.name).map(tuple), PHRASE
)


@settings(deadline=None)
@given(MESSAGE)
@example(Message((Title(("\xad",)),)))  # a title of which nobody would see anything
def test_any_message_is_within_every_limit(message: Message) -> None:
    blocks = slack_blocks.render(message)
    check_message({"text": slack_blocks.alternative(message), "blocks": blocks})
    check_view(slack_blocks.home_view(message))
    check_view(slack_blocks.answer_view(message, "Close"))


@settings(deadline=None)
@given(FORM)
def test_any_form_is_within_every_limit(form: Form) -> None:
    private = slack_blocks.private_call(Call("incident", {"number": "7"}), PlaceId("slack:C1"))
    shown = slack_blocks.view(form, private, "Close")
    check_view(shown)
    assert slack_blocks.read_private(shown["private_metadata"]) == (
        Call("incident", {"number": "7"}), "slack:C1"
    )  # fmt: skip


def test_the_limits_that_are_tested_above_can_be_missed() -> None:
    def bad(**more: Any) -> dict[str, Any]:
        return {"text": "x", "blocks": [], **more}

    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}}
    empty: dict[str, Any] = {"type": "rich_text", "elements": []}
    text = {"type": "rich_text_section", "elements": [{"type": "text", "text": "x" * 6600}]}
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x" * 76}}
    for wrong in (
        bad(text=""),
        bad(text="<!here>"),
        bad(blocks=[header]),
        bad(blocks=[section]),
        bad(blocks=[empty]),
        bad(blocks=[{"type": "divider"}] * 51),
        bad(blocks=[{"type": "rich_text", "elements": [text, text]}]),
        bad(blocks=[{"type": "actions", "elements": [button]}]),
        bad(blocks=[{"type": "actions", "elements": []}]),
        bad(blocks=[{"type": "unheard_of"}]),
    ):
        with pytest.raises(Bad):
            check_message(wrong)
    check_blocks([{"type": "divider"}] * 50, 50)


def test_a_long_message_keeps_its_buttons_and_says_that_it_was_cut() -> None:
    parts: list[Part] = [Title(("t" * 400,)), *(Text(("w" * 3000,)) for _each in range(9))]
    buttons = Buttons((Button(("Go",), Call("ack", {"number": "1"})),))
    blocks = slack_blocks.render(Message((*parts, buttons)))
    assert blocks[-1]["type"] == "actions"
    assert sum(map(len, strings(blocks))) <= slack_blocks.TOTAL + 100
    assert "…" in json.dumps(blocks, ensure_ascii=False)


def test_what_is_shown_stands_in_its_order() -> None:
    message = Message(
        (
            Title(("INC-1 · Till",)),
            Text(("Ask ", Who("U2", "Ben"), " or ", Who("anna", "Anna"), ": ", Link("here", "https://x.de"))),
            Facts(((("State",), ("open",)), (("By",), (Who("U2", "Ben"),)))),
            Items((("one",), ("two",))),
            Text(("small",), small=True),
        ),
        Tone.ALARM,
    )  # fmt: skip
    header, text, facts, items, context = slack_blocks.render(message)
    assert header["text"]["text"] == "🔴 INC-1 · Till"
    spans = text["elements"][0]["elements"]
    assert spans[1] == {"type": "user", "user_id": "U2"}
    assert spans[3] == {"type": "text", "text": "Anna"}
    assert spans[5] == {"type": "link", "url": "https://x.de", "text": "here"}
    assert [each["text"] for each in facts["elements"][0]["elements"]] == ["State: ", "open", "\n"]
    assert len(items["elements"][0]["elements"]) == 2
    assert context["elements"] == [{"type": "plain_text", "text": "small", "emoji": False}]
    assert slack_blocks.alternative(message) == "🔴 INC-1 · Till · Ask Ben or Anna: here · small"


KINDS = {
    FieldKind.TEXT: "plain_text_input",
    FieldKind.LONG: "plain_text_input",
    FieldKind.NUMBER: "number_input",
    FieldKind.DATE: "datepicker",
    FieldKind.PERSON: "users_select",
    FieldKind.CHOICE: "static_select",
    FieldKind.CHOICES: "multi_static_select",
}


@pytest.mark.parametrize("kind", FieldKind)
def test_every_kind_of_field_is_asked_for_and_read_back(kind: FieldKind) -> None:
    value = {"person": "U2", "date": "2026-11-23", "number": "7"}.get(kind.value, "b")
    choices = (("a", ("A",)), ("b", ("B",)))
    field = Field("it", ("It",), kind, value=value, choices=choices)
    form = Form(("Form",), Call("x"), (field,), ("Go",))
    shown = slack_blocks.view(form, "{}", "Close")
    check_view(shown)
    [block] = shown["blocks"]
    element = block["element"]
    assert element["type"] == KINDS[kind]
    states: dict[str, dict[str, Any]] = {
        "plain_text_input": {"value": "b"},
        "number_input": {"value": "7"},
        "datepicker": {"selected_date": "2026-11-23"},
        "users_select": {"selected_user": "U2"},
        "static_select": {"selected_option": {"value": "b"}},
        "multi_static_select": {"selected_options": [{"value": "b"}]},
    }
    state = states[element["type"]]
    filled = {"values": {"it": {"value": {"type": element["type"], **state}}}}
    assert slack_blocks.values_of(filled) == {"it": value}
    empty = {"values": {"it": {"value": {"type": element["type"]}}}}
    assert slack_blocks.values_of(empty) == {"it": ""}
    first = [each for name, each in element.items() if name.startswith("initial")]
    assert first and value in json.dumps(first), "it stands there already"


# --- text stays text -----------------------------------------------------------------------------

TARGETS = (
    "!channel",
    "!here",
    "!everyone",
    "!subteam^S1",
    "!subteam^S1|@ops",
    "@U1",
    "@U1|ben",
    "@W9",
    "#C1",
    "#C1|lager",
    "https://evil.de",
    "https://evil.de|harmless",
    "mailto:a@b.de",
    "tel:110|call",
    "!date^1392734382^{date}^https://evil.de|now",
    "slack://x",
    "javascript:x",
)
MARKS = (
    "*bold*",
    "_italic_",
    "~gone~",
    "`code`",
    "```block```",
    "> quote",
    ">>> quote",
    "- item",
    ":boom:",
    ":flag-de:",
    "@here",
    "@channel",
    "@everyone",
    "#general",
    "https://evil.de",
    "www.evil.de",
    "evil.de/x",
    "a@b.de",
    "\\n",
    "\n\n*x*",
    "&",
    "&amp;",
    "&lt;",
    "&#60;",
    "&lt;!channel&gt;",
    "&amp;lt;!channel&amp;gt;",
    "<",
    ">",
    "<>",
    "<<>>",
    "< !channel>",
    "<!channel",
    "!channel>",
    "<!channel|",
    "|>",
    "<|>",
    "<@>",
    "<!>",
    "<#>",
    "{date}",
    "${x}",
    "[link](https://evil.de)",
    "![i](https://evil.de)",
    "<a href=x>",
    "<script>",
    "<at>x</at>",
    "{{x}}",
    "%3C!channel%3E",
    "\\u003c!channel\\u003e",
)
HIDDEN = (
    "\u202e",
    "\u202d",
    "\u2066",
    "\u2069",
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u061c",
    "\u180e",
    "\u2028",
    "\U000e0041",
)
CORPUS = (
    *(f"<{each}>" for each in TARGETS),
    *(f"x<{each}>y" for each in TARGETS),
    *(f"<\u200b{each}>" for each in TARGETS),
    *(f"&lt;{each}&gt;" for each in TARGETS),
    *MARKS,
    *(f"a{each}b" for each in HIDDEN),
    *(f"<{each}!channel>" for each in HIDDEN),
)


def everywhere(nasty: str) -> Message:
    """Return a message that has a text at every place where one can stand."""
    call = Call("incident", {"title": nasty})
    return Message(
        (
            Title((nasty,)),
            Text((nasty, Who("U1", nasty), Who(nasty, nasty), Link(nasty, "https://ours.de"))),
            Text((nasty,), small=True),
            Facts((((nasty,), (nasty, Who("nobody", nasty))),)),
            Items(((nasty,), (Link(nasty, nasty),))),
            Buttons((Button((nasty,), call), Button((nasty,), call, "primary"))),
        ),
        Tone.ALARM,
    )


def test_the_corpus_is_large() -> None:
    assert len(set(CORPUS)) > 140


@pytest.mark.parametrize("nasty", CORPUS, ids=ascii)
def test_no_text_becomes_control_syntax(nasty: str) -> None:
    message = everywhere(nasty)
    blocks = slack_blocks.render(message)
    text = slack_blocks.alternative(message)
    check_message({"text": text, "blocks": blocks})
    assert "<" not in text and ">" not in text
    for each in leaves(blocks):
        assert each.get("type") != "mrkdwn"
        if each.get("type") == "user":
            assert each["user_id"] == "U1"
        if each.get("type") == "link":
            assert each["url"] in ("https://ours.de", nasty), "only where a handler made a link"
        assert each.get("type") in (
            *("header", "context", "actions", "button", "plain_text", "text", "user", "link"),
            *("rich_text", "rich_text_section", "rich_text_list", None),
        )
        if "text" in each and isinstance(each["text"], str):
            assert not turns_out(each["text"]), "nothing turns what stands beside it"
            assert nasty in each["text"] or each["text"].endswith("…"), "and it is all there"
    field = Field("it", (nasty,), hint=(nasty,), value=nasty, choices=((nasty, (nasty,)),))
    check_view(slack_blocks.view(Form((nasty,), Call(nasty), (field,), (nasty,)), "{}", nasty))


def leaves(data: Any) -> list[dict[str, Any]]:
    """Return every object in blocks."""
    if isinstance(data, list):
        return [found for each in data for found in leaves(each)]
    if not isinstance(data, dict):
        return []
    return [data, *(found for each in data.values() for found in leaves(each))]


@settings(deadline=None)
@given(st.text("<>!@#|&;ltgampU1chanel* _~`\u200b\u202e", max_size=60))
def test_no_made_up_text_does_either(nasty: str) -> None:
    message = spoken(everywhere(nasty), "en", "UTC")
    check_message(
        {"text": slack_blocks.alternative(message), "blocks": slack_blocks.render(message)}
    )


def test_nothing_of_ours_is_lost_by_being_spoken() -> None:
    field = Field("it", "It")
    form = spoken_form(Form("F", Call("x"), (field,), "Go"), "de", "UTC")
    check_view(slack_blocks.view(form, "{}", "Zu"))
    assert slack_blocks.private(None) == {}
    assert slack_blocks.private(line(("x",)))["response_type"] == "ephemeral"


NAMES = st.sampled_from(["word", "args", "call", "place", "x"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=8,
)


@given(ANYTHING)
def test_a_button_that_is_not_ours_is_a_value_error(data: Any) -> None:
    for read in (
        lambda: slack_blocks.button_call({"value": json.dumps(data)}),
        lambda: slack_blocks.read_private(json.dumps(data)),
        lambda: slack_blocks.button_call({"value": data}),
    ):
        try:
            read()
        except ValueError:
            continue


@pytest.mark.parametrize("count", [101, 1000])
def test_among_many_choices_slack_asks_while_one_types(count: int) -> None:
    choices = tuple((f"id-{n}", (f"Service {n}",)) for n in range(count))
    field = Field("it", ("It",), FieldKind.CHOICE, value="id-100", choices=choices)
    shown = slack_blocks.view(Form(("F",), Call("x"), (field,), ("Go",)), "{}", "Close")
    check_view(shown)
    element = shown["blocks"][0]["element"]
    assert element["type"] == "external_select" and "options" not in element
    assert element["initial_option"]["value"] == "id-100"
    found = slack_blocks.found_options(field, "vice 10")
    assert [each["value"] for each in found][:2] == ["id-10", "id-100"]
    assert len(slack_blocks.found_options(field, "")) == 100
    held = {"values": {"it": {"value": {"type": "external_select", "selected_option": found[0]}}}}
    assert slack_blocks.values_of(held) == {"it": "id-10"}


@pytest.mark.parametrize("count", [0])
@pytest.mark.parametrize("kind", [FieldKind.CHOICE, FieldKind.CHOICES])
def test_a_choice_that_slack_cannot_show_is_typed_instead(kind: FieldKind, count: int) -> None:
    choices = tuple((f"id-{n}", (f"Service {n}",)) for n in range(count))
    field = Field("it", ("It",), kind, choices=choices)
    shown = slack_blocks.view(Form(("F",), Call("x"), (field,), ("Go",)), "{}", "Close")
    check_view(shown)
    assert shown["blocks"][0]["element"]["type"] == "plain_text_input"


# --- what was cut, or missing, before ------------------------------------------------------------


def heads(title: str, submit: str) -> tuple[str, list[dict[str, Any]]]:
    """Return what stands above a modal, and the blocks of its body before the fields."""
    form = spoken_form(Form((title,), Call("x"), (), (submit,)), "en", "UTC")
    shown = slack_blocks.view(form, "{}", "Cancel")
    return shown["title"]["text"], shown["blocks"]


def test_a_title_that_is_too_long_is_not_cut_above_the_modal() -> None:
    long = "Enter a service with its accountable person and deputy."
    assert heads("Short enough", "Save") == ("Short enough", [])
    above, below = heads(long, "Enter service")
    assert above == "Enter service" and strings(below) == [long]
    for button in ("An unusually long word on a button", "Save"):  # or one that says too little
        above, below = heads(long, button)
        assert above == "Lotse" and strings(below) == [long]


def test_a_modal_is_called_by_words_not_by_a_sentence() -> None:
    assert heads("False alarm or duplicate.", "Close it") == ("False alarm or duplicate", [])
    assert heads("Change the whole service.", "Save") == ("Change the whole service", [])


def test_a_message_without_a_title_shows_its_tone_too() -> None:
    said = slack_blocks.render(Message((Text(("works again",)), Text(("since nine",))), Tone.GOOD))
    assert strings(said) == ["🟢 ", "works again", "since nine"]
    titled = Message((Text(("first",)), Title(("INC-1",))), Tone.ALARM)
    assert strings(slack_blocks.render(titled)) == ["first", "🔴 INC-1"]
    small = Message((Text(("small",), small=True), Text(("large",))), Tone.ACTIVE)
    assert strings(slack_blocks.render(small)) == ["small", "🟠 ", "large"]


def test_what_is_copied_stands_in_code_and_is_no_link() -> None:
    [block] = slack_blocks.render(Message((Text("https://x.de/ping/1", code=True),), Tone.ALARM))
    [section] = block["elements"]
    assert section["elements"] == [
        {"type": "text", "text": "https://x.de/ping/1", "style": {"code": True}}
    ]
