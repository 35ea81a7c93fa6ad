"""Working time in words: hours, closing days, regions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.readers import TextReader, folded
from handlers.kit.words import LANGUAGES, Sentence, Words, _
from handlers.kit.words import text as words
from handlers.kit.working_hours import ALWAYS, Closed, Week, Weekly, read, runs, written

A_MONDAY = date(2024, 1, 1)

# The states of Germany by their names; elsewhere the code alone (ISO 3166) is known.
STATES: dict[str, Sentence] = {
    "DE-BW": _("Baden-Württemberg"), "DE-BY": _("Bavaria"), "DE-BE": _("Berlin"),
    "DE-BB": _("Brandenburg"), "DE-HB": _("Bremen"), "DE-HH": _("Hamburg"), "DE-HE": _("Hesse"),
    "DE-MV": _("Mecklenburg-Western Pomerania"), "DE-NI": _("Lower Saxony"),
    "DE-NW": _("North Rhine-Westphalia"), "DE-RP": _("Rhineland-Palatinate"),
    "DE-SL": _("Saarland"), "DE-SN": _("Saxony"), "DE-ST": _("Saxony-Anhalt"),
    "DE-SH": _("Schleswig-Holstein"), "DE-TH": _("Thuringia"),
}  # fmt: skip
SPOKEN = {  # what people say for a code
    "nrw": "DE-NW", "meckpomm": "DE-MV", "deutschland": "DE", "germany": "DE", "österreich": "AT",
    "austria": "AT", "schweiz": "CH", "switzerland": "CH",
}  # fmt: skip
ROUND_THE_CLOCK = ("always", "immer", "rund um die uhr", "around the clock", "24/7", "0-24")


def week_words(week: Week) -> Sentence:
    """Return a week's hours: `Mon–Thu 07:00–17:00 and Fri 07:00–15:00`."""
    return _("{hours}", hours=list(_rows(week)))


def _rows(week: Week) -> Iterable[Sentence]:
    for first, last, hours in runs(week):
        day, other = (A_MONDAY + timedelta(days=each) for each in (first, last))
        if first == last:
            yield _("{day:weekday} {hours}", day=day, hours=str(hours))
        else:
            yield _("{day:weekday}–{last:weekday} {hours}", day=day, last=other, hours=str(hours))


def week_text(ctx: Context, week: Week) -> str:
    """Return a week's hours as the asker would type them."""
    return ", ".join(ctx.text(each) for each in _rows(week))


def closing_days_words(closed: tuple[Closed, ...]) -> Words:
    """Return a company's closing days, those of every year marked."""
    if not closed:
        return _("none")
    return _("{days}", days=[_closed(each) for each in closed])


def _closed(each: Closed) -> Sentence:
    if each.yearly:
        if each.first == each.last:
            return _("{first:anniversary} every year", first=each.first)
        return _(
            "{first:anniversary} to {last:anniversary} every year", first=each.first, last=each.last
        )
    if each.first == each.last:
        return _("{first:date}", first=each.first)
    return _("{first:date} to {last:date}", first=each.first, last=each.last)


def closing_days_text(closed: tuple[Closed, ...]) -> str:
    """Return closing days as they are typed."""
    rows = []
    for each in closed:
        pattern = "{:%d.%m.}" if each.yearly else "{:%d.%m.%Y}"
        ends = (each.first,) if each.first == each.last else (each.first, each.last)
        rows.append("–".join(pattern.format(day) for day in ends))
    return ", ".join(rows)


def need_ahead(closed: tuple[Closed, ...], kept: tuple[Closed, ...], today: date) -> None:
    """Refuse days that are over, but those that stood there already: the form brings them back."""
    over = [each for each in closed if not each.yearly and each.last < today and each not in kept]
    if over:
        words = _(
            "This is over already: {days}. Please give days that are still to come, such as "
            "24.12.–1.1.",
            days=closing_days_words(tuple(over)),
        )
        raise Refusal(words, field="closed")


def weekly(chosen: Weekly) -> Sentence:
    """Return the digest's weekday and hour."""
    day = A_MONDAY + timedelta(days=chosen.day)
    return _("{day:weekday} {at}", day=day, at=f"{chosen.clock:%H:%M}")


def region_of(text: str) -> str | None:
    """Return the code of a region by its code or its name in either language, None for none."""
    said = folded(text).strip()
    spoken = {folded(name): code for name, code in SPOKEN.items()}
    if said in spoken:
        return spoken[said]
    for code, name in STATES.items():
        names = {folded(words(name, language)) for language in LANGUAGES}
        if said in {*names, code.casefold(), code.removeprefix("DE-").casefold()}:
            return code
    import holidays  # a fifth of a second, and only this setting needs it

    country, _dash, part = text.strip().upper().partition("-")
    known = holidays.list_supported_countries()
    if country in known and (not part or part in known[country]):
        return f"{country}-{part}" if part else country
    return None


def region_name(region: str) -> Words:
    """Return a region's name in the language of who reads it, or its code."""
    return STATES.get(region, region)


class OfServiceReader(TextReader):
    """A service's own hours: as the company's are written, or around the clock; empty for none."""

    def value(self, raw: str, ctx: Context) -> object:
        said = raw.strip()
        if not said:
            return ""
        if folded(said).rstrip(".") in ROUND_THE_CLOCK:
            return ALWAYS
        week = read(said)
        if week is None:
            raise unread()
        return written(week)


def unread(field: str = "") -> Refusal:
    """Refuse hours that are none."""
    words = _(
        "Please write it like 07:00–18:00, or Mon–Thu 7–17, Fri 7–15. At least one day needs hours."
    )
    return Refusal(words, field=field) if field else Refusal(words)


def service_hours_words(hours: str) -> Words:
    """Return a service's own hours."""
    if hours == ALWAYS:
        return _("answered around the clock")
    week = read(hours)
    return week_words(week) if week is not None else hours


def service_hours_text(ctx: Context, hours: str) -> str:
    """Return a service's own hours as the asker would type them."""
    week = None if hours == ALWAYS else read(hours)
    if week is not None:
        return week_text(ctx, week)
    return ctx.text(_("around the clock")) if hours == ALWAYS else ""
