"""Settings: every mistake told at once, in plain words, and no secret in any of them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from bot.config import BadSettings, Settings, example, page

ROOT = Path(__file__).parent.parent
CANARY = "geheim-4711-canary"
SECRETS = [each.metadata["env"] for each in fields(Settings) if each.metadata["secret"]]


def mistakes(env: dict[str, str]) -> list[str]:
    """Return what is said about wrong settings, one line each."""
    with pytest.raises(BadSettings) as caught:
        Settings.from_env(env)
    return str(caught.value).splitlines()


def test_without_any_setting_lotse_runs_as_a_demo_on_this_machine_only() -> None:
    settings = Settings.from_env({})
    assert settings.demo
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.database_url == "sqlite:///data/lotse.db"


def test_customary_names_are_read() -> None:
    settings = Settings.from_env(
        {
            "DATABASE_URL": "postgresql://me@db/lotse",
            "HOST": "localhost",
            "PORT": "0",
            "LOTSE_LANGUAGE": "en",
            "LOTSE_ZONE": "America/New_York",
            "LOTSE_REGION": "DE-NW",
            "LOTSE_DATA": "/var/lib/lotse",
            "PATH": "/bin",
            "HOSTNAME": "somewhere",
        }
    )
    assert settings.database_url == "postgresql://me@db/lotse"
    assert (settings.host, settings.port, settings.language) == ("localhost", 0, "en")
    assert (settings.zone, settings.region) == ("America/New_York", "DE-NW")
    assert settings.data == Path("/var/lib/lotse")


def test_an_empty_value_is_no_value() -> None:
    assert Settings.from_env({"PORT": "", "LOTSE_ZONE": "", "SLACK_BOT_TOKEN": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOTSE_SMTP", f"smtps://bot:{CANARY}@mail.example.com"),
        ("LOTSE_URL", f"https://bot:{CANARY}@lotse.example.com"),
        ("SLACK_API_URL", f"xoxb-{CANARY}"),
        ("PORT", f"xapp-1-{CANARY}"),
        ("LOTSE_ZONE", f"xoxb-{CANARY}"),
        ("LOTSE_LANGUAGE", f"A1b2C3d4E5f6G7h8I9j0{CANARY}".replace("-", "")),
    ],
)
def test_a_secret_that_was_put_into_another_setting_is_not_shown(name: str, value: str) -> None:
    (said,) = [each for each in mistakes({name: value}) if each.startswith(f"{name}:")]
    assert "canary" not in said
    assert said.startswith(f"{name}: the value does not fit")


def test_slacks_tokens_the_other_way_round_are_told() -> None:
    said = mistakes({"SLACK_BOT_TOKEN": "xapp-1-x", "SLACK_APP_TOKEN": "xoxb-1"})
    assert "the other way round" in " ".join(said)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"HOST": "nosuch.invalid", "SLACK_BOT_TOKEN": "xoxb-1"}, "HOST"),
        ({"DATABASE_URL": "sqlite:///{folder}"}, "{folder} cannot be used"),
        ({"DATABASE_URL": "sqlite:///{folder}/text"}, "{folder}/text cannot be used"),
        ({"DATABASE_URL": "sqlite:///{folder}/text/in.db"}, "in.db cannot be used"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_setting(
    tmp_path: Path, env: dict[str, str], named: str
) -> None:
    (tmp_path / "text").write_text("no database, " * 100)
    given = {name: value.format(folder=tmp_path) for name, value in env.items()}
    told = subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"], "PORT": "0", "SLACK_SIGNING_SECRET": "s",
            "SLACK_API_URL": "http://127.0.0.1:9/api/", "SLACK_BOT_TOKEN": "xoxb-1",
            "DATABASE_URL": f"sqlite:///{tmp_path}/new.db", **given,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )  # fmt: skip
    assert told.returncode == 1
    assert named.format(folder=tmp_path) in told.stderr
    assert "Traceback" not in told.stderr


WRONG = [
    {"PORT": "http"},
    {"PORT": "-1"},
    {"PORT": "65536"},
    {"PORT": "３000"},
    {"PORT": "3000.0"},
    {"LOTSE_LANGUAGE": "fr"},
    {"LOTSE_LANGUAGE": "DE"},
    {"LOTSE_ZONE": "Berlin"},
    {"LOTSE_ZONE": "../../etc/passwd"},
    {"LOTSE_ZONE": "GMT+99"},
    {"LOTSE_REGION": "Germany"},
    {"LOTSE_REGION": "de"},
    {"LOTSE_REGION": "DE-"},
    {"LOTSE_REGION": "ÄÖ"},
    {"LOTSE_REGION": "DE-N W"},
    {"LOTSE_REGION": "XX"},
    {"LOTSE_REGION": "DE-XX"},
    {"DATABASE_URL": "lotse.db"},
    {"DATABASE_URL": "mysql://me@db/lotse"},
    {"DATABASE_URL": "sqlite://lotse.db"},
    {"DATABASE_URL": "sqlite:///"},
    {"DATABASE_URL": "sqlite:///:memory:"},
    {"LOTSE_LANGAUGE": "de"},
    {"LOTSE_LANGUAGE_FILES": "x"},
    {"HOST": "0.0.0.0"},
    {"HOST": "::"},
    {"HOST": "192.168.1.7"},
    {"HOST": "lotse.example.com"},
    {"SLACK_BOT_TOKEN": "xoxb-1"},
    {"SLACK_CLIENT_SECRET": "x"},
    {"LOTSE_KEYS": "a"},
    {"LOTSE_KEYS": "a=b"},
    {"MICROSOFT_APP_ID": "b07a0000-0000-4000-8000-000000000002"},
    {"MICROSOFT_APP_PASSWORD": "x"},
    {"MICROSOFT_APP_TENANTID": "7e4a0000-0000-4000-8000-000000000001"},
    {"MICROSOFT_APP_TENANTID": "example.onmicrosoft.com"},
    {"MICROSOFT_APP_TENANTID": ","},
    {"MICROSOFT_APP_TYPE": "UserAssignedMSI"},
    {"MICROSOFT_APP_TYPE": "singletenant"},
    {"TEAMS_CLOUD": "china"},
    {"TEAMS_SERVICE_HOSTS": "https://smba.trafficmanager.net/"},
    {"TEAMS_SERVICE_HOSTS": "*.trafficmanager.net"},
    {"TEAMS_LOGIN_URL": "login.example"},
    {"TEAMS_DEV_LOOPBACK": "yes"},
    {"PORT_FILE": "/does/not/exist"},
    {"PORT_FILE": "/"},
]


@pytest.mark.parametrize("env", WRONG, ids=lambda env: "-".join(f"{k}={v}" for k, v in env.items()))
def test_a_wrong_setting_is_refused_with_its_name_and_what_it_takes(env: dict[str, str]) -> None:
    (line,) = mistakes(env)
    (name,) = env
    assert line.startswith((f"{name}:", f"{name} is set"))
    assert line.endswith((".", ")."))
    assert len(line) > len(name) + 20, "it says what would be right"


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes(
        {
            "PORT": "http",
            "LOTSE_LANGUAGE": "fr",
            "LOTSE_ZONE": "Berlin",
            "LOTSE_REGION": "Bayern",
            "DATABASE_URL": "lotse.db",
            "LOTSE_UNKNOWN": "1",
            "LOTSE_DATA_FILE": "/does/not/exist",
            "HOST": "0.0.0.0",
        }
    )
    assert sorted(line.partition(":")[0] for line in found) == [
        "DATABASE_URL",
        "HOST",
        "LOTSE_DATA_FILE",
        "LOTSE_LANGUAGE",
        "LOTSE_REGION",
        "LOTSE_UNKNOWN",
        "LOTSE_ZONE",
        "PORT",
    ]


def test_a_file_may_hold_the_value(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-from-a-file\n", encoding="utf-8")
    (tmp_path / "secret").write_text("  hush  \n", encoding="utf-8")
    settings = Settings.from_env(
        {
            "SLACK_BOT_TOKEN_FILE": str(tmp_path / "token"),
            "SLACK_SIGNING_SECRET_FILE": str(tmp_path / "secret"),
        }
    )
    assert (settings.slack_bot_token, settings.slack_signing_secret) == ("xoxb-from-a-file", "hush")
    assert not settings.demo


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe" + CANARY.encode())
    (line,) = mistakes({"SLACK_BOT_TOKEN_FILE": str(tmp_path / "binary")})
    assert line.startswith("SLACK_BOT_TOKEN_FILE:")
    assert CANARY not in line


def test_once_a_platform_is_configured_other_machines_may_connect() -> None:
    env = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "x", "HOST": "0.0.0.0"}
    settings = Settings.from_env(env)
    assert settings.host == "0.0.0.0"
    assert not settings.demo


TEAMS = {
    "MICROSOFT_APP_ID": "b07a0000-0000-4000-8000-000000000002",
    "MICROSOFT_APP_PASSWORD": "hush",
    "MICROSOFT_APP_TENANTID": "7E4A0000-0000-4000-8000-000000000001",
}


def test_teams_needs_all_of_its_three_settings() -> None:
    settings = Settings.from_env(TEAMS)
    assert settings.teams and not settings.demo
    assert settings.microsoft_app_tenants == ("7e4a0000-0000-4000-8000-000000000001",)
    for name in TEAMS:
        (line,) = mistakes({key: value for key, value in TEAMS.items() if key != name})
        assert line.endswith(f"also needs {name}.")


def test_several_tenants_need_a_registration_for_several() -> None:
    several = {**TEAMS, "MICROSOFT_APP_TENANTID": ",".join([TEAMS["MICROSOFT_APP_TENANTID"]] * 2)}
    assert "MultiTenant" in mistakes(several)[0]
    assert Settings.from_env({**several, "MICROSOFT_APP_TYPE": "MultiTenant"}).teams


def test_without_credentials_teams_stays_on_this_machine() -> None:
    assert Settings.from_env({"TEAMS_DEV_LOOPBACK": "1"}).teams
    assert not Settings.from_env({"TEAMS_DEV_LOOPBACK": "0"}).teams
    (line,) = mistakes({"TEAMS_DEV_LOOPBACK": "1", "HOST": "0.0.0.0"})
    assert line.startswith("HOST:")
    (line,) = mistakes({"TEAMS_DEV_LOOPBACK": "1", **TEAMS})
    assert "leave either out" in line


# --- secrets -----------------------------------------------------------------------------


def test_there_are_secrets_and_no_name_of_one_is_forgotten() -> None:
    for each in fields(Settings):
        name = each.metadata["env"]
        sounds_secret = any(word in name for word in ("TOKEN", "SECRET", "PASSWORD", "KEY"))
        assert each.metadata["secret"] or not sounds_secret, name
    assert "DATABASE_URL" in SECRETS, "it may have a password in it"


def test_no_secret_is_in_what_is_printed_of_the_settings() -> None:
    values: dict[str, str] = {
        each.name: CANARY for each in fields(Settings) if each.metadata["secret"]
    }
    settings = Settings(**values)  # type: ignore[arg-type]
    assert CANARY not in f"{settings} {settings!r}"


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_in_what_is_said_about_a_mistake(name: str) -> None:
    env = {"PORT": "http", name: CANARY, f"{name}S": CANARY}
    assert CANARY not in "\n".join(mistakes(env))


def start(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Start Lotse with nothing but these settings."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={**keep, **env},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_starting_with_wrong_settings_says_all_of_it_and_nothing_secret() -> None:
    ended = start(
        PORT="http",
        LOTSE_ZONE="Berlin",
        DATABASE_URL=f"mysql://lotse:{CANARY}@db/lotse",
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    lines = ended.stderr.splitlines()
    assert lines[0] == "Some settings do not fit:"
    assert sorted(line.partition(":")[0] for line in lines[1:]) == [
        "DATABASE_URL",
        "LOTSE_ZONE",
        "PORT",
    ]
    assert CANARY not in ended.stderr


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "lotse.db").mkdir()
    ended = start("migrate", DATABASE_URL=f"sqlite:///{tmp_path / 'lotse.db'}")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr


# --- pages that are written from the program ---------------------------------------------


def test_the_example_and_the_page_name_every_setting_and_no_value_of_a_secret() -> None:
    for each in fields(Settings):
        name = each.metadata["env"]
        assert f"#{name}=" in example()
        assert f"| `{name}` |" in page()
        assert each.metadata["help"] in page()


def test_the_example_can_be_used_as_it_is() -> None:
    lines = [line.removeprefix("#") for line in example().splitlines() if line.startswith("#")]
    env = dict(line.split("=", 1) for line in lines if "=" in line.split(" ")[0])
    assert len(env) == len(fields(Settings))
    assert Settings.from_env(env) == Settings()
