"""Weeks of rounds (轮次的周)."""

from __future__ import annotations

from datetime import date, timedelta


def monday_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())
