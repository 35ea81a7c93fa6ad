"""Nobody is told unasked but by an alarm or the one gate: each message to a person has a reason.

Every place in the source where a message is addressed to a person stands in the table below with
why it may come by itself. What a timer can reach of it has to be an alarm, news of something live,
or one of the few that the rules exempt; everything else is noted with `matters`, which bundles it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum

from tests.house.test_layers import Trees, dotted, trees

Name = str  # of a function, as `handlers.room.module.function`


class Why(StrEnum):
    """Why something is sent to a person by itself."""

    GATE = "the bundle, or a question at the start of work"
    ALARM = "an alert, or that alerts do not arrive"
    LIVE = "news of an incident that goes on or has just ended, to whom it concerns"
    DEPARTURE = "somebody left: the managers, at once"
    CHOSEN = "its own day and hour, or “tell me at once”, was chosen"
    ANSWER = "an answer to what that person asked, or to what they have just done"


BY_THE_CLOCK = set(Why) - {Why.ANSWER}  # what a timer may send

# Where a message is addressed to a person.
SITES: dict[Name, Why] = {
    "handlers.attention.matters.ask": Why.GATE,
    "handlers.attention.matters.due": Why.GATE,
    "handlers.attention.matters.questions": Why.GATE,
    "handlers.incidents.alarms.posting._chats": Why.ALARM,
    "handlers.incidents.alarms.posting._fold_one": Why.ALARM,
    "handlers.incidents.alarms.posting._list_post": Why.ALARM,
    "handlers.incidents.alarms.posting._single": Why.ALARM,
    "handlers.incidents.escalation.renewed_alarms": Why.ALARM,
    "handlers.settings.platform_notices.unreachable": Why.ALARM,
    "handlers.incidents.acknowledge._tell_declined": Why.LIVE,
    "handlers.incidents.acknowledge.assign": Why.LIVE,
    "handlers.incidents.alarms.escalate._tell_declarer": Why.LIVE,
    "handlers.incidents.escalation.declarer_posts": Why.LIVE,
    "handlers.repeats.folding._tell_people": Why.LIVE,
    "handlers.ownership.leaving.hand_on_all": Why.DEPARTURE,
    "handlers.automations.escalation.at_once": Why.CHOSEN,
    "handlers.digest.commands._posts": Why.CHOSEN,
    "handlers.mandate.drafting.session": Why.ANSWER,
    "handlers.mandate.reading.answer": Why.ANSWER,
    "handlers.mandate.stop_list._tell": Why.ANSWER,
    "handlers.on_call.stand_ins.confirm": Why.ANSWER,
    "handlers.on_call.stand_ins.cover": Why.ANSWER,
    "handlers.on_call.stand_ins.end": Why.ANSWER,
    "handlers.ownership.commands.accept_all": Why.ANSWER,
    "handlers.ownership.commands.decline_all": Why.ANSWER,
    "handlers.privacy.correcting.answer": Why.ANSWER,
    "handlers.privacy.linking._typed": Why.ANSWER,
}


class House:
    """The functions of the source: what each may call, and which address a person."""

    def __init__(self, sources: Trees) -> None:
        self.functions: dict[Name, ast.AST] = {}
        self.timers: set[Name] = set()
        self._follows: dict[str, set[Name]] = defaultdict(set)
        self._left: set[Name] = set()
        self._known: dict[str, dict[str, str]] = {}
        for path, tree in sources.items():
            self._read(dotted(path), tree)

    def _read(self, module: str, tree: ast.Module) -> None:
        names = self._known[module] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                names |= {each.asname or each.name: f"{node.module}.{each.name}"
                          for each in node.names}  # fmt: skip
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                names[node.name] = f"{module}.{node.name}"
                self.functions[f"{module}.{node.name}"] = node
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names[node.name] = name = f"{module}.{node.name}"
                self.functions[name] = node
                for door in node.decorator_list:
                    self._open(module, name, door)

    def _open(self, module: str, name: Name, door: ast.expr) -> None:
        if not isinstance(door, ast.Call) or not isinstance(door.func, ast.Attribute):
            return
        if door.func.attr == "timer":
            self.timers.add(name)
        elif door.func.attr == "follows":
            self._follows[ast.unparse(door.args[0])].add(name)
        elif door.func.attr == "holds":
            self._left |= {
                f"{module}.{ast.unparse(each.value)}"
                for each in door.keywords
                if each.arg == "left"
            }

    def used_by(self, name: Name) -> Iterator[Name]:
        """Give what a function may call: by its name, through an event, or of who left."""
        known = self._known[name.rpartition(".")[0]]
        for node in ast.walk(self.functions[name]):
            if isinstance(node, ast.Name):
                yield known.get(node.id, "")
            elif isinstance(node, ast.Attribute):
                if isinstance(node.value, ast.Name):
                    yield f"{known.get(node.value.id, '')}.{node.attr}"
                if node.attr == "left":
                    yield from self._left
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".follow"):
                yield from self._follows[ast.unparse(node.args[0])]

    def reached(self, *begin: Name) -> set[Name]:
        """Return every function that these may lead to, themselves included."""
        found: set[Name] = set()
        waiting = list(begin)
        while waiting:
            name = waiting.pop()
            if name not in found and name in self.functions:
                found.add(name)
                waiting += self.used_by(name)
        return found

    def addressed(self) -> set[Name]:
        """Return every function that writes the address of a person."""
        return {
            name
            for name, node in self.functions.items()
            if any(
                isinstance(each, ast.JoinedStr)
                and isinstance(first := each.values[0], ast.Constant)
                and str(first.value).startswith("direct:")
                for each in ast.walk(node)
                if not (isinstance(each, ast.JoinedStr) and not each.values)
            )
        }


def unasked(house: House, sites: Mapping[Name, Why]) -> list[str]:
    """Return what is wrong: an address without a reason, or one that no timer may use."""
    found = [f"{name} has no reason" for name in sorted(house.addressed() - set(sites))]
    found += [f"{name} is gone" for name in sorted(set(sites) - house.addressed())]
    for timer in sorted(house.timers):
        reached = house.reached(timer) & set(sites)
        found += [
            f"{timer} reaches {name}" for name in sorted(reached) if sites[name] not in BY_THE_CLOCK
        ]
    return found


def test_nobody_is_told_unasked_but_by_an_alarm_or_the_gate() -> None:
    house = House(trees("handlers"))
    assert "handlers.incidents.alarms.posting._single" in house.reached(
        "handlers.incidents.alarms.escalate.escalate"
    )
    assert {
        "handlers.closing.reassignment._hand_on",
        "handlers.pilots.people.back",
    } <= house.reached("handlers.ownership.leaving.hand_on_all")
    assert len(house.timers) > 20
    assert unasked(house, SITES) == []


ROOM = """
from handlers.kit.commands import Feature
from handlers.kit.doors import Event
from handlers.kit.messages import Post
feature = Feature("A room")

