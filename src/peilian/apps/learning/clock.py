"""The server's clock of learning: one place to read it, so that it can be set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.utils import timezone

from peilian.apps.base.api import today_in_company

_shown: ContextVar[Callable[[], datetime] | None] = ContextVar("shown", default=None)


@contextmanager
def showing(at: Callable[[], datetime]) -> Iterator[None]:
    """Within, learning goes by this clock: for what was not learnt here and now, as in the demo."""
    token = _shown.set(at)
    try:
        yield
    finally:
        _shown.reset(token)


def now() -> datetime:
    """The moment, aware."""
    shown = _shown.get()
    return timezone.now() if shown is None else shown()


def today() -> date:
    """The day that it is in the company."""
    return today_in_company(now())
