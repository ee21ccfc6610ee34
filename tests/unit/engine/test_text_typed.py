"""Typed text: what is taken out before it is stored, and when nothing is left to be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.text.typed import cleaned, is_blank


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("先看\x00规则\x1b[31m", "先看规则[31m"),
        ("一行\r\n两行\r三行\u2028四行", "一行\n两行\n三行\n四行"),
        ("写反了\u202e的字", "写反了的字"),
        ("半个\ud83d字", "半个字"),
        ("家人👩‍👩‍👧\t在吗", "家人👩‍👩‍👧\t在吗"),
    ],
)
def test_what_cannot_be_stored_or_would_be_shown_otherwise_is_taken_out(typed, kept):
    assert cleaned(typed) == kept


@given(st.text())
def test_what_is_cleaned_is_clean(text):
    once = cleaned(text)
    assert cleaned(once) == once
    assert "\x00" not in once
    once.encode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "", " \n\t\u3000\xa0", "\u200b", "\u200b\u200c\u200d\u2060\ufeff", "\u00ad\u180e", "\ufe0f\ufe0e",
        "\u3164\u2800", "\U000e0041",
    ],
)  # fmt: skip
def test_a_text_of_which_nothing_can_be_seen_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["好", "\u200b好\u200b", "?", "👍🏻", "e\u0301", "1"])
def test_a_text_of_which_anything_can_be_seen_is_not_blank(text):
    assert not is_blank(text)
