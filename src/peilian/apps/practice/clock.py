"""The server's clock of drills: wall time when a drill is taken up, monotonic from there on.

A wall clock that is set back or forth while a drill runs moves nobody's patience; a new process goes by the wall again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

_shown: ContextVar[Callable[[], int] | None] = ContextVar("shown", default=None)


@contextmanager
def showing(ms: Callable[[], int]) -> Iterator[None]:
    """Within, drills go by this clock (milliseconds since the epoch, never going back): for drills that were not
    played here and now, as those of the demo."""
    token = _shown.set(ms)
    try:
        yield
    finally:
        _shown.reset(token)


def wall_ms() -> int:
    """Milliseconds since the epoch."""
    shown = _shown.get()
    return time.time_ns() // 1_000_000 if shown is None else shown()


def monotonic_ms() -> int:
    """Milliseconds since some moment, never going back."""
    shown = _shown.get()
    return time.monotonic_ns() // 1_000_000 if shown is None else shown()


def now() -> datetime:
    """The moment as the wall tells it."""
    return at(wall_ms())


def at(ms: int) -> datetime:
    """Milliseconds since the epoch as a moment."""
    return datetime.fromtimestamp(ms / 1000, tz=UTC)


def ms_of(moment: datetime) -> int:
    """A moment as milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that was set by the wall once."""

    wall_ms: int = field(default_factory=lambda: wall_ms())
    monotonic_ms: int = field(default_factory=lambda: monotonic_ms())

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self.wall_ms + monotonic_ms() - self.monotonic_ms
