"""What charts are made of, and what they have in common: words, colours, axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peilian.engine._kernel import Language, Text
from peilian.web.shell.formats import Number, Unit, format_value, is_missing
from peilian.web.shell.tables import Cell, Column, Row, Table

Option = dict[str, Any]

# The light series colours of tokens.css, for paper; a test holds the two equal.
SERIES_ON_PAPER = ("#0f766e", "#b4690e", "#4653a3", "#a8456b", "#66741d", "#5b6770", "#2b7bb0", "#8a5a44")

WORDS = {
    "target": Text(zh="目标", en="Target"),
    "baseline": Text(zh="基线", en="Baseline"),
    "median": Text(zh="中位数", en="Median"),
    "provisional": Text(zh="暂定", en="provisional"),
    "period": Text(zh="时段", en="Period"),
    "who": Text(zh="对象", en="Item"),
    "cases": Text(zh="样本数", en="Cases"),
    "range": Text(zh="区间", en="Range"),
    "low": Text(zh="最低", en="Lowest"),
    "lower": Text(zh="下四分位", en="Lower quartile"),
    "upper": Text(zh="上四分位", en="Upper quartile"),
    "high": Text(zh="最高", en="Highest"),
    "axis": Text(zh="维度", en="Dimension"),
    "uncertain": Text(zh="可信区间", en="Uncertainty"),
    "step": Text(zh="项目", en="Step"),
    "change": Text(zh="变化", en="Change"),
    "after": Text(zh="之后", en="Then"),
    "nothing": Text(zh="暂无数据", en="No data"),
}


def word(key: str, language: Language) -> str:
    """A word of charts."""
    return WORDS[key].in_language(language)


@dataclass(frozen=True, slots=True)
class Point:
    """One value on a line: its label on the axis, the cases behind it, whether it can still change, its evidence."""

    label: str
    value: Number | None
    n: int | None = None
    is_provisional: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A named line. ``slot`` (1 to 8) is its colour: the same thing has the same slot on every page."""

    name: str
    points: Sequence[Point]
    slot: int = 1


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart ready for ``{% chart %}``: option, table, drawing for print (SVG), and a summary in one sentence."""

    key: str
    kind: str
    title: str
    option: Option
    table: Table
    drawing: str
    summary: str
    note: str = ""
    size: str = ""


def token(slot: int) -> str:
    """The colour token of a series slot."""
    if not 1 <= slot <= len(SERIES_ON_PAPER):
        raise ValueError(f"a series has slot 1 to {len(SERIES_ON_PAPER)}, not {slot}")
    return f"--series-{slot}"


def on_paper(slot: int) -> str:
    """The printed colour of a series slot."""
    token(slot)
    return SERIES_ON_PAPER[slot - 1]


def number(value: Number | None) -> float | None:
    """A value as JSON carries it; missing stays missing."""
    return None if value is None or is_missing(value) else float(value)


def known(values: Sequence[Number | None]) -> list[float]:
    """The values that exist."""
    return [found for each in values if (found := number(each)) is not None]


def said(
    name: str, value: Number | None, unit: Unit, language: Language, *, n: int | None = None, extra: str = ""
) -> str:
    """A value as a tooltip says it: name, value, cases, mark."""
    notes = [note for note in (f"n={n}" if n is not None else "", extra) if note]
    return f"{name} {format_value(value, unit, language)}{bracketed(notes, language)}"


def bracketed(notes: Sequence[str], language: Language) -> str:
    """Notes behind a value, in the brackets of the language; nothing without notes."""
    if not notes:
        return ""
    return f"（{'，'.join(notes)}）" if language == "zh" else f" ({', '.join(notes)})"


def frame_option(*, legend: Sequence[str] = ()) -> Option:
    """Margins, tooltip and legend that all charts with axes share."""
    option: Option = {
        "grid": {"left": 4, "right": 24, "top": 40 if legend else 24, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "line", "lineStyle": {"color": "--line-strong"}}},
    }
    if legend:
        option["legend"] = {
            "data": list(legend),
            "top": 0,
            "left": 0,
            "itemHeight": 10,
            "itemWidth": 18,
            "textStyle": {"color": "--ink-2"},
        }
    return option


def category_axis(labels: Sequence[str], *, is_gapped: bool) -> Option:
    """An axis of names or periods."""
    return {
        "type": "category",
        "data": list(labels),
        "boundaryGap": is_gapped,
        "axisTick": {"show": False},
        "axisLine": {"lineStyle": {"color": "--line-strong"}},
        "axisLabel": {"color": "--ink-3", "hideOverlap": True},
    }


def threshold(value: float, label: str, *, color: str, is_dashed: bool, axis: str = "yAxis") -> Option:
    """A line across the chart at a value, with its words at the end."""
    return {
        axis: value,
        "lineStyle": {"color": color, "type": "dashed" if is_dashed else "solid", "width": 1.5},
        "label": {"formatter": label, "position": "insideEndTop" if axis == "yAxis" else "end", "color": color},
    }


def plain_table(key: str, title: str, columns: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> Table:
    """The accessible table of a chart: first column names, the others numbers."""
    return Table(
        key=f"{key}-table",
        caption=title,
        columns=tuple(Column(label, is_number=at > 0) for at, label in enumerate(columns)),
        rows=tuple(Row(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row)) for row in rows),
        is_caption_hidden=True,
    )
