"""What shipped scenarios make of sentences that a working agent would write."""

from __future__ import annotations

import pytest

from peilian.engine.drill import Drill, Turn
from peilian.engine.drill.world import panels_of
from peilian.flows import playing
from peilian.flows.drill_results import result_of

DELAY, COMPLAINT = "retail/logistics-delay", "telecom/threat-to-complain"


def played(key: str, *turns: Turn, language: str = "zh") -> tuple[Drill, dict]:
    """A script played to the end, and its result."""
    found = playing.play(playing.cast(key, language), turns, seed=1)
    return found.drill, result_of(found.drill, found.steps, language)


def required(result: dict, element: str) -> dict:
    return next(item for item in result["customers"][0]["required"] if item["id"] == element)


def rules(result: dict) -> list[str]:
    return [fault["rule"] for fault in result["customers"][0]["faults"]]


DENSE = "要是24号还没到，我给您空运补发，给您补了10元券，有消息我12点前在这里告诉您。"


def test_one_sentence_that_says_three_things_is_credited_with_all_three():
    drill, result = played(DELAY, Turn(8_000, None, "coupon", {"amount": 10}), Turn(20_000, DENSE))
    assert drill.state.dumped == 0
    assert all(required(result, element)["met"] for element in ("fallback", "compensation", "follow_up"))


FOUND = "查到了，包裹20号到了杭州转运中心，那边暴雨停了分拣，今天下午恢复，预计24号送到。"


@pytest.mark.parametrize(
    ("element", "text", "quote"),
    [
        ("eta", FOUND, "预计24号送到"),
        ("cause", FOUND, "包裹20号到了杭州转运中心，那边暴雨停了分拣"),
        ("fallback", DENSE, "要是24号还没到，我给您空运补发"),
        ("compensation", DENSE, "给您补了10元券"),
        ("follow_up", DENSE, "有消息我12点前在这里告诉您"),
        ("follow_up", "如果24号中午还没到就补发，快递一有消息我在这里告诉您", "快递一有消息我在这里告诉您"),
        ("follow_up", "他们两小时内给答复，一有结果我马上告诉您", "一有结果我马上告诉您"),
        ("urge", "我刚替您催了快递，他们两小时内给答复", "我刚替您催了快递，他们两小时内给答复"),
    ],
)
def test_the_words_that_met_an_element_are_its_evidence(element, text, quote):
    _, result = played(DELAY, Turn(5_000, None, "urge_carrier"), Turn(20_000, text))
    found = required(result, element)
    assert (found["met"], found["quote"]) == (True, quote)


def test_an_element_met_in_two_messages_quotes_both():
    _, result = played(
        DELAY, Turn(5_000, None, "urge_carrier"), Turn(9_000, "我催了快递"), Turn(20_000, "两小时有回音")
    )
    assert required(result, "urge")["quote"] == "我催了快递 … 两小时有回音"


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("快递那边两小时内会给您回电话", 0.0),
        ("他们两小时内给您答复", 0.0),
        ("网点今天下午联系您", 0.0),
        ("主管30分钟内给您回电", 0.0),
        ("要是24号中午还没到，快递会联系您", 0.0),
        ("如果24号中午还没到，我告诉您", 0.5),
        ("我今天下午联系您", 1.0),
        ("等他们有了回话，我马上告诉您", 1.0),
        ("快递一有答复，我12点前在这里告诉您", 1.0),
    ],
)
def test_only_the_agent_s_own_word_is_a_follow_up(text, share):
    _, result = played(DELAY, Turn(20_000, text))
    assert required(result, "follow_up")["share"] == share


