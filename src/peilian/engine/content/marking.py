"""Which words of two wordings of a text differ (逐字对照)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

_WORD = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
_MOST_LINES = 5000
"""Of both texts; longer ones are shown as removed and added, for comparing takes time that grows with the square."""
_MOST_COMPARISONS = 20_000_000
"""Of words, in all lines of a text; lines that come after are told apart as a whole."""
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
    if len(old) + len(new) > _MOST_LINES:
        return [LinePair(_whole(line), None) for line in old] + [LinePair(None, _whole(line)) for line in new]
    found: list[LinePair] = []
    spent = 0
    for tag, low, high, new_low, new_high in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [LinePair((Piece(line),), (Piece(line),), is_same=True) for line in old[low:high]]
            continue
        for one, other in zip_longest(old[low:high], new[new_low:new_high]):
            spent += len(one or "") * len(other or "")
            found.append(_replaced(one, other, are_words_compared=spent <= _MOST_COMPARISONS))
    return found


def _replaced(old: str | None, new: str | None, *, are_words_compared: bool) -> LinePair:
    if old is None or new is None or not are_words_compared:
        return LinePair(None if old is None else _whole(old), None if new is None else _whole(new))
    return LinePair(*marked(old, new))


def marked(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two lines with what differs between them: by words, in Chinese by characters."""
    old, new = _WORD.findall(before), _WORD.findall(after)
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
