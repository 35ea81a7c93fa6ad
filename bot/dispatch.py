"""The one road in: words, buttons, forms, timers and machines all pass here.

One transaction holds the delivery's identity, the change, the audit row, the
timers and the posts. The answer goes out after the commit. The same delivery
again finds its identity and gets the same answer. The handler runs inside a
savepoint: a refusal or a bug leaves nothing but the delivery and its audit row.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.shortcuts import FORM as FORM
from handlers import help as guide
from handlers import leaving, rights
from handlers.kit import commands
from handlers.kit.commands import Feature, Hook, Incomplete, Parsed, Unfit, Unknown
from handlers.kit.context import LOTSE, Context
from handlers.kit.errors import Refusal, Unproven
from handlers.kit.messages import (
    WRITER,
    Button,
    Buttons,
    Call,
    Form,
    Message,
    Part,
    Post,
    Reply,
    Text,
    as_data,
    call_data,
    call_from,
    dump,
    form_data,
    form_from,
    from_data,
    line,
    spoken,
    spoken_form,
)
from handlers.kit.words import _
from storage import audit, deliveries, drafts, outbox, people, places, timers, workspaces
from storage.engine import Database, StorageError, Tx
from storage.people import Person
from storage.places import Place
from storage.timers import Timer

log = logging.getLogger("lotse.dispatch")

BUTTON_ROOM = 500  # characters of a button's call; longer ones become drafts, so that many fit
PATIENCE = 0.5  # seconds that reading ahead of a command may take
SURELY_FITS = 100  # characters of values; they fit however they are written down
DRAFT = "draft"  # a call that stands in a draft
NOBODY = "nobody"  # stands in the audit for whoever noted friction or gave feedback


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody named in a request: as it is shown, the verified identity, the direct place."""

    shown: str
    identity: str
    direct: str


