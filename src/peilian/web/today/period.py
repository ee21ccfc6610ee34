"""Which days today's page speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from peilian.apps.contacts.api import Choices
from peilian.web.conversations.periods import ends_on

LENGTH = 30
_FRESH = 2


@dataclass(frozen=True, slots=True)
class Days:
    """The 30 days up to the data's own last day, as everywhere; ``is_older`` when that is some days ago."""

    first: date
    last: date
    is_older: bool
    zone: ZoneInfo

    @property
    def from_ms(self) -> int:
        """The first moment."""
        return self._ms(self.first)

    @property
    def to_ms(self) -> int:
        """The moment after the last one."""
        return self._ms(self.last + timedelta(days=1))

    def _ms(self, day: date) -> int:
        return int(datetime.combine(day, time(), self.zone).timestamp() * 1000)


def days_of(offers: Choices, today: date, zone: ZoneInfo) -> Days | None:
    """The days to speak of; ``None`` without a conversation that has a time. Data of yesterday is not yet older."""
    if offers.last_ms is None:
        return None
    newest = datetime.fromtimestamp(offers.last_ms / 1000, zone).date()
    last = ends_on(newest, today)
    return Days(last - timedelta(days=LENGTH - 1), last, last < today - timedelta(days=_FRESH), zone)
