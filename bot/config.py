"""Settings: read once from the environment, all mistakes told at once, secrets never printed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from storage.engine import address

LOOPBACK = ("127.0.0.1", "localhost", "::1")
TENANT = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|::1", re.ASCII)


class Wrong(ValueError):
    """A setting's value does not fit; the text says what would."""


class BadSettings(Exception):
    """Some settings are wrong; the text lists all of them."""


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise Wrong("a port number from 0 to 65535 (0 takes a free one)")
    return int(text)


def _language(text: str) -> str:
    if text not in ("de", "en"):
        raise Wrong("de or en")
    return text


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise Wrong("an IANA time zone such as Europe/Berlin")
    ZoneInfo(text)
    return text


def _region(text: str) -> str:
    import holidays  # a fifth of a second, and only who sets a region needs it

    country, dash, part = text.partition("-")
    known = holidays.list_supported_countries()
    if country not in known or (dash and part not in known[country]):
        raise Wrong("a country, or country and state, such as DE or DE-NW")
    return text


def database(text: str) -> str:
    forgetful = text in ("sqlite:///", "sqlite:///:memory:")
    if forgetful or not text.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise Wrong("sqlite:///path/to/file.db or postgresql://user@host/name")
    if not text.startswith("sqlite:///"):
        try:
            address.read(text)
        except address.Unreadable as unreadable:
            raise Wrong(str(unreadable)) from None
    return text


def _folder(text: str) -> Path:
    return Path(text)


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")) or " " in text:
        raise Wrong("an address that begins with https:// or http://")
    return text.rstrip("/")


