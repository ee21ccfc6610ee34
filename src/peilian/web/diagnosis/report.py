"""A diagnosis becomes what the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from peilian.apps.contacts.api import Diagnosis
from peilian.engine._kernel import Language
from peilian.engine.diagnosis.values import PainPoint, Quote, Rate
from peilian.flows.wording import say
from peilian.web.conversations.spans import Span, marked
from peilian.web.kpis.questions import measure_of
from peilian.web.shell import charts
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_seconds
from peilian.web.shell.tables import Cell, Column, Row, Table, Tone

# The four pain points that every needs analysis has to answer, whatever else is found.
ASKED_GROUPS = ("slow_response", "redundant_expression", "need_mining", "multitasking")
_VERDICTS: dict[str, tuple[Tone, Promise]] = {
    "above_team": ("warn", gettext_lazy("more often than the team")),
    "below_team": ("good", gettext_lazy("less often than the team")),
    "like_team": ("neutral", gettext_lazy("like the team")),
    "few": ("neutral", gettext_lazy("too few to compare")),
}


@dataclass(frozen=True, slots=True)
class QuoteView:
    """One quote with the words in question marked, and the way to its place."""

    words: SafeString
    who: str
    waited: str
    href: str


@dataclass(frozen=True, slots=True)
class PointView:
    """One pain point as a section of the report."""

    point: PainPoint
    rate: Figure
    drop: Figure
    agents: Table
    quotes: tuple[QuoteView, ...]
    measures: tuple[tuple[str, str], ...]


def sections(found: Diagnosis, names: Mapping[str, str], language: Language) -> list[PointView]:
    """Every pain point in the order of its rank."""
    return [
        PointView(
            point=point,
            rate=rate_figure(point.rate),
            drop=Figure(
                point.effect.drop,
                "ratio",
                n=point.effect.n_affected,
                missing=_("Too few of these conversations have a rating or a reading."),
            ),
            agents=_agents(point, language),
            quotes=tuple(_quote(quote, names, language) for quote in point.quotes if quote.text is not None),
            measures=tuple(
                (measure_of(key).label.in_language(language), f"{reverse('kpis')}?{urlencode({'kpi': key})}")
                for key in point.kpis
            ),
        )
        for point in found.pain_points
    ]


def rate_figure(rate: Rate) -> Figure:
    """A rate with its interval."""
    interval = None if rate.low is None or rate.high is None else (rate.low, rate.high)
    return Figure(rate.value, "ratio", n=rate.n, interval=interval, missing=_("Nothing to look at here."))


def ranking(found: Diagnosis, language: Language) -> Table:
    """The ranked list."""
    columns = (
        Column(_("Pain point")),
        Column(_("Kind"), is_optional=True),
        Column(_("Affected"), is_number=True),
        Column(_("Of all looked at"), is_number=True),
        Column(_("Satisfaction lower by"), is_number=True),
        Column(_("Severity"), is_number=True, is_optional=True),
        Column(_("Priority"), is_number=True),
    )
    groups = {group.key: group.name.in_language(language) for group in found.groups}
    rows = tuple(
        Row(
            (
                Cell(f"{point.rank}. {point.name.in_language(language)}", href=f"#{point.key}"),
                Cell(groups.get(point.group, "")),
                Cell(figure=Figure(point.rate.n_affected, "count")),
                Cell(figure=rate_figure(point.rate)),
                Cell(figure=Figure(point.effect.drop, "ratio", n=point.effect.n_affected)),
                Cell(figure=Figure(point.severity, "points")),
                Cell(figure=Figure(point.priority, "points")),
            ),
            href=f"#{point.key}",
        )
        for point in found.pain_points
    )
    return Table("pain-points", _("Pain points, the most urgent first"), columns, rows, is_caption_hidden=True)


def groups_chart(found: Diagnosis, language: Language) -> charts.Chart:
    """How many conversations each kind of pain point touches."""
    items = [
        charts.Bar(group.name.in_language(language), group.rate.value, group.rate.n)
        for group in found.groups
        if group.rate.value is not None
    ]
    items.sort(key=lambda bar: bar.value or 0, reverse=True)
    return charts.bars("groups", _("Share of conversations touched, by kind"), items, unit="ratio", language=language)


def asked(found: Diagnosis, language: Language) -> Table:
    """The four pain points that are always answered, present or not."""
    by_key = {group.key: group for group in found.groups}
    rows = []
    for key in ASKED_GROUPS:
        group = by_key.get(key)
        if group is None:
            continue
        figure = rate_figure(group.rate)
        said = group.meaning.in_language(language)
        if key == "multitasking":
            figure, said = _load(found, said)
        rows.append(Row((Cell(group.name.in_language(language)), Cell(figure=figure), Cell(said))))
    columns = (Column(_("Pain point")), Column(_("Found"), is_number=True), Column(_("What is meant")))
    return Table("asked", _("The four that are always answered"), columns, tuple(rows))


def _load(found: Diagnosis, meaning: str) -> tuple[Figure, str]:
    """Multitasking is a comparison of answer times, not a share of conversations."""
    load = found.load
    if load.ratio is None:
        return Figure(None, "points", missing=_("Too few answers under load to compare.")), meaning
    said = _(
        "With several customers, answers take %(ratio).2f times as long as with one (95%% interval %(low).2f – %(high).2f)."
    )
    words = said % {"ratio": load.ratio, "low": load.low or 0, "high": load.high or 0}
    interval = None if load.low is None or load.high is None else (load.low, load.high)
    return Figure(load.ratio, "points", n=load.n_loaded, interval=interval), f"{meaning} {words}"


def notes(found: Diagnosis, language: Language) -> list[str]:
    """What the reader has to know about the figures."""
    return [say(reason, language) for reason in found.notes]


def _agents(point: PainPoint, language: Language) -> Table:
    rows = []
    for agent in point.agents:
        tone, words = _VERDICTS[agent.verdict]
        rows.append(
            Row(
                (
                    Cell(agent.agent),
                    Cell(figure=Figure(agent.rate.n_affected, "count")),
                    Cell(figure=rate_figure(agent.rate)),
                    Cell(str(words), tone=tone),
                    Cell(figure=Figure(agent.satisfaction, "ratio", n=agent.n_satisfaction)),
                )
            )
        )
    columns = (
        Column(_("Agent")),
        Column(_("Affected"), is_number=True),
        Column(_("Rate"), is_number=True),
        Column(_("Compared")),
        Column(_("Satisfaction of the customers"), is_number=True),
    )
    return Table(f"agents-{point.key}", _("Agents concerned"), columns, tuple(rows), is_caption_hidden=True)


def _quote(quote: Quote, names: Mapping[str, str], language: Language) -> QuoteView:
    text = quote.text or ""
    start, end = quote.start or 0, quote.end if quote.end is not None else len(text)
    address = reverse("conversation", args=[quote.conversation_id])
    who = _("Customer") if quote.role == "customer" else names.get(quote.agent or "", quote.agent or _("Agent"))
    waited = "" if quote.waited_ms is None else format_seconds(quote.waited_ms / 1000, language)
    return QuoteView(marked(text, [Span(start, end, "issue", "")]), who, waited, f"{address}#m{quote.i}")


def summary(found: Diagnosis) -> dict[str, Any]:
    """Speed next to quality: neither is read without the other."""
    balance = found.balance
    return {
        "first_in_time": rate_figure(balance.first_in_time),
        "later_in_time": rate_figure(balance.later_in_time),
        "dissatisfied": rate_figure(balance.dissatisfied),
        "csat": Figure(balance.csat_mean, "points", n=balance.n_csat, missing=_("No ratings in this period.")),
    }
