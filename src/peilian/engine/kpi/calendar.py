"""Business calendars (工作日历): which part of a span of time is working time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate
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
    _lines: list[_TimeLine] = field(default_factory=list, init=False, repr=False, compare=False)

    def working_ms(self, start_ms: int, end_ms: int) -> int:
        """How much of [start, end) is working time, in milliseconds; 0 when the end does not lie after the start."""
        if end_ms <= start_ms:
            return 0
        if self.is_always:
            return end_ms - start_ms
        line = self._line_over(start_ms, end_ms)
        return line.worked_until(end_ms) - line.worked_until(start_ms)

    def hours_of(self, day: date) -> tuple[Minutes, ...]:
        """The working spans that begin on ``day``, in minutes after its midnight."""
        if day in self.makeup_days:
            return self.makeup_hours
        return () if day in self.holidays else self.hours.get(day.weekday(), ())

    def _line_over(self, start_ms: int, end_ms: int) -> _TimeLine:
        """A time line that holds both moments; the last one is kept and grows by whole years."""
        if self._lines and self._lines[-1].first_ms <= start_ms and end_ms <= self._lines[-1].last_ms:
            return self._lines[-1]
        zone = ZoneInfo(self.tz)
        first_year, last_year = moment(start_ms, zone).year, moment(end_ms, zone).year
        if self._lines:
            first_year = min(first_year, moment(self._lines[-1].first_ms, zone).year)
            last_year = max(last_year, moment(self._lines[-1].last_ms - 1, zone).year)
        self._lines[:] = [self._line_of_years(first_year, last_year, zone)]
        return self._lines[-1]

    def _line_of_years(self, first: int, last: int, zone: ZoneInfo) -> _TimeLine:
        begin, end = date(first, 1, 1), date(last + 1, 1, 1)
        days = (begin + timedelta(days=n) for n in range(-1, (end - begin).days))  # a shift may last past midnight
        spans = ((_at_minute(day, a, zone), _at_minute(day, b, zone)) for day in days for a, b in self.hours_of(day))
        return _TimeLine(_at_minute(begin, 0, zone), _at_minute(end, 0, zone), _disjoint(spans))


class _TimeLine:
    """Working spans in order, with how much work lies before each, so that any span is answered by two look-ups."""

    def __init__(self, first_ms: int, last_ms: int, spans: list[tuple[int, int]]) -> None:
        self.first_ms, self.last_ms = first_ms, last_ms
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]
        self.before = [0, *accumulate(end - start for start, end in spans)]

    def worked_until(self, at_ms: int) -> int:
        """Working time from the first span to ``at_ms``."""
        place = bisect_right(self.starts, at_ms)
        if place == 0:
            return 0
        return self.before[place] - max(0, self.ends[place - 1] - at_ms)


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
