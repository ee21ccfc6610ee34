"""How the customer takes what the agent does, and what the agent does not do."""

from dataclasses import replace

import pytest

from peilian.engine.drill.outcome import efficiency, final_satisfaction, unresolved
from support.drills import cast, persona, rules, started


def mood_after(*texts: str, **changes: object) -> float:
    drill = started(cast(**changes))
    for number, text in enumerate(texts, start=1):
        drill.hear(number * 12_000, text)
    return drill.state.mood


def test_an_apology_helps_only_with_something_behind_it():
    assert mood_after("非常抱歉") < mood_after("您看着办")
    assert mood_after("非常抱歉，我帮您看") > mood_after("我帮您看")


def test_apologies_wear_off_until_the_customer_turns_cynical():
    drill = started(cast())
    losses = []
    for number, text in enumerate(("非常抱歉", "对不起给您添麻烦", "真的抱歉了亲"), start=1):
        [*_, step] = drill.hear(number * 10_000, text)
        losses.append(sum(change.delta for change in step.changes if change.rule == "hollow_apology"))
    assert losses[0] > losses[1] > losses[2]
    assert drill.state.is_cynical


def test_apologies_with_action_do_not_make_a_customer_cynical():
    drill = started(cast())
    for number, text in enumerate(("抱歉，我帮您催", "对不起，我帮您看订单", "真是抱歉了呀"), start=1):
        drill.hear(number * 10_000, text)
    assert not drill.state.is_cynical
    assert drill.state.used["hollow"] == 1


def test_who_sends_the_customer_on_and_leaves_has_transferred_wrongly():
    drill = started(cast(handover="never"))
    drill.state.used["passed_on"] = 1
    drill.end(20_000)
    assert drill.state.outcome == "transferred_wrongly"


def test_ownership_brings_less_each_time():
    drill = started(cast())
    gains = []
    for number, text in enumerate(("我帮您看看订单", "我帮您问问仓库那边", "我帮您再联系一遍快递"), start=1):
        [*_, step] = drill.hear(number * 10_000, text)
        gains.append(sum(change.delta for change in step.changes if change.rule == "ownership"))
    assert gains[0] > gains[1] > gains[2] > 0


def test_a_message_can_do_only_so_much_good_at_once():
    drill = started(cast())
    [*_, step] = drill.hear(
        10_000, "抱歉让您着急，两天没动确实久，我帮您催，因为那边暴雨停了，预计24号送到，今天给您退款也可以的"
    )
    gain = sum(change.delta for change in step.changes if change.variable == "mood" and change.rule not in ("needs",))
    assert 0 < gain <= drill.cast.model.positive_cap + 1e-9


def test_empathy_that_names_the_situation_counts_more_than_a_phrase():
    assert mood_after("两天没动，换我也着急") > mood_after("请您不要着急呀好吗")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("这个不行", "refusal_alone"),
        ("请问还有其他需要吗", "premature_close"),
        ("是您自己没填对", "blame_customer"),
        ("闭嘴", "rude"),
        ("你找快递去", "forbidden"),
        ("已催过了", "false_report"),
    ],
)
def test_what_hurts_is_named_by_its_rule_and_lowers_the_mood(text, rule):
    drill = started(cast())
    steps = drill.hear(10_000, text)
    assert rule in rules(steps)
    assert next(change for step in steps for change in step.changes if change.rule == rule).delta < 0


def test_a_report_is_believed_once_the_world_shows_it():
    drill = started(cast())
    drill.act(5_000, "urge", {})
    steps = drill.hear(10_000, "已催过快递了")
    assert "done_verified" in rules(steps)
    assert "false_report" not in rules(steps)


def test_hurt_is_felt_more_by_a_reactive_customer():
    calm, hot = (cast(persona=persona(reactivity=r)) for r in (0.6, 1.6))
    moods = []
    for played_with in (calm, hot):
        drill = started(played_with)
        drill.hear(10_000, "这个不行")
        moods.append(drill.state.mood)
    assert moods[0] > moods[1]


def test_waiting_costs_patience_and_mood():
    drill = started(cast())
    steps = drill.advance(100_000)
    assert "unanswered" in rules(steps)
    assert drill.state.patience < 120


def test_a_notice_to_wait_buys_time():
    def patience(text: str) -> float:
        drill = started(cast())
        drill.hear(10_000, text)
        drill.advance(84_000)
        return drill.state.patience

    assert patience("请稍等") > patience("好的呢亲")


@pytest.mark.parametrize(("text", "until_ms"), [("请稍等", 85_000), ("请稍等1分钟", 70_000), ("请稍等5分钟", 130_000)])
def test_the_time_asked_for_is_the_time_that_is_given(text, until_ms):
    drill = started(cast())
    drill.hear(10_000, text)
    assert drill.state.wait_until_ms == until_ms


