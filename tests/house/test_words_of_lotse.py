"""The words of Lotse: what it never says, one term for one thing, and how long it speaks."""

from __future__ import annotations

import ast
import re

import pytest
from babel.messages import Message

from bot.delivery import menus
from bot.generate import texts
from handlers import FEATURES
from handlers.kit.words import LANGUAGES, text
from handlers.settings import definitions
from tests.house.test_texts import BOTH, calls, forms, german

# Words that are never said, whatever is typed: riddles, blame, and second names of a thing.
NEVER = {
    "en": (
        r"alarmed|climb|repeat ban|\bbans?\b|\bnews\b|restored?\b|outage|reliev"
        r"|(there|here) any more|persons\b|take(n|s)? off\b|promis|on duty|supersed|harbour pilot"
        r"|how does it stand|stands in the|hand-over|is up to\b|ownership gap|overdue"
        r"|overrid|(?<!nobody )manages lotse"
    ),
    "de": (
        r"kletter|wiederhol(er|sperre)|ausfall|ausfäll|vorfall|vorfäll|liegt (das |hier |es )?bei"
        r"|bereitschaft|\bfertig\b|nachsehen|nachzusehen|nachgesehen|sieht nach\b|umgehung"
        r"|\bbelege?\b|zusagen\b|zugesagt|überfällig|nicht mehr da\b|\bhandelt\b(?! von)"
        r"|leite[tn]? lotse|lotse leite|\bautomation(en)?\b|ohne messung|\btipp\b|jemand anders\b"
        r"|bitte (wählen|angeben|schreiben|übergeben)|aufgegangen|\bkunden\b|werktag|gestrichen"
        r"|streichen|als erste\b|freiwillig|ist gegangen|lücken? in der|zählt selbst nicht"
        r"|steht dir nicht|(?<!ab)(?<!an)geschlossen|\bvorgang|\bvorgänge|\bpilote?n?\b(?!projekt)"
        r"|\bsie können\b|\bbitte geben sie\b|\bleute\b(?! dieser firma)"
    ),
}
MEANT = {  # where such a word is no term of ours
    "Values from a table: day;value, or in;started;done. Only weekly means are kept.",  # a column
    "Done",  # an answer to a review: there is nothing to finish
    "Pilot",  # the short label
    "Passed on without your name. You find the answer with “pilot {pilot}”.",  # what is typed
    "Fewer than five people use it: answers are not shown, but nobody can promise that yours "
    "is not guessed.",  # of a secret, not of an update
    "Lotse is only for people of this company. Please tell somebody of the company directly.",
}

# One thing, one word: whoever says the one in English says the other in German.
TERMS = {
    "accountable": r"verantwort",
    "responsible": r"zuständig",
    "incidents?": r"störung",
    "services?": r"dienst",
    "deputy": r"vertretung",
    "workaround": r"übergangslösung",
    "evidence": r"nachweis",
    "runbook": r"anleitung",
    "automations?": r"automatisierung|\bsie\b|\bihre?\b",
    "weekly digest": r"wochenbericht",
    "alert(s|ed)?": r"alarm",
    "blocks?|blocked": r"sperr",
    "customers": r"kundschaft",
    "retired?": r"still",
}
OTHERWISE = {  # the other language says it without the word
    "Incidents get somebody who looks after them, and what is in the way gets heard.",
    "I recognised no service in it, so {who} has been alerted, as for everything else.",
}

DEFINITIONS = {
    *(each.formula.one for feature in FEATURES for each in feature.measures),
    *(each.one for each in definitions.DEFAULTS.values()),
    menus.about().one,
}
WORDS, SENTENCES = 20, 2  # of a sentence, and of what is said at once
DEFINED = 5  # definitions and "How this is computed"
BUTTON, SHORTCUT = 32, 24


def spoken() -> list[tuple[Message, str, str]]:
    """Return every sentence in both languages, the forms for one and for many by themselves."""
    return [
        (message, english, said)
        for message in BOTH
        for english, said in zip(forms(message), german(message), strict=True)
    ]


def bare(said: str) -> str:
    """Return a sentence without its values, which people write."""
    return re.sub(r"\{[^}]*\}", "…", said)


def test_nothing_is_said_with_a_word_that_lotse_never_says() -> None:
    found = [
        f"{language}: {match[0]!r} in {said!r}"
        for _message, english, german_one in spoken()
        if english not in MEANT
        for language, said in (("en", english), ("de", german_one))
        if (match := re.search(NEVER[language], bare(said), re.IGNORECASE))
    ]
    assert found == []


@pytest.mark.parametrize("term", TERMS)
def test_one_thing_has_one_word_in_each_language(term: str) -> None:
    met = 0
    found = []
    for _message, english, said in spoken():
        if re.search(rf"\b({term})\b", bare(english), re.IGNORECASE) and english not in OTHERWISE:
            met += 1
            if not re.search(TERMS[term], said, re.IGNORECASE):
                found.append(f"{english!r} is {said!r}")
    assert met, "nobody says it any more"
    assert found == []


