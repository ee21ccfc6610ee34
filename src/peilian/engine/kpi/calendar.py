"""Business calendars (工作日历): which part of a span of time is working time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from peilian.engine._kernel import Text
from peilian.engine.kpi.zones import instant_ms, moment

Minutes = tuple[int, int]
DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Calendar:
    """Weekly hours in a time zone, with holidays and make-up working days (调休).

    ``hours`` holds, for the weekdays 0 (Monday) to 6, working spans in minutes after midnight; a span may end after
    1440, on the following day, and belongs to the day it begins on. A holiday has no hours, whatever its weekday; a
    make-up day has ``makeup_hours``. ``is_always`` counts every millisecond.
    """

    key: str
    tz: str
    title: Text = field(default_factory=Text)
    hours: Mapping[int, tuple[Minutes, ...]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    makeup_days: frozenset[date] = frozenset()
    makeup_hours: tuple[Minutes, ...] = ()
    is_always: bool = False
    _days: dict[date, tuple[tuple[int, int], ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def working_ms(self, start_ms: int, end_ms: int) -> int:
        """How much of [start, end) is working time, in milliseconds; 0 when the end does not lie after the start."""
        if end_ms <= start_ms:
            return 0
        if self.is_always:
            return end_ms - start_ms
        zone = ZoneInfo(self.tz)
        day = moment(start_ms, zone).date() - timedelta(days=1)  # its shift may last past midnight
        last = moment(end_ms, zone).date()
        spans: list[tuple[int, int]] = []
        while day <= last:
            spans.extend(self._spans_of(day))
            day += timedelta(days=1)
        return sum(max(0, min(end_ms, to_ms) - max(start_ms, from_ms)) for from_ms, to_ms in _disjoint(spans))

    def hours_of(self, day: date) -> tuple[Minutes, ...]:
        """The working spans that begin on ``day``, in minutes after its midnight."""
        if day in self.makeup_days:
            return self.makeup_hours
        return () if day in self.holidays else self.hours.get(day.weekday(), ())

    def _spans_of(self, day: date) -> tuple[tuple[int, int], ...]:
        if day not in self._days:
            zone = ZoneInfo(self.tz)
            self._days[day] = tuple(
                (_at_minute(day, first, zone), _at_minute(day, last, zone)) for first, last in self.hours_of(day)
            )
        return self._days[day]


def _at_minute(day: date, minute: int, zone: ZoneInfo) -> int:
    """The moment at which the wall clock shows that minute: on a day of 23 hours, 18:00 still is 18:00."""
    return instant_ms(datetime.combine(day, time()) + timedelta(minutes=minute), zone)


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same time as spans that do not overlap, so that none of it is counted twice."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found
