"""Columns: several things beside each other in each period, from zero."""

from __future__ import annotations

from collections.abc import Sequence

from peilian.engine._kernel import Language
from peilian.web.shell.charts.drawing import Canvas, Plot, along, legend, upright
from peilian.web.shell.charts.scale import Scale, scale
from peilian.web.shell.charts.values import (
    Chart,
    Option,
    Series,
    category_axis,
    frame_option,
    known,
    number,
    on_paper,
    plain_table,
    said,
    token,
    word,
)
from peilian.web.shell.formats import Unit, format_value
from peilian.web.shell.tables import Cell

_SHARE = 0.72  # of a period's width that its columns take together


def columns(key: str, title: str, series: Sequence[Series], *, unit: Unit, language: Language, note: str = "") -> Chart:
    """One group of columns a period; a missing value leaves a gap."""
    if not series or any(len(each.points) != len(series[0].points) for each in series):
        raise ValueError("columns need series over the same periods")
    labels = [point.label for point in series[0].points]
    values = [point.value for each in series for point in each.points]
    axis = scale(known(values), unit, language, is_from_zero=True)
    rows: list[list[str | Cell]] = [
        [label, *(Cell(format_value(each.points[at].value, unit, language), each.points[at].href) for each in series)]
        for at, label in enumerate(labels)
    ]
    return Chart(
        key=key,
        kind="columns",
        title=title,
        option=_option(series, labels, axis, unit, language),
        table=plain_table(key, title, [word("period", language), *(each.name for each in series)], rows),
        drawing=_drawing(title, series, labels, axis),
        summary=_summary(title, series, unit, language),
        note=note,
    )


def _option(series: Sequence[Series], labels: Sequence[str], axis: Scale, unit: Unit, language: Language) -> Option:
    option = frame_option(legend=[each.name for each in series] if len(series) > 1 else ())
    option |= {"xAxis": category_axis(labels, is_gapped=True), "yAxis": axis.option(), "series": []}
    option["tooltip"]["axisPointer"] = {"type": "shadow", "shadowStyle": {"color": "--grid", "opacity": 0.5}}
    for each in series:
        data = []
        for point in each.points:
            words = said(each.name, point.value, unit, language, n=point.n)
            item: Option = {"value": number(point.value), "head": point.label, "said": words}
            data.append(item | {"href": point.href} if point.href else item)
        style = {"color": token(each.slot), "borderRadius": [3, 3, 0, 0]}
        option["series"].append(
            {"type": "bar", "name": each.name, "barMaxWidth": 28, "barGap": "10%", "itemStyle": style, "data": data}
        )
    return option


def _drawing(title: str, series: Sequence[Series], labels: Sequence[str], axis: Scale) -> str:
    canvas = Canvas(title)
    plot = upright(canvas, axis, labels, is_gapped=True)
    step = (plot.right - plot.left) / max(1, len(labels))
    width = min(28.0, step * _SHARE / len(series))
    for place, each in enumerate(series):
        offset = (place - (len(series) - 1) / 2) * width
        for at, point in enumerate(each.points):
            value = number(point.value)
            if value is not None:
                middle = plot.x(along(at, len(labels), is_gapped=True)) + offset
                _column(canvas, plot, middle, width, axis.place(max(value, 0.0)), on_paper(each.slot))
    if len(series) > 1:
        legend(canvas, [(each.name, on_paper(each.slot)) for each in series])
    return canvas.svg()


def _column(canvas: Canvas, plot: Plot, middle: float, width: float, share: float, color: str) -> None:
    top = plot.y(share)
    canvas.shape("rect", x=middle - width / 2, y=top, width=max(1.0, width - 1), height=plot.bottom - top, fill=color)


def _summary(title: str, series: Sequence[Series], unit: Unit, language: Language) -> str:
    told = []
    for each in series:
        points = [point for point in each.points if number(point.value) is not None]
        if not points:
            told.append(f"{each.name}: {word('nothing', language)}")
            continue
        low = min(points, key=lambda point: number(point.value) or 0.0)
        high = max(points, key=lambda point: number(point.value) or 0.0)
        low_said, high_said = (format_value(point.value, unit, language) for point in (low, high))
        if language == "zh":
            told.append(f"{each.name}：最低 {low.label} {low_said}，最高 {high.label} {high_said}")
        else:
            told.append(f"{each.name}: lowest {low_said} in {low.label}, highest {high_said} in {high.label}")
    return f"{title}。{'；'.join(told)}" if language == "zh" else f"{title}. {'; '.join(told)}"
