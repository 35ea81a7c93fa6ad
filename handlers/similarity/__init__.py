"""Finding the same thing again: earlier incidents that say what this one says.

German and English, offline and in this process; how it works and how well is told in
docs/similarity.md. What is found is shown with its reason; a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from handlers.similarity.distance import agreement, numbers_fit, word_similarity
from handlers.similarity.terms import words
from storage.engine import Tx
from storage.engine.ids import IncidentNumber, ServiceId

if TYPE_CHECKING:
    from handlers.similarity.index import Hit, Seen

SURE = 0.22  # score from which it may be the same; docs/similarity.md tells what that means
SURE_MEANT = 0.24  # the same where the meaning is asked as well: everything scores higher there
BARELY = 0.14  # up to so much above it, it has to stand out from the next one as well
AHEAD = 0.075  # how far it stands out then
SHOWN = 0.02  # below this the words have nothing to do with each other
SAID = 0.5  # word_similarity from which a text says a word that is searched for
ALIKE = 0.55  # agreement from which two titles of one service are near-same


@dataclass(frozen=True, slots=True)
class Match:
    """An earlier incident that is like the one asked about.

    `score` is from 0 to 1; `sure` says that it is probably the same. `words` are the words
    asked about that it has, too, the rarest first. `device` says that it is about the same
    device, and that what is wrong does not agree: then it is not sure.
    """

    number: IncidentNumber
    score: float
    sure: bool
    same_service: bool
    words: tuple[str, ...]
    service: ServiceId
    device: bool = False


def find_similar(
    tx: Tx,
    title: str,
    *,
    service: ServiceId | None,
    now: datetime,
    limit: int = 5,
    except_: IncidentNumber | None = None,
    names: Sequence[str] = (),
) -> list[Match]:
    """Return the earlier incidents of the workspace that are most like `title`, the best first.

    `service` is the id of the service it is about, if that is known, and `names` are what it
    is called: they alone make no two incidents alike. A text's first line
    counts as its title, what follows counts less. Withdrawn incidents are not found.
    Meant for a reading transaction: it takes milliseconds, and more when much was to be
    read since the last time (handlers/similarity/cache.py).
    """
    from handlers.similarity.cache import search  # numpy, only when it is needed
    from handlers.similarity.meaning import BESIDE

    sure = SURE_MEANT if BESIDE in tx.beside else SURE
    hits = search(
        tx,
        title,
        service=service,
        now=now,
        limit=limit,
        except_=except_,
        names=names,
        sure=sure,
    )
    return [_match(hit, sure) for hit in hits if hit.score >= SHOWN]


def _match(hit: Hit, sure: float) -> Match:
    probably = is_probable(hit, sure)
    return Match(
        number=hit.number,
        score=hit.score,
        sure=probably and not hit.device,
        same_service=hit.same_service,
        words=hit.words,
        service=hit.service,
        device=probably and hit.device,
    )


def is_probable(hit: Hit, sure: float = SURE) -> bool:
    """Say whether it is probably the same; what is not far above the others has to be alone."""
    if not hit.numbers_fit:
        return False
    if hit.same_text and hit.same_service:
        return True
    return hit.score >= sure + (0.0 if hit.ahead >= AHEAD else BARELY)


def find_saying(tx: Tx, text: str, *, now: datetime, limit: int) -> list[Seen]:
    """Return the incidents that say these words, in other words too, most of them first."""
    from handlers.similarity.cache import look  # numpy, only when it is needed

    return look(tx, text, now, limit)


def said_share(asked: str, text: str) -> float:
    """Return the share of the words asked for that a short text says, from 0 to 1."""
    mine, theirs = words(asked), words(text)
    if not mine or not theirs:
        return 0.0
    best = [max(word_similarity(each, word) for word in theirs) for each in mine]
    return sum(each for each in best if each >= SAID) / len(best)


def is_near_same(one: str, other: str) -> bool:
    """Say whether two titles of the same service are near-same."""
    mine, theirs = words(one), words(other)
    return numbers_fit(mine, theirs) and agreement(mine, theirs) >= ALIKE
