"""How alike two texts are (文本相似度), on pairs of neighbouring characters; for Latin script on words."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

_UNITS = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]")


def units(text: str) -> list[str]:
    """Han characters and Latin words of a text in normal form."""
    return _UNITS.findall(text)


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


def is_alike(first: str, second: str, least: float) -> bool:
    """Whether ``likeness`` reaches ``least``; most texts differ too much in length to be looked at closely."""
    a, b = pairs(first), pairs(second)
    shorter, both = min(len(a), len(b)), len(a) + len(b)
    return 2 * shorter >= least * both and 2 * len(a & b) >= least * both > 0


def shared_part(text: str, source: str) -> float:
    """The part of the pairs of ``text`` that occur in ``source``, 0 to 1."""
    a = pairs(text)
    return len(a & pairs(source)) / len(a) if a else 0.0
