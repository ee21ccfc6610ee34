"""Finding many ``Phrases`` in one message (表达识别): patterns first, exemplars where no pattern fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from peilian.engine._kernel import Language
from peilian.engine.drill.clauses import piece_at
from peilian.engine.drill.likeness import GramLikeness, Likeness
from peilian.engine.drill.scenario import Phrases
from peilian.engine.drill.spelling import SpelledApart
from peilian.engine.text import Analysed, Clause, Matcher, Pattern, PatternCompiler, Question, normalise

_ASKING = (Question.INFORMATION, Question.CONFIRMATION)
_WINDOW = 3  # neighbouring clauses that may say one thing together
_MARGIN = 0.04  # by which the best example must beat the best counter-example
_REFUSING = {
    "zh": re.compile("(?:不能|不可以|不可能|无法|没法|没办法|没有办法|不支持|不会|不敢|不给|不予|不好)(?!让|说|再)"),
    "en": re.compile(
        r"\b(?:can't|cannot|can not|couldn't|won't|will not|don't|do not|(?:un|not )able to|not going to)\b"
    ),
}
_CONDITION = {
    "zh": re.compile("如果|要是|万一|若|假如|倘|怕|一旦"),
    "en": re.compile(r"\b(?:if|unless|should|in case|when)\b"),
}
_TURN = {
    "zh": re.compile("就|则|便|但|不过|可以|还是|才"),
    "en": re.compile(r"\b(?:but|so|then|instead|and|i|we|you)\b"),
}
_LEAST_UNITS = 4  # shorter windows are alike to everything


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said, at ``[start, end)`` of the normal form; ``likeness`` is 1 for a pattern."""

    name: str
    start: int
    end: int
    likeness: float = 1.0


