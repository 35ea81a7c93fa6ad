"""Adaptive Cards from any message or form: as Teams takes them, and text stays text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.delivery.shortcuts import FORM as REOPENED
from bot.teams import cards as teams_cards
from bot.teams import dialogs as teams_dialogs
from bot.teams import search as teams_search
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
)
from handlers.kit.words import Link, Who
from storage.engine.ids import PlaceId
from tests.pretend import adaptive_card
from tests.slack.test_blocks import FORM, MESSAGE, TARGETS

ANNA = "00000000-0000-0000-0000-0000000000a1"
BEN = "00000000-0000-0000-0000-0000000000A2"


def texts(shown: Any) -> list[str]:
    """Return everything that is read on a card, in its order."""
    if isinstance(shown, list):
        return [text for each in shown for text in texts(each)]
    if not isinstance(shown, dict):
        return []
    said = [shown["text"]] if "text" in shown else []
    said += [shown["title"]] if "title" in shown and "text" not in shown else []
    return said + texts([value for key, value in shown.items() if key not in ("data", "fallback")])


def actions(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the buttons of a card."""
    return [one for each in card["body"] if each["type"] == "ActionSet" for one in each["actions"]]


# --- what Teams takes ----------------------------------------------------------------------------


@settings(deadline=None)
@given(st.one_of(MESSAGE, MESSAGE.map(adaptive_card.mentioning)))
@example(Message((Title(("\xad",)),)))  # a title of which nobody would see anything
def test_any_message_is_a_card_that_teams_takes(message: Message) -> None:
    card = teams_cards.card(message, Call("home"), ["29:1"] * 30)
    assert adaptive_card.mistakes(card) == []
    assert adaptive_card.in_task(teams_dialogs.answer_dialog(message)) == []
    assert teams_cards.summary(message).strip()
    for found in teams_search.search_results([message])["composeExtension"]["attachments"]:
        assert adaptive_card.mistakes(found["content"]) == []
        assert found["preview"]["content"]["title"].strip()


@settings(deadline=None)
@given(FORM.filter(lambda form: form.fields))
def test_any_form_is_a_dialog_that_teams_takes_and_gives_back(form: Form) -> None:
    adaptive_card.must_fit_form(form, PlaceId("teams:19:x"))


def test_what_is_shown_stands_in_its_order() -> None:
    message = Message(
        (
            Title(("INC-1 · Till",)),
            Text(("Ask ", Who(ANNA, "Anna"), " or ", Who("ben", "Ben"), ": ", Link("here", "https://x.de/(a)"))),
            Facts(((("State",), ("open",)), (("By",), (Who(ANNA, "Anna"),)))),
            Items((("one",), ("two",))),
            Text(("small",), small=True),
        ),
        Tone.ALARM,
    )  # fmt: skip
    card = teams_cards.card(message)
    head, text, state, by, one, two, small = card["body"]
    assert (head["type"], head["style"]) == ("Container", "attention")
    assert text["text"] == "Ask <at>Anna</at> or Ben: [here](https://x.de/%28a%29)"
    assert texts(state) == ["State", "open"] and texts(by) == ["By", "<at>Anna</at>"]
    assert texts([one, two]) == ["• ", "one", "• ", "two"]
    assert small["inlines"][0]["isSubtle"] is True
    assert card["msteams"]["entities"] == [
        {"type": "mention", "text": "<at>Anna</at>", "mentioned": {"id": ANNA, "name": "Anna"}}
    ]
    assert teams_cards.summary(message) == "🔴 INC-1 · Till · Ask Anna or Ben: here · small"


@pytest.mark.parametrize("tone", Tone)
def test_a_tone_is_a_colour_of_the_host(tone: Tone) -> None:
    card = teams_cards.card(line(("Hello",), tone=tone))
    style = card["body"][0].get("style")
    assert (style is None) == (tone is Tone.PLAIN)
    assert "#" not in json.dumps(card)


def test_namesakes_are_told_apart() -> None:
    card = teams_cards.card(line((Who(ANNA, "Anna B."), " and ", Who(BEN, "Anna B."))))
    assert card["body"][0]["text"] == "<at>Anna B.</at> and <at>Anna B. 2</at>"
    found = [(each["text"], each["mentioned"]["id"]) for each in card["msteams"]["entities"]]
    assert found == [("<at>Anna B.</at>", ANNA), ("<at>Anna B. 2</at>", BEN)]


