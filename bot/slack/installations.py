"""In which Slack workspaces Lotse is installed: each with its own workspace here, token and bot.

The environment's token is the installation of the main workspace; each of the
others came over the install page and is kept in the store, sealed. A token that
expires is renewed ahead of time, by one process for all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bot.delivery.platform import Away, NotAccepted, Refused, Undelivered, Wait
from bot.encryption import TokenCipher, UnknownKey
from bot.keys import rotate
from bot.slack.web_api import Said, ShutOut, WebApi
from storage import workspaces
from storage.engine import Database, StorageError, Tx
from storage.slack import installations
from storage.slack.installations import Stored

log = logging.getLogger("lotse.slack")

PLATFORM = "slack"  # as places are called there
T = TypeVar("T")

MOST = 1000  # installations whose token is kept at hand
KNOCK = 60.0  # seconds until Slack is asked whether it lets us in again
LONGEST_KNOCK = 3600.0
AHEAD = 2 * 3600.0  # seconds before its end at which a token is renewed
ROUND = 600.0  # seconds between two looks for tokens that end soon
PATIENCE = 8.0  # seconds to wait for somebody else who is renewing
RETRY = 60.0  # seconds until a renewal that failed is tried again ahead of time
PATIENT = 3.0  # seconds that the start waits for Slack to say who we are; then it goes on
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds between two tries to be introduced
# The app was removed: only a new installation helps.
GONE = ("app_uninstalled", "tokens_revoked", "token_revoked", "account_inactive")


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one Slack team, and the workspace here that it belongs to.

    `sealed` is how its token lies in the store, empty for the environment's;
    `ends` is when it expires, on the monotonic clock.
    """

    team: str
    workspace: str
    bot_user: str
    token: str = field(repr=False)
    sealed: str = field(default="", repr=False)
    ends: float = math.inf


@dataclass(frozen=True, slots=True)
class OAuth:
    """What makes many workspaces possible: the app's own id and secret, and the cipher.

    With `rooms` companies are asked to let Lotse make channels for incidents, too.
    """

    client_id: str
    client_secret: str = field(repr=False)
    cipher: TokenCipher = field(repr=False)
    rooms: bool = False


def workspace_of(team: str) -> str:
    """Return the workspace here of a Slack team that installed the app by itself."""
    return f"slack-{team}"


