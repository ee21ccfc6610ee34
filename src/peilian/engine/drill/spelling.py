"""Words spelled apart (拆字): 保 本, 保.本 and 保-本 are read as 保本.

A mark may stand between the characters of one fixed text of a pattern, never between two pieces of it, because there
clauses and sentences end: 您放心.本金… says two things. And one of the characters beside the mark has to stand alone,
as far as can be seen, because a word may also end before the mark and another begin after it: 确保 本店.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from peilian.engine.text import Analysed, Pattern, PatternCompiler, analyse
from peilian.engine.text.patterns import BETWEEN

_HAN = r"\u3400-\u9fff"
_APART = re.compile(rf"(?<=[{_HAN}]){BETWEEN}(?=[{_HAN}])")
_IS_HAN = re.compile(rf"[{_HAN}]")
# Characters behind which a word begins, and before which one ends.
_BEFORE = frozenset("是会能都也就还又再的了吗呢吧我你您们这那")
_AFTER = frozenset("的了吗呢吧啊呀哦哈嘛啦呗哟")


class Spelled(NamedTuple):
    """What was found spelled apart: its name and place in the text, and its place in the text as it is read."""

    name: str
    start: int
    end: int
    read_start: int
    read_end: int


class SpelledApart:
    """Finds patterns whose words are spelled apart. ``patterns`` are sources by name, in the notation of lexicons."""

    def __init__(self, patterns: Mapping[str, Sequence[str]], compiler: PatternCompiler) -> None:
        loose = compiler.spelled_apart()
        self._patterns: list[tuple[str, Pattern, Pattern]] = [
            (name, compiler.compile(source), loose.compile(source))
            for name, sources in patterns.items()
            for source in sources
        ]

    def find(self, analysed: Analysed) -> tuple[Analysed, list[Spelled]]:
        """The text as it is read, and what is in it that is spelled apart."""
        text = analysed.text
        marks = [match.start() for match in _APART.finditer(text)] if self._patterns else []
        if not marks:
            return analysed, []
        read = analyse(_APART.sub("", text))
        found = [
            Spelled(name, start, end, start - _count(marks, start), end - _count(marks, end))
            for name, strict, pattern in self._patterns
            if any(anchor in read.text for anchor in pattern.anchors)
            for start, end in _matches(strict, pattern, text)
            if _is_spelled([mark for mark in marks if start < mark < end], start, text)
        ]
        return read, found


def _matches(strict: Pattern, loose: Pattern, text: str) -> Iterator[tuple[int, int]]:
    """What matches only because words are spelled apart."""
    assert loose.regex is not None
    for match in loose.regex.finditer(text):
        plain = strict.regex.search(text, match.start()) if strict.regex is not None else None
        if plain is None or plain.span("found") != match.span("found"):
            yield match.span("found")


def _count(marks: Sequence[int], place: int) -> int:
    return sum(mark < place for mark in marks)


def _is_spelled(marks: Sequence[int], start: int, text: str) -> bool:
    """Whether the marks of a match that begins at ``start`` part the characters of a word, not two words."""
    return len(marks) > 1 or any(_stands_alone(mark, start, text) for mark in marks)


def _stands_alone(mark: int, start: int, text: str) -> bool:
    before, after = text[mark - 2 : mark - 1], text[mark + 2 : mark + 3]
    begins = start < mark - 1 or before in _BEFORE or not _IS_HAN.match(before)
    return begins or after in _AFTER or not _IS_HAN.match(after)