def test_nobody_is_mentioned_in_a_dialog_nor_among_search_results() -> None:
    message = line(("Ask ", Who(ANNA, "Anna")))
    dialog = teams_dialogs.answer_dialog(message)["task"]["value"]["card"]["content"]
    [found] = teams_search.search_results([message])["composeExtension"]["attachments"]
    for card in (dialog, found["content"]):
        assert texts(card["body"]) == ["Ask ", "Anna"] and "entities" not in card["msteams"]
    assert found["preview"]["content"]["title"] == "Ask Anna"


def test_a_search_result_says_how_it_stands() -> None:
    rows = ((("State",), ("open",)), (("Service",), ("Till",)), (("By",), ("Anna",)))
    message = Message((Title(("INC-1 · Till",)), Facts(rows), Text(("Looks like INC-2.",))))
    [found] = teams_search.search_results([message])["composeExtension"]["attachments"]
    assert found["preview"]["content"] == {"title": "INC-1 · Till", "subtitle": "open · Till"}


def test_a_dialog_without_room_for_its_title_is_called_by_its_button() -> None:
    field = Field("name", ("Name",), FieldKind.TEXT)
    long = "Enter a service with its accountable person and with whoever stands in."
    for title, submit, above, below in (
        ("Change a service.", "Save", "Change a service", []),
        (long, "Enter service", "Enter service", [long]),
        (long, "Save", "Lotse", [long]),
    ):
        form = Form((title,), Call("x"), (field,), (submit,))
        shown = teams_dialogs.dialog(form, PlaceId("teams:19:x"), "en")["task"]["value"]
        assert (shown["title"], texts(shown["card"]["content"]["body"][:-1])) == (above, below)


def test_facts_that_fill_a_card_are_lines_before_any_is_left_out() -> None:
    def facts(many: int) -> Message:
        rows = tuple((f"Name {n}", "what it counts, and what not " * 4) for n in range(many))
        return Message((Title("How this is computed"), Facts(rows), Text("Nobody is in it.")))

    def columns(card: Any) -> list[bool]:
        return [each["type"] == "ColumnSet" for each in card["body"]]

    assert columns(teams_cards.card(facts(3))) == [False, True, True, True, False]
    card = teams_cards.card(facts(30))
    assert adaptive_card.mistakes(card) == []
    assert not any(columns(card)) and len(card["body"]) == 32
    assert "".join(texts(card["body"][30])).startswith("Name 29: what it counts")
    assert teams_cards.fits(facts(30)) and not teams_cards.fits(facts(90))


def test_a_long_message_keeps_its_buttons_and_says_what_it_leaves_out() -> None:
    parts: list[Part] = [Title(("t" * 10_000,)), *(Text(("w" * 3000,)) for _each in range(12))]
    buttons = Buttons((Button(("Go",), Call("ack", {"number": "1"})),))
    card = teams_cards.card(Message((*parts, buttons)))
    assert adaptive_card.mistakes(card) == []
    assert card["body"][-1]["type"] == "ActionSet"
    said = texts(card["body"])
    assert said[0].endswith("…") and said[1].endswith("…")
    shown = sum(each.startswith("w") for each in said)
    assert f"… +{12 - shown}" in said and 3 < shown < 12


def test_two_bytes_a_letter_are_counted_not_one() -> None:
    rows = tuple(((f"{n}",), ("ü" * 900,)) for n in range(30))
    card = teams_cards.card(Message((Facts(rows),)))
    assert 20_000 < len(json.dumps(card, ensure_ascii=False).encode("utf-16-le")) <= 26_000
    assert adaptive_card.mistakes(card) == []


def test_a_card_is_refreshed_only_where_it_is_asked_for_and_for_few() -> None:
    message = line(("Hello",))
    assert "refresh" not in teams_cards.card(message)
    assert "refresh" not in teams_cards.card(message, Call("look"), [])
    refresh = teams_cards.card(message, Call("look"), [f"29:{n}" for n in range(50)])["refresh"]
    assert len(refresh["userIds"]) == 20
    assert teams_cards.call_of(refresh["action"]["data"]) == Call("look")


# --- buttons -------------------------------------------------------------------------------------


def test_a_button_carries_its_call_for_new_and_old_clients() -> None:
    call = Call("ack", {"number": "7"})
    [made] = actions(teams_cards.card(line(("x",), Button(("Go",), call, "primary"))))
    assert (made["type"], made["verb"], made["style"]) == ("Action.Execute", "ack", "positive")
    assert teams_cards.call_of(made["data"]) == call
    assert made["fallback"]["type"] == "Action.Submit"
    assert teams_cards.call_of(made["fallback"]["data"]) == call


