"""From evidence to profiles: what a piece does, what must always hold, when a level changes."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from statistics import NormalDist

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from peilian.engine._kernel import Reason
from peilian.engine.competency import Estimate, Evidence, explain, gaps, influences, profile, radar
from peilian.engine.competency.belief import Belief
from peilian.engine.competency.model import Axis, Rules, Stage
from peilian.engine.competency.profile import next_level
from support.competencies import DAY, NAME, a_model, a_piece

MODEL = a_model()
scores = st.floats(0, 1)
pieces = st.builds(
    Evidence,
    at_ms=st.integers(0, 900 * DAY),
    source=st.text("abc", min_size=1, max_size=3),
    competency=st.just("empathy"),
    kind=st.sampled_from(["drill", "conversation", "kpi"]),
    score=scores,
    n=st.integers(1, 500),
    weight=st.floats(0.05, 1),
)
ledgers = st.lists(pieces, max_size=12)
LATER = 1000 * DAY


def empathy(*evidence: Evidence, day: float = 900, stage: str = "newcomer", model=MODEL) -> Estimate:
    return profile(model, evidence, int(day * DAY), stage=stage).estimates["empathy"]


# What must always hold


@given(ledgers, st.randoms(use_true_random=False))
def test_the_order_of_evidence_makes_no_difference(evidence, rng):
    shuffled = evidence.copy()
    rng.shuffle(shuffled)
    assert profile(MODEL, shuffled, LATER) == profile(MODEL, evidence, LATER)


@given(ledgers, st.sampled_from(["newcomer", "expert"]))
def test_an_estimate_and_its_interval_stay_on_the_scale(evidence, stage):
    found = profile(MODEL, evidence, LATER, stage=stage).estimates["empathy"]
    assert 0 <= found.low <= found.mean <= found.high <= 100
    assert found.deviation > 0
    assert found.observed is None or 0 <= found.observed <= 100


@given(ledgers, st.data())
def test_better_evidence_never_lowers_the_estimate(evidence, data):
    assume(evidence)
    place = data.draw(st.integers(0, len(evidence) - 1))
    better = data.draw(st.floats(evidence[place].score, 1))
    raised = [replace(piece, score=better) if i == place else piece for i, piece in enumerate(evidence)]
    before, after = (profile(MODEL, found, LATER).estimates["empathy"].mean for found in (evidence, raised))
    assert after >= before - 1e-9


@given(ledgers, pieces)
def test_evidence_that_agrees_never_makes_less_certain(evidence, piece):
    before = profile(MODEL, evidence, LATER).estimates["empathy"]
    score = piece.score if before.observed is None else min(1.0, max(0.0, before.observed / 100))
    agreeing = replace(piece, score=score)
    after = profile(MODEL, [*evidence, agreeing], LATER).estimates["empathy"]
    assert after.deviation <= before.deviation + 1e-9


@given(ledgers)
def test_expectation_and_all_influences_together_are_the_estimate(evidence):
    found = influences(MODEL, evidence, LATER, stage="expert")
    estimate = profile(MODEL, evidence, LATER, stage="expert").estimates["empathy"]
    assert 72.0 + sum(item.points for item in found) == pytest.approx(estimate.mean, abs=1e-6)
    assert 0 <= sum(item.share for item in found) < 1


@given(ledgers, st.integers(1, 2000))
def test_without_news_nothing_becomes_more_certain_about_the_evidence(evidence, days):
    """The expectation of the stage takes over again; the level, once proven, stays."""
    first, later = (profile(MODEL, evidence, LATER + d * DAY).estimates["empathy"] for d in (0, days))
    assert sum(i.share for i in influences(MODEL, evidence, LATER + days * DAY)) <= (
        sum(i.share for i in influences(MODEL, evidence, LATER)) + 1e-9
    )
    assert later.level == first.level


@given(ledgers, ledgers)
def test_competencies_do_not_touch_each_other(evidence, other):
    other = [replace(piece, competency="pace") for piece in other]
    alone = profile(MODEL, evidence, LATER).estimates["empathy"]
    assert profile(MODEL, evidence + other, LATER).estimates["empathy"] == alone


# One piece after the other


def test_without_evidence_the_stage_speaks_and_there_is_no_level():
    found = empathy(stage="expert")
    assert (found.mean, found.deviation, found.level, found.n, found.is_measured) == (72.0, 15.0, None, 0, False)


def test_one_piece_moves_the_estimate_part_of_the_way():
    # prior 42 +- 18; a drill at 80 with 8^2 + (10^2 + 8^2) = 228: weight 324 / (324 + 228)
    found = empathy(a_piece(0.8), day=0)
    assert found.mean == pytest.approx(42 + (80 - 42) * 324 / 552)
    assert found.deviation == pytest.approx((1 / (1 / 324 + 1 / 228)) ** 0.5)
    assert (found.observed, found.last_at_ms, found.n, found.occasions) == (pytest.approx(80), 0, 1, 1)


def test_any_number_of_drills_leaves_the_doubt_that_drills_as_such_are_off():
    many = empathy(*(a_piece(0.8, day=day / 100) for day in range(200)), day=2)
    assert many.deviation > 7.0
    both = empathy(
        *(a_piece(0.8, day=day / 100) for day in range(200)), a_piece(0.8, 2, kind="conversation", n=200), day=2
    )
    assert both.deviation < 0.8 * many.deviation


def test_more_cases_behind_a_piece_weigh_more_up_to_a_limit():
    few, some, very_many = (empathy(a_piece(0.9, kind="conversation", n=n), day=0).mean for n in (3, 30, 3_000_000))
    assert few < some < very_many
    assert very_many == pytest.approx(42 + 48 * 324 / (324 + 36 + 25), abs=0.01)


def test_a_piece_of_half_the_weight_moves_less():
    assert empathy(a_piece(0.9, weight=0.5), day=0).mean < empathy(a_piece(0.9), day=0).mean


def test_after_a_half_life_a_piece_counts_half():
    fresh = influences(MODEL, [a_piece(0.9), a_piece(0.9, 180)], 180 * DAY)
    new, old = fresh
    assert (new.piece.at_ms, old.piece.at_ms) == (180 * DAY, 0)
    assert old.share == pytest.approx(new.share / 2)


def test_pieces_from_the_future_do_not_count_yet():
    assert empathy(a_piece(0.9, day=10), day=9) == empathy(day=9)


def test_unknown_competencies_and_kinds_are_left_out():
    known = [a_piece(0.9)]
    strange = [a_piece(0.1, competency="flying"), a_piece(0.1, kind="exam")]
    assert profile(MODEL, [*known, *strange], DAY) == profile(MODEL, known, DAY)


def test_kinds_that_contradict_each_other_make_less_certain_and_say_so():
    drills = [a_piece(0.9, day) for day in range(6)]
    alone = empathy(*drills, day=6)
    contradicted = empathy(*drills, a_piece(0.2, 6, kind="conversation", n=100), day=6)
    assert contradicted.deviation > alone.deviation
    assert contradicted.disagreement > 10
    confirmed = empathy(*drills, a_piece(0.85, 6, kind="conversation", n=100), day=6)
    assert confirmed.deviation < alone.deviation
    assert confirmed.disagreement == 0


@pytest.mark.parametrize("change", [{"score": 1.01}, {"score": -0.1}, {"n": 0}, {"weight": 0.0}, {"weight": 1.1}])
def test_evidence_off_its_scales_cannot_be_made(change):
    with pytest.raises(ValueError, match=r"score|weight|case"):
        replace(a_piece(0.5), **change)


def drawn(rng: random.Random) -> tuple[float, list[Evidence]]:
    """A person as the model takes people to be, with three to twelve pieces of three kinds from one week."""
    ability = rng.gauss(50, 12)
    bias = {kind: rng.gauss(0, source.bias) for kind, source in MODEL.sources.items()}
    found = []
    for place in range(rng.randint(3, 12)):
        kind, n = rng.choice(sorted(MODEL.sources)), rng.choice([20, 60, 200])
        shown = rng.gauss(ability + bias[kind], MODEL.sources[kind].variance(n) ** 0.5)
        score = min(1.0, max(0.0, shown / 100))
        found.append(a_piece(score, place / 2, kind=kind, n=n, source=str(place)))
    return ability, found


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = random.Random(20260302)
    model = a_model(stages={"newcomer": Stage("newcomer", NAME, 50.0, 12.0)})
    people = [drawn(rng) for _ in range(1500)]
    held = 0
    for ability, evidence in people:
        found = empathy(*evidence, day=6, model=model)
        held += found.low <= ability <= found.high
    assert 0.78 <= held / len(people) <= 0.86


# Levels


def test_there_is_no_level_before_three_pieces_on_two_occasions():
    assert empathy(a_piece(0.9), a_piece(0.9, 5), day=6).level is None
    same_day = [a_piece(0.9, hour / 24, source=str(hour)) for hour in (0, 2, 4, 6)]
    assert empathy(*same_day, day=6).level is None
    assert empathy(*same_day, a_piece(0.9, 1), day=6).level is not None


def test_a_night_shift_over_midnight_is_one_occasion():
    night = [a_piece(0.9, 0.95 + hour / 24) for hour in range(5)]
    assert empathy(*night, day=3).occasions == 1


def test_the_first_level_is_the_one_that_is_proven_and_not_the_likely_one():
    found = empathy(*(a_piece(0.7, day) for day in range(3)), day=3)
    assert found.mean > 55
    assert found.low < 55
    assert found.level == 2


def test_a_level_rises_only_when_the_whole_interval_lies_above_the_cut():
    levels = [
        (found.level, found.low)
        for n in range(3, 40)
        for found in [
            empathy(
                *(a_piece(0.85, day) for day in range(n)),
                *(a_piece(0.85, day, kind="conversation", n=60) for day in range(7, n, 7)),
                day=n,
            )
        ]
    ]
    assert levels[0][0] < levels[-1][0]
    assert all(low >= MODEL.cut_of(level) for level, low in levels)
    assert [level for level, _ in levels] == sorted(level for level, _ in levels)


def test_one_bad_day_does_not_cost_a_level():
    good = [a_piece(0.85, day) for day in range(0, 60, 3)]
    before = empathy(*good, day=60)
    after = empathy(*good, a_piece(0.3, 60), day=60)
    assert after.mean < before.mean
    assert after.level == before.level


def test_a_lasting_decline_costs_a_level():
    good = [a_piece(0.9, day) for day in range(0, 60, 3)]
    bad = [a_piece(0.2, day) for day in range(60, 400, 3)]
    assert empathy(*good, *bad, day=400).level < empathy(*good, day=60).level


def test_a_level_at_the_border_does_not_flutter():
    swinging = [a_piece(0.62 if day % 2 else 0.58, day) for day in range(120)]
    levels = [empathy(*swinging[:n], day=n).level for n in range(10, 121)]
    changes = sum(left != right for left, right in pairwise(levels))
    assert changes <= 1


def test_a_level_stays_when_the_evidence_grows_old():
    good = [a_piece(0.9, day) for day in range(0, 60, 3)]
    fresh, old = empathy(*good, day=60), empathy(*good, day=2000)
    assert old.level == fresh.level
    assert old.deviation > fresh.deviation


@pytest.mark.parametrize(
    ("low", "high", "level", "then"),
    [
        pytest.param(56, 90, None, 3, id="the first level is what the lower end proves"),
        pytest.param(54, 90, None, 2, id="just not proven"),
        pytest.param(56, 90, 2, 2, id="clear of the cut, and not by enough"),
        pytest.param(57, 90, 2, 3, id="clear by two points"),
        pytest.param(75, 90, 1, 4, id="two levels at once"),
        pytest.param(30, 68.1, 4, 4, id="below the cut, and not by enough"),
        pytest.param(30, 67.9, 4, 3, id="below by two points"),
        pytest.param(10, 30, 4, 1, id="three levels at once"),
        pytest.param(50, 60, 3, 3, id="across the cut nothing happens"),
    ],
)
def test_a_level_moves_when_the_whole_interval_has_passed_a_cut(low, high, level, then):
    reach = NormalDist().inv_cdf(0.5 + MODEL.rules.confidence / 2)
    # A trifle narrower, so that rounding does not decide at a border.
    belief = Belief(mean=(low + high) / 2, deviation=(high - low) / 2 / reach - 1e-9)
    assert next_level(MODEL, belief, level) == then


@pytest.mark.parametrize(
    ("points", "level"), [(0, 1), (39.9, 1), (40, 2), (55, 3), (69.9, 3), (70, 4), (85, 5), (100, 5)]
)
def test_a_level_begins_at_its_cut(points, level):
    assert MODEL.level_at(points) == level
    assert MODEL.cut_of(level) <= points


# Gaps and radar


def test_gaps_are_ranked_by_what_is_expected_to_be_missing():
    evidence = [a_piece(0.3, day) for day in range(4)]
    evidence += [a_piece(0.6, day, competency="pace") for day in range(4)]
    found = gaps(profile(MODEL, evidence, 4 * DAY), {"pace": 4, "empathy": 4, "coaching": 5})
    assert [gap.competency for gap in found] == ["empathy", "pace", "coaching"]
    worst = found[0]
    assert worst.size == pytest.approx(70 - worst.estimate.mean)
    assert worst.certainty > 0.99
    assert worst.shortfall >= worst.size
    assert not found[-1].estimate.is_measured


def test_what_is_reached_is_no_open_gap():
    (gap,) = gaps(profile(MODEL, [a_piece(0.9, day) for day in range(9)], 9 * DAY), {"empathy": 2})
    assert (gap.is_open, gap.size) == (False, 0)
    assert gap.certainty < 0.05


def test_the_first_level_is_missed_by_nobody():
    (gap,) = gaps(profile(MODEL, [a_piece(0.0)], DAY), {"empathy": 1})
    assert (gap.size, gap.certainty, gap.shortfall) == (0, 0, 0)


def test_a_competency_that_the_model_does_not_know_is_no_gap():
    assert gaps(profile(MODEL, [], 0), {"flying": 3}) == ()


@given(st.floats(0, 100), st.floats(0.5, 40), st.integers(2, 5))
def test_the_expected_shortfall_is_never_less_than_the_gap_of_the_estimate(mean, deviation, level):
    known = profile(MODEL, [], 0)
    made = replace(known.estimates["empathy"], mean=mean, deviation=deviation)
    (gap,) = gaps(replace(known, estimates={"empathy": made}), {"empathy": level})
    assert gap.shortfall >= gap.size - 1e-9
    assert 0 <= gap.certainty <= 1


def test_a_radar_shows_what_was_measured_and_leaves_the_rest_open():
    care, lead = radar(profile(MODEL, [a_piece(0.8)], DAY))
    assert (care.axis.key, care.n) == ("care", 1)
    assert care.low < care.mean < care.high
    assert (lead.mean, lead.low, lead.high, lead.n) == (None, None, None, 0)


def test_a_radar_keeps_to_what_a_post_requires():
    assert [value.axis.key for value in radar(profile(MODEL, [], 0), {"coaching": 2})] == ["lead"]


def test_a_radar_with_more_than_eight_axes_cannot_be_made():
    with pytest.raises(ValueError, match="at most 8"):
        a_model(axes=tuple(Axis(str(n), NAME, ("empathy",)) for n in range(9)))


# Why


def told(before: list[Evidence], piece: Evidence, model=MODEL) -> list[Reason]:
    day = piece.at_ms / DAY
    first, second = empathy(*before, day=day, model=model), empathy(*before, piece, day=day, model=model)
    return list(explain(model, first, second, piece))


def test_a_piece_is_told_with_its_score_its_way_and_the_certainty_won():
    scored, way, surer, no_level = told([], a_piece(0.8))
    assert scored == Reason("competency.scored.drill", {"score": 80, "n": 1})
    assert way.key == "competency.draws_up"
    assert surer.key == "competency.surer"
    assert (surer.params["before"], surer.params["after"]) == (18.0, 11.6)
    assert no_level == Reason("competency.no_level_yet", {"n": 1, "occasions": 1})


@given(st.lists(pieces, min_size=1, max_size=8))
def test_the_way_that_is_told_has_the_sign_of_the_influence(evidence):
    newest = max(piece.at_ms for piece in evidence)
    ways = {"competency.draws_up": 1, "competency.draws_down": -1, "competency.draws_nowhere": 0}
    for item in influences(MODEL, evidence, newest):
        before = profile(MODEL, [], newest).estimates["empathy"]
        way = explain(MODEL, before, before, item.piece)[1].key
        assert ways[way] * item.points >= 0


def test_a_first_level_a_rise_and_a_fall_are_told():
    two = [a_piece(0.9, day) for day in (0, 3)]
    assert Reason("competency.level_first", {"level": 3}) in told(two, a_piece(0.9, 6))
    quick = a_model(rules=Rules(min_pieces=1, min_occasions=1))
    reasons = {
        reason.key: reason.params for reason in told([a_piece(0.6)], a_piece(1.0, 5, kind="conversation", n=900), quick)
    }
    up = reasons["competency.level_up"]
    assert up["cut"] == quick.cut_of(int(up["level"]))
    assert up["low"] - up["margin"] >= up["cut"]
    keys = [reason.key for reason in told([a_piece(1.0)], a_piece(0.0, 5, kind="conversation", n=900), quick)]
    assert "competency.disagreement" in keys
    assert "competency.less_sure" in keys


def test_the_evidence_of_two_competencies_has_no_common_estimate():
    with pytest.raises(ValueError, match="one competency"):
        influences(MODEL, [a_piece(0.5), a_piece(0.5, competency="pace")], DAY)
