"""Answers of the lake that were given before: whoever may see the same and asks the same gets the same.

An answer holds for one generation of the lake, which is read anew with each question. With the first question after the
lake has changed, whoever changed it, everything remembered is forgotten: nothing erased is told again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Answers:
    """The most recent answers by question."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._state: Hashable = None
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, state: Hashable, question: Hashable, make: Callable[[], T]) -> T:
        """The answer to ``question`` in ``state`` of the lake, made when it is not known."""
        with self._lock:
            if state != self._state:
                self._kept.clear()
                self._state = state
            if question in self._kept:
                self._kept.move_to_end(question)
                found: T = self._kept[question]
                return found
        made = make()
        with self._lock:
            if state == self._state:
                self._kept[question] = made
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return made

    def peek(self, state: Hashable, question: Hashable) -> Any:
        """The answer when it is known; ``None`` otherwise."""
        with self._lock:
            return self._kept.get(question) if state == self._state else None
