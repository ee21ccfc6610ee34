"""Parameters of questions: found again, put on an earlier scale, left out with a reason."""

from __future__ import annotations

import numpy as np
import pytest

from peilian.engine.assessment.psychometrics import ExamItem, ItemParameters, Responses, calibrate
from peilian.flows.wording import say


def answers(seed, slope, place, *, people=800, mean=0.0, deviation=1.0, shown=1.0):
    """Right and wrong answers of invented people; NaN where a question was not shown."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(mean, deviation, people)
    right = rng.random((people, len(place))) < 1 / (1 + np.exp(-np.array(slope) * (ability[:, None] - np.array(place))))
    return np.where(rng.random(right.shape) < shown, right.astype(float), np.nan)


def responses(table, names=None):
    names = names or [f"q{n}" for n in range(table.shape[1])]
    return Responses(tuple(f"p{n}" for n in range(len(table))), tuple(ExamItem(name) for name in names), table)


PLACES = list(np.linspace(-2, 2, 20))
SLOPES = [0.6, 0.9, 1.2, 1.6, 2.0] * 4


@pytest.mark.parametrize("model", ["rasch", "2pl"])
@pytest.mark.parametrize("shown", [1.0, 0.6])
def test_difficulties_are_found_again(model, shown):
    slope = SLOPES if model == "2pl" else [1.0] * 20
    found = calibrate(responses(answers(1, slope, PLACES, shown=shown)), model=model)
    assert found.is_settled
    assert np.corrcoef([item.difficulty for item in found.items.values()], PLACES)[0, 1] > 0.97
    off = [
        abs(item.difficulty - true) / item.difficulty_error
        for item, true in zip(found.items.values(), PLACES, strict=True)
    ]
    assert np.median(off) < 1.2


def test_discriminations_are_found_again():
    found = calibrate(responses(answers(2, SLOPES, PLACES, people=2000)))
    assert np.corrcoef([item.discrimination for item in found.items.values()], SLOPES)[0, 1] > 0.95


def test_rasch_gives_every_question_the_same_discrimination_and_finds_how_people_differ():
    found = calibrate(responses(answers(3, [1.0] * 20, PLACES, deviation=1.6)), model="rasch")
    assert {item.discrimination for item in found.items.values()} == {1.0}
    assert {item.discrimination_error for item in found.items.values()} == {None}
    assert found.population.deviation == pytest.approx(1.6, abs=0.15)
    assert found.population.mean == 0


def test_frozen_questions_keep_their_parameters_and_carry_the_scale():
    names = [f"q{n}" for n in range(20)]
    frozen = calibrate(responses(answers(4, SLOPES, PLACES, people=2000), names)).items
    new = [-1.0, 0.0, 1.0, 2.0]
    table = answers(5, SLOPES[:10] + [1.2] * 4, PLACES[:10] + new, people=2000, mean=1.0, deviation=0.7)
    found = calibrate(responses(table, [*names[:10], "n0", "n1", "n2", "n3"]), frozen=frozen)
    assert all(found.items[name] == frozen[name] for name in names[:10])
    assert [found.items[f"n{n}"].difficulty for n in range(4)] == pytest.approx(new, abs=0.3)
    assert found.population.mean == pytest.approx(1.0, abs=0.15)
    assert found.population.deviation == pytest.approx(0.7, abs=0.1)
    assert not found.drifted


def test_a_frozen_question_that_has_leaked_is_told():
    frozen = {f"q{n}": ItemParameters(place, 1.0) for n, place in enumerate(PLACES)}
    places = PLACES[:]
    places[15] -= 1.5
    found = calibrate(responses(answers(6, [1.0] * 20, places)), frozen=frozen)
    assert list(found.drifted) == ["q15"]
    assert "可能泄题" in say(found.drifted["q15"], "zh")


def test_a_question_with_too_few_answers_is_left_out_with_the_reason():
    table = answers(7, SLOPES, PLACES)
    table[150:, 3] = np.nan
    found = calibrate(responses(table))
    assert "q3" not in found.items
    assert found.left_out["q3"].params == {"n": 150, "least": 200}
    assert "q3" in calibrate(responses(table), model="rasch").items


def test_a_question_that_nobody_got_wrong_is_left_out():
    table = answers(8, SLOPES, PLACES)
    table[:, 3] = 1
    assert calibrate(responses(table)).left_out["q3"].key == "psychometrics.nothing_varies"


def test_questions_that_share_no_people_with_the_scale_are_left_out():
    table = np.full((1200, 20), np.nan)
    table[:800, :12] = answers(9, SLOPES[:12], PLACES[:12])
    table[800:, 12:] = answers(10, SLOPES[12:], PLACES[12:], people=400)
    found = calibrate(responses(table))
    assert list(found.items) == [f"q{n}" for n in range(12)]
    assert {reason.key for reason in found.left_out.values()} == {"psychometrics.unlinked"}
    anchored = calibrate(responses(table), frozen={"q15": ItemParameters(PLACES[15], SLOPES[15])})
    assert list(anchored.items) == [f"q{n}" for n in range(12, 20)]


def test_few_answers_give_wide_errors_and_no_runaway():
    table = answers(11, [3.0] * 20, PLACES, people=60)
    found = calibrate(responses(table), least=20)
    assert all(abs(item.difficulty) < 6 and 0.1 < item.discrimination < 8 for item in found.items.values())
    many = calibrate(responses(answers(11, [3.0] * 20, PLACES, people=2000)))
    assert found.items["q10"].difficulty_error > 2 * many.items["q10"].difficulty_error


def test_nothing_to_calibrate_is_an_empty_scale():
    found = calibrate(responses(np.full((3, 2), np.nan)))
    assert not found.items
    assert set(found.left_out) == {"q0", "q1"}


def test_parameters_survive_json():
    parameters = ItemParameters(0.5, 1.5, 0.1, 0.2, 300)
    assert ItemParameters.from_json(parameters.to_json()) == parameters
