"""A radar for profiles only: three to eight axes of one scale, with the uncertainty of every value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from peilian.engine._kernel import Language
from peilian.web.shell.charts.drawing import GRID, INK, WIDTH, Canvas, legend, shortened
from peilian.web.shell.charts.values import Chart, Option, on_paper, plain_table, token, word
from peilian.web.shell.formats import Unit, format_value

FEWEST_AXES, MOST_AXES = 3, 8
_RADIUS, _MIDDLE = 118.0, (WIDTH / 2, 176.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """One dimension of a profile and the highest value it can take."""

    label: str
    most: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Values along the axes, bounded by ``low`` and ``high`` where the uncertainty is known; ``None``: not known."""

    name: str
    values: Sequence[float | None]
    slot: int = 1
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None


def radar(
    key: str,
    title: str,
    axes: Sequence[Axis],
    profiles: Sequence[Profile],
    *,
    unit: Unit,
    language: Language,
    note: str = "",
) -> Chart:
    """Profiles over the same axes. An unknown value lies at the centre of the picture and is missing in the table."""
    if not FEWEST_AXES <= len(axes) <= MOST_AXES:
        raise ValueError(f"a radar has {FEWEST_AXES} to {MOST_AXES} axes, not {len(axes)}")
    for profile in profiles:
        if any(
            values is not None and len(values) != len(axes) for values in (profile.values, profile.low, profile.high)
        ):
            raise ValueError(f"profile {profile.name!r} needs one value an axis")
    columns = [word("axis", language)]
    for profile in profiles:
        columns += [profile.name, f"{profile.name} {word('uncertain', language)}"] if profile.low else [profile.name]
    rows = [[axis.label, *_cells(at, profiles, unit, language)] for at, axis in enumerate(axes)]
    told = "; ".join(
        f"{profile.name}: "
        + ", ".join(
            f"{axis.label} {format_value(v, unit, language)}" for axis, v in zip(axes, profile.values, strict=True)
        )
        for profile in profiles
    )
    return Chart(
        key=key,
        kind="radar",
        title=title,
        option=_option(axes, profiles, unit, language),
        table=plain_table(key, title, columns, rows),
        drawing=_drawing(title, axes, profiles),
        summary=f"{title}. {told}",
        note=note,
        size="tall",
    )


def _cells(at: int, profiles: Sequence[Profile], unit: Unit, language: Language) -> list[str]:
    cells = []
    for profile in profiles:
        cells.append(format_value(profile.values[at], unit, language))
        if profile.low:
            low, high = profile.low[at], profile.high[at] if profile.high else None
            cells.append(
                "–"
                if low is None or high is None
                else f"{format_value(low, unit, language)} – {format_value(high, unit, language)}"
            )
    return cells


def _option(axes: Sequence[Axis], profiles: Sequence[Profile], unit: Unit, language: Language) -> Option:
    data: list[Option] = []
    for profile in profiles:
        color = token(profile.slot)
        words = "\n".join(
            f"{axis.label} {format_value(v, unit, language)}" for axis, v in zip(axes, profile.values, strict=True)
        )
        for bound in (profile.low, profile.high):
            if bound is not None:
                line = {"color": color, "width": 1, "type": "dotted", "opacity": 0.8}
                data.append(
                    {
                        "name": profile.name,
                        "value": _filled(bound),
                        "symbol": "none",
                        "lineStyle": line,
                        "itemStyle": {"color": color},
                    }
                )
        data.append(
            {
                "name": profile.name,
                "value": _filled(profile.values),
                "head": profile.name,
                "said": words,
                "symbolSize": 5,
                "lineStyle": {"color": color, "width": 2},
                "itemStyle": {"color": color},
                "areaStyle": {"color": color, "opacity": 0.1},
            }
        )
    option: Option = {
        "tooltip": {"trigger": "item"},
        "radar": {
            "indicator": [{"name": axis.label, "max": axis.most, "min": 0} for axis in axes],
            "radius": "58%",
            "center": ["50%", "55%"],
            "axisName": {"color": "--ink-2", "overflow": "break", "width": 72},
            "axisLine": {"lineStyle": {"color": "--grid"}},
            "splitLine": {"lineStyle": {"color": "--grid"}},
            "splitArea": {"show": False},
        },
        "series": [{"type": "radar", "data": data}],
    }
    if len(profiles) > 1:
        option["legend"] = {
            "data": [profile.name for profile in profiles],
            "top": 0,
            "left": 0,
            "textStyle": {"color": "--ink-2"},
        }
    return option


def _filled(values: Sequence[float | None]) -> list[float]:
    return [0.0 if value is None else float(value) for value in values]


def _drawing(title: str, axes: Sequence[Axis], profiles: Sequence[Profile]) -> str:
    canvas = Canvas(title, height=340)
    for ring in (0.25, 0.5, 0.75, 1.0):
        _polygon(canvas, [ring] * len(axes), color=GRID, width=1)
    for at, axis in enumerate(axes):
        x, y = _place(at, len(axes), 1.0)
        canvas.line(*_MIDDLE, x, y, color=GRID)
        x, y = _place(at, len(axes), 1.13)
        anchor = "middle" if abs(x - _MIDDLE[0]) < 10 else "start" if x > _MIDDLE[0] else "end"
        canvas.words(x, y + 4, shortened(axis.label), anchor=anchor, color=INK)
    for profile in profiles:
        color = on_paper(profile.slot)
        for bound in (profile.low, profile.high):
            if bound is not None:
                _polygon(canvas, _shares(bound, axes), color=color, width=1, dashes="2 3")
        _polygon(canvas, _shares(profile.values, axes), color=color, width=2)
    if len(profiles) > 1:
        legend(canvas, [(profile.name, on_paper(profile.slot)) for profile in profiles])
    return canvas.svg()


def _shares(values: Sequence[float | None], axes: Sequence[Axis]) -> list[float]:
    return [min(1.0, value / axis.most) for value, axis in zip(_filled(values), axes, strict=True)]


def _place(at: int, count: int, share: float) -> tuple[float, float]:
    turn = 2 * math.pi * at / count - math.pi / 2
    return _MIDDLE[0] + share * _RADIUS * math.cos(turn), _MIDDLE[1] + share * _RADIUS * math.sin(turn)


def _polygon(canvas: Canvas, shares: Sequence[float], *, color: str, width: float, dashes: str = "") -> None:
    points = " ".join(
        f"{x:.1f},{y:.1f}" for x, y in (_place(at, len(shares), share) for at, share in enumerate(shares))
    )
    canvas.shape(
        "polygon", points=points, fill="none", stroke=color, stroke_width=width, stroke_dasharray=dashes or None
    )
