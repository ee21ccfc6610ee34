"""Which words of two wordings of a text differ (逐字对照)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
_MOST_WORDS = 4000
"""Longer texts are compared line by line only: comparing words takes time that grows with their square."""
_ALIKE = 0.35
"""Lines that share less are told as removed and added: marking single characters in them would not be read."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text, changed or as it was."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class LinePair:
    """A line before and after; ``None`` where there is none. ``is_same`` when nothing differs."""

    before: tuple[Piece, ...] | None
    after: tuple[Piece, ...] | None
    is_same: bool = False


def line_pairs(before: str, after: str) -> list[LinePair]:
    """Two texts line by line beside each other, their differing words marked."""
    old, new = before.splitlines(), after.splitlines()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    found: list[LinePair] = []
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        if tag == "equal":
            found += [LinePair((Piece(line),), (Piece(line),), is_same=True) for line in old[low:high]]
        else:
            found += _replaced(old[low:high], new[new_low:new_high])
    return found


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[LinePair]:
    for n in range(max(len(old), len(new))):
        if n >= len(new):
            yield LinePair((Piece(old[n], True),), None)
        elif n >= len(old):
            yield LinePair(None, (Piece(new[n], True),))
        else:
            yield LinePair(*marked(old[n], new[n]))


def marked(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two lines with what differs between them: by words, in Chinese by characters."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) + len(new) > _MOST_WORDS:
        return (Piece(before, True),), (Piece(after, True),)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return _whole(before), _whole(after)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        for side, text in ((left, "".join(old[low:high])), (right, "".join(new[new_low:new_high]))):
            if text:
                side.append(Piece(text, tag != "equal"))
    return tuple(left), tuple(right)


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, True),) if text else ()
