"""PostgreSQL's own programs: `pg_dump` takes a copy, `pg_restore` and `psql` bring it back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from storage.engine import StorageError, address

LIMIT = 3600.0  # seconds that one of them may take


class ToolFailed(StorageError):
    """One of the programs is missing or failed; the text says what it said."""


def dump(url: str, to: Path) -> None:
    """Write all of a database, as of one moment, into a new file, and look whether it is whole."""
    to.touch(mode=0o600, exist_ok=False)
    _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--file={to}"])
    contents = _call("pg_restore", ["--list", str(to)], {})
    if " TABLE DATA " not in contents or " migrations " not in contents:
        raise ToolFailed("pg_dump wrote no database of Lotse's.")


def load(url: str, file: Path, script: Path, last: str) -> None:
    """Bring a dump back into an empty database, all of it or nothing; `last` runs with it.

    `script` is a file that may be written for it.
    """
    script.touch(mode=0o600, exist_ok=False)
    try:
        _call("pg_restore", ["--no-owner", "--no-privileges", f"--file={script}", str(file)], {})
        with script.open("a", encoding="utf-8") as out:
            out.write(f"\n{last}\n")
        strictly = ["--single-transaction", "--set=ON_ERROR_STOP=1"]
        _run("psql", url, ["--no-psqlrc", "--quiet", *strictly, f"--file={script}"])
    finally:
        script.unlink(missing_ok=True)


def _run(program: str, url: str, options: Sequence[str]) -> str:
    """Run a program on a database; the password stands in no list of processes."""
    found = address.read(url)
    password = found.pop("password", "")
    target = " ".join(f"{name}={_quoted(value)}" for name, value in found.items())
    return _call(program, [*options, f"--dbname={target}"], {"PGPASSWORD": password})


def _call(program: str, options: Sequence[str], env: dict[str, str]) -> str:
    given = {name: value for name, value in env.items() if value}
    try:
        done = subprocess.run(
            [program, *options],
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except FileNotFoundError:
        raise ToolFailed(
            f"{program} is not installed here. It comes with PostgreSQL's client programs "
            "(postgresql-client), at least as new as the server."
        ) from None
    except subprocess.TimeoutExpired:
        raise ToolFailed(f"{program} took longer than {LIMIT / 60:.0f} minutes.") from None
    if done.returncode:
        said = [each for each in done.stderr.splitlines() if "ERROR" in each or "error" in each]
        if any("already exists" in each for each in said):
            raise ToolFailed("The database is not empty; make a new one and name it.")
        raise ToolFailed(f"{program} failed: {said[0].strip() if said else done.returncode}")
    return done.stdout


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
