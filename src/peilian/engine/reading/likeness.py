"""How alike two texts are (文本相似度), on pairs of neighbouring characters; for Latin script on words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

_UNITS = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]")


@lru_cache(maxsize=4096)
def units(text: str) -> tuple[str, ...]:
    """Han characters and Latin words of a text in normal form."""
    return tuple(_UNITS.findall(text))


@lru_cache(maxsize=4096)
def pairs(text: str) -> frozenset[tuple[str, str]]:
    """Neighbouring units; a text of one unit has one pair with nothing."""
    found = units(text)
    if len(found) == 1:
        return frozenset([(found[0], "")])
    return frozenset(pairwise(found))


def likeness(first: str, second: str) -> float:
    """Dice coefficient of the two sets of pairs, 0 to 1."""
    a, b = pairs(first), pairs(second)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


class Said:
    """Texts with the places where they were said, to be asked whether one of them is alike."""

    def __init__(self, texts: Iterable[tuple[str, int]] = ()) -> None:
        self._said: list[tuple[int, frozenset[tuple[str, str]], int]] = []
        for text, place in texts:
            self.add(text, place)

    def __bool__(self) -> bool:
        return bool(self._said)

    def add(self, text: str, place: int) -> None:
        """Remember ``text``, said at ``place``."""
        found = pairs(text)
        self._said.append((len(found), found, place))

    def find(self, text: str, least: float, recent: int = 0) -> int | None:
        """Where a text was said first whose ``likeness`` to ``text`` is at least ``least``; of all texts, or of the
        ``recent`` last ones."""
        found = pairs(text)
        size = len(found)
        for n, other, place in self._said[-recent:]:
            needed = least * (size + n) / 2
            if n >= needed <= size > 0 and len(found & other) >= needed:
                return place
        return None


def shared_part(text: str, source: str) -> float:
    """The part of the pairs of ``text`` that occur in ``source``, 0 to 1."""
    a = pairs(text)
    return len(a & pairs(source)) / len(a) if a else 0.0
