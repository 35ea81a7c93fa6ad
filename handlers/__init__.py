"""Decides: plain functions that return what is to be said. This is the table of contents."""

from __future__ import annotations

from handlers import (
    automations,
    definitions,
    digest,
    friction,
    help,
    home,
    measures,
    night,
    pilots,
    platforms,
    settings,
)
from handlers.bans import settings as ban_settings
from handlers.closing import commands as closing_commands
from handlers.closing import other_endings
from handlers.closing import reminders as closing_reminders
from handlers.incidents import acknowledge, escalation
from handlers.incidents import channels as incident_channels
from handlers.incidents import commands as incident_commands
from handlers.incidents import lists as incident_lists
from handlers.incidents import updates as incident_updates
from handlers.kit.commands import Feature
from handlers.on_call import stand_ins
from handlers.ownership import commands as ownership_commands
from handlers.ownership import leaving
from handlers.people import language as people_language
from handlers.problems import changes as problem_changes
from handlers.problems import commands as problem_commands
from handlers.problems import fixes as problem_fixes
from handlers.problems import lifecycle as problem_lifecycle
from handlers.repeats import commands as repeat_commands
from handlers.services import commands as service_commands

FEATURES: tuple[Feature, ...] = (
    incident_commands.feature,
    acknowledge.feature,
    incident_updates.feature,
    closing_commands.feature,
    other_endings.feature,
    closing_reminders.feature,
    incident_lists.feature,
    escalation.feature,
    incident_channels.feature,
    service_commands.feature,
    ownership_commands.feature,
    leaving.feature,
    stand_ins.feature,
    repeat_commands.feature,
    problem_commands.feature,
    problem_fixes.feature,
    problem_lifecycle.feature,
    problem_changes.feature,
    friction.feature,
    pilots.feature,
    automations.feature,
    digest.feature,
    measures.feature,
    night.feature,
    people_language.feature,
    settings.feature,
    definitions.feature,
    ban_settings.feature,
    home.feature,
    platforms.feature,
    help.feature,
)
