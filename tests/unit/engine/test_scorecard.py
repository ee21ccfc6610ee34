"""A whole card: what is left out, limits and their order, gates, passing, reasons."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._expression import parse
from peilian.engine._kernel import Reason, Text
from peilian.engine.scorecard import Evidence, Gate, Group, Indicator, Line, Scorecard, SmallSample, score
from peilian.engine.scorecard.rules.expression import Formula
from peilian.engine.scorecard.rules.per_event import PerEvent
from peilian.engine.scorecard.rules.share import Share

D = Decimal
NAME = Text("名", "name")


def a_line(key: str, weight: int = 10, **more) -> Line:
    return Line(**{"key": key, "label": NAME, "weight": D(weight), "rule": Share(), "indicators": (key,), **more})


def a_card(*lines: Line, **more) -> Scorecard:
    return Scorecard("card", "1", NAME, lines, **more)


def values(**given: float | str | None) -> dict[str, Indicator]:
    return {key: Indicator(None if value is None else D(str(value))) for key, value in given.items()}


def a_gate(key: str, when: str, cap: int | None = None, *, fails: bool = False) -> Gate:
    return Gate(key, NAME, parse(when), None if cap is None else D(cap), fails)


def test_points_add_up_and_are_shown_on_a_scale_of_100():
    done = score(a_card(a_line("a", 15), a_line("b", 10)), values(a=1, b=0.5))
    assert (done.total, done.max, done.normalised) == (20, 25, 80)
    assert done.passed is None


@pytest.mark.parametrize(
    ("policy", "total", "most", "normalised", "status"),
    [
        ("drop", 5, 10, 50, "dropped"),
        ("full", 20, 25, 80, "full"),
        ("missing", 5, 10, None, "missing"),
    ],
)
@pytest.mark.parametrize("absent", [{"b": None}, {}], ids=["measured without result", "not given"])
def test_a_line_that_cannot_be_judged_does_what_its_policy_says(policy, total, most, normalised, status, absent):
    card = a_card(a_line("a"), a_line("b", 15, unjudged=policy), pass_mark=D(40))
    done = score(card, values(a=0.5, **absent))
    assert (done.total, done.max, done.normalised) == (total, most, normalised)
    assert done.lines[1].status == status
    assert done.lines[1].note is not None
    assert done.passed is (None if policy == "missing" else True)


def test_why_nothing_was_measured_is_told_in_the_indicators_own_words():
    untimed = Indicator(None, 0, note=Reason("indicator.absent.untimed"))
    assert score(a_card(a_line("a")), {"a": untimed}).lines[0].note == untimed.note


def test_a_card_without_any_line_that_counts_has_no_result():
    done = score(a_card(a_line("a"), pass_mark=D(0)), {})
    assert (done.total, done.max, done.normalised, done.passed) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("small", "n", "points", "status"),
    [
        (SmallSample(50, "drop"), 49, None, "dropped"),
        (SmallSample(50, "full"), 49, 10, "full"),
        (SmallSample(50, "drop"), 50, 5, "judged"),
        (SmallSample(50, "drop"), None, 5, "judged"),
        (SmallSample(50, "drop", PerEvent(D(1)), ("bad",)), 49, 7, "judged"),
    ],
)
def test_few_cases_are_judged_by_the_rule_for_small_samples(small, n, points, status):
    given_ = {"a": Indicator(D("0.5"), n), "bad": Indicator(D(3), n)}
    (line,) = score(a_card(a_line("a", small_sample=small)), given_).lines
    assert (line.points, line.status) == (points, status)
    assert (line.note is not None) == (n == 49)


@pytest.mark.parametrize(
    ("floor", "bonus", "formula", "expected"),
    [
        (D(0), D(0), "-3", 0),
        (None, D(0), "-3", -3),
        (D(-2), D(0), "-3", -2),
        (D(0), D(0), "12", 10),
        (D(0), D(1), "12", 11),
        (D(0), None, "12", 12),
        (D(2), D(0), "0", 2),
    ],
)
def test_a_line_is_cut_to_its_floor_and_cap(floor, bonus, formula, expected):
    line = a_line("a", rule=Formula(f"{formula} + 0 * a"), floor=floor, bonus=bonus)
    (done,) = score(a_card(line), values(a=0)).lines
    assert done.points == expected
    assert done.points == done.max + sum(reason.points for reason in done.reasons)


def bonus_card(*order: str) -> Scorecard:
    """One line of 10 that gives 30, and one that gives 4; a group cap, a total cap, a total floor and a gate."""
    return a_card(
        a_line("a", rule=Formula("30 * a"), bonus=D(5), group="g"),
        a_line("b"),
        groups=(Group("g", NAME, cap=D(12)),),
        gates=(a_gate("veto", "a > 0", 6),),
        cap=D(14),
        floor=D(7),
        order=order,
    )


@pytest.mark.parametrize(
    ("order", "total"),
    [
        ((), 34),
        (("lines",), 19),
        (("groups",), 16),
        (("lines", "groups"), 16),
        (("lines", "groups", "total"), 14),
        (("lines", "groups", "total", "gates"), 6),
        (("lines", "groups", "gates", "total"), 7),
        (("total", "lines"), -1),
    ],
)
def test_limits_act_in_the_order_that_the_card_states(order, total):
    done = score(bonus_card(*order), values(a=1, b=0.4))
    assert done.total == total
    changes = [*done.limits, *(gate.reason for gate in done.gates)]
    assert done.total == sum(line.points for line in done.lines) + sum(change.points for change in changes)


@pytest.mark.parametrize(
    ("order", "problem"),
    [(("groups", "lines"), r"wrong\.order"), (("lines", "lines"), r"wrong\.stage_twice")],
)
def test_an_order_that_makes_no_sense_is_refused(order, problem):
    with pytest.raises(ValueError, match=problem):
        bonus_card(*order)


def test_a_group_is_summed_up_after_its_limits():
    done = score(bonus_card("lines", "groups"), values(a=1, b=0.4))
    assert [(group.key, group.points, group.max) for group in done.groups] == [("g", 12, 10)]


@pytest.mark.parametrize(
    ("fatal", "share", "total", "passed", "gates"),
    [
        (0, 0, 90, True, []),
        (1, 0, 40, False, ["fatal"]),
        (0, 0.6, 45, False, ["dump"]),
        (2, 0.6, 40, False, ["fatal", "dump"]),
        (None, 0, 90, None, []),
        (0, None, 90, None, []),
    ],
)
def test_no_points_make_up_for_a_gate(fatal, share, total, passed, gates):
    card = a_card(
        a_line("a", 100),
        gates=(a_gate("fatal", "fatal > 0", 40, fails=True), a_gate("dump", "share > 0.5", 45, fails=True)),
        pass_mark=D(60),
    )
    done = score(card, values(a=0.9, fatal=fatal, share=share))
    assert (done.total, done.passed, [gate.key for gate in done.gates]) == (total, passed, gates)
    assert len(done.warnings) == (None in (fatal, share))


def test_a_result_below_the_pass_mark_fails_even_when_a_gate_is_open():
    card = a_card(a_line("a"), gates=(a_gate("g", "unknown > 0", 1, fails=True),), pass_mark=D(60))
    assert score(card, values(a=0.5)).passed is False


def test_a_gate_without_a_cap_fails_and_leaves_the_points():
    card = a_card(a_line("a", 100), gates=(a_gate("g", "a > 0", fails=True),), pass_mark=D(60))
    done = score(card, values(a=0.9))
    assert (done.total, done.passed) == (90, False)


def test_the_cap_of_a_gate_shrinks_with_the_lines_that_are_left_out():
    card = a_card(a_line("a", 80), a_line("b", 20), gates=(a_gate("g", "a > 0", 40),))
    done = score(card, values(a=1))
    assert (done.total, done.normalised) == (32, 40)


def test_a_gate_shows_the_evidence_of_its_indicators():
    piece = Evidence(Reason("reading.rude", {"quote": "随便你"}), 3, 0, 3, "随便你")
    card = a_card(a_line("a"), gates=(a_gate("g", "fatal > 0", 1),))
    done = score(card, {**values(a=1), "fatal": Indicator(D(1), 1, (piece,))})
    assert done.gates[0].reason.evidence == (piece,)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: a_card(), r"wrong\.lines"),
        (lambda: a_card(a_line("a"), a_line("a")), r"wrong\.lines"),
        (lambda: a_line("a", 0), r"wrong\.weight"),
        (lambda: a_line("a", indicators=()), "indicator"),
        (lambda: a_line("a", indicators=("a", "b")), "indicator"),
        (lambda: Indicator(D("NaN")), "finite"),
    ],
)
def test_what_makes_no_sense_is_refused(make, problem):
    with pytest.raises(ValueError, match=problem):
        make()


@given(st.lists(st.decimals(0, 1, places=3) | st.none(), min_size=3, max_size=3), st.integers(0, 100))
def test_a_total_lies_between_nothing_and_its_most(shares, cap):
    card = a_card(a_line("a"), a_line("b", 7), a_line("c", 3), gates=(a_gate("g", "a > 0.5", cap),), pass_mark=D(60))
    done = score(card, dict(zip("abc", map(Indicator, shares), strict=True)))
    assert 0 <= done.total <= done.max <= card.max
    assert done.normalised is None or 0 <= done.normalised <= 100
    assert done.total == sum(line.points or 0 for line in done.lines) + sum(g.reason.points for g in done.gates)


@given(st.decimals(0, 1, places=6), st.integers(1, 9))
def test_the_callers_decimal_context_changes_nothing(value, precision):
    card = a_card(a_line("a", 7), a_line("b", 3))
    done = score(card, values(a=value, b="0.333"))
    with decimal.localcontext(prec=precision, rounding=decimal.ROUND_UP):
        assert score(card, values(a=value, b="0.333")) == done
