"""Axis scales with steps that people count in: 1, 2, 5 of a power of ten, and for spans the steps of a clock."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peilian.engine._kernel import Language
from peilian.web.shell.formats import Unit, format_value

_CLOCK = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
_STEPS_AIMED_AT = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from ``low`` to ``high`` in equal steps, with the words at each step."""

    low: float
    high: float
    step: float
    ticks: tuple[tuple[float, str], ...]

    def option(self) -> dict[str, Any]:
        """The axis for ECharts."""
        return {
            "type": "value",
            "min": self.low,
            "max": self.high,
            "interval": self.step,
            "ticks": [list(tick) for tick in self.ticks],
            "axisLabel": {"color": "--ink-3", "hideOverlap": True},
            "splitLine": {"lineStyle": {"color": "--grid"}},
        }

    def place(self, value: float) -> float:
        """Where a value lies, 0 at the low end and 1 at the high end."""
        return (value - self.low) / (self.high - self.low)


def scale(values: Sequence[float], unit: Unit, language: Language, *, is_from_zero: bool = False) -> Scale:
    """A scale that holds all ``values``; it starts at zero unless the values lie close together far from it."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low >= 0 and (is_from_zero or (high - low) > high / 3 or high == low):
        low = 0.0
    if high <= low:
        high = low + (1.0 if unit != "ratio" else 0.1)
    step = _step((high - low) / _STEPS_AIMED_AT, unit)
    first = math.floor(low / step + 1e-9)
    last = max(first + 1, math.ceil(high / step - 1e-9))
    places = [_clean(at * step) for at in range(first, last + 1)]
    ticks = tuple((place, _brief(format_value(place, unit, language))) for place in places)
    return Scale(low=ticks[0][0], high=ticks[-1][0], step=_clean(step), ticks=ticks)


def _brief(text: str) -> str:
    """Words of a tick without decimals that are all zero: ``20%``, ``5``."""
    return re.sub(r"\.0+(?=%|$)", "", text)


def _step(rough: float, unit: Unit) -> float:
    if unit == "seconds" and rough >= 1:
        for candidate in _CLOCK:
            if candidate >= rough * 0.9:
                return float(candidate)
        return math.ceil(rough / 86_400) * 86_400.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((factor * power for factor in (1, 2, 5) if factor * power >= rough * 0.9), 10 * power)
    return max(1.0, step) if unit == "count" else step


def _clean(value: float) -> float:
    return float(f"{value:.10g}")
