"""What one request has read already (请求内记忆): settings and grants that everything asks for, kept until it writes.

Outside of ``remembering`` nothing is kept, so a job or a test reads everything anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Value = TypeVar("Value")
_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Keep what ``remembered`` reads until the block is left. For as long as one request takes, no longer."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def remembered(key: Hashable, read: Callable[[], Value]) -> Value:
    """What ``read`` gives, or gave before under the same ``key`` in this request, if nothing was written since."""
    kept = _kept.get()
    if kept is None:
        return read()
    if key not in kept:
        kept[key] = read()
    value: Value = kept[key]
    return value


@contextmanager
def forgetting() -> Iterator[None]:
    """Something is decided meanwhile: what was kept may be otherwise, within and afterwards."""
    kept = _kept.get()
    if kept is not None:
        kept.clear()
    try:
        yield
    finally:
        if kept is not None:
            kept.clear()
