"""Measured rows become what the board shows: figures, charts, the table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from peilian.apps.contacts.api import Cell, KpiRow, Measure
from peilian.engine._kernel import Language, wilson_interval
from peilian.web.conversations.wordings import channel_name
from peilian.web.kpis.questions import ALL_DAYS, Period, step_of, within
from peilian.web.shell import charts
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_change, format_day
from peilian.web.shell.tables import Cell as TableCell
from peilian.web.shell.tables import Column, Row, Table

MOST_BINS = 20
MOST_BARS = 15
MOST_LINES = 100
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# Widths of bins whose edges people can say.
_WIDTHS = (
    *(0.5, 1, 2, 5, 10, 15, 20, 30),
    *(n * _MINUTE for n in (1, 2, 3, 5, 10, 15, 20, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 3, 7, 14, 30, 60, 120, 365)),
)
_FEWEST_SPREAD = 5

Address = Callable[[str, Any], str]


@dataclass(frozen=True, slots=True)
class Names:
    """How the values of dimensions are called."""

    agents: Mapping[str, str]
    language: Language
    today: date
    period: Period = ALL_DAYS

    def of(self, dimension: str, value: Any) -> str:
        """A group's name."""
        if value is None:
            return _("Nobody") if dimension in ("agent", "team") else _("Not stated")
        if dimension == "agent":
            return self.agents.get(str(value), str(value))
        if dimension == "channel":
            return channel_name(str(value), self.language)
        if dimension == "hour":
            return f"{int(value):02}:00"
        if dimension in ("day", "week"):
            first = within(step_of(dimension, str(value)), self.period).first
            assert first is not None
            day = format_day(first, self.language, self.today)
            return day if dimension == "day" else _("from %(day)s") % {"day": day}
        return str(value)


@dataclass(frozen=True, slots=True)
class Headline:
    """One measure of the whole period, beside its value in the period before."""

    name: str
    figure: Figure
    change: float | None
    unit: str
    is_better: bool | None
    href: str = ""


def figure(measure: Measure, cell: Cell | None, *, href: str = "") -> Figure:
    """A cell as a figure with its cases, its interval and the way to its conversations."""
    if cell is None or cell.value is None:
        return Figure(None, measure.unit, missing=_("Nothing to measure here."))
    interval = wilson_interval(cell.numerator or 0, cell.n) if measure.unit == "ratio" else None
    return Figure(
        cell.value,
        measure.unit,
        n=None if measure.unit == "count" else cell.n,
        interval=interval,
        is_provisional=cell.is_provisional,
        href=href,
    )


def headline(measure: Measure, now: Cell | None, before: Cell | None, names: Names, *, href: str = "") -> Headline:
    """A measure now and against the period before; few cases on either side are no comparison."""
    shown = figure(measure, now, href=href)
    former = figure(measure, before)
    change = None
    if now is not None and before is not None and now.value is not None and before.value is not None:
        change = now.value - before.value
        if format_change(change, measure.unit, names.language).startswith("±"):
            change = 0.0  # nobody sees a difference, so none is judged
    is_comparable = change and not shown.is_small and not former.is_small and measure.better != "neither"
    is_better = (change > 0) == (measure.better == "higher") if is_comparable and change is not None else None
    return Headline(measure.label.in_language(names.language), shown, change, measure.unit, is_better, href)


def trend(
    measure: Measure, rows: Sequence[KpiRow], grain: str, names: Names, *, baseline: float | None, address: Address
) -> charts.Chart:
    """The course of one measure; the baseline is its value in the period before."""
    points = []
    untimed = 0
    for row in sorted(rows, key=lambda row: str(row.group[grain] or "")):
        cell, value = row.cells[measure.key], row.group[grain]
        if value is None:
            untimed += 1  # transcripts without times have no place on an axis of time; the table counts them
            continue
        points.append(
            charts.Point(names.of(grain, value), cell.value, cell.n, cell.is_provisional, address(grain, value))
        )
    label = measure.label.in_language(names.language)
    notes = []
    if baseline is not None:
        notes.append(_("Dashed: the period before."))
    if untimed:
        notes.append(_("Conversations without times are not on it."))
    return charts.trend(
        "trend",
        _("Course: %(measure)s") % {"measure": label},
        [charts.Series(label, points)],
        unit=measure.unit,
        language=names.language,
        baseline=baseline,
        note=" ".join(notes),
    )


