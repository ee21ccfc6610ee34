"""Awards (发证): when somebody gets a certificate, when it is renewed, and how long it then holds.

Pure: what shows that something was passed or completed, what is held, and the moment are given; what is due comes back.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

WINDOW_DAYS = 60
"""How long before its end a certificate can be renewed, where nothing is told earlier."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a certificate asks for, as ``kind:key``; ``renew_by`` renews it, else all again; it holds ``months``, for
    good without; ``window_days`` before its end it can be renewed."""

    requires: tuple[str, ...]
    renew_by: str | None = None
    months: int | None = None
    window_days: int = WINDOW_DAYS


@dataclass(frozen=True, slots=True)
class Held:
    """The latest certificate of a kind that somebody has or had. ``last_day`` is the company's last day on which it
    holds, ``None`` for good; ``revoked_at`` when it was taken back."""

    issued_at: datetime
    last_day: date | None
    revoked_at: datetime | None = None

    def is_valid(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.revoked_at is None and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class Award:
    """A certificate that is due: what it rests on, its last day, and whether it renews the former one."""

    grounds: tuple[str, ...]
    last_day: date | None
    is_renewal: bool


def award_due(terms: Terms, shown: Mapping[str, Sequence[datetime]], held: Held | None, day: date) -> Award | None:
    """The certificate that somebody is to get on ``day``; ``None`` when none is due.

    ``shown`` are the moments, in the company's time zone, at which each thing was passed or completed. The first takes
    each of ``requires`` at any time; after a revocation each of them after it; a renewal ``renew_by``, or else each of
    them, no earlier than the window before the end. Renewed in time, the new one follows on the old without a gap, so
    nobody loses by being early; renewed late, or first issued, it begins on ``day``.
    """
    if (
        held is not None
        and held.is_valid(day)
        and (held.last_day is None or day < renewable_from(terms, held.last_day))
    ):
        return None
    asked = _asked(terms, held)
    if not all(asked.is_met(shown.get(name, ())) for name in asked.names):
        return None
    begins = day
    if held is not None and held.last_day is not None and held.is_valid(day):
        begins = held.last_day + timedelta(days=1)
    return Award(asked.names, last_day_of(begins, terms.months), held is not None and held.revoked_at is None)


def missing_for(terms: Terms, shown: Mapping[str, Sequence[datetime]], held: Held | None) -> tuple[str, ...]:
    """What somebody still has to pass or complete for the next certificate."""
    asked = _asked(terms, held)
    return tuple(name for name in asked.names if not asked.is_met(shown.get(name, ())))


def renewable_from(terms: Terms, last_day: date) -> date:
    """The first day on which what is passed renews a certificate that ends on ``last_day``."""
    return last_day - timedelta(days=terms.window_days)


def last_day_of(begins: date, months: int | None) -> date | None:
    """The last day of what holds ``months`` from a day on; ``None`` for good."""
    if months is None:
        return None
    year, month = divmod(begins.year * 12 + begins.month - 1 + months, 12)
    length = monthrange(year, month + 1)[1]
    if begins.day > length:  # begun on the 31st, it ends with a shorter month
        return date(year, month + 1, length)
    return date(year, month + 1, begins.day) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What has to be shown, later than a moment, and on or after a day."""

    names: tuple[str, ...]
    after: datetime | None = None
    opens: date | None = None

    def is_met(self, moments: Sequence[datetime]) -> bool:
        return any(
            (self.after is None or at > self.after) and (self.opens is None or at.date() >= self.opens)
            for at in moments
        )  # fmt: skip


def _asked(terms: Terms, held: Held | None) -> _Asked:
    if held is None:
        return _Asked(terms.requires)
    if held.revoked_at is not None:
        return _Asked(terms.requires, held.revoked_at)
    names = (terms.renew_by,) if terms.renew_by else terms.requires
    opens = renewable_from(terms, held.last_day) if held.last_day is not None else None
    return _Asked(names, held.issued_at, opens)
