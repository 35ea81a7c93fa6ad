"""Who calls in a rush, in a process of its own: people by commands, machines by heartbeats.

Each call has its moment, whether or not those before it were answered, and is counted from
then: a bot that falls behind shows it. Reads what to do from the standard input, as JSON, and
writes what came of each call.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import sys
import time
import urllib.parse
from collections import deque
from dataclasses import asdict, dataclass, field

from benchmarks.endurance import title
from benchmarks.heartbeat import secret_of
from tests.delivery.kill_edges import DECLARED, refused
from tests.pretend.slack_peer import APP, TEAM, sign
from tests.pretend.slack_stage import INCIDENTS

PEOPLE, MACHINES = "127.0.0.3", "127.0.0.4"  # whence they call
LOOKS = ("incidents", "status", "who Till", "help")
PATIENCE = 30.0  # seconds after which a call counts as unanswered


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: so many commands and heartbeats a second, by these people, for so long."""

    port: int
    commands: float
    heartbeats: float
    seconds: float
    people: tuple[str, ...]
    addresses: int
    seed: int
    round: str  # stands in each mark, so that no two rounds say the same


@dataclass(slots=True)
class Came:
    """What came of calls of one kind: (seconds since its moment, status), and marks of commands.

    `promised` are marks of what was said to be done; `sent` all that were sent.
    """

    calls: list[tuple[float, int]] = field(default_factory=list)
    not_stored: int = 0
    promised: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    reported: dict[int, int] = field(default_factory=dict)  # by machine: answered 200


class Line:
    """Connections that are used again, of one address."""

    def __init__(self, port: int, address: str) -> None:
        self._port, self._address = port, address
        self._free: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def call(self, request: bytes) -> tuple[int, str]:
        """Send a request; return status and body, 0 when nothing came back."""
        open_ = None
        try:
            async with asyncio.timeout(PATIENCE):
                open_ = self._free.pop() if self._free else await self._open()
                reader, writer = open_
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                body = await reader.readexactly(length)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            if open_ is not None:
                open_[1].close()
            return 0, ""
        if b"connection: close" in head.lower():
            writer.close()
        else:
            self._free.append(open_)
        return int(head.split(b" ", 2)[1]), body.decode()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            "127.0.0.1", self._port, local_addr=(self._address, 0), limit=2**20
        )

    def close(self) -> None:
        for _reader, writer in self._free:
            writer.close()


class Callers:
    """All of them."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._chance = plan, random.Random(plan.seed)
        self._numbers: list[int] = []
        self._count = itertools.count(1)
        self.people, self.machines = Came(), Came()

    async def run(self) -> None:
        """Let each call have its moment; end when all are answered."""
        lines = Line(self._plan.port, PEOPLE), Line(self._plan.port, MACHINES)
        began = asyncio.get_running_loop().time() + 0.1
        async with asyncio.TaskGroup() as calling:
            calls = sorted(
                [(n / self._plan.commands, True) for n in range(self._many(self._plan.commands))]
                + [
                    (n / self._plan.heartbeats, False)
                    for n in range(self._many(self._plan.heartbeats))
                ]
            )
            for at, typed in calls:
                wait = began + at - asyncio.get_running_loop().time()
                if wait > 0:
                    await asyncio.sleep(wait)
                moment = began + at
                calling.create_task(
                    self._types(lines[0], moment) if typed else self._reports(lines[1], moment)
                )
        for each in lines:
            each.close()

    def _many(self, rate: float) -> int:
        return int(rate * self._plan.seconds)

    async def _types(self, line: Line, moment: float) -> None:
        n = next(self._count)
        mark = f"{self._plan.round}m{n}x"
        drawn = self._chance.random()
        number = self._chance.choice(self._numbers) if self._numbers else 0
        if drawn < 0.5:
            word, text, mark = "/lotse", self._chance.choice(LOOKS), ""
        elif drawn < 0.75 and number:
            word, text = "/lotse", f"update #{number} {mark}"
        else:
            word, text = "/incident", f"{title(self._chance)} {mark}"
        if mark:
            self.people.sent.append(mark)
        status, said = await line.call(self._command(word, text, n))
        self._note(self.people, moment, status)
        if status != 200:
            return
        if refused(said):
            self.people.not_stored += 1
        elif mark:
            self.people.promised.append(mark)
            if found := DECLARED.search(said):
                self._numbers.append(int(found[1]))

    async def _reports(self, line: Line, moment: float) -> None:
        n = next(self._count) % self._plan.addresses
        request = f"POST /ping/{secret_of(n)} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        status, _said = await line.call(request.encode())
        self._note(self.machines, moment, status)
        if status == 200:
            self.machines.reported[n] = self.machines.reported.get(n, 0) + 1

    def _note(self, came: Came, moment: float, status: int) -> None:
        came.calls.append((asyncio.get_running_loop().time() - moment, status))

    def _command(self, word: str, text: str, n: int) -> bytes:
        who = self._chance.choice(self._plan.people)
        fields = {
            "command": word, "text": text, "team_id": TEAM, "user_id": who, "user_name": who,
            "channel_id": INCIDENTS, "channel_name": "incidents", "api_app_id": APP,
            "trigger_id": f"{n}.{time.time_ns()}", "response_url": "http://127.0.0.1:9/",
        }  # fmt: skip
        body = urllib.parse.urlencode(fields).encode()
        signed = sign(body, str(int(time.time())))
        named = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        return (
            "POST /slack/events HTTP/1.1\r\nHost: x\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n{named}\r\n"
        ).encode() + body


async def called(plan: Plan) -> tuple[Came, Came]:
    """Have another process call; return what came of commands and of heartbeats."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.delivery.callers",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**26,
    )  # fmt: skip
    written, _errors = await process.communicate(json.dumps(asdict(plan)).encode())
    assert process.returncode == 0, "those who call failed"
    people, machines = (Came(**each) for each in json.loads(written))
    machines.reported = {int(n): number for n, number in machines.reported.items()}
    return people, machines


def main() -> None:
    """Call as the plan on the standard input says."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows; whoever is not answered keeps a connection

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    given = json.loads(sys.stdin.read())
    callers = Callers(Plan(**{**given, "people": tuple(given["people"])}))
    asyncio.run(callers.run())
    print(json.dumps([asdict(callers.people), asdict(callers.machines)]))


if __name__ == "__main__":
    main()
