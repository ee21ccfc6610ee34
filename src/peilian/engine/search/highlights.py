"""Where and why an entry matches (命中高亮): spans in the original texts, excerpts around them, reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from peilian.engine._kernel import Language, Reason
from peilian.engine.search.query import Query
from peilian.engine.search.values import Entry, Excerpt, Hit, Part, Span
from peilian.engine.search.words import HAN, is_han, latin_words, stem
from peilian.engine.text import Normalised, normalise

_NEARNESS = 0.1  # most that words of the query close to each other add to a score
_SAME_TITLE, _IN_TITLE = 0.5, 0.15
_EXCERPT = 120  # code points
_LEAD = 30  # of them before the first match
_MOST_EXCERPTS = 4
_MOST_NAMED = 4  # words that a reason names
_LONGEST_SHOWN = 60  # a part that is hardly longer than an excerpt is shown as a whole


class _Mark(NamedTuple):
    start: int
    end: int
    key: str  # the typed word that it stands for


class _Marked(NamedTuple):
    """A part with what was found in it."""

    part: Part
    normal: Normalised
    marks: Sequence[_Mark]


class Marker:
    """Finds the words of a query in texts, also as others say them; without those that say nothing."""

    def __init__(self, query: Query) -> None:
        self._keys: dict[str, str] = {}  # what is said -> what was typed
        self._stems: dict[str, str] = {}
        self.weights: dict[str, float] = {}
        for concept in query.concepts:
            typed = concept.alternatives[0].text
            if concept.is_filler:
                continue
            self.weights[typed] = max(self.weights.get(typed, 0), concept.weight)
            for said, terms, _ in concept.alternatives:
                if is_han(said) or len(terms) > 1:
                    self._keys.setdefault(said, typed)
                elif terms:
                    self._stems.setdefault(terms[0][1:], typed)
        if not self._keys and not self._stems:  # single characters: all there is
            self._keys = {char: char for char in re.findall(f"[{HAN}]", query.text)}
            self.weights = dict.fromkeys(self._keys, 1.0)
        longest_first = sorted(self._keys, key=lambda said: (-len(said), said))
        self._regex = re.compile("|".join(map(_pattern, longest_first))) if longest_first else None

    def _key(self, found: str) -> str:
        return self._keys.get(found) or next(key for said, key in self._keys.items() if found.startswith(said))

    def find(self, text: str) -> list[_Mark]:
        """The places in a text in normal form, in order; none overlap."""
        found = []
        if self._regex is not None:
            found += [_Mark(*match.span(), self._key(match.group())) for match in self._regex.finditer(text)]
        if self._stems:
            words = ((match, self._stems.get(stem(match.group()))) for match in latin_words(text))
            found += [_Mark(*match.span(), key) for match, key in words if key is not None]
        kept: list[_Mark] = []
        for mark in sorted(found):
            if not kept or mark.start >= kept[-1].end:
                kept.append(mark)
        return kept


def _pattern(said: str) -> str:
    """What is said, as an expression; of English phrases the last word with any ending."""
    return re.escape(said) if is_han(said) else rf"\b{re.escape(said)}[a-z]*"


class _Refined(NamedTuple):
    """An entry with its texts read."""

    entry: Entry
    score: float
    marked: Sequence[_Marked]


def refine(
    query: Query,
    entries: Iterable[tuple[Entry, float]],
    shown: slice,
    language: Language | None,
    *,
    is_by_meaning: bool = False,
    keeps_order: bool = False,
) -> list[Hit]:
    """The hits of the best entries, with what only their texts tell: words that stand together, and the same title.
    They are put in order by it unless it is to be kept; then come excerpts and reasons of those that are ``shown``."""
    marker = Marker(query)
    refined = [_refined(query, marker, entry, score) for entry, score in entries]
    if not keeps_order:
        refined.sort(key=lambda one: -one.score)
    return [
        Hit(one.entry, one.score, _excerpts(one.marked, language), _why(query, one.marked, is_by_meaning))
        for one in refined[shown]
    ]


def _refined(query: Query, marker: Marker, entry: Entry, score: float) -> _Refined:
    normals = [normalise(part.text) for part in entry.parts]
    marked = [_Marked(part, one, marker.find(one.text)) for part, one in zip(entry.parts, normals, strict=True)]
    near = max((_nearness(one.marks, marker.weights) for one in marked), default=0.0)
    return _Refined(entry, score * (1 + _NEARNESS * near + _title_bonus(query, marked)), marked)


def _title_bonus(query: Query, marked: Sequence[_Marked]) -> float:
    titles = [one.normal.text.strip() for one in marked if one.part.field == "title"]
    wanted = query.text.strip()
    if wanted in titles:
        return _SAME_TITLE
    return _IN_TITLE if len(wanted) > 1 and any(wanted in title for title in titles) else 0.0


def _nearness(marks: Sequence[_Mark], weights: Mapping[str, float]) -> float:
    """How much of the query stands close together, 0 to 1: the share of its words, times how dense the shortest span
    with all of them is that the part has."""
    wanted = {mark.key for mark in marks}
    if len(wanted) < 2:
        return 0.0
    share = sum(weights.get(key, 0) for key in wanted) / (sum(weights.values()) or 1)
    counts: dict[str, int] = {}
    best, first, length = None, 0, 0
    for last, mark in enumerate(marks):
        counts[mark.key] = counts.get(mark.key, 0) + 1
        while counts[marks[first].key] > 1:
            counts[marks[first].key] -= 1
            first += 1
        if len(counts) == len(wanted):
            span = mark.end - marks[first].start
            if best is None or span < best:
                best, length = span, sum(one.end - one.start for one in marks[first : last + 1])
    return min(share, 1.0) * (length / best) ** 0.5 if best else 0.0


def _excerpts(marked: Sequence[_Marked], language: Language | None) -> tuple[Excerpt, ...]:
    """The parts that match, in the reader's language if there are such, and the pieces of them that say most."""
    found = [one for one in marked if one.marks] or [one for one in marked if one.part.field not in ("title", "tags")]
    mine = [one for one in found if language in (None, one.part.language) or one.part.language is None] or found
    best = sorted(mine, key=lambda one: (one.part.field != "title", -len({mark.key for mark in one.marks})))
    return tuple(_excerpt(*one) for one in best[:_MOST_EXCERPTS] if one.part.text.strip())


