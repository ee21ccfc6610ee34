"""Normalising folds forms and always leads back to the code points of the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.text import normalise


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("ＡＢＣ１２３", "abc123", id="full width"),
        pytest.param("您好，请问？", "您好,请问?", id="full-width punctuation"),
        pytest.param("請問還有問題嗎", "请问还有问题吗", id="traditional characters"),
        pytest.param("佢哋唔會嚟", "他们不会来", id="cantonese characters"),
        pytest.param("I’m ‘sorry’", "i'm 'sorry'", id="curly apostrophes"),
        pytest.param("抱\u200b歉", "抱歉", id="an invisible character inside a word"),
        pytest.param("等等…", "等等…", id="an ellipsis is one mark"),
        pytest.param("ﬁne", "fine", id="a ligature becomes two letters"),
        pytest.param("⑤15元券", "5、15元券", id="a circled number adds no digit to the figure behind it"),
    ],
)
def test_forms_are_folded(text, folded):
    assert normalise(text).text == folded


@pytest.mark.parametrize(
    ("text", "words", "span"),
    [
        pytest.param("抱\u200b歉啊", "抱歉", (0, 3), id="a removed character lies inside the span"),
        pytest.param("ﬁne day", "day", (4, 7), id="a ligature before it shifts nothing"),
        pytest.param("好的😀抱歉", "抱歉", (3, 5), id="an emoji is one code point"),
        pytest.param("ＯＫ謝謝", "谢谢", (2, 4), id="equal lengths keep their places"),
    ],
)
def test_a_span_leads_back_to_the_original(text, words, span):
    normal = normalise(text)
    start = normal.text.index(words)
    assert normal.span(start, start + len(words)) == span


@given(st.text(max_size=40))
def test_every_character_comes_from_a_place_of_the_original(text):
    normal = normalise(text)
    places = [normal.span(i, i + 1) for i in range(len(normal.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)


@given(st.text(alphabet="您好請問ＡＢ①ﬁ…’ \u200b", max_size=20))
def test_normalising_twice_changes_nothing(text):
    once = normalise(text).text
    assert normalise(once).text == once
