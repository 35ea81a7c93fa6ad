"""Slow connections of one address beside a real client: it is served as if they were not there.

`python -m tests.http.slow_clients --connections 2000 --seconds 60`

The bot is the real one in a process of its own. From one address connections are held open that
say nothing, half of their headers, or half of a body, and each that is ended is opened anew; from
another address Slack sends commands, each on a connection of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from tests.pretend.slack_peer import SECRET, TOKEN, Peer, sign

ROOT = Path(__file__).parent.parent.parent
INHERITED = ("PATH", "HOME", "LANG", "SYSTEMROOT")
THEIRS, OURS = "127.0.0.2", "127.0.0.3"  # whose connections are slow, and whose are not
KINDS = {
    "silent": b"",
    "half headers": b"POST /slack/events HTTP/1.1\r\nHost: a\r\nX-Half: ",
    "half a body": b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nabc",
    "half a body for Teams": (
        b"POST /api/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nabc"
    ),
    "asked once": b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n",
}
ANEW = 5.0  # seconds until a connection that was ended is opened anew
MOST = 1.0  # seconds in which 99 of 100 are answered


@contextlib.asynccontextmanager
async def bot(slack: Peer, folder: str) -> AsyncIterator[int]:
    """Give the port of a running bot."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    given = {
        "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": slack.url,
        "DATABASE_URL": f"sqlite:///{folder}/lotse.db", "PORT": "0", "LOTSE_LANGUAGE": "en",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", cwd=ROOT, env={**kept, **given},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = (await process.stdout.readline()).decode()
        yield int(said.partition("127.0.0.1:")[2].partition(" ")[0])
    finally:
        process.terminate()
        await process.wait()


async def hold(port: int, kind: str, opened: Counter[str]) -> None:
    """Hold a slow connection, and open it anew whenever it is ended."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(THEIRS, 0)
            )
            opened[kind] += 1
            writer.write(KINDS[kind])
            with contextlib.suppress(ConnectionError):
                await reader.read()  # until it is ended
            writer.close()
        except OSError:
            opened["refused"] += 1
        await asyncio.sleep(ANEW)


async def hold_all(port: int, connections: int) -> None:
    """Hold so many, say so, and go on until the input ends; then tell how often each was opened."""
    opened: Counter[str] = Counter()
    kinds = itertools.islice(itertools.cycle(KINDS), connections)
    slow = [asyncio.create_task(hold(port, each, opened)) for each in kinds]
    while sum(opened.values()) < connections:  # noqa: ASYNC110, they come one by one
        await asyncio.sleep(0.05)
    print("held", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for each in slow:
        each.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    print(sum(opened.values()), flush=True)


@contextlib.asynccontextmanager
async def held(port: int, connections: int) -> AsyncIterator[list[int]]:
    """Hold slow connections in a process of its own; tell at the end how many were opened."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.http.slow_clients", "--hold", str(port),
        "--connections", str(connections),
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    opened: list[int] = []
    try:
        yield opened
    finally:
        said, _errors = await process.communicate(b"")
        opened.append(int(said))


async def ask(port: int, seconds: float, rate: float) -> list[tuple[int, float]]:
    """Send commands as Slack does, each on its own connection; return status and seconds."""
    found: list[tuple[int, float]] = []

    async def one(n: int) -> None:
        body = (
            f"command=%2Flotse&text=help&team_id=T1&user_id=UANNA&user_name=anna&channel_id=DANNA"
            f"&channel_name=directmessage&trigger_id={n}.slow&api_app_id=A1"
        ).encode()
        signed = sign(body, str(int(time.time())), SECRET)
        headers = {"Content-Type": "application/x-www-form-urlencoded", **signed}
        own = aiohttp.TCPConnector(local_addr=(OURS, 0), force_close=True)
        began = time.perf_counter()
        try:
            async with aiohttp.ClientSession(connector=own) as session:
                url = f"http://127.0.0.1:{port}/slack/events"
                async with session.post(url, data=body, headers=headers) as answer:
                    await answer.read()
                    found.append((answer.status, time.perf_counter() - began))
        except (aiohttp.ClientError, OSError):
            found.append((0, time.perf_counter() - began))

    async with asyncio.TaskGroup() as asking:
        ends = time.monotonic() + seconds
        for n in itertools.count():
            if time.monotonic() > ends:
                break
            asking.create_task(one(n))
            await asyncio.sleep(1 / rate)
    return found


async def play(connections: int, seconds: float, rate: float = 10) -> dict[str, float]:
    """Hold so many slow connections while a real client asks; return the numbers."""
    slack = Peer("http")
    slack.user("UANNA", "Anna")
    await slack.start()
    try:
        with tempfile.TemporaryDirectory(prefix="lotse-slow-") as folder:
            async with bot(slack, folder) as port:
                await ask(port, 1, rate)  # so that everything is known and warm
                alone = await ask(port, seconds / 4, rate)
                async with held(port, connections) as opened:
                    beside = await ask(port, seconds, rate)
    finally:
        await slack.stop()
    return {
        "slow connections": connections,
        "of them opened anew": opened[0] - connections,
        "requests beside them": len(beside),
        "answered 200": sum(status == 200 for status, _seconds in beside),
        "answered 503": sum(status == 503 for status, _seconds in beside),
        "not answered": sum(status == 0 for status, _seconds in beside),
        "p99 alone, ms": 1000 * p99(alone),
        "p99 beside them, ms": 1000 * p99(beside),
    }


def p99(found: list[tuple[int, float]]) -> float:
    """Return within how many seconds 99 of 100 were answered."""
    times = sorted(seconds for _status, seconds in found)
    return times[min(len(times) * 99 // 100, len(times) - 1)]


def main() -> None:
    """Read the command line, play, print the numbers, and fail where a promise is not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.http.slow_clients", description=__doc__)
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--smoke", action="store_true", help="150 connections for 3 seconds")
    parser.add_argument("--hold", type=int, metavar="PORT", help="only hold the slow ones there")
    given = parser.parse_args()
    if given.hold:
        asyncio.run(hold_all(given.hold, given.connections))
        return
    size = (150, 3.0) if given.smoke else (given.connections, given.seconds)
    numbers = asyncio.run(play(*size))
    for name, number in numbers.items():
        print(f"{number:>8.0f}  {name}")
    assert numbers["answered 200"] == numbers["requests beside them"], "somebody was kept out"
    if not given.smoke:  # how fast this machine is, is no matter of a smoke run
        assert numbers["p99 beside them, ms"] < 1000 * MOST, "too slow beside them"


if __name__ == "__main__":
    main()
