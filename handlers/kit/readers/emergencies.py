"""Whether words speak of somebody in danger. Then 112 comes first, before anything of ours."""

from __future__ import annotations

import re

from handlers.kit.folding import folded
from handlers.kit.messages import Text
from handlers.kit.words import _

DANGER = re.compile(
    r"\b(verletzt(er|e|en)?|schwerverletzt\w*|\w*unfall|bewusstlos\w*|umgekippt|eingeklemmt"
    r"|feuer|fire|herzinfarkt|schlaganfall|blutet|notfall|stromschlag|gasgeruch|gasaustritt"
    r"|(riecht|stinkt) (\w+ )?nach (gas|rauch|verbranntem)|smells? (of|like) (gas|smoke)"
    r"|es brennt|brennt|hurt|injured|unconscious|bleeding|heart attack|electric shock|gas leak"
    r"|ohnmaechtig|atmet nicht|not breathing|rauch (aus|im|in)|smoke (from|in)"
    r"|hand in der (maschine|presse|saege)|finger (ab|in der))\b"
)
HARMLESS = re.compile(
    r"\bverletzt (die|das|den|eine|einen|ein|unsere)\b"
    r"|\b(licht|lampe|lampen|led|leuchte|\w+lampe|\w+leuchte|birne)\b.*\bbrennt\b"
    r"|\bbrennt\b.*\b(licht|lampe)\b|\bfire (wall|tv|stick)\b"
)


def in_danger(text: str) -> bool:
    """Say whether a text speaks of fire or of somebody hurt. Rather once too often."""
    said = folded(text)
    if said.strip(" .!?") == "112":
        return True
    return DANGER.search(said) is not None and HARMLESS.search(said) is None


def call_first() -> Text:
    """Return the sentence that stands before everything else."""
    return Text(_("If somebody is in danger, call 112 first."))
