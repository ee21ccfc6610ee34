"""Shipped scenarios, played by scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from peilian.engine._kernel import InputError
from peilian.engine.drill import Turn
from peilian.flows import playing
from peilian.flows.debriefing import debrief_of
from peilian.flows.drill_results import result_of
from peilian.flows.rehearsing import NEVER_PASS, rehearse

DELAY = "retail/logistics-delay"
EVERY = [
    (key, language) for key, (document, _) in sorted(playing.scenarios().items()) for language in document.languages
]
ONE_PLAY = """
import json
from peilian.flows import playing
from peilian.flows.drill_results import result_of
cast = playing.cast({key!r}, {language!r})
played = playing.play(cast, cast.scenario.plays["ideal"], seed=11)
print(json.dumps(result_of(played.drill, played.steps, {language!r}), ensure_ascii=False, sort_keys=True))
"""


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_a_scenario_judges_its_own_answers_in_the_right_order(key, language):
    rehearsal = rehearse(playing.cast(key, language), seeds=3)
    disorder = [(better, worse) for better, worse, share in rehearsal.pairs() if share < 1]
    assert disorder == []
    assert all(rehearsal.passed["ideal"])
    assert not any(passed for name in NEVER_PASS for passed in rehearsal.passed.get(name, ()))


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_the_ideal_answer_meets_every_element_without_a_misstep(key, language):
    cast = playing.cast(key, language)
    played = playing.play(cast, cast.scenario.plays["ideal"], seed=5)
    [customer] = result_of(played.drill, played.steps, language)["customers"]
    assert [item["id"] for item in customer["required"] if not item["met"]] == []
    assert customer["faults"] == []
    assert customer["satisfaction_index"]["final"] >= 75


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_every_play_gets_a_debrief_with_one_goal_and_reasons_in_words(key, language):
    cast = playing.cast(key, language)
    for name, script in cast.scenario.plays.items():
        played = playing.play(cast, script, seed=2)
        debrief = debrief_of(played.drill, played.steps, language)
        assert debrief.goal.text, name
        assert debrief.goal.why, name
        assert len(debrief.turning_points) <= 3
        result = result_of(played.drill, played.steps, language)
        assert all(change["why"] for change in result["trace"])


def test_two_processes_give_the_same_bytes():
    program = ONE_PLAY.format(key=DELAY, language="zh")
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert json.loads(outputs.pop())["outcome"] == "resolved"


def test_a_result_has_the_promised_shape():
    cast = playing.cast(DELAY, "zh")
    script = [
        Turn(0, None, "track"),
        Turn(12_500, "您好，我马上帮您查，请稍等"),
        Turn(40_000, "预计24号送到杭州那边暴雨停了分拣"),
    ]
    played = playing.play(cast, script, seed=7)
    result = result_of(played.drill, played.steps, "zh")
    assert {
        "scenario",
        "version",
        "seed",
        "language",
        "engine",
        "outcome",
        "ended_at_seconds",
        "total",
        "passed",
    } <= set(result)
    assert {line["dimension"] for line in result["scores"]} == {
        "speed", "concision", "completeness", "resolution", "empathy", "compliance",
    }  # fmt: skip
    [customer] = result["customers"]
    cause = next(item for item in customer["required"] if item["id"] == "cause")
    assert cause["met"] is True
    assert cause["quote"] in script[2].text
    assert cause["at_seconds"] == 40.0
    assert result["transcript"][0] == {"at_seconds": 0.0, "role": "customer", "text": result["transcript"][0]["text"]}
    times = [line["at_seconds"] for line in result["transcript"]]
    assert times == sorted(times)


def test_quotes_are_the_words_as_they_were_typed():
    cast = playing.cast(DELAY, "zh")
    played = playing.play(cast, [Turn(9_000, "ＯＫ！我帮您查一下，請稍等")], seed=1)
    trace = result_of(played.drill, played.steps, "zh")["trace"]
    quotes = [change["quote"] for change in trace if change["rule"] == "ownership"]
    assert quotes
    assert all(quote in "ＯＫ！我帮您查一下，請稍等" for quote in quotes if quote)


def test_difficulty_changes_the_customer():
    cast = playing.cast(DELAY, "zh")
    moods = [
        playing.play(cast, cast.scenario.plays["curt"], seed=1, mode=mode).drill.state.mood for mode in ("easy", "hard")
    ]
    assert moods[0] > moods[1]


@pytest.mark.parametrize(("key", "language"), [("retail/nothing", None), ("retail/return-exchange", "en")])
def test_what_cannot_be_played_is_said(key, language):
    with pytest.raises(InputError) as caught:
        playing.cast(key, language)
    assert caught.value.faults[0].reason.params["known"]
