"""What an e-mail says: its kind by the words of the subject, and whether its sender may."""

from __future__ import annotations

import pytest

from bot.mail import reading

ALLOWED = ("firma.example",)


def mail(subject: str = "Lauf", sender: str = "erp@firma.example", *more: str) -> bytes:
    head = [f"From: ERP <{sender}>", f"Subject: {subject}", "Message-ID: <1@firma.example>", *more]
    return "\r\n".join([*head, "", "the body says: failed"]).encode()


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Export", "ok"), ("Export fertig", "ok"), ("Export fehlgeschlagen", "fail"),
        ("FAILED: nightly export", "fail"), ("Fehler im Export", "fail"), ("", "ok"),
        ("Export gestartet", "start"), ("Fehlerfrei gelaufen", "ok"), ("restarted, ok", "ok"),
        ("=?utf-8?q?Export_fehlgeschlagen?=", "fail"), ("=?utf-8?b?RXhwb3J0IGdlc3RhcnRldA==?=",
        "start"),
    ],
)  # fmt: skip
def test_words_of_the_subject_decide_and_the_body_does_not(subject: str, kind: str) -> None:
    assert reading.read(mail(subject), "erp@firma.example", ALLOWED).kind == kind


@pytest.mark.parametrize(
    ("envelope", "written", "found", "allowed"),
    [
        ("erp@firma.example", "erp@firma.example", "", True),
        ("erp@FIRMA.example.", "Erp@Firma.Example", "", True),
        ("erp@firma.example", "erp@evil.example", "", False),
        ("erp@evil.example", "erp@firma.example", "", False),
        ("erp@firma.example.evil.example", "erp@firma.example", "", False),
        ("erp@sub.firma.example", "erp@firma.example", "", False),
        ("", "erp@firma.example", "", False), ("erp", "erp@firma.example", "", False),
        ("erp@firma.example", "erp@firma.example", "mx; spf=pass; dkim=pass", True),
        ("erp@firma.example", "erp@firma.example", "mx; spf=fail", False),
        ("erp@firma.example", "erp@firma.example", "mx; dmarc=fail (p=none)", False),
    ],
)  # fmt: skip
def test_only_who_is_of_an_allowed_domain_and_not_known_as_forged_may(
    envelope: str, written: str, found: str, allowed: bool
) -> None:
    more = (f"Authentication-Results: {found}",) if found else ()
    assert reading.read(mail("x", written, *more), envelope, ALLOWED).is_allowed is allowed


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\0\xff\xfe", b"From: a@b\nSubject: \xff\n\n", b"x" * 5000,
        b"From: =?bad?= <\r\nSubject: =?utf-8?b?////?=\r\n\r\n", b"From: :;<\n\n",
    ],
)  # fmt: skip
def test_what_is_no_mail_is_not_allowed_and_breaks_nothing(raw: bytes) -> None:
    assert reading.read(raw, "erp@firma.example", ALLOWED).is_allowed is False


@pytest.mark.parametrize(
    ("recipient", "name"),
    [
        ("backup@runs.example", "backup"), ("lotse+backup@runs.example", "backup"),
        ("Lotse+Backup@RUNS.example", "backup"), ("@x", ""), ("backup", ""), ("a+@x", ""),
    ],
)  # fmt: skip
def test_the_name_stands_before_the_at_or_behind_a_plus(recipient: str, name: str) -> None:
    assert reading.name_of(recipient) == name
