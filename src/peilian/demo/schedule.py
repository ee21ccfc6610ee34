"""When customers of the demo come, and who is there to serve them: a fixed season of three months, day by day shape,
promotion and holiday, shifts, days off and leave."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from peilian.demo.agents import Agent, agents
from peilian.demo.chance import chance

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY, LAST_DAY = date(2026, 8, 22), date(2026, 11, 21)
N_DAYS = (LAST_DAY - FIRST_DAY).days + 1

_WEEKDAYS = (1.12, 1.05, 1.0, 1.0, 1.05, 0.95, 0.88)
_HOURS = {8: 3, 9: 8, 10: 12, 11: 11, 12: 7, 13: 8, 14: 11, 15: 11, 16: 10, 17: 8, 18: 7, 19: 9, 20: 12, 21: 11, 22: 5}
_SHIFTS = {"early": (8, 17), "middle": (11, 20), "late": (14, 23)}
_PROMOTION = (date(2026, 11, 1), date(2026, 11, 13))
_HOLIDAY = (date(2026, 10, 1), date(2026, 10, 7))
_LEAVE_DAYS = 6


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment at which a customer comes."""

    day: date
    second: int  # of the day

    @property
    def hour(self) -> int:
        """The hour of the day."""
        return self.second // 3600

    @property
    def at_ms(self) -> int:
        """The moment in milliseconds UTC."""
        local = datetime.combine(self.day, time(), ZONE) + timedelta(seconds=self.second)
        return int(local.timestamp() * 1000)

    @property
    def progress(self) -> float:
        """The share of the season that is over."""
        return (self.day - FIRST_DAY).days / (N_DAYS - 1)

    @property
    def pace(self) -> float:
        """How much longer everything takes: more in the busy hours and days."""
        busy = 1.15 if _HOURS[self.hour] >= 11 else 1.0
        return busy * (1.2 if _within(self.day, _PROMOTION) else 1.0)


def moment(rng: random.Random) -> Moment:
    """A moment of the season, drawn by how many customers come when."""
    day = rng.choices(_days(), _day_weights())[0]
    hour = rng.choices(list(_HOURS), list(_HOURS.values()))[0]
    return Moment(day, hour * 3600 + rng.randrange(3600))


def later(rng: random.Random, since: Moment, days: float) -> Moment | None:
    """A moment about so many days later, in the hours of service; ``None`` after the end of the season."""
    day = since.day + timedelta(days=round(days))
    earliest = since.second + 5400 if day == since.day else 0
    hour = rng.choices(list(_HOURS), list(_HOURS.values()))[0]
    second = max(hour * 3600 + rng.randrange(3600), earliest)
    return Moment(day, second) if day <= LAST_DAY and second < (max(_HOURS) + 1) * 3600 else None


def on_duty(at: Moment, line: str | None = None) -> Sequence[Agent]:
    """Who serves at that moment; never nobody."""
    found = [agent for agent in agents() if _works(agent, at) and line in (None, agent.line)]
    return found or [agent for agent in agents() if line in (None, agent.line)]


def _works(agent: Agent, at: Moment) -> bool:
    first, after = _SHIFTS[agent.shift]
    return first <= at.hour < after and at.day.weekday() not in agent.days_off and not _is_on_leave(agent, at.day)


def _is_on_leave(agent: Agent, day: date) -> bool:
    start = _leave_of(agent.number)
    return start <= day < start + timedelta(days=_LEAVE_DAYS)


@cache
def _leave_of(number: str) -> date:
    return FIRST_DAY + timedelta(days=chance("leave", number).randrange(N_DAYS))


@cache
def _days() -> tuple[date, ...]:
    return tuple(FIRST_DAY + timedelta(days=number) for number in range(N_DAYS))


@cache
def _day_weights() -> tuple[float, ...]:
    return tuple(_weight(day) for day in _days())


def _weight(day: date) -> float:
    promotion = 1.6 if _within(day, _PROMOTION) else 1.0
    return _WEEKDAYS[day.weekday()] * promotion * (0.7 if _within(day, _HOLIDAY) else 1.0)


def _within(day: date, period: tuple[date, date]) -> bool:
    return period[0] <= day <= period[1]
