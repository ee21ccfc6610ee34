"""Stretches of time (时段) of wordings: half-open, in days or in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypeVar

Bound = TypeVar("Bound", int, date)


def common(spans: Iterable[tuple[Bound, Bound]], other: tuple[Bound, Bound]) -> Iterator[tuple[Bound, Bound]]:
    """What of ``spans`` lies in ``other`` too."""
    for start, end in spans:
        first, last = max(start, other[0]), min(end, other[1])
        if first < last:
            yield first, last


def without(
    spans: Iterable[tuple[Bound, Bound]], other: tuple[Bound, Bound], ever: tuple[Bound, Bound]
) -> list[tuple[Bound, Bound]]:
    """What of ``spans`` lies outside ``other``; ``ever`` is all the time there is."""
    outside = [(ever[0], other[0]), (other[1], ever[1])]
    return [span for each in spans for span in common(outside, each)]
