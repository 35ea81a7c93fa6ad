"""Slack, typing commands: a process of its own, as in life, each request signed by itself.

Called with port, commands at once, seconds and what is typed; prints a `Load` as JSON.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import sys
import time
import urllib.parse
from dataclasses import asdict, dataclass

from benchmarks import machine
from tests.pretend.slack_peer import sign


@dataclass(frozen=True, slots=True)
class Load:
    """Commands per second, p50 and p99 in milliseconds."""

    rate: float
    p50: float
    p99: float


def middle(found: list[Load]) -> Load:
    """Return the median of several rounds."""
    return Load(
        statistics.median(each.rate for each in found),
        statistics.median(each.p50 for each in found),
        statistics.median(each.p99 for each in found),
    )


def measured(times: list[float], took: float) -> Load:
    """Return what single commands took, in seconds, as a load."""
    cuts = statistics.quantiles(times, n=100)
    return Load(len(times) / took, cuts[49] * 1000, cuts[98] * 1000)


async def load(port: int, at_once: int, seconds: float, line: str) -> Load:
    """Have another process keep `at_once` commands in flight for a while."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.load",
        str(port),
        str(at_once),
        str(seconds),
        line,
        stdout=asyncio.subprocess.PIPE,
    )
    written, _errors = await process.communicate()
    return Load(**json.loads(written))


async def _load(port: int, at_once: int, seconds: float, line: str) -> Load:
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def one_after_the_other() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end or len(times) < 2:
            request = _request(line)
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _lane in range(at_once)))
    return measured(times, time.perf_counter() - began)


_numbers = itertools.count(1)


def _request(line: str) -> bytes:
    command, _space, text = line.partition(" ")
    fields = {
        "command": command,
        "text": text,
        "team_id": "T1",
        "user_id": "UANNA",
        "user_name": "anna",
        "channel_id": "C1",
        "channel_name": "one",
        "api_app_id": "A1",
        "trigger_id": f"{next(_numbers)}.{time.time_ns()}",
        "response_url": "http://127.0.0.1:9/",
    }
    body = urllib.parse.urlencode(fields).encode()
    signed = "".join(
        f"{name}: {value}\r\n" for name, value in sign(body, str(int(time.time()))).items()
    )
    return (
        "POST /slack/events HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n{signed}\r\n"
    ).encode() + body


if __name__ == "__main__":
    machine.pin(machine.OTHERS)
    found = asyncio.run(_load(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
    print(json.dumps(asdict(found)))
