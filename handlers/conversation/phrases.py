"""What short lines mean: a phrase book in both languages, as people type and dictate them.

Everything is compared folded and without marks (docs/rules.md, typing). A line means
something here only as a whole: the same words in a sentence of somebody's own mean nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from handlers.kit.folding import folded, plain, words
from storage.engine.ids import IncidentNumber


class Intent(StrEnum):
    """What a short line says."""

    TAKE = "I look after it"
    YES = "yes"
    WORKS = "it works again"
    PARTLY = "it works, but"
    SERIOUS = "it is serious"
    STILL = "it still does not work"
    BACK = "take it back"
    BACK_OR_STILL = "after all not"
    CANNOT = "I cannot"
    MISTYPED = "the title is wrong"
    NO = "no"
    BOTH = "both"
    MAYBE = "so so"
    GREETING = "hello"
    PARTING = "goodbye"
    SORRY = "sorry"
    UNHAPPY = "a sign of trouble"
    THANKS = "thank you"
    SIGN = "a sign"


@dataclass(frozen=True, slots=True)
class Said:
    """A line's meaning; `words` came with it, `number` is an incident that it names."""

    intent: Intent
    words: str = ""
    number: IncidentNumber | None = None
    about: str = ""  # what somebody looks after, in their words
    bare: bool = True  # nothing but the phrase itself, so it cannot be somebody's outage


def _lines(text: str) -> frozenset[str]:
    return frozenset(each.strip() for each in text.split("|") if each.strip())


