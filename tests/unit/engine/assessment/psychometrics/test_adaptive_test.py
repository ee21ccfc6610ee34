"""Abilities, and tests that choose their next question."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peilian.engine._kernel import WrongValue
from peilian.engine.assessment.psychometrics import AdaptiveState, AdaptiveTest, ItemParameters, estimate_ability
from peilian.engine.assessment.psychometrics.model import information

BANK = {f"q{n:02}": ItemParameters(-3 + n / 10, 1.3) for n in range(60)}
AREAS = {key: "policy" if n % 3 else "service" for n, key in enumerate(BANK)}


def sat(test, mark, *, seed=1, exposure=None):
    """The end of a test."""
    state, rng = AdaptiveState(), random.Random(seed)
    while True:
        state = test.next_item(state, rng, exposure=exposure)
        if state.pending is None:
            return state
        state = test.answer(state, mark(state.pending))


def able(ability, *, seed=1):
    """Answers of somebody of this ability."""
    rng = random.Random(seed)
    return lambda key: float(rng.gauss(0, 0.6) < ability - BANK[key].difficulty)


def ending(test):
    """Why and after how many questions a test ends."""
    reason = test.stopped(sat(test, able(0)))
    return reason.key, reason.params["n"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 29))
def test_one_more_right_answer_never_lowers_an_ability(marks, place):
    keys = list(BANK)[: len(marks)]
    before = dict(zip(keys, map(float, marks), strict=True))
    after = {**before, keys[place % len(keys)]: 1.0}
    for method in ("eap", "wle"):
        low, high = (estimate_ability(BANK, shares, method=method).value for shares in (before, after))
        assert high >= low - 1e-9


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("method", ["eap", "wle"])
def test_all_right_or_all_wrong_gives_a_finite_ability(method, share):
    found = estimate_ability(BANK, dict.fromkeys(list(BANK)[20:40], share), method=method)
    assert abs(found.value) < 5
    assert found.standard_error > 0.3
    low, high = found.interval
    assert low < found.value < high


def test_warms_estimate_is_nearly_without_bias_where_the_other_is_drawn_to_the_middle():
    rng = random.Random(3)
    found = {"eap": [], "wle": []}
    for _ in range(300):
        marks = {
            key: float(rng.random() < 1 / (1 + 2.718281828 ** (-1.3 * (1.5 - BANK[key].difficulty)))) for key in BANK
        }
        for method, values in found.items():
            values.append(estimate_ability(BANK, marks, method=method).value)
    wle, eap = (sum(found[method]) / 300 for method in ("wle", "eap"))
    assert wle == pytest.approx(1.5, abs=0.06)
    assert eap < wle


def test_without_calibrated_answers_the_population_is_all_that_is_known():
    eap = estimate_ability(BANK, {"unknown": 1.0}, population=(0.4, 0.9))
    assert (eap.value, eap.standard_error, eap.n) == (pytest.approx(0.4, abs=1e-6), pytest.approx(0.9, abs=1e-3), 0)
    wle = estimate_ability(BANK, {}, method="wle")
    assert (wle.value, wle.interval) == (None, None)
    assert wle.why_not.key == "psychometrics.no_calibrated_answers"


def test_a_question_tells_most_about_people_at_its_difficulty():
    told = [information([ItemParameters(0.5, 2.0)], ability)[0] for ability in (-0.5, 0.5, 1.5)]
    assert told[1] == pytest.approx(1.0)  # slope squared over four
    assert told[1] > told[0]
    assert told[0] == pytest.approx(told[2])


def test_the_test_asks_what_fits_the_person():
    test = AdaptiveTest(BANK, target_error=0.01, most_items=15)
    for ability in (-2.0, 0.0, 2.0):
        state = sat(test, able(ability))
        late = [BANK[item].difficulty for item, _share in state.answers[8:]]
        assert sum(late) / len(late) == pytest.approx(ability, abs=0.8)


def test_it_stops_when_it_is_precise_enough():
    test = AdaptiveTest(BANK, target_error=0.45)
    state = sat(test, able(0.3))
    reason = test.stopped(state)
    assert reason.key == "psychometrics.stopped_by_precision"
    assert reason.params["error"] <= 0.45
    assert 5 <= reason.params["n"] == len(state.answers) < 30
    earlier = AdaptiveState(state.answers[:-1])
    assert test.stopped(earlier) is None


def test_it_stops_at_its_length_and_when_the_bank_is_empty():
    assert ending(AdaptiveTest(BANK, target_error=0.01, most_items=7)) == ("psychometrics.stopped_by_length", 7)
    few = {key: BANK[key] for key in list(BANK)[:6]}
    assert ending(AdaptiveTest(few, target_error=0.01)) == ("psychometrics.stopped_by_bank", 6)


def test_no_question_is_asked_twice():
    state = sat(AdaptiveTest(BANK, target_error=0.01, most_items=60), able(0))
    assert len({item for item, _share in state.answers}) == 60


def test_content_keeps_to_the_blueprint_at_every_length():
    test = AdaptiveTest(BANK, AREAS, {"service": 3, "policy": 1}, target_error=0.01, most_items=20)
    state = sat(test, able(0.5))
    for length in range(4, 21):
        service = sum(AREAS[item] == "service" for item, _share in state.answers[:length])
        assert abs(service - 0.75 * length) < 1


def test_questions_outside_of_the_blueprint_are_not_asked():
    test = AdaptiveTest(BANK, AREAS, {"service": 1}, target_error=0.01, most_items=30)
    state = sat(test, able(0))
    assert {AREAS[item] for item, _share in state.answers} == {"service"}
    assert test.stopped(state).key == "psychometrics.stopped_by_bank"


def test_the_first_question_differs_between_people():
    test = AdaptiveTest(BANK, among=5)
    firsts = Counter(test.next_item(AdaptiveState(), random.Random(seed)).pending for seed in range(200))
    assert len(firsts) == 5
    assert max(firsts.values()) < 80


def test_a_question_that_was_asked_too_often_rests():
    test = AdaptiveTest(BANK, target_error=0.01, most_items=10, most_exposure=0.3)
    usual = {item for seed in range(5) for item, _share in sat(test, able(0), seed=seed).answers}
    state = sat(test, able(0), exposure=dict.fromkeys(usual, 0.31))
    assert not usual & {item for item, _share in state.answers}


def test_when_all_questions_are_worn_the_test_goes_on():
    test = AdaptiveTest(BANK, target_error=0.01, most_items=10)
    assert len(sat(test, able(0), exposure=dict.fromkeys(BANK, 0.9)).answers) == 10


def test_a_test_goes_on_from_json_as_if_it_had_not_been_interrupted():
    test = AdaptiveTest(BANK, target_error=0.01, most_items=12)
    rng, state = random.Random(4), AdaptiveState()
    marks = able(0.2)
    for _ in range(12):
        state = test.next_item(state, rng)
        state = AdaptiveState.from_json(json.loads(json.dumps(state.to_json())))
        assert test.next_item(state, random.Random(99)) is state
        state = test.answer(state, marks(state.pending))
    assert state == sat(test, able(0.2), seed=4)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        (lambda: AdaptiveTest(BANK, AREAS, {"service": -1, "policy": 2}), "wrong_blueprint"),
        (lambda: AdaptiveTest(BANK, AREAS, {"service": 0}), "wrong_blueprint"),
        (lambda: AdaptiveTest(BANK, AREAS, {"law": 1}), "area_without_items"),
        (lambda: AdaptiveTest(BANK, least_items=9, most_items=8), "wrong_stopping"),
        (lambda: AdaptiveTest(BANK).answer(AdaptiveState(), 1.0), "nothing_pending"),
        (lambda: AdaptiveTest(BANK).answer(AdaptiveState(pending="q01"), 1.5), "share_out_of_range"),
        (lambda: AdaptiveState.from_json({"schema_version": 9}), "unknown_state_version"),
    ],
)
def test_what_cannot_be_is_refused(wrong, key):
    with pytest.raises(WrongValue) as caught:
        wrong()
    assert caught.value.reason.key == f"psychometrics.{key}"
