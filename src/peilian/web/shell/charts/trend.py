"""A trend: lines over periods, with the target and the baseline they are to be read against."""

from __future__ import annotations

from collections.abc import Sequence

from peilian.engine._kernel import Language
from peilian.web.shell.charts.drawing import FAINT, WIDTH, Canvas, along, legend, upright
from peilian.web.shell.charts.scale import Scale, scale
from peilian.web.shell.charts.values import (
    Chart,
    Option,
    Point,
    Series,
    bracketed,
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
from peilian.web.shell.formats import Number, Unit, format_value
from peilian.web.shell.tables import Cell, Table

_GOOD_ON_PAPER = "#1d6638"


def trend(
    key: str,
    title: str,
    series: Sequence[Series],
    *,
    unit: Unit,
    language: Language,
    target: Number | None = None,
    baseline: Number | None = None,
    note: str = "",
) -> Chart:
    """Lines over the same periods. A provisional point and the way to it are dashed; a missing value leaves a gap."""
    if not series or any(len(each.points) != len(series[0].points) for each in series):
        raise ValueError("a trend needs series over the same periods")
    labels = [point.label for point in series[0].points]
    values = [point.value for each in series for point in each.points]
    axis = scale(known([*values, target, baseline]), unit, language)
    lines = _thresholds(target, baseline, unit, language)
    return Chart(
        key=key,
        kind="trend",
        title=title,
        option=_option(series, labels, axis, lines, unit, language),
        table=_table(key, title, series, unit, language),
        drawing=_drawing(title, series, labels, axis, lines),
        summary=_summary(title, series, unit, language),
        note=note,
    )


def _thresholds(
    target: Number | None, baseline: Number | None, unit: Unit, language: Language
) -> list[tuple[str, float, str]]:
    found = []
    for key, value in (("target", target), ("baseline", baseline)):
        at = number(value)
        if at is not None:
            found.append((key, at, f"{word(key, language)} {format_value(value, unit, language)}"))
    return found


def _option(
    series: Sequence[Series],
    labels: Sequence[str],
    axis: Scale,
    lines: Sequence[tuple[str, float, str]],
    unit: Unit,
    language: Language,
) -> Option:
    option = frame_option(legend=[each.name for each in series] if len(series) > 1 else ())
    option |= {"xAxis": category_axis(labels, is_gapped=len(labels) == 1), "yAxis": axis.option(), "series": []}
    for at, each in enumerate(series):
        firm, open_ = _split(each.points)
        drawn = _line(each, firm, unit, language)
        if at == 0 and lines:
            data = [
                threshold(v, text, color="--good" if k == "target" else "--ink-3", is_dashed=k != "target")
                for k, v, text in lines
            ]
            drawn["markLine"] = {"silent": True, "symbol": "none", "data": data}
        option["series"].append(drawn)
        if any(point is not None for point in open_):
            dashed = _line(each, open_, unit, language)
            dashed["lineStyle"] |= {"type": "dashed"}
            dashed["itemStyle"] |= {"opacity": 0.6}
            option["series"].append(dashed)
    return option


def _split(points: Sequence[Point]) -> tuple[list[Point | None], list[Point | None]]:
    """The firm part, and the provisional part with the firm points it is joined to."""
    firm: list[Point | None] = [None if point.is_provisional else point for point in points]
    open_: list[Point | None] = []
    for at, point in enumerate(points):
        neighbours = points[max(0, at - 1) : at + 2]
        touches = point.is_provisional or any(each.is_provisional for each in neighbours)
        open_.append(point if touches else None)
    return firm, open_


def _line(series: Series, points: Sequence[Point | None], unit: Unit, language: Language) -> Option:
    color = token(series.slot)
    return {
        "type": "line",
        "name": series.name,
        "data": [None if point is None else _item(series, point, unit, language) for point in points],
        "symbol": "circle",
        "symbolSize": 6,
        "showSymbol": len(points) <= 40,
        "lineStyle": {"color": color, "width": 2},
        "itemStyle": {"color": color},
    }


def _item(series: Series, point: Point, unit: Unit, language: Language) -> Option:
    extra = word("provisional", language) if point.is_provisional else ""
    item: Option = {
        "value": number(point.value),
        "head": point.label,
        "said": said(series.name, point.value, unit, language, n=point.n, extra=extra),
    }
    return item | {"href": point.href} if point.href else item


def _table(key: str, title: str, series: Sequence[Series], unit: Unit, language: Language) -> Table:
    rows: list[list[str | Cell]] = []
    for at, first in enumerate(series[0].points):
        row: list[str | Cell] = [first.label]
        for each in series:
            point = each.points[at]
            mark = bracketed([word("provisional", language)], language) if point.is_provisional else ""
            row.append(Cell(format_value(point.value, unit, language) + mark, href=point.href))
        rows.append(row)
    return plain_table(key, title, [word("period", language), *(each.name for each in series)], rows)


def _drawing(
    title: str, series: Sequence[Series], labels: Sequence[str], axis: Scale, lines: Sequence[tuple[str, float, str]]
) -> str:
    canvas = Canvas(title)
    plot = upright(canvas, axis, labels, is_gapped=False)
    for key, value, text in lines:
        y, color = plot.y(axis.place(value)), _GOOD_ON_PAPER if key == "target" else FAINT
        canvas.line(plot.left, y, plot.right, y, color=color, width=1.5, dashes="" if key == "target" else "6 4")
        canvas.words(WIDTH - 20, y - 5, text, anchor="end", color=color)
    for each in series:
        for part, dashes in zip(_split(each.points), ("", "5 4"), strict=True):
            for run in _runs(part):
                places = [(plot.x(along(at, len(labels), is_gapped=False)), plot.y(axis.place(v))) for at, v in run]
                canvas.path(places, color=on_paper(each.slot), dashes=dashes)
    if len(series) > 1:
        legend(canvas, [(each.name, on_paper(each.slot)) for each in series])
    return canvas.svg()


def _runs(points: Sequence[Point | None]) -> list[list[tuple[int, float]]]:
    """The stretches without a gap, as position and value."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, point in enumerate(points):
        value = number(point.value) if point is not None else None
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


def _summary(title: str, series: Sequence[Series], unit: Unit, language: Language) -> str:
    told = []
    for each in series:
        points = [point for point in each.points if number(point.value) is not None]
        if not points:
            told.append(f"{each.name}: {word('nothing', language)}")
            continue
        first, last = points[0], points[-1]
        start, end = (format_value(point.value, unit, language) for point in (first, last))
        if language == "zh":
            told.append(f"{each.name}：{first.label} {start}，{last.label} {end}")
        else:
            told.append(f"{each.name}: {start} in {first.label}, {end} in {last.label}")
    return f"{title}。{'；'.join(told)}" if language == "zh" else f"{title}. {'; '.join(told)}"