TAKE = _lines(
    """
    bin dran | ich bin dran | bin schon dran | ich bin schon dran | bin am thema | mach ich
    | mache ich | ich mach das | ich mache das | ich machs | mach ich gleich | kuemmere mich
    | kuemmer mich | kuemmere mich drum | kuemmer mich drum | kuemmere mich darum
    | ich kuemmere mich | ich kuemmer mich | ich kuemmere mich drum | ich kuemmer mich drum
    | ich kuemmere mich darum | ill look after it | i will look after it | i look after it
    | on it | im on it | i am on it | will do | ill do it | i got it | ill take it | i take it
    | uebernehme ich | uebernehm ich | ich uebernehme | ich uebernehme das | ich uebernehm das
    | schau ich mir an | ich schaue mir das an | ich schau mir das an | ich schau mal
    | ich schaue mal | schau mal nach | ich schau nach | ich schaue nach | guck ich mir an
    | ich guck mal | bin unterwegs | ich bin unterwegs | bin auf dem weg | on my way
    | looking into it | im looking into it | bin gleich da | wird gemacht | geht klar
    | acknowledge | acknowledged | accept | accepted | angenommen | uebernehme | uebernommen
    | nehme an | ich nehme an | annehmen | uebernehmen | ack | hab ich | habe ich | ich habs
    | nehm ich | nehme ich | ich nehms | ich nehm das | ich komme | komme | komme gleich
    | ich komm | komm gleich | bin drann | ich bin drann | i got this | got this | i have it
    | i will take care of it | ill take care of it | taking care of it | i take care of it
    | im coming | coming | i am coming
    """
)
YES = _lines(
    """
    ja | jo | jap | jep | jepp | jawohl | ja bitte | yes | yep | yeah | ok | okay | oki
    | k | +1 | thumbsup | alles klar | klar | gerne | sure
    """
)
WORKS = _lines(
    """
    laeuft wieder | geht wieder | funktioniert wieder | klappt wieder | es laeuft wieder
    | es geht wieder | es funktioniert wieder | laeuft jetzt wieder | geht jetzt wieder
    | erledigt | ist erledigt | fixed | its fixed | it is fixed | works again | it works again
    | working again | its working again | it is working again | its back | it is back | resolved
    | solved | ist behoben | behoben | restored | wieder da | wieder ok | alles wieder ok
    | repariert | geloest | tut wieder | tuts wieder | es tut wieder | works now | it works now
    | works fine | works fine again | works fine now | working now | its working now
    | it is working now | all good now | all good again | alles wieder gut | wieder alles gut
    | up again | back up | its back up | back online | geht wieder alles | laeuft wieder alles
    """
)
STILL_BARE = _lines("weiterhin | immer noch | noch immer | still | noch nicht | immer noch nicht")
STILL_WORD = re.compile(r"\b(?:weiterhin|noch|still|wieder)\b")  # one of them is always said
STILL = re.compile(
    r"(?:(?:es|die|das|it|the) )?(?:stoerung |incident )?"
    r"(?:ist |besteht |geht |laeuft |funktioniert |its |is )?"
    r"(?:weiterhin|immer noch|noch immer|still)(?: nicht| not)?"
    r"(?: (?:da|kaputt|tot|aus|weg|down|broken|dead|offline|behoben|working|fixed|so))?"
    r"|(?:es )?(?:geht|laeuft|funktioniert) (?:noch|wieder) nicht(?: wieder)?|noch nicht"
)
AGAIN = _lines(
    """
    wieder kaputt | wieder weg | wieder tot | geht doch nicht | laeuft doch nicht
    | broken again | down again
    """
)
BACK = _lines(
    """
    falscher alarm | fehlalarm | false alarm | war ein fehlalarm | war falscher alarm
    | hat sich erledigt | die stoerung ist weg | das ist keine stoerung | ist keine stoerung
    | vergiss es | war mein fehler | mein fehler | my mistake | my fault | nevermind | never mind
    | storno | stornieren | nehme ich zurueck | nehm ich zurueck | ich nehme es zurueck
    | bitte loeschen | loeschen | war nur ein test | war ein test | war ein versehen
    | aus versehen | zuruecknehmen | kann weg | war nichts | war doch nichts | it was a mistake
    | was a false alarm | just a test | abbrechen | cancel | cancel it | cancel that | undo
    | undo it | undo that | rueckgaengig | rueckgaengig machen | bitte rueckgaengig machen
    | doppelt gemeldet | doppelt | war doppelt | ist doppelt | habe ich doppelt gemeldet
    | ich habe das doppelt gemeldet
    | hab ich doppelt gemeldet | i reported that twice | reported twice | duplicate
    | its a duplicate
    | cancel my last report | cancel my report | kann man das loeschen | kann ich das loeschen
    | kann das weg | wieder loeschen | hat sich von selbst erledigt | hat sich von allein erledigt
    | hat sich schon erledigt | war nicht so gemeint | doch nichts | delete it | please delete
    """
)
CANNOT = _lines(
    """
    nicht ich | not me | keine zeit | no time | kann gerade nicht | kann grad nicht | kann nicht
    | kann jetzt nicht | ich kann nicht | ich kann gerade nicht | ich kann grad nicht
    | geht gerade nicht | i cant | i cannot | cant right now | not now | bin nicht zustaendig
    | jemand anderes | somebody else | mach ich nicht | mache ich nicht | ich mach das nicht
    | ich mache das nicht | bin nicht dran | ich bin nicht dran | ich nicht | uebernehme ich nicht
    | nehm ich nicht | nehme ich nicht | nicht annehmen | not mine | i wont | wont do
    """
)
NO = _lines("nein | no | nee | noe | nope | ne")
MAYBE = _lines("jein | mal so mal so | geht so | naja | weiss nicht | so so | sort of")
GREETING = _lines(
    """
    moin | moin moin | hallo | hi | hey | hello | na | guten morgen | guten tag
    | guten abend | servus | gruess gott | gruess dich | gruezi | mahlzeit | good morning
    | good afternoon | good evening | bist du da | wie gehts | wie geht es dir | how are you
    | are you there | lotse
    """
)
PARTING = _lines(
    """
    tschuess | ciao | bis morgen | bis spaeter | bis dann | bis montag | schoenes wochenende
    | schoenen feierabend | schoenen tag | gute nacht | good night | bye | goodbye | see you
    | feierabend
    """
)
SORRY = _lines("sorry | entschuldigung | tut mir leid | sry | im sorry | i am sorry | ups | oops")
TO_ALL = ("lotse", "zusammen", "alle", "all", "everyone", "miteinander")
THANKS = re.compile(r"danke|dankeschoen|dank|merci|thx|thanks|thank|ty")
WITH_THANKS = words(
    """
    danke dankeschoen dir euch vielen herzlichen dank schon mal lotse super merci thx thanks
    thank you a lot so much very many allen ihr all ty mfg sehr schoen tausend
    besten fuer die hilfe +1 schnelle schnell gute tolle nette unterstuetzung support quick fast
    great your for help das ging aber flott
    """
)
SIGNS = (
    YES
    | NO
    | MAYBE
    | _lines(
        """
        hm | hmm | aha | super | passt | gut | perfekt | top | got it | great | cool
        | nice | prima | fein | ach so | verstanden | lol | haha | bin da | super gemacht
        | gut gemacht | toll gemacht | well done | good job | great job | klasse | spitze | toll
        | awesome | sehr gut | very good
        """
    )
)

