"""How alike two texts are (文本相似度), on pairs of neighbouring characters; for Latin script on words."""

from __future__ import annotations

import re

_UNITS = re.compile(r"[a-z0-9']+|[\u3400-\u9fff]")


def units(text: str) -> list[str]:
    """Han characters and Latin words of a text in normal form."""
    return _UNITS.findall(text)


def pairs(text: str) -> frozenset[tuple[str, str]]:
    """Neighbouring units; a text of one unit has one pair with nothing."""
    found = units(text)
    if len(found) == 1:
        return frozenset([(found[0], "")])
    return frozenset(zip(found, found[1:], strict=False))


def likeness(first: str, second: str) -> float:
    """Dice coefficient of the two sets of pairs, 0 to 1."""
    a, b = pairs(first), pairs(second)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def shared_part(text: str, source: str) -> float:
    """The part of the pairs of ``text`` that occur in ``source``, 0 to 1."""
    a = pairs(text)
    return len(a & pairs(source)) / len(a) if a else 0.0
