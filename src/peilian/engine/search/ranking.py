"""Which entries match best (排序): BM25F over fields, several ways to say one thing, meaning where vectors are there.

BM25F after S. Robertson and H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond" (2009): the
occurrences of a term in the fields of an entry are weighted, evened out by length and added before they saturate.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from peilian.engine.search.query import Alternative, Query
from peilian.engine.search.segment import Posting, Segment, read_postings, totals_of
from peilian.engine.search.values import FIELDS, Filters

_K1 = 1.2
_FIELD_WEIGHTS = {"title": 2.0, "tags": 1.6, "summary": 1.2, "questions": 1.4, "body": 1.0}
_EVENED = {"title": 0.6, "tags": 0.3, "summary": 0.75, "questions": 0.75, "body": 0.75}
_MEANING = 0.5  # of a standard deviation of likeness by meaning, beside the words of the best entry as 1
_NEAR_IN_MEANING = 2.5  # standard deviations from which an entry without a common word is a hit
_LEAST_SHARE = 0.2  # of what the best entry covers, below which an entry is no hit
_LEAST_CHARACTERS = 0.8  # the same, where nothing but single characters is common
_RECENT, _RECENT_DAYS = 0.05, 180
_MOST_FACET_VALUES = 200

W = np.array([_FIELD_WEIGHTS[name] for name in FIELDS])
B = np.array([_EVENED[name] for name in FIELDS])


@dataclass(frozen=True)
class Leaf:
    """A segment as it is searched: which entries are there still, and the postings of the query's terms."""

    segment: Segment
    is_live: Any
    postings: Mapping[str, bytes | memoryview]

    @cached_property
    def is_whole(self) -> bool:
        """Whether nothing was removed."""
        return bool(self.is_live.all())

    @cached_property
    def totals(self) -> Any:
        """``Segment.totals`` of what is there."""
        return self.segment.totals - totals_of(self.segment.lengths[:, ~self.is_live])

    def posting(self, term: str) -> Posting | None:
        """Where a term occurs, also in what was removed; read once."""
        found = self._read.get(term)
        if found is None and term in self.postings:
            found = self._read[term] = read_postings(self.postings[term])
        return found

    @cached_property
    def _read(self) -> dict[str, Posting]:
        return {}


class Place(NamedTuple):
    """An entry by the numbers of its leaf and within it."""

    leaf: int
    number: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """All places that match, best first, with scores, and counts by facet and value."""

    places: tuple[Place, ...]
    scores: tuple[float, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]


def counts_among(leaves: Sequence[Leaf], terms: Iterable[str], filters: Filters) -> dict[str, int]:
    """In how many of the entries that ``filters`` let through each term occurs."""
    masks = [_Masks(leaf, filters).all for leaf in leaves]
    found: Counter[str] = Counter()
    for term in terms:
        for leaf, mask in zip(leaves, masks, strict=True):
            posting = leaf.posting(term)
            found[term] += int(mask[posting.entries].sum()) if posting is not None else 0
    return dict(found)


def rank(
    query: Query,
    leaves: Sequence[Leaf],
    filters: Filters,
    most: int,
    vector: Any = None,
    *,
    newest_first: bool = False,
) -> Ranked:
    """The best ``most`` entries for ``query``; with an empty query all that ``filters`` let through, newest first.
    ``newest_first`` does the same with whatever matches."""
    masks = [_Masks(leaf, filters) for leaf in leaves]
    if not query.concepts and not query.grams and vector is None:
        if query.typed:
            return Ranked((), (), 0, {})  # asked for something that no text can have
        scores = [_age(leaf) for leaf in leaves]
        matches = [np.ones(leaf.segment.n, dtype=bool) for leaf in leaves]
    else:
        scores, matches = _scored(query, leaves, [mask.all for mask in masks], filters.day, vector)
        scores = [_age(leaf) for leaf in leaves] if newest_first else scores
    kept = [match & mask.all for match, mask in zip(matches, masks, strict=True)]
    places, values = _best(scores, kept, most)
    counted = _facets(leaves, masks, matches)
    return Ranked(places, values, int(sum(found.sum() for found in kept)), counted)


def _age(leaf: Leaf) -> Any:
    """Scores by the day of an entry's last change, above 0."""
    return leaf.segment.changed_on + 1


def _scored(
    query: Query, leaves: Sequence[Leaf], masks: Sequence[Any], day: int | None, vector: Any
) -> tuple[list[Any], list[Any]]:
    """Scores of all entries, and whether they match at all, by leaf."""
    background = _Background(query, leaves)
    found = [_Reading(leaf, background).read(query) for leaf in leaves]
    scores = [one.scores for one in found]
    best = _most([one.covered for one in found], masks)
    if best > 0:
        matches = [one.covered >= _LEAST_SHARE * best for one in found]
    else:  # no word of it is there: then entries with most of its characters
        most = _most([one.characters for one in found], masks)
        matches = [one.characters >= max(_LEAST_CHARACTERS * most, 1e-9) for one in found]
    if vector is not None:
        scores, matches = _with_meaning(scores, matches, leaves, masks, vector)
    if day is not None:
        scores = [score * _recency(leaf.segment, day) for score, leaf in zip(scores, leaves, strict=True)]
    return scores, matches