THUMBS = re.compile("[👍👌✅☑✔]")
PRAYER = "🙏"
UNHAPPY = re.compile("[👎❌✖😡😠🤬😢😭😞🙁☹]")
BEFORE = words(
    """
    ja jo jap yes ok okay danke sorry ups oh moin hallo hi hey aber es so nein nee nope
    bitte please
    """
)
BEHIND = words(
    """
    danke sorry bitte dir euch lotse jetzt gleich sofort +1 thanks please punkt
    """
)
BUT = re.compile(r"\b(aber|nur|teilweise|noch|but|only|partly)\b")
NOT = re.compile(
    r"\b(?:nicht|kein\w*|not|no|never|nie|wenn|if|ob|whether|until|bis|aber|but|noch|teilweise"
    r"|partly)\b"
)
PARTLY = re.compile(r"(laeuft|geht|funktioniert|works) (nur )?(teilweise|halb|langsam|partly)\b.*")
NUMBER = r"(?:#|inc[-\s]?)?([0-9]{1,9})"
BACK_NUMBER = re.compile(rf"(?:loeschen|storno|stornieren|zuruecknehmen|cancel|undo) {NUMBER}")
NUMBER_FIRST = re.compile(r"(?:#|inc[-\s]?)([0-9]{1,9})[\s:,]+(.*)")
NUMBER_LAST = re.compile(r"(.*\S)\s+(?:#|inc[-\s]?)([0-9]{1,9})")
GRAVE = r"(?:es |das |it )?(?:ist |is )?(?:jetzt |now )?(?:ernst|serious)"
SERIOUS_NUMBER = re.compile(rf"{GRAVE} {NUMBER}|{NUMBER} {GRAVE}")
URGENT = _lines(
    """
    dringend | ist dringend | es ist dringend | das ist dringend | ist jetzt dringend
    | sehr dringend | ist sehr dringend | eilt | es eilt | das eilt | eilt sehr | urgent
    | its urgent
    | it is urgent | this is urgent | very urgent | its serious | it is serious | es ist ernst
    | das ist ernst | ist ernst | ist jetzt ernst
    """
)
MISTYPED = re.compile(  # of what somebody has just declared
    r"(?:da ist |ist )?(?:ein |a )?(?:tippfehler|schreibfehler|typo)"
    r"(?: (?:im|in the) (?:titel|title))?"
    r"|(?:da ist |ist )?(?:ein |a )?(?:fehler|mistake|error) (?:im|in the) (?:titel|title)"
    r"|(?:(?:der |the )?(?:titel|title) (?:ist |is )?(?:falsch|wrong|stimmt nicht)"
    r"|(?:titel|title) (?:aendern|korrigieren)|wrong title|(?:correct|fix|change) the title"
    r"|(?:ich )?(?:hab |habe )?(?:mich )?(?:verschrieben|vertippt)|i mistyped(?: it)?)(?: .{1,60})?"
    r"|(?:ich |i )?(?:meinte|meant) (?:natuerlich |eigentlich |of course )?\S.{0,60}"
)
OTHERS = re.compile(  # asks for somebody else to take it
    r"(?:kann|koennte|can|could)(?: bitte| mal| das| es)* "
    r"(jemand(?: anderes| anders)?|wer(?: anderes| anders)?|some(?:body|one)(?: else)?"
    r"|(?!(?:ich|i|du|you|wir|we|man|er|sie|es|they|he|she|das|bitte) )\w+)"
    r"(?: das| es| bitte| mal)* "
    r"(?:machen|uebernehmen|erledigen|anschauen|ansehen|take (?:it|this|over)|do (?:it|this)"
    r"|handle (?:it|this))(?: bitte| please)?"
)
OF_ONE = re.compile(  # what somebody looks after, named
    r"(?:ich )?kuemmer(?:e|) mich um (.+)|(?:ich )?bin an (.+) dran"
    r"|(?:i will |ill |i )(?:look after|take care of) (.+)"
)
REGARDS = re.compile(  # what ends a mail
    r"(?:(?:mit|viele[n]?|beste[n]?|liebe[rn]?|schoene[rn]?|freundliche[rn]?|kind|best|many) )*"
    r"(?:gruessen?|gruss|regards|mfg|lg|vg|cheers)\b.*"
)
ONE_WORKS = re.compile(
    r"(.+) (?:ist |is )?(?:jetzt |nun )?(?:laeuft|geht|funktioniert|klappt|works|working|up"
    r"|back up|behoben|repariert|fixed|tut|da)(?: jetzt| nun)?(?: wieder| again)?"
)
ASKS_ANOTHER = re.compile(r"(?:frag|frage|frag mal|ask|ruf) (\w+)(?: an)?")
LONGEST = 12  # words behind a phrase that still belong to it


