"""Whether the texts are still the same, for who keeps what was made of them: asked often, looked up once a second."""

from __future__ import annotations

import threading
import time

from peilian.apps.library.models import LibraryMark

_LOOKED_UP_EVERY_SECONDS = 1.0
_lock = threading.Lock()
_kept: tuple[str, float, int] | None = None


def mark() -> str:
    """The mark of the library as it was a second ago at most, and at once after a change by this process; empty where
    nothing was installed yet."""
    global _kept
    now, renewals = time.monotonic(), LibraryMark.renewals
    with _lock:
        if _kept is not None and now - _kept[1] < _LOOKED_UP_EVERY_SECONDS and _kept[2] == renewals:
            return _kept[0]
    value = LibraryMark.value_now()
    with _lock:
        _kept = (value, now, renewals)
    return value


def forget_mark() -> None:
    """Look it up anew the next time: for tests, whose changes are taken back."""
    global _kept
    with _lock:
        _kept = None
