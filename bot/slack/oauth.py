"""The install page: a company installs Lotse into its Slack, and becomes a workspace here.

Slack's OAuth: the browser is sent to Slack with a state that works once, for ten
minutes, and only in that browser; it comes back with a code, which is exchanged
for the bot's token. The token is sealed before it is stored.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web
from slack_sdk.oauth import AuthorizeUrlGenerator

from bot.delivery import standing
from bot.delivery.ids import new_id
from bot.delivery.menus import BACK, scopes
from bot.delivery.platform import Undelivered
from bot.slack import profiles
from bot.slack.install_pages import GONE_STALE, Page, page, spoken_in
from bot.slack.installations import PLATFORM, Installations, OAuth, workspace_of
from bot.slack.web_api import Said, WebApi
from handlers.kit import calendar
from handlers.kit.words import LANGUAGES, _
from handlers.settings import managers
from storage import audit, people, workspaces
from storage import people as storage_people
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine import Database, StorageError, Tx
from storage.engine.ids import PersonId, PlaceId
from storage.people import PersonKind
from storage.slack import installations
from storage.workspaces import Workspace

log = logging.getLogger("lotse.slack")

INSTALL = "/slack/install"
AUTHORIZE = "https://slack.com/oauth/v2/authorize"
LASTS = int(installations.STATE_LASTS.total_seconds())
SECRET = re.compile(r"[\w-]{43}", re.ASCII)
TEAM = re.compile(r"T[A-Z0-9]{1,20}", re.ASCII)
USER = re.compile(r"[UW][A-Z0-9]{1,20}", re.ASCII)

DENIED = Page(
    _("Lotse was not installed"),
    (_("Nobody agreed in Slack. Nothing was stored."),),
)
REFUSED = Page(
    _("Slack did not finish"),
    (_("Slack did not accept the installation. Nothing was stored. Please begin again."),),
)
AWAY = Page(
    _("Slack cannot be reached"),
    (_("Slack does not answer just now. Nothing was stored. Please begin again in a moment."),),
    status=503,
)
WHOLE_ORGANISATION = Page(
    _("One workspace at a time, please"),
    (
        _(
            "Lotse cannot be installed for a whole organisation (Enterprise Grid) yet. "
            "Nothing was stored."
        ),
        _("Please begin again, and choose one workspace where Slack asks where to install it."),
    ),
)
SERVED = Page(
    _("Lotse is here already"),
    (_("Whoever operates Lotse has connected this workspace. There is nothing to install."),),
    begins=False,
    status=200,
)
NOT_STORED = Page(
    _("That was not stored"),
    (_("Lotse cannot store anything just now. Please begin again in a moment."),),
    status=503,
)


class Turned(Exception):
    """The installation ends here, with a page."""

    def __init__(self, page: Page) -> None:
        super().__init__(page.title.one)
        self.page = page


@dataclass(frozen=True, slots=True)
class Granted:
    """What Slack gives for a code: a team with its bot's token, and who installed it."""

    team: str
    name: str
    bot_user: str
    installer: str
    scopes: str
    token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    lasts: float | None


