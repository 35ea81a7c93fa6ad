"""Whoever fills in a form hears of every fault of it at once: nothing is refused one by one."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Annotated

import pytest

from handlers import FEATURES
from handlers.kit.commands import Ask, Command, Feature, all_commands
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Reply, line
from handlers.kit.readers import NumberReader, TextReader
from handlers.kit.words import _

REFUSALS = {"Refusal", "NotFound", "Elsewhere"}
OURS = ("handlers", __name__)
ANY = "*"  # a field that is named by a value


@functools.cache
def calls(run: FunctionType) -> tuple[ast.Call, ...]:
    """Return the calls in a function's source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(run)))
    return tuple(each for each in ast.walk(tree) if isinstance(each, ast.Call))


def called(run: FunctionType, call: ast.Call) -> object:
    """Return what is called, where it is a function of ours by its name."""
    match call.func:
        case ast.Name(id):
            return run.__globals__.get(id)
        case ast.Attribute(ast.Name(module), name):
            owner = run.__globals__.get(module)
            return getattr(owner, name, None) if isinstance(owner, ModuleType) else None
        case _:
            return None


def refused(run: Callable[..., object], seen: set[object]) -> Iterator[str]:
    """Yield the fields at which a function refuses something, or one that it calls."""
    if not isinstance(run, FunctionType) or run in seen:
        return
    seen.add(run)
    for call in calls(run):
        target = called(run, call)
        if getattr(target, "__name__", "") in REFUSALS:
            for each in call.keywords:
                if each.arg == "field":
                    yield str(each.value.value) if isinstance(each.value, ast.Constant) else ANY
        elif isinstance(target, FunctionType) and target.__module__.startswith(
            ("handlers", "test")
        ):
            yield from refused(target, seen)


def filled_in(command: Command) -> set[str]:
    """Return the fields that somebody fills in: the thing of a hidden one comes with its button."""
    fields = [each for each in command.parameters if not each.ask.hidden]
    if command.hidden and fields and fields[0].typed:
        fields = fields[1:]
    return {each.name for each in fields}


def one_by_one(command: Command) -> set[str]:
    """Return the fields of a form that are refused by the command itself, after all others.

    What one of its checks has asked already may be asked again, by the same function: a command
    that locks something first looks at it once more.
    """
    fields, asked = filled_in(command), set[object]()
    for each in command.checks:
        list(refused(each.run, asked))
    return set(refused(command.run, asked)) & {*fields, ANY} if len(fields) > 1 else set()


@pytest.mark.parametrize("command", all_commands(FEATURES), ids=lambda each: each.name)
def test_no_form_refuses_a_field_by_itself(command: Command) -> None:
    assert not one_by_one(command), "give it `checks` (handlers/kit/readers/checks.py)"


# --- that it notices what it forbids ---------------------------------------------------------


def _odd(number: int) -> None:
    if number % 2:
        raise Refusal(_("Please give a number."), field="number")


def _declared(feature: Feature, **also: object) -> Command:
    @feature.command("plant", "pflanzen", help=_("Help"), **also)  # type: ignore[arg-type]
    def plant(
        _ctx: Context,
        *,
        number: Annotated[int, NumberReader(0, 9), Ask(_("Number"))],
        words: Annotated[str, TextReader(), Ask(_("Words"))],
    ) -> Reply:
        _odd(number)
        return Reply(line(_("Saved.")))

    return feature.commands[0]


def test_a_planted_refusal_is_noticed() -> None:
    assert one_by_one(_declared(Feature(_("Help")))) == {"number"}


def test_what_a_check_has_asked_may_be_asked_again() -> None:
    def odd(_ctx: Context, number: int) -> None:
        _odd(number)

    assert not one_by_one(_declared(Feature(_("Help")), checks=(odd,)))


def test_a_button_that_brings_the_thing_leaves_one_field() -> None:
    feature = Feature(_("Help"))

    @feature.command("plant", "pflanzen", help=_("Help"), hidden=True)
    def plant(
        _ctx: Context,
        id: Annotated[str, TextReader(), Ask(_("Which"))],
        number: Annotated[int, NumberReader(0, 9), Ask(_("Number"))],
    ) -> Reply:
        _odd(number)
        return Reply(line(_("Saved.")))

    assert not one_by_one(feature.commands[0])


def test_a_check_of_what_a_command_does_not_take_is_refused() -> None:
    def check(_ctx: Context, colour: str) -> None:
        """Nothing."""

    with pytest.raises(TypeError):
        _declared(Feature(_("Help")), checks=(check,))
