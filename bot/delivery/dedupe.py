"""What comes twice in a moment is heard once."""

from __future__ import annotations

from collections import OrderedDict

from bot.delivery import edge_texts


class Once:
    """Says of each delivery whether it has been answered; platforms may send one twice."""

    def __init__(self) -> None:
        self._answered: OrderedDict[str, None] = OrderedDict()

    def __call__(self, identity: str) -> bool:
        """Say whether this is the first time."""
        if identity in self._answered:
            return False
        self._answered[identity] = None
        if len(self._answered) > edge_texts.MOST_ANSWERED:
            self._answered.popitem(last=False)
        return True
