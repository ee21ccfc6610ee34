"""What a KPI query asks and answers, whatever store answers it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from peilian.engine._kernel import Fault, InputError, Reason, Registry
from peilian.engine.kpi import algebra
from peilian.engine.kpi.algebra import Measure
from peilian.engine.kpi.cells import Cell

DIMENSIONS = ("day", "week", "month", "hour", "agent", "team", "channel", "topic", "conversation")
ALL_KPIS = "all"


@dataclass(frozen=True, slots=True)
class RosterSpan:
    """Who used a platform account, in which team, from a moment (inclusive) to a moment (exclusive), or open."""

    account: str
    employee: str | None = None
    team: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None


@dataclass(frozen=True)
class KpiQuery:
    """Which measures, by which dimensions, of which conversations.

    Dates are local dates of ``tz`` and both included. ``agents`` and ``teams`` keep the rows that the measure
    attributes to one of them; nothing named means no restriction. ``start_minutes`` keeps conversations whose local
    start lies in [first, last) minutes of the day; a first above the last spans midnight.
    """

    measures: tuple[Measure, ...]
    by: tuple[str, ...] = ()
    tz: str = "Asia/Shanghai"
    from_: date | None = None
    to: date | None = None
    agents: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    roster: tuple[RosterSpan, ...] = ()
    start_minutes: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for name in self.by:
            if name not in DIMENSIONS:
                raise _refuse("kpi.unknown_dimension", "by", name=name, known=", ".join(DIMENSIONS))
        try:
            ZoneInfo(self.tz)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise _refuse("kpi.unknown_zone", "tz", name=self.tz) from None
        if self.from_ and self.to and self.from_ > self.to:
            raise _refuse("kpi.dates_reversed", "from", first=self.from_.isoformat(), last=self.to.isoformat())

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its days."""
        return ZoneInfo(self.tz)


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One group: its dimension values (``None``: unknown or nobody) and a cell per KPI key."""

    group: Mapping[str, str | int | None]
    cells: Mapping[str, Cell] = field(default_factory=dict)

    @property
    def is_provisional(self) -> bool:
        """Whether any value of the row may still change because it is too early to judge some conversations."""
        return any(cell.is_provisional for cell in self.cells.values())


def known_measures() -> Registry[Measure]:
    """Every declared measure, the modules of the folder ``measures`` imported."""
    from peilian.engine.kpi import measures

    return algebra.registry.walk(sys.modules[measures.__name__])


def choose_measures(keys: Iterable[str]) -> tuple[Measure, ...]:
    """The measures of ``keys`` in that order; ``all`` stands for every one. ``InputError`` names the known keys."""
    known = known_measures()
    chosen: dict[str, Measure] = {}
    for key in keys:
        if key == ALL_KPIS:
            chosen.update(dict(known))
        elif key in known:
            chosen[key] = known.get(key)
        else:
            raise _refuse("kpi.unknown", "kpi", name=key, known=", ".join(name for name, _ in known))
    if not chosen:
        raise _refuse("kpi.none_asked", "kpi", known=", ".join(name for name, _ in known))
    return tuple(chosen.values())


def _refuse(key: str, field_: str, **params: str) -> InputError:
    return InputError(Fault(Reason(key, params), field=field_))
