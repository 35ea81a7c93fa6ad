"""`python -m bot papers`: writes the papers of this installation into a folder."""

from __future__ import annotations

from pathlib import Path

from bot.config import Settings
from bot.generate import register
from bot.generate.papers import build
from bot.lotse import running_url
from storage import workspaces
from storage.engine import Tx, opening


def write(settings: Settings, folder: Path) -> int:
    """Write them, in German and English; return the exit status. Raises `StorageError`."""
    url = running_url(settings)

    def look(tx: Tx) -> tuple[str, dict[str, str]]:
        name = register.company(settings)
        if not workspaces.known(tx, name):
            return "", {}
        ai = {
            each: register.text(tx, settings, csv=False, ai_only=True, language=each)
            for each in build.LANGUAGES
        }
        return workspaces.get(tx.within(name)).name, ai

    with opening.look_into(url) as tx:
        company, ai = look(tx)
    for name, written in build.papers(settings, company, ai).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written, encoding="utf-8")
        print(f"wrote {path}")
    return 0
