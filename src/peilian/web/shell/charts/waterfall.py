"""A waterfall: how a sum came about, from where it began through every change to where it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peilian.engine._kernel import Language
from peilian.web.shell.charts.drawing import GRID, INK, Canvas, lying, row_middle
from peilian.web.shell.charts.scale import Scale, scale
from peilian.web.shell.charts.values import (
    Chart,
    Option,
    category_axis,
    frame_option,
    number,
    on_paper,
    plain_table,
    token,
    word,
)
from peilian.web.shell.formats import Number, Unit, format_change, format_value
from peilian.web.shell.tables import Cell

_LOSS_ON_PAPER, _GAIN_ON_PAPER = "#9c2529", "#1d6638"
_ROW = 28.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step from ``start`` to ``end``. A ``is_whole`` step is no change but where things stand; it begins at 0."""

    label: str
    start: Number
    end: Number
    is_whole: bool = False
    href: str = ""

    @property
    def change(self) -> float:
        """What it adds (or takes, negative)."""
        return float(self.end) - float(self.start)

    def said(self, unit: Unit, language: Language) -> str:
        """Its value, with a sign where it is a change."""
        if self.is_whole:
            return format_value(self.end, unit, language)
        return format_change(self.change, unit, language)


def waterfall(key: str, title: str, steps: Sequence[Step], *, unit: Unit, language: Language, note: str = "") -> Chart:
    """Lying steps in the given order. The axis begins where the changes do, so that small ones can be seen."""
    axis = _axis(steps, unit, language)
    rows: list[list[str | Cell]] = [
        [
            Cell(step.label, step.href),
            step.said(unit, language),
            format_value(step.end, unit, language),
        ]
        for step in steps
    ]
    columns = [word("step", language), word("change", language), word("after", language)]
    return Chart(
        key=key,
        kind="waterfall",
        title=title,
        option=_option(steps, axis, unit, language),
        table=plain_table(key, title, columns, rows),
        drawing=_drawing(title, steps, axis, unit, language),
        summary=_summary(title, steps, unit, language),
        note=note,
        size="short" if len(steps) <= 4 else "tall" if len(steps) > 10 else "",
    )


def _axis(steps: Sequence[Step], unit: Unit, language: Language) -> Scale:
    ends = [float(place) for step in steps for place in ((step.end,) if step.is_whole else (step.start, step.end))]
    found = scale(ends, unit, language)
    # A bar needs a foot to stand on, also where it stands lowest.
    return scale([*ends, min(ends, default=0.0) - found.step / 2], unit, language) if found.low > 0 else found


def _option(steps: Sequence[Step], axis: Scale, unit: Unit, language: Language) -> Option:
    option = frame_option() | {
        "xAxis": axis.option(),
        "yAxis": category_axis([step.label for step in steps], is_gapped=True) | {"inverse": True},
    }
    option["grid"] |= {"right": 64, "top": 24}
    # Every step has its name, also where there is little room: a bar without one says nothing.
    option["yAxis"]["axisLabel"] |= {"interval": 0, "hideOverlap": False, "width": 112, "overflow": "truncate"}
    hidden = {"color": "transparent"}
    feet: list[Option] = []
    bars: list[Option] = []
    for step in steps:
        low = axis.low if step.is_whole else min(number(step.start) or 0.0, number(step.end) or 0.0)
        feet.append({"value": low, "itemStyle": hidden, "tooltip": {"show": False}})
        words = step.said(unit, language)
        bar: Option = {
            "value": (number(step.end) or 0.0) - axis.low if step.is_whole else abs(step.change),
            "head": step.label,
            "said": words,
            "itemStyle": {"color": _color(step), "borderRadius": 3},
            "label": {"formatter": words},
        }
        bars.append(bar | {"href": step.href} if step.href else bar)
    common: Option = {"type": "bar", "stack": "steps", "barMaxWidth": 18}
    option["series"] = [
        common | {"silent": True, "data": feet},
        common | {"label": {"show": True, "position": "right", "color": "--ink-2"}, "data": bars},
    ]
    return option


def _color(step: Step) -> str:
    if step.is_whole:
        return token(1)
    return "--bad" if step.change < 0 else "--good"


def _drawing(title: str, steps: Sequence[Step], axis: Scale, unit: Unit, language: Language) -> str:
    canvas = Canvas(title, height=64 + _ROW * max(1, len(steps)))
    plot = lying(canvas, axis, [step.label for step in steps])
    for at, step in enumerate(steps):
        middle = row_middle(plot, at, len(steps))
        start = plot.left if step.is_whole else plot.x(axis.place(float(step.start)))
        end = plot.x(axis.place(float(step.end)))
        color = on_paper(1) if step.is_whole else _LOSS_ON_PAPER if step.change < 0 else _GAIN_ON_PAPER
        canvas.shape("rect", x=min(start, end), y=middle - 7, width=max(1.0, abs(end - start)), height=14.0, fill=color)
        canvas.words(max(start, end) + 6, middle + 4, step.said(unit, language), color=INK)
        if at + 1 < len(steps):
            canvas.line(end, middle + 7, end, row_middle(plot, at + 1, len(steps)) - 7, color=GRID)
    return canvas.svg()


def _summary(title: str, steps: Sequence[Step], unit: Unit, language: Language) -> str:
    changes = [step for step in steps if not step.is_whole and step.change]
    losses = sorted((step for step in changes if step.change < 0), key=lambda step: step.change)[:3]
    end = format_value(steps[-1].end, unit, language) if steps else word("nothing", language)
    if language == "zh":
        most = "、".join(f"{step.label}{step.said(unit, language)}" for step in losses)
        return f"{title}。最后 {end}" + (f"，影响最大的是 {most}" if most else "")
    most = ", ".join(f"{step.label} {step.said(unit, language)}" for step in losses)
    return f"{title}. Ends at {end}" + (f"; the largest losses: {most}" if most else "")