class InstallPages:
    """The two addresses of the installation."""

    def __init__(
        self,
        database: Database,
        api: WebApi,
        installed: Installations,
        oauth: OAuth,
        address: str,
        company: Workspace,
        now: Callable[[], datetime],
    ) -> None:
        """`address` is Lotse's own from outside; `company` what a new one is like at first."""
        self._database = database
        self._api = api
        self._installed = installed
        self._oauth = oauth
        self._company = company
        self._now = now
        self._secure = address.startswith("https://")
        self._cookie = "__Host-lotse-install" if self._secure else "lotse-install"
        self._back = f"{address}{BACK}"
        self._begin = urlsplit(f"{address}{INSTALL}").path
        self._authorize = AuthorizeUrlGenerator(
            client_id=quote(oauth.client_id, safe=""),
            redirect_uri=quote(self._back, safe=""),
            scopes=scopes(rooms=oauth.rooms),
            authorization_url=api.beside(AUTHORIZE),
        )

    def add_to(self, app: web.Application) -> None:
        """Add the two addresses."""
        app.router.add_get(INSTALL, self._sent_to_slack, allow_head=False)
        app.router.add_get(BACK, self._came_back, allow_head=False)

    # --- there -------------------------------------------------------------------

    async def _sent_to_slack(self, request: web.Request) -> web.Response:
        language = spoken_in(request)
        state = secrets.token_urlsafe(32)
        known = request.cookies.get(self._cookie, "")  # of another tab, which then works as well
        browser = known if SECRET.fullmatch(known) else secrets.token_urlsafe(32)
        now = self._now()
        try:
            begun = await asyncio.wrap_future(
                self._database.submit(
                    lambda tx: installations.begin(tx, hashed(state), hashed(browser), now)
                )
            )
        except StorageError as error:
            log.error("An installation could not begin: %s", error)
            return page(NOT_STORED, language, self._begin)
        if not begun:
            log.error("Too many installations were begun; new ones have to wait")
            return page(NOT_STORED, language, self._begin)
        answer = web.Response(
            status=302,
            headers={
                "Location": self._authorize.generate(state),
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
            },
        )
        answer.set_cookie(
            self._cookie,
            browser,
            max_age=LASTS,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=self._secure,
        )
        return answer

    # --- and back ----------------------------------------------------------------

    async def _came_back(self, request: web.Request) -> web.Response:
        language = spoken_in(request)
        try:
            shown = await self._installed_by(request)
        except Turned as turned:
            shown = turned.page
        except StorageError as error:
            log.error("An installation could not be stored: %s", error)
            shown = NOT_STORED
        return page(shown, language, self._begin)

    async def _installed_by(self, request: web.Request) -> Page:
        state = request.query.get("state", "")
        browser = request.cookies.get(self._cookie, "")
        now = self._now()
        # Used up first of all, whatever comes of it: nobody can try it twice.
        ours: Future[bool] = self._database.submit(
            lambda tx: installations.finish(tx, hashed(state), hashed(browser), now)
        )
        if not await asyncio.wrap_future(ours):
            raise Turned(GONE_STALE)
        if "error" in request.query:
            raise Turned(DENIED if request.query["error"] == "access_denied" else REFUSED)
        granted = await self._exchanged(request.query.get("code", ""))
        if self._installed.main is not None and granted.team == self._installed.main.team:
            raise Turned(SERVED)
        profile = await self._profile(granted)
        again = await asyncio.wrap_future(
            self._database.submit(lambda tx: self._store(tx, granted, profile, now))
        )
        await self._installed.changed(granted.team)
        log.info("Slack's team %s installed Lotse%s", granted.team, " again" if again else "")
        return welcome(granted.name, again)

    async def _exchanged(self, code: str) -> Granted:
        if not code or len(code) > 200:
            raise Turned(REFUSED)
        try:
            answer = await self._api.access(
                self._oauth.client_id,
                self._oauth.client_secret,
                code=code,
                redirect_uri=self._back,
            )
        except Said as refusal:
            log.warning("Slack did not accept an installation: %s", refusal)
            raise Turned(REFUSED) from refusal
        except Undelivered as error:
            log.warning("An installation did not come to its end: %s", error)
            raise Turned(AWAY) from error
        if answer.get("is_enterprise_install"):
            raise Turned(WHOLE_ORGANISATION)
        granted = read(answer)
        if granted is None:
            log.error("Slack answered an installation with something else than a bot's token")
            raise Turned(REFUSED)
        return granted

    async def _profile(self, granted: Granted) -> Mapping[str, Any]:
        """Ask who installed it; when Slack does not say, the first command asks again."""
        if not granted.installer:
            return {}
        try:
            answer = await self._api.call(
                granted.token, "users.info", user=granted.installer, include_locale="true"
            )
        except Undelivered as error:
            log.warning("Slack does not say who installed Lotse: %s", error)
            return {}
        found = answer.get("user")
        return found if isinstance(found, dict) and found.get("id") == granted.installer else {}

    def _store(self, tx: Tx, granted: Granted, profile: Mapping[str, Any], now: datetime) -> bool:
        """Store the installation and all that a new company needs; say whether it was known."""
        locale = str(profile.get("locale") or "")[:2]
        like = self._company
        zone = profiles.zone_of(dict(profile)) or like.zone
        company = Workspace(
            id=workspace_of(granted.team),
            name=granted.name,
            language=locale if locale in LANGUAGES else like.language,
            zone=zone,
            region=calendar.region_of(zone, like.region),
        )
        new = workspaces.ensure(tx, company, now)
        tx = tx.within(company.id)
        encrypt = self._oauth.cipher.encrypt
        installations.put(
            tx,
            team=granted.team,
            bot_user=granted.bot_user,
            scopes=granted.scopes,
            token=encrypt(granted.token),
            refresh_token=encrypt(granted.refresh_token) if granted.refresh_token else None,
            lasts=granted.lasts,
        )
        workspaces.let_in(tx, PLATFORM)
        there = workspaces.get(tx)
        standing.plan(tx, now=now, zone=there.zone, region=there.region)
        by = self._installer(tx, granted, dict(profile), now)
        audit.add(
            tx,
            id=new_id(),
            at=now,
            person_key=by,
            command="install",
            subject=granted.team,
            outcome="done",
        )
        tx.signal()
        return not new

    def _installer(self, tx: Tx, granted: Granted, profile: dict[str, Any], now: datetime) -> str:
        """Let whoever installed it manage it, while nobody else does; return the audit's key."""
        if not granted.installer:
            return "nobody"
        identity = f"slack:{granted.team}:{granted.installer}"
        name = profiles.name_of(profile) or granted.installer
        person = storage_people.find_or_create(
            tx,
            identity,
            name,
            id=PersonId(granted.installer),
            key=new_id(),
            now=now,
            kind=PersonKind.NEW,
        )
        places.ensure(
            tx,
            PlaceId(f"slack:@{granted.installer}"),
            PlaceKind.DIRECT,
            person.name,
            person=person.id,
        )
        if not people.managers(tx):
            people.set_manager(tx, person.id)
            managers.notice(tx, person.id, id=new_id(), now=now)
        if profile:
            profiles.keep(tx, profile, granted.team)
        return person.person_key


