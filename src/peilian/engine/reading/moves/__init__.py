"""Moves that cues alone cannot tell (话术动作识别): one file a move, each a detector over what was found before it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from peilian.engine._kernel import Registry
from peilian.engine.reading.course import Course
from peilian.engine.reading.lexicon import Hit
from peilian.engine.text import Analysed, Clause

_ASKED = 30  # characters; in a transcript without punctuation a clause does several things and asks at its end


@dataclass
class Answer:
    """One agent message with its context, and what has been found in it so far."""

    analysed: Analysed
    course: Course
    hits: list[Hit] = field(default_factory=list)

    def text_of(self, clause: Clause) -> str:
        """The words of a clause, in normal form."""
        return self.analysed.text[clause.start : clause.end]

    def within(self, clause: Clause, *keys: str) -> list[Hit]:
        """The hits with one of ``keys`` (any key when none is given) that touch ``clause``."""
        return [
            hit
            for hit in self.hits
            if hit.start < clause.end and hit.end > clause.start and (not keys or hit.key in keys)
        ]

    def near_the_end(self, clause: Clause, *keys: str) -> list[Hit]:
        """The hits with one of ``keys`` in what ``clause`` asks: all of it, or the end of a long one."""
        start = max(clause.start, clause.end - _ASKED)
        return [hit for hit in self.hits if hit.key in keys and hit.start < clause.end and hit.end > start]

    def with_key(self, *keys: str) -> list[Hit]:
        """The hits with one of ``keys``, in order of place."""
        return sorted((hit for hit in self.hits if hit.key in keys), key=lambda hit: hit.start)


@dataclass(frozen=True, slots=True)
class Detector:
    """``find`` yields further hits; detectors run by ``order``, so that later ones see what earlier ones found."""

    order: int
    find: Callable[[Answer], Iterable[Hit]]


detectors: Registry[Detector] = Registry("move detector")


def detector(key: str, order: int) -> Callable[[Callable[[Answer], Iterator[Hit]]], Callable[[Answer], Iterator[Hit]]]:
    """Register a function as the detector of ``key``."""

    def add(find: Callable[[Answer], Iterator[Hit]]) -> Callable[[Answer], Iterator[Hit]]:
        detectors.add(key, Detector(order, find))
        return find

    return add


@cache
def ordered_detectors() -> tuple[Detector, ...]:
    """All detectors in the order in which they run."""
    found = detectors.walk(sys.modules[__name__])
    return tuple(item for _, item in sorted(found, key=lambda pair: (pair[1].order, pair[0])))
