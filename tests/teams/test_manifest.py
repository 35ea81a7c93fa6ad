"""The app package for Teams: all that the program uses, nothing more, and within Teams' limits."""

from __future__ import annotations

import ast
import io
import json
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from bot.__main__ import main
from bot.delivery.shortcuts import SHORTCUTS
from bot.teams import invokes
from bot.teams import manifest as teams_manifest
from handlers import FEATURES
from handlers.kit.commands import vocabulary
from handlers.kit.readers import folded
from handlers.kit.words import LANGUAGES
from tests.pretend import node

Json = dict[str, Any]

ROOT = Path(__file__).parent.parent.parent
APP = "1b2c3d4e-0000-4000-8000-000000000000"
ADDRESS = "https://lotse.hafen.example"
LIMITS = {"title": 32, "description": 128}


def opened(language: str = "en", **more: Any) -> dict[str, bytes]:
    """Return the files of a package."""
    with zipfile.ZipFile(io.BytesIO(teams_manifest.package(APP, language, **more))) as file:
        assert file.testzip() is None
        return {each: file.read(each) for each in file.namelist()}


def read(language: str = "en") -> tuple[Json, Json]:
    """Return the manifest and the words of the other language."""
    files = opened(language, address=ADDRESS)
    [other] = [each for each in LANGUAGES if each != language]
    return json.loads(files["manifest.json"]), json.loads(files[f"{other}.json"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_package_holds_what_teams_asks_for(language: str) -> None:
    files = opened(language)
    [other] = [each for each in LANGUAGES if each != language]
    assert set(files) == {"manifest.json", f"{other}.json", "color.png", "outline.png"}
    made, words = read(language)
    assert made["id"] == made["bots"][0]["botId"] == made["composeExtensions"][0]["botId"] == APP
    assert made["localizationInfo"] == {
        "defaultLanguageTag": language,
        "additionalLanguages": [{"languageTag": other, "file": f"{other}.json"}],
    }
    assert made["validDomains"] == ["lotse.hafen.example"]
    assert len(made["description"]["short"]) <= 80 and len(made["description"]["full"]) <= 4000
    assert {made["name"]["short"], made["name"]["full"]} != {made["name"]["short"]}
    for each in (*made["bots"][0]["commandLists"][0]["commands"],
                 *made["composeExtensions"][0]["commands"]):  # fmt: skip
        assert all(0 < len(each[key]) <= most for key, most in LIMITS.items()), each
    assert all(len(said) <= LIMITS.get(key.rpartition(".")[2], 4000) for key, said in words.items())


def test_the_same_package_comes_out_each_time() -> None:
    assert teams_manifest.package(APP, "de") == teams_manifest.package(APP, "de")
    assert teams_manifest.package(APP, "de") != teams_manifest.package(APP, "de", release="1.0.1")


def test_it_asks_for_no_permission() -> None:
    made, _words = read()
    assert not {"permissions", "devicePermissions", "authorization", "webApplicationInfo"} & set(
        made
    )
    # So it may: what it asks Microsoft is the connector, which every bot may use. Graph, which
    # asks for permissions, is nowhere.
    sources = sorted((ROOT / "bot" / "teams").rglob("*.py"))
    assert len(sources) > 10, "the rule looks at nothing"
    for path in sources:
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                graph = re.search(r"graph\.microsoft\.com(?!/users$)", each.value)
                assert graph is None or path.name == "manifest.py", (path, each.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_offered_are_words_that_can_be_typed(language: str) -> None:
    made, _words = read(language)
    [offered] = made["bots"][0]["commandLists"]
    assert offered["scopes"] == made["bots"][0]["scopes"] == ["personal", "team", "groupChat"]
    known = vocabulary(FEATURES)
    assert len(offered["commands"]) <= 10
    assert all(folded(each["title"]) in known for each in offered["commands"])


def test_the_other_language_says_all_that_the_manifest_says() -> None:
    english, german = read("en")[0], read("en")[1]
    other_way = read("de")[0]
    for key, said in german.items():
        if key != "$schema":
            assert at(other_way, key) == said
            assert isinstance(at(english, key), str)
    told = {key for key in german if key.startswith(("bots", "compose"))}
    assert len(told) == 2 * (10 + len(SHORTCUTS) + 1) + 2


def at(made: Json, path: str) -> Any:
    """Return what a path such as `bots[0].commandLists[0]` names."""
    found: Any = made
    for each in re.findall(r"[^.\[\]]+", path):
        found = found[int(each)] if each.isdigit() else found[each]
    return found


def test_every_shortcut_of_slack_stands_in_teams_menus_and_the_program_answers_it() -> None:
    made, _words = read()
    commands = {each["id"]: each for each in made["composeExtensions"][0]["commands"]}
    assert set(commands) == {*SHORTCUTS, teams_manifest.SEARCH}
    for id, (_word, fills) in SHORTCUTS.items():
        assert commands[id]["fetchTask"] is True
        assert (commands[id]["context"] == ["message"]) == bool(fills)
    source = Path(invokes.__file__).read_text(encoding="utf-8")
    assert all(f"composeExtension/{each}" in source for each in ("fetchTask", "query", "submit"))


def test_the_icons_are_as_large_as_teams_wants_them() -> None:
    files = opened()
    assert png(files["color.png"])[:2] == (192, 192)
    width, height, colours = png(files["outline.png"])
    assert (width, height) == (32, 32)
    assert {each[:3] for each in colours if each[3]} == {(255, 255, 255)}, "white, nothing else"
    assert (0, 0, 0, 0) in {(0, 0, 0, each[3]) for each in colours}, "on a transparent ground"


def png(data: bytes) -> tuple[int, int, set[tuple[int, ...]]]:
    """Return a picture's size, and its colours where it has transparency."""
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert depth == 8
    if kind != 6:
        return width, height, set()
    packed, position = b"", 8
    while position < len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        packed += data[position + 8 : position + 8 + length] if name == b"IDAT" else b""
        position += length + 12
    raw, before = zlib.decompress(packed), bytes(width * 4)
    colours = set()
    for row in range(height):
        start = row * (width * 4 + 1)
        line = bytearray(raw[start + 1 : start + 1 + width * 4])
        for n, value in enumerate(line):
            left = line[n - 4] if n >= 4 else 0
            corner = before[n - 4] if n >= 4 else 0
            line[n] = (value + predicted(raw[start], left, before[n], corner)) % 256
        before = bytes(line)
        colours |= {tuple(line[n : n + 4]) for n in range(0, len(line), 4)}
    return width, height, colours


def predicted(kind: int, left: int, above: int, corner: int) -> int:
    """Return what a row's filter adds to a byte (PNG, 9.2)."""
    guess = left + above - corner
    near = min((left, above, corner), key=lambda each: abs(guess - each))
    return (0, left, above, (left + above) // 2, near)[kind]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_valid_against_the_schema_of_teams(language: str) -> None:
    found = node.packages("teams", "make pictures") / "@microsoft" / "app-manifest"
    folder = found / "build" / "json-schemas" / "teams" / f"v{teams_manifest.VERSION}"
    for made, name in zip(
        read(language), ("MicrosoftTeams", "MicrosoftTeams.Localization"), strict=True
    ):
        schema = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
        wrong = [each.message for each in Draft7Validator(schema).iter_errors(made)]
        assert wrong == []
        assert list(Draft7Validator(schema).iter_errors({**made, "wrong": 1})) != []


# --- at the command line -------------------------------------------------------------------------


def test_the_package_is_written_where_it_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROSOFT_APP_ID", APP.upper())
    wanted = tmp_path / "app.zip"
    links = [f"--{each}={ADDRESS}/{each}" for each in ("website", "privacy", "terms")]
    assert main(["manifest", "teams", "--lang", "de", "--out", str(wanted), *links]) == 0
    said = capsys.readouterr()
    assert "app.zip is written" in said.out and said.err == ""
    with zipfile.ZipFile(wanted) as file:
        made = json.loads(file.read("manifest.json"))
    assert (made["id"], made["developer"]["privacyUrl"]) == (APP, f"{ADDRESS}/privacy")
    assert made["name"]["full"] == "Lotse: Störungen, Reibung, Wochenbericht"


def test_pages_that_are_not_ours_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = str(tmp_path / "app.zip")
    assert main(["manifest", "teams", "--app-id", APP, "--out", wanted]) == 0
    assert "say --website, --privacy, --terms" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--app-id", "lotse"], "--app-id: “lotse” does not fit"),
        (["--app-id", APP, "--privacy", "http://x.example"], "--privacy: “http://x.example”"),
        (["--app-id", APP, "--release", "2"], "--release: “2” does not fit"),
        (["--app-id", APP, "--url", "lotse"], "--url: “lotse” does not fit"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit):
        main(["manifest", "teams", "--out", str(tmp_path / "x.zip"), *options])
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