@dataclass(frozen=True, slots=True)
class Request:
    """One input, as the edge hands it in.

    `identity` is the delivery's own key (an event id, a page's random id).
    `person` is the platform's verified identity, `name` what the platform calls
    them; `place` a place's id. Either `text` was typed or a button's or form's
    `call` was sent; `submitted` says that it came from a form.

    `mentions` are people named in it. `kind` is what the platform knows of the sender:
    member, guest or external, new while its profile was not looked at; empty where
    there are no profiles. `direct` is the sender's own direct place. `place_name` is a
    channel's name, empty when the platform keeps it to itself, None for other places.
    `thread` is the platform's id of the message that this one answers.
    `beside` stores what the edge keeps, in the same transaction, and returns the identity
    under which this very input may be known already.
    """

    identity: str
    workspace: str
    person: str
    name: str
    place: str
    text: str = ""
    call: Call | None = None
    submitted: bool = False
    mentions: tuple[Named, ...] = ()
    kind: str = ""
    direct: str = ""
    place_name: str | None = None
    thread: str = ""
    beside: Callable[[Tx, datetime], str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the asker sees: a private message, a form to open, or an error at a form's field.

    A `secret` message is shown once and stored nowhere, not even by the edge.
    `language` is the asker's, for the few words that an edge says itself.
    `unproven` says that it was refused only because a profile is not known yet.
    """

    outcome: str
    message: Message | None = None
    form: Form | None = None
    field: str | None = None
    secret: bool = False
    language: str = "de"
    unproven: bool = False


class Dispatcher:
    """Carries requests through their transactions."""

    def __init__(
        self,
        database: Database,
        features: tuple[Feature, ...],
        clock: Clock,
        new_id: Callable[[], str],
        committed: Callable[[], None] = lambda: None,
        new_secret: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._database = database
        self.features = features
        self._clock = clock
        self._new_id = new_id
        self._committed = committed
        self._new_secret = new_secret
        self.patience = PATIENCE
        self.address = "http://127.0.0.1:3000"  # the edge corrects it once it listens
        self._timers = {each.kind: each for feature in features for each in feature.timers}

    async def handle(self, request: Request) -> Answer:
        """Carry out one request; return after its commit.

        Raises `StorageError` when nothing could be stored: tell the person so.
        """
        ahead = await self._ahead(request)
        answer = await asyncio.wrap_future(
            self._database.submit(lambda tx: self._handle(tx, request, ahead), request.workspace)
        )
        self._committed()
        return answer

    async def _ahead(self, request: Request) -> object:
        """Read what the command wants to know before it writes; None if that takes too long."""
        word = request.call.word if request.call else None
        if word in (DRAFT, None):
            command = commands.meant(request.text, self.features)
        else:
            command = commands.by_name(word, self.features)
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

    async def look(self, workspace: str, person: str, word: str, **args: str) -> Answer | None:
        """Return what a reading command shows to `person` now; None for people we never met.

        Nothing is stored: no delivery, no audit row.
        """

        def work(tx: Tx) -> Answer | None:
            tx = tx.within(workspace)
            found = people.by_identity(tx, person)
            command = commands.by_name(word, self.features)
            if found is None or command is None or not command.reads:
                return None
            ctx = self._context(tx, found, None, self._clock.now())
            outcome, said = "done", None
            try:
                rights.need(ctx, command.needs)
                match commands.complete(command, args, ctx):
                    case Parsed(_command, values):
                        said = command.run(ctx, **values).message
            except Refusal as refusal:
                outcome, said = "refused", line(refusal.words)
            shown = spoken(said, ctx.language, ctx.zone) if said else None
            return Answer(outcome, shown, language=ctx.language)

        return await asyncio.wrap_future(self._database.submit_read(work))

    async def form_of(self, workspace: str, person: str, call: Call) -> Answer | None:
        """Return an open form once more, by the call that it completes; nothing is stored.

        None when the person, the command or the draft in which the call stands is gone.
        """

        def work(tx: Tx) -> Answer | None:
            tx = tx.within(workspace)
            found = people.by_identity(tx, person)
            if found is None:
                return None
            ctx = self._context(tx, found, None, self._clock.now())
            try:
                meant = self._kept(ctx, call)
            except Refusal:
                return None
            command = commands.by_name(meant.word, self.features)
            if command is None:
                return None
            form = commands.form_for(command, ctx, fixed=meant.args)
            shown = spoken_form(form, ctx.language, ctx.zone)
            return Answer("done", form=replace(shown, call=call), language=ctx.language)

        return await asyncio.wrap_future(self._database.submit_read(work))

    async def meet(self, workspace: str, person: Named, kind: str = "new") -> None:
        """Know somebody from now on, without anything having been asked."""

        def work(tx: Tx) -> None:
            self._named(tx.within(workspace), person, self._clock.now(), kind)

        await asyncio.wrap_future(self._database.submit(work))

    def noticed(self, tx: Tx, before: Person) -> None:
        """Let happen what follows when somebody left or is back; `before` is how we knew them.

        For whoever stores it: an edge that learns of a profile, inside its transaction.
        """
        leaving.noticed(tx, before, id=self._new_id(), now=self._clock.now())

    async def keep(self, workspace: str, person: str, call: Call) -> Call:
        """Return a call that fits a button: long ones are kept as the person's draft."""

        def work(tx: Tx) -> Call:
            tx = tx.within(workspace)
            found = people.by_identity(tx, person)
            assert found is not None, "who opens a form is known"
            return self._short(self._context(tx, found, None, self._clock.now()), call)

        return await asyncio.wrap_future(self._database.submit(work))

    async def set_off(self, workspace: str, kind: str) -> None:
        """Let the timer `kind` be due now: an edge has noticed what it stands for."""

        def work(tx: Tx) -> None:
            inside = tx.within(workspace)
            timers.set(inside, id=self._new_id(), kind=kind, key=kind, due=self._clock.now())

        await asyncio.wrap_future(self._database.submit(work))
        self._committed()

    async def run_timer(self, timer: Timer) -> None:
        """Carry out a due timer, and mark it done in the same transaction."""
        await asyncio.wrap_future(
            self._database.submit(lambda tx: self._run_timer(tx, timer), timer.workspace)
        )
        self._committed()

    async def run_hook(
        self, hook: Hook, secret: str, identity: str | None, query: Mapping[str, str]
    ) -> Answer | None:
        """Carry out what a machine reports; None when nobody has this address.

        `identity` is the machine's own run id, if it gave one: the same twice counts once.
        """
        answer = await asyncio.wrap_future(
            self._database.submit(lambda tx: self._run_hook(tx, hook, secret, identity, query))
        )
        self._committed()
        return answer

    # --- inside the transaction --------------------------------------------------

    def _read_ahead(self, tx: Tx, request: Request) -> object:
        tx = tx.within(request.workspace)
        now, call = self._clock.now(), clean_call(request.call)
        person = people.by_identity(tx, request.person) or LOTSE
        place = places.find(tx, request.place) if request.place else None
        ctx = self._context(tx, person, place, now, clean(request.text))
        try:
            if call is not None:
                command = commands.by_name(call.word, self.features)
                parsed = commands.complete(command, call.args, ctx) if command else None
            else:
                parsed = commands.parse(ctx.typed, ctx)
        except Refusal:
            return None  # said by the command itself
        if not isinstance(parsed, Parsed) or parsed.command.ahead is None:
            return None
        return parsed.command.ahead(ctx, **parsed.values)

    def _handle(self, tx: Tx, request: Request, ahead: object = None) -> Answer:
        tx = tx.within(request.workspace)
        now = self._clock.now()
        known = request.beside(tx, now) if request.beside else request.identity
        renewed, request = known != request.identity, replace(request, identity=known)
        if not deliveries.begin(tx, request.identity, now):
            # What is sent from a form, or pressed anew, is looked at again after a refusal.
            again = request.submitted or renewed
            corrected = again and deliveries.reopen(tx, request.identity)
            if not corrected:
                return self._again(tx, request.identity)
        sender = Named(request.name, request.person, request.direct)
        person = self._named(tx, sender, now, request.kind)
        kind = "new" if request.kind else ""
        mentions = {each.shown: self._named(tx, each, now, kind).id for each in request.mentions}
        place = self._place(tx, request.place, request.place_name)
        request = replace(request, text=clean(request.text), call=clean_call(request.call))
        ctx = self._context(tx, person, place, now, request.text, mentions, request.thread, ahead)
        word, subject, by = "", "", person.person_key
        try:
            with tx.savepoint():
                word, reply = self._carry_out(ctx, request)
                subject, by = reply.subject, NOBODY if reply.nameless else by
                self._store_posts(ctx, reply.posts)
                answer = self._answer(ctx, reply)
        except Refusal as refusal:
            answer = self._refused(ctx, request, refusal)
        except StorageError:
            raise
        except Exception:
            answer = self._failed(ctx)
        deliveries.finish(tx, request.identity, answer.outcome, written(answer))
        audit.add(
            tx,
            id=self._new_id(),
            at=now,
            person_key=by,
            command=word or self._asked_for(request),
            subject=subject,
            outcome=answer.outcome,
        )
        return answer

    def _named(self, tx: Tx, named: Named, now: datetime, kind: str) -> Person:
        """Return the person behind a verified identity, known from now on."""
        id = named.identity.rpartition(":")[2]
        person = people.meet(
            tx, named.identity, clean(named.shown) or id, id=id, key=self._new_id(), now=now,
            kind=kind or "member",
        )  # fmt: skip
        if kind not in ("", "new", person.kind):
            people.set_kind(tx, person.id, kind)
            self.noticed(tx, person)
            person = replace(person, kind=kind)
        if named.direct and places.find(tx, named.direct) is None:
            places.ensure(tx, named.direct, "direct", person.name, person=person.id)
        return person

    def _place(self, tx: Tx, id: str, called: str | None) -> Place | None:
        """Return a place; a channel is known from now on, under the name that it has now."""
        found = places.find(tx, id) if id else None
        if called is None:
            return found
        name = clean(called)
        if found is None:
            places.ensure(tx, id, "channel", name)
            return places.find(tx, id)
        if name and name != found.name:
            places.rename(tx, id, name)
            return replace(found, name=name)
        return found

    def _asked_for(self, request: Request) -> str:
        """Return what the audit may say of a request that went wrong: the word, never the text."""
        if request.call is None:
            return "typed"
        known = commands.by_name(request.call.word, self.features)
        return known.name if known is not None else "button"

    def _context(
        self,
        tx: Tx,
        person: Person,
        place: Place | None,
        now: datetime,
        typed: str = "",
        mentions: Mapping[str, str] | None = None,
        thread: str = "",
        ahead: object = None,
    ) -> Context:
        return Context(
            tx,
            workspaces.get(tx),
            person,
            place,
            now,
            self._new_id,
            self._new_secret,
            self.address,
            self.features,
            typed,
            mentions or {},
            thread,
            ahead,
        )

    def _carry_out(self, ctx: Context, request: Request) -> tuple[str, Reply]:
        if request.call is not None:
            return self._called(ctx, request.call, request.submitted)
        match commands.parse(request.text, ctx):
            case None:
                return "menu", guide.menu(ctx)
            case Unknown(text, near):
                return "unknown", guide.offer(ctx, text, near)
            case Unfit(command, rest, parameter):
                raise guide.unfit(ctx, command, rest, parameter)
            case Incomplete(command, values):
                rights.need(ctx, command.needs)
                form = commands.form_for(command, ctx, filled=values)
                return command.name, Reply(form=form)
            case Parsed(command, parsed):
                rights.need(ctx, command.needs)
                return command.name, command.run(ctx, **parsed)

    def _called(self, ctx: Context, call: Call, submitted: bool) -> tuple[str, Reply]:
        call = self._kept(ctx, call)
        if call.word == FORM:
            return self._reopened(ctx, call)
        command = commands.by_name(call.word, self.features)
        if command is None:
            raise Refusal(_("This button is from an older version and does nothing any more."))
        rights.need(ctx, command.needs)
        match commands.complete(command, call.args, ctx):
            case Incomplete(_command, values):
                if submitted:
                    empty = next(
                        each
                        for each in command.parameters
                        if each.required and not values.get(each.name, "").strip()
                    )
                    raise Refusal(empty.reader.kind.missing, field=empty.name)
                return command.name, Reply(form=commands.form_for(command, ctx, fixed=values))
            case Parsed(_command, values):
                return command.name, command.run(ctx, **values)
        raise AssertionError("complete() gives back one of the two")

    def _kept(self, ctx: Context, call: Call) -> Call:
        """Return the call itself, or the one that stands in the draft which it names."""
        args = dict(call.args)
        if call.word == FORM and args.get("word") == DRAFT:
            del args["word"]
        elif call.word != DRAFT:
            return call
        kept = drafts.find(ctx.tx, args.pop("id", ""), ctx.person.id)
        if kept is None:
            raise Refusal(_("This button is too old. Please type it again."))
        written = call_from(json.loads(kept))
        return Call(written.word, {**written.args, **args})

    def _reopened(self, ctx: Context, call: Call) -> tuple[str, Reply]:
        """Open a command's form with what is known already in its fields."""
        filled = dict(call.args)
        command = commands.by_name(filled.pop("word", ""), self.features)
        if command is None:
            raise Refusal(_("This button is from an older version and does nothing any more."))
        rights.need(ctx, command.needs)
        return command.name, Reply(form=commands.form_for(command, ctx, filled=filled))

    def _again(self, tx: Tx, identity: str) -> Answer:
        stored = deliveries.answer(tx, identity)
        if stored is None:
            return Answer("seen")
        return read_answer(stored)

    def _answer(self, ctx: Context, reply: Reply) -> Answer:
        language, zone = ctx.language, ctx.zone
        message = None
        if reply.message is not None:
            message = self._packed(ctx, spoken(reply.message, language, zone))
        form = spoken_form(reply.form, language, zone) if reply.form else None
        if form is not None:
            form = replace(form, call=self._short(ctx, form.call))
        return Answer("done", message, form, secret=reply.secret, language=language)

    def _refused(self, ctx: Context, request: Request, refusal: Refusal) -> Answer:
        parts: list[Part] = [Text(refusal.words)]
        if refusal.kept:
            parts.append(Text(refusal.kept))
        if refusal.buttons:
            parts.append(Buttons(refusal.buttons))
        message = spoken(Message(tuple(parts)), ctx.language, ctx.zone)
        field = refusal.field if request.submitted else None
        return Answer(
            "refused", self._packed(ctx, message), field=field, language=ctx.language,
            unproven=isinstance(refusal, Unproven),
        )  # fmt: skip

    def _failed(self, ctx: Context) -> Answer:
        reference = self._new_id()[-5:]
        log.exception("A command failed, reference %s", reference)
        said = line(_("That did not work. Nothing was changed. Reference: {ref}.", ref=reference))
        message = spoken(said, ctx.language, ctx.zone)
        return Answer("failed", message, language=ctx.language)

    def _packed(self, ctx: Context, message: Message) -> Message:
        """Put calls that are too long for a button into drafts of the asker."""

        def pack(button: Button) -> Button:
            return Button(button.label, self._short(ctx, button.call), button.look)

        parts = tuple(
            Buttons(tuple(pack(button) for button in part.buttons))
            if isinstance(part, Buttons)
            else part
            for part in message.parts
        )
        return Message(parts, message.tone)

    def _short(self, ctx: Context, call: Call) -> Call:
        """Return the call itself, or one that names the draft in which it stands."""
        if len(call.args) < 5 and sum(map(len, call.args.values())) < SURELY_FITS:
            return call
        written = WRITER.encode(call_data(call))
        if len(written) <= BUTTON_ROOM:
            return call
        id = self._new_id()
        drafts.add(ctx.tx, id=id, person=ctx.person.id, call=written, now=ctx.now)
        if call.word == FORM:  # so that an edge still sees that a form opens
            return Call(FORM, {"word": DRAFT, "id": id})
        return Call(DRAFT, {"id": id})

    def _store_posts(self, ctx: Context, posts: tuple[Post, ...]) -> None:
        for post in posts:
            targets = self._targets(ctx, post)
            for target in targets:
                self._store_post(ctx, post, target)
        if posts:
            ctx.tx.signal()

    def _targets(self, ctx: Context, post: Post) -> list[str]:
        """Return where a post goes: to a role, in the channel that each platform has for it."""
        if post.place is None:
            return outbox.places_of(ctx.tx, post.key)
        if post.place in places.ROLES:
            return [each.id for each in places.with_role(ctx.tx, post.place)]
        return [post.place]

    def _store_post(self, ctx: Context, post: Post, target: str) -> None:
        place = places.find(ctx.tx, target)
        language, zone = ctx.workspace.language, ctx.workspace.zone
        if place is not None and place.person is not None:
            reader = ctx.person_of(place.person)
            language = (reader.language if reader else None) or language
            zone = (reader.zone if reader else None) or zone
        outbox.add(
            ctx.tx,
            id=self._new_id(),
            place=place.id if place else target,
            key=post.key,
            kind=post.kind,
            message=dump(spoken(post.message, language, zone)),
            now=ctx.now,
            otherwise=post.otherwise,
        )

    def _run_timer(self, tx: Tx, timer: Timer) -> None:
        tx = tx.within(timer.workspace)
        now = self._clock.now()
        # First of all: a timer that was cancelled or taken over meanwhile does nothing.
        if not timers.finish(tx, timer):
            return
        ctx = self._context(tx, LOTSE, None, now)
        outcome = "done"
        subject = timer.key
        try:
            with tx.savepoint():
                reply = self._timers[timer.kind].run(ctx, **timer.payload)
                self._store_posts(ctx, reply.posts)
        except StorageError:
            raise
        except Exception as error:
            outcome = "failed"
            log.exception("A timer failed: %s, try %d", timer.kind, timer.attempts)
            wait = timedelta(seconds=10 * 2**timer.attempts)
            timers.retry(tx, timer, now + wait, type(error).__name__)
        audit.add(
            tx,
            id=self._new_id(),
            at=now,
            person_key=LOTSE.person_key,
            command=timer.kind,
            subject=subject,
            outcome=outcome,
        )

    def _run_hook(
        self, tx: Tx, hook: Hook, secret: str, identity: str | None, query: Mapping[str, str]
    ) -> Answer | None:
        now = self._clock.now()
        found = hook.locate(tx, secret, now)
        if found is None:
            return None
        workspace, subject = found
        tx = tx.within(workspace)
        if identity is not None:
            # A machine may send anything as its run's id; it is only compared, so its hash does.
            digest = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()
            identity = f"{hook.path}:{subject}:{digest}"
            if not deliveries.begin(tx, identity, now):
                return Answer("seen")
        ctx = self._context(tx, LOTSE, None, now)
        with tx.savepoint():
            reply = hook.run(ctx, subject, **query)
            self._store_posts(ctx, reply.posts)
        if identity is not None:
            deliveries.finish(tx, identity, "done", written(Answer("done")))
        audit.add(
            tx,
            id=self._new_id(),
            at=now,
            person_key=LOTSE.person_key,
            command=hook.path,
            subject=subject,
            outcome="done",
        )
        return Answer("done")


def clean(text: str) -> str:
    """Take out what no chat shows and no database takes: control characters, lone surrogates.

    Line breaks and tabs stay; everything else stays exactly as typed.
    """
    text = text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    return "".join(each for each in text if each >= " " or each in "\n\t")


def clean_call(call: Call | None) -> Call | None:
    """As `clean`, for the values of a button or a form."""
    if call is None:
        return None
    return Call(clean(call.word), {name: clean(value) for name, value in call.args.items()})


def written(answer: Answer) -> str:
    """Write an answer as JSON, to be given again."""
    data: dict[str, Any] = {"outcome": answer.outcome, "field": answer.field}
    data["language"], data["secret"] = answer.language, answer.secret
    shown = answer.message if not answer.secret else None
    data["message"] = as_data(shown) if shown else None
    data["form"] = form_data(answer.form) if answer.form else None
    return WRITER.encode(data)


def read_answer(text: str) -> Answer:
    """Read an answer back; the opposite of `written`."""
    data = json.loads(text)
    return Answer(
        data["outcome"],
        from_data(data["message"]) if data["message"] else None,
        form_from(data["form"]) if data["form"] else None,
        data["field"],
        data["secret"],
        data["language"],
    )
