"""The pages that are written from the program: commands, settings, `.env.example` (`make docs`)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot import config
from bot.config import Settings
from bot.delivery import scheduler
from bot.generate import texts
from bot.generate.papers import build
from handlers import FEATURES
from handlers.automations import timetable
from handlers.automations.intake import recipes
from handlers.automations.profile import Tool
from handlers.incidents.alarms import steps
from handlers.kit.commands import Command
from handlers.kit.words import Sentence, text

ROOT = Path(__file__).parent.parent.parent
ABOUT = """\
# Commands

One grammar for every place: the first word decides, and both languages always work.
Umlauts may be written out (`stoerung`), and case does not matter.
Words that only read may be shortened to three letters or more, as long as they stay unambiguous and nothing else is typed.
What stands in `<…>` is needed, what stands in `[…]` may be left out; the last one takes the rest of the line exactly as typed.
What is missing is asked for in a form.
Behind `incident` everything is a title; only a number alone opens its card.
Behind the platform's own `/incident` the next word is a command if everything behind it fits: `/incident ack 7` acknowledges, `/incident Update server down` declares.
A quoted text is never a command, and what is no command is offered as an incident.
What is understood beside commands is told in [rules](rules.md#typing).

This page is written from the program (`make docs`).
"""  # noqa: E501
WHERE = """\
# Where is it?

Each command is a function in its room: `handlers/<room>/`; what it remembers stands in `storage/<room>`, and its tests in `tests/<room>/`.
This page is written from the table of contents (`make docs`).

| command | file | function |
| --- | --- | --- |
"""  # noqa: E501
FIGURES = """\
# Figures

Every figure that Lotse shows, how it is computed, and the stored rows it comes from.
A figure is about processes; none is about a person.
In chat *How is this computed?* says the same.
This page is written from the rooms (`feature.measure`, `make docs`).

| figure | how it is computed | rows | Messgröße | wie gerechnet wird |
| --- | --- | --- | --- | --- |
"""
RETENTION = """\
# What is kept, and how long

Each kind of record with its age, and what becomes of it then: deleted, or nameless.
Each night at 03:10 what is older goes; `retention` (`aufbewahrung`) in the chat says what went, what goes next, and what would be gone by a day.
This page is written from the rooms (`feature.keeps`, `make docs`); a test winds a company that did everything through all of it.

| what | days | then | tables | was | dann |
| --- | --- | --- | --- | --- | --- |
"""  # noqa: E501
CLEANED = """
What is on its way, of all companies, goes within the hour:

| what | days |
| --- | --- |
"""
ESCALATION = "<!-- escalation: written from handlers/incidents/alarms/steps.py (`make docs`) -->\n"
ESCALATION_ENDS = "<!-- end of escalation -->"
RECIPES = "<!-- recipes: written from handlers/automations/intake/recipes.py (`make docs`) -->\n"
RECIPES_END = "<!-- end of recipes -->"
TIMETABLE = "<!-- timetable: written from handlers/automations/timetable.py (`make docs`) -->\n"
TIMETABLE_ENDS = "<!-- end of timetable -->"
BUTTONS = """\
## Only as buttons

These are commands like the others, but nobody types them.
"""


def pages() -> dict[Path, str]:
    """Return every generated page with its text."""
    return {
        ROOT / "docs" / "commands.md": commands(),
        ROOT / "docs" / "where.md": where(),
        ROOT / "docs" / "figures.md": figures(),
        ROOT / "docs" / "retention.md": retention(),
        ROOT / "docs" / "rules.md": rules(),
        ROOT / "docs" / "automations.md": automations(),
        ROOT / "docs" / "settings.md": config.page(),
        ROOT / ".env.example": config.example(),
        **{
            ROOT / "docs" / "papers" / name: paper
            for name, paper in build.papers(Settings()).items()
        },
    }


def write() -> int:
    """Write the pages and bring the catalogues up to date; return the exit status."""
    for path, page in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 1 if texts.write() else 0


def commands() -> str:
    """Return `docs/commands.md`."""
    titled: dict[Sentence, list[Command]] = {}
    for feature in FEATURES:
        shown = [each for each in feature.commands if not each.hidden]
        titled.setdefault(feature.title, []).extend(shown)
    chapters = [_chapter(title, shown) for title, shown in titled.items() if shown]
    hidden = [each for feature in FEATURES for each in feature.commands if each.hidden]
    return "\n".join([ABOUT, *chapters, BUTTONS, *_table(hidden)]) + "\n"


def where() -> str:
    """Return `docs/where.md`: the file and the function of each command."""
    found = sorted((each for feature in FEATURES for each in feature.commands), key=_by_name)
    return WHERE + "".join(
        f"| `{each.name}` | `{file_of(each)}` | `{each.run.__name__}` |\n" for each in found
    )


def figures() -> str:
    """Return `docs/figures.md`: each figure with its formula and the rows it comes from."""
    found = [each for feature in FEATURES for each in feature.measures]
    lines = []
    for each in found:
        english, german = (
            f"{text(each.name, language)} | {text(each.formula, language)}"
            for language in ("en", "de")
        )
        rows = ", ".join(f"`{row}`" for row in each.rows)
        lines.append(f"| {english} | {rows} | {german} |\n")
    return FIGURES + "".join(lines)


def retention() -> str:
    """Return `docs/retention.md`: each kind of record, how long it is kept, and what then."""
    known = [each for feature in FEATURES for each in feature.all_keeps]
    lines = []
    for each in sorted(known, key=lambda each: (each.days is None, each.days or 0, each.tables)):
        said = [(text(each.what, language), text(each.then, language)) for language in ("en", "de")]
        (what, then), (was, dann) = said
        days = "–" if each.days is None else str(each.days)
        tables = ", ".join(f"`{table}`" for table in each.tables)
        lines.append(f"| {what} | {days} | {then} | {tables} | {was} | {dann} |\n")
    cleaned = [f"| {what} | {kept.days} |\n" for what, kept in scheduler.CLEANED.items()]
    return RETENTION + "".join(lines) + CLEANED + "".join(cleaned)


def rules() -> str:
    """Return `docs/rules.md` with the table of escalation as the code has it."""
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    return _put(page, ESCALATION, escalation_tables(), ESCALATION_ENDS)


def automations() -> str:
    """Return `docs/automations.md` with the timetable and the recipes as the code has them."""
    page = (ROOT / "docs" / "automations.md").read_text(encoding="utf-8")
    steps_told = "".join(
        f"- {text(each, 'en')}\n" for each in timetable.step_lines(timetable.USUAL)
    )
    page = _put(page, TIMETABLE, steps_told, TIMETABLE_ENDS)
    return _put(page, RECIPES, told_recipes(), RECIPES_END)


def told_recipes() -> str:
    """Return the recipe of each tool, as the form shows it."""
    parts = []
    for tool in Tool:
        parts.append(f"### {text(tool.words, 'en')}\n")
        words = recipes.words(tool)
        if words is not None:
            parts.append(text(words, "en").replace(". ", ".\n") + "\n")  # a sentence a line
        else:
            parts.append("\n".join(("```", *recipes.lines(tool, "ADDRESS"), "```")) + "\n")
    return "\n".join(parts)


def _put(page: str, begin: str, written: str, end: str) -> str:
    before, _begin, rest = page.partition(begin)
    _old, found, after = rest.partition(end)
    assert found, f"the page has a place for {begin}"
    return f"{before}{begin}{written}{end}{after}"


def escalation_tables() -> str:
    """Return the steps of escalation, and what holds for the rounds after them, as tables."""
    lines = ["| step | who is alarmed | then it waits |", "| --- | --- | --- |"]
    for number, level in enumerate(steps.LADDER, start=1):
        step = steps.LADDER[level]
        limits = "one limit" if step.limits == 1 else f"{step.limits} limits"
        lines.append(f"| {number} | {' and '.join(step.roles)} | {limits} |")
    grows = f"{steps.GROWS} times as long as before"
    lines += [f"| each further round | {', '.join(steps.ROUND.roles)} | {grows} |", ""]
    kinds = {name: steps.ROUNDS[name] for name in ("normal", "serious")}
    rows: dict[str, list[str]] = {
        "longest gap": [_time(each.longest) for each in kinds.values()],
        "alarms a person and incident in 24 hours": [
            "no bound" if each.most is None else f"{each.most} at most" for each in kinds.values()
        ],
        "rounds outside working time": [
            "it rests" if each.rests else "as by day" for each in kinds.values()
        ],
        "every other manager hears of it once": [
            "never" if each.widens is None else f"after {_time(each.widens)}"
            for each in kinds.values()
        ],
    }
    lines += [f"| rounds | {' | '.join(kinds)} |", "| --- | --- | --- |"]
    lines += [f"| {name} | {' | '.join(values)} |" for name, values in rows.items()]
    return "\n" + "\n".join(lines) + "\n\n"


def _time(long: timedelta) -> str:
    minutes = int(long.total_seconds() // 60)
    return f"{minutes // 60} hours" if minutes > 60 else f"{minutes} minutes"


def _by_name(command: Command) -> str:
    return command.name


def file_of(command: Command) -> str:
    """Return the file that a command's function stands in, from the root of the project."""
    return f"{command.run.__module__.replace('.', '/')}.py"


def _chapter(title: Sentence, shown: list[Command]) -> str:
    heads = " · ".join(text(title, language) for language in ("en", "de"))
    return "\n".join([f"## {heads}", "", *_table(shown), ""])


def _table(commands: list[Command]) -> list[str]:
    head = ["| English | meaning | Deutsch | Bedeutung |", "| --- | --- | --- | --- |"]
    return [*head, *(f"| {_cells(each, 'en')} | {_cells(each, 'de')} |" for each in commands)]


def _cells(command: Command, language: str) -> str:
    others = [f"`{each}`" for each in command.words[language][1:]]
    first = command.word(language) if command.hidden else command.usage(language)
    typed = ", ".join([f"`{first}`", *others])
    meaning = text(command.help, language)
    asked = [
        text(each.ask.label, language)
        for each in command.parameters
        if not each.typed and not each.ask.hidden
    ]
    if asked and not command.hidden:
        meaning += f" {'In the form' if language == 'en' else 'Im Formular'}: {', '.join(asked)}."
    return f"{typed} | {meaning}"