def _place(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise Wrong("an address and a port, such as 127.0.0.1:2525")
    return host.strip("[]"), _port(port)


def _domains(text: str) -> tuple[str, ...]:
    found = tuple(each.strip().lower() for each in text.split(",") if each.strip())
    if any(not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", each) for each in found):
        raise Wrong("domains such as example.com, separated by commas")
    return found


def _smtp(text: str) -> str:
    if not re.fullmatch(r"smtps?://[A-Za-z0-9.\[\]:-]+(:\d{1,5})?", text):
        raise Wrong("smtps://host, smtps://host:465 or smtp://host:587")
    return text


def _app_type(text: str) -> str:
    if text not in ("SingleTenant", "MultiTenant"):
        raise Wrong("SingleTenant or MultiTenant")
    return text


def _tenants(text: str) -> tuple[str, ...]:
    found = _list(text)
    if not found or not all(TENANT.fullmatch(each) for each in found):
        raise Wrong("a tenant's id such as 1b2c3d4e-0000-4000-8000-000000000000")
    return found


def _cloud(text: str) -> str:
    if text not in ("public", "gcc", "gcch", "dod"):
        raise Wrong("public, gcc, gcch or dod")
    return text


def _hosts(text: str) -> tuple[str, ...]:
    found = _list(text)
    if not all(HOST_NAME.fullmatch(each) for each in found):
        raise Wrong("names of hosts such as smba.trafficmanager.net")
    return found


def _list(text: str) -> tuple[str, ...]:
    return tuple(each.strip().lower() for each in text.split(",") if each.strip())


def _switch(text: str) -> bool:
    if text not in ("0", "1"):
        raise Wrong("1 or 0")
    return text == "1"


def _keys(text: str) -> str:
    from bot import encryption  # only who has many workspaces waits for the encryption

    try:
        encryption.keys_from(text)
    except ValueError:
        raise Wrong("id=key,id=key, each made by: python -m bot key") from None
    return text


def _yes(text: str) -> bool:
    if text not in ("0", "1"):
        raise Wrong("1 or 0")
    return text == "1"


def _hour(text: str) -> str:
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise Wrong("a time such as 03:30")
    return text


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 60:
        raise Wrong("a number of days from 1 to 60")
    return int(text)


def _log(text: str) -> str:
    if text not in ("text", "json"):
        raise Wrong("text or json")
    return text


def _backup_key(text: str) -> str:
    from bot.operations import sealing  # only who seals backups waits for the encryption

    try:
        sealing.public(text)
    except ValueError:
        raise Wrong("the public key that python -m bot key --backup made") from None
    return text


def _meaning(text: str) -> bool:
    if not _switch(text):
        return False
    from handlers.similarity import meaning  # numpy, only for who wants it

    if not meaning.installed():
        raise Wrong("0, or first: pip install 'lotse-bot[meaning]'")
    return True


def _plain(text: str) -> str:
    return text


def setting(
    env: str, default: Any, help: str, read: Callable[[str], Any] = _plain, secret: bool = False
) -> Any:
    """Declare a setting: its name in the environment, default, sentence and reader."""
    return field(
        default=default,
        repr=not secret,
        metadata={"env": env, "help": help, "read": read, "secret": secret},
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Without any setting Lotse runs as a demo."""

    database_url: str = setting(
        "DATABASE_URL",
        "sqlite:///data/lotse.db",
        "Where Lotse remembers: an SQLite file, or PostgreSQL for several machines.",
        database,
        secret=True,
    )
    host: str = setting("HOST", "127.0.0.1", "The address to listen on.")
    port: int = setting("PORT", 3000, "The port to listen on.", _port)
    url: str = setting(
        "LOTSE_URL",
        "",
        "Where machines reach Lotse from outside, such as https://lotse.example.com; it stands in "
        "the secret addresses of automations. Empty: the address that it listens on.",
        _url,
    )
    mail_listen: tuple[str, int] | None = setting(
        "LOTSE_MAIL_LISTEN",
        None,
        "Where to listen for e-mails that report runs, such as 127.0.0.1:2525. Empty: not at all. "
        "Your own mail server delivers there; it needs pip install 'lotse-bot[mail]'.",
        _place,
    )
    mail_senders: tuple[str, ...] = setting(
        "LOTSE_MAIL_SENDERS",
        (),
        "The domains whose e-mails may report runs, separated by commas.",
        _domains,
    )
    metrics_token: str = setting(
        "LOTSE_METRICS_TOKEN",
        "",
        "What Prometheus shows as its bearer token at /metrics. Empty: /metrics answers this "
        "machine only.",
        secret=True,
    )
    data: Path = setting(
        "LOTSE_DATA", Path("data"), "The folder of the demo's own database.", _folder
    )
    language: str = setting(
        "LOTSE_LANGUAGE",
        "de",
        "The company's language, de or en; people choose their own.",
        _language,
    )
    zone: str = setting("LOTSE_ZONE", "Europe/Berlin", "The company's time zone.", _zone)
    region: str = setting(
        "LOTSE_REGION", "DE", "Whose public holidays count, such as DE or DE-NW.", _region
    )
    log: str = setting(
        "LOTSE_LOG", "text", "How the log is written: text, or json with one object a line.", _log
    )
    heartbeat_url: str = setting(
        "LOTSE_HEARTBEAT_URL",
        "",
        "An address at a monitor outside, called each minute while Lotse's own check is clean; "
        "when it stays out, something is wrong here.",
        _url,
        secret=True,
    )
    backups: Path = setting(
        "LOTSE_BACKUPS",
        Path("data/backups"),
        "The folder of backups, and of the list of who was erased since.",
        _folder,
    )
    backup_at: str = setting(
        "LOTSE_BACKUP_AT",
        "",
        "When a backup is taken each day, such as 03:30 in the company's time zone. Empty: only "
        "by python -m bot backup.",
        _hour,
    )
    backup_days: int = setting(
        "LOTSE_BACKUP_DAYS", 14, "For how many days backups are kept; the newest always is.", _days
    )
    backup_key: str = setting(
        "LOTSE_BACKUP_KEY",
        "",
        "The public key that backups are sealed to. python -m bot key --backup makes a pair; the "
        "private one is only needed to restore.",
        _backup_key,
        secret=True,
    )
    meaning: bool = setting(
        "LOTSE_MEANING",
        False,
        "1 asks a model that lies on this machine for a second opinion when incidents are "
        "compared: more repeats are found, for 150 MiB of memory (docs/similarity.md). Needs the "
        "extra: pip install 'lotse-bot[meaning]'.",
        _meaning,
    )
    smtp: str = setting(
        "LOTSE_SMTP",
        "",
        "The digest by mail: smtps://mail.example.com, or smtp://… with STARTTLS. Empty: no mail.",
        _smtp,
    )
    smtp_user: str = setting("LOTSE_SMTP_USER", "", "Who signs in at the mail server.")
    smtp_password: str = setting(
        "LOTSE_SMTP_PASSWORD", "", "The password at the mail server.", secret=True
    )
    mail_from: str = setting(
        "LOTSE_MAIL_FROM", "", "From whom mail comes, such as lotse@example.com."
    )
    slack_bot_token: str = setting(
        "SLACK_BOT_TOKEN",
        "",
        "Slack: the bot's token (xoxb-…). Switches the demo off.",
        secret=True,
    )
    slack_signing_secret: str = setting(
        "SLACK_SIGNING_SECRET", "", "Slack over HTTP: the app's signing secret.", secret=True
    )
    slack_app_token: str = setting(
        "SLACK_APP_TOKEN",
        "",
        "Slack without a public address (Socket Mode): the app token (xapp-…).",
        secret=True,
    )
    slack_client_id: str = setting(
        "SLACK_CLIENT_ID",
        "",
        "Slack in many workspaces: the app's client id. Companies then "
        "install Lotse by themselves, at LOTSE_URL/slack/install.",
    )
    slack_client_secret: str = setting(
        "SLACK_CLIENT_SECRET",
        "",
        "Slack in many workspaces: the app's client secret.",
        secret=True,
    )
    keys: str = setting(
        "LOTSE_KEYS",
        "",
        "Slack in many workspaces: what their tokens are sealed with, "
        "id=key,id=key, the newest first. python -m bot key makes one.",
        _keys,
        secret=True,
    )
    slack_channels: bool = setting(
        "SLACK_CHANNELS",
        False,
        "Slack in many workspaces: 1 asks companies to let Lotse make "
        "channels for incidents, too (manifest slack --channels).",
        _yes,
    )
    slack_api_url: str = setting(
        "SLACK_API_URL", "", "Another Web API than Slack's own, for tests and emulators."
    )
    microsoft_app_id: str = setting(
        "MICROSOFT_APP_ID", "", "Teams: the app registration's id. Switches the demo off."
    )
    microsoft_app_password: str = setting(
        "MICROSOFT_APP_PASSWORD", "", "Teams: the app registration's client secret.", secret=True
    )
    microsoft_app_type: str = setting(
        "MICROSOFT_APP_TYPE",
        "SingleTenant",
        "Teams: SingleTenant, or MultiTenant for a bot that was registered so.",
        _app_type,
    )
    microsoft_app_tenants: tuple[str, ...] = setting(
        "MICROSOFT_APP_TENANTID",
        (),
        "Teams: the tenant (directory) whose people may use Lotse; with MultiTenant several, "
        "separated by commas.",
        _tenants,
    )
    teams_cloud: str = setting(
        "TEAMS_CLOUD",
        "public",
        "Teams: public, or Microsoft's clouds for the US government: gcc, gcch or dod.",
        _cloud,
    )
    teams_hosts: tuple[str, ...] = setting(
        "TEAMS_SERVICE_HOSTS",
        (),
        "Teams: other hosts than the cloud's own that Lotse may answer to, separated by commas.",
        _hosts,
    )
    teams_login_url: str = setting(
        "TEAMS_LOGIN_URL", "", "Another sign-in than Microsoft's own, for tests.", _url
    )
    teams_dev_loopback: bool = setting(
        "TEAMS_DEV_LOOPBACK",
        False,
        "1 lets everybody on this machine in without any credentials, for the Agents Playground.",
        _switch,
    )

    @property
    def demo(self) -> bool:
        """Say whether the local page may run: only while no platform is configured."""
        return not (self.slack or self.teams)

    @property
    def slack(self) -> bool:
        """Say whether Lotse speaks to Slack, in one workspace or in many."""
        return bool(self.slack_bot_token or self.slack_client_id)

    @property
    def teams(self) -> bool:
        """Say whether Teams is configured."""
        return bool(self.microsoft_app_id) or self.teams_dev_loopback

    @staticmethod
    def from_env(env: Mapping[str, str] | None = None) -> Settings:
        """Read all settings; `NAME_FILE` names a file that holds the value of `NAME`.

        Raises `BadSettings` with every mistake in it. Values of secrets are not repeated.
        """
        env = os.environ if env is None else env
        found: dict[str, Any] = {}
        mistakes: list[str] = []
        for each in fields(Settings):
            name = each.metadata["env"]
            try:
                text = _value(env, name)
                if text is not None:
                    found[each.name] = each.metadata["read"](text)
            except Wrong as wrong:
                shown = "the value" if each.metadata["secret"] else f"“{text}”"
                mistakes.append(f"{name}: {shown} does not fit; it takes {wrong}.")
            except OSError as error:
                mistakes.append(f"{name}_FILE: cannot be read ({error.strerror}).")
            except UnicodeDecodeError:
                mistakes.append(f"{name}_FILE: cannot be read (it is no text in UTF-8).")
        known = {each.metadata["env"] for each in fields(Settings)}
        for name in env:
            if name.startswith("LOTSE_") and name.removesuffix("_FILE") not in known:
                mistakes.append(f"{name}: there is no such setting.")
        settings = Settings(**found)
        mistakes += settings.contradictions()
        if mistakes:
            raise BadSettings("\n".join(mistakes))
        return settings

    def contradictions(self) -> list[str]:
        """Return what does not fit together, each as a sentence."""
        found: list[str] = []
        if self.slack_bot_token and not (self.slack_signing_secret or self.slack_app_token):
            found.append(
                "SLACK_BOT_TOKEN is set, so Lotse also needs SLACK_APP_TOKEN (Socket Mode, no "
                "public address needed) or SLACK_SIGNING_SECRET (HTTP)."
            )
        if self.mail_listen is not None and not self.mail_senders:
            found.append(
                "LOTSE_MAIL_LISTEN is set, so Lotse also needs LOTSE_MAIL_SENDERS, the domains "
                "whose e-mails may report runs."
            )
        if self.smtp and "@" not in self.mail_from:
            found.append("LOTSE_SMTP is set, so Lotse also needs LOTSE_MAIL_FROM, an address.")
        found += self._many()
        found += self._teams_contradictions()
        if self.demo and self.host not in LOOPBACK:
            found.append(
                f"HOST: “{self.host}” would show the demo to the network. Without a platform "
                "token Lotse listens on this machine only; leave HOST out."
            )
        return found

    def _many(self) -> list[str]:
        """Return what is missing for many workspaces."""
        if not self.slack_client_id:
            if self.slack_client_secret:
                return ["SLACK_CLIENT_SECRET is set, so Lotse also needs SLACK_CLIENT_ID."]
            return []
        found: list[str] = []
        if not self.slack_client_secret:
            found.append("SLACK_CLIENT_ID is set, so Lotse also needs SLACK_CLIENT_SECRET.")
        if not self.keys:
            found.append(
                "SLACK_CLIENT_ID is set, so Lotse also needs LOTSE_KEYS to seal tokens with. "
                "python -m bot key makes one."
            )
        if not self.slack_bot_token and not (self.slack_signing_secret or self.slack_app_token):
            found.append(
                "SLACK_CLIENT_ID is set, so Lotse also needs SLACK_SIGNING_SECRET (HTTP), or "
                "SLACK_APP_TOKEN (Socket Mode)."
            )
        here = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])(:|/|$)", self.url)
        if not self.url.startswith("https://") and not here:
            found.append(
                "SLACK_CLIENT_ID is set, so Lotse also needs LOTSE_URL, its public address "
                "(https://…): browsers come back there from Slack."
            )
        return found

    def _teams_contradictions(self) -> list[str]:
        given = {
            "MICROSOFT_APP_ID": self.microsoft_app_id,
            "MICROSOFT_APP_PASSWORD": self.microsoft_app_password,
            "MICROSOFT_APP_TENANTID": self.microsoft_app_tenants,
        }
        if self.teams_dev_loopback:
            found = []
            if self.host not in LOOPBACK:
                found.append(
                    f"HOST: “{self.host}” would let everybody in the network in. With "
                    "TEAMS_DEV_LOOPBACK Lotse listens on this machine only; leave HOST out."
                )
            if any(given.values()):
                found.append(
                    "TEAMS_DEV_LOOPBACK checks nobody, so it does not go together with "
                    "MICROSOFT_APP_ID and its companions; leave either out."
                )
            return found
        missing = [name for name, value in given.items() if not value]
        if 0 < len(missing) < len(given):
            there = next(name for name, value in given.items() if value)
            return [f"{there} is set, so Lotse also needs {' and '.join(missing)}."]
        if self.microsoft_app_type == "SingleTenant" and len(self.microsoft_app_tenants) > 1:
            return ["MICROSOFT_APP_TENANTID: several tenants need MICROSOFT_APP_TYPE=MultiTenant."]
        return []


def _value(env: Mapping[str, str], name: str) -> str | None:
    if env.get(f"{name}_FILE"):
        return Path(env[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
    return env.get(name) or None


def _shown(default: object) -> str:
    """Write a default as it would be set; nothing for what is empty or off."""
    return "" if default in ((), False, None) else str(default)


def example() -> str:
    """Return `.env.example`: every setting with its sentence and default."""
    lines = ["# Every setting of Lotse. All are optional; NAME_FILE reads NAME from a file."]
    for each in fields(Settings):
        lines += [
            "",
            f"# {each.metadata['help']}",
            f"#{each.metadata['env']}={_shown(each.default)}",
        ]
    return "\n".join(lines) + "\n"


def page() -> str:
    """Return `docs/settings.md`."""
    lines = [
        "# Settings",
        "",
        "Settings come from the environment; all are optional.",
        "`NAME_FILE` reads the value of `NAME` from a file, for secrets.",
        "This page is written from the program (`make docs`).",
        "",
        "| name | default | meaning |",
        "| --- | --- | --- |",
    ]
    for each in fields(Settings):
        default = f"`{_shown(each.default)}`" if _shown(each.default) else ""
        lines.append(f"| `{each.metadata['env']}` | {default} | {each.metadata['help']} |")
    return "\n".join(lines) + "\n"
