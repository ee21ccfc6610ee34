"""Grading answers: what each kind of item gives, and what holds for all of them."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.assessment import grade, total
from peilian.engine.assessment.grading import _longest_rise
from peilian.engine.assessment.values import Blank, Case, Choice, Criterion, Fill, Match, Order, Played, Written
from peilian.engine.reading import Cue, SatisfactionModel, compile_lexicons

POINTS = D(4)
SINGLE = Choice("q", POINTS, ("a", "b", "c"), frozenset("b"))
MULTIPLE = Choice("q", POINTS, ("a", "b", "c", "d"), frozenset("abc"), partial=True)
STRICT = Choice("q", POINTS, ("a", "b", "c", "d"), frozenset("abc"))
FILL = Fill("q", POINTS, (Blank("1", ("七天", "7天")), Blank("2", number=D("19.9"), tolerance=D("0.1"))))
SAID = Fill("q", POINTS, (Blank("1", ("Please wait.",)), Blank("2", ("请稍候。",))))
ORDER = Order("q", POINTS, ("take", "say", "ask", "do", "check"))
MATCH = Match("q", D(10), {"l1": "r1", "l2": "r2", "l3": "r3"}, ("r1", "r2", "r3", "r4"))


@pytest.mark.parametrize(
    ("item", "answer", "points"),
    [
        pytest.param(SINGLE, {"chosen": ["b"]}, "4", id="the right one"),
        pytest.param(SINGLE, {"chosen": ["a"]}, "0", id="a wrong one"),
        pytest.param(SINGLE, {"chosen": ["a", "b"]}, "0", id="both, where one is asked for"),
        pytest.param(SINGLE, {"chosen": ["x"]}, "0", id="an option that it never had"),
        pytest.param(SINGLE, {"chosen": "b"}, "0", id="no list"),
        pytest.param(MULTIPLE, {"chosen": ["a", "b", "c"]}, "4", id="all right ones"),
        pytest.param(MULTIPLE, {"chosen": ["a", "b"]}, "2.67", id="two of three"),
        pytest.param(MULTIPLE, {"chosen": ["a", "b", "d"]}, "1.33", id="a wrong one takes as much"),
        pytest.param(MULTIPLE, {"chosen": ["d"]}, "0", id="never below zero"),
        pytest.param(MULTIPLE, {"chosen": ["a", "b", "c", "d"]}, "2.67", id="everything is not all right"),
        pytest.param(MULTIPLE, {"chosen": ["a", "a", "a"]}, "1.33", id="twice is once"),
        pytest.param(STRICT, {"chosen": ["a", "b"]}, "0", id="exactly, or nothing"),
        pytest.param(FILL, {"blanks": {"1": " 七天。", "2": "19.9"}}, "4", id="as written"),
        pytest.param(FILL, {"blanks": {"1": "７天", "2": "¥20 元"}}, "4", id="a unit, within the tolerance"),
        pytest.param(SAID, {"blanks": {"1": "Please wait.", "2": "请稍候"}}, "4", id="with its full stop or without"),
        pytest.param(FILL, {"blanks": {"1": "八天", "2": "19.7"}}, "0", id="wrong"),
        pytest.param(FILL, {"blanks": {"1": "7天"}}, "2", id="one of two"),
        pytest.param(FILL, {"blanks": ["7天"]}, "0", id="no mapping"),
        pytest.param(FILL, {"blanks": {"1": 7, "2": "nan"}}, "0", id="no text, no number"),
        pytest.param(ORDER, {"order": ["take", "say", "ask", "do", "check"]}, "4", id="in order"),
        pytest.param(ORDER, {"order": ["say", "take", "ask", "do", "check"]}, "3", id="two changed about"),
        pytest.param(ORDER, {"order": ["check", "do", "ask", "say", "take"]}, "0", id="backwards"),
        pytest.param(ORDER, {"order": ["take", "take", "take", "say"]}, "1", id="a step counts once"),
        pytest.param(MATCH, {"pairs": {"l1": "r1", "l2": "r2", "l3": "r3"}}, "10", id="all pairs"),
        pytest.param(MATCH, {"pairs": {"l1": "r1", "l2": "r4"}}, "3.33", id="one pair"),
        pytest.param(MATCH, {"pairs": {"l2": "r2", "l3": "r3"}}, "6.67", id="two pairs; parts add up to the whole"),
        pytest.param(Played("q", D(20), "s"), {"points": 85.5}, "17.1", id="a drill"),
        pytest.param(Played("q", D(20), "s"), {"points": "120"}, "20", id="no more than all"),
        pytest.param(Played("q", D(20), "s"), {"points": "NaN"}, "0", id="no number"),
    ],
)
def test_an_answer_gets_its_points(item, answer, points):
    assert grade(item, answer).points == D(points)


@pytest.mark.parametrize("item", [SINGLE, MULTIPLE, FILL, ORDER, MATCH])
@pytest.mark.parametrize("answer", [None, {}, {"chosen": []}, {"text": "  "}, {"blanks": {"1": " "}}])
def test_nothing_answered_is_told_and_gets_nothing(item, answer):
    graded = grade(item, answer)
    assert (graded.points, graded.is_answered) == (0, False)
    assert [part.reason.key for part in graded.parts] == ["assessment.unanswered"]


def test_reasons_say_what_was_right_and_what_was_missing():
    (part,) = grade(MULTIPLE, {"chosen": ["a", "d"]}).parts
    assert (part.reason.key, part.reason.params) == ("assessment.choice.wrong", {"right": 1, "wrong": 1, "missing": 2})
    (part,) = grade(SINGLE, {"chosen": ["a"]}).parts
    assert (part.reason.key, part.reason.params) == ("assessment.choice.other", {})
    keys = [part.reason.key for part in grade(FILL, {"blanks": {"1": "八天"}}).parts]
    assert keys == ["assessment.fill.wrong", "assessment.fill.empty"]
    assert grade(ORDER, {"order": ["say", "take"]}).parts[0].reason.params == {"chain": 1, "steps": 5}


# -- written answers --------------------------------------------------------------------------------------------------


def the_points(**patterns):
    cues = [Cue(f"q:{key}", "sign", key, "zh", (pattern,)) for key, pattern in patterns.items()]
    return compile_lexicons(cues, {}, SatisfactionModel({}), "item")


STEPS = {"photo": "(照片|图片)", "sorry": "抱歉", "ship": "补发", "note": "(备注|登记)", "visit": "回访"}
READING = compile_lexicons(
    [
        Cue("m:empathise", "move", "empathise", "zh", ("理解",)),
        Cue("m:alternative", "move", "solve", "zh", ("可以..换",)),
        Cue("f:rude", "fault", "rude", "zh", ("急什么",)),
    ],
    {},
    SatisfactionModel({}),
    "test",
)


def steps(*, in_order=True, is_open=False):
    criteria = tuple(Criterion("point", (key,)) for key in ("sorry", "photo", "note", "ship", "visit"))
    return Written("q", D(5), criteria, the_points(**STEPS), in_order=in_order, is_open=is_open)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("先抱歉，请客户拍照片，登记，补发，最后回访", "5"),
        ("先抱歉，请客户拍照片，补发，登记，最后回访", "4.5"),
        ("补发", "1"),
        ("回访，补发，登记，照片，抱歉", "3"),
        ("不补发", "0"),
        ("客户很着急", "0"),
    ],
)
def test_steps_that_are_named_count_whole_in_order_and_half_out_of_it(text, points):
    assert grade(steps(), {"text": text}).points == D(points)


def test_without_order_every_point_counts_whole():
    assert grade(steps(in_order=False), {"text": "回访，补发，登记，照片，抱歉"}).points == D(5)


def test_a_key_point_of_several_signs_is_in_order_by_the_one_that_was_said():
    criteria = (Criterion("point", ("photo", "note")), Criterion("point", ("ship",)))
    item = Written("q", D(2), criteria, the_points(**STEPS), in_order=True, is_open=False)
    assert grade(item, {"text": "登记，再补发"}).points == 2
    assert grade(item, {"text": "补发，再登记"}).points == D("1.5")


def test_own_words_show_what_was_found_and_a_person_decides():
    graded = grade(steps(is_open=True), {"text": "先说声抱歉"})
    assert graded.is_open
    assert [part.quote for part in graded.parts] == ["抱歉", None, None, None, None]


def rewriting():
    criteria = (
        Criterion("move", ("empathise",)),
        Criterion("move", ("solve", "own")),
        Criterion("fault", ("blame", "rude")),
        Criterion("other_words"),
    )
    return Written(
        "q", D(8), criteria, the_points(), READING, after="怎么还不发货", instead_of="急什么，仓库在排队", is_open=False
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("我理解您着急，可以给您换一家快递", "8"),
        ("我理解您着急", "6"),
        ("急什么，我理解", "4"),
        ("急什么，仓库在排队，我理解您", "2"),
        ("仓库忙", "0"),
        ("好的", "0"),
    ],
)
def test_a_better_line_has_the_moves_and_none_of_the_faults(text, points):
    assert grade(rewriting(), {"text": text}).points == D(points)


def test_who_says_nothing_of_what_was_asked_for_gets_nothing_for_keeping_the_rules():
    assert grade(rewriting(), {"text": "今天天气不错"}).points == 0


# -- cases and what holds for all -------------------------------------------------------------------------------------


def test_a_case_is_the_sum_of_its_items_with_their_parts():
    case = Case("c", (Choice("1", D(2), ("a", "b"), frozenset("a")), Order("2", D(3), ("x", "y"))))
    graded = grade(case, {"items": {"1": {"chosen": ["a"]}, "2": {"order": ["y", "x"]}}})
    assert (graded.points, graded.of) == (2, 5)
    assert [part.key for part in graded.parts] == ["1", "2"]
    assert not grade(case, {"items": {}}).is_answered
    assert grade(case, {"items": {"1": {"chosen": ["a"]}}}).is_answered
    assert grade(case, {"items": "nothing"}).points == 0


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "1", "l1", "q"]), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(["chosen", "blanks", "order", "pairs", "text", "items", "points"])
ITEMS = [SINGLE, MULTIPLE, STRICT, FILL, ORDER, MATCH, Played("q", D(20), "s"), steps(), rewriting()]


@given(item=st.sampled_from([*ITEMS, Case("c", (SINGLE,))]), answer=st.none() | st.dictionaries(NAMES, ANYTHING))
def test_whatever_is_sent_gets_between_nothing_and_everything_and_the_parts_are_the_whole(item, answer):
    graded = grade(item, answer)
    assert 0 <= graded.points <= graded.of == item.points
    assert sum(part.points for part in graded.parts) == graded.points
    assert sum(part.of for part in graded.parts) == graded.of
    assert all(part.points.as_tuple().exponent >= -2 for part in graded.parts)


@given(st.lists(st.integers(0, 30), unique=True, max_size=9))
def test_the_longest_rise_is_a_rise_of_the_numbers_and_as_long_as_any(numbers):
    chain = _longest_rise(numbers)
    assert chain == sorted(chain)
    rest = iter(numbers)
    assert all(number in rest for number in chain)
    heights = []
    for place, number in enumerate(numbers):
        heights.append(1 + max((heights[k] for k in range(place) if numbers[k] < number), default=0))
    assert len(chain) == max(heights, default=0)


def test_a_total_is_the_exact_sum():
    grades = [grade(MATCH, {"pairs": {"l1": "r1"}}) for _ in range(3)]
    assert total(grades) == (D("9.99"), D(30))
