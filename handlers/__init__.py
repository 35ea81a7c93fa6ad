"""Decides: plain functions that return what is to be said. This is the table of contents."""

from __future__ import annotations

from handlers import (
    automations,
    climbing,
    digest,
    friction,
    help,
    home,
    incidents,
    people,
    pilots,
    platforms,
    services,
    settings,
)
from handlers.kit.commands import Feature

FEATURES: tuple[Feature, ...] = (
    incidents.feature,
    climbing.feature,
    services.feature,
    friction.feature,
    pilots.feature,
    automations.feature,
    digest.feature,
    people.feature,
    settings.feature,
    home.feature,
    platforms.feature,
    help.feature,
)
