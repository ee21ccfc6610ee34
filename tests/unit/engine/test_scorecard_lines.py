"""What a line may say beside its rule: when nothing is left, presence, sizes, exemption; and what is doubted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._expression import parse
from peilian.engine._kernel import Reason, Text
from peilian.engine.scorecard import Indicator, Line, Measure, Scorecard, SmallSample, score
from peilian.engine.scorecard.card import Grade, Proration, Sizes, ZeroWhen
from peilian.engine.scorecard.doubting import doubts
from peilian.engine.scorecard.rules.bands import Band, Bands
from peilian.engine.scorecard.rules.expression import Formula
from peilian.engine.scorecard.rules.growth import Growth
from peilian.engine.scorecard.rules.levels import Levels
from peilian.engine.scorecard.rules.met import Met
from peilian.engine.scorecard.rules.per_event import PerEvent
from peilian.engine.scorecard.rules.share import Share
from peilian.engine.scorecard.rules.steps import Steps

D = Decimal
NAME = Text("名", "name")
VOLUME = Bands((Band(below=D("0.8"), change=D(-2)), Band(change=D(0))), of=D(450))


def a_line(rule=None, names=("x",), weight=5, **more) -> Line:
    return Line("line", NAME, D(weight), rule or PerEvent(D(1)), names, **more)


def a_card(*lines: Line, **more) -> Scorecard:
    return Scorecard("card", "1", NAME, lines, **more)


def values(**given_: str | int | None) -> dict[str, Indicator]:
    return {key: Indicator(None if value is None else D(str(value))) for key, value in given_.items()}


def scored(line: Line, **given_):
    return score(a_card(line), values(**given_)).lines[0]


ABSENCE = ZeroWhen(parse("absent > 0"), Text("有旷工", "absent"))


@pytest.mark.parametrize(
    ("absent", "points"),
    [(0, 4), (1, 0), (None, 4)],
)
def test_nothing_is_left_when_the_condition_of_a_line_holds(absent, points):
    line = scored(a_line(zero_when=ABSENCE), x=1, absent=absent)
    assert line.points == points
    assert line.points == line.max + sum(reason.points for reason in line.reasons)
    assert ("absent" in line.inputs) == (absent is not None)


def test_what_is_below_nothing_already_stays_there():
    assert scored(a_line(zero_when=ABSENCE, floor=None), x=9, absent=1).points == -4


def test_a_condition_takes_full_points_that_were_given_for_want_of_data():
    line = scored(a_line(zero_when=ABSENCE, unjudged="full"), absent=1)
    assert (line.points, line.status) == (0, "judged")
    assert line.points == line.max + sum(reason.points for reason in line.reasons)


@pytest.mark.parametrize(
    ("presence", "value", "points"),
    [
        ("1", 359, 3),
        ("0.5", 180, 5),
        ("0.5", 179, 3),
        ("0.2", 72, 5),
        ("0.19", 450, None),
        ("0", 450, None),
        (None, 359, 3),
        ("1.5", 359, 3),
    ],
)
def test_a_value_counts_against_the_time_that_the_person_was_there(presence, value, points):
    line = scored(a_line(VOLUME, prorate=Proration("presence", D("0.2"))), x=value, presence=presence)
    assert line.points == points
    assert (line.status == "dropped") == (points is None)


def test_presence_is_told_with_the_points_it_changes():
    line = scored(a_line(VOLUME, prorate=Proration("presence")), x=100, presence="0.5")
    assert [reason.reason.key for reason in line.reasons] == ["scorecard.presence.prorated", "scorecard.band.of"]
    assert line.reasons[1].reason.params["value"] == "200"
    assert set(line.inputs) == {"x", "presence"}


@given(st.decimals("0.2", 1, places=3), st.integers(0, 900), st.integers(0, 900))
def test_prorated_or_not_a_better_value_never_brings_fewer_points(presence, one, other):
    line = a_line(VOLUME, prorate=Proration("presence", D("0.2")))
    worse, better = sorted((one, other))
    assert scored(line, x=better, presence=presence).points >= scored(line, x=worse, presence=presence).points


def by_size(share: str) -> Bands:
    return Bands((Band(below=D(1), change=D(-2)), Band(change=D(0))), of=D(share))


SIZES = Sizes("team", ((D(5), by_size("0.2")), (D(10), by_size("0.1"))))


@pytest.mark.parametrize(
    ("team", "points"), [(3, 3), (5, 3), (6, 5), (10, 5), (11, 5), (None, 5)], ids=lambda value: str(value)
)
def test_a_table_of_sizes_chooses_the_parameters(team, points):
    line = scored(a_line(by_size("0.12"), sizes=SIZES), x="0.15", team=team)
    assert line.points == points
    key = "scorecard.size.used" if team in (3, 5, 6, 10) else "scorecard.size.unknown"
    assert line.reasons[0].reason.key == key


def test_what_is_excused_leaves_the_card_whatever_the_line_says():
    out = Indicator(None, note=Reason("scorecard.excused"), is_excused=True)
    for policy in ("full", "missing", "drop"):
        card = a_card(a_line(unjudged=policy), Line("other", NAME, D(5), PerEvent(D(1)), ("y",)))
        done = score(card, {"x": out, "y": Indicator(D(1))})
        assert (done.lines[0].points, done.lines[0].status) == (None, "dropped")
        assert (done.total, done.max, done.normalised) == (4, 5, 80)


def test_of_several_counts_one_may_be_excused_and_the_others_count():
    line = a_line(PerEvent(deducts={"a": D(2), "b": D(2)}), ("a", "b"))
    out = Indicator(None, is_excused=True)
    assert score(a_card(line), {"a": Indicator(D(1)), "b": out}).lines[0].points == 3
    assert score(a_card(line), {"a": out, "b": out}).lines[0].status == "dropped"


def test_what_is_excused_has_no_value():
    with pytest.raises(ValueError, match="no value"):
        Indicator(D(1), is_excused=True)


def test_a_line_that_is_prorated_takes_one_value():
    with pytest.raises(ValueError, match=r"wrong\.prorated"):
        a_line(Met({"a": D(1), "b": D(1)}), ("a", "b"), prorate=Proration())


def test_the_best_grade_that_is_reached_counts_on_unrounded_points():
    card = a_card(a_line(), grades=(Grade("good", NAME, D(75)), Grade("pass", NAME, D(60))))
    assert card.grade(D("74.9999")).key == "pass"
    assert card.grade(D(75)).key == "good"
    assert card.grade(D(59)) is None
    assert card.grade(None) is None


def doubted(line: Line, better="higher", unit="ratio", **more) -> list[str]:
    measures = {name: Measure(NAME, better, unit) for name in line.indicators}
    return [
        reason.key.removeprefix("scorecard.doubt.") for _, reason in doubts(a_card(line, indicators=measures, **more))
    ]


DOWN = Bands((Band(below=D("0.01"), change=D(0)), Band(points=D(0))))
WAVE = Bands((Band(below=D(1), points=D(0)), Band(below=D(2), points=D(3)), Band(points=D(2))))


@pytest.mark.parametrize(
    ("line", "better", "unit", "expected"),
    [
        (a_line(DOWN), "lower", "ratio", []),
        (a_line(DOWN), "higher", "ratio", ["against"]),
        (a_line(DOWN), "none", "ratio", []),
        (a_line(WAVE, bonus=D(9)), "higher", "ratio", ["not_monotone", "unreachable"]),
        (a_line(Levels(4)), "higher", "level", []),
        (a_line(Levels(4)), "lower", "level", ["against"]),
        (a_line(Levels(3, (D(1), D(2), D(3)))), "higher", "level", ["unreachable"]),
        (a_line(PerEvent(D(2))), "lower", "count", []),
        (a_line(PerEvent(D(2), zero_above=3)), "higher", "count", ["against"]),
        (a_line(Steps(D(1), D("0.05"), D(1))), "higher", "ratio", []),
        (a_line(Steps(D(1), D("0.05"), D(1))), "lower", "ratio", ["against"]),
        (a_line(Steps(D(300), D(30), D(1), better="lower")), "lower", "number", []),
        (a_line(Growth(D("0.05"), D(1)), bonus=None), "higher", "ratio", []),
        (a_line(Growth(D("0.05"), D(0), base=D(3))), "higher", "ratio", ["unreachable"]),
        (a_line(Met({"a": D(1), "b": D(1)}), ("a", "b")), "higher", "truth", ["unreachable"]),
        (a_line(Met({"a": D(1), "b": D(1)}), ("a", "b")), "lower", "truth", ["unreachable", "against", "against"]),
        (a_line(Share(zero=D("0.5"), full=D("0.9"))), "higher", "ratio", []),
        (a_line(Formula("5 if x > 0.3 else 2")), "higher", "ratio", []),
        (a_line(Formula("2 if x > 0.3 else 5")), "higher", "ratio", ["against"]),
        (a_line(Formula("5 if x < 0.3 or x > 0.6 else 2")), "higher", "ratio", ["against"]),
        (a_line(Share(), zero_when=ZeroWhen(parse("x > 0.7"), NAME)), "higher", "ratio", ["against"]),
        (
            a_line(Share(), small_sample=SmallSample(9, rule=WAVE, indicators=("x",)), bonus=D(9)),
            "higher",
            "ratio",
            ["not_monotone"],
        ),
        (a_line(by_size("0.1"), sizes=Sizes("team", ((D(5), WAVE),))), "higher", "ratio", ["not_monotone"]),
    ],
)
def test_a_table_that_runs_against_its_indicator_is_doubted(line, better, unit, expected):
    assert doubted(line, better, unit) == expected


def test_weights_that_do_not_sum_up_to_what_was_meant_are_doubted():
    assert doubted(a_line(Share(), weight=5), meant_max=D(100)) == ["sum_of_weights"]
    assert doubted(a_line(Share(), weight=100), meant_max=D(100)) == []


def test_looking_for_doubts_first_changes_no_digit_of_a_result():
    # A third has as many digits as the context allows.
    rule = Formula("x / 3")
    card = a_card(a_line(rule, weight=7), indicators={"x": Measure(NAME, "higher", "count")})
    list(doubts(card))
    found = score(card, values(x=1)).lines[0].points
    assert found is not None
    assert len(found.as_tuple().digits) > 40
