"""Forms as dialogs of Microsoft Teams ("task modules"), which only the asker sees."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from bot.delivery.plain import form_title
from bot.teams.cards import (
    ENTRA,
    SCHEMA,
    SMALL,
    VERSION,
    Ink,
    Json,
    attachment,
    data_of,
    escaped,
    in_dialog,
    inert_within,
    summary,
)
from handlers.kit.messages import (
    WRITER,
    Call,
    Field,
    FieldKind,
    Form,
    Message,
    call_data,
    call_from,
)
from handlers.kit.readers.fitting import fitting
from handlers.kit.words import Words, flat, text
from storage.engine.ids import NOWHERE, PlaceId

ANSWER = "in."  # stands before the name of what was filled in, beside what the dialog carries
TITLE = 64  # characters of a dialog's frame
LABEL = 300
HINT = 500
WRONG: Json = {"color": "Attention", "weight": "Bolder"}
BUTTON = 60
OPTION = 150
OPTIONS = 200
FOUND = 15  # what Teams shows of a search
SEARCHED = "application/vnd.microsoft.search.searchResponse"
MANY = 12  # choices; above that, one types to find the right one
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile("-?[0-9]{1,15}")
ORGANISATION = {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}
HEIGHTS = {FieldKind.LONG: 150, FieldKind.CHOICES: 150}  # pixels; others take `LINE`
LINE, FRAME, LOWEST, HIGHEST = 90, 110, 240, 720


def dialog(form: Form, place: PlaceId, language: str) -> Json:
    """Return the answer to task/fetch: a spoken form, opened in `place`."""
    return _form(form, place, language)


def dialog_error(form: Form, place: PlaceId, language: str, faults: Mapping[str, str]) -> Json:
    """Return the same dialog with an error at each field; the form holds what was typed.

    An error at no field of the form stands above all of them.
    """
    return _form(form, place, language, faults)


def answer_dialog(message: Message) -> Json:
    """Return a dialog that shows an answer, in place of the form that it answers."""
    shown = in_dialog(message)
    lines = len(summary(message)) // 60 + len(shown["body"])
    return _task("Lotse", shown, FRAME + lines * LINE // 2)


def filled(form: Form, values: dict[str, str]) -> Form:
    """Return the form with what somebody typed standing in its fields."""
    return replace(
        form,
        fields=tuple(replace(each, value=values.get(each.name, "")) for each in form.fields),
    )


def values_of(data: object) -> dict[str, str]:
    """Return what was filled into a dialog, as text by field name."""
    found = data.items() if isinstance(data, dict) else ()
    return {
        name.removeprefix(ANSWER): "" if value is None else str(value)
        for name, value in found
        if isinstance(name, str) and name.startswith(ANSWER)
    }


def place_of(data: object) -> PlaceId:
    """Return where a dialog was opened; "" when it does not say."""
    place = data.get("place") if isinstance(data, dict) else None
    return PlaceId(place) if isinstance(place, str) else NOWHERE


def chosen_people(form: Form, data: object) -> list[str]:
    """Return the Entra ids that were chosen in a form's fields for people."""
    values = values_of(data)
    people = [values.get(each.name, "") for each in form.fields if each.kind is FieldKind.PERSON]
    return [each for each in people if ENTRA.fullmatch(each)]


def _form(
    form: Form, place: PlaceId, language: str, faults: Mapping[str, str] | None = None
) -> Json:
    faults = faults or {}
    body: list[Json] = []
    height = FRAME
    title = form_title(form, TITLE)
    if title != flat(form.title).removesuffix("."):  # the frame has no room for the whole
        body += _line(form.title, {})
        height += LINE // 2
    known = {each.name for each in form.fields}
    for words in [said for field, said in faults.items() if field not in known]:
        body += _line(words, WRONG)
        height += LINE // 2
    for each in form.fields:
        body.append(_input(each, language, form.call))
        height += HEIGHTS.get(each.kind, LINE)
        for said, look in ((faults.get(each.name, ""), WRONG), (each.hint, SMALL)):
            body += [{**line, "spacing": "None"} for line in _line(said, look)]
            height += LINE // 4 if flat(said) else 0
    submit = {
        "type": "Action.Submit",
        "title": _title(form.submit, BUTTON),
        "style": "positive",
        "data": {**data_of(form.call), "place": place},
    }
    shown = {
        "type": "AdaptiveCard",
        "$schema": SCHEMA,
        "version": VERSION,
        "fallbackText": escaped(_title(form.title, TITLE)),
        "body": body,
        "actions": [submit],
    }
    return _task(_title(title, TITLE), shown, height)


