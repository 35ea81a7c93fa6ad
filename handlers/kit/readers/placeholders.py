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
LETTERS = re.compile(r"[^\W\d_]{2,}")
# What puts off the answer, folded, as the whole text: who writes more has said something.
_SUBJECT = (
    r"(?:(?:(?:die|der|the)\ )?(?:(?:genaue|exact)\ )?"
    r"(?:ursache|grund|cause|reason|das|dies|es|it|this)\ )?"
)
_WHO = r"(?:ich|wir|i|we|man|the team|das team)"
_WHEN = (
    r"(?:\ (?:noch|derzeit|aktuell|gerade|momentan|zurzeit|spaeter|bald|morgen|dann|still"
    r"|currently|later|soon|yet|now|es|das|it|this|die\ ursache|den\ grund|the\ cause))*"
)
_OTHERS = (
    "(?:herstellers?|anbieters?|lieferanten|dienstleisters?|supports?|provider|vendor|supplier"
    "|manufacturer|antwort|rueckmeldung|analyse|bericht|reply|answer|feedback|report|analysis)"
)
PUT_OFF = re.compile(
    rf"""{_SUBJECT}(?:
        (?:wird|werden|is|are|ist|being|steht|bleibt)(?:\ being)?{_WHEN}\ ?(?:
            gesucht|untersucht|geprueft|geklaert|ermittelt|analysiert|nachgereicht|ergaenzt
            |nachgetragen|ausstehend|offen|aus|in\ arbeit|in\ klaerung|unter\ untersuchung
            |investigated|under\ investigation|searched|looked\ into|analysed|analyzed
            |(?:not\ )?(?:yet\ )?(?:known|clear|determined|found)(?:\ yet)?
            |(?:noch\ )?(?:nicht|un)\ ?(?:bekannt|geklaert|klar|gefunden|ermittelt))
        |(?:{_WHO}\ )?(?:trage|trag|reiche|reich|liefere|tragen|reichen|liefern)
            (?:\ (?:ich|wir))?{_WHEN}\ nach
        |{_WHO}\ (?:wissen|weiss|know|kennen|kenne|suchen|suche|pruefen|pruefe|untersuchen)
            {_WHEN}(?:\ (?:nicht|nichts|not))?{_WHEN}
        |{_WHO}\ (?:do\ not|don't|dont|don\ t)(?:\ yet)?\ know{_WHEN}
        |(?:wissen\ wir|weiss\ ich|weiss\ man|kennen\ wir){_WHEN}(?:\ nicht)?
        |(?:{_WHO}\ (?:are\ |am\ )?)?(?:warten?|wait|waiting){_WHEN}\ (?:auf|for)
            (?:\ (?:den|die|das|eine|einen|the|a|an))?\ {_OTHERS}(?:\ (?:vom|von|from|des|der)
            (?:\ (?:dem|der|the))?\ {_OTHERS})?
        |(?:not|noch\ nicht)\ (?:yet\ )?(?:known|clear|determined|found|bekannt|geklaert|klar)
            (?:\ yet)?
        |(?:keine|no)\ (?:angaben?|information|infos?|details|cause|ursache|idee|idea)
            (?:\ (?:bekannt|yet|known))?
        |(?:steht|stehen|is|in|im|siehe|see)(?:\ (?:im|in|in\ the|the|dem|das))?\ tickets?
        |(?:noch\ |still\ )?(?:unklar|unbekannt|offen|unknown|unclear|open)(?:\ yet)?
        |(?:under|in)\ (?:investigation|untersuchung|klaerung|arbeit|pruefung)
    )""",
    re.VERBOSE,
)


def is_placeholder(text: str) -> bool:
    """Say whether a text is a placeholder: "TBD", "todo", "-", "n/a", "kommt noch", one letter.

    Rule (docs/rules.md, done): it holds no word that says something, or it begins with a phrase
    that programs fill in. Links and ticket numbers say something.
    """
    plain = folded(text).strip()
    if plain.startswith(PHRASES):
        return True
    if PUT_OFF.fullmatch(" ".join(re.findall(r"[\w']+", plain))):
        return True
    return not any(_says_something(each) for each in re.findall(r"\w+", text))


def says_nothing(text: str) -> bool:
    """Say whether a text is no sentence at all: no word of letters in it says something.

    Softer than `is_placeholder`: "we wait for the vendor" is what gets in somebody's way.
    """
    return not any(_says_something(each) for each in LETTERS.findall(text))


def _says_something(word: str) -> bool:
    # As typed: folded, one umlaut would be two letters.
    return folded(word) not in EMPTY and len(set(word.casefold())) > 1
