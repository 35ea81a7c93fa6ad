"""The small client: it runs the command whatever becomes of the report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot import ping


@pytest.fixture
def heard() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that hears calls."""
    calls: list[str] = []

    class Hears(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"OK")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hears)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", calls
    server.shutdown()
    server.server_close()


def test_start_end_and_status_are_reported_with_one_run_id(heard: tuple[str, list[str]]) -> None:
    where, calls = heard
    assert ping.run(f"{where}/ping/x", [sys.executable, "-c", "raise SystemExit(3)"]) == 3
    start, end = calls
    assert start.startswith("/ping/x/start?rid=") and end.startswith("/ping/x/3?rid=")
    assert start.partition("rid=")[2] == end.partition("rid=")[2]


def test_a_name_is_reported_below_the_key(
    heard: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    where, calls = heard
    monkeypatch.setenv("LOTSE_URL", where)
    monkeypatch.setenv("LOTSE_PING_KEY", "k")
    assert ping.run("backup", [], items=0) == 0
    assert calls == ["/ping/k/backup?n=0"]


def test_the_command_runs_though_nobody_hears(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ping, "PATIENCE", 0.5)
    assert ping.run("http://127.0.0.1:9/ping/x", [sys.executable, "-c", "pass"]) == 0
    assert "the command goes on" in capsys.readouterr().err
    monkeypatch.delenv("LOTSE_URL", raising=False)
    assert ping.run("backup", [sys.executable, "-c", "raise SystemExit(4)"]) == 4


def test_what_cannot_be_started_is_a_failure(heard: tuple[str, list[str]]) -> None:
    where, calls = heard
    assert ping.run(f"{where}/ping/x", ["/no/such/thing"]) == 127
    assert calls[-1].startswith("/ping/x/127?")


def test_what_a_signal_ends_says_so_as_in_a_shell(heard: tuple[str, list[str]]) -> None:
    where, calls = heard
    kills = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert ping.run(f"{where}/ping/x", [sys.executable, "-c", kills]) == 137
    assert calls[-1].startswith("/ping/x/137?")


def test_without_an_address_the_command_ends_as_it_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LOTSE_URL", raising=False)
    assert ping.run("backup", ["/no/such/thing"]) == 127
    assert ping.run("backup", [str(tmp_path)]) == 126, "a folder cannot be run"
    assert "could not be started" in capsys.readouterr().err
