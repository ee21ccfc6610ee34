"""Measured rows become what the board shows: figures, charts, the table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from peilian.apps.contacts.api import Cell, KpiRow, Measure
from peilian.engine._kernel import Language
from peilian.engine.kpi.intervals import wilson_interval
from peilian.web.shell import charts
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_day
from peilian.web.shell.tables import Cell as TableCell
from peilian.web.shell.tables import Column, Row, Table

BINS = 20
MOST_BARS = 15


@dataclass(frozen=True, slots=True)
class Names:
    """How the values of dimensions are called."""

    agents: Mapping[str, str]
    language: Language
    today: date

    def of(self, dimension: str, value: Any) -> str:
        """A group's name."""
        if value is None:
            return _("Nobody") if dimension in ("agent", "team") else _("Not stated")
        if dimension == "agent":
            return self.agents.get(str(value), str(value))
        if dimension == "day":
            return format_day(date.fromisoformat(str(value)), self.language, self.today)
        if dimension == "hour":
            return f"{int(value):02}:00"
        return str(value)


def figure(measure: Measure, cell: Cell | None, *, href: str = "") -> Figure:
    """A cell as a figure with its cases, its interval and the way to its conversations."""
    if cell is None or cell.value is None:
        return Figure(None, measure.unit, missing=_("Nothing to measure here."), href=href)
    interval = wilson_interval(cell.numerator or 0, cell.n) if measure.unit == "ratio" else None
    return Figure(
        cell.value,
        measure.unit,
        n=None if measure.unit == "count" else cell.n,
        interval=interval,
        is_provisional=cell.is_provisional,
        href=href,
    )


def trend(
    measure: Measure,
    rows: Sequence[KpiRow],
    dimension: str,
    names: Names,
    *,
    baseline: float | None,
    address: Callable[[str, Any], str],
) -> charts.Chart:
    """The course of one measure; the baseline is its value in the period before."""
    points = []
    for row in sorted(rows, key=lambda row: str(row.group[dimension] or "")):
        cell, value = row.cells[measure.key], row.group[dimension]
        if value is None:
            continue  # untimed transcripts have no place on a time axis; the table counts them
        points.append(
            charts.Point(names.of(dimension, value), cell.value, cell.n, cell.is_provisional, address(dimension, value))
        )
    label = measure.label.in_language(names.language)
    return charts.trend(
        "trend",
        _("Course: %(measure)s") % {"measure": label},
        [charts.Series(label, points)],
        unit=measure.unit,
        language=names.language,
        baseline=baseline,
    )


def distribution(measure: Measure, rows: Sequence[KpiRow], names: Names) -> charts.Chart | None:
    """How a time is spread over conversations, up to the 95th percentile so that one outlier does not hide the rest."""
    values = sorted(v for row in rows if (v := next(iter(row.cells.values())).value) is not None)
    if len(values) < 5:
        return None
    top = _round_up(values[min(len(values) - 1, math.ceil(len(values) * 0.95) - 1)])
    if top <= 0:
        return None
    width = top / BINS
    counts = [0] * BINS
    for value in values:
        if value <= top:
            counts[min(BINS - 1, int(value / width))] += 1
    beyond = sum(value > top for value in values)
    note = _("%(n)d slower conversations lie beyond the right edge.") % {"n": beyond} if beyond else ""
    return charts.histogram(
        "distribution",
        _("Spread over conversations"),
        [width * k for k in range(BINS + 1)],
        counts,
        unit=measure.unit,
        language=names.language,
        median=values[len(values) // 2],
        slot=2,
        note=note,
    )


def comparison(
    measure: Measure, rows: Sequence[KpiRow], dimension: str, names: Names, *, address: Callable[[str, Any], str]
) -> charts.Chart:
    """One bar per group, the ones that need a look first; hours stay in their order."""
    known = [row for row in rows if row.cells[measure.key].value is not None]
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
        measure.label.in_language(names.language),
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
    address: Callable[[str, Any], str],
) -> Table:
    """All core measures by group, sorted by the address; groups without a value come last."""
    columns = [Column(heading, sort="name")]
    columns += [
        Column(each.label.in_language(names.language), is_number=True, is_optional=n > 3, sort=each.key)
        for n, each in enumerate(measures)
    ]
    lines = []
    for row in _sorted(rows, dimension, names, sort):
        value = row.group[dimension]
        href = address(dimension, value)
        cells = [TableCell(names.of(dimension, value), href=href)]
        cells += [TableCell(figure=figure(each, row.cells.get(each.key), href=href)) for each in measures]
        lines.append(Row(tuple(cells)))
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
    missing = [row for row in rows if row not in known]
    return sorted(known, key=lambda row: row.cells[key].value or 0, reverse=falling) + missing


def _hour(row: KpiRow) -> int:
    """The place of an hour of the day; conversations without times come last."""
    value = row.group["hour"]
    return 99 if value is None else int(value)


def _round_up(value: float) -> float:
    """The next value of the form 1, 2 or 5 times a power of ten, so that bins have sayable edges."""
    if value <= 0:
        return 0
    power = 10.0 ** math.floor(math.log10(value))
    return float(next(power * step for step in (1, 2, 5, 10) if power * step >= value))
