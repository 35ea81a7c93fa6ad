"""Settings: read once from the environment, all mistakes told at once, secrets never printed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bot import config_values

LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # what a terminal says of its language
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BadSettings(Exception):
    """Some settings are wrong; the text lists all of them."""


def operator_language(environment: Mapping[str, str]) -> str | None:
    """Return the language of the terminal, None where it says none that Lotse speaks."""
    said = next((environment[each] for each in LOCALE if environment.get(each)), "")
    found = said[:2].lower()
    return found if found in ("de", "en") and said[2:3] in ("", "_", ".", "-") else None


def setting(
    env: str,
    default: Any,
    help: str,
    read: Callable[[str], Any] = config_values.plain,
    secret: bool = False,
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
        config_values.database,
        secret=True,
    )
    host: str = setting("HOST", "127.0.0.1", "The address to listen on.")
    port: int = setting("PORT", 3000, "The port to listen on.", config_values.port)
    url: str = setting(
        "LOTSE_URL",
        "",
        "Where machines reach Lotse from outside, such as https://lotse.example.com; it stands in "
        "the secret addresses of automations. Empty: the address that it listens on.",
        config_values.url,
    )
    mail_listen: tuple[str, int] | None = setting(
        "LOTSE_MAIL_LISTEN",
        None,
        "Where to listen for e-mails that report runs, such as 127.0.0.1:2525. Empty: not at all. "
        "Your own mail server delivers there; it needs pip install 'lotse-bot[mail]'.",
        config_values.place,
    )
    mail_senders: tuple[str, ...] = setting(
        "LOTSE_MAIL_SENDERS",
        (),
        "The domains whose e-mails may report runs, separated by commas.",
        config_values.domains,
    )
    metrics_token: str = setting(
        "LOTSE_METRICS_TOKEN",
        "",
        "What Prometheus shows as its bearer token at /metrics. Empty: /metrics answers this "
        "machine only.",
        secret=True,
    )
    data: Path = setting(
        "LOTSE_DATA", Path("data"), "The folder of the demo's own database.", config_values.folder
    )
    language: str = setting(
        "LOTSE_LANGUAGE",
        "de",
        "The company's language, de or en; people choose their own.",
        config_values.language,
    )
    zone: str = setting(
        "LOTSE_ZONE", "Europe/Berlin", "The company's time zone.", config_values.zone
    )
    region: str = setting(
        "LOTSE_REGION",
        "DE",
        "Whose public holidays count, such as DE or DE-NW.",
        config_values.region,
    )
    log: str = setting(
        "LOTSE_LOG",
        "text",
        "How the log is written: text, or json with one object a line.",
        config_values.log_form,
    )
    heartbeat_url: str = setting(
        "LOTSE_HEARTBEAT_URL",
        "",
        "An address at a monitor outside, called each minute while Lotse's own check is clean; "
        "when it stays out, something is wrong here.",
        config_values.url,
        secret=True,
    )
    backups: Path = setting(
        "LOTSE_BACKUPS",
        Path("data/backups"),
        "The folder of backups, and of the list of who was erased since.",
        config_values.folder,
    )
    backup_at: str = setting(
        "LOTSE_BACKUP_AT",
        "",
        "When a backup is taken each day, such as 03:30 in the company's time zone. Empty: only "
        "by python -m bot backup.",
        config_values.hour,
    )
    backup_days: int = setting(
        "LOTSE_BACKUP_DAYS",
        14,
        "For how many days backups are kept; the newest always is.",
        config_values.days,
    )
    backup_key: str = setting(
        "LOTSE_BACKUP_KEY",
        "",
        "The public key that backups are sealed to. python -m bot key --backup makes a pair; the "
        "private one is only needed to restore.",
        config_values.backup_key,
        secret=True,
    )
    meaning: bool = setting(
        "LOTSE_MEANING",
        False,
        "1 asks a model that lies on this machine for a second opinion when incidents are "
        "compared: more repeats are found, for 150 MiB of memory (docs/similarity.md). Needs the "
        "extra: pip install 'lotse-bot[meaning]'.",
        config_values.meaning,
    )
    smtp: str = setting(
        "LOTSE_SMTP",
        "",
        "The digest by mail: smtps://mail.example.com, or smtp://… with STARTTLS. Empty: no mail.",
        config_values.smtp,
    )
    smtp_user: str = setting("LOTSE_SMTP_USER", "", "Who signs in at the mail server.")
    smtp_password: str = setting(
        "LOTSE_SMTP_PASSWORD", "", "The password at the mail server.", secret=True
    )
    mail_from: str = setting(
        "LOTSE_MAIL_FROM",
        "",
        "From whom mail comes, such as lotse@example.com.",
        config_values.mail_address,
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
        config_values.keys,
        secret=True,
    )
    slack_channels: bool = setting(
        "SLACK_CHANNELS",
        False,
        "Slack in many workspaces: 1 asks companies to let Lotse make "
        "channels for incidents, too (manifest slack --channels).",
        config_values.yes,
    )
    slack_api_url: str = setting(
        "SLACK_API_URL",
        "",
        "Another Web API than Slack's own, for tests and emulators.",
        config_values.web_api,
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
        config_values.app_type,
    )
    microsoft_app_tenants: tuple[str, ...] = setting(
        "MICROSOFT_APP_TENANTID",
        (),
        "Teams: the tenant (directory) whose people may use Lotse; with MultiTenant several, "
        "separated by commas.",
        config_values.tenants,
    )
    teams_cloud: str = setting(
        "TEAMS_CLOUD",
        "public",
        "Teams: public, or Microsoft's clouds for the US government: gcc, gcch or dod.",
        config_values.cloud,
    )
    teams_hosts: tuple[str, ...] = setting(
        "TEAMS_SERVICE_HOSTS",
        (),
        "Teams: other hosts than the cloud's own that Lotse may answer to, separated by commas.",
        config_values.hosts,
    )
    teams_login_url: str = setting(
        "TEAMS_LOGIN_URL", "", "Another sign-in than Microsoft's own, for tests.", config_values.url
    )
    teams_dev_loopback: bool = setting(
        "TEAMS_DEV_LOOPBACK",
        False,
        "1 lets everybody on this machine in without any credentials, for the Agents Playground.",
        config_values.switch,
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
            except config_values.Wrong as wrong:
                hidden = each.metadata["secret"] or config_values.LIKE_A_SECRET.search(text or "")
                shown = "the value" if hidden else f"“{text}”"
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
        if self.smtp and not self.mail_from:
            found.append("LOTSE_SMTP is set, so Lotse also needs LOTSE_MAIL_FROM, an address.")
        if self.slack_bot_token.startswith("xapp-") and self.slack_app_token.startswith("xoxb-"):
            found.append(
                "SLACK_BOT_TOKEN begins with xoxb- and SLACK_APP_TOKEN with xapp-; these two are "
                "the other way round."
            )
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
