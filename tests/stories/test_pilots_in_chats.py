"""The page about pilots, played through the pretend Slack and the pretend Teams."""

from __future__ import annotations

import pytest

from storage.engine.sqlite import Sqlite
from tests.pretend import slack_stage as slack
from tests.pretend import teams_peer
from tests.pretend import teams_stage as teams
from tests.pretend.company import NAMES
from tests.pretend.slack_peer import direct
from tests.stories import test_slack_tour as in_slack
from tests.stories import test_teams_tour as in_teams
from tests.stories.players import ChatPlayer
from tests.stories.test_pilots_page import MORE, PAGES
from tests.stories.test_tour import framed, seen, steps

HALL = {"en": "everybody", "de": "alle"}


async def play(player: ChatPlayer, language: str) -> None:
    """Play the page to its end; what is shown on it is what is seen."""
    for step in steps(PAGES[language].read_text(encoding="utf-8")):
        shown = await player.play(step)
        if shown is None:
            assert not step.expected, f"line {step.number}: nothing is answered to this"
        elif step.expected or step.text[0] in "#@":
            expected = "\n".join(step.expected)
            assert seen(shown, step.expected) or seen(shown, framed(step.expected)), (
                f"line {step.number}, {step.text}\n\nis:\n{shown}\n\nin the page:\n{expected}"
            )


@pytest.mark.parametrize("language", PAGES)
async def test_a_pilot_over_twelve_weeks_in_slack(
    sqlite: Sqlite, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack, "NAMES", (*NAMES, *MORE))
    monkeypatch.setattr(
        slack, "CHANNELS", (*slack.CHANNELS, (slack.GENERAL, HALL[language], "general"))
    )
    monkeypatch.setitem(in_slack.PLACES, "general", slack.GENERAL)
    monkeypatch.setattr(in_slack, "CHANNELS", {language: ((HALL[language], "general"),)})
    async with slack.slack_stage(sqlite, language=language, chosen=False) as stage:
        await play(in_slack.Player(stage, language), language)
        assert stage.peer.sees(slack.GENERAL), "the result was posted"
        everybody = [direct(slack.user(each.lower())) for each in (*teams_peer.NAMES, *MORE)]
        assert all([stage.peer.sees(each) for each in everybody]), "everybody was asked"
        stage.peer.sees(slack.MANAGERS)


@pytest.mark.parametrize("language", PAGES)
async def test_a_pilot_over_twelve_weeks_in_teams(
    sqlite: Sqlite, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teams, "NAMES", (*NAMES, *MORE))
    monkeypatch.setattr(
        teams, "CHANNELS", (*teams.CHANNELS, (teams.GENERAL, HALL[language], "general"))
    )
    monkeypatch.setattr(teams_peer, "NAMES", (*teams_peer.NAMES, *MORE))
    monkeypatch.setitem(in_teams.PLACES, "general", teams.GENERAL)
    monkeypatch.setattr(in_teams, "CHANNELS", {language: ((HALL[language], "general"),)})
    async with teams.teams_stage(sqlite, language=language, chosen=False) as stage:
        await play(in_teams.Player(stage, language), language)
        assert stage.peer.sees(teams.GENERAL), "the result was posted"
        everybody = [stage.client(each).chat for each in teams_peer.NAMES]
        assert all([stage.peer.sees(each) for each in everybody]), "everybody was asked"
        stage.peer.sees(teams.MANAGERS)
