"""Definitions with versions, and the catalogue in which every figure has its formula."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import handlers
from handlers import FEATURES
from handlers.kit.messages import Call
from storage.engine.sqlite import Sqlite
from tests.ownership.test_ownership import enter
from tests.pretend.stage import Say, Stage

ROOMS = Path(str(handlers.__file__)).parent
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted(ROOMS.rglob("*.py"))}
DIGEST = [path for path, source in SOURCES.items() if re.search(r"@feature\.section\(", source)]
DECLARING = [path for path, source in SOURCES.items() if " = feature.measure(" in source]
MEASURES = [each for feature in FEATURES for each in feature.measures]


def test_lotse_has_words_of_its_own_in_both_languages(anna: Say, ben: Say) -> None:
    assert anna("definitions").startswith("What is an incident?\nSomething that people depend on")
    assert ben("definitionen").startswith("Was ist eine Störung?\nEtwas, worauf andere")


def test_managers_write_their_own_and_every_version_stays(
    chris: Say, anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    chris("definitions")
    chris.press("When is it done?")
    assert "Working again is not done." in chris.press("Change")
    chris.fill(words="Wenn zwei Leute es gesehen haben.")
    assert "Wenn zwei Leute es gesehen haben." in anna("definitions")
    wind(minutes=60 * 24)
    chris.press("Change")
    said = chris.fill(words="Wenn drei Leute es gesehen haben.")
    assert said.startswith(
        "When is it done?\nWenn drei Leute es gesehen haben.\nVersion 2, Tue 24 Nov, by Chris."
    )
    assert "- Version 1 (Mon 23 Nov, Chris): Wenn zwei Leute es gesehen haben." in said
    lines = bot.rows(
        "select person_key, subject from audit where workspace = :workspace "
        "and command = 'definition save' order by at"
    )
    assert [row["subject"] for row in lines] == ["done 1", "done 2"]
    assert {row["person_key"] for row in lines} == {"key-demo-chris"}


def test_what_somebody_else_has_changed_meanwhile_is_not_written_over(chris: Say) -> None:
    other = Say(chris.stage, "chris")
    for each in (chris, other):
        each("definitions")
        each.press("When is it serious?")
        each.press("Change")
    other.fill(words="Wenn Kunden warten.")
    said = chris.fill(words="Wenn es brennt.")
    assert said.startswith("Somebody has changed it meanwhile.")
    assert "Wenn es brennt." in said


def test_only_managers_change_them_and_not_with_fillers(chris: Say, anna: Say, bot: Stage) -> None:
    anna("definitions")
    assert "Change" not in {str(b.button.label) for b in anna.buttons()}
    chris("definitions")
    chris.press("What is an incident?")
    call = next(b.button.call for b in chris.buttons() if b.button.call.word == "definition edit")
    assert bot.handle(bot.request("anna", call=call)).outcome == "refused"
    chris.press("Change")
    for wrong, said in (("tbd", "is not enough here"), ("lang " * 400, "1,500 fit here")):
        assert said in chris.fill(words=wrong)
        assert chris.answer is not None
        assert chris.answer.field == "words"
    for each in ("incident", "serious", "done", "measures"):  # the longest ones fit, all four
        chris.stage.handle(chris.stage.request("chris", call=Call("definition save", {
            "name": each, "seen": "0", "words": "Wort " * 299 + "Ende."})))  # fmt: skip
    assert chris("definitions").count("Ende.") == 4


def test_they_are_shown_where_they_are_needed(chris: Say, anna: Say, ben: Say) -> None:
    chris("definitions")
    chris.press("What is an incident?")
    chris.press("Change")
    chris.fill(words="Etwas steht still.")
    anna("incident")
    assert anna.form is not None
    assert "Etwas steht still." in str(anna.form.fields[0].hint)
    enter(chris, serious="when the field cannot work")
    assert "Serious here: when the field cannot work" in anna("incident VPN tot")
    anna.press("It is serious")
    assert anna.press("When is it serious?").startswith("When is it serious?\nIt is serious when")
    anna("service vpn")
    assert "Serious when: when the field cannot work" in anna("service vpn")


# --- measures -----------------------------------------------------------------------------

# What looks like a figure and is none: the week's own number, and what a list leaves out.
NO_FIGURES = {
    "Week {number} · {first} to {last}", "week {number}", "and {n} more", "{n} more",
    "Show {n} more", "{incidents} ({change})",
    "{weeks} · {first} to {last}",
}  # fmt: skip
FIGURES = {
    "n",
    "workaround",
    "fixed",
    "time",
    "used",
    "all",
    "unmeasured",
    "decisions",
    "incidents",
    "change",
    "tally",
    "age",
}


def _is_figure(value: ast.expr, tree: ast.Module) -> bool:
    """Say whether a value is `figure(…)`, or a variable that was given one."""
    return ast.unparse(value).startswith("figure(") or any(
        ast.unparse(node.targets[0]) == ast.unparse(value)
        and ast.unparse(node.value).startswith("figure(")
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
    )


def said_outside(tree: ast.Module) -> list[str]:
    """Return the sentences of a module whose figures are not named by `figure`.

    A sentence that is given to `figure` by its variable's name is named, too.
    """
    given = {
        ast.unparse(node.args[1])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "figure"
    }
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def within_figure(node: ast.AST) -> bool:
        while (above := parents.get(node)) is not None:
            if isinstance(above, ast.Call) and ast.unparse(above.func) == "figure":
                return True
            if isinstance(above, ast.Assign) and ast.unparse(above.targets[0]) in given:
                return True
            node = above
        return False

    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in ("_", "_n"):
            continue
        counted = {each.arg: each.value for each in node.keywords if each.arg in FIGURES}
        values = [*counted.values(), *(node.args[2:3] if ast.unparse(node.func) == "_n" else ())]
        bare = [each for each in values if not _is_figure(each, tree)]
        if bare and not within_figure(node):
            found.append(str(ast.literal_eval(node.args[0])))
    return found


def test_every_figure_of_the_digest_has_its_entry() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in DIGEST]
    assert len(trees) >= 8
    bare = {said for tree in trees for said in said_outside(tree)} - NO_FIGURES
    assert bare == set(), "declare it (`feature.measure`), and put `figure(…)` around it"


def test_each_figure_has_one_entry_and_each_entry_is_shown() -> None:
    named = [each.id for each in MEASURES]
    assert len(set(named)) == len(named) >= 22
    declared = 0
    for path in DECLARING:
        source = SOURCES[path]
        for variable in re.findall(r"^([A-Z_]+) = feature\.measure\(", source, re.MULTILINE):
            declared += 1
            room = "".join(SOURCES[each] for each in SOURCES if each.parent == path.parent)
            assert len(re.findall(rf"\b{variable}\b", room)) > 1, (path, variable)
    assert declared == len(named), "a figure is declared in the room that shows it"


def test_the_rows_of_a_figure_are_stored_ones(sqlite: Sqlite) -> None:
    found = sqlite.read(lambda tx: tx.rows("select name from sqlite_schema where type = 'table'"))
    tables = {each["name"] for each in found}
    for each in MEASURES:
        assert each.rows and set(each.rows) <= tables, each.id


def test_a_bare_figure_is_noticed() -> None:
    assert said_outside(ast.parse('_("{n} dead", n=len(dead))')) == ["{n} dead"]
    assert said_outside(ast.parse('_("{n} dead", n=figure("x", len(dead)))')) == []


def test_how_it_is_computed_is_a_button_away(chris: Say) -> None:
    chris("digest")
    chris.press("How is this computed?")
    said = page = chris.press("All figures")
    while "[More]" in page:
        page = chris.press("More")
        said += f"\n{page}"
    assert all(f"\n{each.name.one}: " in said for each in MEASURES)
