"""The words around the messages on the local page: its buttons, hints and roles."""

from __future__ import annotations

from handlers.kit.words import Sentence, _, _c

# Names in braces are filled in by the page itself.
LABELS: dict[str, Sentence] = {
    "menu": _("Menu"),
    "you_are": _("You are"),
    "channels": _("Channels"),
    "direct": _("Direct messages"),
    "settings": _("Settings"),
    "names_title": _("Names and languages"),
    "skip": _("To the box below"),
    "address": _("address of this message"),
    "no_incident": _("There is no INC-{number} here.", number="{number}"),
    "no_address": _("There is nothing here at “{address}”.", address="{address}"),
    "no_message": _("This message is gone."),
    "theme_dark": _("Switch to dark colours"),
    "theme_light": _("Switch to light colours"),
    "language": _("Language"),
    "clock": _("Clock of the demo"),
    "wound": _("This clock was wound forward."),
    "wind": _("Wind the clock forward"),
    "wind_10min": _("+10 min"),
    "wind_1h": _("+1 h"),
    "wind_monday": _("Monday 08:30"),
    "wind_monday_short": _("Mon 08:30"),
    "messages": _("Messages in {place}", place="{place}"),
    "earlier": _("Show earlier messages"),
    "newest": _("To the newest message"),
    "new": _c("messages", "New"),
    "today": _("Today"),
    "yesterday": _("Yesterday"),
    "edited": _("edited"),
    "edited_at": _("Edited {when}", when="{when}"),
    "only_you": _("Only you can see this"),
    "unread": _("{count} unread", count="{count}"),
    "write": _("Write to {place}", place="{place}"),
    "write_hint": _("Enter sends, Shift + Enter starts a new line."),
    "send": _("Send"),
    "commands": _("All commands"),
    "optional": _("optional"),
    "computed": _("How is this computed?"),
    "choose": _("Please choose"),
    "search": _("Type to search"),
    "none_fits": _("Nothing fits. Please type fewer letters."),
    "type_on": _("And {n} more; type on to narrow them down.", n="{n}"),
    "cancel": _("Cancel"),
    "close": _("Close"),
    "copy": _("Copy"),
    "copied": _("Copied"),
    "only_now": _("Shown only now: Lotse keeps no copy."),
    "save": _("Save"),
    "name": _("Name"),
    "company_language": _("Language of the channels and of all who chose none"),
    "as_company": _("As the company"),
    "here": _("Still in the company"),
    "settings_hint": _("Everybody here is made up. Call them as you like."),
    "alarm_title": _("When you are alerted"),
    "alarm_hint": _("In this browser, while the page is open. Both are off until you want them."),
    "alarm_sound": _("Play a sound"),
    "alarm_notify": _("Show a notification"),
    "alarm_try": _("Try it out"),
    "alarm_off": _("Both are off."),
    "alarm_denied": _("The browser does not allow it. Its settings for this page can change that."),
    "not_stored": _("That could not be saved. Your text is still here; please send it again."),
    "not_reached": _("Lotse cannot be reached. Your text is still here; please send it again."),
    "too_long": _("That is too much for one message. Please shorten it."),
    "went_wrong": _("That did not work. Please try again."),
    "lost": _("The connection is lost. Trying again …"),
    "try_title": _("Hello {name}. Three things to try:", name="{name}"),
    "steps_title": _("{company} is still empty. The first steps:", company="{company}"),
    "as_person": _("As {name}: {words}", name="{name}", words="{words}"),
    "try_hint": _("A click puts it into the box below; Enter sends it."),
    "try_close": _("Hide these examples"),
    "empty": _("Nothing has been said here yet."),
}

ROLES: dict[str, Sentence] = {
    "anna": _c("role on the page", "Employee"),
    "ben": _c("role on the page", "Accountable"),
    "carla": _c("role on the page", "Deputy"),
    "chris": _c("role on the page", "Manager"),
}
OTHERS = _("At work here")
MANAGER = _("Management")
LEFT = _c("role on the page", "Left the company")

ABOUT: dict[str, Sentence] = {
    "incidents": _("Every incident has its card here."),
    "managers": _("The weekly digest and what has to be decided."),
    "general": _("For everybody."),
    "direct": _("Only you and Lotse read this."),
}

# What a person may try first: the command, and what is typed behind it.
EXAMPLES: dict[str, tuple[tuple[str, Sentence | None], ...]] = {
    "anna": (
        ("incident", _("Till in Cologne does not print")),
        ("friction", _("Delivery dates are typed three times")),
        ("help", None),
    ),
    "ben": (("status", None), ("incidents", None), ("auto", None)),
    "carla": (("incidents", None), ("service", None), ("status", None)),
    "chris": (("digest", None), ("pilot", None), ("status", None)),
}

# What is done first in a company that is empty, and by whom; "" is whoever looks.
FIRST: tuple[tuple[str, tuple[str, Sentence | None]], ...] = (
    ("chris", ("service new", None)),
    ("anna", ("incident", _("Till in Cologne does not print"))),
    ("", ("help", None)),
)
