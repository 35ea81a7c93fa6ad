"""What is answered: in the asker's language, with calls that fit into their buttons.

A call that is too long for a button stands in a draft of the asker, and the button names it.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace

from bot.delivery.requests import Request, Response
from bot.delivery.shortcuts import FORM
from handlers.kit.context import Context
from handlers.kit.errors import Refusal, Unproven
from handlers.kit.messages import (
    WRITER,
    Button,
    Buttons,
    Call,
    Message,
    Part,
    Reply,
    Text,
    call_data,
    call_from,
    pieces,
    spoken,
    spoken_form,
)
from handlers.kit.words import _
from storage.delivery import drafts

log = logging.getLogger("lotse.dispatch")

BUTTON_ROOM = 500  # characters of a button's call; longer ones become drafts, so that many fit
SURELY_FITS = 100  # characters of values; they fit however they are written down
DRAFT = "draft"  # a call that stands in a draft


def reply_response(ctx: Context, reply: Reply) -> Response:
    """Return what the asker sees of a handler's reply."""
    language, zone = ctx.language, ctx.zone
    message = None
    if reply.message is not None:
        message = _packed(ctx, spoken(reply.message, language, zone, ctx.year))
    form = spoken_form(reply.form, language, zone, ctx.year) if reply.form else None
    if form is not None:
        form = replace(form, call=short(ctx, form.call))
    return Response(
        "done", message, form, secret=reply.secret, language=language, erased=reply.erased
    )


def with_line(ctx: Context, answer: Response, said: Text) -> Response:
    """Return an answer with one more line at its end."""
    if answer.message is None:
        return answer
    more = spoken(Message((said,)), ctx.language, ctx.zone, ctx.year)
    whole = replace(answer.message, parts=(*answer.message.parts, *more.parts))
    return replace(answer, message=whole)


def refusal_response(ctx: Context, request: Request, refusal: Refusal) -> Response:
    """Return a kind error with its way on, at the form's field that it is about."""
    parts: list[Part] = [Text(refusal.words)]
    if not (request.submitted and refusal.field):  # a line has no fields to say the others at
        parts += [Text(words) for _name, words in refusal.others]
    if refusal.kept:
        parts += [Text(each) for each in pieces(refusal.kept)]
    if refusal.buttons:
        parts.append(Buttons(refusal.buttons))
    message = spoken(Message(tuple(parts)), ctx.language, ctx.zone, ctx.year)
    field = refusal.field if request.submitted else None
    return Response(
        "refused",
        _packed(ctx, message),
        field=field,
        language=ctx.language,
        unproven=isinstance(refusal, Unproven),
        faults=tuple((name, ctx.text(words)) for name, words in refusal.others if field),
    )


def failure_response(ctx: Context, request: Request) -> Response:
    """Return what is said after a mistake of ours; logs it, inside its `except`.

    What somebody had written is given back.
    """
    reference = ctx.new_id()[-5:]
    log.exception("A command failed, reference %s", reference)
    said = _(
        "That did not work, and nothing was changed. Please try again; if it fails "
        "again, give your managers this reference: {ref}.",
        ref=reference,
    )
    parts = (Text(said), *(Text(each) for each in pieces(typed(request))))
    message = spoken(Message(parts), ctx.language, ctx.zone, ctx.year)
    return Response("failed", message, language=ctx.language)


def kept(ctx: Context, call: Call) -> Call:
    """Return the call itself, or the one that stands in the draft which it names.

    Raises `Refusal` when that draft is gone.
    """
    args = dict(call.args)
    if call.word == FORM and args.get("word") == DRAFT:
        del args["word"]
    elif call.word != DRAFT:
        return call
    draft = drafts.find(ctx.tx, args.pop("id", ""), ctx.person.id)
    if draft is None:
        raise Refusal(_("This button no longer works. Please type the command again."))
    written = call_from(json.loads(draft))
    return Call(written.word, {**written.args, **args})


def _packed(ctx: Context, message: Message) -> Message:
    """Put calls that are too long for a button into drafts of the asker."""

    def pack(button: Button) -> Button:
        return Button(button.label, short(ctx, button.call), button.look)

    parts = tuple(
        Buttons(tuple(pack(button) for button in part.buttons))
        if isinstance(part, Buttons)
        else part
        for part in message.parts
    )
    return Message(parts, message.tone)


def short(ctx: Context, call: Call) -> Call:
    """Return the call itself, or one that names the draft in which it stands."""
    if len(call.args) < 5 and sum(map(len, call.args.values())) < SURELY_FITS:
        return call
    written = WRITER.encode(call_data(call))
    if len(written) <= BUTTON_ROOM:
        return call
    id = ctx.new_id()
    drafts.add(ctx.tx, id=id, person=ctx.person.id, call=written, now=ctx.now)
    if call.word == FORM:  # so that an edge still sees that a form opens
        return Call(FORM, {"word": DRAFT, "id": id})
    return Call(DRAFT, {"id": id})


def typed(request: Request) -> str:
    """Return what somebody has written, to be given back: a text, or the sentences of a form."""
    if request.call is None:
        return request.text
    values = request.call.args.values() if request.submitted else ()
    return "\n".join(each for each in values if " " in each.strip())
