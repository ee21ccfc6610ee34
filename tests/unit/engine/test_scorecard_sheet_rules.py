"""What a monthly sheet needs of the rules: growth, requirements, standards, several counts, and edges by choice."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._kernel import Reason, Text
from peilian.engine.scorecard import Evidence, Indicator, Line, Scorecard, score
from peilian.engine.scorecard.rules import Rule
from peilian.engine.scorecard.rules.bands import Band, Bands
from peilian.engine.scorecard.rules.growth import Fall, Growth
from peilian.engine.scorecard.rules.levels import Levels
from peilian.engine.scorecard.rules.met import Met
from peilian.engine.scorecard.rules.per_event import PerEvent
from peilian.engine.scorecard.rules.steps import Steps

D = Decimal
ONE_VALUE = "x"


def scored(rule: Rule, weight: str, bonus: Decimal | None = None, **values: str | None):
    """The only line of a card, scored over ``values``."""
    line = Line("line", Text("项"), D(weight), rule, tuple(values), bonus=bonus)
    given_ = {name: Indicator(None if value is None else D(value)) for name, value in values.items()}
    return score(Scorecard("card", "1", Text("卡"), (line,)), given_).lines[0]


def keys(line) -> list[str]:
    return [reason.reason.key.removeprefix("scorecard.") for reason in line.reasons]


FALLS = (Fall(D("0.2"), D(1)), Fall(D("0.4"), D(2)))
GROWTH = Growth(D("0.05"), D(1), FALLS)


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        (GROWTH, "0", "8"),
        (GROWTH, "0.049", "8"),
        (GROWTH, "0.05", "9"),
        (GROWTH, "0.12", "10"),
        (GROWTH, "3", "68"),
        (GROWTH, "-0.2", "8"),
        (GROWTH, "-0.201", "7"),
        (GROWTH, "-0.4", "7"),
        (GROWTH, "-0.401", "6"),
        (GROWTH, "-1", "6"),
        (Growth(D("0.05"), D(1), FALLS, additive=True), "-0.401", "5"),
        (Growth(D("0.05"), D(1), FALLS, additive=True), "-0.3", "7"),
        (Growth(D("0.05"), D(1), FALLS, base=D(0)), "0.4", "8"),
        (Growth(D("0.05"), D(1), FALLS, base=D(0)), "0.12", "2"),
        (Growth(D("0.05"), D(1), FALLS, base=D(0)), "-0.5", "0"),
    ],
)
def test_growth_brings_points_by_the_full_step_and_a_fall_costs_what_the_deepest_limit_says(rule, value, expected):
    assert scored(rule, "8", x=value).points == D(expected)


def test_growth_ends_where_the_line_ends_its_bonus():
    line = scored(GROWTH, "8", D(3), x="0.5")
    assert line.points == 11
    assert keys(line) == ["growth.up", "limit.line.cap"]


def test_every_fall_that_adds_up_has_its_own_reason():
    line = scored(Growth(D("0.05"), D(1), FALLS, additive=True), "8", x="-0.5")
    assert [(reason.reason.params["beyond"], reason.points) for reason in line.reasons] == [("0.2", -1), ("0.4", -2)]


REPORTS = Met({"quality": D(1), "time": D(1)})


@pytest.mark.parametrize(
    ("rule", "time", "quality", "expected"),
    [
        (REPORTS, "1", "1", "2"),
        (REPORTS, "1", "0", "1"),
        (REPORTS, "0", "0", "0"),
        (Met({"quality": D(1), "time": D(1)}, scaled=True), "1", "1", "4"),
        (Met({"quality": D(1), "time": D(1)}, scaled=True), "0", "1", "2"),
        (Met({"quality": D(3), "time": D(1)}, scaled=True), "0", "1", "3"),
        (REPORTS, "2", "1", None),
        (REPORTS, None, "1", None),
    ],
)
def test_every_requirement_that_is_met_brings_its_points(rule, time, quality, expected):
    line = scored(rule, "4", quality=quality, time=time)
    assert line.points == (None if expected is None else D(expected))
    assert (line.note is None) == (expected is not None)


def test_points_that_a_rule_cannot_give_are_told_as_such():
    line = scored(REPORTS, "4", quality="1", time="0")
    assert [(key, reason.points) for key, reason in zip(keys(line), line.reasons, strict=True)] == [
        ("met.most", -2),
        ("met.yes", 0),
        ("met.no", -1),
    ]


ATTITUDE = PerEvent(deducts={"complaints": D(2), "impolite": D(1)})


@pytest.mark.parametrize(
    ("rule", "complaints", "impolite", "expected"),
    [
        (ATTITUDE, "0", "0", "5"),
        (ATTITUDE, "1", "0", "3"),
        (ATTITUDE, "1", "1", "2"),
        (ATTITUDE, "0", "3", "2"),
        (ATTITUDE, "3", "3", "0"),
        (ATTITUDE, "1", None, "3"),
        (ATTITUDE, None, None, None),
        (ATTITUDE, "0.5", "0", None),
        (PerEvent(deducts={"complaints": D(2), "impolite": D(1)}, allowed=2), "1", "2", "4"),
        (PerEvent(deducts={"complaints": D(2), "impolite": D(1)}, most=D(3)), "1", "5", "2"),
        (PerEvent(deducts={"complaints": D(2), "impolite": D(1)}, zero_above=2), "2", "1", "0"),
        (PerEvent(D(2)), "1", "1", "1"),
    ],
)
def test_events_of_several_kinds_cost_what_each_of_them_costs(rule, complaints, impolite, expected):
    line = scored(rule, "5", D(0), complaints=complaints, impolite=impolite)
    assert line.points == (None if expected is None else D(expected))


def test_a_count_that_nobody_gave_deducts_nothing_and_is_told():
    line = scored(ATTITUDE, "5", complaints="1", impolite=None)
    assert keys(line) == ["per_event.events_of", "per_event.unknown"]


def test_events_with_evidence_stand_under_their_own_kind():
    pieces = tuple(Evidence(Reason("reading.rude", {"quote": ""}), n) for n in range(2))
    line = Line("line", Text("项"), D(5), ATTITUDE, ("complaints", "impolite"))
    given_ = {"complaints": Indicator(D(1)), "impolite": Indicator(D(2), evidence=pieces)}
    done = score(Scorecard("card", "1", Text("卡"), (line,)), given_).lines[0]
    assert [(reason.points, len(reason.evidence)) for reason in done.reasons] == [(-2, 0), (-1, 1), (-1, 1)]


VOLUME = Bands(
    (Band(below=D("0.3"), change=D(-5)), Band(below=D("0.6"), change=D(-3)), Band(change=D(0))),
    of=D(450),
)


@pytest.mark.parametrize(("value", "expected"), [("270", "5"), ("269", "2"), ("135", "2"), ("134", "0")])
def test_edges_may_be_shares_of_a_standard(value, expected):
    assert scored(VOLUME, "5", x=value).points == D(expected)


def test_an_edge_is_exact_however_many_digits_it_has():
    rule = Bands((Band(below=D("0.123456789"), points=D(0)), Band(points=D(5))))
    assert scored(rule, "5", x="0.123456788").points == 0
    assert scored(rule, "5", x="0.123456789").points == 5
    third = Bands((Band(below=D("0.3333333333"), points=D(0)), Band(points=D(5))), of=D(3))
    assert scored(third, "5", x="0.9999999999").points == 5
    assert scored(third, "5", x="0.9999999998").points == 0


@pytest.mark.parametrize(
    ("value", "band"), [("0.1", "< 135"), ("200", "≥ 135, < 270"), ("270", "≥ 270"), ("9999", "≥ 270")]
)
def test_a_band_is_told_by_the_values_on_which_it_decides(value, band):
    assert scored(VOLUME, "5", x=value).reasons[0].reason.params["band"] == band


def test_a_band_between_two_edges_that_do_not_belong_to_it_is_told_so():
    rule = Bands((Band(at_most=D(1), points=D(0)), Band(at_least=D(2), points=D(2)), Band(points=D(1))))
    assert scored(rule, "5", x="1.5").reasons[0].reason.params["band"] == "> 1, < 2"
    assert scored(rule, "5", x="1").reasons[0].reason.params["band"] == "≤ 1"


STARTED = Steps(target=D(1), step=D("0.05"), deduct=D(1), started=True)
INCLUSIVE = Steps(target=D(1), step=D("0.05"), deduct=D(1), bonus=D(2), bonus_beyond=D("0.1"), bonus_inclusive=True)


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        (STARTED, "1", "30"),
        (STARTED, "0.999", "29"),
        (STARTED, "0.95", "29"),
        (STARTED, "0.94", "28"),
        (INCLUSIVE, "1.0999", "30"),
        (INCLUSIVE, "1.1", "32"),
        (Levels(4, from_zero=True), "1", "0"),
        (Levels(4, from_zero=True), "4", "30"),
        (Levels(4, from_zero=True), "2", "10"),
    ],
)
def test_readings_that_a_company_may_choose(rule, value, expected):
    assert scored(rule, "30", x=value).points == D(expected)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Growth(D(0), D(1)), "wrong.step"),
        (lambda: Growth(D(1), D(-1)), "negative_growth"),
        (lambda: Growth(D(1), D(1), (Fall(D("0.4"), D(1)), Fall(D("0.2"), D(2)))), "order_of_falls"),
        (lambda: Growth(D(1), D(1), (Fall(D("0.2"), D(2)), Fall(D("0.4"), D(1)))), "order_of_falls"),
        (lambda: Fall(D(-1), D(1)), "negative_fall"),
        (lambda: Met({}), "wrong.each"),
        (lambda: Met({"a": D(0)}), "wrong.each"),
        (lambda: PerEvent(), "no_deduction"),
        (lambda: PerEvent(D(1), deducts={"a": D(1)}), "two_deductions"),
        (lambda: PerEvent(deducts={"a": D(-1)}), "negative_points"),
        (lambda: PerEvent(D(1), allowed=-1), "negative_count"),
        (lambda: Bands((Band(points=D(1)),), of=D(0)), "wrong.standard"),
        (lambda: Levels(1, from_zero=True), "from_zero"),
        (lambda: Levels(2, (D(1), D(2)), from_zero=True), "from_zero"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(make, problem):
    with pytest.raises(ValueError, match=problem):
        make()


growths = st.builds(
    lambda step, add, falls, additive, base: Growth(
        step, add, tuple(Fall(beyond, deduct) for beyond, deduct in falls), additive, base
    ),
    st.decimals("0.01", "0.3", places=2),
    st.decimals(0, 3, places=1),
    st.lists(st.tuples(st.decimals(0, 1, places=2), st.decimals(0, 3, places=1)), max_size=3).map(
        lambda falls: list(
            zip(sorted({beyond for beyond, _ in falls}), sorted(deduct for _, deduct in falls), strict=False)
        )
    ),
    st.booleans(),
    st.none() | st.decimals(0, 8, places=1),
)


@given(growths, st.tuples(st.decimals(-1, 3, places=3), st.decimals(-1, 3, places=3)))
def test_more_growth_never_brings_fewer_points(rule, values):
    worse, better = sorted(values)
    assert scored(rule, "8", x=str(better)).points >= scored(rule, "8", x=str(worse)).points


counts = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 6), min_size=3)


@given(
    st.builds(
        lambda costs, allowed, most, zero: PerEvent(
            deducts=dict(zip("abc", costs, strict=True)), allowed=allowed, most=most, zero_above=zero
        ),
        st.lists(st.decimals(0, 3, places=1), min_size=3, max_size=3),
        st.integers(0, 3),
        st.none() | st.decimals(0, 9, places=1),
        st.none() | st.integers(0, 5),
    ),
    counts,
    st.sampled_from("abc"),
)
def test_one_event_fewer_never_brings_fewer_points(rule, happened, name):
    fewer = {**happened, name: max(0, happened[name] - 1)}
    before, after = (
        scored(rule, "5", D(0), **{key: str(one[key]) for key in "abc"}).points for one in (happened, fewer)
    )
    assert after >= before
