"""Words that the company's lists forbid, said in a drill."""

from __future__ import annotations

from dataclasses import replace

import pytest

from peilian.engine.drill.scenario import Forbidden, Phrases
from peilian.engine.reading.lexicon import Ban
from support.drills import cast, rules, started


def heard(text, *patterns, channels=(), **changes):
    played_with = cast(**changes)
    ban = Ban("phrases:mine/words#one.1.zh", "zh", patterns, channels=frozenset(channels))
    drill = started(replace(played_with, lexicons=played_with.lexicons.forbidding([ban])))
    steps = drill.hear(10_000, text)
    return [(one.rule, one.quote) for one in drill.state.missteps], rules(steps)


def test_forbidden_words_are_a_misstep_and_the_customer_feels_but_the_words():
    missteps, felt = heard("我们全网最低的", "全网最低")
    assert missteps == [("banned", "全网最低")]
    assert felt == heard("我们全网最低的", "别的话")[1]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        pytest.param("闭嘴", {}, id="rude already"),
        pytest.param(
            "你找快递去",
            {"forbidden": (Forbidden("away", Phrases(any=("找快递",)), 0.5),)},
            id="forbidden by the drill",
        ),
    ],
)
def test_what_is_a_misstep_already_is_no_second_one(text, changes):
    missteps, _ = heard(text, text, **changes)
    assert len(missteps) == 1
    assert missteps[0][0] != "banned"


def test_a_ban_for_another_channel_does_not_count_in_the_drill():
    assert heard("全网最低", "全网最低", channels=["phone"])[0] == []
    assert heard("全网最低", "全网最低", channels=["phone"], channel="phone")[0] == [("banned", "全网最低")]
