"""Decides: plain functions that return what is to be said. This is the table of contents."""

from __future__ import annotations

from handlers import (
    automations,
    climbing,
    closing,
    digest,
    endings,
    follow_up,
    friction,
    help,
    home,
    incident_lists,
    incident_news,
    incidents,
    looking_after,
    night,
    people,
    pilots,
    platforms,
    services,
    settings,
)
from handlers.kit.commands import Feature

FEATURES: tuple[Feature, ...] = (
    incidents.feature,
    looking_after.feature,
    incident_news.feature,
    closing.feature,
    endings.feature,
    follow_up.feature,
    incident_lists.feature,
    climbing.feature,
    services.feature,
    friction.feature,
    pilots.feature,
    automations.feature,
    digest.feature,
    night.feature,
    people.feature,
    settings.feature,
    home.feature,
    platforms.feature,
    help.feature,
)
