"""Wall clocks and the time line: offsets of a zone in integer milliseconds, by the zone's own rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_MS = 24 * 3600 * 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def moment(at_ms: int, zone: ZoneInfo) -> datetime:
    """The wall clock in ``zone`` at ``at_ms``."""
    return (_EPOCH + at_ms * _MS).astimezone(zone)


def offset_ms(at_ms: int, zone: ZoneInfo) -> int:
    """How far the wall clock of ``zone`` is ahead of UTC at ``at_ms``."""
    offset = moment(at_ms, zone).utcoffset()
    assert offset is not None
    return offset // _MS


def instant_ms(wall: datetime, zone: ZoneInfo) -> int:
    """When the wall clock of ``zone`` shows ``wall`` (naive).

    A time that comes twice means the first; a time that the clock skips means the moment of the skip.
    """
    at_ms = (wall.replace(tzinfo=zone, fold=0) - _EPOCH) // _MS
    if moment(at_ms, zone).replace(tzinfo=None) == wall:
        return at_ms
    earlier = (wall.replace(tzinfo=zone, fold=1) - _EPOCH) // _MS
    return turn_ms(min(at_ms, earlier), max(at_ms, earlier), zone)


def turn_ms(low: int, high: int, zone: ZoneInfo) -> int:
    """The first moment in (low, high] at which the offset is no longer the one of ``low``."""
    before = offset_ms(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_ms(middle, zone) == before else (low, middle)
    return high


def offsets_between(first_ms: int, last_ms: int, zone: ZoneInfo) -> list[tuple[int, int]]:
    """(since when, offset) from ``first_ms`` to ``last_ms``; the first entry begins at ``first_ms``."""
    at = first_ms
    found = [(at, offset_ms(at, zone))]
    while at <= last_ms:
        later = at + DAY_MS
        if offset_ms(later, zone) == found[-1][1]:
            at = later
        else:
            at = turn_ms(at, later, zone)
            found.append((at, offset_ms(at, zone)))
    return found
