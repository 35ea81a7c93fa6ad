"""The table of words: what German and English call the same thing, read once."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from handlers.kit.readers import folded

GLOSSARY = Path(__file__).parent / "glossary.txt"
ONE_AT_A_TIME = threading.Lock()
FILLERS = frozenset(
    re.findall(
        r"\w+",
        """
    a about after ah all already also am an and any are as at auch auf aus be because been before
    bei beim bin bis but by can could da damit das dass dem den der des did die dies diese diesem
    diesen dieser dieses do does doch durch ein eine einem einen einer eines er es etwas for from
    fuer gar gerade get gets getting gibt haben had has hat hatte have he hello help her here hi
    hier hilfe his how ich if ihr im immer in ins into is ist it its ja jemand jetzt kann koennen
    laesst laeuft lassen mal man me mehr mein meine mich mir mit my nach noch now nur ob oder of on
    or our out please schon sehr seit sein seine sich sie since sind so some soll still than that
    the their them then there these they this those to ueber um un und uns unser unsere unter up us
    very vom von vor war was we wegen weil wenn were wer werden what when which while who why wie
    will wir wird with wo wurde you your zu zum zur
    bekommen bekommt bleiben bleibt darf geben gibt kommen kommt liegen liegt machen macht muss
    nehmen nimmt raus rein sollen weder
    """,
    )
)

HELPING = frozenset(
    re.findall(r"\w+", "do does did will would can could is are was were has have had")
)

SAYS_LITTLE = """
    funktioniert funktionieren geht gehen tut laufen works work working problem probleme issue
    nicht nich kein keine nix nichts not no cannot wieder again
    bitte danke dringend sofort schnell eilt urgent urgently asap hurry quickly please thanks
    brauchen braucht brauche want wants wanted need needs needed moechte moechten help hilfe helfen
    heute gestern vorgestern morgen morgens nachts abends mittags vormittag nachmittag uhr woche
    wochen tag tage tagen stunde stunden minuten monat wochenende montag dienstag mittwoch
    donnerstag freitag samstag sonntag monday tuesday wednesday thursday friday saturday sunday
    today yesterday tomorrow morning evening afternoon tonight week weeks day days hour hours
    minutes weekend month wartet warten waiting wait leute jemand jeder jedem jedes jede
    someone somebody people everyone everybody meldet melden gemeldet reported reports says sagt
    gesagt mal nochmal
    neu neue neuer neues neuem neuen new nur bloss only just selbst eigentlich irgendwie offenbar
    apparently somehow seems scheint zeit ewig dauernd staendig immer constantly always
    aber above across actually aehnlich allein almost along als although always among ans
    anscheinend anyone anything anyway around ausser ausserdem away bald behind being bekam bekamen
    below beneath bereits beside besides besonders between bevor beyond bisher blieb blieben both
    came completely daher dann daran darauf daraus darueber darum davon davor dazu denen denn deren
    derzeit deshalb dessen dich dir direkt dort dran drauf drin duerfen durchs during each eigen
    einander einfach einige either else endlich enough entweder erst especially etc etliche euch
    even ever everything evtl exactly fast few gegen gegenueber gehabt gemacht genau genug gerne
    gewesen ging gingen go goes going got gotten hatten having hers herum him hin hinterm however
    ihm ihn ihnen ihre ihren indeed innen innerhalb instead irgendwann irgendwas irgendwo je
    jeweils just kam kamen kaum kept koennte konnte konnten least leider liess liessen likely
    longer manche manchen mancher many may maybe meanwhile mehrere mehreren meinem meiner might
    mine moeglich mostly much muessen musste mussten myself naemlich natuerlich near nearly nebenan
    nebenbei neither next nie nor oft often ohnehin once one ones only onto otherwise ought over
    paar per perhaps pro probably quasi really runter said saying schaffen schafft schaffte seien
    seinem seinen seiner seitdem selber shall she should simply sogar solche sollte sollten somehow
    something somewhat somewhere somit sonst soweit sowie sowohl statt though through throughout
    together too toward towards trotz trotzdem ums under unless unterm until unto upon upwards
    usually usw via viel viele vielen vieler vielleicht voellig vollkommen vorhanden vorher vorm
    vors waehrend warum welche welcher welches wenig wenige wenigstens weshalb wessen whatever
    whenever where whereas wherever whether whom whose within wohl wollen wollte wollten wont
    worden would wuerde wuerden yet yours ziemlich zudem zunaechst zwar zwischen