def _excerpt(part: Part, normal: Normalised, marks: Sequence[_Mark]) -> Excerpt:
    spans = _apart([normal.span(mark.start, mark.end) for mark in marks])
    whole = Excerpt(part.field, part.language, part.text, tuple(spans))
    if part.field in ("title", "tags") or len(part.text) <= _EXCERPT + _LONGEST_SHOWN:
        return whole
    start = _densest(spans)
    end = min(len(part.text), start + _EXCERPT)
    inside = tuple((a - start, b - start) for a, b in spans if a >= start and b <= end)
    text = part.text[start:end]
    return replace(whole, text=text, spans=inside, is_cut_before=start > 0, is_cut_after=end < len(part.text))


def _densest(spans: Sequence[Span]) -> int:
    """Where the excerpt begins that shows most matches."""
    best, start = -1, 0
    for first, (begin, _) in enumerate(spans):
        here = max(0, begin - _LEAD)
        n = sum(1 for _, end in spans[first:] if end <= here + _EXCERPT)
        if n > best:
            best, start = n, here
    return start


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch as one: in the original two may share a character."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif start < end:
            joined.append((start, end))
    return joined


def _is_same(typed: str, word: str) -> bool:
    return typed in word or stem(word) == stem(typed)


def _why(query: Query, marked: Sequence[_Marked], is_by_meaning: bool) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    said: dict[str, dict[str, None]] = {}
    for field in ("title", "questions", "tags", "summary", "body"):
        words: dict[str, None] = {}
        for part, normal, marks in marked:
            if part.field == field:
                found = [(mark.key, normal.text[mark.start : mark.end]) for mark in marks]
                words.update((word, None) for _, word in found)
                for typed, word in found:
                    said.setdefault(typed, {})[word] = None
        if words and len(reasons) < 2:
            reasons.append(Reason(f"search.in_{field}", {"words": "、".join([*words][:_MOST_NAMED])}))
    others = ((typed, [*words]) for typed, words in said.items() if not any(_is_same(typed, word) for word in words))
    for typed, found_words in others:
        reasons.append(Reason("search.said_otherwise", {"typed": typed, "said": "、".join(found_words[:2])}))
        break
    if query.meant is not None:
        reasons.append(Reason("search.read_as", {"meant": query.meant}))
    if not reasons:
        reasons.append(Reason("search.alike" if is_by_meaning else "search.some_words"))
    return tuple(reasons)
