"""Decides: plain functions that return what is to be said. This is the table of contents."""

from __future__ import annotations

from handlers import (
    automations,
    climbing,
    covers,
    definitions,
    digest,
    friction,
    help,
    home,
    incident_lists,
    incident_news,
    incidents,
    leaving,
    looking_after,
    measures,
    night,
    ownership,
    people,
    pilots,
    register,
    settings,
)
from handlers.kit.commands import Feature

FEATURES: tuple[Feature, ...] = (
    incidents.feature,
    looking_after.feature,
    incident_news.feature,
    incident_lists.feature,
    climbing.feature,
    register.feature,
    ownership.feature,
    leaving.feature,
    covers.feature,
    friction.feature,
    pilots.feature,
    automations.feature,
    digest.feature,
    measures.feature,
    night.feature,
    people.feature,
    settings.feature,
    definitions.feature,
    home.feature,
    help.feature,
)