def understood(line: str) -> Said | None:
    """Return what a line means as a whole, None when it is no phrase of the book."""
    line = _without_regards(line)
    marked = THUMBS.sub(" +1 ", line).replace(PRAYER, " danke ")
    line_words = plain(marked)
    if not line_words:
        return Said(Intent.UNHAPPY if UNHAPPY.search(line) else Intent.SIGN)
    said = _whole(line_words)
    if said is not None:
        return said
    about = folded(line).strip(" .!?")
    numbered = NUMBER_FIRST.fullmatch(about)
    if numbered and (meant := _of_number(numbered[2], numbered[1])) is not None:
        return meant
    numbered = NUMBER_LAST.fullmatch(about)
    if numbered and (meant := _of_number(numbered[1], numbered[2])) is not None:
        return meant
    grave = SERIOUS_NUMBER.fullmatch(about)
    if grave:
        return Said(Intent.SERIOUS, number=IncidentNumber(int(grave[1] or grave[2])))
    one = OF_ONE.fullmatch(about.replace("'", "").replace("’", ""))
    if one:
        named = (one[1] or one[2] or one[3]).strip()
        number = re.fullmatch(r"(?:#|inc[-\s]?)([0-9]{1,9})", named)
        if number:
            return Said(Intent.TAKE, number=IncidentNumber(int(number[1])))
        return Said(Intent.TAKE, about=named, bare=False)
    others = OTHERS.fullmatch(line_words)
    if others:
        return Said(Intent.CANNOT, others[1], bare=False)
    if MISTYPED.fullmatch(line_words):
        return Said(Intent.MISTYPED, line.strip(), bare=False)
    back = BACK_NUMBER.fullmatch(folded(line).strip(" .!?"))
    if back:
        return Said(Intent.BACK, number=IncidentNumber(int(back[1])))
    return _in_clauses(line, marked)


def _without_regards(line: str) -> str:
    """Return a line without what ends a mail: the greeting, and the names below it."""
    found = list(re.finditer(r"[,.;!\n]+", line))
    for each in found:
        if REGARDS.match(plain(line[each.end() :])) and plain(line[: each.start()]):
            return line[: each.start()]
    return line


