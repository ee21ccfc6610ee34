"""Finding many ``Phrases`` in one message (表达识别): patterns first, exemplars where no pattern fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from peilian.engine._kernel import Language
from peilian.engine.drill.likeness import GramLikeness, Likeness
from peilian.engine.drill.scenario import Phrases
from peilian.engine.text import Analysed, Clause, Matcher, Pattern, PatternCompiler, Question, normalise

_ASKING = (Question.INFORMATION, Question.CONFIRMATION)
_WINDOW = 3  # neighbouring clauses that may say one thing together
_MARGIN = 0.04  # by which the best example must beat the best counter-example
_LEAST_UNITS = 4  # shorter windows are alike to everything


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said, at ``[start, end)`` of the normal form; ``likeness`` is 1 for a pattern."""

    name: str
    start: int
    end: int
    likeness: float = 1.0


class Phrasebook:
    """All phrases of a scenario under their names, compiled once. ``likeness`` makes the retrieval of exemplars."""

    def __init__(
        self,
        phrases: Mapping[str, Phrases],
        compiler: PatternCompiler,
        likeness: Callable[[Sequence[str], Language], Likeness] = GramLikeness,
    ) -> None:
        self._phrases = dict(phrases)
        patterns: list[Pattern] = []
        self._name_of: list[str] = []
        self._unless: dict[str, re.Pattern[str] | None] = {}
        exemplars: list[str] = []
        self._example_of: list[tuple[str, bool]] = []
        for name, item in self._phrases.items():
            for source in item.any:
                patterns.append(compiler.compile(source))
                self._name_of.append(name)
            self._unless[name] = compiler.compile_any(item.unless)
            for is_good, texts in ((True, item.like), (False, item.unlike)):
                exemplars += [normalise(text).text for text in texts]
                self._example_of += [(name, is_good)] * len(texts)
        self._matcher = Matcher(patterns)
        self._likeness = likeness(exemplars, compiler.language) if exemplars else None

    def find(self, analysed: Analysed) -> list[Said]:
        """Everything said in a message, in order of place, each name at most once a sentence."""
        found: dict[tuple[str, tuple[int, int]], Said] = {}
        for said in (*self._by_pattern(analysed), *self._by_example(analysed)):
            found.setdefault((said.name, analysed.sentence_at(said.start)), said)
        return sorted(found.values(), key=lambda said: (said.start, said.name))

    def _by_pattern(self, analysed: Analysed) -> Iterator[Said]:
        for match in self._matcher.find(analysed):
            name = self._name_of[match.pattern]
            if self._counts(name, analysed, match.start):
                yield Said(name, match.start, match.end)

    def _counts(self, name: str, analysed: Analysed, place: int) -> bool:
        phrases, clause, unless = self._phrases[name], analysed.clause_at(place), self._unless[name]
        if not phrases.asks and clause.question in _ASKING:
            return False
        if unless is not None and unless.search(analysed.text, *analysed.sentence_at(place)):
            return False
        if not phrases.negated and analysed.is_negated(place):
            return False
        return not analysed.is_quoted(place)

    def _by_example(self, analysed: Analysed) -> Iterator[Said]:
        if self._likeness is None:
            return
        for start, end in _windows(analysed.clauses):
            if len(analysed.text[start:end]) < _LEAST_UNITS or analysed.is_quoted(start):
                continue
            best: dict[tuple[str, bool], float] = {}
            for number, value in self._likeness.compare(analysed.text[start:end]).items():
                example = self._example_of[number]
                best[example] = max(best.get(example, 0.0), value)
            for (name, is_good), value in best.items():
                if not is_good or value < self._likeness.threshold:
                    continue
                if value < best.get((name, False), 0.0) + _MARGIN:
                    continue
                if self._phrases[name].asks or not self._asks(analysed, start, end):
                    yield Said(name, start, end, value)

    def _asks(self, analysed: Analysed, start: int, end: int) -> bool:
        return any(clause.question in _ASKING for clause in analysed.clauses if start <= clause.start < end)


def _windows(clauses: Sequence[Clause]) -> Iterator[tuple[int, int]]:
    """Spans of one to ``_WINDOW`` neighbouring clauses of the same sentence, short ones first."""
    for size in range(1, _WINDOW + 1):
        for first in range(len(clauses) - size + 1):
            last = first + size - 1
            if clauses[first].sentence == clauses[last].sentence:
                yield clauses[first].start, clauses[last].end
