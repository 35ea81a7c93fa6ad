"""Fuzz the parsers of what strangers send, and go on where the last run ended.

`python -m tests.fuzz --runs 100000 --seed 7 slack_payload activity`

With the extra `fuzz` (atheris, on Linux and macOS) the lines that a try reaches guide the next
ones, and whatever reaches something new is kept in `tests/data/corpus/`, from where the next run
goes on. Without it the corpus is only mutated, which finds less, and the command says so. What
fails is kept in the same folder, as the test that it has become (`tests/fuzz/test_targets.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "tests" / "data" / "corpus"
LONGEST = 4096  # bytes of a try
DEALS = (b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b'"', b"{", b"[", b"}", b"null", b"1e999",
         b"-1", b"9" * 30, b"<", b"&lt;", b"\r\n", b"\n\n", b";", b"%00", "ß‮".encode())  # fmt: skip


def corpus(target: str) -> list[bytes]:
    """Return what is kept of a target: honest bytes, and whatever reached something new."""
    from tests.fuzz.targets import BY_NAME

    kept = sorted((CORPUS / target).glob("*"))
    return [*BY_NAME[target].seeds, *(each.read_bytes() for each in kept)]


def mutated(chance: random.Random, known: list[bytes]) -> bytes:
    """Return something like what is known, with a few things wrong."""
    data = bytearray(chance.choice(known))
    for _each in range(chance.randint(1, 5)):
        at = chance.randint(0, len(data))
        what = chance.randrange(5)
        if what == 0:
            data[at:at] = chance.choice(DEALS)
        elif what == 1:
            del data[at : at + chance.randint(1, 20)]
        elif what == 2 and data:
            data[at % len(data)] = chance.randrange(256)
        elif what == 3:
            other = chance.choice(known)
            begin = chance.randint(0, len(other))
            data[at:at] = other[begin : begin + chance.randint(1, 60)]
        else:
            data[at : at + 8] = chance.choice(DEALS)
    return bytes(data[:LONGEST])


def tried(target: str, runs: int, seed: int) -> int:
    """Try so many mutations; keep what fails, and say how many did."""
    from tests.fuzz.targets import BY_NAME

    chance, known, takes = random.Random(seed), corpus(target), BY_NAME[target].takes
    failed: dict[str, bytes] = {}
    for _each in range(runs):
        data = mutated(chance, known)
        try:
            takes(data)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            failed.setdefault(f"{type(error).__name__} in {where.name}", data)
    for what, data in failed.items():
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        name = f"failed-{hashlib.sha256(data).hexdigest()[:12]}"
        (CORPUS / target / name).write_bytes(data)
        print(f"{target}: {what} ({name})", flush=True)
    return len(failed)


def guided(target: str, runs: int, seed: int) -> int:
    """Let atheris guide so many tries in a process of its own; keep what it found."""
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lotse-fuzz-") as begun:
        for n, each in enumerate(corpus(target)):
            (Path(begun) / str(n)).write_bytes(each)
        done = subprocess.run(
            [
                sys.executable, "-m", "tests.fuzz", "--inside", target, str(folder), begun,
                f"-runs={runs}", f"-seed={seed % 2**31 or 1}", f"-max_len={LONGEST}",
                "-timeout=10", "-verbosity=0", f"-artifact_prefix={folder}/failed-",
            ],
            cwd=ROOT, env={**os.environ, "PYTHONWARNINGS": "ignore"}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    if done.returncode:
        print(f"{target}:", *done.stdout.splitlines()[-30:], sep="\n  ", flush=True)
    return done.returncode


def inside(target: str, options: list[str]) -> None:
    """Fuzz one target; never returns. Nothing of ours is imported before, to be followed."""
    import atheris

    with atheris.instrument_imports(include=["bot", "handlers"]):
        targets = importlib.import_module("tests.fuzz.targets")
    atheris.Setup([sys.argv[0], *options], targets.BY_NAME[target].takes)
    atheris.Fuzz()


def main() -> None:
    """Read the command line, fuzz, and fail where something failed."""
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], sys.argv[3:])
        return
    from tests.delivery.kill import seed_of_today
    from tests.fuzz.targets import TARGETS

    names = [each.name for each in TARGETS]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help=f"of {', '.join(names)}")
    parser.add_argument("--runs", type=int, default=20_000, help="of each target")
    parser.add_argument("--smoke", action="store_true", help="a few of each, unguided")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    chosen = given.target or names
    if unknown := set(chosen) - set(names):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    guides = importlib.util.find_spec("atheris") is not None and not given.smoke
    runs = 250 if given.smoke else given.runs
    how = "guided by coverage" if guides else "mutated only: atheris (extra fuzz) is not used"
    print(f"seed {given.seed}, {how}", flush=True)
    began, failed = time.monotonic(), 0
    for target in chosen:
        found = (guided if guides else tried)(target, runs, given.seed)
        failed += bool(found)
    print(f"{runs * len(chosen):>8}  bodies fuzzed")
    print(f"{failed:>8}  parsers that failed")
    print(f"{time.monotonic() - began:8.0f}  seconds", flush=True)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
