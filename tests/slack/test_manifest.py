"""The app manifest: all that the program uses, nothing more, and within Slack's limits."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.delivery import menus
from bot.delivery.shortcuts import SHORTCUTS
from bot.slack import payloads as slack_payloads
from handlers import FEATURES
from handlers.kit.commands import by_name
from handlers.kit.readers import folded

ROOT = Path(__file__).parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
ADDRESS = "https://lotse.example.com"

# What each method of the Web API asks of a bot token, from Slack's reference.
METHODS: dict[str, str | None] = {
    "auth.test": None,
    "oauth.v2.access": None,
    "api.test": None,
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.archive": "channels:manage",
    # Direct messages only; where somebody grants more, it reads channels that Lotse is in.
    "conversations.history": "im:history",
    "conversations.create": "channels:manage",
    "conversations.invite": "channels:manage",
    "conversations.rename": "channels:manage",
    "conversations.setTopic": "channels:manage",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "users.info": "users:read",
    "views.open": None,
    "views.publish": None,
    "views.push": None,
    "views.update": None,
}
# What each event asks for; a joining is told for public and private channels apart.
EVENTS: dict[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "channel_unarchive": ("channels:read",),
    "group_unarchive": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "message.im": ("im:history",),
    "tokens_revoked": (),
    "user_change": ("users:read",),
}
LISTENED = {"message": "message.im"}  # the listener's name where it is another one

# Slack's own commands, which no app may take; one of them makes it refuse the whole manifest.
TAKEN = re.compile(
    "active|apps|archive|away|call|close|collapse|dm|dnd|expand|feed|invite|join|kick|leave|me|msg"
    "|mute|open|part|prefs|pro|remind|remove|rename|search|shortcuts|shrug|star|status|topic|who"
)


def trees() -> Iterator[ast.AST]:
    """Give the syntax trees of everything that talks to Slack."""
    sources = sorted((ROOT / "bot" / "slack").rglob("*.py"))
    assert len(sources) > 10, "the rule looks at nothing"
    for path in [*sources, ROOT / "bot" / "delivery" / "menus.py"]:
        yield ast.parse(path.read_text(encoding="utf-8"))


def nodes(kind: type[ast.AST]) -> Iterator[Any]:
    """Give every node of a kind in them."""
    for tree in trees():
        yield from (node for node in ast.walk(tree) if isinstance(node, kind))


def used() -> set[str]:
    """Return the methods of the Web API that the source names, as text or as a call."""
    method = re.compile(
        r"(admin|api|apps|assistant|auth|bookmarks|bots|calls|canvases|chat|conversations|dnd|emoji"
        r"|files|functions|oauth|openid|pins|reactions|reminders|search|stars|team|tooling"
        r"|usergroups|users|views|workflows)(\.[a-zA-Z0-9]+)+"
    )
    texts = {node.value for node in nodes(ast.Constant) if isinstance(node.value, str)}
    found = {each for each in texts if method.fullmatch(each)}
    called = {
        node.func.attr
        for node in nodes(ast.Call)
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value).endswith("client")
    } - {"api_call"}
    by_call = {each.replace(".", "_").lower(): each for each in METHODS}
    return found | {by_call.get(each, each) for each in called}


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest) -> str:
    """Each of the two languages."""
    return str(request.param)


@pytest.fixture(params=["", ADDRESS], ids=["socket", "http"])
def made(request: pytest.FixtureRequest, language: str) -> dict[str, Any]:
    """The manifest in each language, for each of the two ways."""
    return menus.manifest(language, request.param)


# --- least, and all of it ----------------------------------------------------------------


def test_every_method_that_is_used_has_its_scope_in_the_table() -> None:
    assert used() == set(METHODS), (
        "say in METHODS which scope it needs, and in bot/delivery/menus.py why"
    )


def test_the_events_are_those_that_have_a_listener() -> None:
    listeners = {
        str(node.args[0].value)
        for node in nodes(ast.Call)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr == "event"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert {LISTENED.get(each, each) for each in listeners} == set(menus.EVENTS) == set(EVENTS)


def test_the_scopes_are_exactly_those_of_the_methods_and_events() -> None:
    needed = {scope for scope in METHODS.values() if scope is not None}
    needed |= {scope for event in menus.EVENTS for scope in EVENTS[event]}
    assert {*menus.SCOPES, *menus.ROOM_SCOPES, *menus.PICTURE_SCOPES} == needed | {"commands"}
    plain, roomy = (menus.manifest("en", rooms=each, pictures=each) for each in (False, True))
    assert plain["oauth_config"]["scopes"]["bot"] == list(menus.SCOPES)
    assert set(roomy["oauth_config"]["scopes"]["bot"]) == needed | {"commands"}
    assert list(menus.SCOPES) == sorted(menus.SCOPES)


def test_the_page_for_the_operator_tells_every_scope_with_its_reason() -> None:
    page = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+(?::[a-z.]+)?)` \| (.+) \|$", page, flags=re.M)
    assert dict(rows) == {**menus.SCOPES, **menus.ROOM_SCOPES, **menus.PICTURE_SCOPES}


def test_every_shortcut_stands_in_the_manifest_and_no_other(made: dict[str, Any]) -> None:
    shortcuts = made["features"]["shortcuts"]
    assert [each["callback_id"] for each in shortcuts] == list(SHORTCUTS)
    assert set(menus.SHORTCUT_WORDS) == set(SHORTCUTS)
    for each in shortcuts:
        word, fills = SHORTCUTS[each["callback_id"]]
        assert by_name(word, FEATURES) is not None
        assert each["type"] == ("message" if fills else "global")


def test_a_direct_name_puts_a_word_of_its_own_in_front(language: str) -> None:
    names = {
        "en": ["/lotse", "/incident", "/friction", "/feedback"],
        "de": ["/lotse", "/stoerung", "/reibung", "/feedback"],
    }
    commands = menus.manifest(language)["features"]["slash_commands"]
    assert [each["command"] for each in commands] == names[language]
    for each, word in zip(commands[1:], menus.DIRECT, strict=True):
        command = by_name(word, FEATURES)
        assert command is not None
        said = slack_payloads.command_words(
            {"command": each["command"], "text": "Kasse 3 druckt nicht"}
        )
        first, _space, rest = said.text.partition(" ")
        assert first in {folded(known) for known in command.words[language]}
        assert rest == "Kasse 3 druckt nicht"


def test_no_command_takes_a_name_of_slacks_own(made: dict[str, Any]) -> None:
    for each in made["features"]["slash_commands"]:
        assert not TAKEN.fullmatch(each["command"].removeprefix("/"))


# --- as Slack wants it -------------------------------------------------------------------


def test_every_text_keeps_within_slacks_limits(made: dict[str, Any]) -> None:
    about, features = made["display_information"], made["features"]
    assert 1 <= len(about["name"]) <= 35
    assert 1 <= len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4000
    assert 1 <= len(features["bot_user"]["display_name"]) <= 80
    assert 1 <= len(features["shortcuts"]) <= 10
    for each in features["shortcuts"]:
        assert 1 <= len(each["name"]) <= 24
        assert 1 <= len(each["description"]) <= 150
        assert 1 <= len(each["callback_id"]) <= 255
    assert 1 <= len(features["slash_commands"]) <= 50
    for each in features["slash_commands"]:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", each["command"], re.ASCII)
        assert 1 <= len(each["description"]) <= 2000
        assert 1 <= len(each["usage_hint"]) <= 1000
        assert each["should_escape"] is True
    assert len(made["settings"]["event_subscriptions"]["bot_events"]) <= 100
    assert len(made["oauth_config"]["scopes"]["bot"]) <= 255
    assert all(len(each) <= 50 for each in made["oauth_config"]["scopes"]["bot"])


def addresses(value: Any) -> list[str]:
    """Return every address in a manifest."""
    if isinstance(value, dict):
        here = [each for key, each in value.items() if key in ("url", "request_url")]
        return here + [found for each in value.values() for found in addresses(each)]
    if isinstance(value, list):
        return [found for each in value for found in addresses(each)]
    return []


def test_in_socket_mode_no_address_is_named(language: str) -> None:
    made = menus.manifest(language)
    assert made["settings"]["socket_mode_enabled"] is True
    assert addresses(made) == []


def test_over_http_everything_comes_to_the_one_route(language: str) -> None:
    made = menus.manifest(language, ADDRESS)
    assert made["settings"]["socket_mode_enabled"] is False
    # Four commands, the buttons and the events.
    assert addresses(made) == [f"{ADDRESS}/slack/events"] * 6


def test_both_tabs_are_on_and_nothing_more_than_needed(made: dict[str, Any]) -> None:
    assert made["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert made["settings"]["interactivity"]["is_enabled"] is True
    assert made["settings"]["org_deploy_enabled"] is False
    assert made["settings"]["token_rotation_enabled"] is False
    assert "user" not in made["oauth_config"]["scopes"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("way", ["socket", "http"])
def test_the_manifest_stays_as_it_was_looked_at(language: str, way: str) -> None:
    path = GOLDEN / f"slack-manifest.{language}.{way}.json"
    option = "--socket" if way == "socket" else f"--url {ADDRESS}"
    made = menus.written(language, "" if way == "socket" else ADDRESS)
    assert path.read_text(encoding="utf-8") == made, (
        f"python -m bot manifest slack --lang {language} {option} > {path.relative_to(ROOT)}"
    )


# --- the command line --------------------------------------------------------------------


def test_the_command_line_writes_json_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack", "--lang", "de", "--socket"]) == 0
    written = capsys.readouterr()
    assert json.loads(written.out) == menus.manifest("de")
    assert written.err == ""
    assert main(["manifest", "slack", "--url", f"{ADDRESS}/"]) == 0
    assert json.loads(capsys.readouterr().out) == menus.manifest("en", ADDRESS)


def test_without_an_address_an_example_stands_there_and_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["manifest", "slack"]) == 0
    written = capsys.readouterr()
    assert json.loads(written.out) == menus.manifest("en", menus.SOMEWHERE)
    assert "--socket" in written.err


@pytest.mark.parametrize(
    "given",
    [
        "https://lotse.example.com",
        "https://lotse.example.com/",
        "https://lotse.example.com/slack/events",
        " https://lotse.example.com/slack/events/ ",
    ],
)
def test_an_address_may_be_given_in_any_sensible_way(given: str) -> None:
    assert menus.endpoint(given) == "https://lotse.example.com/slack/events"


def test_lotse_may_stand_below_a_path_and_on_a_port() -> None:
    assert menus.endpoint("https://a.de:8443/bots/lotse/") == (
        "https://a.de:8443/bots/lotse/slack/events"
    )


@pytest.mark.parametrize(
    "given",
    [
        "http://lotse.example.com",
        "lotse.example.com",
        "https://",
        "https://user:word@lotse.example.com",
        "https://lotse.example.com/?a=b",
        "https://lotse.example.com/#a",
        "https://lotse .example.com",
        'https://lotse.example.com/"',
    ],
)
def test_an_address_that_slack_cannot_use_is_refused(
    given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["manifest", "slack", "--url", given])
    assert left.value.code == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert "public address" in written.err


# --- many workspaces ---------------------------------------------------------------------


def test_where_companies_install_it_browsers_come_back(language: str) -> None:
    one = menus.manifest(language, ADDRESS)
    many = menus.manifest(language, ADDRESS, f"{ADDRESS}/")
    assert many["oauth_config"].pop("redirect_urls") == [f"{ADDRESS}/slack/oauth_redirect"]
    assert many == one


def test_socket_mode_can_be_installed_by_companies_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack", "--socket", "--install", ADDRESS]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["settings"]["socket_mode_enabled"] is True
    assert addresses(made) == []
    assert made["oauth_config"]["redirect_urls"] == [f"{ADDRESS}/slack/oauth_redirect"]


def test_the_address_of_requests_does_for_installing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack", "--url", ADDRESS, "--install"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made == menus.manifest("en", ADDRESS, ADDRESS)
    for wrong in (["--socket", "--install"], ["--url", ADDRESS, "--install", "http://x.de"]):
        with pytest.raises(SystemExit) as left:
            main(["manifest", "slack", *wrong])
        assert left.value.code == 2
        assert "address" in capsys.readouterr().err
