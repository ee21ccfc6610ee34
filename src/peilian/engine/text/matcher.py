"""Finding many patterns in one pass (多模式匹配): an automaton of anchors, and expressions only behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import ahocorasick

from peilian.engine.text.analysis import Analysed
from peilian.engine.text.patterns import Pattern


class Match(NamedTuple):
    """Where pattern number ``pattern`` of the matcher was found, in places of the normal form."""

    pattern: int
    start: int
    end: int


class Matcher:
    """Finds ``patterns`` in analysed texts. Each expression runs at most once for a sentence."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = tuple(patterns)
        by_anchor: dict[str, list[int]] = {}
        for number, pattern in enumerate(self._patterns):
            for anchor in pattern.anchors:
                by_anchor.setdefault(anchor, []).append(number)
        self._automaton: Any = ahocorasick.Automaton()
        for anchor, numbers in by_anchor.items():
            self._automaton.add_word(anchor, (len(anchor), tuple(numbers)))
        if by_anchor:
            self._automaton.make_automaton()

    def find(self, analysed: Analysed) -> list[Match]:
        """All matches, in order of place."""
        found: list[Match] = []
        if not len(self._automaton):
            return found
        text, patterns = analysed.text, self._patterns
        tried_in: dict[int, set[int]] = {}  # start of a sentence -> patterns
        begin, end, tried = 0, 0, set[int]()
        for last, (length, numbers) in self._automaton.iter(text):
            start = last + 1 - length
            if not begin <= start < end:
                begin, end = analysed.sentence_at(start)
                tried = tried_in.setdefault(begin, set())
            for number in numbers:
                regex = patterns[number].regex
                if regex is None:
                    found.append(Match(number, start, last + 1))
                elif number not in tried:
                    tried.add(number)
                    match = regex.search(text, begin, end)
                    while match is not None:
                        found.append(Match(number, *match.span("found")))
                        match = regex.search(text, max(match.end(), match.start() + 1), end)
        return sorted(found, key=lambda match: (match.start, match.end))
