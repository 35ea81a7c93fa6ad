"""Why a call could not be used, as the card of an automation says it."""

from __future__ import annotations

from handlers.kit.worded import Worded
from handlers.kit.words import _


class Odd(Worded):
    """Why a call could not be used."""

    USED = "used", _("this run was told before")
    BURST = "burst", _("too many within a minute, counted once")
    TEST = "test", _("a test, not counted")
    PREVIEW = "preview", _("a preview of the link, not counted")
    METHOD = "method", _("not a POST, not counted")
    FORM = "form", _("a part of it could not be understood")
    TYPE = "type", _("an event of unknown kind")
    EXPIRED = "expired", _("an address that is not valid any more")
    AMBIGUOUS = "ambiguous", _("its name for calls belongs to another one, too")
    SENDER = "sender", _("an e-mail from a sender that is not allowed")
