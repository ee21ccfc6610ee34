"""Days and weeks of rounds (轮次的日与周): those of the company, by the server's clock."""

from __future__ import annotations

from datetime import date, timedelta

from peilian.apps.base.api import today_in_company
from peilian.apps.learning import clock


def today() -> date:
    """The day that it is in the company."""
    return today_in_company(clock.now())


def monday_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())