@pytest.mark.parametrize(
    ("text", "share", "is_wrong"),
    [
        ("包裹20号到了杭州转运中心，那边暴雨停了分拣。", 0.0, False),
        ("包裹20号到了杭州，24号中午没动我给您补发。", 0.0, False),
        ("要是24号还没到，我给您补发。", 0.0, False),
        ("预计20号送到。", 0.0, True),
        ("预计26号送到，24号我再看看。", 0.0, True),
        ("20号到了杭州，正常的话24号送到。", 1.0, False),
    ],
)
def test_a_day_that_is_past_or_only_a_condition_promises_no_arrival(text, share, is_wrong):
    drill, _ = played(DELAY, Turn(20_000, text))
    eta = drill.state.elements["eta"]
    assert (eta.share, eta.is_wrong) == (share, is_wrong)


CANCELLED = Turn(10_000, None, "cancel_service")
SURE = ("以后不会再扣", "我保证以后绝对不会再扣您一分钱")


def compliance(result: dict) -> float:
    return next(score["points"] for score in result["scores"] if score["dimension"] == "compliance")


@pytest.mark.parametrize("promise", SURE)
def test_what_the_world_makes_true_may_be_promised(promise):
    told = Turn(18_000, "我已经帮您取消了畅听会员，即时生效。")
    _, result = played(COMPLAINT, CANCELLED, told, Turn(40_000, f"业务停掉了，{promise}。"))
    assert rules(result) == []
    assert compliance(result) == 15


@pytest.mark.parametrize("promise", SURE)
def test_the_same_promise_is_a_fault_while_nothing_was_done(promise):
    _, result = played(COMPLAINT, Turn(18_000, f"您放心，{promise}。"))
    assert rules(result) == ["overpromise"]
    assert compliance(result) < 15


def test_a_true_promise_does_not_cover_another_one_beside_it():
    script = (CANCELLED, Turn(18_000, "以后不会再扣。投诉一定会给您解决好。"))
    drill, result = played(COMPLAINT, *script)
    assert rules(result) == ["overpromise"]
    assert [fault["quote"] for fault in result["customers"][0]["faults"]] != ["以后不会再扣"]
    assert len(drill.state.confirmed) == 1


def test_an_english_promise_holds_once_the_service_is_off():
    promise = Turn(18_000, "I have cancelled it, you will never be charged for it again.")
    _, before = played(COMPLAINT, promise, language="en")
    _, after = played(COMPLAINT, CANCELLED, promise, language="en")
    assert "overpromise" in rules(before)
    assert rules(after) == []


def rows(key: str, *turns: Turn, language: str = "zh") -> dict[str, str]:
    drill, _ = played(key, *turns, language=language)
    return {label: text for _, found in panels_of(drill.cast.scenario, drill.state.world) for label, text in found}


def test_the_panel_shows_the_world_as_it_stands_after_a_tool():
    assert rows(COMPLAINT)["畅听会员"] == "使用中，¥19/月"
    after = rows(COMPLAINT, CANCELLED, Turn(12_000, None, "refund", {"amount": 57}))
    assert after["畅听会员"].startswith("已取消")
    assert after["退费"] == "57 元，已提交"


def test_a_refused_tool_leaves_the_panel_as_it_was():
    assert rows(COMPLAINT, Turn(12_000, None, "refund", {"amount": 100})) == rows(COMPLAINT)


@pytest.mark.parametrize("key", sorted(playing.scenarios()))
def test_every_panel_of_every_scenario_can_be_shown_in_each_language(key):
    document, _ = playing.scenarios()[key]
    for language in document.languages:
        scenario = playing.cast(key, language).scenario
        for _, found in panels_of(scenario, scenario.world):
            assert all(label and text and "{" not in text for label, text in found)


@pytest.mark.parametrize("key", sorted(playing.scenarios()))
def test_whatever_moves_the_index_is_told_with_its_points(key):
    cast = playing.cast(key, "zh")
    for script in cast.scenario.plays.values():
        for step in playing.play(cast, script, seed=3).steps:
            if step.gauge is not None and step.gauge.before is not None:
                parts = sum(change.points for change in step.changes)
                assert abs(step.gauge.satisfaction - step.gauge.before - parts) <= 0.11