@pytest.mark.parametrize(
    ("call", "opens"),
    [
        (Call("ack", {"number": "7"}), False),
        (Call("update", {"number": "7"}), True),
        (Call("update", {"number": "7", "text": "  "}), True),
        (Call("update", {"number": "7", "text": "It is on its way"}), False),
        (Call(REOPENED, {"word": "update", "number": "7", "text": "It is"}), True),
        (Call("unheard of"), False),
    ],
)
def test_a_button_whose_call_lacks_a_value_opens_a_dialog(call: Call, opens: bool) -> None:
    message = line(("x",), Button(("Go",), call))
    [made] = actions(teams_cards.card(message))
    assert (made["type"] == "Action.Submit") == opens
    assert (made["data"].get("msteams") == {"type": "task/fetch"}) == opens
    assert teams_cards.call_of(made["data"]) == call
    dialog = teams_dialogs.answer_dialog(message)["task"]["value"]["card"]["content"]
    assert [each["type"] for each in actions(dialog)] == ["Action.Submit"]


def test_more_than_six_buttons_fold_into_a_menu() -> None:
    def modes(count: int) -> list[Any]:
        many = [Button((f"{n}",), Call("ack", {"number": f"{n}"})) for n in range(count)]
        return [each.get("mode") for each in actions(teams_cards.card(line(("x",), *many)))]

    assert modes(6) == [None] * 6
    assert modes(8) == [None] * 5 + ["secondary"] * 3


@pytest.mark.parametrize(
    "data",
    [None, "", [], {}, {"call": "ack"}, {"call": {"word": 1}}, {"call": {"word": "ack", "args": 1}},
     {"call": {"word": "ack", "args": {"number": 7}}}, {"word": "ack", "args": {}}],
)  # fmt: skip
def test_what_is_not_ours_is_no_call(data: object) -> None:
    with pytest.raises(ValueError):
        teams_cards.call_of(data)


# --- dialogs -------------------------------------------------------------------------------------

KINDS = {
    FieldKind.TEXT: "Input.Text",
    FieldKind.LONG: "Input.Text",
    FieldKind.NUMBER: "Input.Number",
    FieldKind.DATE: "Input.Date",
    FieldKind.PERSON: "Input.ChoiceSet",
    FieldKind.CHOICE: "Input.ChoiceSet",
    FieldKind.CHOICES: "Input.ChoiceSet",
}


@pytest.mark.parametrize("kind", FieldKind)
def test_every_kind_of_field_is_asked_for_and_read_back(kind: FieldKind) -> None:
    value = {"person": ANNA, "date": "2026-11-23", "number": "7"}.get(kind.value, "b")
    choices = (("a", ("A",)), ("b", ("B",)))
    field = Field("it", ("It",), kind, ("So",), value=value, choices=choices)
    form = Form(("Form",), Call("x"), (field,), ("Go",))
    card = teams_dialogs.dialog(form, PlaceId("teams:1"), "de")["task"]["value"]["card"]["content"]
    asked, hint = card["body"]
    assert (asked["type"], asked["label"], str(asked["value"])) == (KINDS[kind], "It", value)
    assert asked["isRequired"] is True and asked["errorMessage"].endswith(".")
    assert texts(hint) == ["So"]
    if kind is FieldKind.PERSON:
        assert asked["choices.data"]["dataset"] == "graph.microsoft.com/users"
    # Teams sends what the button carries and what was filled in as one object.
    sent = {**card["actions"][0]["data"], asked["id"]: value}
    assert teams_dialogs.values_of(sent) == {"it": value}
    assert teams_dialogs.values_of({**sent, asked["id"]: None}) == {"it": ""}
    assert teams_cards.call_of(sent) == Call("x") and teams_dialogs.place_of(sent) == "teams:1"


def test_an_error_stands_at_its_field_and_nothing_typed_is_lost() -> None:
    fields = (Field("title", ("What?",), FieldKind.LONG), Field("who", ("Who?",), FieldKind.PERSON))
    form = Form(("Form",), Call("incident"), fields, ("Go",))
    typed = teams_dialogs.filled(form, {"title": "The *till*\nis down", "who": BEN})

    def body(field: str) -> list[dict[str, Any]]:
        shown = teams_dialogs.dialog_error(
            typed, PlaceId("teams:1"), "en", {field: "Nobody knows them."}
        )
        assert adaptive_card.in_task(shown) == []
        found: list[dict[str, Any]] = shown["task"]["value"]["card"]["content"]["body"]
        return found

    title, who, wrong = body("who")
    assert (title["value"], who["value"]) == ("The *till*\nis down", BEN)
    assert texts(wrong) == ["Nobody knows them."]
    assert wrong["inlines"][0]["color"] == "Attention"
    assert texts(body("somewhere else")[0]) == ["Nobody knows them."]


