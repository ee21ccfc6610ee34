"""Days of the demo's past: within them learning and drills go by their clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.practice import api as practice

GoOn = Callable[[timedelta], None]


@contextmanager
def on_day(n_days_ago: int, hour: int = 10) -> Iterator[GoOn]:
    """Within, it is that day; the function that is given lets time go by. Nothing lies after the moment."""
    clock = {"at": moment_on(n_days_ago, hour)}

    def go_on(by: timedelta) -> None:
        clock["at"] += by

    with learning.showing(lambda: clock["at"]), practice.showing(lambda: _ms(clock["at"])):
        yield go_on


def moment_on(n_days_ago: int, hour: int = 14) -> datetime:
    """A full hour of a day so many days ago."""
    at = timezone.localtime() - timedelta(days=n_days_ago)
    return at.replace(hour=hour, minute=0, second=0, microsecond=0)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
