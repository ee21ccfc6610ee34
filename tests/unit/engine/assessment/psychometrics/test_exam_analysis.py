"""Classical figures of exams: on small tables, with gaps, and where there is too little."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peilian.engine._kernel import InputError, WrongValue
from peilian.engine.assessment.psychometrics import Answer, ExamItem, Limits, Responses, analyse_exam
from peilian.flows.wording import say, say_fault

ANY_NUMBER = Limits(
    least_for_facility=1, least_for_discrimination=4, least_for_options=4, least_for_reliability=3, least_other_items=1
)


def exam(rows, *, most=None, limits=ANY_NUMBER):
    """Analyse rows of points; ``None`` was not shown."""
    count = max(map(len, rows))
    items = [ExamItem(f"q{n}", (most or [1.0] * count)[n]) for n in range(count)]
    answers = [
        Answer(f"p{person}", f"q{n}", points=points)
        for person, row in enumerate(rows)
        for n, points in enumerate(row)
        if points is not None
    ]
    return analyse_exam(Responses.of(answers, items), limits)


def invented(seed, *, people=200, items=12, shown=1.0, reversed_item=None):
    """Rows of right and wrong answers of people who differ in ability."""
    rng = random.Random(seed)
    rows = []
    for _ in range(people):
        ability = rng.gauss(0, 1.2)
        row = [float(rng.gauss(0, 1) < ability - (n - items / 2) / 5) for n in range(items)]
        if reversed_item is not None:
            row[reversed_item] = 1 - row[reversed_item]
        rows.append([points if rng.random() < shown else None for points in row])
    return rows


def test_facility_is_the_mean_share_of_points_with_an_interval():
    analysis = exam([[1, 2], [1, 0], [0, 4], [1, 2]], most=[1, 4])
    first, second = (one.figures.facility for one in analysis.items)
    assert (first.value, first.n) == (0.75, 4)
    assert first.low < 0.75 < first.high
    assert second.value == 0.5


def test_discrimination_is_the_correlation_with_the_total_of_all_other_questions():
    rows = invented(1)
    figures = exam(rows).items[4].figures
    expected = statistics.correlation([row[4] for row in rows], [sum(row) - row[4] for row in rows])
    assert figures.discrimination.value == pytest.approx(expected)
    assert figures.discrimination.low < expected < figures.discrimination.high


def test_points_count_by_their_weight_in_the_discrimination():
    rows = [[row[0], 5 * row[1], 2 * row[2]] for row in invented(2, items=3)]
    figures = exam(rows, most=[1, 5, 2]).items[0].figures
    expected = statistics.correlation([row[0] for row in rows], [row[1] + row[2] for row in rows])
    assert figures.discrimination.value == pytest.approx(expected)


def test_the_best_are_compared_with_the_weakest_27_percent():
    rows = [[float(person >= 50), *(float(person > 10 * n) for n in range(10))] for person in range(100)]
    assert exam(rows).items[0].figures.upper_lower.value == pytest.approx(1.0)


def test_reliability_is_the_alpha_of_the_textbook():
    rows = invented(3)
    items = list(zip(*rows, strict=True))
    single = sum(map(statistics.variance, items))
    alpha = len(items) / (len(items) - 1) * (1 - single / statistics.variance(map(sum, rows)))
    analysis = exam(rows)
    assert analysis.reliability.value == pytest.approx(alpha)
    assert analysis.reliability.low < alpha < analysis.reliability.high
    error = statistics.stdev(map(sum, rows)) * (1 - alpha) ** 0.5
    assert analysis.standard_error == pytest.approx(error)
    assert analysis.standard_error_share == pytest.approx(error / len(items))


def test_a_random_draw_of_questions_gives_nearly_the_figures_of_all_of_them():
    everything, half = exam(invented(4, people=2000)), exam(invented(4, people=2000, shown=0.6))
    for whole, part in zip(everything.items, half.items, strict=True):
        assert part.figures.facility.value == pytest.approx(whole.figures.facility.value, abs=0.05)
        assert part.figures.discrimination.value == pytest.approx(whole.figures.discrimination.value, abs=0.12)
    length = half.length / everything.length
    alpha = everything.reliability.value
    foretold = length * alpha / (1 + (length - 1) * alpha)  # Spearman and Brown, for a shorter paper
    assert half.reliability.value == pytest.approx(foretold, abs=0.03)


def test_whoever_drew_hard_questions_is_not_taken_for_weak():
    rng = random.Random(5)
    rows = []
    for person in range(400):
        ability, row = rng.gauss(0, 1), [None] * 13
        for n in range(6 if person % 2 else 0, 12 if person % 2 else 6):
            row[n] = float(rng.gauss(0, 1) < ability + (1.2 if person % 2 else -1.2))
        row[12] = float(rng.gauss(0, 1) < ability)
        rows.append(row)
    assert exam(rows).items[12].figures.discrimination.value > 0.35


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.5, 1.0))
def test_the_order_of_people_changes_nothing(seed, shown):
    rows = invented(seed, people=40, items=5, shown=shown)
    shuffled = rows[:]
    random.Random(seed).shuffle(shuffled)
    for one, other in zip(exam(rows).items, exam(shuffled).items, strict=True):
        for name in ("facility", "discrimination", "upper_lower"):
            first, second = getattr(one.figures, name).value, getattr(other.figures, name).value
            assert (first is None) == (second is None)
            assert first is None or first == pytest.approx(second, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([None, 0.0, 1.0, 2.0]), st.sampled_from([None, "", "A", "B", "AB"])), max_size=50
    )
)
def test_no_table_is_too_odd(rows):
    items = [
        ExamItem("marked", 2.0),
        ExamItem("one", 1.0, ("A", "B"), frozenset("A")),
        ExamItem("several", 1.0, ("A", "B"), frozenset("AB")),
        ExamItem("opinion", 2.0, ("A", "B")),
    ]
    answers = []
    for person, (points, chosen) in enumerate(rows):
        if points is not None:
            answers.append(Answer(f"p{person}", "marked", points))
            answers.append(Answer(f"p{person}", "opinion", points, frozenset("A")))
        if chosen is not None:
            answers += [Answer(f"p{person}", key, chosen=frozenset(chosen)) for key in ("one", "several")]
    loose = Limits(0, 0, 0, 0, 0)
    for limits in (None, loose):
        analysis = analyse_exam(Responses.of(answers, items), limits)
        for alarm in (*analysis.alarms, *(alarm for one in analysis.items for alarm in one.alarms)):
            assert say(alarm, "zh")
            assert say(alarm, "en")


def test_too_few_answers_are_a_reason_and_no_number():
    analysis = exam(invented(6, people=8), limits=Limits())
    assert analysis.items[0].figures.facility.value is None
    assert analysis.items[0].figures.discrimination.value is None
    assert analysis.reliability.value is None
    assert analysis.standard_error is None
    (alarm,) = analysis.items[0].alarms
    assert (alarm.key, alarm.params) == ("psychometrics.too_few_people", {"n": 8, "least": 10})
    assert say(alarm, "zh") == "作答只有 8 人，不到 10 人，还下不了结论"


def test_an_exam_that_nobody_sat_says_so():
    analysis = analyse_exam(Responses.of([], [ExamItem("q0"), ExamItem("q1")]))
    assert analysis.n_people == 0
    assert analysis.mean_share.value is None
    assert [alarm.key for alarm in analysis.alarms] == ["psychometrics.too_few_people"]


def test_a_question_that_all_got_right_has_no_discrimination():
    rows = [[1.0, *row] for row in invented(7)]
    figure = exam(rows).items[0].figures.discrimination
    assert (figure.value, figure.why_not.key) == (None, "psychometrics.nothing_varies")


def test_papers_without_common_questions_have_no_reliability():
    first, second = invented(8, items=6), invented(9, items=6)
    rows = [row + [None] * 6 for row in first] + [[None] * 6 + row for row in second]
    reliability = exam(rows, limits=Limits()).reliability
    assert reliability.why_not.key == "psychometrics.too_few_pairs"
    assert reliability.why_not.params["percent"] == 45


def test_people_who_were_cut_off_by_the_clock_are_told_and_not_taken_for_wrong():
    rows = [row[:9] if n % 4 == 0 else row for n, row in enumerate(invented(10))]
    analysis = exam(rows, limits=Limits())
    (alarm,) = (alarm for alarm in analysis.alarms if alarm.key == "psychometrics.not_reached")
    assert alarm.params == {"n": 50, "total": 200}
    assert analysis.items[11].figures.facility.n == 150


def test_an_unreliable_paper_is_told():
    rng = random.Random(11)
    rows = [[float(rng.random() < 0.6) for _ in range(5)] for _ in range(300)]
    assert [alarm.key for alarm in exam(rows, limits=Limits()).alarms] == ["psychometrics.unreliable"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer("p", "q9", points=1), "row 2: this exam has no question q9"),
        (Answer("p", "q0", points=3), "row 2: p has 3 points on question q0; 0 to 1.0 were expected"),
        (Answer("p", "q0", points=float("nan")), "row 2: p has nan points on question q0; 0 to 1.0 were expected"),
        (
            Answer("p", "q0"),
            "row 2: the answer of p to question q0 has no points and the question no key; mark it first",
        ),
        (Answer("o", "q0", points=1), "row 2: o has two answers to question q0; one was expected"),
        (Answer("p", "q1", chosen=frozenset("C")), "row 2: p chose C on question q1, which is none of its options"),
    ],
)
def test_an_answer_that_cannot_be_is_named(answer, message):
    items = [ExamItem("q0"), ExamItem("q1", 1.0, ("A", "B"), frozenset("A"))]
    with pytest.raises(InputError) as caught:
        Responses.of([Answer("o", "q0", points=0), answer], items)
    assert [say_fault(fault, "en") for fault in caught.value.faults] == [message]


def test_a_question_listed_twice_is_refused():
    with pytest.raises(InputError) as caught:
        Responses.of([], [ExamItem("q0"), ExamItem("q0")])
    assert [fault.reason.key for fault in caught.value.faults] == ["psychometrics.item_twice"]


@pytest.mark.parametrize(
    ("item", "key"),
    [
        (lambda: ExamItem("q", 0), "psychometrics.no_points"),
        (lambda: ExamItem("q", 1.0, ("A", "B"), frozenset("C")), "psychometrics.key_without_option"),
    ],
)
def test_a_question_that_cannot_be_is_refused(item, key):
    with pytest.raises(WrongValue) as caught:
        item()
    assert caught.value.reason.key == key