def _task(title: str, shown: Json, height: int) -> Json:
    value = {
        "title": title,
        "width": "medium",
        "height": min(max(height, LOWEST), HIGHEST),
        "card": attachment(shown),
    }
    return {"task": {"type": "continue", "value": value}}


def _input(field: Field, language: str, call: Call) -> Json:
    made: Json = {"id": f"{ANSWER}{field.name}", "label": _title(field.label, LABEL)}
    if field.required:
        made |= {"isRequired": True, "errorMessage": text(field.kind.missing, language)}
    match field.kind:
        case FieldKind.TEXT | FieldKind.LONG:
            long = field.kind is FieldKind.LONG
            made |= {"type": "Input.Text", "isMultiline": long, "maxLength": field.longest}
            if field.value:
                made["value"] = field.value[: field.longest]
        case FieldKind.NUMBER:
            made["type"] = "Input.Number"
            if NUMBER.fullmatch(field.value):
                made["value"] = int(field.value)
        case FieldKind.DATE:
            made["type"] = "Input.Date"
            if DAY.fullmatch(field.value):
                made["value"] = field.value
        case FieldKind.PERSON:
            made |= {"type": "Input.ChoiceSet", "choices": [], "choices.data": ORGANISATION}
            if ENTRA.fullmatch(field.value):
                made["value"] = field.value
        case FieldKind.CHOICE | FieldKind.CHOICES:
            return _choices(field, made, language, call)
        case _:
            assert_never(field.kind)
    return made


def _searched(field: Field, made: Json, choices: list[Json], call: Call) -> Json:
    """Let Teams ask us while one types (`application/search`); what is chosen stays named."""
    chosen = [each for each in choices if each["value"] == field.value]
    asks = WRITER.encode({"field": field.name, "call": call_data(call)})
    made |= {
        "type": "Input.ChoiceSet",
        "style": "filtered",
        "choices": chosen or choices[:FOUND],
        "choices.data": {"type": "Data.Query", "dataset": asks},
    }
    if chosen:
        made["value"] = field.value
    return made


def asked_by(dataset: object) -> tuple[Call, str]:
    """Return for which form and which of its fields Teams asks; ValueError when not ours."""
    try:
        asks = json.loads(dataset if isinstance(dataset, str) else "")
        return call_from(asks["call"]), str(asks["field"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a search of ours") from error


def found_choices(field: Field, typed: str) -> Json:
    """Return the answer to a search in a field: what fits what was typed."""
    found = [
        {"title": _title(label, OPTION), "value": value}
        for value, label in fitting(field, typed, FOUND)
    ]
    return {"statusCode": 200, "type": SEARCHED, "value": {"results": found}}


def _choices(field: Field, made: Json, language: str, call: Call) -> Json:
    choices = [{"title": _title(label, OPTION), "value": value} for value, label in field.choices]
    choices = [each for each in choices if each["value"]]
    several = field.kind is FieldKind.CHOICES
    if not choices or (several and len(choices) > OPTIONS):
        return _input(replace(field, kind=FieldKind.TEXT), language, call)
    if len(choices) > OPTIONS:
        return _searched(field, made, choices, call)
    made |= {"type": "Input.ChoiceSet", "style": "compact", "choices": choices}
    if several:
        made["isMultiSelect"] = True
    given = field.value.split(",") if several else [field.value]
    if chosen := [each["value"] for each in choices if each["value"] in given]:
        made["value"] = ",".join(chosen)
    elif (
        len(choices) > MANY and not several
    ):  # on iOS this style forgets a value (msteams-docs#10472)
        made["style"] = "filtered"
    return made


def _line(words: Words, look: Json) -> list[Json]:
    said = Ink(dialog=True).words(words, look, HINT)
    return [said] if said else []


def _title(words: Words, longest: int) -> str:
    return inert_within(flat(words), longest)
