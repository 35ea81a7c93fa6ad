"""Photos, voice notes, files and forwarded messages: what is not taken along is said."""

from __future__ import annotations

from typing import Any

from storage.engine.sqlite import Sqlite
from tests.pretend.slack_stage import slack_stage
from tests.pretend.teams_stage import teams_stage

PHOTO = {"mimetype": "image/png", "permalink": "https://peer.slack.com/files/UANNA/F1/till.png"}
VOICE = {"mimetype": "audio/mp4", "subtype": "slack_audio", "permalink": "https://x.example/F2"}
SHARED = {
    "is_share": True,
    "text": "Till 3 smells burnt",
    "from_url": "https://peer.slack.com/archives/C1/p1",
}


def titles(stage: Any) -> list[tuple[str, str | None]]:
    rows = stage.rows(
        "select title, body from incidents where workspace = :workspace order by number"
    )
    return [(row["title"], row["body"]) for row in rows]


async def test_a_photo_beside_words_in_slack(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        anna = stage.client("anna")
        said = await anna.says("incident Till is dead", subtype="file_share", files=[PHOTO])
        assert "INC-1 is declared." in said
        assert "Not taken along: a photo. It stays in your message." in said
        assert titles(stage) == [
            ("Till is dead", f"Till is dead\n{PHOTO['permalink']}"),
        ]  # fmt: skip
        said = await anna.says("Printer two is dead", subtype="file_share", files=[PHOTO, VOICE])
        assert "Declare this as an incident" in said and "a photo and a voice note" in said
        await anna.press("Declare this as an incident")
        assert titles(stage)[1][1] == f"Printer two is dead\n{PHOTO['permalink']}"


async def test_a_photo_or_a_voice_note_alone_in_slack(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        anna = stage.client("anna")
        for file, what in ((PHOTO, "a photo"), (VOICE, "a voice note"), ({"id": "F3"}, "a file")):
            said = await anna.says("", subtype="file_share", files=[file])
            assert said.startswith(f"I cannot look at {what}. Please write in a sentence")
            assert "[Declare an incident]" in said
        assert titles(stage) == []


async def test_a_forwarded_message_in_slack_is_read_and_its_link_kept(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        anna = stage.client("anna")
        said = await anna.says("", attachments=[SHARED])
        assert "Declare this as an incident" in said and "Not taken along" not in said
        await anna.press("Declare this as an incident")
        assert titles(stage) == [
            ("Till 3 smells burnt", f"Till 3 smells burnt\n{SHARED['from_url']}")
        ]
        said = await anna.says("", attachments=[{**SHARED, "files": [PHOTO]}])
        assert "Not taken along: a photo." in said


async def test_an_action_on_a_message_keeps_its_link_in_slack(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        anna = stage.client("anna")
        message = {"ts": "1700000000.000100", "text": "Till is dead", "files": [PHOTO]}
        await anna.shortcut("report_message", message, "CGEN")
        assert anna.view is not None
        block = next(each for each in anna.view["blocks"] if each.get("block_id") == "title")
        assert block["element"]["initial_value"] == f"Till is dead\n{PHOTO['permalink']}"


async def test_enclosures_in_teams(sqlite: Sqlite) -> None:
    photo = {"contentType": "image/jpeg", "contentUrl": "https://smba.example/1"}
    file = {
        "contentType": "application/vnd.microsoft.teams.file.download.info",
        "content": {"fileType": "png"},
        "name": "till.png",
    }
    voice = {"contentType": "audio/mp4", "contentUrl": "https://smba.example/2"}
    forwarded = {
        "contentType": "forwardedMessageReference",
        "content": {"originalMessageContent": "<p>Till 3 smells burnt</p>"},
    }
    async with teams_stage(sqlite, strict=False) as stage:
        anna = stage.client("anna")
        said = await anna.says("incident Till is dead", attachments=[photo])
        assert "INC-1 is declared." in said and "Not taken along: a photo." in said
        title, body = titles(stage)[0]
        assert title == "Till is dead"
        assert (body or "").startswith("Till is dead\nhttps://teams.microsoft.com/l/message/")
        said = await anna.says("", attachments=[file])
        assert said.startswith("I cannot look at a photo.")
        said = await anna.says("", attachments=[voice])
        assert said.startswith("I cannot look at a voice note.")
        said = await anna.says("", attachments=[forwarded])
        assert "Declare this as an incident" in said
        await anna.press("Declare this as an incident")
        assert titles(stage)[1][0] == "Till 3 smells burnt"
