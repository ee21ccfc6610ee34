"""A diagnosis becomes what the page shows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from peilian.apps.contacts.api import Diagnosis
from peilian.engine._kernel import Language, Reason, Text
from peilian.engine.diagnosis.values import PainPoint, Quote
from peilian.flows.wording import say
from peilian.web.conversations.staff import Staff
from peilian.web.diagnosis.tables import agents, drop_figure, rate_figure
from peilian.web.diagnosis.ways import Ways
from peilian.web.kpis.questions import measure_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_seconds
from peilian.web.shell.tables import Table

_CHINESE = re.compile("[\u4e00-\u9fff]")
_AROUND = 90
_MOST_WHOLE = 220
UNOWNED_POINT = "no_answer"


@dataclass(frozen=True, slots=True)
class QuoteView:
    """One quote with the words in question marked, and the way to its place."""

    words: SafeString
    who: str
    waited: str
    href: str
    lang: str


@dataclass(frozen=True, slots=True)
class PointView:
    """One pain point as a section of the report."""

    point: PainPoint
    rate: Figure
    drop: Figure
    agents: Table
    quotes: tuple[QuoteView, ...]
    measures: tuple[tuple[str, str], ...]
    list_href: str
    drills: tuple[tuple[str, str], ...]


def sections(found: Diagnosis, ways: Ways, staff: Staff, language: Language) -> list[PointView]:
    """Every pain point in the order of its rank."""
    return [
        PointView(
            point=point,
            rate=rate_figure(point.rate),
            drop=drop_figure(point),
            agents=agents(point, ways),
            quotes=tuple(_quote(quote, ways, staff, language) for quote in point.quotes if quote.text),
            measures=tuple((measure_of(key).label.in_language(language), ways.to_measure(key)) for key in point.kpis),
            list_href=ways.to_list(point),
            drills=ways.to_drills(point),
        )
        for point in found.pain_points
    ]


def notes(found: Diagnosis, language: Language, *, hides_unowned: bool) -> list[str]:
    """What the reader has to know about the figures."""
    unowned = Reason("diagnosis.unowned_hidden")
    return [say(reason, language) for reason in (*found.notes, *((unowned,) if hides_unowned else ()))]


def quiet(found: Diagnosis, *, hides_unowned: bool) -> list[Text]:
    """What was looked for and not found; nothing is called absent that the reader could not have been shown."""
    hidden = {UNOWNED_POINT} if hides_unowned else set()
    return [point.name for point in found.quiet if point.rate.n and point.key not in hidden]


def balance(found: Diagnosis) -> list[tuple[str, Figure]]:
    """Speed next to quality: neither is read without the other."""
    said = found.balance
    return [
        (_("First answer in time"), rate_figure(said.first_in_time)),
        (_("Later answers in time"), rate_figure(said.later_in_time)),
        (
            _("Mean rating, of 5"),
            Figure(said.csat_mean, "points", n=said.n_csat, missing=_("No ratings in this period.")),
        ),
        (_("Left dissatisfied"), rate_figure(said.dissatisfied)),
    ]


def _quote(quote: Quote, ways: Ways, staff: Staff, language: Language) -> QuoteView:
    who = _("Customer") if quote.role == "customer" else staff.name(quote.agent) if quote.agent else _("Agent")
    waited = "" if quote.waited_ms is None else format_seconds(quote.waited_ms / 1000, language)
    text = quote.text or ""
    lang = "zh-CN" if _CHINESE.search(text) else "en"
    return QuoteView(excerpt(text, quote.start, quote.end), who, waited, ways.to_place(quote), lang)


def excerpt(text: str, start: int | None, end: int | None) -> SafeString:
    """A long message cut down to what stands around the words in question, which are marked; spans count code points.

    Without a span, or with one over everything, nothing is marked: the whole message is meant.
    """
    if start is None or end is None or not 0 <= start < end <= len(text) or (start, end) == (0, len(text)):
        return format_html("{}{}", text[:_MOST_WHOLE], "…" if len(text) > _MOST_WHOLE else "")
    first = 0 if len(text) <= _MOST_WHOLE else max(0, start - _AROUND)
    last = len(text) if len(text) <= _MOST_WHOLE else min(len(text), end + _AROUND)
    return format_html(
        '{}{}<mark class="hl-issue">{}</mark>{}{}',
        "…" if first else "",
        text[first:start],
        text[start:end],
        text[end:last],
        "…" if last < len(text) else "",
    )
