"""Distributions before means: a histogram of one thing, boxes of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from peilian.engine._kernel import Language
from peilian.web.shell.charts.drawing import FAINT, Canvas, Plot, lying, row_middle, upright
from peilian.web.shell.charts.scale import Scale, scale
from peilian.web.shell.charts.values import (
    Chart,
    Option,
    category_axis,
    frame_option,
    number,
    on_paper,
    plain_table,
    said,
    threshold,
    token,
    word,
)
from peilian.web.shell.formats import Number, Unit, format_integer, format_value
from peilian.web.shell.tables import Cell

_GOOD_ON_PAPER = "#1d6638"
_ROW = 34.0
_Marks = list[tuple[str, float, str]]


@dataclass(frozen=True, slots=True)
class Box:
    """The spread of one thing: ends of the whiskers, quartiles, median, in the unit of the chart."""

    label: str
    low: float
    lower: float
    median: float
    upper: float
    high: float
    n: int
    href: str = ""

    def __post_init__(self) -> None:
        if not self.low <= self.lower <= self.median <= self.upper <= self.high:
            raise ValueError(f"the five values of {self.label!r} are not in order")

    def five(self) -> tuple[float, float, float, float, float]:
        """Low, lower quartile, median, upper quartile, high."""
        return self.low, self.lower, self.median, self.upper, self.high


def histogram(
    key: str,
    title: str,
    edges: Sequence[float],
    counts: Sequence[int],
    *,
    unit: Unit,
    language: Language,
    median: Number | None = None,
    target: Number | None = None,
    slot: int = 1,
    note: str = "",
) -> Chart:
    """Counts in bins of equal width (``edges`` is one longer than ``counts``); median and target stand as lines."""
    width = edges[1] - edges[0] if len(edges) > 1 else 0.0
    if len(edges) != len(counts) + 1 or any(
        abs(b - a - width) > 1e-6 * max(1.0, abs(width)) for a, b in pairwise(edges)
    ):
        raise ValueError("a histogram needs bins of equal width, with one edge more than counts")
    marks = _marks(median, target, unit, language)
    across = scale([edges[0], edges[-1], *(at for _key, at, _words in marks)], unit, language)
    up = scale([0.0, float(max(counts, default=0))], "count", language, is_from_zero=True)
    ranges = [f"{format_value(a, unit, language)} – {format_value(b, unit, language)}" for a, b in pairwise(edges)]
    middle = "" if median is None else f" {word('median', language)} {format_value(median, unit, language)},"
    return Chart(
        key=key,
        kind="histogram",
        title=title,
        option=_histogram_option(title, edges, counts, ranges, across, up, marks, language, slot),
        table=plain_table(
            key,
            title,
            [word("range", language), word("cases", language)],
            [[r, format_integer(c)] for r, c in zip(ranges, counts, strict=True)],
        ),
        drawing=_histogram_drawing(title, edges, counts, across, up, marks, slot),
        summary=f"{title}:{middle} n={sum(counts)}",
        note=note,
    )


def boxes(
    key: str, title: str, items: Sequence[Box], *, unit: Unit, language: Language, slot: int = 1, note: str = ""
) -> Chart:
    """Boxes beside each other: half of the cases lie in the box, the line in it is the median."""
    axis = scale([end for item in items for end in (item.low, item.high)], unit, language, is_from_zero=True)
    names = ("low", "lower", "median", "upper", "high")
    columns = [word("who", language), *(word(name, language) for name in names), word("cases", language)]
    rows: list[list[str | Cell]] = [
        [
            Cell(item.label, item.href),
            *(format_value(each, unit, language) for each in item.five()),
            format_integer(item.n),
        ]
        for item in items
    ]
    told = ", ".join(f"{item.label} {format_value(item.median, unit, language)}" for item in items)
    return Chart(
        key=key,
        kind="boxes",
        title=title,
        option=_boxes_option(title, items, axis, unit, language, slot),
        table=plain_table(key, title, columns, rows),
        drawing=_boxes_drawing(title, items, axis, slot),
        summary=f"{title}, {word('median', language)}: {told or word('nothing', language)}",
        note=note,
    )


def _marks(median: Number | None, target: Number | None, unit: Unit, language: Language) -> _Marks:
    found: _Marks = []
    for key, value in (("median", median), ("target", target)):
        at = number(value)
        if at is not None:
            found.append((key, at, f"{word(key, language)} {format_value(value, unit, language)}"))
    return found


def _histogram_option(
    title: str,
    edges: Sequence[float],
    counts: Sequence[int],
    ranges: Sequence[str],
    across: Scale,
    up: Scale,
    marks: _Marks,
    language: Language,
    slot: int,
) -> Option:
    option = frame_option() | {"xAxis": across.option(), "yAxis": up.option()}
    option["grid"]["top"] = 40
    option["xAxis"]["splitLine"] = {"show": False}
    option["tooltip"] = {"trigger": "item"}
    data = []
    for at, count in enumerate(counts):
        middle = (edges[at] + edges[at + 1]) / 2
        data.append(
            {
                "value": [middle, count],
                "head": ranges[at],
                "said": said(word("cases", language), count, "count", language),
            }
        )
    lines = [
        threshold(v, text, color="--good" if k == "target" else "--ink-2", is_dashed=k != "target", axis="xAxis")
        for k, v, text in marks
    ]
    # Two words at the same end would cover each other: the median's stands a line higher.
    for line, (key, _value, _text) in zip(lines, marks, strict=True):
        line["label"]["distance"] = 18 if key == "median" and len(marks) > 1 else 4
    drawn: Option = {
        "type": "bar",
        "name": title,
        "barCategoryGap": "6%",
        "itemStyle": {"color": token(slot)},
        "data": data,
    }
    if lines:
        drawn["markLine"] = {"silent": True, "symbol": "none", "data": lines}
    option["series"] = [drawn]
    return option


def _histogram_drawing(
    title: str, edges: Sequence[float], counts: Sequence[int], across: Scale, up: Scale, marks: _Marks, slot: int
) -> str:
    canvas = Canvas(title)
    plot = upright(canvas, up, [], is_gapped=True)
    for value, text in across.ticks:
        canvas.words(plot.x(across.place(value)), canvas.height - 8, text, anchor="middle")
    for at, count in enumerate(counts):
        left, right = (plot.x(across.place(edge)) for edge in (edges[at], edges[at + 1]))
        top = plot.y(up.place(count))
        canvas.shape(
            "rect", x=left + 1, y=top, width=max(1.0, right - left - 2), height=plot.bottom - top, fill=on_paper(slot)
        )
    for at, (key, value, text) in enumerate(marks):
        x, color = plot.x(across.place(value)), _GOOD_ON_PAPER if key == "target" else FAINT
        canvas.line(x, plot.top, x, plot.bottom, color=color, width=1.5, dashes="" if key == "target" else "6 4")
        canvas.words(x, plot.top - 6 - 14 * (len(marks) - 1 - at), text, anchor="middle", color=color)
    return canvas.svg()


def _boxes_option(title: str, items: Sequence[Box], axis: Scale, unit: Unit, language: Language, slot: int) -> Option:
    option = frame_option() | {
        "xAxis": axis.option(),
        "yAxis": category_axis([item.label for item in items], is_gapped=True) | {"inverse": True},
    }
    option["tooltip"] = {"trigger": "item"}
    data = []
    for item in items:
        made: Option = {
            "value": list(item.five()),
            "head": item.label,
            "said": said(word("median", language), item.median, unit, language, n=item.n),
        }
        data.append(made | {"href": item.href} if item.href else made)
    style = {"color": "--accent-soft", "borderColor": token(slot), "borderWidth": 1.5}
    option["series"] = [{"type": "boxplot", "name": title, "boxWidth": [8, 22], "itemStyle": style, "data": data}]
    return option


def _boxes_drawing(title: str, items: Sequence[Box], axis: Scale, slot: int) -> str:
    canvas = Canvas(title, height=64 + _ROW * max(1, len(items)))
    plot = lying(canvas, axis, [item.label for item in items])
    for at, item in enumerate(items):
        _box(canvas, plot, axis, item, row_middle(plot, at, len(items)), on_paper(slot))
    return canvas.svg()


def _box(canvas: Canvas, plot: Plot, axis: Scale, item: Box, middle: float, color: str) -> None:
    low, lower, median, upper, high = (plot.x(axis.place(each)) for each in item.five())
    canvas.line(low, middle, lower, middle, color=color, width=1.5)
    canvas.line(upper, middle, high, middle, color=color, width=1.5)
    for end in (low, high):
        canvas.line(end, middle - 5, end, middle + 5, color=color, width=1.5)
    canvas.shape(
        "rect",
        x=lower,
        y=middle - 9,
        width=max(1.0, upper - lower),
        height=18.0,
        fill="#ffffff",
        stroke=color,
        stroke_width=1.5,
    )
    canvas.line(median, middle - 9, median, middle + 9, color=color, width=3)