def test_a_promise_without_a_word_after_it_is_broken():
    drill = started(cast())
    drill.hear(10_000, "我帮您看")
    steps = drill.advance(120_000)
    assert "broken_promise" in rules(steps)
    assert "reminds" in [line.act for step in steps for line in step.lines]


def test_progress_keeps_a_promise():
    drill = started(cast())
    drill.hear(10_000, "我帮您看")
    steps = drill.hear(40_000, "那边暴雨")
    assert "kept_promise" in rules(steps, "trust")
    assert not drill.state.open_promises


def test_anger_rises_a_level_at_a_time_and_falls_only_after_better_turns():
    drill = started(cast())
    drill.hear(10_000, "闭嘴")
    assert drill.state.escalation == 1
    drill.state.mood = 0.5
    drill.hear(20_000, "那边暴雨")
    assert drill.state.escalation == 1
    drill.state.mood = 0.5
    drill.hear(30_000, "预计24号送到")
    assert drill.state.escalation == 0


def test_a_customer_does_not_leave_while_patient_and_does_leave_when_not():
    drill = started(cast())
    drill.advance(40_000)
    assert drill.state.outcome is None
    drill.advance(180_000)
    assert drill.state.outcome == "abandoned"


def test_abuse_stops_at_a_calm_boundary():
    played_with = cast(persona=persona(abuse=2, mood=-0.8))
    drill = started(played_with)
    drill.state.escalation = 2
    drill.hear(10_000, "嗯嗯好")
    assert drill.state.abused == 1
    drill.hear(20_000, "请您文明用语，我们先看包裹")
    drill.hear(30_000, "我看一下订单")
    assert drill.state.abused == 1


def test_nobody_without_a_ceiling_of_abuse_insults():
    drill = started(cast())
    drill.state.escalation = 3
    for number in range(1, 5):
        drill.hear(number * 10_000, f"嗯第{number}句")
    assert drill.state.abused == 0


def test_the_index_is_capped_while_a_critical_need_is_open():
    drill = started(cast())
    drill.hear(10_000, "那边暴雨，预计24号送到，我帮您看着，两天确实着急")
    drill.end(20_000)
    assert unresolved(drill.cast.scenario, drill.state) == ["action"]
    assert final_satisfaction(drill.customer) <= 60
    assert efficiency(drill.customer, 20_000) == 0


def test_a_fatal_word_ends_the_drill():
    drill = started(cast())
    drill.hear(10_000, "随便你投诉")
    assert drill.state.outcome == "policy_breach"
    assert final_satisfaction(drill.customer) <= 40


def gain(text: str, rule: str, *, done: bool = False) -> float:
    drill = started(cast())
    if done:
        drill.act(5_000, "urge", {})
    steps = drill.hear(10_000, text)
    return sum(change.delta for step in steps for change in step.changes if change.rule == rule)


def test_the_minute_for_which_somebody_is_asked_to_wait_is_no_answer_with_a_time():
    assert gain("请稍等1分钟", "concrete_time") == 0
    assert gain("请稍等1分钟", "wait_notice") > 0
    assert gain("请稍等1分钟，2小时内给您退款", "concrete_time") > 0


def test_a_time_for_looking_is_worth_less_than_a_time_for_the_matter():
    assert 0 < gain("我帮您看，1分钟的事", "concrete_time") < gain("我帮您看，因为1小时后能到", "concrete_time")


def test_what_is_settled_is_felt_with_the_words_that_settle_it():
    drill = started(cast())
    drill.hear(10_000, "那边暴雨")
    steps = drill.hear(20_000, "预计24号送到")
    assert sum(change.delta for step in steps for change in step.changes if change.rule == "needs") > 0


def test_who_was_told_nothing_yet_does_not_refuse_what_was_said():
    need = replace(cast().scenario.needs[0], reject=(("光说不够",),))
    drill = started(cast(needs=(need,)))
    drill.hear(10_000, "嗯嗯好的")
    steps = drill.hear(20_000, "这边明白")
    assert all("光说不够" not in line.text for step in steps for line in step.lines)
    drill.hear(30_000, "预计会送到")
    steps = [*drill.hear(40_000, "您看行吗"), *drill.hear(50_000, "好的亲亲")]
    assert any("光说不够" in line.text for step in steps for line in step.lines)


def test_the_parts_of_a_change_of_the_index_add_up_to_it():
    drill = started(cast())
    steps = []
    for at, text in ((9_000, "我帮您看，两天没动您着急了"), (90_000, "那边暴雨，预计24号送到"), (99_000, "闭嘴")):
        steps += drill.hear(at, text)
    for step in steps:
        moved = step.gauge.satisfaction - step.gauge.before
        assert abs(moved - sum(change.points for change in step.changes)) <= 0.11
