"""What finishing shows: what is missing with its buttons, and the question to a second person."""

from __future__ import annotations

from datetime import datetime

from handlers import rights
from handlers.incidents import checklist
from handlers.incidents.cards import headline, label, open_again, service_name
from handlers.incidents.checklist import NAMES, Point, open_of_all
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Facts, Message, Part, Text, Title, Tone
from handlers.kit.people import person
from handlers.kit.readers.evidence import evidence_words
from handlers.kit.words import Sentence, Who, Words, _
from storage import closing as closings
from storage.engine.ids import PersonId
from storage.incidents import Incident

ASKS: dict[Point, tuple[Sentence, Sentence]] = {
    # What is open, and the button that opens its form.
    Point.END: (_("When did it work again?"), _("Enter the end")),
    Point.CAUSE: (_("Where did the cause lie? A kind and one sentence."), _("Enter the cause")),
    Point.EVIDENCE: (_("Where can it be looked up? A link or a ticket."), _("Enter evidence")),
    Point.ENDING: (_("Is it a workaround, or is the cause fixed?"), _("Choose one")),
    Point.FIX: (_("Who fixes the cause, and by when?"), _("Enter who and when")),
    Point.RUNBOOK: (_("Where is the runbook?"), _("Enter the runbook")),
}


def missing(ctx: Context, incident: Incident, points: list[Point], also: Words = "") -> Message:
    """Show what is open until an incident is done, each line with its button."""
    number = incident.number
    parts: list[Part] = [Title(headline(incident)), Text(open_of_all(len(points)))]
    if also:
        parts.append(Text(also))
    if [each for each in points if each is not Point.CHECKED]:
        fill = call("point", number=number, which="missing")
        parts.append(Buttons((Button(_("Enter all of it"), fill, "primary"),)))
    for point in points:
        words, buttons = _question(ctx, incident, point)
        parts += [Text(words), Buttons(buttons)]
    explain = Button(_("When is it done?"), call("definition", name="done"), "quiet")
    # What holds it up holds up these, too: no reason is asked for in vain.
    around = () if also else ways_out(ctx, incident)
    parts.append(Buttons((*around, explain)))
    return Message(tuple(parts), Tone.ACTIVE)


def _question(
    ctx: Context, incident: Incident, point: Point
) -> tuple[Sentence, tuple[Button, ...]]:
    number = incident.number
    if point is Point.CHECKED:
        until = checklist.quiet_until(ctx, incident)
        words = _("A second person checks it. Or it does not come back by {until}.", until=until)
        return words, (ask_somebody(number),)
    words, label = ASKS[point]
    form = Button(label, call("point", number=number, which=point))
    if point is Point.RUNBOOK:
        none = Button(_("None yet"), call("fill", number=number, runbook="none yet"))
        return words, (form, none)
    return words, (form,)


def ask_somebody(number: int) -> Button:
    """Return the button that asks a person to check."""
    return Button(_("Ask for a check"), call("ask check", number=number))


def correct(number: int) -> Button:
    """Return the button that opens everything that was said."""
    return Button(_("Correct something"), call("point", number=number, which="every"), "quiet")


def ways_out(ctx: Context, incident: Incident) -> tuple[Button, ...]:
    """Return the buttons for what is not done the usual way."""
    number = incident.number
    found = [Button(_("False alarm or duplicate"), call("close as", number=number), "quiet")]
    if rights.may_for(ctx, "close anyway", incident):
        found.append(Button(_("Finish it anyway"), call("close anyway", number=number), "quiet"))
    return tuple(found)


def waits(
    ctx: Context, incident: Incident, checker: Who | Words | None, until: datetime
) -> Message:
    """Say that everything is entered and what it waits for."""
    if checker is None:
        said = _(
            "Everything is entered. If it does not come back by {until}, it is done.", until=until
        )
    else:
        said = _(
            "Everything is entered, and {who} has been asked to check it. Unchecked, "
            "it is done on {until} if it has not come back.",
            who=checker,
            until=until,
        )
    number = incident.number
    buttons = (ask_somebody(number), correct(number), *ways_out(ctx, incident)[1:])
    return Message((Title(headline(incident)), Text(said), Buttons(buttons)), Tone.ACTIVE)


def check_it(incident: Incident, who: Who | Words) -> Message:
    """Ask somebody who may check it whether they have."""
    said = _(
        "{who} says that {incident} is done. Have you checked it?",
        who=who,
        incident=label(incident.number),
    )
    return Message((Text(said), Buttons((check_button(incident.number),))))


def check_button(number: int) -> Button:
    """Return the button of the second person."""
    return Button(_("I have checked it"), call("checked", number=number), "primary")


def question(ctx: Context, incident: Incident, asked_by: PersonId) -> Message:
    """Ask the second person in the name of `asked_by`, with everything that they need for it."""
    closing = closings.find(ctx.tx, incident.number)
    rows: list[tuple[Words, Words]] = [(_("Service"), service_name(ctx, incident))]
    points = checklist.missing_of(ctx, incident)
    if Point.CAUSE not in points:
        rows.append((_("Cause"), checklist.cause(closing)))
    if not {Point.ENDING, Point.FIX} & set(points):
        rows.append((_("Fix"), checklist.fix(ctx, closing)))
    if Point.EVIDENCE not in points:
        rows.append((_("Evidence"), evidence_words(closing.evidence or "")))
    return Message(
        (
            Title(_("Is {incident} really over?", incident=label(incident.number))),
            Text(incident.title),
            Text(
                _(
                    "{who} asks you to check it: a second person always looks before it is done.",
                    who=person(ctx, asked_by),
                )
            ),
            Facts(tuple(rows)),
            Buttons((check_button(incident.number), open_again(incident.number))),
        ),
        Tone.ACTIVE,
    )


def form_title(number: int, which: str) -> Sentence:
    """Return what stands above a form of the checklist."""
    if which == "every":
        return _("{incident}: what was said", incident=label(number))
    if which == "missing":
        return _("{incident}: what is missing", incident=label(number))
    if which == "cost":
        return _("{incident}: consequences", incident=label(number))
    return _("{incident}: {point}", incident=label(number), point=NAMES[Point(which)])
