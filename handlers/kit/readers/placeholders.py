"""Whether a text says something, or only fills a field."""

from __future__ import annotations

import re

from handlers.kit.readers import folded

# German and English, folded: words that only fill a field, alone or together.
EMPTY = frozenset(
    re.findall(
        r"\w+",
        """
        a aaa abc above added ahnung an and as asdf auch be besprochen bla blabla blah das dem
        den der determined die discussed dito done dont dummy ergaenzt es etc ever fehlt filled
        fixme folgt hier i ich idea ignore in is ist it ka kein keine keiner know kommt later
        leer lorem na nachgetragen nachtrag nicht nichts nix no noch none nope not nothing null o
        oben offen ok okay passt pending placeholder platzhalter qwerty qwertz see siehe so
        spaeter still tba tbc tbd temp test the to todo unbekannt unklar unknown weiss what
        whatever wie wip wird x xx xxx xyz yes yet
        """,
    )
)
PHRASES = (
    "created via", "created by", "angelegt ueber", "erstellt ueber", "automatically created",
    "automatisch erstellt", "automatisch angelegt", "lorem ipsum",
)  # fmt: skip


def is_placeholder(text: str) -> bool:
    """Say whether a text is a placeholder: "TBD", "todo", "-", "n/a", "kommt noch", one letter.

    Rule (docs/rules.md, done): it holds no word that says something, or it begins with a phrase
    that programs fill in. Links and ticket numbers say something.
    """
    plain = folded(text).strip()
    if plain.startswith(PHRASES):
        return True
    return not any(_says_something(each) for each in re.findall(r"\w+", text))


def _says_something(word: str) -> bool:
    # As typed: folded, one umlaut would be two letters.
    return folded(word) not in EMPTY and len(set(word.casefold())) > 1