@pytest.mark.parametrize(
    ("count", "value", "style"),
    [(12, "", "compact"), (13, "", "filtered"), (13, "7", "compact")],
)
def test_among_many_choices_one_can_search(count: int, value: str, style: str) -> None:
    choices = tuple((str(n), (f"INC-{n}",)) for n in range(count))
    field = Field("it", ("It",), FieldKind.CHOICE, value=value, choices=choices)
    shown = teams_dialogs.dialog(Form(("F",), Call("x"), (field,), ("Go",)), PlaceId(""), "en")
    assert adaptive_card.in_task(shown) == []
    assert shown["task"]["value"]["card"]["content"]["body"][0]["style"] == style


def test_a_selection_of_nothing_is_a_text_field() -> None:
    form = Form(("F",), Call("x"), (Field("it", ("It",), FieldKind.CHOICE, value="a"),), ("Go",))
    card = teams_dialogs.dialog(form, PlaceId(""), "en")["task"]["value"]["card"]["content"]
    assert (card["body"][0]["type"], card["body"][0]["value"]) == ("Input.Text", "a")


def test_people_that_were_chosen_are_told() -> None:
    fields = (Field("who", ("Who?",), FieldKind.PERSON), Field("it", ("It",)))
    form = Form(("F",), Call("x"), fields, ("Go",))
    assert teams_dialogs.chosen_people(form, {"in.who": ANNA, "in.it": BEN}) == [ANNA]
    assert teams_dialogs.chosen_people(form, {"in.who": "anna"}) == []


# --- text stays text -----------------------------------------------------------------------------

