"""Shares of a whole: stacked to a hundred per cent, at most four parts, because nobody compares a fifth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peilian.engine._kernel import Language
from peilian.web.shell.charts.drawing import Canvas, legend, lying, row_middle
from peilian.web.shell.charts.scale import scale
from peilian.web.shell.charts.values import (
    Chart,
    Option,
    category_axis,
    frame_option,
    on_paper,
    plain_table,
    said,
    token,
    word,
)
from peilian.web.shell.formats import format_integer, format_ratio

MOST_PARTS = 4
_ROW = 34.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of each whole: its name and its count for every row, in the order of the rows."""

    name: str
    counts: Sequence[int]
    slot: int


def shares(
    key: str, title: str, rows: Sequence[str], parts: Sequence[Part], *, language: Language, note: str = ""
) -> Chart:
    """One lying bar a row, divided among the parts. A row without cases stays empty."""
    if not 1 <= len(parts) <= MOST_PARTS:
        raise ValueError(f"shares take 1 to {MOST_PARTS} parts, not {len(parts)}")
    if any(len(part.counts) != len(rows) for part in parts):
        raise ValueError("every part needs one count a row")
    totals = [sum(part.counts[at] for part in parts) for at in range(len(rows))]
    ratios = [[part.counts[at] / totals[at] if totals[at] else None for at in range(len(rows))] for part in parts]
    table_rows = [
        [
            row,
            *(_with_count(ratios[p][at], part.counts[at]) for p, part in enumerate(parts)),
            format_integer(totals[at]),
        ]
        for at, row in enumerate(rows)
    ]
    columns = [word("who", language), *(part.name for part in parts), word("cases", language)]
    told = "; ".join(
        f"{row[0]}: " + ", ".join(f"{part.name} {row[p + 1]}" for p, part in enumerate(parts)) for row in table_rows
    )
    return Chart(
        key=key,
        kind="shares",
        title=title,
        option=_option(rows, parts, ratios, language),
        table=plain_table(key, title, columns, table_rows),
        drawing=_drawing(title, rows, parts, ratios, language),
        summary=f"{title}. {told}",
        note=note,
        size="short" if len(rows) <= 4 else "",
    )


def _with_count(ratio: float | None, count: int) -> str:
    return "–" if ratio is None else f"{format_ratio(ratio)} ({format_integer(count)})"


def _option(
    rows: Sequence[str], parts: Sequence[Part], ratios: Sequence[Sequence[float | None]], language: Language
) -> Option:
    option = frame_option(legend=[part.name for part in parts]) | {
        "xAxis": scale([0.0, 1.0], "ratio", language).option(),
        "yAxis": category_axis(rows, is_gapped=True) | {"inverse": True},
        "series": [],
    }
    for part, own in zip(parts, ratios, strict=True):
        data = [
            {"value": ratio, "head": row, "said": said(part.name, ratio, "ratio", language, n=count)}
            for row, ratio, count in zip(rows, own, part.counts, strict=True)
        ]
        style = {"color": token(part.slot), "borderColor": "--surface", "borderWidth": 1}
        option["series"].append(
            {"type": "bar", "stack": "whole", "name": part.name, "barMaxWidth": 26, "itemStyle": style, "data": data}
        )
    return option


def _drawing(
    title: str, rows: Sequence[str], parts: Sequence[Part], ratios: Sequence[Sequence[float | None]], language: Language
) -> str:
    canvas = Canvas(title, height=72 + _ROW * max(1, len(rows)))
    axis = scale([0.0, 1.0], "ratio", language)
    plot = lying(canvas, axis, rows)
    for at in range(len(rows)):
        start = 0.0
        for part, own in zip(parts, ratios, strict=True):
            share = own[at] or 0.0
            left, right = plot.x(start), plot.x(start + share)
            canvas.shape(
                "rect",
                x=left,
                y=row_middle(plot, at, len(rows)) - 10,
                width=max(0.0, right - left - 1),
                height=20.0,
                fill=on_paper(part.slot),
            )
            start += share
    legend(canvas, [(part.name, on_paper(part.slot)) for part in parts])
    return canvas.svg()
