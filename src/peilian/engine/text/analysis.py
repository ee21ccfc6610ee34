"""Cutting a text into sentences and clauses (断句), and telling questions and quotations from statements."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from peilian.engine._kernel import Language
from peilian.engine.text.language import guess_language
from peilian.engine.text.normalise import Normalised, normalise
from peilian.engine.text.questions import Question, is_tag, question_of
from peilian.engine.text.scope import negates, quotations, reports


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause (分句): half-open span in the normal form, the number of its sentence, and what it asks for."""

    start: int
    end: int
    sentence: int
    question: Question


_HAN = r"\u3400-\u9fff"
_NOISE = r"#e-s\[数字x\]|https?://[^\s\u3400-\u9fff]+|www\.[^\s\u3400-\u9fff]+"  # marks inside end nothing
_NUMBERING = r"(?:(?m:^)|(?<=[;:。])) *(?:\d{1,2}|[a-h])\.(?=\s)"  # 1. of a list begins its item, it ends no sentence
_SENTENCE_END = re.compile(
    rf"{_NOISE}|{_NUMBERING}|(?P<end>[。!?;\n]+|\.(?=\s|$)|\.(?=[{_HAN}])|(?<=[{_HAN}])\.(?!\d))",
)
_CLAUSE_END = re.compile(
    rf"(?P<noise>{_NOISE})|(?P<end>[,、~…:]+(?![0-9/])|(?<=[{_HAN}\])])\s+|\s+(?=[{_HAN}\[#])|"
    rf"\s[-–—>]+\s|(?<=[{_HAN}])[-—]+(?=[{_HAN}]))"
)
_NEGATION_REACH = 24
_SHORT = 200  # characters of a text that is worth remembering
_LEAST_CITED = 24  # shorter sentences are repeated by chance
_ENDS = " .!?。\n"


@dataclass(frozen=True)
class Analysed:
    """A text ready for reading: normal form, language, clauses, sentences. All places are places of the normal form;
    ``original`` leads back."""

    normal: Normalised
    language: Language
    sentence_starts: tuple[int, ...]
    clauses: tuple[Clause, ...]
    repeated: tuple[tuple[int, int], ...] = ()  # spans that an earlier message contains word for word

    @cached_property
    def text(self) -> str:
        """The normal form."""
        return self.normal.text

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text."""
        return self.normal.span(start, end)

    def sentence_at(self, place: int) -> tuple[int, int]:
        """The span of the sentence that ``place`` lies in."""
        if len(self.sentence_starts) == 1:
            return 0, len(self.normal.text)
        number = bisect_right(self.sentence_starts, place) - 1
        following = number + 1 < len(self.sentence_starts)
        return self.sentence_starts[number], self.sentence_starts[number + 1] if following else len(self.text)

    def clause_at(self, place: int) -> Clause:
        """The clause that ``place`` lies in, or the nearest one before it."""
        if len(self.clauses) == 1:
            return self.clauses[0]
        number = bisect_right(self._clause_starts, place) - 1
        return self.clauses[max(number, 0)]

    @cached_property
    def _clause_starts(self) -> tuple[int, ...]:
        return tuple(clause.start for clause in self.clauses)

    @cached_property
    def quotations(self) -> tuple[tuple[int, int], ...]:
        """Spans of text that the writer only cites: in quotation marks, or quoted lines."""
        return (*self.repeated, *quotations(self.text))

    def citing(self, sources: Iterable[str]) -> Analysed:
        """The same text with the sentences marked as quoted that one of ``sources`` (normal forms) contains."""
        bounds = zip(self.sentence_starts, (*self.sentence_starts[1:], len(self.text)), strict=True)
        found = tuple(
            (start, end)
            for start, end in bounds
            if end - start >= _LEAST_CITED and any(self.text[start:end].strip(_ENDS) in text for text in sources)
        )
        return replace(self, repeated=found) if found else self

    def is_quoted(self, place: int) -> bool:
        """Whether ``place`` lies in a quotation, or in a clause that reports what the other side said."""
        if self.is_cited(place):
            return True
        return reports(self.text[self.clause_at(place).start : place], self.language)

    def is_cited(self, place: int) -> bool:
        """Whether ``place`` lies in a quotation."""
        return any(start <= place < end for start, end in self.quotations)

    def is_negated(self, place: int) -> bool:
        """Whether what begins at ``place`` is negated within its clause."""
        start = max(self.clause_at(place).start, place - _NEGATION_REACH)
        return negates(self.text[start:place], self.language)


def analyse(text: str) -> Analysed:
    """Normalise and cut ``text``. The same short messages come again and again; they are remembered."""
    return _analyse_remembered(text) if len(text) <= _SHORT else _analyse(text)


def _analyse(text: str) -> Analysed:
    normal = normalise(text)
    language = guess_language(normal.text)
    starts, clauses = [0], []
    bounds = [match for match in _SENTENCE_END.finditer(normal.text) if match.group("end")]
    begin = 0
    for number, (stop, end, mark) in enumerate(
        [(m.start(), m.end(), m.group()) for m in bounds] + [(len(normal.text), len(normal.text), "")]
    ):
        clauses += _clauses_of(normal.text, begin, stop, number, mark, language)
        if end < len(normal.text):
            starts.append(end)
        begin = end
    if not clauses:
        clauses.append(Clause(0, len(normal.text), 0, Question.NONE))
    return Analysed(normal, language, tuple(starts), tuple(clauses))


_analyse_remembered = lru_cache(maxsize=4096)(_analyse)


def _clauses_of(text: str, begin: int, stop: int, sentence: int, mark: str, language: Language) -> list[Clause]:
    cuts = [match.span("end") for match in _CLAUSE_END.finditer(text, begin, stop) if match.group("end")]
    found = []
    start = begin
    for cut_start, cut_end in [*cuts, (stop, stop)]:
        left, right = _trimmed(text, start, cut_start)
        if left < right:
            found.append((left, right))
        start = cut_end
    last = len(found) - 1
    clauses = [
        Clause(
            left,
            right,
            sentence,
            question_of(text[left:right], mark if n == last else "", language, is_first=n == 0),
        )
        for n, (left, right) in enumerate(found)
    ]
    for n, clause in enumerate(clauses[1:], start=1):  # what a tag asks, the clause before it asks
        if clauses[n - 1].question is Question.NONE and is_tag(text[clause.start : clause.end], language):
            clauses[n - 1] = replace(clauses[n - 1], question=clause.question)
            clauses[n] = replace(clause, question=Question.NONE)
    return clauses


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