def distribution(values: Sequence[float], names: Names) -> charts.Chart | None:
    """How a time is spread over conversations (``values`` rising), up to the 95th percentile, so that one outlier does
    not hide the rest."""
    if len(values) < _FEWEST_SPREAD:
        return None
    most = values[math.ceil(len(values) * 0.95) - 1]
    width = next((each for each in _WIDTHS if each * MOST_BINS >= most), most / MOST_BINS)
    if most <= 0:
        return None
    n_bins = max(1, math.ceil(most / width))
    counts = [0] * n_bins
    for value in values:
        if value <= n_bins * width:
            counts[min(n_bins - 1, int(value / width))] += 1
    beyond = len(values) - sum(counts)
    note = ngettext(
        "%(n)d slower conversation lies beyond the right edge.",
        "%(n)d slower conversations lie beyond the right edge.",
        beyond,
    ) % {"n": beyond}
    return charts.histogram(
        "distribution",
        _("Spread over conversations"),
        [width * k for k in range(n_bins + 1)],
        counts,
        unit="seconds",
        language=names.language,
        median=values[len(values) // 2],
        slot=2,
        note=note if beyond else "",
    )


def comparison(
    measure: Measure, rows: Sequence[KpiRow], dimension: str, names: Names, heading: str, *, address: Address
) -> charts.Chart | None:
    """One bar per group, the ones that need a look first; hours stay in their order. One group is no comparison."""
    known = [row for row in rows if row.cells[measure.key].value is not None]
    if len(known) < 2:
        return None
    if dimension == "hour":
        known.sort(key=_hour)
    else:
        known.sort(key=lambda row: row.cells[measure.key].value or 0, reverse=measure.better != "higher")
    items = [
        charts.Bar(
            names.of(dimension, row.group[dimension]),
            row.cells[measure.key].value,
            None if measure.unit == "count" else row.cells[measure.key].n,
            address(dimension, row.group[dimension]),
        )
        for row in known[: 24 if dimension == "hour" else MOST_BARS]
    ]
    left_out = len(known) - len(items)
    return charts.bars(
        "comparison",
        _("%(measure)s, by %(dimension)s")
        % {"measure": measure.label.in_language(names.language), "dimension": heading.lower()},
        items,
        unit=measure.unit,
        language=names.language,
        note=_("%(n)d more in the table") % {"n": left_out} if left_out else "",
    )


def table(
    measures: Sequence[Measure],
    rows: Sequence[KpiRow],
    dimension: str,
    heading: str,
    names: Names,
    *,
    sort: str,
    address: Address,
    is_whole: bool = False,
) -> Table:
    """All core measures by group, sorted by the address; groups without a value come last.

    ``is_whole`` is for taking home: every line, and beside each value the number of cases it stands on.
    """
    columns = [Column(heading, sort="name")]
    for n, each in enumerate(measures):
        columns.append(Column(each.label.in_language(names.language), is_number=True, is_optional=n > 3, sort=each.key))
        if is_whole and each.unit != "count":
            columns.append(Column(f"n ({each.label.in_language(names.language)})", is_number=True))
    lines = []
    for row in _sorted(rows, dimension, names, sort)[: None if is_whole else MOST_LINES]:
        value = row.group[dimension]
        cells = [TableCell(names.of(dimension, value), href=address(dimension, value))]
        for each in measures:
            cells.append(TableCell(figure=figure(each, row.cells.get(each.key))))
            if is_whole and each.unit != "count":
                cells.append(TableCell(figure=Figure(row.cells[each.key].n, "count")))
        lines.append(Row(tuple(cells), href=address(dimension, value)))
    return Table("kpis", _("All measures"), tuple(columns), tuple(lines), is_caption_hidden=True)


def _sorted(rows: Sequence[KpiRow], dimension: str, names: Names, sort: str) -> list[KpiRow]:
    falling, key = sort.startswith("-"), sort.removeprefix("-")
    if dimension == "hour" and not key:
        return sorted(rows, key=_hour)
    if key == "name":
        return sorted(rows, key=lambda row: names.of(dimension, row.group[dimension]), reverse=falling)
    if not key:
        falling, key = True, "conversations"
    known = [row for row in rows if key in row.cells and row.cells[key].value is not None]
    missing = [row for row in rows if key not in row.cells or row.cells[key].value is None]
    return sorted(known, key=lambda row: row.cells[key].value or 0, reverse=falling) + missing


def _hour(row: KpiRow) -> int:
    """The place of an hour of the day; conversations without times come last."""
    value = row.group["hour"]
    return 99 if value is None else int(value)
