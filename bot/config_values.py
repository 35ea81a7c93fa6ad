"""The values of settings: each reader takes a text, or says what would fit."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from storage.engine import address

TENANT = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|::1", re.ASCII)


# What somebody may have put into the wrong setting: it is not shown, in no log.
LIKE_A_SECRET = re.compile(r"@|xox[a-z]-|xapp-|lotse-[a-z]+-|[A-Za-z0-9+/_=-]{24}")


class Wrong(ValueError):
    """A setting's value does not fit; the text says what would."""


def port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise Wrong("a port number from 0 to 65535 (0 takes a free one)")
    return int(text)


def language(text: str) -> str:
    if text not in ("de", "en"):
        raise Wrong("de or en")
    return text


def zone(text: str) -> str:
    if text not in available_timezones():
        raise Wrong("an IANA time zone such as Europe/Berlin")
    ZoneInfo(text)
    return text


def region(text: str) -> str:
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


def folder(text: str) -> Path:
    return Path(text)


def url(text: str) -> str:
    if not text.startswith(("http://", "https://")) or " " in text:
        raise Wrong("an address that begins with https:// or http://")
    if "@" in text.partition("//")[2].partition("/")[0]:
        raise Wrong("an address without a name and a password in it")
    return text.rstrip("/")


def web_api(text: str) -> str:
    url(text)
    return text  # with its slash at the end, which belongs to it


def place(text: str) -> tuple[str, int]:
    host, colon, number = text.rpartition(":")
    if not colon or not host:
        raise Wrong("an address and a port, such as 127.0.0.1:2525")
    return host.strip("[]"), port(number)


def domains(text: str) -> tuple[str, ...]:
    found = tuple(each.strip().lower() for each in text.split(",") if each.strip())
    if any(not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", each) for each in found):
        raise Wrong("domains such as example.com, separated by commas")
    return found


def smtp(text: str) -> str:
    if not re.fullmatch(r"smtps?://[A-Za-z0-9.\[\]:-]+(:\d{1,5})?", text):
        raise Wrong("smtps://host, smtps://host:465 or smtp://host:587")
    return text


def mail_address(text: str) -> str:
    if not re.fullmatch(r"([^<>@]* <)?[^\s<>@]+@[^\s<>@]+>?", text):
        raise Wrong("an address such as lotse@example.com")
    return text


def app_type(text: str) -> str:
    if text not in ("SingleTenant", "MultiTenant"):
        raise Wrong("SingleTenant or MultiTenant")
    return text


def tenants(text: str) -> tuple[str, ...]:
    found = split(text)
    if not found or not all(TENANT.fullmatch(each) for each in found):
        raise Wrong("a tenant's id such as 1b2c3d4e-0000-4000-8000-000000000000")
    return found


def cloud(text: str) -> str:
    if text not in ("public", "gcc", "gcch", "dod"):
        raise Wrong("public, gcc, gcch or dod")
    return text


def hosts(text: str) -> tuple[str, ...]:
    found = split(text)
    if not all(HOST_NAME.fullmatch(each) for each in found):
        raise Wrong("names of hosts such as smba.trafficmanager.net")
    return found


def split(text: str) -> tuple[str, ...]:
    return tuple(each.strip().lower() for each in text.split(",") if each.strip())


def switch(text: str) -> bool:
    if text not in ("0", "1"):
        raise Wrong("1 or 0")
    return text == "1"


def keys(text: str) -> str:
    from bot import encryption  # only who has many workspaces waits for the encryption

    try:
        encryption.keys_from(text)
    except ValueError:
        raise Wrong("id=key,id=key, each made by: python -m bot key") from None
    return text


def yes(text: str) -> bool:
    if text not in ("0", "1"):
        raise Wrong("1 or 0")
    return text == "1"


def hour(text: str) -> str:
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise Wrong("a time such as 03:30")
    return text


def days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 60:
        raise Wrong("a number of days from 1 to 60")
    return int(text)


def log_form(text: str) -> str:
    if text not in ("text", "json"):
        raise Wrong("text or json")
    return text


def backup_key(text: str) -> str:
    from bot.operations import sealing  # only who seals backups waits for the encryption

    try:
        sealing.public(text)
    except ValueError:
        raise Wrong("the public key that python -m bot key --backup made") from None
    return text


def meaning(text: str) -> bool:
    if not switch(text):
        return False
    from handlers.similarity import meaning  # numpy, only for who wants it

    if not meaning.installed():
        raise Wrong("0, or first: pip install 'lotse-bot[meaning]'")
    return True


def plain(text: str) -> str:
    return text
