"""Which words of two wordings differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.content import LinePair, line_pairs
from peilian.engine.content.marking import Piece, marked

TEXTS = st.text(alphabet="退款到账 abc1\n，。", max_size=60)


def said(pieces: tuple[Piece, ...] | None) -> str:
    return "".join(piece.text for piece in pieces or ())


def test_words_that_went_and_came_are_marked_in_chinese_by_characters():
    before, after = marked("七天内可以退款", "十五天内可以退款")
    assert [piece.text for piece in before if piece.is_changed] == ["七"]
    assert [piece.text for piece in after if piece.is_changed] == ["十五"]


def test_latin_words_are_marked_as_a_whole():
    _before, after = marked("refund within seven days", "refund within fifteen days")
    assert [piece.text for piece in after if piece.is_changed] == ["fifteen"]


def test_lines_that_share_next_to_nothing_are_removed_and_added():
    before, after = marked("先道歉", "查物流单号")
    assert before == (Piece("先道歉", True),)
    assert after == (Piece("查物流单号", True),)


def test_a_line_that_was_added_has_nothing_before_it():
    assert line_pairs("一", "一\n二") == [
        LinePair((Piece("一"),), (Piece("一"),), is_same=True),
        LinePair(None, (Piece("二", True),)),
    ]


@given(TEXTS, TEXTS)
def test_both_wordings_can_be_read_off_the_pairs(before: str, after: str):
    pairs = line_pairs(before, after)
    assert [said(pair.before) for pair in pairs if pair.before is not None] == before.splitlines()
    assert [said(pair.after) for pair in pairs if pair.after is not None] == after.splitlines()


@given(TEXTS)
def test_what_is_the_same_has_no_marks(text: str):
    assert all(pair.is_same for pair in line_pairs(text, text))


def test_very_long_lines_are_not_compared_word_by_word():
    (pair,) = line_pairs("字" * 5000, "字" * 5000 + "新")
    assert pair == LinePair((Piece("字" * 5000, True),), (Piece("字" * 5000 + "新", True),))


def test_very_long_texts_are_removed_and_added_as_a_whole():
    pairs = line_pairs("一\n" * 3000, "二\n" * 3000)
    assert len(pairs) == 6000
    assert pairs[0] == LinePair((Piece("一", True),), None)
    assert pairs[-1] == LinePair(None, (Piece("二", True),))