def _most(values: Sequence[Any], masks: Sequence[Any]) -> float:
    return max((float(value[mask].max()) for value, mask in zip(values, masks, strict=True) if mask.any()), default=0.0)


def _with_meaning(
    scores: Sequence[Any], matches: Sequence[Any], leaves: Sequence[Leaf], masks: Sequence[Any], vector: Any
) -> tuple[list[Any], list[Any]]:
    """Words and meaning together. Likeness counts by how far it stands out among all entries, since raw cosines of a
    model may all be high."""
    likeness = [_likeness(leaf, vector) for leaf in leaves]
    seen = np.concatenate([one[~np.isnan(one)] for one in likeness]) if likeness else np.zeros(0)
    if len(seen) < 2 or seen.std() == 0:
        return list(scores), list(matches)
    best = _most(scores, masks)
    far = [np.nan_to_num((one - seen.mean()) / seen.std(), nan=-1.0) for one in likeness]
    together = [
        np.maximum(score / (best or 1.0) + _MEANING * out, 1e-6) for score, out in zip(scores, far, strict=True)
    ]
    also = [match | (out >= _NEAR_IN_MEANING) for match, out in zip(matches, far, strict=True)]
    return together, also


def _likeness(leaf: Leaf, vector: Any) -> Any:
    vectors = leaf.segment.vectors
    if vectors is None or vectors.shape[1] != len(vector):
        return np.full(leaf.segment.n, np.nan)
    found = vectors.astype(np.float32) @ np.asarray(vector, dtype=np.float32)
    found[~leaf.is_live | ~vectors.any(axis=1)] = np.nan
    return found


def _recency(segment: Segment, day: int) -> Any:
    age = np.maximum(day - segment.changed_on, 0)
    return 1 + np.where(segment.changed_on > 0, _RECENT * np.exp(-age / _RECENT_DAYS), 0.0)


class _Read(NamedTuple):
    """By entry: the score of its words, how much of the query's words it has, and of its characters."""

    scores: Any
    covered: Any
    characters: Any


class _Background:
    """What all leaves together say about terms and lengths."""

    def __init__(self, query: Query, leaves: Sequence[Leaf]) -> None:
        lengths = sum((leaf.totals for leaf in leaves), np.zeros((2, len(FIELDS)), dtype=np.int64))
        self.mean_lengths = np.where(lengths[1] > 0, lengths[0] / np.maximum(lengths[1], 1), 1.0)
        self.n = int(sum(leaf.is_live.sum() for leaf in leaves))
        self._leaves = leaves
        self._n_by_term: dict[str, int] = {}

    def n_having(self, term: str) -> int:
        """How many entries have a term."""
        found = self._n_by_term.get(term)
        if found is None:
            found = self._n_by_term[term] = sum(_count(leaf, term) for leaf in self._leaves)
        return found

    def rarity(self, term: str) -> float:
        """Inverse document frequency, never negative."""
        n = self.n_having(term)
        return math.log(1 + (self.n - n + 0.5) / (n + 0.5))


def _count(leaf: Leaf, term: str) -> int:
    found = leaf.posting(term)
    if found is None:
        return 0
    return len(found.entries) if leaf.is_whole else int(leaf.is_live[found.entries].sum())


