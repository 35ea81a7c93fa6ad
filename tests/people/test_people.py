"""What people choose for themselves."""

from __future__ import annotations

from tests.pretend.stage import Say


def test_everybody_chooses_their_language(ben: Say) -> None:
    assert ben("sprache en") == "From now on I speak English with you."
    assert ben("status") == "Nothing is waiting for you right now."
    assert ben("language auto") == "Von jetzt an spreche ich Deutsch mit dir."