def read(answer: Mapping[str, Any]) -> Granted | None:
    """Return what Slack granted; None when that is no bot's token of one workspace."""
    team, user = answer.get("team") or {}, answer.get("authed_user") or {}
    token, id, bot = answer.get("access_token"), team.get("id"), answer.get("bot_user_id")
    if not (isinstance(token, str) and token and answer.get("token_type") == "bot"):
        return None
    if not (isinstance(id, str) and TEAM.fullmatch(id) and USER.fullmatch(str(bot))):
        return None
    again, seconds = answer.get("refresh_token"), answer.get("expires_in")
    rotates = isinstance(again, str) and isinstance(seconds, int | float)
    installer = str(user.get("id", ""))
    return Granted(
        team=id,
        name=" ".join(str(team.get("name") or id).split())[:80],
        bot_user=str(bot),
        installer=installer if USER.fullmatch(installer) else "",
        scopes=str(answer.get("scope", "")),
        token=token,
        refresh_token=again if rotates else None,
        lasts=float(seconds) if rotates and seconds is not None else None,
    )


def welcome(team: str, again: bool) -> Page:
    """Return the page at the end of an installation."""
    if again:
        return Page(
            _("Lotse works again in {team}", team=team),
            (_("Everything that was stored is still there. Waiting messages are being sent now."),),
            begins=False,
            status=200,
        )
    return Page(
        _("Lotse is installed in {team}", team=team),
        (
            _("In Slack, invite Lotse into the channel for incidents: /invite @Lotse"),
            _(
                "Then type /lotse settings in that channel. You are a manager there, and "
                "may name others."
            ),
        ),
        begins=False,
        status=200,
    )


def hashed(secret: str) -> str:
    """Return how a secret of a browser is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()