"""


@dataclass(frozen=True, slots=True)
class Glossary:
    """The table read: which ideas a word or a phrase has, and what compounds are made of."""

    ideas: dict[str, frozenset[str]]
    phrases: dict[str, frozenset[str]]
    troubles: frozenset[str]
    doings: frozenset[str]  # ideas of what is done: they tell neither with what, nor what is wrong
    pieces: frozenset[str]  # what compounds are made of
    begins: dict[str, tuple[int, ...]]  # how long the phrases are that begin with a word
    fillers: frozenset[str]
    denials: tuple[tuple[tuple[str, ...], str], ...]  # what does not happen, and its idea
    tongues: dict[str, int]  # by word: 1 where only German has it, -1 where only English has


@lru_cache(maxsize=1)
def read_glossary() -> Glossary:
    """Read the table of words, once."""
    written: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    phrases: dict[str, set[str]] = {}
    begins: dict[str, set[int]] = {}
    troubles: set[str] = set()
    doings: set[str] = set()
    pieces: set[str] = set()
    denials: list[tuple[tuple[str, ...], str]] = []
    tongues: dict[str, int] = {}
    inflected: list[list[str]] = []
    section = ""
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        if not line or line[0] in "#[":
            continue
        german, _bar, english = line.partition("|")
        idea = f"#{german.split()[0]}"
        if section == "troubles":
            idea = f"#!{german.split()[0]}"
            troubles.add(idea)
        if section == "doings":
            idea = f"#~{german.split()[0]}"
            doings.add(idea)
            inflected.append([each for each in map(folded, german.split()) if "_" not in each])
        for tongue, half in ((1, german), (-1, english)):
            for plain in map(folded, half.split()):
                for form in (plain, stem(plain)):
                    tongues[form] = tongue if tongues.get(form, tongue) == tongue else 0
        things = german.split() if section == "things" else []
        for each in (*german.split(), *english.split()):
            plain = folded(each)
            if "_" in plain:
                said = tuple(plain.split("_"))
                if section == "troubles" and ("nicht" in said or "not" in said):
                    denials.append((said, idea))
                for whole in _forms(said):
                    keys = " ".join(map(stem, whole))
                    phrases.setdefault(keys, set()).add(idea)
                    begins.setdefault(keys.split()[0], set()).add(len(whole))
                continue
            written.setdefault(plain, set()).add(idea)
            stems.setdefault(stem(plain), set()).add(idea)
            pieces |= {
                form for form in (plain, stem(plain)) if len(form) >= (4 if each in things else 5)
            }
    # "gedruckt" is what "drucken" is.
    for forms in inflected:
        base = written.get(forms[0], set())
        for form in forms[1:]:
            written[form] |= base
    # A stem that is another word of the table says what that one says: "Steuer" is no "Steuerung".
    ideas = {**stems, **written}
    return Glossary(
        ideas={word: frozenset(found) for word, found in ideas.items()},
        phrases={keys: frozenset(found) for keys, found in phrases.items()},
        troubles=frozenset(troubles),
        doings=frozenset(doings),
        pieces=frozenset(pieces),
        begins={word: tuple(sorted(lengths)) for word, lengths in begins.items()},
        fillers=frozenset(map(stem, FILLERS)) | FILLERS,
        denials=tuple(denials),
        tongues=tongues,
    )


def _forms(said: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the forms of a phrase: "does not open" is what "not open" and "did not open" say."""
    if len(said) > 2 and said[1] == "not" and said[0] in HELPING:
        return said, said[1:]
    return (("not", *said[1:]),) if said[0] == "cannot" and len(said) > 1 else (said,)


@lru_cache(maxsize=65536)
def stem(plain: str) -> str:
    """Return the plain form of a folded word: German endings taken off, then English ones."""
    with ONE_AT_A_TIME:  # a stemmer has one word in hand
        german, english = _stemmers()
        return str(english.stemWord(german.stemWord(plain)))


@lru_cache(maxsize=1)
def _stemmers() -> tuple[Any, Any]:
    import Stemmer  # only when it is needed

    return Stemmer.Stemmer("german"), Stemmer.Stemmer("english")
