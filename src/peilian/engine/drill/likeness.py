"""Which exemplar a reply is alike to (例句检索): character n-grams, weighted by how rare they are."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

from peilian.engine._kernel import Language
from peilian.engine.reading.likeness import units

_LONGEST = {"zh": 3, "en": 2}  # units of a gram: characters of Chinese, words of English


class Likeness(Protocol):
    """How alike a text is to each of the exemplars it was made with, 0 to 1. An embedding can take this place."""

    threshold: float  # from which a text says what the exemplar says

    def compare(self, text: str) -> Mapping[int, float]:
        """Number of the exemplar -> likeness; exemplars that share nothing may be left out."""


class GramLikeness:
    """Cosine of character n-gram vectors (TF-IDF); the exemplars of a scenario are its background."""

    threshold = 0.5

    def __init__(self, exemplars: Sequence[str], language: Language) -> None:
        self._longest = _LONGEST[language]
        counted = [self._grams(text) for text in exemplars]
        seen = Counter(gram for grams in counted for gram in grams)
        self._unseen = math.log(1 + len(exemplars)) + 1
        self._rarity = {gram: math.log((1 + len(exemplars)) / (1 + n)) + 1 for gram, n in seen.items()}
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, grams in enumerate(counted):
            for gram, weight in self._vector(grams).items():
                self._postings[gram].append((number, weight))

    def compare(self, text: str) -> Mapping[int, float]:
        """See ``Likeness``."""
        found: dict[int, float] = defaultdict(float)
        for gram, weight in self._vector(self._grams(text)).items():
            for number, other in self._postings.get(gram, ()):
                found[number] += weight * other
        return found

    def _grams(self, text: str) -> Counter[str]:
        words = units(text)
        return Counter(
            " ".join(words[start : start + size])
            for size in range(1, self._longest + 1)
            for start in range(len(words) - size + 1)
        )

    def _vector(self, grams: Counter[str]) -> dict[str, float]:
        raw = {gram: (1 + math.log(n)) * self._rarity.get(gram, self._unseen) for gram, n in grams.items()}
        length = math.sqrt(math.fsum(weight * weight for weight in raw.values()))
        return {gram: weight / length for gram, weight in raw.items()} if length else {}
