"""The tables and the chart of the report."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from peilian.apps.contacts.api import Diagnosis
from peilian.engine._kernel import Language
from peilian.engine.diagnosis.values import PainPoint, Rate
from peilian.web.diagnosis.ways import Ways
from peilian.web.shell import charts
from peilian.web.shell.figures import Figure
from peilian.web.shell.tables import Cell, Column, Row, Table, Tone

# The four pain points that every needs analysis has to answer, whatever else is found.
ASKED_GROUPS = ("slow_response", "redundant_expression", "need_mining", "multitasking")
_VERDICTS: dict[str, tuple[Tone, Promise]] = {
    "above_team": ("warn", gettext_lazy("more often than the team")),
    "below_team": ("good", gettext_lazy("less often than the team")),
    "like_team": ("neutral", gettext_lazy("like the team")),
    "few": ("neutral", gettext_lazy("too few to compare")),
}


def rate_figure(rate: Rate) -> Figure:
    """A rate with its interval."""
    interval = None if rate.low is None or rate.high is None else (rate.low, rate.high)
    return Figure(rate.value, "ratio", n=rate.n, interval=interval, missing=_("Nothing to look at here."))


def drop_figure(point: PainPoint) -> Figure:
    """How much less satisfied the customers concerned are."""
    missing = _("Too few of these conversations have a rating or a reading.")
    return Figure(point.effect.drop, "ratio", n=point.effect.n_affected, missing=missing)


def ranking(found: Diagnosis, language: Language) -> Table:
    """The ranked list."""
    columns = (
        Column(_("Pain point")),
        Column(_("Kind"), is_optional=True),
        Column(_("Conversations affected"), is_number=True),
        Column(_("Share of those looked at"), is_number=True),
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
                Cell(figure=drop_figure(point)),
                Cell(figure=Figure(point.severity, "points")),
                Cell(figure=Figure(point.priority, "points")),
            )
        )
        for point in found.pain_points
    )
    return Table("pain-points", _("Pain points, the most urgent first"), columns, rows, is_caption_hidden=True)


def groups_chart(found: Diagnosis, language: Language) -> charts.Chart:
    """How many conversations each kind of pain point touches."""
    items = [
        charts.Bar(group.name.in_language(language), group.rate.value, group.rate.n)
        for group in found.groups
        if group.rate.n_affected
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
        figure, said = rate_figure(group.rate), group.meaning.in_language(language)
        if key == "multitasking":
            figure, said = _load(found, said)
        rows.append(Row((Cell(group.name.in_language(language)), Cell(figure=figure), Cell(said))))
    columns = (Column(_("Pain point")), Column(_("Found"), is_number=True), Column(_("What is meant")))
    return Table("asked", _("Four questions that are always answered"), columns, tuple(rows), is_caption_hidden=True)


def _load(found: Diagnosis, meaning: str) -> tuple[Figure, str]:
    """Multitasking is a comparison of answer times, not a share of conversations."""
    load = found.load
    if load.ratio is None or load.low is None or load.high is None:
        return Figure(None, "points", missing=_("Too few answers under load to compare.")), meaning
    said = _(
        "With several customers, answers take %(ratio).2f times as long as with one "
        "(95%% interval %(low).2f – %(high).2f)."
    ) % {"ratio": load.ratio, "low": load.low, "high": load.high}
    figure = Figure(load.ratio, "points", n=load.n_loaded, interval=(load.low, load.high))
    return figure, f"{meaning}{' ' if meaning.isascii() else ''}{said}"


def agents(point: PainPoint, ways: Ways) -> Table:
    """The agents concerned, each beside the team."""
    rows = []
    for agent in point.agents:
        tone, words = _VERDICTS[agent.verdict]
        cells = (
            Cell(agent.agent, href=ways.to_agent(point, agent.agent)),
            Cell(figure=Figure(agent.rate.n_affected, "count")),
            Cell(figure=rate_figure(agent.rate)),
            Cell(str(words), tone=tone),
            Cell(figure=Figure(agent.satisfaction, "ratio", n=agent.n_satisfaction)),
        )
        rows.append(Row(cells))
    columns = (
        Column(_("Agent")),
        Column(_("Affected"), is_number=True),
        Column(_("Rate"), is_number=True),
        Column(_("Compared")),
        Column(_("Satisfaction of the customers"), is_number=True),
    )
    return Table(f"agents-{point.key}", _("Agents concerned"), columns, tuple(rows), is_caption_hidden=True)