def _told(person):
    return Post("key", "words", f"direct:{person}")

@feature.command("ask")
def asks(ctx):
    return _told(ctx.person.id)
"""
BY_TIMER = """
@feature.timer("reminder")
def remind(ctx, person):
    return _told(person)
"""
BY_EVENT = """
@feature.timer("reminder")
def remind(ctx, person):
    return ctx.follow(Event.CAME_BACK, person)

@feature.follows(Event.CAME_BACK)
def back(ctx, person):
    return _told(person)
"""
BY_LEAVING = """
def _left(ctx, person):
    return _told(person)

@feature.timer("reminder")
def remind(ctx, person):
    return [each.left(ctx, person) for each in ctx.doors]

@feature.holds(1, "table.column", left=_left)
def held(ctx, person):
    return []
"""
AT = "handlers.room.commands._told"


def of(text: str) -> House:
    return House({"handlers/room/commands.py": ast.parse(text)})


def test_the_rule_notices_a_message_without_a_reason_and_one_of_a_timer() -> None:
    assert unasked(of(ROOM), {}) == [f"{AT} has no reason"]
    assert unasked(of(ROOM), {AT: Why.ANSWER}) == []
    assert unasked(of("feature = 1"), {AT: Why.ANSWER}) == [f"{AT} is gone"]
    for more in (BY_TIMER, BY_EVENT, BY_LEAVING):
        found = unasked(of(ROOM + more), {AT: Why.ANSWER})
        assert found == [f"handlers.room.commands.remind reaches {AT}"], more
        assert unasked(of(ROOM + more), {AT: Why.ALARM}) == []
