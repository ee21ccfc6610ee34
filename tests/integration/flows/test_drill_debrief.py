"""What a debrief says: every part of every change, the largest avoidable loss, and what was done."""

from __future__ import annotations

import pytest

from peilian.engine.drill import Turn
from peilian.flows import playing
from peilian.flows.debriefing import Debrief, debrief_of
from peilian.flows.drill_results import result_of

DELAY, COMPLAINT = "retail/logistics-delay", "telecom/threat-to-complain"


def debriefed(key: str, *turns: Turn, language: str = "zh") -> tuple[Debrief, dict]:
    found = playing.play(playing.cast(key, language), turns, seed=1)
    return debrief_of(found.drill, found.steps, language), result_of(found.drill, found.steps, language)


@pytest.mark.parametrize("key", sorted(playing.scenarios()))
def test_the_reasons_of_a_moment_add_up_to_what_the_mood_did(key):
    cast = playing.cast(key, "zh")
    for script in cast.scenario.plays.values():
        played = playing.play(cast, script, seed=2)
        for moment in debrief_of(played.drill, played.steps, "zh").timeline:
            assert moment.delta == pytest.approx(sum(cause.delta for cause in moment.causes), abs=0.002)
            assert all(cause.text for cause in moment.causes)


def test_where_the_mood_drifts_it_says_whether_things_moved_on():
    debrief, _ = debriefed(
        DELAY, Turn(5_000, None, "track"), Turn(9_000, "我帮您看"), Turn(20_000, "那边暴雨，预计24号送到")
    )
    drift = [cause for moment in debrief.timeline for cause in moment.causes if cause.is_drift]
    assert {cause.text for cause in drift if cause.delta > 0} == {"事情有着落，心情跟着好转"}
    assert {cause.text for cause in drift if cause.delta < 0} <= {"事情还没着落，心情往回落"}
    assert not [cause for cause in debrief.went_well if cause.is_drift]


IDEAL = playing.cast(DELAY, "zh").scenario.plays["ideal"]


def without(*parts: str, late: int = 0) -> list[Turn]:
    """The ideal answers less those that hold one of ``parts``; ``late`` is by how much the rest is put off."""
    kept = [turn for turn in IDEAL if not (turn.text and any(part in turn.text for part in parts))]
    return [Turn(turn.at_ms + late, turn.text, turn.action, turn.args) for turn in kept]


@pytest.mark.parametrize(
    ("turns", "key"),
    [
        (list(IDEAL), "keep"),
        (without("预计24号"), "element:eta"),
        (without("提交了催件"), "element:urge"),
        (without("10元"), "element:follow_up"),
        ([], "unanswered"),
        ([*IDEAL[:3], Turn(60_000, "这是快递的问题，您自己去联系快递吧。")], "forbidden"),
        ([*IDEAL[:2], *[Turn(turn.at_ms + 75_000, turn.text, turn.action, turn.args) for turn in IDEAL[2:]]],
         "unanswered_later"),
    ],
)  # fmt: skip
def test_the_goal_is_what_would_have_brought_most(turns, key):
    debrief, _ = debriefed(DELAY, *turns)
    assert debrief.goal.key == key


def test_the_goal_never_asks_for_what_was_done_well():
    for key in sorted(playing.scenarios()):
        cast = playing.cast(key, "zh")
        for script in cast.scenario.plays.values():
            played = playing.play(cast, script, seed=1)
            debrief = debrief_of(played.drill, played.steps, "zh")
            assert debrief.goal.key not in {cause.rule for cause in debrief.went_well}
            met = {f"element:{item.element_id}" for item in debrief.required if item.is_met}
            assert debrief.goal.key not in met


def test_what_was_done_with_tools_is_told_with_its_result():
    refused = Turn(6_000, None, "refund", {"amount": 100})
    _, result = debriefed(COMPLAINT, Turn(4_000, None, "bill"), refused, Turn(8_000, None, "cancel_service"))
    bill, refund, cancel = result["actions"]
    assert (bill["label"], bill["at_seconds"], bill["args"]) == ("查账单", 4.0, {})
    assert (refund["is_done"], refund["args"]) == (False, {"金额（元）": 100.0})
    assert refund["text"].startswith("超出规则")
    assert (cancel["is_done"], cancel["tool"]) == (True, "cancel_service")


def test_the_result_keeps_what_the_indices_were_last_beside_what_stays():
    _, result = debriefed(DELAY, *IDEAL)
    [customer] = result["customers"]
    assert customer["live"]["satisfaction"] == customer["satisfaction_index"]["trace"][-1][1]
    assert customer["live"]["satisfaction"] != customer["satisfaction_index"]["final"]


def test_a_moment_and_its_line_have_one_time():
    debrief, result = debriefed(DELAY, Turn(99_960, "我马上帮您查"))
    [moment] = [moment for moment in debrief.timeline if moment.said]
    [line] = [line for line in result["transcript"] if line["role"] == "agent"]
    assert moment.at_seconds == line["at_seconds"] == 99.96
