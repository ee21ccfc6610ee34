"""What a drill's points were lost for, in words."""

from __future__ import annotations

from typing import Any

import pytest

from peilian.engine.drill import Turn
from peilian.engine.drill.outcome import unresolved
from peilian.engine.drill.state import RESOLVED
from peilian.flows import playing
from peilian.flows.drill_results import result_of

DELAY = "retail/logistics-delay"


def resolution(play: str | list[Turn], language: str = "zh") -> tuple[dict[str, Any], playing.Played]:
    cast = playing.cast(DELAY, language)
    played = playing.play(cast, cast.scenario.plays[play] if isinstance(play, str) else play, seed=1)
    scores = result_of(played.drill, played.steps, language)["scores"]
    return next(score for score in scores if score["dimension"] == "resolution"), played


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("play", ["curt", "apology_only", "stalling", "silent"])
def test_lost_points_of_the_resolution_name_every_need_that_stayed_open(play, language):
    score, played = resolution(play, language)
    needs, statuses = played.drill.cast.scenario.needs, played.drill.state.needs
    labels = [need.label for need in needs if statuses[need.need_id] != RESOLVED]
    said = [reason["text"] for reason in score["reasons"]]
    words = "没有解决：" if language == "zh" else "Not resolved: "
    assert [text for text in said if text.startswith(words)] == [f"{words}{label}" for label in labels]
    assert sum(reason["points"] for reason in score["reasons"]) == pytest.approx(score["points"] - score["max"])


def test_where_all_is_resolved_the_pace_is_what_was_lost():
    cast = playing.cast(DELAY, "zh")
    ideal = cast.scenario.plays["ideal"]
    idle = [Turn(turn.at_ms + 4_000 * place, turn.text, turn.action, turn.args) for place, turn in enumerate(ideal)]
    score, played = resolution([*idle, *[Turn(idle[-1].at_ms + 500 * n, f"第{n}件事也记下了。") for n in range(1, 9)]])
    assert not unresolved(played.drill.cast.scenario, played.drill.state)
    assert score["points"] < score["max"]
    assert [reason["text"] for reason in score["reasons"]] == ["用时、来回或多余的提问偏多"]
