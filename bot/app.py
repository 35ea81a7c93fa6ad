"""Puts everything together, by plain calls from top to bottom; nothing else."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.delivery.channels import RoomMaker, Rooms
from bot.delivery.clock import Clock
from bot.delivery.courier import Courier
from bot.delivery.dispatch import Dispatcher
from bot.delivery.ids import new_id
from bot.delivery.outages.catching_up import CatchingUp
from bot.delivery.outages.pace import Pace
from bot.delivery.platform import Platform
from bot.delivery.scheduler import Scheduler, long_timers
from bot.delivery.senders.introductions import Ask, Introductions
from bot.local.chat import Local
from bot.lotse import AHEAD, DEMO, MAIN, Lotse, company
from bot.operations.auditor import Auditor
from bot.operations.caretaker import Caretaker
from handlers import FEATURES
from handlers.incidents.keys import IncidentTimer
from handlers.settings.platform_notices import PlatformTimer
from storage import workspaces
from storage.engine import Database, Tx

if TYPE_CHECKING:
    from bot.meanings import Keeper
    from bot.slack.edge import SlackEdge
    from bot.teams.edge import TeamsEdge

log = logging.getLogger("lotse")


def build(
    settings: Settings, database: Database, clock: Clock | None = None, *, demo: bool
) -> Lotse:
    """Put the parts of one process together; `demo` adds the local chat and its own clock."""
    if clock is None:
        ahead = timedelta(seconds=database.read(_ahead) if demo else 0)
        clock = Clock(ahead, database.wall)  # where several machines share it, they share its time
    local = Local(database, clock) if demo else None
    platforms: dict[str, Platform] = {}
    if local is not None:
        platforms[local.name] = local
    courier = Courier(database, platforms, clock, follows=CatchingUp(new_id))

    def committed() -> None:
        courier.wake()
        scheduler.wake()
        if slack is not None:
            slack.refresh_home_tabs()

    dispatcher = Dispatcher(database, FEATURES, clock, new_id, committed)
    # Where nothing listens, in the terminal or a worker, it is what the settings say.
    dispatcher.address = settings.url or f"http://{settings.host}:{settings.port}"
    pace = courier.pace
    slack = _slack(settings, database, dispatcher, clock, pace) if settings.slack else None
    if slack is not None:
        platforms[slack.platform.name] = slack.platform
    teams = _teams(settings, database, dispatcher, clock, pace) if settings.teams else None
    if teams is not None:
        platforms[teams.platform.name] = teams.platform
    meanings = _meanings(database) if settings.meaning else None
    if settings.smtp:
        from bot.mail.sender import Account, Mail  # only who sends mail waits for it

        account = Account(
            settings.smtp, settings.mail_from, settings.smtp_user, settings.smtp_password
        )
        platforms[Mail.name] = Mail(account, database)
        dispatcher.mails = True
    makers: dict[str, RoomMaker] = {}
    if local is not None:
        makers[local.name] = local
    if slack is not None:
        makers[slack.platform.name] = slack.rooms
    rooms = Rooms(database, makers)
    asks: dict[str, Ask] = {}
    for edge in (slack, teams):
        if edge is not None:
            asks[edge.platform.name] = edge.introduce
    introductions = Introductions(database, dispatcher.handle, clock, asks)
    errands = {IncidentTimer.CHANNEL: rooms.keep, PlatformTimer.INTRODUCE: introductions.keep}
    long = long_timers(FEATURES)
    scheduler = Scheduler(database, dispatcher.run_timer, clock, errands, long)
    auditor = Auditor(database, FEATURES, clock)
    caretaker = Caretaker(settings, database, auditor, clock, dispatcher.fire_timer)
    dispatcher.keep_erasures = caretaker.keep_erasures
    return Lotse(
        settings=settings,
        database=database,
        clock=clock,
        dispatcher=dispatcher,
        courier=courier,
        scheduler=scheduler,
        caretaker=caretaker,
        local=local,
        slack=slack,
        teams=teams,
        meanings=meanings,
    )


def _meanings(database: Database) -> Keeper:
    from bot.meanings import Keeper  # numpy, only for who has switched it on
    from handlers.similarity.meaning import BESIDE, Model

    model = Model()
    database.beside[BESIDE] = model
    return Keeper(database, model)


def _slack(
    settings: Settings, database: Database, dispatcher: Dispatcher, clock: Clock, pace: Pace
) -> SlackEdge:
    from bot.slack.edge import SlackEdge  # only who uses Slack waits for its library
    from bot.slack.installations import OAuth

    oauth = None
    if settings.slack_client_id:
        from bot.encryption import TokenCipher, keys_from

        oauth = OAuth(
            settings.slack_client_id,
            settings.slack_client_secret,
            TokenCipher(keys_from(settings.keys)),
            settings.slack_channels,
        )
    return SlackEdge(
        dispatcher=dispatcher,
        database=database,
        workspace=MAIN,
        now=clock.now,
        oauth=oauth,
        address=settings.url,
        company=company(MAIN, settings),
        token=settings.slack_bot_token,
        signing_secret="" if settings.slack_app_token else settings.slack_signing_secret,
        app_token=settings.slack_app_token,
        api_url=settings.slack_api_url,
        pace=pace,
    )


def _teams(
    settings: Settings, database: Database, dispatcher: Dispatcher, clock: Clock, pace: Pace
) -> TeamsEdge:
    from bot.teams.edge import (
        App,
        TeamsEdge,  # its library takes a second to import
    )
    from bot.teams.tokens import cloud

    app = App(
        settings.microsoft_app_id,
        settings.microsoft_app_password,
        settings.microsoft_app_type == "SingleTenant",
        settings.microsoft_app_tenants,
        cloud(settings.teams_cloud, settings.teams_hosts, settings.teams_login_url),
        settings.teams_dev_loopback,
    )
    return TeamsEdge(
        dispatcher=dispatcher, database=database, workspace=MAIN, app=app, clock=clock, pace=pace
    )


def _ahead(tx: Tx) -> float:
    return float(workspaces.setting(tx.within(DEMO), AHEAD) or 0)