class _Reading:
    """One leaf, read for a query."""

    def __init__(self, leaf: Leaf, background: _Background) -> None:
        self._leaf = leaf
        self._background = background
        self._saturated: dict[str, tuple[Any, Any]] = {}

    def read(self, query: Query) -> _Read:
        """What each entry has of the query."""
        n = self._leaf.segment.n
        scores, covered, characters = np.zeros(n), np.zeros(n), np.zeros(n)
        for concept in query.concepts:
            limit = self._limit(concept.alternatives)
            if len(concept.alternatives) == 1:
                entries, values = self._of(concept.alternatives[0], limit)
            else:
                entries, values = self._best_of(concept.alternatives, limit)
            scores[entries] += concept.weight * values
            covered[entries] += concept.weight * min(limit, self._background.rarity(concept.alternatives[0].terms[0]))
        for term, weight in query.grams.items():
            entries, values = self._saturation(term)
            rarity = self._background.rarity(term)
            scores[entries] += weight * rarity * values
            (covered if term[0] == "b" else characters)[entries] += weight * rarity
        return _Read(scores, covered, characters)

    def _limit(self, alternatives: Sequence[Alternative]) -> float:
        """Others' words count no more than the typed one, as far as it is known."""
        terms = alternatives[0].terms
        rare = [self._background.rarity(term) for term in terms if self._background.n_having(term)]
        return min(rare) if len(rare) == len(terms) else math.inf

    def _best_of(self, alternatives: Sequence[Alternative], limit: float) -> tuple[Any, Any]:
        best = np.zeros(self._leaf.segment.n)
        for one in alternatives:
            entries, values = self._of(one, limit)
            best[entries] = np.maximum(best[entries], values)
        entries = np.flatnonzero(best)
        return entries, best[entries]

    def _of(self, said: Alternative, limit: float) -> tuple[Any, Any]:
        """The entries that say all terms of an alternative, and how well: the mean of its terms."""
        first, *others = said.terms
        entries, values = self._saturation(first)
        values = values * min(limit, self._background.rarity(first))
        for term in others:
            there, more = self._saturation(term)
            _, mine, its = np.intersect1d(entries, there, assume_unique=True, return_indices=True)
            entries = entries[mine]
            values = values[mine] + more[its] * min(limit, self._background.rarity(term))
        return entries, values * (said.weight / len(said.terms))

    def _saturation(self, term: str) -> tuple[Any, Any]:
        """Entries with ``term``, ascending, and the weight of its occurrences between 0 and k1 + 1."""
        found = self._saturated.get(term)
        if found is None:
            found = self._saturated[term] = self._read(term)
        return found

    def _read(self, term: str) -> tuple[Any, Any]:
        found = self._leaf.posting(term)
        if found is None:
            return np.zeros(0, dtype=np.intp), np.zeros(0)
        summed = self._evened.take(found.fields.astype(np.intp) * self._leaf.segment.n + found.owners) * found.counts
        if len(found.starts) < len(found.owners):
            summed = np.add.reduceat(summed, found.starts)
        return found.entries, summed * (_K1 + 1) / (_K1 + summed)

    @cached_property
    def _evened(self) -> Any:
        """What one occurrence weighs, by field and entry in one row: less in a long text."""
        segment, mean_lengths = self._leaf.segment, self._background.mean_lengths
        return segment.noted(mean_lengths.tobytes(), lambda: _evened(segment, mean_lengths))


def _evened(segment: Segment, mean_lengths: Any) -> Any:
    ratio = segment.lengths / mean_lengths[:, None]
    return (W[:, None] / (1 - B[:, None] + B[:, None] * ratio)).astype(np.float32).ravel()


class _Masks:
    """Which entries of a leaf each filter lets through."""

    def __init__(self, leaf: Leaf, filters: Filters) -> None:
        segment = leaf.segment
        base = leaf.is_live.copy()
        if filters.day is not None:
            base &= segment.valid_from <= filters.day
            base &= (segment.valid_until == 0) | (segment.valid_until > filters.day)
        by_facet: dict[str, Any] = {}
        for name, values in filters.any_of.items():
            by_facet[name] = _having(segment, name, values)
        for name, values in filters.all_of.items():
            for value in values:
                by_facet[name] = by_facet.get(name, True) & _having(segment, name, (value,))
        for name, value in filters.fits.items():
            by_facet[name] = by_facet.get(name, True) & (_having(segment, name, (value,)) | ~_stating(segment, name))
        self._base = base
        self._by_facet = by_facet

    @cached_property
    def all(self) -> Any:
        """What passes every filter."""
        return self.but("")

    def but(self, facet: str) -> Any:
        """What passes every filter except that of ``facet``."""
        found = self._base
        for name, mask in self._by_facet.items():
            if name != facet:
                found = found & mask
        return found


def _having(segment: Segment, name: str, values: Sequence[str]) -> Any:
    mask = np.zeros(segment.n, dtype=bool)
    column = segment.facets.get(name)
    if column is not None:
        wanted = [number for number, value in enumerate(column.values) if value in values]
        mask[column.owners[np.isin(column.codes, wanted)]] = True
    return mask


def _stating(segment: Segment, name: str) -> Any:
    mask = np.zeros(segment.n, dtype=bool)
    column = segment.facets.get(name)
    if column is not None:
        mask[column.owners] = True
    return mask


def _facets(leaves: Sequence[Leaf], masks: Sequence[_Masks], matches: Sequence[Any]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for leaf, mask, match in zip(leaves, masks, matches, strict=True):
        for name, column in leaf.segment.facets.items():
            kept = (match & mask.but(name))[column.owners]
            numbers = np.bincount(column.codes[kept], minlength=len(column.values))
            for code in np.flatnonzero(numbers).tolist():
                counted[name][column.values[code]] += int(numbers[code])
    return {name: dict(counter.most_common(_MOST_FACET_VALUES)) for name, counter in counted.items()}


def _best(scores: Sequence[Any], kept: Sequence[Any], most: int) -> tuple[tuple[Place, ...], tuple[float, ...]]:
    found: list[tuple[float, Place]] = []
    for leaf, (score, mask) in enumerate(zip(scores, kept, strict=True)):
        numbers = np.flatnonzero(mask)
        if len(numbers) > most:
            numbers = numbers[np.argpartition(-score[numbers], most - 1)[:most]]
        found += [(-float(score[number]), Place(leaf, int(number))) for number in numbers]
    found.sort()
    return tuple(place for _, place in found[:most]), tuple(-score for score, _ in found[:most])