NASTY = [
    *(f"<{each}>" for each in TARGETS),
    "<at>Anna</at>", "<AT id=\"0\">Anna</AT>", "</at><at>", "&lt;at&gt;Anna&lt;/at&gt;", "<<at>at>",
    "**bold**", "*_both_*", "__x__", "~~gone~~", "`code`", "```\ncode\n```", "    indented",
    "# Title", "> quote", "- item", "+ item", "* item", "1. first", "2) second", "---", "a\n===",
    "[Bank](https://evil.example)", "![x](https://evil.example/x.png)", "[x]: https://evil.example",
    "<https://evil.example>", "https://evil.example", "mail@evil.example", "a | b\n--|--\n1 | 2",
    "<b>bold</b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&amp;&#42;&nbsp;",
    "{{DATE(2026-11-23T09:00:00Z, SHORT)}}", "{{TIME(2026-11-23T09:00:00Z)}}", "{{{{DATE(x)}}}}",
    "${name}", "$${a}", "${if(true, 'a', 'b')}", "{{name}}", "\\*", "\\\\", "\\[x\\](y)", "*", "_",
    "\u202eexe.gpj", "a\u200bb", "<\u200bat>Anna</at>", "{\u2060{DATE(x)}}", "\u2066x\u2069",
    "line\nbreak\n\n- and a list\n1. more", "\ttab", "a" * 10_000, "*" * 10_000, "<at>" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_what_somebody_wrote_is_nothing_but_text(nasty: str) -> None:
    who = Who(ANNA, nasty)
    button = Button((nasty,), Call("ack", {"number": "1", "x": nasty[:400]}))
    message = Message(
        (
            Title((nasty,)),
            Text((nasty,)),
            Text((nasty, " by ", who, nasty)),
            Facts((((nasty,), (who, nasty)), ((nasty,), (nasty,)))),
            Items(((nasty,), (nasty, who))),
            Buttons((button,)),
        )
    )
    card = teams_cards.card(message)
    assert adaptive_card.mistakes(card) == []
    mentioned = [each["mentioned"]["id"] for each in card["msteams"].get("entities", [])]
    assert mentioned in ([], [ANNA])
    field = Field("it", (nasty,), hint=(nasty,), value=nasty[:3000])
    choice = Field("of", (nasty,), FieldKind.CHOICES, choices=(("a", (nasty,)),))
    form = Form((nasty,), Call("incident"), (field, choice), (nasty,))
    adaptive_card.must_fit_form(form, PlaceId("teams:1"))
    dialog = teams_dialogs.dialog(form, PlaceId(""), "en")["task"]["value"]["card"]["content"]
    [asked] = [each for each in dialog["body"] if each.get("id") == "in.it"]
    assert asked["value"] == nasty[:3000], "a field holds exactly what was typed"


# --- the check itself ----------------------------------------------------------------------------

RUN = {"type": "TextRun", "text": "x"}
SUBMIT = {"type": "Action.Submit", "title": "Go", "data": {"call": {"word": "x", "args": {}}}}
ENTITY = {"type": "mention", "text": "<at>A</at>", "mentioned": {"id": "1", "name": "A"}}


def _card(*body: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = {"type": "AdaptiveCard", "version": "1.5", "fallbackText": "x", "body": list(body)}
    return {**made, **more}


def _text(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **more}


BROKEN = {
    "an unknown element": _card({"type": "Marquee"}),
    "an unknown property": _card({"type": "RichTextBlock", "inlines": [RUN], "colour": "red"}),
    "an unknown colour": _card({"type": "RichTextBlock", "inlines": [{**RUN, "color": "#f00"}]}),
    "an unknown style": _card({"type": "Container", "style": "loud", "items": []}),
    "nothing": _card(),
    "no fallback": _card({"type": "RichTextBlock", "inlines": [RUN]}, fallbackText=""),
    "a newer version": _card({"type": "RichTextBlock", "inlines": [RUN]}, version="1.6"),
    "a text block": _card(_text("Hello")),
    "markdown": _card(_text("<at>A</at> **x**"), msteams={"entities": [ENTITY]}),
    "a list": _card(_text("<at>A</at>\n- x"), msteams={"entities": [ENTITY]}),
    "a foreign link": _card(_text("<at>A</at> [x](file:x)"), msteams={"entities": [ENTITY]}),
    "a mention of nobody": _card(_text("<at>A</at>")),
    "a person mentioned nowhere": _card(
        {"type": "RichTextBlock", "inlines": [RUN]}, msteams={"entities": [ENTITY]}
    ),
    "a date": _card({"type": "RichTextBlock", "inlines": [{**RUN, "text": "{{DATE(x)}}"}]}),
    "a template": _card({"type": "RichTextBlock", "inlines": [{**RUN, "text": "${x}"}]}),
    "a hidden turn": _card({"type": "RichTextBlock", "inlines": [{**RUN, "text": "a\u202eb"}]}),
    "no text": _card({"type": "RichTextBlock", "inlines": [{**RUN, "text": " "}]}),
    "a row of no buttons": _card({"type": "ActionSet", "actions": []}),
    "a row of seven": _card({"type": "ActionSet", "actions": [SUBMIT] * 7}),
    "a button without a call": _card({"type": "ActionSet", "actions": [{**SUBMIT, "data": {}}]}),
    "a button without a fallback": _card(
        {"type": "ActionSet", "actions": [{**SUBMIT, "type": "Action.Execute", "verb": "x"}]}
    ),
    "a script": _card(
        {"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "url": "javascript:x"}]}
    ),
    "an input without a label": _card({"type": "Input.Text", "id": "a"}),
    "one id twice": _card(*[{"type": "Input.Text", "id": "a", "label": "A"}] * 2),
    "a silent input": _card({"type": "Input.Text", "id": "a", "label": "A", "isRequired": True}),
    "too much": _card({"type": "RichTextBlock", "inlines": [{**RUN, "text": "x" * 12_300}]}),
    "a refresh for a crowd": _card(
        {"type": "RichTextBlock", "inlines": [RUN]},
        refresh={"action": {**SUBMIT, "type": "Action.Execute"}, "userIds": ["29:x"] * 21},
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_check_finds_what_teams_would_not_take(name: str) -> None:
    assert adaptive_card.mistakes(BROKEN[name]) != []


def test_the_check_takes_what_teams_takes() -> None:
    inlines = {"type": "RichTextBlock", "inlines": [RUN]}
    card = _card(inlines, {"type": "ActionSet", "actions": [SUBMIT]})
    assert adaptive_card.mistakes(card) == []
    assert adaptive_card.in_activity({"attachments": [teams_cards.attachment(card)]}) == []
    assert adaptive_card.in_activity({"text": "x", "attachments": [{"content": card}]}) != []
    assert adaptive_card.in_activity({"text": " "}) != []
    assert adaptive_card.in_task({"task": {"type": "message", "value": {}}}) != []
