"""What every card and form is, as one line each: `python -m tests.pictures.compare > before`.

Two such lists are compared with `diff`: a change that shall change no picture changes no line.
"""

from __future__ import annotations

import hashlib
import json

from tests.pictures.cards import LANGUAGES, album


def lines() -> list[str]:
    """Return a line for each card: language, platform, hash of its JSON, caption."""
    found = []
    for language in LANGUAGES:
        for card in album(language):
            for platform, shown in (("slack", card.shown), ("teams", card.teams)):
                text = json.dumps(shown, sort_keys=True, ensure_ascii=False)
                mark = hashlib.sha256(text.encode()).hexdigest()[:12]
                found.append(f"{language} {platform} {mark} {card.caption}")
    return found


if __name__ == "__main__":
    print("\n".join(lines()))
