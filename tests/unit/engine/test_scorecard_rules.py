"""The rules of a scorecard, one table of cases each, and what every rule guarantees."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._expression import ARITHMETIC
from peilian.engine._kernel import Reason, RegistryError, Text
from peilian.engine.scorecard import Evidence, Indicator, Line, Scorecard, score
from peilian.engine.scorecard.rules import Rule, known_rules
from peilian.engine.scorecard.rules.bands import Band, Bands
from peilian.engine.scorecard.rules.expression import Formula
from peilian.engine.scorecard.rules.levels import Levels
from peilian.engine.scorecard.rules.per_event import PerEvent
from peilian.engine.scorecard.rules.share import Share
from peilian.engine.scorecard.rules.steps import Steps
from peilian.engine.scorecard.values import shown

D = Decimal


NOTHING = D(0)


def scored(rule: Rule, weight: str, value: str, *, bonus: Decimal | None = NOTHING, evidence=()):
    """The only line of a card, scored."""
    names = tuple(sorted(rule.names)) or ("x",)
    line = Line("line", Text("项"), D(weight), rule, names, bonus=bonus)
    card = Scorecard("card", "1", Text("卡"), (line,))
    return score(card, {name: Indicator(D(value), None, tuple(evidence)) for name in names}).lines[0]


def points(rule: Rule, weight: str, value: str, **more) -> Decimal | None:
    return scored(rule, weight, value, **more).points


def total(reasons) -> Decimal:
    """Their points, summed up as precisely as the engine does."""
    with decimal.localcontext(ARITHMETIC):
        return sum((reason.points for reason in reasons), NOTHING)


def event(loss: str | None = None, n: int = 0) -> Evidence:
    return Evidence(Reason("reading.rude", {"quote": f"{n}"}), n, 0, 3, f"{n}", None if loss is None else D(loss))


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        (Share(), "1", "10"),
        (Share(), "0.5", "5"),
        (Share(), "0", "0"),
        (Share(), "1.5", "10"),
        (Share(), "-1", "0"),
        (Share(zero=D("0.6"), full=D("0.9")), "0.75", "5"),
        (Share(zero=D("0.6"), full=D("0.9")), "0.6", "0"),
        (Share(zero=D(60), full=D(20)), "20", "10"),
        (Share(zero=D(60), full=D(20)), "30", "7.5"),
        (Share(zero=D(60), full=D(20)), "61", "0"),
    ],
)
def test_a_share_is_linear_between_its_two_points(rule, value, expected):
    assert points(rule, "10", value) == D(expected)


def test_what_a_share_loses_is_divided_over_its_evidence():
    line = scored(Share(), "15", "0.4", evidence=[event("0.4"), event("0.2", 2), event("0", 3)])
    assert [reason.points for reason in line.reasons] == [D(-6), D(-3)]
    assert [piece.i for reason in line.reasons for piece in reason.evidence] == [0, 2]


def test_evidence_without_a_weight_bears_equal_parts():
    line = scored(Share(), "10", "0", evidence=[event(n=1), event(n=2), event(n=3)])
    assert total(line.reasons) == D(-10)
    assert line.points == 0


CONVERSION = Bands(
    (
        Band(below=D("0.005"), points=D(0)),
        Band(below=D("0.01"), points=D(2)),
        Band(below=D("0.015"), points=D(3)),
        Band(points=D(5)),
    )
)
FEATURED = Bands((Band(below=D("0.8"), change=D(-1)), Band(below=D(1), change=D(0)), Band(at_least=D(1), change=D(1))))
RETURNS = Bands((Band(at_least=D("0.01"), points=D(0)), Band(points=D(5))))


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        (CONVERSION, "0.015", "5"),
        (CONVERSION, "0.0149", "3"),
        (CONVERSION, "0.01", "3"),
        (CONVERSION, "0.0099", "2"),
        (CONVERSION, "0.005", "2"),
        (CONVERSION, "0.0049", "0"),
        (FEATURED, "1", "6"),
        (FEATURED, "0.999", "5"),
        (FEATURED, "0.8", "5"),
        (FEATURED, "0.799", "4"),
        (RETURNS, "0.0099", "5"),
        (RETURNS, "0.01", "0"),
    ],
)
def test_a_band_says_which_of_its_ends_belong_to_it(rule, value, expected):
    assert points(rule, "5", value, bonus=D(1)) == D(expected)


@pytest.mark.parametrize(
    ("bands", "problem"),
    [
        ((), "no_band"),
        ((Band(below=D(1), points=D(0)),), "gap.*'1'"),
        ((Band(below=D(1), points=D(0)), Band(above=D(1), points=D(2))), "gap.*'1'"),
        ((Band(at_most=D(1), points=D(0)), Band(at_least=D(2), points=D(2))), "gap.*'1.5'"),
    ],
)
def test_bands_with_a_hole_are_refused(bands, problem):
    with pytest.raises(ValueError, match=problem):
        Bands(bands)


@pytest.mark.parametrize(
    "sides",
    [
        {"at_least": D(2), "below": D(1)},
        {"at_least": D(1), "below": D(1)},
        {"at_least": D(1), "above": D(1)},
        {"points": None},
        {"change": D(1)},
    ],
)
def test_a_band_that_makes_no_sense_is_refused(sides):
    with pytest.raises(ValueError, match="band"):
        Band(**{"points": D(1), **sides})


def test_a_band_may_hold_one_value_alone():
    assert Band(at_least=D(1), at_most=D(1), points=D(1)).holds(D(1))


@pytest.mark.parametrize(
    ("rule", "doubts"),
    [
        (CONVERSION, []),
        (FEATURED, []),
        (RETURNS, []),
        (
            Bands((Band(below=D(1), points=D(0)), Band(below=D(2), points=D(3)), Band(points=D(2)))),
            ["not_monotone"],
        ),
        (Bands((Band(below=D(2), points=D(0)), Band(below=D(1), points=D(1)), Band(points=D(2)))), ["unreached_band"]),
        (Bands((Band(below=D(1), points=D(0)), Band(change=D(-1)))), []),
        (Bands((Band(below=D(1), points=D(9)), Band(below=D(2), change=D(-5)), Band(points=D(7)))), ["not_monotone"]),
        (Levels(3, (D(1), D(3), D(2))), ["not_monotone"]),
        (Levels(3, (D(1), D(2), D(2))), []),
    ],
)
def test_points_that_rise_and_fall_again_are_doubted(rule, doubts):
    assert [reason.key.rpartition(".")[2] for reason in rule.doubts(D(10))] == doubts


SALES = Steps(target=D(1), step=D("0.05"), deduct=D(1), bonus=D(2), bonus_beyond=D("0.1"))
HANDLING = Steps(target=D(300), step=D(30), deduct=D("0.5"), better="lower")
VOLUME = Steps(target=D(450), step=D("0.1"), deduct=D(1), relative=True, bonus=D(1), bonus_step=D("0.1"))


@pytest.mark.parametrize(
    ("rule", "weight", "value", "expected"),
    [
        (SALES, "30", "1", "30"),
        (SALES, "30", "0.99", "30"),
        (SALES, "30", "0.95", "29"),
        (SALES, "30", "0.92", "29"),
        (SALES, "30", "0.9", "28"),
        (SALES, "30", "0.5", "20"),
        (SALES, "30", "0", "10"),
        (SALES, "30", "1.1", "30"),
        (SALES, "30", "1.101", "32"),
        (SALES, "30", "1.3", "32"),
        (HANDLING, "10", "300", "10"),
        (HANDLING, "10", "329", "10"),
        (HANDLING, "10", "330", "9.5"),
        (HANDLING, "10", "200", "10"),
        (HANDLING, "10", "3000", "0"),
        (VOLUME, "5", "406", "5"),
        (VOLUME, "5", "405", "4"),
        (VOLUME, "5", "360", "3"),
        (VOLUME, "5", "540", "7"),
    ],
)
def test_only_full_steps_count(rule, weight, value, expected):
    assert points(rule, weight, value, bonus=D(2)) == D(expected)


def test_a_bonus_counts_only_where_the_line_allows_one():
    line = scored(SALES, "30", "1.2", bonus=D(0))
    assert line.points == 30
    assert [(reason.reason.key, reason.points) for reason in line.reasons] == [
        ("scorecard.steps.bonus", D(2)),
        ("scorecard.limit.line.cap", D(-2)),
    ]


def test_a_bonus_by_the_step_ends_at_its_most():
    rule = Steps(target=D(1), step=D("0.1"), deduct=D(1), bonus=D(1), bonus_step=D("0.1"), bonus_most=D(3))
    assert points(rule, "10", "1.2", bonus=None) == 12
    assert points(rule, "10", "9", bonus=None) == 13


@pytest.mark.parametrize(
    ("rule", "weight", "value", "expected"),
    [
        (PerEvent(D(2)), "5", "0", "5"),
        (PerEvent(D(2)), "5", "1", "3"),
        (PerEvent(D(2)), "5", "2", "1"),
        (PerEvent(D(2)), "5", "3", "0"),
        (PerEvent(D(1), zero_above=3), "4", "3", "1"),
        (PerEvent(D(1), zero_above=3), "4", "4", "0"),
        (PerEvent(D(1), zero_above=3), "9", "4", "0"),
        (PerEvent(D(1), allowed=2), "4", "2", "4"),
        (PerEvent(D(1), allowed=2), "4", "3", "3"),
        (PerEvent(D(1), most=D("2.5")), "9", "7", "6.5"),
        (PerEvent(D(1)), "9", "1.5", None),
        (PerEvent(D(1)), "9", "-1", None),
    ],
)
def test_every_event_beyond_the_allowed_ones_costs_the_same(rule, weight, value, expected):
    assert points(rule, weight, value) == (None if expected is None else D(expected))


def test_every_event_with_evidence_has_its_own_reason():
    line = scored(PerEvent(D(2), allowed=1), "9", "4", evidence=[event(n=1), event(n=2), event(n=3)])
    assert [(reason.points, [piece.i for piece in reason.evidence]) for reason in line.reasons] == [
        (D(-2), [2]),
        (D(-2), [3]),
        (D(-2), []),
    ]


@pytest.mark.parametrize(
    ("rule", "weight", "value", "expected"),
    [
        (Levels(4), "5", "3", "3.75"),
        (Levels(4), "5", "4", "5"),
        (Levels(4), "5", "1", "1.25"),
        (Levels(3, (D(0), D(1), D(2))), "2", "2", "1"),
        (Levels(4), "5", "0", None),
        (Levels(4), "5", "5", None),
        (Levels(4), "5", "2.5", None),
    ],
)
def test_a_level_brings_its_part_of_the_weight(rule, weight, value, expected):
    assert points(rule, weight, value) == (None if expected is None else D(expected))


def test_a_third_is_not_rounded():
    assert abs(points(Levels(3), "2", "2") * 3 - 4) < D("1e-40")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", 8), ("0.049", 8), ("0.05", 9), ("0.12", 10), ("-0.2", 8), ("-0.201", 7), ("-0.4", 7), ("-0.401", 6)],
)
def test_a_formula_says_what_no_other_rule_can(value, expected):
    growth = Formula("8 + max(0, floor(x / 0.05)) - (2 if x < -0.4 else 1 if x < -0.2 else 0)")
    assert points(growth, "8", value, bonus=None) == expected


def test_a_formula_takes_several_indicators():
    rule = Formula("on_time + quality_met")
    line = Line("reports", Text("报告"), D(4), rule, ("on_time", "quality_met"))
    card = Scorecard("card", "1", Text("卡"), (line,))
    assert score(card, {"on_time": Indicator(D(1)), "quality_met": Indicator(D(0))}).lines[0].points == 1
    assert score(card, {"on_time": Indicator(D(1))}).lines[0].status == "dropped"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Share(zero=D(1), full=D(1)), "same_ends"),
        (lambda: Steps(target=D(1), step=D(0), deduct=D(1)), "step"),
        (lambda: Steps(target=D(0), step=D(1), deduct=D(1), relative=True), "relative_target"),
        (lambda: Steps(target=D(1), step=D(1), deduct=D(-1)), "negative_points"),
        (lambda: PerEvent(D(-1)), "negative_points"),
        (lambda: Levels(0), "few_levels"),
        (lambda: Levels(2, (D(1),)), "points_of_levels.*2"),
        (lambda: Formula("x > 1"), "wrong.formula"),
        (lambda: Formula("1 +"), "value missing"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(make, problem):
    with pytest.raises(ValueError, match=problem):
        make()


@pytest.mark.parametrize(
    ("number", "text"),
    [("0.12345", "0.1235"), ("-0.00001", "0"), ("300", "300"), ("1.50", "1.5"), ("1e60", "1" + "0" * 60), ("0", "0")],
)
def test_a_number_is_shown_plainly(number, text):
    assert shown(D(number)) == text


def test_numbers_beyond_all_measure_are_scored_too():
    rule = Bands((Band(below=D("1e40"), points=D(1)), Band(points=D(2))))
    assert points(rule, "2", "1e60") == 2
    assert rule.doubts(D(2)) == ()
    assert points(Formula("x * x"), "2", "1e30", bonus=None) == D("1e60")


def test_every_rule_is_found_and_an_unknown_one_named():
    known = [key for key, _ in known_rules()]
    assert known == ["bands", "expression", "growth", "levels", "met", "per_event", "share", "steps"]
    with pytest.raises(RegistryError, match="known: bands"):
        known_rules().get("luck")


RULES = (Share(), Share(zero=D(3), full=D(-2)), CONVERSION, SALES, HANDLING, PerEvent(D(2), allowed=1), Levels(5))
numbers = st.decimals(-10, 10, places=3) | st.integers(0, 8).map(D)


@given(st.sampled_from(RULES), numbers, st.lists(st.decimals(0, 1, places=2), max_size=4))
def test_points_are_the_weight_plus_their_reasons_and_stay_in_bounds(rule, value, losses):
    evidence = [Evidence(Reason("reading.rude", {"quote": ""}), n, loss=loss) for n, loss in enumerate(losses)]
    line = scored(rule, "10", str(value), evidence=evidence)
    if line.points is None:
        assert line.note is not None
    else:
        assert 0 <= line.points <= 10
        with decimal.localcontext(ARITHMETIC):
            assert line.points == line.max + total(line.reasons)
        assert line.points == 10 or line.reasons


@given(st.sampled_from([(Share(), 1), (CONVERSION, 1), (SALES, 1), (HANDLING, -1), (PerEvent(D(1)), -1)]), st.data())
def test_better_values_never_bring_fewer_points(case, data):
    rule, direction = case
    values = st.integers(0, 20).map(D) if isinstance(rule, PerEvent) else numbers
    low, high = sorted((data.draw(values), data.draw(values)))
    better, worse = (high, low) if direction > 0 else (low, high)
    assert points(rule, "5", str(better), bonus=None) >= points(rule, "5", str(worse), bonus=None)
