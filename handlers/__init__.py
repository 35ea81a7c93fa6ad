"""Decides: plain functions that return what is to be said. This is the table of contents."""

from __future__ import annotations

from handlers import (
    automations,
    changes,
    climbing,
    digest,
    friction,
    help,
    home,
    incident_lists,
    incident_news,
    incidents,
    looking_after,
    people,
    pilots,
    problem_life,
    problems,
    repeat_settings,
    repeats,
    services,
    settings,
)
from handlers.kit.commands import Feature

FEATURES: tuple[Feature, ...] = (
    incidents.feature,
    looking_after.feature,
    incident_news.feature,
    incident_lists.feature,
    climbing.feature,
    repeats.feature,
    problems.feature,
    problem_life.feature,
    changes.feature,
    services.feature,
    friction.feature,
    pilots.feature,
    automations.feature,
    digest.feature,
    people.feature,
    settings.feature,
    repeat_settings.feature,
    home.feature,
    help.feature,
)