class Phrasebook:
    """All phrases of a scenario under their names, compiled once. ``likeness`` makes the retrieval of exemplars; the
    patterns of the names ``apart`` are found too when their words are spelled apart; of the names ``by_clause`` every
    clause is told that says it, and not only the first of a sentence."""

    def __init__(
        self,
        phrases: Mapping[str, Phrases],
        compiler: PatternCompiler,
        likeness: Callable[[Sequence[str], Language], Likeness] = GramLikeness,
        *,
        apart: Collection[str] = (),
        by_clause: Collection[str] = (),
    ) -> None:
        self._phrases = dict(phrases)
        self._by_clause = frozenset(by_clause)
        self._apart = SpelledApart({name: phrases[name].any for name in apart}, compiler)
        patterns: list[Pattern] = []
        self._name_of: list[str] = []
        self._unless: dict[str, re.Pattern[str] | None] = {}
        exemplars: list[str] = []
        self._example_of: list[tuple[str, bool]] = []
        self._refusals: set[int] = set()  # examples that refuse themselves
        for name, item in self._phrases.items():
            for source in item.any:
                patterns.append(compiler.compile(source))
                self._name_of.append(name)
            self._unless[name] = compiler.compile_any(item.unless)
            for is_good, texts in ((True, item.like), (False, item.unlike)):
                for text in (normalise(text).text for text in texts):
                    if _REFUSING[compiler.language].search(text):
                        self._refusals.add(len(exemplars))
                    exemplars.append(text)
                self._example_of += [(name, is_good)] * len(texts)
        self._matcher = Matcher(patterns)
        self._likeness = likeness(exemplars, compiler.language) if exemplars else None

    def find(self, analysed: Analysed) -> list[Said]:
        """Everything said in a message, in order of place, each name at most once a sentence or clause. An example or a
        word spelled apart counts where no pattern says the same in its sentence."""
        found: dict[tuple[str, int], Said] = {}
        sentences: set[tuple[str, int]] = set()
        for said in self._by_pattern(analysed):
            sentence = analysed.sentence_at(said.start)[0]
            place = piece_at(analysed, said.start).start if said.name in self._by_clause else sentence
            found.setdefault((said.name, place), said)
            sentences.add((said.name, sentence))
        for said in (*self._by_example(analysed), *self._by_spelling(analysed)):
            sentence = analysed.sentence_at(said.start)[0]
            if (said.name, sentence) not in sentences:
                found.setdefault((said.name, sentence), said)
        return sorted(found.values(), key=lambda said: (said.start, said.name))

    def _by_pattern(self, analysed: Analysed) -> Iterator[Said]:
        for match in self._matcher.find(analysed):
            name = self._name_of[match.pattern]
            if self._counts(name, analysed, match.start, match.end):
                yield Said(name, match.start, match.end)

    def _by_spelling(self, analysed: Analysed) -> Iterator[Said]:
        read, spelled = self._apart.find(analysed)
        for item in spelled:
            if self._counts(item.name, read, item.read_start, item.read_end):
                yield Said(item.name, item.start, item.end)

    def _counts(self, name: str, analysed: Analysed, start: int, end: int) -> bool:
        phrases, clause = self._phrases[name], analysed.clause_at(start)
        if not phrases.asks and clause.question in _ASKING:
            return False
        return self._is_meant(name, analysed, start, end) and not analysed.is_quoted(start)

    def _is_meant(self, name: str, analysed: Analysed, start: int, end: int) -> bool:
        """Whether nothing near takes it back: no veto in the sentence, no negation, no refusal before it."""
        unless = self._unless[name]
        if unless is not None and unless.search(analysed.text, *analysed.sentence_at(start)):
            return False
        if self._phrases[name].negated:
            return True
        return not analysed.is_negated(start) and not _is_refused(analysed, start, end)

    def _by_example(self, analysed: Analysed) -> Iterator[Said]:
        if self._likeness is None:
            return
        for start, end in _windows(analysed.clauses):
            if len(analysed.text[start:end]) < _LEAST_UNITS or analysed.is_quoted(start):
                continue
            best: dict[tuple[str, bool], float] = {}
            is_refused = _is_refused(analysed, start, end, begins_with_it=True)
            for number, value in self._likeness.compare(analysed.text[start:end]).items():
                example = self._example_of[number]
                if not is_refused or number in self._refusals or not example[1] or self._phrases[example[0]].negated:
                    best[example] = max(best.get(example, 0.0), value)
            for (name, is_good), value in best.items():
                if not is_good or value < self._likeness.threshold:
                    continue
                if value < best.get((name, False), 0.0) + _MARGIN:
                    continue
                if not self._phrases[name].asks and self._asks(analysed, start, end):
                    continue
                unless = self._unless[name]
                if unless is None or not unless.search(analysed.text, *analysed.sentence_at(start)):
                    yield Said(name, start, end, value)

    def _asks(self, analysed: Analysed, start: int, end: int) -> bool:
        return any(clause.question in _ASKING for clause in analysed.clauses if start <= clause.start < end)


def _is_refused(analysed: Analysed, start: int, end: int, *, begins_with_it: bool = False) -> bool:
    """Whether the clause says before ``end`` that it will not be so: 不能给您补券, 24号不能送到.

    Where a condition or a turn stands between, it is meant after all: 不能按时到就补发. A pattern that begins with the
    refusal means it, unless ``begins_with_it`` says otherwise."""
    begin = analysed.clause_at(start).start
    said = analysed.text[begin:end]
    for match in _REFUSING[analysed.language].finditer(said):
        place = begin + match.start()
        if (place == start and not begins_with_it) or _CONDITION[analysed.language].search(said[: match.start()]):
            continue
        if not _TURN[analysed.language].search(analysed.text[begin + match.end() : max(start, begin + match.end())]):
            return True
    return False


def _windows(clauses: Sequence[Clause]) -> Iterator[tuple[int, int]]:
    """Spans of one to ``_WINDOW`` neighbouring clauses of the same sentence, short ones first."""
    for size in range(1, _WINDOW + 1):
        for first in range(len(clauses) - size + 1):
            last = first + size - 1
            if clauses[first].sentence == clauses[last].sentence:
                yield clauses[first].start, clauses[last].end
