from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.search.query import understand
from peilian.engine.search.sounds import fold, initials, sounds, syllables
from peilian.engine.search.spelling import allowed_errors, distance, sound_keys, spelling_keys, typo_keys
from peilian.engine.search.synonyms import Synonyms
from peilian.engine.search.words import gram_terms, index_terms, plain, stem, words_of
from peilian.engine.text import normalise


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("refunds", "refund"),
        ("refunded", "refund"),
        ("refunding", "refund"),
        ("policies", "policy"),
        ("shipped", "shipping"),
        ("charges", "charging"),
        ("boxes", "box"),
        ("cancelling", "cancel"),
        ("cancelled", "canceled"),
        ("installing", "install"),
        ("damaged", "damages"),
        ("tries", "tried"),
        ("customer's", "customer"),
    ],
)
def test_forms_of_an_english_word_have_one_stem(word, other):
    assert stem(word) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("ring", "red"), ("news", "new"), ("process", "proces"), ("thing", "th")])
def test_words_that_only_look_alike_keep_stems_of_their_own(one, other):
    assert stem(one) != stem(other)


@pytest.mark.parametrize("word", ["", "7", "iphone15", "é", "t", "ing", "sss", "退款"])
def test_what_has_no_english_ending_is_its_own_stem_or_shorter(word):
    assert stem(word) in (word, word[:-1])


def test_a_text_gives_words_pairs_and_characters():
    terms = index_terms(plain("退换货流程"))
    assert {"w退换货", "w流程", "b退换", "b换货", "b货流", "c退"} <= set(terms)


def test_two_languages_in_one_text_are_both_found():
    terms = set(index_terms(plain("我的iPhone15 Pro 申请Refunds😀")))
    assert {"wiphone15", "wpro", "wrefund", "b申请"} <= terms
    assert not any("😀" in term for term in terms)


def test_full_width_and_traditional_forms_are_the_same_words():
    assert index_terms(plain("退貨ＡＢＣ")) == index_terms(plain("退货abc"))


@given(st.text(max_size=300))
def test_any_text_can_be_cut_and_words_stand_where_they_say(text):
    normal = plain(text)
    assert len(normal) == len(normalise(text).text)
    assert all(term[0] in "wbc" and len(term) > 1 for term in index_terms(normal))
    assert all(normal[word.start : word.end] == word.text for word in words_of(normal))


@pytest.mark.parametrize(
    ("word", "sound"),
    [("退货", "tuihuo"), ("投诉", "tousu"), ("还款", "huankuan"), ("重庆", "chongqing"), ("女", "lv")],
)
def test_a_word_is_kept_under_how_it_sounds(word, sound):
    expected = "".join(map(fold, syllables(sound) or (sound,)))
    assert expected in sounds(word)


@pytest.mark.parametrize(
    ("word", "letters"), [("退换货", "thh"), ("投诉", "ts"), ("客服", "kf"), ("重庆", "cq"), ("还款", "hk")]
)
def test_a_word_is_kept_under_its_initials(word, letters):
    assert letters in initials(word)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("tuihuanhuo", ("tui", "huan", "huo")),
        ("xian", ("xian",)),
        ("xi'an", ("xi", "an")),
        ("zhiliang", ("zhi", "liang")),
        ("nvshi", ("nv", "shi")),
        ("refund", None),
        ("bcd", None),
        ("", ()),
    ],
)
def test_pinyin_is_told_from_other_letters(typed, expected):
    assert syllables(typed) == expected


def test_a_text_that_is_no_chinese_has_no_sound():
    assert sounds("退a") == []
    assert initials("x") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("退活", "退货"), ("投素", "投诉"), ("发漂", "发票"), ("赔常", "赔偿"), ("售候", "售后"), ("流呈", "流程")],
)
def test_words_that_sound_alike_share_a_key(one, other):
    assert set(sound_keys(one)) & set(spelling_keys(other))


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("refnd", "refund"),
        ("reufnd", "refund"),
        ("complaimt", "complaint"),
        ("complainnt", "complaint"),
        ("custmoer", "customer"),
    ],
)
def test_misspelled_words_share_a_key_with_the_right_one(typed, word):
    assert set(typo_keys(typed)) & set(spelling_keys(word))
    assert distance(typed, word, allowed_errors(typed)) <= allowed_errors(typed)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xyz", 3)],
)
def test_distance_counts_letters_and_swaps(one, other, expected):
    assert distance(one, other, 5) == expected


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_distance_is_the_same_both_ways_and_bounded(one, other):
    assert distance(one, other, 2) == distance(other, one, 2) <= 3


def test_short_words_may_have_no_error_long_ones_two():
    assert [allowed_errors(word) for word in ("fee", "refund", "complaint", "退货", "退换货")] == [0, 1, 2, 0, 1]


def test_a_word_of_two_characters_is_the_pair_and_one_is_itself():
    assert gram_terms("退款") == ["b退款"]
    assert gram_terms("货") == ["c货"]


def test_synonyms_are_found_in_any_form_the_longest_first_and_not_inside_words():
    synonyms = Synonyms([("退款", "refund", "money back"), ("退款进度", "refund status"), ("pay", "付款")], ["请问"])
    assert [(one.start, one.end) for one in synonyms.find(plain("查退款进度"))] == [(1, 5)]
    assert [one.others for one in synonyms.find(plain("it was Refunded"))] == [("退款", "money back")]
    assert synonyms.find(plain("repayment")) == []
    assert synonyms.is_filler("请问")
    assert not synonyms.is_filler("退款")


def test_without_groups_there_is_nothing_to_find():
    assert Synonyms().find("退款") == []
    assert len(Synonyms()) == 0


@given(st.text("退款钱 refundmoyback'", max_size=60))
def test_places_of_synonyms_lie_within_the_text_and_do_not_overlap(text):
    normal = plain(text)
    found = Synonyms([("退款", "退钱", "refund", "money back")]).find(normal)
    bounds = [place for one in found for place in (one.start, one.end)]
    assert bounds == sorted(bounds)
    assert all(0 <= place <= len(normal) for place in bounds)


class _Counting:
    """A vocabulary without words, which counts what it is asked for."""

    def __init__(self) -> None:
        self.n = 0

    def counts(self, terms):
        return {}

    findable = counts

    def spelled(self, keys):
        self.n += len(list(keys))
        return {}

    def beginning(self, prefix):
        return ()


@pytest.mark.parametrize("typed", ["a" * 2000, "an" * 1000, "a " * 1000, "xi'an " * 50, "ab" * 1000])
def test_letters_without_end_do_not_ask_for_ever_more_words(typed):
    vocabulary = _Counting()
    understand(typed, Synonyms([]), vocabulary)
    assert vocabulary.n < 2000
