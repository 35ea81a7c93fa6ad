"""A service by its name, whole or begun; what fits nothing never refuses a declaration."""

from __future__ import annotations

import pytest

from handlers.kit.messages import Call
from handlers.services.lookup import nearest
from tests.pretend.stage import Say, Stage, answered

BRANCHES = (
    "SAP Düsseldorf Nord", "SAP Düsseldorf Süd", "SAP Düsseldorf West", "SAP Hamburg",
    "Hamburg Tor",
)  # fmt: skip


def test_those_that_begin_with_the_words_come_first() -> None:
    assert nearest("SAP Ham", BRANCHES)[0] == "SAP Hamburg"
    assert nearest("Hamburg", BRANCHES)[:2] == ["Hamburg Tor", "SAP Hamburg"]
    assert nearest("SAP Hambrug", BRANCHES)[0] == "SAP Hamburg"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("Etikettendrucker", "accountable for Etikettendrucker"),
        ("etikett", "accountable for Etikettendrucker"),
        ("quatsch", "I recognised no service in it"),
    ],
)
def test_an_inexact_name_never_refuses_a_declaration(
    bot: Stage, anna: Say, given: str, said: str
) -> None:
    call = Call("incident", {"title": "Es regnet rein", "service": given})
    answer = bot.handle(bot.request("anna", call=call, submitted=True))
    assert answer.outcome == "done"
    assert said in answered(answer)
