"""Periods as people choose them, counted back from the last day that has data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DAYS: Mapping[str, int] = {"7": 7, "30": 30, "90": 90, "365": 365}

PERIODS: tuple[tuple[str, str | Promise], ...] = (
    ("", _("All")),
    ("7", _("Last 7 days")),
    ("30", _("Last 30 days")),
    ("90", _("Last 90 days")),
    ("365", _("Last 12 months")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` to ``last``, both included; ``None`` is open."""

    first: date | None = None
    last: date | None = None


def ends_on(last_day: date | None, today: date) -> date:
    """The day that "last 30 days" ends on: today, or the data's own last day when that lies before."""
    return min(today, last_day) if last_day else today


def last_days(key: str, until: date) -> Period:
    """The period of a choice; an unknown one is open."""
    return Period(until - timedelta(days=DAYS[key] - 1), until) if key in DAYS else Period()