class Installations:
    """Knows every installation; the few that are in use, without asking the store."""

    def __init__(
        self,
        database: Database,
        api: WebApi,
        main: str,
        token: str,
        oauth: OAuth | None,
        knock: float = KNOCK,
        patience: float = PATIENT,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        """`main` is the workspace of the environment's `token`, which may be empty."""
        self._patience, self._first_wait = patience, first_wait
        self._introducing: asyncio.Task[None] | None = None
        self._database = database
        self._api = api
        self._main_workspace, self._main_token = main, token
        self.oauth = oauth
        self._knock = knock
        self.main: Installation | None = None
        self.reason = ""  # why Slack does not speak to us, for the operator
        self._kept: OrderedDict[str, Installation] = OrderedDict()
        self._renewing: dict[str, asyncio.Task[Installation]] = {}
        self._failed: dict[str, float] = {}
        self._knocking: dict[str, asyncio.Task[None]] = {}
        self._round: asyncio.Task[None] | None = None

    # --- beginning and end -------------------------------------------------------

    async def start(self) -> None:
        """Learn whose token the environment's is, and look whether every other opens.

        Raises `Refused` with a sentence when Slack, or the key of a token, does not let us in.
        Where Slack does not answer, the start goes on without: see `identify_us`.
        """
        if self.oauth is not None:
            try:
                await asyncio.to_thread(rotate, self._database, self.oauth.cipher)
            except UnknownKey as error:
                raise Refused(str(error)) from error
            parked = [each for each in await self._read(installations.all) if each.parked_because]
            for n, each in enumerate(parked):  # perhaps that has changed; not all asked at once
                self._knock_at(self._keep(each), self._knock + n)
            self._round = asyncio.create_task(self._keep_fresh(), name="slack tokens")
        self._introducing = asyncio.create_task(self._introduce(), name="slack introduction")
        await asyncio.wait({self._introducing}, timeout=self._patience)
        if self._introducing.done():
            await self._introducing

    @property
    def known(self) -> bool:
        """Say whether it is known whose the environment's token is; until then nobody is heard."""
        return self._introducing is not None and (not self._main_token or self.main is not None)

    async def identify_us(self) -> None:
        """Wait until Slack has said who we are; raises `Refused` when it does not let us in."""
        if self._introducing is not None:
            await asyncio.shield(self._introducing)

    async def _introduce(self) -> None:
        """Ask Slack until it answers: what does not answer now is no refusal."""
        wait = self._first_wait
        while self._main_token:
            try:
                await self._introduce_once()
                break
            except Undelivered as error:
                self.reason = f"Slack does not say who we are ({error})"
                log.warning("%s; asking again. Its requests are not taken yet.", self.reason)
                wait = min(wait * 2, LONGEST_WAIT)
                pause = error.seconds if isinstance(error, Wait) else wait
            except StorageError as error:
                log.error("The introduction could not be stored: %s", error)
                pause = wait
            await asyncio.sleep(pause)

    async def _introduce_once(self) -> None:
        try:
            who = await self._api.call(self._main_token, "auth.test")
        except ShutOut as error:
            raise Refused(
                f"Slack refuses SLACK_BOT_TOKEN ({error}). Copy the Bot User OAuth Token from "
                "the app's page “OAuth & Permissions” again."
            ) from error
        team = str(who.get("team_id", ""))
        twin = await self._read(lambda tx: installations.find(tx.within(workspace_of(team))))
        if twin is not None:
            raise Refused(
                "The workspace of SLACK_BOT_TOKEN has installed Lotse over the install page as "
                "well, and has its own data there. Leave SLACK_BOT_TOKEN out."
            )
        self.main = Installation(
            team, self._main_workspace, str(who.get("user_id", "")), self._main_token
        )
        self.reason = ""
        await self._write(self.main, _wake_main)

    async def stop(self) -> None:
        """Stop knocking; what is being renewed is finished, since it works only once."""
        others = (self._round, self._introducing)
        ending = [*self._knocking.values(), *(each for each in others if each is not None)]
        for each in ending:
            each.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await asyncio.gather(*self._renewing.values(), return_exceptions=True)

    # --- finding -----------------------------------------------------------------

    async def of_team(self, team: str) -> Installation | None:
        """Return the installation of a Slack team; None when it has none."""
        if self.main is not None and team == self.main.team:
            return self.main
        if team in self._kept:
            self._kept.move_to_end(team)
            return self._kept[team]
        if self.oauth is None or not team:
            return None
        stored = await self._read(lambda tx: installations.find(tx.within(workspace_of(team))))
        return self._keep(stored) if stored is not None else None

    async def of_workspace(self, workspace: str) -> Installation:
        """Return the installation of a workspace here; raises `ShutOut` when it has none."""
        if self.main is not None and workspace == self.main.workspace:
            return self.main
        if workspace == self._main_workspace and not self.known:
            raise Away(self.reason or "Slack has not said yet who we are")
        found = await self.of_team(workspace.removeprefix(workspace_of("")))
        if found is None:
            raise ShutOut("not_installed")
        return found

    def _keep(self, stored: Stored) -> Installation:
        """Return what the store holds, opened, and keep it at hand."""
        assert self.oauth is not None
        try:
            token = self.oauth.cipher.decrypt(stored.token)
        except UnknownKey as error:
            log.error("The token of Slack's team %s does not open: %s", stored.team, error)
            raise ShutOut("unsealable") from error
        ends = math.inf
        if stored.lasts is not None:
            ends = time.monotonic() + stored.lasts
        made = Installation(
            team=stored.team,
            workspace=stored.workspace,
            bot_user=stored.bot_user,
            token=token,
            sealed=stored.token,
            ends=ends,
        )
        self._kept[stored.team] = made
        self._kept.move_to_end(stored.team)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return made

    async def changed(self, team: str) -> Installation:
        """Read an installation anew: it was just made or made again. Slack lets us in."""
        stored = await self._read(lambda tx: installations.find(tx.within(workspace_of(team))))
        assert stored is not None, "it was just stored"
        knocking = self._knocking.pop(stored.workspace, None)
        if knocking is not None:
            knocking.cancel()
        self._failed.pop(team, None)
        return self._keep(stored)

    # --- tokens ------------------------------------------------------------------

    async def token(self, at: Installation) -> str:
        """Return the token to use now, renewed when it has ended.

        While it still lasts nobody waits: one that ends soon is renewed in the background.
        """
        at = self._kept.get(at.team, at) if at.sealed else at
        now = time.monotonic()
        if at.ends - now > AHEAD:
            return at.token
        if at.ends > now:
            if now - self._failed.get(at.team, -RETRY) >= RETRY:
                self._renewal(at)
            return at.token
        return (await asyncio.shield(self._renewal(at))).token

    async def refused(self, at: Installation, token: str, method: str, code: str) -> str | None:
        """Slack did not take `token`: return another one to try, or None when there is none.

        Then the workspace is parked, unless only this one method was refused.
        """
        if at.sealed:
            stored = await self._read(lambda tx: installations.find(tx.within(at.workspace)))
            current = self._keep(stored) if stored is not None else at
            if current.token != token:
                return current.token
            if current.ends < math.inf and code not in GONE:
                with contextlib.suppress(Undelivered, StorageError):
                    return (await asyncio.shield(self._renewal(current))).token
        if method.startswith("chat.") or code in GONE:
            await self.park(at, code)
        return None

    def _renewal(self, at: Installation) -> asyncio.Task[Installation]:
        """Renew a token, once however many ask. A task of its own: it must not be cut short."""
        running = self._renewing.get(at.team)
        if running is None:
            running = asyncio.create_task(self._renew(at), name=f"renew {at.team}")
            self._renewing[at.team] = running
            running.add_done_callback(lambda done: self._renewal_done(at.team, done))
        return running

    def _renewal_done(self, team: str, done: asyncio.Task[Installation]) -> None:
        del self._renewing[team]
        error = done.exception() if not done.cancelled() else None
        if error is None:
            self._failed.pop(team, None)
            return
        self._failed[team] = time.monotonic()
        log.error("The token of Slack's team %s could not be renewed: %s", team, error)

    async def _renew(self, at: Installation) -> Installation:
        """Exchange the refresh token, which works once, while nobody else does.

        Who comes second finds the new token in the store.
        """
        assert self.oauth is not None
        until = time.monotonic() + PATIENCE
        while True:
            won, stored = await self._write(
                at,
                lambda tx: (installations.lease(tx, at.sealed), installations.find(tx)),
            )
            if stored is None:
                raise ShutOut("not_installed")
            current = self._keep(stored)
            if won:
                break
            if current.sealed != at.sealed or current.ends > time.monotonic():
                return current
            if time.monotonic() > until:
                raise NotAccepted("another process is renewing the token")
            await asyncio.sleep(0.05)
        return await self._exchange(at, self.oauth, stored.refresh_token or "")

    async def _exchange(self, at: Installation, oauth: OAuth, refresh_token: str) -> Installation:
        cipher = oauth.cipher
        try:
            answer = await self._api.access(
                oauth.client_id,
                oauth.client_secret,
                grant_type="refresh_token",
                refresh_token=cipher.decrypt(refresh_token),
            )
        except Undelivered:
            await self._write(at, lambda tx: installations.let_go(tx, at.sealed))
            raise
        sealed = cipher.encrypt(str(answer["access_token"]))
        again = answer.get("refresh_token")

        def work(tx: Tx) -> Stored | None:
            installations.renew(
                tx,
                at.sealed,
                token=sealed,
                refresh_token=cipher.encrypt(str(again)) if again else None,
                lasts=float(answer.get("expires_in") or 0) if again else None,
            )
            return installations.find(tx)

        stored = await self._write(at, work)
        if stored is None:
            raise ShutOut("not_installed")
        log.info("The token of Slack's team %s was renewed", at.team)
        return self._keep(stored)

    async def _keep_fresh(self) -> None:
        """Renew ahead of time also where nobody does anything, so that nobody has to wait."""
        while True:
            try:
                await self._renew_expiring()
            except (Undelivered, StorageError) as error:
                log.warning("Looking for tokens that end soon failed: %s", error)
            await asyncio.sleep(ROUND)

    async def _renew_expiring(self) -> None:
        for each in await self._read(lambda tx: installations.expiring(tx, AHEAD)):
            with contextlib.suppress(Undelivered):  # which is logged, and tried again
                await asyncio.shield(self._renewal(self._keep(each)))

    # --- parking -----------------------------------------------------------------

    async def park(self, at: Installation, reason: str) -> None:
        """Slack shut us out of one workspace: its messages wait, all others go on."""
        if at.workspace in self._knocking:
            return
        self._knock_at(at, self._knock)
        which = f" of team {at.team}" if at.sealed else ""
        log.error(
            "Slack shut us out (%s)%s: messages wait until the token works again", reason, which
        )

        def work(tx: Tx) -> None:
            workspaces.shut_out(tx, PLATFORM)
            if at.sealed:
                installations.park(tx, reason)

        await self._write(at, work)

    def _knock_at(self, at: Installation, wait: float) -> None:
        task = asyncio.create_task(self._try_again(at, wait), name=f"knock {at.team}")
        self._knocking[at.workspace] = task

        def done(ended: asyncio.Task[None]) -> None:
            if self._knocking.get(at.workspace) is ended:
                del self._knocking[at.workspace]

        task.add_done_callback(done)

    async def _try_again(self, at: Installation, wait: float) -> None:
        """Knock until Slack lets us in; then everything that waited goes out.

        An event of a removal may come late, after the next installation: so it is asked
        once even then. Where the app was really removed, only installing it again helps.
        """
        while True:
            await asyncio.sleep(wait)
            try:
                await self._api.call(await self.token(at), "auth.test")
            except (Undelivered, StorageError) as error:
                if at.sealed:
                    wait = min(wait * 2, LONGEST_KNOCK)
                    if isinstance(error, Said) and error.code in GONE:
                        return
                continue
            await self._write(at, _wake)
            log.info("Slack lets us into team %s again", at.team)
            return

    # --- the store ---------------------------------------------------------------

    async def _read(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.wrap_future(self._database.submit_read(work))

    async def _write(self, at: Installation, work: Callable[[Tx], T]) -> T:
        inside = at.workspace
        return await asyncio.wrap_future(self._database.submit(lambda tx: work(tx.within(inside))))


def _wake_main(tx: Tx) -> None:
    workspaces.let_in(tx, PLATFORM)
    tx.signal()


def _wake(tx: Tx) -> None:
    workspaces.let_in(tx, PLATFORM)
    installations.wake(tx)
    tx.signal()