def sentences(said: str) -> list[str]:
    """Cut what is said into its sentences; a short weekday or a number ends none."""
    whole = re.sub(r"\b(Mo|Di|Mi|Do|Fr|Sa|So|Nr|\d+)\.", r"\1", said)
    return [each for each in re.split(r"(?<=[.?…])\s+", whole) if each]


def counted(sentence: str) -> int:
    """Return how many words a sentence has; a value is one."""
    return len(re.findall(r"[\w{][\w}:'/-]*", sentence))


def test_what_is_said_is_short() -> None:
    found = []
    for message, english, said in spoken():
        if long_by_nature(message):
            continue
        for each in (english, said):
            parts = sentences(each)
            longest = max((counted(part) for part in parts), default=0)
            if longest > WORDS or len(parts) > SENTENCES + asks(parts):
                found.append(f"{len(parts)} sentences, {longest} words: {each!r}")
    assert found == []


def asks(parts: list[str]) -> int:
    """Return 1 if a short question stands at the end: the fact, what it means, the question."""
    return int(len(parts) == SENTENCES + 1 and sum(map(counted, parts)) <= 3 * WORDS // 2)


def long_by_nature(message: Message) -> bool:
    """Say whether it defines something: a figure, a definition, a recipe, the app itself."""
    recipe = any(place.endswith("recipes.py") for place, _line in message.locations)
    return recipe or forms(message)[0] in DEFINITIONS


def test_definitions_have_a_few_short_sentences() -> None:
    found = [each for each in BOTH if long_by_nature(each)]
    assert len(found) >= len(DEFINITIONS)
    for message in found:
        for each in (*forms(message), *german(message)):
            assert len(sentences(each)) <= DEFINED, each
            assert max(map(counted, sentences(each))) <= WORDS, each


def labels() -> list[str]:
    """Return the English of every button that the code names."""
    found = []
    for _place, call in calls():
        name = getattr(call.func, "id", "")
        first = call.args[0] if call.args else None
        inner = getattr(getattr(first, "func", None), "id", "")
        if name == "Button" and inner == "_" and len(first.args) == 1:  # type: ignore[union-attr]
            found.append(str(first.args[0].value))  # type: ignore[union-attr]
    return found


def test_a_button_is_short_and_begins_with_a_capital() -> None:
    known = {forms(each)[0]: german(each)[0] for each in BOTH if each.context is None}
    names = labels()
    assert len(names) > 150
    for english in names:
        for said in (english, known[english]):
            shown = re.sub(r"\{[^}]*\}", "", said).strip()
            assert len(shown) <= BUTTON, said
            assert not said.endswith(".") or said.endswith("Min."), said
            begins = said.lstrip("„“+ ")
            assert not begins[:1].islower() or begins.startswith("in "), said


def test_the_shortcuts_of_slack_fit() -> None:
    for name, _what in menus.SHORTCUT_WORDS.values():
        for language in LANGUAGES:
            assert len(text(name, language)) <= SHORTCUT


def test_the_page_of_words_has_none_that_is_never_said() -> None:
    page = (texts.ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.count("|") >= 5]
    for row in rows[1:]:
        assert not re.search(NEVER["en"], row[1], re.IGNORECASE), row[1]
        assert not re.search(NEVER["de"], row[2], re.IGNORECASE), row[2]
    assert len(rows) > 30


def names_of_the_code() -> set[str]:
    """Return every module, room, class and function by name, and what a class has: `Place.role`."""
    found: set[str] = set()
    for folder in ("bot", "handlers", "storage"):
        for path in (texts.ROOT / folder).rglob("*.py"):
            found |= {path.stem, path.parent.name}
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found.add(node.name)
                if isinstance(node, ast.ClassDef):
                    assigned = [each for each in node.body if isinstance(each, ast.Assign)]
                    named = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
                    members = [*named, *(target for each in assigned for target in each.targets)]
                    found |= {f"{node.name}.{ast.unparse(each)}" for each in members}
    return found


def leads_nowhere(word: str, names: set[str]) -> bool:
    """Say whether a word of the third column is no file, no folder and no name of the code."""
    if "/" not in word and not word.endswith(".py"):
        return word not in names
    found = [*texts.ROOT.glob(word), *texts.ROOT.glob(f"*/{word}"), *texts.ROOT.glob(f"*/*/{word}")]
    return not found


def test_the_page_of_words_leads_into_the_code() -> None:
    """Each word of the third column is a file, a folder, or a name that the code defines."""
    page = (texts.ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.count("|") == 5]
    rows = [row for row in rows if row[3].strip(" -") not in ("", "in the code")]
    assert len(rows) > 70, "the rule looks at nothing"
    names = names_of_the_code()
    for planted in (
        "the",
        "feature",
        "Place.rolle",
        "handlers/nowhere/",
        "nowhere.py",
        "workspace =",
    ):
        assert leads_nowhere(planted, names), planted
    for row in rows:
        named = re.findall(r"`([^`]+)`", row[3])
        assert named, f"{row[1]} leads nowhere"
        wrong = [each for each in named if leads_nowhere(each, names)]
        assert not wrong, f"{row[1]}: {wrong}"