def one_works(line: str) -> str:
    """Return what is said to work again, by its name; empty where a line says something else."""
    said = plain(line)
    found = (
        ONE_WORKS.fullmatch(said)
        if re.search(r"\b(?:wieder|again|back|fixed|behoben)\b", said)
        else None
    )
    return found[1] if found else ""


def _of_number(phrase: str, number: str) -> Said | None:
    """Return what is said of the incident that a line names: "INC-7 läuft wieder"."""
    said = _whole(plain(phrase))
    if said is None or said.intent not in (Intent.BACK, Intent.WORKS, Intent.TAKE):
        return None
    return Said(said.intent, number=IncidentNumber(int(number)))


def _whole(words: str) -> Said | None:
    """Look a line up in the book, with and without what people put around it."""
    tokens = words.split()
    if all(each in WITH_THANKS for each in tokens) and any(map(THANKS.fullmatch, tokens)):
        return Said(Intent.THANKS)
    greeting = tokens[:]
    while len(greeting) > 1 and greeting[-1] in TO_ALL:
        greeting.pop()
    if " ".join(greeting) in GREETING:
        return Said(Intent.GREETING)
    if " ".join(greeting) in PARTING:
        return Said(Intent.PARTING)
    if " ".join(greeting) in SORRY:
        return Said(Intent.SORRY)
    found = _phrase(words)
    while found is None and len(tokens) > 1 and tokens[-1] in BEHIND:
        tokens.pop()
        found = _phrase(" ".join(tokens))
    while found is None and len(tokens) > 1 and tokens[0] in BEFORE:
        del tokens[0]
        found = _phrase(" ".join(tokens))
    return found


def _phrase(words: str) -> Said | None:
    for intent, book in (
        (Intent.YES, YES),
        (Intent.NO, NO),
        (Intent.TAKE, TAKE),
        (Intent.WORKS, WORKS),
        (Intent.BACK, BACK),
        (Intent.CANNOT, CANNOT),
        (Intent.SERIOUS, URGENT),
        (Intent.MAYBE, MAYBE),
        (Intent.SIGN, SIGNS),
        (Intent.STILL, STILL_BARE),
    ):
        if words in book:
            return Said(intent)
    if words == "doch nicht":
        return Said(Intent.BACK_OR_STILL)
    if words in ("beide", "both", "alle beide"):
        return Said(Intent.BOTH, bare=False)
    if words in AGAIN:
        return Said(Intent.STILL, bare=False)
    if STILL.fullmatch(words):
        return Said(Intent.STILL, bare=False)
    if PARTLY.fullmatch(words):
        return Said(Intent.PARTLY, words, bare=False)
    return None


def _in_clauses(line: str, marked: str) -> Said | None:
    """Read "bin dran, dauert 10 min" and "war nur der Stecker. Hat sich erledigt"."""
    clauses = [each for each in re.split(r"[,.;!?\n]+|\s[–-]\s", marked) if plain(each)]
    if len(clauses) < 2 or sum(len(plain(each).split()) for each in clauses) > LONGEST:
        return None
    first, last = _whole(plain(clauses[0])), _whole(plain(clauses[-1]))
    rest = " ".join(plain(each) for each in clauses[1:])
    if first is not None and first.intent is Intent.WORKS:
        intent = Intent.PARTLY if BUT.search(rest) else Intent.WORKS
        return Said(intent, line.strip(), bare=False)
    if first is not None and first.intent in (Intent.TAKE, Intent.CANNOT):
        return Said(first.intent, line.strip(), bare=False)
    if last is not None and last.intent in (Intent.BACK, Intent.STILL, Intent.TAKE):
        return Said(last.intent, line.strip(), bare=False)
    before = " ".join(plain(each) for each in clauses[:-1])
    if last is not None and last.intent is Intent.WORKS and NOT.search(before) is None:
        return Said(Intent.WORKS, line.strip(), bare=False)
    if ASKS_ANOTHER.fullmatch(plain(clauses[-1])):
        return Said(Intent.CANNOT, plain(clauses[-1]).split()[-1], bare=False)
    return None
