"""What Teams sends, read without Teams."""

from __future__ import annotations

import pytest

from bot.teams import payloads as teams_payloads
from bot.teams.botbuilder import Reader


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        ({"id": "19:a", "name": "Störungen"}, "Störungen"),
        ({"id": "19:a"}, ""),  # a private one, or Teams does not say
        ({"id": "19:team"}, "General"),
        ({"id": "19:team", "name": "Allgemein"}, "Allgemein"),
    ],
)
def test_a_teams_first_channel_has_a_name_though_teams_tells_none(
    channel: dict[str, str], name: str
) -> None:
    told = {"team": {"id": "19:team"}, "channel": channel, "tenant": {"id": "t"}}
    activity = Reader().read(
        {
            "type": "message",
            "from": {"id": "29:anna"},
            "recipient": {"id": "28:lotse"},
            "conversation": {"id": f"{channel['id']};messageid=1", "conversationType": "channel"},
            "channelData": told,
        }
    )
    where = teams_payloads.where_of(activity, teams_payloads.sender_of(activity))
    assert (where.place, where.name) == (f"teams:{channel['id']}", name)
