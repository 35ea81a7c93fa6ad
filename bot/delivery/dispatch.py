"""The one road in: words, buttons, forms, timers and machines all pass here.

One transaction holds the delivery's identity, the change, the audit row, the
timers and the posts. The answer goes out after the commit. The same delivery
again finds its identity and gets the same answer. The handler runs inside a
savepoint: a refusal or a bug leaves nothing but the delivery and its audit row.
A command that only reads does so before, where nobody waits for it, and that
transaction only keeps what it found.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from bot.delivery import replies
from bot.delivery.enqueue import store_posts
from bot.delivery.replies import DRAFT
from bot.delivery.requests import Named, Request, Response, cleaned, read_answer, written
from bot.delivery.senders import introductions
from bot.delivery.senders.identify import find_or_create_person, find_or_create_place
from bot.delivery.shortcuts import FORM
from bot.delivery.transactions import erasures
from bot.delivery.transactions.machines import Machines
from handlers import rights
from handlers.conversation import typed_labels
from handlers.conversation.enclosures import not_taken_line, unread
from handlers.conversation.understand import understand
from handlers.kit import arguments, calendar, commands, grammar
from handlers.kit.ahead import Read
from handlers.kit.arguments import Incomplete, Parsed, Unfit
from handlers.kit.commands import Command
from handlers.kit.context import LOTSE, Context
from handlers.kit.errors import Refusal, Unproven
from handlers.kit.messages import (
    Call,
    Reply,
    line,
    spoken,
    spoken_form,
)
from handlers.kit.words import _
from handlers.ownership import leaving
from handlers.privacy import notice
from storage import audit, people
from storage.delivery import drafts, inbox, lost_answers, places
from storage.delivery.places import Place, PlaceKind
from storage.engine import OnlyReading, StorageError, Tx
from storage.engine.ids import NOWHERE
from storage.people import Person, PersonKind

log = logging.getLogger("lotse.dispatch")
T = TypeVar("T")

NOBODY = "nobody"  # stands in the audit for whoever noted friction or gave feedback


@dataclass(frozen=True, slots=True)
class Found:
    """What a reading command found, and for whom, by what was known of them then."""

    person: Person
    place: Place | None
    mentions: Mapping[str, str]
    word: str = ""
    reply: Reply | None = None
    refusal: Refusal | None = None

    def fits(self, person: Person, place: Place | None, mentions: Mapping[str, str]) -> bool:
        """Say whether it was for the same as what is known now."""
        return (self.person, self.place, self.mentions) == (person, place, mentions)

    def result(self) -> tuple[str, Reply]:
        """Return what the command itself would return, or raise what it would raise."""
        if self.reply is None:
            assert self.refusal is not None, "it is one of the two"
            raise self.refusal
        return self.word, self.reply


class Dispatcher(Machines):
    """Carries requests through their transactions."""

    async def handle(self, request: Request) -> Response:
        """Carry out one request; return after its commit.

        Raises `StorageError` when nothing could be stored: tell the person so.
        """
        request = cleaned(request)
        command = self._command_of(request)
        ahead = await self._ahead(request, command)
        answer = await asyncio.wrap_future(
            self._database.submit(
                lambda tx: self._handle(tx, request, command, ahead), request.workspace
            )
        )
        self._committed()
        return await erasures.answered(answer, self.keep_erasures) if answer.erased else answer

    def _command_of(self, request: Request) -> Command | None:
        """Return what the first words or the button name; the values are not read yet."""
        if request.call is None or request.call.word == DRAFT:
            return grammar.meant(request.text, self.features)
        return commands.by_name(request.call.word, self.features)

    async def _ahead(self, request: Request, command: Command | None) -> Read[Any] | Found | None:
        """Read what the command wants to know before it writes; None if that takes too long.

        A command that only reads is carried out altogether, however long it takes.
        """
        if command is not None and command.reads:
            return await self._find(request)
        if command is None or command.ahead is None:
            return None
        try:
            reading = self._database.submit_read(lambda tx: self._read_ahead(tx, request))
            return await asyncio.wait_for(asyncio.wrap_future(reading), self.patience)
        except (TimeoutError, StorageError):
            return None  # the command itself can do without
        except Exception:
            log.exception("Reading ahead of a command failed")
            return None

    async def _find(self, request: Request) -> Found | None:
        """Carry out a reading command; None when that cannot be done by reading alone."""
        try:
            reading = self._database.submit_read(lambda tx: self._found(tx, request))
            return await asyncio.wrap_future(reading)
        except OnlyReading:
            return None
        except StorageError:
            raise
        except Exception:
            return None  # it fails once more where it is kept, and is told from there

    async def look(self, workspace: str, person: str, word: str, **args: str) -> Response | None:
        """Return what a reading command shows to `person` now; None for people we never met.

        Nothing is stored: no delivery, no audit row.
        """

        def work(tx: Tx) -> Response | None:
            tx = tx.within(workspace)
            found = people.by_identity(tx, person)
            command = commands.by_name(word, self.features)
            if found is None or command is None or not command.reads:
                return None
            ctx = self._context(tx, found, None, self._clock.now())
            outcome, said = "done", None
            try:
                rights.need(ctx, command.needs)
                match arguments.complete(command, args, ctx):
                    case Parsed(_command, values):
                        said = command.run(ctx, **values).message
                    case Incomplete() | Unfit():
                        pass
            except Refusal as refusal:
                outcome, said = "refused", line(refusal.words)
            shown = spoken(said, ctx.language, ctx.zone, ctx.year) if said else None
            return Response(outcome, shown, language=ctx.language)

        return await asyncio.wrap_future(self._database.submit_read(work))

    async def form_of(self, workspace: str, person: str, call: Call) -> Response | None:
        """Return an open form once more, by the call that it completes; nothing is stored.

        None when the person, the command or the draft in which the call stands is gone.
        """

        def work(tx: Tx) -> Response | None:
            tx = tx.within(workspace)
            found = people.by_identity(tx, person)
            if found is None:
                return None
            ctx = self._context(tx, found, None, self._clock.now())
            try:
                meant = replies.kept(ctx, call)
                command = commands.by_name(meant.word, self.features)
                if command is None:
                    return None
                form = commands.form_for(command, ctx, fixed=meant.args)
            except Refusal:
                return None
            shown = spoken_form(form, ctx.language, ctx.zone, ctx.year)
            return Response("done", form=replace(shown, call=call), language=ctx.language)

        return await asyncio.wrap_future(self._database.submit_read(work))

    async def identify(
        self, workspace: str, person: Named, kind: PersonKind = PersonKind.NEW
    ) -> None:
        """Know somebody from now on, without anything having been asked."""

        def work(tx: Tx) -> None:
            find_or_create_person(
                tx.within(workspace), person, kind, self._clock.now(), self._new_id
            )

        await asyncio.wrap_future(self._database.submit(work))

    def notice_leaving(self, tx: Tx, before: Person) -> None:
        """Let happen what follows when somebody left or is back; `before` is how we knew them.

        For whoever stores it: an edge that learns of a profile, inside its transaction.
        """
        leaving.notice(tx, before, id=self._new_id(), now=self._clock.now())

    async def keep(self, workspace: str, person: str, call: Call) -> Call:
        """Return a call that fits a button: long ones are kept as the person's draft."""

        def work(tx: Tx) -> Call:
            tx = tx.within(workspace)
            found = people.by_identity(tx, person)
            assert found is not None, "who opens a form is known"
            return replies.short(self._context(tx, found, None, self._clock.now()), call)

        return await asyncio.wrap_future(self._database.submit(work))

    async def keep_lost(self, request: Request) -> None:
        """The answer to a request found no way: whoever asked finds it under `status`."""

        def work(tx: Tx) -> None:
            tx = tx.within(request.workspace)
            found = people.by_identity(tx, request.person)
            if found is not None:
                lost_answers.add(tx, request.identity, found.id, self._clock.now())

        await asyncio.wrap_future(self._database.submit(work))

    async def find(self, look: Callable[[Tx, datetime], T]) -> T:
        """Look something up for a machine that calls; nothing can be written."""
        now = self._clock.now()
        return await asyncio.wrap_future(self._database.submit_read(lambda tx: look(tx, now)))

    # --- inside the transaction --------------------------------------------------

    def _read_ahead(self, tx: Tx, request: Request) -> Read[Any] | None:
        tx = tx.within(request.workspace)
        now, call = self._clock.now(), request.call
        person = people.by_identity(tx, request.person) or LOTSE
        place = places.find(tx, request.place) if request.place else None
        ctx = self._context(tx, person, place, now, request.text)
        try:
            parsed: grammar.Outcome
            if call is not None:
                command = commands.by_name(call.word, self.features)
                parsed = arguments.complete(command, call.args, ctx) if command else None
            else:
                parsed = grammar.parse(ctx.typed, ctx, direct=request.direct_name)
        except Refusal:
            return None  # said by the command itself
        if not isinstance(parsed, Parsed) or parsed.command.ahead is None:
            return None
        return parsed.command.ahead.read(ctx, parsed.values)

    def _found(self, tx: Tx, request: Request) -> Found | None:
        tx = tx.within(request.workspace)
        person = people.by_identity(tx, request.person)
        mentions = {each.shown: people.by_identity(tx, each.identity) for each in request.mentions}
        named = {shown: each.id for shown, each in mentions.items() if each is not None}
        if person is None or len(named) < len(mentions):
            return None  # somebody is to be met first
        place = places.find(tx, request.place) if request.place else None
        now = self._clock.now()
        ctx = self._context(
            tx=tx,
            person=person,
            place=place,
            now=now,
            typed=request.text,
            source=request.enclosed.link if request.enclosed else "",
            mentions=named,
            thread=request.thread,
        )
        try:
            return Found(person, place, named, *self._carry_out(ctx, request))
        except Refusal as refusal:
            return Found(person, place, named, refusal=refusal)

    def _handle(
        self, tx: Tx, request: Request, command: Command | None, ahead: Read[Any] | Found | None
    ) -> Response:
        tx = tx.within(request.workspace)
        now = self._clock.now()
        known = request.beside(tx, now) if request.beside else request.identity
        renewed, request = known != request.identity, replace(request, identity=known)
        if not inbox.begin(tx, request.identity, now):
            # What is sent from a form, or pressed anew, is looked at again after a refusal.
            again = request.submitted or renewed
            corrected = again and inbox.reopen(tx, request.identity)
            if not corrected:
                stored = inbox.answer(tx, request.identity)
                return Response("seen") if stored is None else read_answer(stored)
        sender = Named(request.name, request.person, request.direct)
        told = PersonKind(request.kind) if request.kind else None
        person = find_or_create_person(tx, sender, told, now, self._new_id)
        kind = PersonKind.NEW if told else None
        mentions = {
            each.shown: find_or_create_person(tx, each, kind, now, self._new_id).id
            for each in request.mentions
        }
        place = find_or_create_place(tx, request.place, request.place_name)
        found, read = (ahead, None) if isinstance(ahead, Found) else (None, ahead)
        ctx = self._context(
            tx=tx,
            person=person,
            place=place,
            now=now,
            typed=request.text,
            source=request.enclosed.link if request.enclosed else "",
            mentions=mentions,
            thread=request.thread,
            ahead=read,
        )
        word, subject, nameless = "", "", self._is_nameless(request, command)
        here = place.id if place is not None and place.kind != PlaceKind.DIRECT else NOWHERE
        try:
            with tx.savepoint():
                if found and found.fits(person, place, mentions):
                    word, reply = found.result()
                else:
                    word, reply = self._carry_out(ctx, request)
                subject, nameless = reply.subject, nameless or reply.nameless
                store_posts(ctx, reply.posts)
                answer = replies.reply_response(ctx, reply)
                shown = None if reply.secret else reply.message
                typed_labels.remember(ctx, shown, person.id, here, nameless=nameless)
        except Refusal as refusal:
            if nameless and isinstance(refusal, Unproven):  # which is not kept: it is given back
                refusal.kept = refusal.kept or replies.typed(request)
            answer = replies.refusal_response(ctx, request, refusal)
            if answer.unproven:
                answer = introductions.wait(ctx, request, answer, keep=not nameless)
            typed_labels.remember(ctx, line(refusal.words, *refusal.buttons), person.id, here)
        except StorageError:
            raise
        except Exception:
            answer = replies.failure_response(ctx, request)
        if request.enclosed is not None and request.enclosed.kinds:
            answer = replies.with_line(ctx, answer, not_taken_line(ctx, request.enclosed.kinds))
        if answer.message is not None and answer.form is None and not answer.unproven:
            for each in notice.first(ctx, person):
                answer = replies.with_line(ctx, answer, each)
        word = word or self._asked_for(request)
        if request.after:
            introductions.carried_out(ctx, request, answer)
        if nameless:
            self._without_a_trace(ctx, request, word, answer)
            return answer
        inbox.finish(tx, request.identity, _became(answer), written(answer))
        audit.add(
            tx,
            id=self._new_id(),
            at=now,
            person_key=person.person_key,
            command=word,
            subject=subject,
            outcome=answer.outcome,
        )
        return answer

    def _is_nameless(self, request: Request, command: Command | None) -> bool:
        """Say whether who asks for this, and when, is written down nowhere; also of its form."""
        if request.call is not None and request.call.word == FORM:
            command = commands.by_name(request.call.args.get("word", ""), self.features)
        return command is not None and command.nameless

    def _without_a_trace(self, ctx: Context, request: Request, word: str, answer: Response) -> None:
        """Write down that something was done: not who did it, when on the day, or in which words.

        A second delivery hears that the first arrived. Whatever stood in a draft is gone with it.
        """
        day = calendar.midnight(ctx.now.date(), "UTC")
        said = spoken(
            line(_("That has arrived already. Thank you.")), ctx.language, ctx.zone, ctx.year
        )
        if answer.is_done:
            if answer.form is None:
                drafts.drop(ctx.tx, ctx.person.id, word)
        elif answer.message is not None:  # without the words that it gives back
            said = replace(answer.message, parts=answer.message.parts[:1])
        kept = replace(answer, message=said, form=None)
        inbox.finish(ctx.tx, request.identity, _became(kept), written(kept))
        inbox.blur(ctx.tx, request.identity, day)
        audit.add(
            ctx.tx,
            id=self._new_secret(),
            at=day,
            person_key=NOBODY,
            command=word,
            subject="",
            outcome=answer.outcome,
        )

    def _asked_for(self, request: Request) -> str:
        """Return what the audit may say of a request that went wrong: the word, never the text."""
        if request.call is None:
            return "typed"
        known = commands.by_name(request.call.word, self.features)
        return known.name if known is not None else "button"

    def _carry_out(self, ctx: Context, request: Request) -> tuple[str, Reply]:
        if request.call is not None:
            return self._run_call(ctx, request.call, request.submitted)
        if request.enclosed is not None and request.enclosed.kinds and not request.text.strip():
            return "unread", unread(request.enclosed.kinds)
        word, answer = understand(ctx, request.text, direct=request.direct_name)
        if isinstance(answer, Call):
            return self._run_call(ctx, answer, submitted=False)
        return word, answer

    def _run_call(self, ctx: Context, call: Call, submitted: bool) -> tuple[str, Reply]:
        call = replies.kept(ctx, call)
        if call.word == FORM:
            return self._open_form(ctx, call)
        command = commands.by_name(call.word, self.features)
        if command is None:
            raise Refusal(_("This button is from an older version and does nothing any more."))
        rights.need(ctx, command.needs)
        match arguments.complete(command, call.args, ctx, submitted=submitted):
            case Incomplete(_command, values):
                return command.name, Reply(form=commands.form_for(command, ctx, fixed=values))
            case Parsed(_command, values):
                return command.name, command.run(ctx, **values)
            case Unfit():
                raise AssertionError("complete() gives back one of the other two")

    def _open_form(self, ctx: Context, call: Call) -> tuple[str, Reply]:
        """Open a command's form with what is known already in its fields."""
        filled = dict(call.args)
        command = commands.by_name(filled.pop("word", ""), self.features)
        if command is None:
            raise Refusal(_("This button is from an older version and does nothing any more."))
        rights.need(ctx, command.needs)
        return command.name, Reply(form=commands.form_for(command, ctx, filled=filled))


def _became(answer: Response) -> str:
    """Return what stands with a delivery: one that waits for a profile goes on under another."""
    return "unproven" if answer.unproven else answer.outcome
