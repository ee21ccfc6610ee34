"""Stories are told otherwise, for customer and agent alike."""

from __future__ import annotations

from datetime import date

import pytest

from peilian.demo.retelling import Retelling, retelling
from peilian.demo.schedule import Moment
from peilian.demo.stories import stories

STORIES = {story.scenario: story for story in stories()}


def told(text: str, day: date = date(2026, 10, 8), **swaps: str) -> str:
    return Retelling(swaps, day, "林女士", "A1").tell(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20号到的，24号能到吗", "6号到的，10号能到吗"),
        ("11月20日晚上到达", "10月6日晚上到达"),
        ("2027年1月18日到期", "2026年12月4日到期"),
        ("9月到11月各扣一次", "8月到10月各扣一次"),
        ("42号的鞋，还有3双", "42号的鞋，还有3双"),
    ],
)
def test_dates_move_with_the_day_of_the_contact(text, expected):
    assert told(text) == expected


def test_figures_change_only_where_they_stand_alone():
    assert told("每月19元，10190，共57元", **{"19": "25", "57": "75"}) == "每月25元，10190，共75元"


def test_longer_words_are_told_before_shorter_ones():
    swaps = {"暴雨积水": "大雾封路", "暴雨": "大雾"}
    assert told("暴雨积水，因为暴雨", **swaps) == "大雾封路，因为大雾"


def test_who_comes_again_has_the_same_name_and_goods():
    story = STORIES["retail/logistics-delay"]
    first = retelling(story, 7, Moment(date(2026, 9, 1), 36_000))
    again = retelling(story, 7, Moment(date(2026, 9, 4), 36_000))
    assert first.customer_name == again.customer_name
    assert first.tell("陈女士的积木卡在杭州") == again.tell("陈女士的积木卡在杭州")


def test_in_the_evening_nobody_promises_the_afternoon():
    story = STORIES["retail/return-exchange"]
    line = "快递员今天下午两点到六点上门来取"
    morning = retelling(story, 3, Moment(date(2026, 9, 1), 10 * 3600)).tell(line)
    evening = retelling(story, 3, Moment(date(2026, 9, 1), 20 * 3600)).tell(line)
    assert morning == line
    assert "明天" in evening


@pytest.mark.parametrize("key", STORIES)
def test_every_alternative_of_a_story_has_a_word_for_each_of_its_words(key):
    for words, others in STORIES[key].swaps:
        assert {len(other) for other in others} == {len(words)}
