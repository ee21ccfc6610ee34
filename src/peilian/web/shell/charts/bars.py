"""Bars: one value for each of several things, longest names readable, few cases paler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peilian.engine._kernel import Language
from peilian.web.shell.charts.drawing import INK, Canvas, lying, row_middle
from peilian.web.shell.charts.scale import Scale, scale
from peilian.web.shell.charts.values import (
    Chart,
    Option,
    category_axis,
    frame_option,
    known,
    number,
    on_paper,
    plain_table,
    said,
    threshold,
    token,
    word,
)
from peilian.web.shell.figures import SMALL_SAMPLE
from peilian.web.shell.formats import Number, Unit, format_integer, format_value
from peilian.web.shell.tables import Cell

_GOOD_ON_PAPER = "#1d6638"
_ROW = 30.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: whose it is, its value, the cases behind it, its evidence."""

    label: str
    value: Number | None
    n: int | None = None
    href: str = ""

    @property
    def is_small(self) -> bool:
        """Whether few cases stand behind it."""
        return self.n is not None and self.n < SMALL_SAMPLE


def bars(
    key: str,
    title: str,
    items: Sequence[Bar],
    *,
    unit: Unit,
    language: Language,
    target: Number | None = None,
    slot: int = 1,
    note: str = "",
) -> Chart:
    """Lying bars in the given order, from zero."""
    axis = scale(known([*(item.value for item in items), target]), unit, language, is_from_zero=True)
    columns = [word("who", language), title, word("cases", language)]
    rows: list[list[str | Cell]] = [
        [
            Cell(item.label, item.href),
            format_value(item.value, unit, language),
            "" if item.n is None else format_integer(item.n),
        ]
        for item in items
    ]
    return Chart(
        key=key,
        kind="bars",
        title=title,
        option=_option(title, items, axis, number(target), unit, language, slot),
        table=plain_table(key, title, columns, rows),
        drawing=_drawing(title, items, axis, number(target), unit, language, slot),
        summary=_summary(title, items, unit, language),
        note=note,
        size="short" if len(items) <= 4 else "tall" if len(items) > 10 else "",
    )


def _option(
    title: str, items: Sequence[Bar], axis: Scale, target: float | None, unit: Unit, language: Language, slot: int
) -> Option:
    option = frame_option() | {
        "xAxis": axis.option(),
        "yAxis": category_axis([item.label for item in items], is_gapped=True) | {"inverse": True},
    }
    option["grid"] |= {"right": 64, "top": 24}
    drawn: Option = {
        "type": "bar",
        "name": title,
        "barMaxWidth": 22,
        "itemStyle": {"color": token(slot), "borderRadius": [0, 3, 3, 0]},
        "label": {"show": True, "position": "right", "color": "--ink-2"},
        "data": [_item(title, item, unit, language) for item in items],
    }
    if target is not None:
        words = f"{word('target', language)} {format_value(target, unit, language)}"
        line = threshold(target, words, color="--good", is_dashed=False, axis="xAxis")
        # The axis of names runs downwards, so the line ends at the bottom and begins at the top.
        line["label"]["position"] = "start"
        drawn["markLine"] = {"silent": True, "symbol": "none", "data": [line]}
    option["series"] = [drawn]
    return option


def _item(title: str, item: Bar, unit: Unit, language: Language) -> Option:
    made: Option = {
        "value": number(item.value),
        "head": item.label,
        "said": said(title, item.value, unit, language, n=item.n),
        "label": {"formatter": format_value(item.value, unit, language), "opacity": 1},
    }
    if item.is_small:
        made["itemStyle"] = {"opacity": 0.45}
    return made | {"href": item.href} if item.href else made


def _drawing(
    title: str, items: Sequence[Bar], axis: Scale, target: float | None, unit: Unit, language: Language, slot: int
) -> str:
    canvas = Canvas(title, height=64 + _ROW * max(1, len(items)))
    plot = lying(canvas, axis, [item.label for item in items])
    for at, item in enumerate(items):
        middle, value = row_middle(plot, at, len(items)), number(item.value)
        end = plot.x(axis.place(value or 0.0))
        start = plot.x(axis.place(max(axis.low, 0.0)))
        if value is not None:
            canvas.shape(
                "rect",
                x=min(start, end),
                y=middle - 8,
                width=abs(end - start),
                height=16.0,
                fill=on_paper(slot),
                fill_opacity=0.45 if item.is_small else None,
            )
        canvas.words(max(start, end) + 6, middle + 4, format_value(item.value, unit, language), color=INK)
    if target is not None:
        x = plot.x(axis.place(target))
        canvas.line(x, plot.top, x, plot.bottom, color=_GOOD_ON_PAPER, width=1.5)
        words = f"{word('target', language)} {format_value(target, unit, language)}"
        canvas.words(x, plot.top - 8, words, anchor="middle", color=_GOOD_ON_PAPER)
    return canvas.svg()


def _summary(title: str, items: Sequence[Bar], unit: Unit, language: Language) -> str:
    existing = [item for item in items if number(item.value) is not None]
    if not existing:
        return f"{title}: {word('nothing', language)}"
    low = min(existing, key=lambda item: number(item.value) or 0.0)
    high = max(existing, key=lambda item: number(item.value) or 0.0)
    low_said, high_said = (format_value(item.value, unit, language) for item in (low, high))
    if language == "zh":
        return f"{title}。最低 {low.label} {low_said}，最高 {high.label} {high_said}"
    return f"{title}. Lowest {low.label} {low_said}, highest {high.label} {high_said}"
