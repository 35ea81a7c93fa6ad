"""The texts: every sentence of the code has its German, and both fit together."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from babel.messages import Message

from bot.generate import texts
from handlers import FEATURES
from handlers.kit import words
from handlers.kit.commands import all_commands
from handlers.kit.readers import folded
from handlers.kit.words import LANGUAGES, Sentence, Who, _

GERMAN = {(each.context, each.id): each for each in texts.read("de") if each.id}
CODE = {(each.context, each.id): each for each in texts.found() if each.id}
BOTH = [each for key, each in CODE.items() if key in GERMAN and texts.said(GERMAN[key])]
MAKERS = ("_", "_n", "_c")

MOMENT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
BEN = Who("ben", "Ben")
SAMPLES: dict[str, object] = {
    **dict.fromkeys(("accountable", "deputy", "duty", "now", "other", "owner", "responsible"), BEN),
    "who": [BEN, Who("carla", "Carla")],
    "people": [BEN],
    "at": MOMENT,
    "until": MOMENT,
    "first": date(2026, 11, 23),
    "last": date(2026, 11, 29),
    "state": _("in use"),
    "weeks": ["47", "48"],
    "known": ["Kasse", "VPN", "E-Mail"],
    "near": ["Kasse", "VPN"],
    **dict.fromkeys(
        ("all", "count", "enough", "least", "most", "n", "no", "number", "partly", "unmeasured",
         "used", "week", "yes"), 5),
}  # fmt: skip


def forms(message: Message) -> list[str]:
    """Return a message's English: one sentence, or the ones for one and for many."""
    return [message.id] if isinstance(message.id, str) else list(message.id)


def german(message: Message) -> list[str]:
    """Return a message's German, in the same order."""
    said = GERMAN[(message.context, message.id)].string
    return [said] if isinstance(said, str) else list(said or ())


def holes(text: str) -> set[tuple[str, str]]:
    """Return the names and specs of the values in a sentence."""
    found = string.Formatter().parse(text)
    return {(name, spec or "") for _text, name, spec, _way in found if name is not None}


def test_the_german_catalogue_holds_every_sentence_and_nothing_else() -> None:
    assert set(GERMAN) == set(CODE), "run `make texts`, and put the German words in"


def test_no_sentence_hides_in_a_string_where_it_is_not_found() -> None:
    """What stands in an f-string is not gathered: it would never be in any other language."""
    hidden = [
        f"{path.relative_to(texts.ROOT)}:{call.lineno}"
        for folder in texts.FOLDERS
        for path in (texts.ROOT / folder).rglob("*.py")
        for inside in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(inside, ast.JoinedStr)
        for call in ast.walk(inside)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MAKERS
    ]
    assert hidden == []


def test_nothing_is_left_without_words() -> None:
    catalogue = texts.read("de")
    assert texts.missing(catalogue) == []
    assert not catalogue.obsolete


def test_make_texts_changes_nothing_any_more() -> None:
    assert texts.written("de") == texts.path("de").read_text(encoding="utf-8"), "run `make texts`"


def test_both_languages_say_the_same_values() -> None:
    for message in BOTH:
        assert len(german(message)) == len(forms(message)), message.id
        for english, said in zip(forms(message), german(message), strict=True):
            assert holes(said) == holes(english), message.id
            assert (said.strip(), english.strip()) == (said, english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said(language: str) -> None:
    for message in BOTH:
        one, *many = forms(message)
        names = {name for text in forms(message) for name, _spec in holes(text)}
        values = {name: SAMPLES.get(name, name) for name in names}
        for count in (1, 2) if many else (5,):
            values["n"] = count
            sentence = Sentence(one, values, many[0] if many else None, count, message.context)
            said = words.text(sentence, language)
            assert said, message.id
            assert "{" not in said, message.id


def test_a_german_sentence_is_spoken_as_it_is_written() -> None:
    take = _("{who} already looks after {incident}.", who=BEN, incident="INC-7")
    assert words.text(take, "de") == "Ben kümmert sich schon um INC-7."
    assert words.text(take, "en") == "Ben already looks after INC-7."


def test_lotse_never_shouts_and_quotes_the_way_each_language_does() -> None:
    for message in BOTH:
        for english, said in zip(forms(message), german(message), strict=True):
            assert not re.search(r"!(?!\d)", english + said)
            assert '"' not in english + said
            assert "”" not in said
            assert english.count("“") == english.count("”"), message.id
            assert said.count("„") == said.count("“"), message.id
            quoted = set(re.findall(r"“({[a-z_]+})”", english))
            assert quoted == set(re.findall(r"„({[a-z_]+})“", said)), message.id
            if english[-1] in ".?:…":
                assert said[-1] == english[-1], message.id


# --- in the code -------------------------------------------------------------------------


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call in the code that says something, with its place."""
    for folder in texts.FOLDERS:
        for path in sorted((texts.ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    yield f"{path.relative_to(texts.ROOT)}:{node.lineno}", node


def test_every_sentence_gets_exactly_the_values_it_names() -> None:
    for place, call in calls():
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name not in MAKERS or any(each.arg is None for each in call.keywords):
            continue
        said = [each.value for each in call.args if isinstance(each, ast.Constant)]
        given = {each.arg for each in call.keywords}
        wanted = {hole for text in said[name == "_c" :] for hole, _spec in holes(str(text))}
        if name == "_n":
            given.add("n")
            wanted.add("n")
        assert given == wanted, place


def test_a_count_is_said_as_one_or_as_many() -> None:
    assert all(
        {hole for text in forms(each) for hole, _spec in holes(text)} >= {"n"}
        for each in BOTH
        if not isinstance(each.id, str)
    )


def test_nothing_is_said_past_the_catalogue() -> None:
    parts = ("Title", "Text", "Button", "Refusal", "Ask", "line")
    bare = [
        place
        for place, call in calls()
        if isinstance(call.func, ast.Name) and call.func.id in parts
        for said in call.args[:1]
        if isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value
    ]
    assert bare == []


# --- the words of the commands -----------------------------------------------------------

COMMANDS = all_commands(FEATURES)


def test_every_command_has_words_in_both_languages() -> None:
    for command in COMMANDS:
        assert set(command.words) == set(LANGUAGES)
        assert all(command.words[language] for language in LANGUAGES), command.name
        for word in (word for both in command.words.values() for word in both):
            assert word == word.casefold(), word
            assert word == " ".join(word.split()), word


def test_a_shortened_word_never_becomes_one_that_writes() -> None:
    """Words that read may be cut short; what is left must not happen to be one that writes.

    Only `incident` is left of `incidents`; alone it opens a form and changes nothing.
    """
    shown = [each for each in COMMANDS if not each.hidden]
    reading = {folded(w) for each in shown if each.reads for ws in each.words.values() for w in ws}
    writing = {folded(w): each for each in shown if not each.reads
               for ws in each.words.values() for w in ws}  # fmt: skip
    met = {
        word for word in writing for other in reading if other != word and other.startswith(word)
    }
    assert met == {"incident", "stoerung"}
    assert any(each.required and each.typed for each in writing["incident"].parameters)
