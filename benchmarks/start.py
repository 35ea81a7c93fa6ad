"""From `python -m bot` to the first answer, and memory, against importing the same packages."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from benchmarks.size import Size

PACKAGES = "aiohttp.web, babel.dates, babel.numbers, sqlite_utils"
IMPORT = f"import {PACKAGES}; print('ready', flush=True); input()"


@dataclass(frozen=True, slots=True)
class Result:
    """Medians: seconds to the first answer and to the imports, resident memory in MiB."""

    start: float
    base: float
    memory: float
    base_memory: float


def once(command: list[str], folder: str, *, answers: bool) -> tuple[float, float]:
    """Start a process; return seconds until it is ready (and answers), and its memory in MiB."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PORT": "0", "LOTSE_DATA": folder},
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            found = re.search(r"http://[^/]+", line)
            if found or not answers:
                break
        if answers:
            assert found is not None
            urllib.request.urlopen(f"{found[0]}/", timeout=10).read()
        took = time.perf_counter() - began
        status = Path(f"/proc/{process.pid}/status").read_text()
        memory = re.search(r"VmRSS:\s+(\d+)", status)
        assert memory is not None
        return took, int(memory[1]) / 1024
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        if process.stdin is not None:
            process.stdin.close()


def measure(size: Size) -> Result:
    """Alternate both, and return the medians; the demo's example was made before."""
    with tempfile.TemporaryDirectory() as folder:
        lotse, base = [sys.executable, "-m", "bot"], [sys.executable, "-c", IMPORT]
        once(lotse, folder, answers=True)
        ours, theirs = [], []
        for _round in range(size.starts):
            ours.append(once(lotse, folder, answers=True))
            theirs.append(once(base, folder, answers=False))
    middle = statistics.median
    return Result(
        middle(t for t, _ in ours),
        middle(t for t, _ in theirs),
        middle(m for _, m in ours),
        middle(m for _, m in theirs),
    )
