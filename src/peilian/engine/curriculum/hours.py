"""Class hours (学时): what of somebody's training counts how much, and how that stands to what is due.

Minutes of everything that counts are added up exactly and become class hours once, rounded half up to a tenth, so
that many short lessons lose nothing. What does not count, or not in full, says why.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from peilian.engine._kernel import Reason

Period = Literal["quarter", "half_year", "year", "total"]
_MONTHS: Mapping[str, int] = {"quarter": 3, "half_year": 6, "year": 12}
_WHOLE = ("course", "path")  # their lessons count, not they once more
_TENTH, _FULL = Decimal("0.1"), Decimal(100)


@dataclass(frozen=True, slots=True)
class Counting:
    """How one kind of training counts: ``percent`` of the minutes, at most ``most_minutes`` of one piece, at most
    ``most_hours`` class hours of the kind in a period; ``None`` is without bound."""

    percent: Decimal = _FULL
    most_minutes: int | None = None
    most_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """One piece of training: ``what`` as ``kind:key``, ``how`` it was done, the company's day on which it ended, its
    minutes where they are known, and the source it comes from."""

    what: str
    how: str
    day: date
    minutes: Decimal | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """One piece with the minutes of it that count, and why they are none or not all."""

    spent: Spent
    minutes: Decimal
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """Class hours that are to be done by the end of a month since the start."""

    month: int
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Quota:
    """Class hours that are due in each period; in ``total`` once within ``months``, by stages where there is a
    ``pace``, else evenly."""

    key: str
    hours: Decimal
    period: Period
    months: int | None = None
    pace: tuple[Pace, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def holds(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Standing:
    """How class hours stand on a day: done, due in the whole span, and what would be on course by that day."""

    done: Decimal
    due: Decimal
    expected: Decimal

    @property
    def left(self) -> Decimal:
        """What is still to do; never below zero."""
        return max(Decimal(0), self.due - self.done)

    @property
    def is_done(self) -> bool:
        """Whether all that is due is done."""
        return self.done >= self.due

    @property
    def is_behind(self) -> bool:
        """Whether less is done than would be on course."""
        return self.done < self.expected


def count_hours(spent: Iterable[Spent], rules: Mapping[str, Counting], hour: int) -> list[Counted]:
    """What of each piece counts in one period of class hours of ``hour`` minutes, in the order of days.

    A text counts once in a period, at its first completion. A course or path counts by its lessons.
    """
    found: list[Counted] = []
    seen: set[tuple[str, str]] = set()
    used: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in sorted(spent, key=lambda piece: (piece.day, piece.source)):
        rule = rules.get(one.how)
        counted = _piece(one, rule, seen)
        if rule is not None and rule.most_hours is not None and counted.minutes:
            left = rule.most_hours * hour - used[one.how]
            if counted.minutes > left:
                why = Reason("hours.period_full", {"most": _plain(rule.most_hours)})
                counted = replace(counted, minutes=max(Decimal(0), left), reason=why)
        used[one.how] += counted.minutes
        found.append(counted)
    return found


def _piece(one: Spent, rule: Counting | None, seen: set[tuple[str, str]]) -> Counted:
    none = Decimal(0)
    if one.what.partition(":")[0] in _WHOLE:
        return Counted(one, none, Reason("hours.by_its_lessons"))
    if rule is None or not rule.percent:
        return Counted(one, none, Reason(f"hours.no_hours.{one.how}"))
    if not one.minutes:
        return Counted(one, none, Reason("hours.no_minutes"))
    # A drill is practised again and again; a lesson, a text or a task counts once.
    if one.how != "drilled":
        if (one.how, one.what) in seen:
            return Counted(one, none, Reason("hours.counted_before"))
        seen.add((one.how, one.what))
    minutes, why = one.minutes, None
    if rule.most_minutes is not None and minutes > rule.most_minutes:
        minutes, why = Decimal(rule.most_minutes), Reason("hours.too_long", {"most": rule.most_minutes})
    if rule.percent < _FULL:
        minutes, why = minutes * rule.percent / 100, why or Reason("hours.in_part", {"percent": _plain(rule.percent)})
    return Counted(one, minutes, why)


def hours_in(counted: Iterable[Counted], hour: int) -> Decimal:
    """Class hours of ``hour`` minutes, rounded half up to a tenth."""
    return _tenth(sum((one.minutes for one in counted), Decimal(0)) / hour)


def span_of(quota: Quota, day: date, since: date) -> Span:
    """The span of a quota in which ``day`` lies, for somebody of whom it is due ``since`` a day: a calendar quarter,
    half-year or year, or for a total the months from that day."""
    if quota.period == "total":
        return Span(since, _later(since, quota.months or 1) - timedelta(days=1))
    months = _MONTHS[quota.period]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Span(first, _later(first, months) - timedelta(days=1))


def standing_on(quota: Quota, done: Decimal, span: Span, day: date, since: date) -> Standing:
    """How somebody stands on ``day`` of a span. Who came in the midst of it owes the share of the days that were left.

    On course is the share of what is due of the days gone by before ``day``, or with a pace what was due by the end of
    the last whole month.
    """
    begins = max(span.first, min(since, span.last))
    own = Span(begins, span.last)
    due = quota.hours if quota.period == "total" else _tenth(quota.hours * own.days / span.days)
    gone = min(max((day - begins).days, 0), own.days)
    expected = _tenth(due * gone / own.days)
    if quota.pace:
        expected = max((one.hours for one in quota.pace if _later(begins, one.month) <= day), default=Decimal(0))
    return Standing(done, due, min(due, expected))


def _later(day: date, months: int) -> date:
    """The same day of a later month, the last where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _tenth(hours: Decimal) -> Decimal:
    return hours.quantize(_TENTH, rounding=ROUND_HALF_UP)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
