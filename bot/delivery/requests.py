"""What the edges hand in and get back, and how an answer is kept to be given again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from handlers.kit.messages import (
    WRITER,
    Call,
    Form,
    Message,
    as_data,
    call_data,
    call_from,
    form_data,
    form_from,
    from_data,
)
from storage.engine import Tx
from storage.engine.ids import NOWHERE, PlaceId

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


DONE = "done"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody named in a request: as it is shown, the verified identity, the direct place."""

    shown: str
    identity: str
    direct: PlaceId


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What came with a message beside its words, and a link to where it stands.

    `kinds` are photo, video, voice and file; a forwarded message has only the link.
    """

    kinds: tuple[str, ...]
    link: str = ""


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
    `direct_name` says that the first word of `text` is a command of the platform, as
    `/incident` is.
    `enclosed` is what came with the words and is not taken along.
    `beside` stores what the edge keeps, in the same transaction, and returns the identity
    under which this very input may be known already.
    `about` tells the edge whom to ask its platform about, should that have to wait; what comes
    without it is not kept for that.
    `after` is the identity of the request that had waited so, and is this one; `late` says that
    nobody who sent it waits for the answer any more.
    """

    identity: str
    workspace: str
    person: str
    name: str
    place: PlaceId
    text: str = ""
    call: Call | None = None
    submitted: bool = False
    mentions: tuple[Named, ...] = ()
    kind: str = ""
    direct: PlaceId = NOWHERE
    place_name: str | None = None
    thread: str = ""
    direct_name: bool = False
    enclosed: Enclosed | None = None
    beside: Callable[[Tx, datetime], str] | None = None
    about: str = ""
    after: str = ""
    late: bool = False

    def once_known(self, answer: Response, *, late: bool = False) -> Request:
        """Return the request as it is carried out once the platform has said who sends it."""
        waited = answer.waits
        return replace(
            self, identity=f"{waited}:known", beside=None, about="", after=waited, late=late
        )


@dataclass(frozen=True, slots=True)
class Response:
    """What the asker sees: a private message, a form to open, or an error at a form's field.

    A `secret` message is shown once and stored nowhere, not even by the edge.
    `language` is the asker's, for the few words that an edge says itself.
    `unproven` says that it was refused only because a profile is not known yet; `waits` is the
    identity that it waits under, and `held` says that it is kept and carried out all the same.
    `faults` are further errors of the same form, each with its field. `erased` says that somebody
    was; it is not kept with the answer.
    """

    outcome: str
    message: Message | None = None
    form: Form | None = None
    field: str | None = None
    secret: bool = False
    language: str = "de"
    unproven: bool = False
    waits: str = ""
    held: bool = False
    faults: tuple[tuple[str, str], ...] = ()
    erased: bool = False

    @property
    def is_done(self) -> bool:
        """Whether it was carried out; `outcome` is the audit's word for how it went."""
        return self.outcome == DONE


def clean(text: str) -> str:
    """Take out what no chat shows and no database takes: control characters, lone surrogates.

    Line breaks and tabs stay; everything else stays exactly as typed.
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    return "".join(each for each in text if each in "\n\t" or not CONTROL.match(each))


def cleaned(request: Request) -> Request:
    """Return a request as `clean` leaves its words, its names, and a button's or form's values."""
    call = request.call
    if call is not None:
        values = {name: clean(value) for name, value in call.args.items()}
        call = Call(clean(call.word), values)
    place_name = None if request.place_name is None else clean(request.place_name)
    return replace(
        request,
        identity=clean(request.identity),
        workspace=clean(request.workspace),
        person=clean(request.person),
        name=clean(request.name),
        place=PlaceId(clean(request.place)),
        text=clean(request.text),
        call=call,
        mentions=tuple(_named(each) for each in request.mentions),
        direct=PlaceId(clean(request.direct)),
        place_name=place_name,
        thread=clean(request.thread),
    )


def _named(each: Named) -> Named:
    return Named(clean(each.shown), clean(each.identity), PlaceId(clean(each.direct)))


def kept(request: Request) -> str:
    """Write a request down as JSON, to be carried out later."""
    names = ("identity", "workspace", "person", "name", "place", "text", "kind", "direct",
             "place_name", "thread", "direct_name", "about")  # fmt: skip
    data: dict[str, Any] = {name: getattr(request, name) for name in names}
    data["call"] = call_data(request.call) if request.call else None
    data["mentions"] = [asdict(each) for each in request.mentions]
    return WRITER.encode(data)


def read_request(text: str) -> Request:
    """Read a request back; the opposite of `kept`."""
    data = json.loads(text)
    call, mentions = data.pop("call"), data.pop("mentions")
    return Request(
        **data,
        call=call_from(call) if call else None,
        mentions=tuple(Named(**each) for each in mentions),
    )


def written(answer: Response) -> str:
    """Write an answer as JSON, to be given again."""
    data: dict[str, Any] = {"outcome": answer.outcome, "field": answer.field}
    data["language"], data["secret"] = answer.language, answer.secret
    shown = answer.message if not answer.secret else None
    data["unproven"], data["faults"] = answer.unproven, answer.faults
    data["waits"], data["held"] = answer.waits, answer.held
    data["message"] = as_data(shown) if shown else None
    data["form"] = form_data(answer.form) if answer.form else None
    return WRITER.encode(data)


def read_answer(text: str) -> Response:
    """Read an answer back; the opposite of `written`."""
    data = json.loads(text)
    return Response(
        outcome=data["outcome"],
        message=from_data(data["message"]) if data["message"] else None,
        form=form_from(data["form"]) if data["form"] else None,
        field=data["field"],
        secret=data["secret"],
        language=data["language"],
        unproven=data.get("unproven", False),
        waits=data.get("waits", ""),
        held=data.get("held", False),
        faults=tuple((field, words) for field, words in data.get("faults", ())),
    )
