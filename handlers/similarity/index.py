"""One workspace's incidents, kept in memory so that the like ones are found in milliseconds.

Every word leads to the incidents that say it. A search first gathers what shares rare
words or close ones (BM25), then compares the best hundred word by word.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handlers.similarity.asked import (
    SHARED,
    About,
    Asked,
    about_of,
    covered,
    numbers_agree,
    same_matter,
    shared,
)
from handlers.similarity.distance import OTHER_NUMBER
from handlers.similarity.meaning import Bytes
from handlers.similarity.terms import head_and_rest, tongue_of, words
from handlers.similarity.vectors import Vectors
from handlers.similarity.vocabulary import Floats, Vocabulary, as_ints
from storage.engine.ids import IncidentNumber, ServiceId

GATHERED = 500  # how many are looked at for their age and service
CANDIDATES = 100  # how many are compared word by word
POSTINGS = 60_000  # mentions looked at in one search; the rarest words come first
K1, B = 1.4, 0.5  # BM25: how soon repetition and length stop counting
HEAD, REST = 3, 1  # a mention in the title, and in the rest
REST_SHARE = 0.2  # weight of the rest's words against the title's, word by word
LEXICAL = 0.3  # share of BM25 in the score; the other part is the comparison word by word
SAME_SERVICE = 1.2  # factor
OTHER_TONGUE = 1.4  # factor for what is told in the other language: fewer words are the very same
RECENT, FADES = 0.5, 180.0  # a new incident counts up to 1.5 times, falling over days
MEANS = 0.8  # word_similarity of words that mean the same
CLEAR = 0.7  # agreement from which a similarity is not by chance
FAMILY = 20  # the next one after so many shows how like things are here by chance
BY_CHANCE = 0.07  # how like things are by chance in a company with too few of them to see it
SECOND = 0.5  # weight of what a vector says beside the words
UNRELATED = 0.15  # cosine of two titles that have nothing to do with each other
SAME_SENSE = 0.6  # cosine from which what is wrong agrees, in whatever words
SAYS_THE_SAME = 0.5  # share of the words of two titles above which they say the same
SPELLED = 24  # words of a text that are also looked for with typos


@dataclass(frozen=True, slots=True)
class Hit:
    """An incident found.

    `score` is from 0 to 1: how far it stands out from what is like it by chance. `words`
    are those of the query's title that stand in it, too. `device` says that nothing but
    what it is about agrees, and not what is wrong with it. `ahead` is how far its score is
    above that of the next one that says something else.
    """

    number: IncidentNumber
    service: ServiceId
    score: float
    same_service: bool
    same_text: bool
    numbers_fit: bool
    words: tuple[str, ...]
    device: bool
    ahead: float


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident that says what is searched for: the share of the words, from 0 to 1.

    `rest` says that some of them stand only below its title.
    """

    number: IncidentNumber
    score: float
    rest: bool


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What is compared word by word, each with what is known of it by then."""

    slots: NDArray[np.intp]
    lexical: Floats
    second: Floats
    factors: Floats
    same_sense: NDArray[np.bool_]


class Index:
    """The incidents of one workspace. Not for several threads at once."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._mentions: list[array[int]] = []  # by word: incident's slot << 4 | weight
        self._slots: dict[IncidentNumber, int] = {}
        self._said: list[array[int] | None] = []  # by slot: its words << 1 | in the title
        self._numbers = array("q")
        self._services = array("i")
        self._at = array("d")  # days
        self._lengths = array("f")
        self._length = 0.0  # of all together
        self._alive = array("b")
        self._tongues = array("b")
        self._service_ids: dict[ServiceId, int] = {}
        self._vectors = Vectors()

    def __len__(self) -> int:
        return len(self._slots)

    def add(
        self,
        number: IncidentNumber,
        text: str,
        service: ServiceId,
        day: float,
        vector: Bytes | None = None,
    ) -> None:
        """Know an incident, or know it anew.

        `day` is when it was, counted in days, and `vector` what its title means.
        """
        self.remove(number)
        slot = len(self._said)
        mentions: dict[int, int] = {}
        heads = 0
        for place, said in zip((HEAD, REST), head_and_rest(text), strict=True):
            said_words = words(said)
            if place == HEAD:
                self._tongues.append(tongue_of(said_words))
            for word in said_words:
                id = self._vocabulary.add(word)
                mentions[id] = mentions.get(id, 0) + place
            heads = heads or len(mentions)
        self._mentions.extend(
            array("I") for _new in range(len(self._vocabulary.df) - len(self._mentions))
        )
        for id, weight in mentions.items():
            self._mentions[id].append(slot << 4 | weight)
            self._vocabulary.df[id] += 1
        self._slots[number] = slot
        self._said.append(array("I", [id << 1 | (at < heads) for at, id in enumerate(mentions)]))
        self._alive.append(True)
        self._numbers.append(number)
        self._services.append(self._service_ids.setdefault(service, len(self._service_ids)))
        self._at.append(day)
        self._lengths.append(sum(mentions.values()))
        self._length += self._lengths[-1]
        if vector is not None:
            self._vectors.put(slot, vector)

    def point(self, number: IncidentNumber, vector: Bytes) -> None:
        """Know what the title of a known incident means."""
        if number in self._slots:
            self._vectors.put(self._slots[number], vector)

    def remove(self, number: IncidentNumber) -> None:
        """Forget an incident, if it is known."""
        slot = self._slots.pop(number, None)
        if slot is None:
            return
        for each in self._said[slot] or ():
            self._vocabulary.df[each >> 1] -= 1
        self._said[slot] = None
        self._alive[slot] = False

    def search(
        self,
        text: str,
        service: ServiceId | None,
        day: float,
        limit: int,
        except_: int | None = None,
        names: Sequence[str] = (),
        vector: Bytes | None = None,
        sure: float = 0.0,
    ) -> list[Hit]:
        """Return the incidents that are most like `text`, the best first.

        `names` are what the service is called: they alone make nothing alike. `vector` is
        what the text means: a second opinion beside that of its words. What scores less than
        `sure` is not looked at for whether nothing but the device agrees.
        """
        asked = self._taken_apart(text)
        if not asked.words or not self._slots:
            return []
        slots, lexical = self._gathered(asked)
        if vector is not None:
            near = np.setdiff1d(self._vectors.nearest(vector, CANDIDATES), slots)
            slots = np.concatenate([slots, near])
            lexical = np.concatenate([lexical, np.zeros(len(near), np.float32)])
        alive = np.frombuffer(self._alive, np.bool_)[slots]
        if except_ is not None:
            alive &= np.frombuffer(self._numbers, np.int64)[slots] != except_
        slots, lexical = slots[alive], lexical[alive]
        factors = self._factors(slots, service, day)
        factors[self._strange(slots, asked.tongue)] *= OTHER_TONGUE
        cosines = np.zeros(len(slots), np.float32)
        if vector is not None:
            cosines = self._vectors.cosines(slots, vector)
        second = SECOND * np.maximum(0.0, cosines - UNRELATED)
        best = np.argsort(-(lexical + second) * factors, kind="stable")[:CANDIDATES]
        if not len(best):
            return []
        found = _Candidates(
            slots=slots[best],
            lexical=lexical[best],
            second=second[best],
            factors=factors[best],
            same_sense=cosines[best] >= SAME_SENSE,
        )
        about = about_of(self._vocabulary, asked, names)
        return self._compared(
            asked=asked,
            found=found,
            service=service,
            limit=limit,
            about=about,
            sure=sure,
        )

    def look(self, text: str, day: float, limit: int) -> list[Seen]:
        """Return what says the words of a search, most of them first; then the newest.

        Unlike `search` it compares nothing with what is like it by chance: who searches for a
        word wants all that say it.
        """
        asked = self._taken_apart(text)
        if not asked.words or not self._slots:
            return []
        slots, lexical = self._gathered(asked)
        factors = self._factors(slots, None, day)
        found: list[tuple[float, float, Seen]] = []
        for slot, worth in zip(slots.tolist(), (lexical * factors).tolist(), strict=True):
            said = self._said[slot]
            if said is None:
                continue
            heads = {each >> 1 for each in said if each & 1}
            every = {each >> 1 for each in said}
            score = covered(asked, every)
            if score >= SHARED:
                only_rest = score > covered(asked, heads)
                seen = Seen(IncidentNumber(self._numbers[slot]), score, only_rest)
                found.append((score, worth, seen))
        found.sort(key=lambda each: (-each[0], -each[1], -each[2].number))
        return [seen for _score, _worth, seen in found[:limit]]

    def _taken_apart(self, text: str) -> Asked:
        head, rest = (words(each) for each in head_and_rest(text))
        said = {each.key: each for each in (*head, *rest)}
        unique = tuple(said.values())
        near = [
            self._vocabulary.near(each, spelling=at < SPELLED) for at, each in enumerate(unique)
        ]
        df, own = self._vocabulary.df, self._vocabulary.ids
        weights = np.empty(len(unique), np.float32)
        for at, (word, close) in enumerate(zip(unique, near, strict=True)):
            count = df[own[word.key]] if word.key in own else 0
            # A word never said is as rare as those that mean the same.
            count = count or sum(df[id] for id, share in close.shares.items() if share >= MEANS)
            weights[at] = self._rarity(count) * word.weight
        return Asked(unique, len(head), weights, near, tongue_of(head))

    def _rarity(self, df: int) -> float:
        return math.log(1 + (len(self._slots) + 1) / (df + 0.5))

    def _factors(self, slots: NDArray[np.intp], service: ServiceId | None, day: float) -> Floats:
        """Return what age and service multiply the scores of these incidents with."""
        age = np.maximum(0.0, day - np.frombuffer(self._at, np.float64)[slots])
        factors = 1 + RECENT * np.exp(-age / FADES)
        factors[self._of(service, slots)] *= SAME_SERVICE
        return factors.astype(np.float32)

    def _of(self, service: ServiceId | None, slots: NDArray[np.intp]) -> NDArray[np.bool_]:
        known = self._service_ids.get(service, -1) if service else -1
        ours: NDArray[np.bool_] = np.frombuffer(self._services, np.int32)[slots] == known
        return ours

    def _strange(self, slots: NDArray[np.intp], tongue: int) -> NDArray[np.bool_]:
        """Say which incidents are told in the other language."""
        other: NDArray[np.bool_] = np.frombuffer(self._tongues, np.int8)[slots] * tongue < 0
        return other

    def _gathered(self, asked: Asked) -> tuple[NDArray[np.intp], Floats]:
        """Return the slots of the best candidates by BM25, and their share of the full score."""
        together = array("I")
        worths, sizes = [], []
        fields = np.where(np.arange(len(asked.words)) < asked.heads, 1.0, REST_SHARE)
        full = 0.0
        lengths = np.frombuffer(self._lengths, np.float32)
        mean = self._length / len(lengths)
        own = sum(HEAD if at < asked.heads else REST for at in range(len(asked.words)))
        for at in np.argsort(-asked.weights, kind="stable"):
            worth = float(asked.weights[at] * fields[at])
            tf = HEAD if at < asked.heads else REST
            full += worth * tf * (K1 + 1) / (tf + K1 * (1 - B + B * own / mean))
            if len(together) > POSTINGS:
                continue
            for id, share in asked.near[at].shares.items():
                together.extend(self._mentions[id])
                sizes.append(len(self._mentions[id]))
                worths.append(worth * share)
        if not together:
            return np.empty(0, np.intp), np.empty(0, np.float32)
        every = as_ints(together)
        where = (every >> 4).astype(np.intp)
        tf_there = (every & 15).astype(np.float64)
        norms = K1 * (1 - B + B / mean * lengths.astype(np.float64))
        parts = np.repeat(np.array(worths) * (K1 + 1), sizes)
        parts *= tf_there
        parts /= np.take(norms, where) + tf_there
        scores = np.bincount(where, parts, len(self._said)).astype(np.float32)
        best = _highest(scores, GATHERED)
        return best, np.minimum(1.0, scores[best] / full)

    def _compared(
        self,
        asked: Asked,
        found: _Candidates,
        service: ServiceId | None,
        limit: int,
        about: About,
        sure: float,
    ) -> list[Hit]:
        """Compare the candidates word by word, in both directions."""
        slots = found.slots
        said = [self._said[slot] for slot in slots.tolist()]
        together = array("I")
        for each in said:
            together.extend(each or ())
        flat = as_ints(together)
        words_there = (flat >> 1).astype(np.intp)
        ends = np.cumsum(np.fromiter((len(each or ()) for each in said), np.intp, len(said)))
        starts = np.concatenate(([0], ends[:-1]))
        table = np.empty((len(asked.words), len(flat)), np.float32)
        shares = np.zeros(len(self._vocabulary.df), np.float32)
        for row, near in zip(table, asked.near, strict=True):
            shares[near.ids] = near.worths
            np.take(shares, words_there, out=row)
            shares[near.ids] = 0.0
        mine = asked.weights * np.where(np.arange(len(asked.words)) < asked.heads, 1, REST_SHARE)
        df = as_ints(self._vocabulary.df)[words_there]
        theirs = np.log(1 + (len(self._slots) + 1) / (df + 0.5))
        theirs *= np.frombuffer(self._vocabulary.weights, np.float32)[words_there]
        theirs *= np.where(flat & 1, 1.0, REST_SHARE)
        best = np.maximum.reduceat(table, starts, axis=1)
        there = (mine @ best) / mine.sum()
        back = np.add.reduceat(theirs * table.max(axis=0), starts) / np.add.reduceat(theirs, starts)
        agreement = np.sqrt(there * back)
        scores = (1 - LEXICAL) * agreement + LEXICAL * found.lexical + found.second
        fits = numbers_agree(self._vocabulary, asked, flat, starts)
        scores = scores * np.where(fits, 1.0, OTHER_NUMBER) * found.factors
        scores /= SAME_SERVICE * (1 + RECENT)
        few = BY_CHANCE if len(self._slots) <= FAMILY else 0.0
        chance = np.sort(scores[agreement < CLEAR])[::-1][FAMILY : FAMILY + 1]
        scores = np.maximum(0.0, scores - (chance[0] if len(chance) else few))
        same = (agreement > 0.999) & fits
        same_service = self._of(service, slots)
        numbers = np.frombuffer(self._numbers, np.int64)[slots]
        names = list(self._service_ids)
        strange = self._strange(slots, asked.tongue)
        order = np.lexsort((-numbers, -scores, -(same & same_service).astype(int)))
        return [
            Hit(
                number=IncidentNumber(int(numbers[at])),
                service=names[self._services[slots[at]]],
                score=float(scores[at]),
                same_service=bool(same_service[at]),
                same_text=bool(same[at]),
                numbers_fit=bool(fits[at]),
                words=tuple(shared(asked, best[:, at])),
                device=bool(scores[at] >= sure)
                and not (same[at] or found.same_sense[at])
                and not same_matter(
                    self._vocabulary,
                    asked,
                    flat[starts[at] : ends[at]],
                    about,
                    strange=bool(strange[at]),
                ),
                ahead=float(scores[at] - _next_other(order[place:], scores, said)),
            )
            for place, at in enumerate(order[:limit])
        ]


def _highest(scores: Floats, count: int) -> NDArray[np.intp]:
    """Return where the highest scores above 0 stand, at most so many, in their order."""
    if len(scores) <= count:
        return np.flatnonzero(scores > 0)
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    above = np.flatnonzero(scores > max(least, 0))
    ties = np.flatnonzero(scores == least) if least > 0 else above[:0]
    return np.sort(np.concatenate([above, ties[: count - len(above)]]))


def _next_other(
    order: NDArray[np.intp], scores: Floats, said: Sequence[array[int] | None]
) -> float:
    """Return the score of the next one that says something else than the first; 0 without one."""
    first = _titled(said[order[0]])
    for at in order[1:]:
        title = _titled(said[at])
        if len(first & title) <= SAYS_THE_SAME * max(len(first), len(title)):
            return float(scores[at])
    return 0.0


def _titled(said: array[int] | None) -> set[int]:
    return {each >> 1 for each in said or () if each & 1}
