"""From a conversation to drafts: what is proposed, why, what a person has to add, and that nothing hidden survives."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peilian.adapters.packs import SHIPPED
from peilian.adapters.packs.scenario import ScenarioDocument
from peilian.adapters.packs.trees import document_of
from peilian.adapters.packs.writing import written
from peilian.engine._kernel import Fault
from peilian.engine.conversation import Conversation
from peilian.flows import contents, rehearsing
from peilian.flows.extracting.cases import propose_case
from peilian.flows.extracting.days import moved, weeks_of
from peilian.flows.extracting.differences import which_is_efficient
from peilian.flows.extracting.drills import propose_scenario
from peilian.flows.extracting.talks import day_of, review, seen_as, spans_of, talk_of
from peilian.flows.extracting.values import Proposal, Talk, TooLittleError
from peilian.flows.wording import say
from support.builders import a_conversation, a_message

GOOD = (
    ("customer", "我订的鞋码不对，订42来了40，急用", "10:00:00"),
    ("agent", "吕先生您好，徐静为您服务。明明订的是42，到手是40，换谁都窝火", "10:00:10"),
    ("agent", "请问您是哪天要穿呢？", "10:00:12"),
    ("customer", "这个月28号要去爬山，就等着穿这双", "10:00:30"),
    ("agent", "查到了，是仓库发错了尺码。我现在给您换42码，明天上午九点到十二点上门取件", "10:00:50"),
    ("customer", "运费谁出？", "10:01:05"),
    ("agent", "来回的运费都由我们承担，您一分钱不用出。另外给您补一张15元的优惠券", "10:01:20"),
    ("agent", "新鞋发出以后，后天我主动给您留言", "10:01:30"),
    ("customer", "太好了，谢谢你", "10:01:45"),
)
BAD = (
    ("customer", "你们发的鞋码不对！！", "20:00:00"),
    ("agent", "请稍等", "20:03:00"),
    ("customer", "什么时候能给我换？气死我了", "20:03:20"),
    ("agent", "不能换的，规定就是这样", "20:06:00"),
    ("customer", "什么时候能给我换？", "20:06:30"),
    ("agent", "尽快给您处理", "20:09:00"),
    ("customer", "你们太差劲了，我要投诉", "20:09:30"),
)


def a_talk(lines=GOOD, words=None, **about: Any) -> Talk:
    return talk_of(the_conversation(lines, **about), NAMES if words is None else words)


def the_conversation(lines=GOOD, **about: Any) -> Conversation:
    return a_conversation(
        *(a_message(role, text, clock) for role, text, clock in lines), **{"topic": "退换货", **about}
    )


NAMES = {"吕先生": "name", "徐静": "name"}
DAY = day_of(the_conversation(), UTC)


def drill(lines=GOOD, words=None, answers=None, **about: Any) -> Proposal:
    return propose_scenario(a_talk(lines, words, **about), key="own/drill-1", answers=answers)


def rehearsed(body: dict[str, Any]) -> list[Fault]:
    document = document_of(body)
    assert isinstance(document, ScenarioDocument)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.yaml"
        path.write_text(written(document).text, encoding="utf-8")
        return rehearsing.check(document, "1", (SHIPPED,), file=str(path), seeds=3)


def everything(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)


def elements(proposal: Proposal) -> dict[str, str]:
    return {item["id"]: item["model"]["zh"] for item in proposal.body["required"]}


def test_the_review_shows_what_is_masked_and_what_is_suspicious():
    conversation = the_conversation((("customer", "我叫王小明，电话[[phone]]", None), ("agent", "王小明您好", None)))
    found = review(conversation, {"云杉": "company"})
    assert [(mark.kind, mark.is_masked, mark.word) for mark in found.marks[0]] == [
        ("name", False, "王小明"), ("phone", True, "")
    ]  # fmt: skip
    assert [(one.word, one.kind, one.n, one.first) for one in found.suspects] == [("王小明", "name", 2, 0)]


def test_notes_templates_and_empty_messages_are_usually_not_told():
    conversation = a_conversation(
        a_message("customer", "在吗"),
        a_message("agent", "欢迎光临", is_automatic=True),
        a_message("agent", "客户很急", is_internal=True),
        a_message("bot", "机器人"),
        a_message("agent", "  "),
        a_message("agent", "您好"),
    )
    assert list(review(conversation).told) == [0, 5]


def test_what_was_looked_at_is_told_from_what_changed_since():
    assert seen_as(the_conversation()) == seen_as(the_conversation())
    assert seen_as(the_conversation()) != seen_as(the_conversation(GOOD[:-1]))


def test_only_chosen_messages_are_told_and_keep_their_numbers():
    talk = talk_of(the_conversation(), NAMES, chosen=(0, 4, 8))
    assert len(talk.conversation.messages) == 3
    assert [talk.number(i) for i in range(3)] == [1, 5, 9]


@pytest.mark.parametrize("chosen", [(), (0, 3), (1, 4)])
def test_without_both_sides_nothing_can_be_told(chosen):
    with pytest.raises(TooLittleError):
        talk_of(the_conversation(), {}, chosen=chosen)


def test_what_the_source_knows_of_the_customer_is_not_carried_along():
    talk = a_talk(customer="p_123", order_id="YS2026", conversation_id="kf-1")
    assert (talk.conversation.customer, talk.conversation.order_id, talk.conversation.conversation_id) == (
        None,
        None,
        "told",
    )
    assert "kf-1" not in everything(drill(conversation_id="kf-1").body)


def test_hidden_places_are_kept_without_the_words():
    assert spans_of(the_conversation(), NAMES) == [
        {"message": 1, "start": 0, "end": 3, "kind": "name"},
        {"message": 1, "start": 6, "end": 8, "kind": "name"},
    ]


def test_a_good_conversation_becomes_a_drill_that_proves_itself():
    proposal = drill()
    assert proposal.gaps == ()
    assert contents.faults_of(proposal.body, ()) == []
    assert rehearsed(proposal.body) == []


def test_the_elements_are_what_the_agent_did_in_its_own_words():
    found = elements(drill())
    assert found["soothe"] == "明明订的是42，到手是40，换谁都窝火。"
    assert found["ask"] == "请问您是哪天要穿呢？"
    assert "仓库发错了尺码" in found["cause"]
    assert "运费都由我们承担" in found["freight"]
    assert "后天我主动给您留言" in found["follow_up"]


def test_every_element_names_its_reason_and_message():
    proposal = drill()
    whys = {why.field: why for why in proposal.whys}
    for n, item in enumerate(proposal.body["required"]):
        why = whys[f"required.{n}"]
        assert say(why.reason, "zh")
        assert say(why.reason, "en")
        if item["id"] == "soothe":
            assert why.messages == (1,)
            assert "第 2 条" in say(why.reason, "zh")


def test_the_sum_of_a_coupon_is_the_bound_that_the_drill_keeps():
    body = drill().body
    compensation = next(item for item in body["required"] if item["id"] == "compensation")
    assert compensation["parts"][0]["slot"] == {"unit": "money", "must": "value > 0 and value <= 15"}
    assert body["world"]["coupon.most"] == 15
    assert body["policies"] == [
        {"zh": "这件事最多补偿 15 元的优惠券。", "en": "For this case a coupon of at most 15 yuan."}
    ]


def test_what_was_told_when_asked_becomes_a_fact_with_the_question():
    (fact,) = drill().body["facts"]
    assert fact["asked"] == {"zh": {"asks": True, "like": ["请问您是哪天要穿呢？"]}}
    by = weeks_of(seen_as(the_conversation()))
    assert fact["lines"] == {"zh": [[moved("这个月28号要去爬山，就等着穿这双", by, DAY)]]}


def test_the_days_of_a_drill_are_moved_together():
    with_date = "11月24号之前能到吗"
    lines = (*GOOD[:2], ("customer", with_date, "10:01:10"), *GOOD[2:])
    by = weeks_of(seen_as(the_conversation(lines)))
    told = a_talk(lines)
    assert told.day == (DAY + by).isoformat()
    assert moved(with_date, by, DAY) in [message.text for message in told.conversation.messages]


def test_a_date_that_is_hidden_stays_hidden_when_the_days_are_moved():
    lines = (*GOOD[:2], ("customer", "11月24号之前能到吗", "10:01:10"), *GOOD[2:])
    told = a_talk(lines, {**NAMES, "11月24号": "birthday"})
    assert "[[birthday]]之前能到吗" in [message.text for message in told.conversation.messages]


def test_the_customer_begins_in_its_own_words_without_what_was_masked():
    lines = (("customer", "我是王小明。你们发错货了！！！", "10:00:00"), *GOOD[1:])
    opening = drill(lines, {**NAMES, "王小明": "name"}).body["lines"]["opening"]
    assert opening == {"zh": [["你们发错货了！"]]}


def test_who_asks_again_after_a_silence_is_no_longer_opening():
    lines = (
        ("customer", "在吗", "09:58:00"),
        ("customer", "我订的鞋码不对", "09:58:03"),
        ("customer", "人呢", "09:59:00"),
        *GOOD[1:],
    )
    body = drill(lines).body
    assert body["lines"]["opening"] == {"zh": [["在吗", "我订的鞋码不对"]]}
    assert body["persona"]["patience_seconds"] == 171


def test_what_was_missed_is_a_gap_and_not_an_invention():
    proposal = drill(BAD)
    assert {gap.key for gap in proposal.gaps} >= {"time", "solution"}
    assert "【时间】" in elements(proposal)["time"]
    problems = {fault.reason.key for fault in rehearsed(proposal.body)}
    assert problems == {"drill.lint.gap"}


def test_answers_fill_every_gap_and_the_drill_proves_itself():
    answers = {"time": "明天18点前", "solution": "换货", "cause": "仓库发错了货", "options": "全额退款"}
    proposal = drill(BAD, answers=answers)
    assert proposal.gaps == ()
    assert elements(proposal)["time"] == "最晚明天18点前会有结果。"
    assert rehearsed(proposal.body) == []


def test_a_model_answer_that_leaves_something_open_is_told_which():
    body = drill().body
    body["plays"]["ideal"] = body["plays"]["ideal"][:1]
    faults = rehearsed(body)
    label = next(item["label"]["zh"] for item in body["required"] if item["id"] == "solution")
    assert label in [
        fault.reason.params["label"] for fault in faults if fault.reason.key == "drill.rehearsal.ideal_lacks"
    ]


def test_an_upset_customer_is_upset_in_the_drill_too():
    calm = drill((("customer", "你好，怎么换货", "10:00:00"), *GOOD[2:])).body["persona"]
    upset = drill(BAD).body["persona"]
    assert upset["mood"] < calm["mood"]
    assert upset["trust"] <= calm["trust"]


def test_an_untimed_transcript_leaves_the_day_to_a_person():
    lines = tuple((role, text, None) for role, text, _ in GOOD)
    faults = contents.faults_of(drill(lines).body, ())
    assert [fault.field for fault in faults] == ["today"]


def test_drafts_are_the_same_each_time():
    assert drill().body == drill().body
    assert propose_case(a_talk(), key="own/c").body == propose_case(a_talk(), key="own/c").body


def case(*talks: Talk, answers=None) -> Proposal:
    return propose_case(*talks, key="own/case-1", answers=answers)


def test_a_case_lacks_only_what_a_person_has_learnt_from_it():
    proposal = case(a_talk(is_resolved=True))
    assert [fault.field for fault in contents.faults_of(proposal.body, ())] == ["lessons"]
    lesson = case(a_talk(is_resolved=True), answers={"lesson": "先说感受\n再说办法"})
    assert contents.faults_of(lesson.body, ()) == []
    assert lesson.body["lessons"] == [{"zh": "先说感受。"}, {"zh": "再说办法。"}]


def test_how_it_ended_is_told_by_the_source_or_asked_for():
    assert case(a_talk(is_resolved=False, has_complaint=True, csat=1.0)).body["telling"]["result"] == {
        "zh": "问题没有解决。客户后来投诉了。客户打了 1 分（满分 5 分）。"
    }
    assert "result.telling" in {gap.key for gap in case(a_talk()).gaps}
    assert case(a_talk(), answers={"result.telling": "换好了"}).body["telling"]["result"] == {"zh": "换好了。"}


def test_a_case_tells_the_conversation_with_gaps_for_what_is_hidden():
    messages = case(a_talk()).body["telling"]["messages"]
    assert messages[1]["text"]["zh"].startswith("【姓名】您好，【姓名】为您服务")
    assert [one["at_seconds"] for one in messages[:3]] == [0, 10, 12]


def test_faults_and_issues_are_points_with_their_reasons():
    proposal = case(a_talk(BAD, {}))
    bad = [point for point in proposal.body["telling"]["points"] if not point["is_good"]]
    assert bad
    marks = [one.get("mark") for one in proposal.body["telling"]["messages"] if one.get("mark")]
    assert marks == list(range(1, len(proposal.body["telling"]["points"]) + 1))
    assert {why.field for why in proposal.whys} >= {"telling.points.0"}


def test_better_words_of_a_person_stand_with_the_point():
    gap = next(gap for gap in case(a_talk(BAD, {})).gaps if gap.key.startswith("wording."))
    told = everything(case(a_talk(BAD, {}), answers={gap.key: "我先给您查到货时间"}).body)
    assert "可以这样说：“我先给您查到货时间”" in told


def test_a_refusal_that_the_customer_does_not_take_is_to_be_discussed():
    assert len(case(a_talk(BAD, {})).body["questions"]) == 2
    assert "questions" not in case(a_talk()).body


def test_a_complaint_an_improvement_and_a_success_are_told_apart():
    assert case(a_talk(BAD, {}, has_complaint=True)).body["form"] == "complaint"
    assert case(a_talk(BAD, {})).body["form"] == "improvement"
    assert case(a_talk()).body["form"] == "success"


def test_two_conversations_make_a_pair_with_their_differences():
    good, bad = a_talk(is_resolved=True), a_talk(BAD, {}, is_resolved=False)
    assert which_is_efficient(good, bad) == 0
    assert which_is_efficient(bad, good) == 1
    body = case(good, bad).body
    assert body["form"] == "pair"
    aspects = {one["aspect"]["zh"]: (one["efficient"]["zh"], one["inefficient"]["zh"]) for one in body["differences"]}
    assert aspects["用了多久"] == ("1.8 分钟，9 条消息", "9.5 分钟，7 条消息")
    assert aspects["首次响应"] == ("客户等了 10 秒", "客户等了 180 秒")
    assert aspects["有没有先弄清需求"][0] == "第 3 条先问清了再办。"
    assert aspects["时间说得具体不具体"][1] == "一次也没有给出具体时间。"
    assert [fault.field for fault in contents.faults_of(body, ())] == ["lessons"]


def test_alike_conversations_have_no_differences_to_tell():
    assert "differences" not in case(a_talk(), a_talk()).body


def test_an_english_conversation_gives_english_drafts():
    lines = (
        ("customer", "My order arrived broken. This is so frustrating!", "10:00:00"),
        ("agent", "Hello Ann, I am sorry to hear that, I understand how annoying this is.", "10:00:20"),
        (
            "agent",
            "It happened because the box was damaged by the carrier. I will send you a replacement today.",
            "10:00:40",
        ),
        ("customer", "When will it arrive?", "10:01:00"),
        ("agent", "It will arrive within 2 days. I will write to you here as soon as it leaves.", "10:01:20"),
        ("customer", "Great, thank you", "10:01:40"),
    )
    body = drill(lines, {"Ann": "name"}, {"cause": "the box was crushed", "time": "Friday noon"}, topic=None).body
    assert body["languages"] == ["en"]
    assert "Ann" not in everything(body)
    assert rehearsed(body) == []


SAID = st.sampled_from([text for lines in (GOOD, BAD) for _, text, _ in lines])
SECRETS = st.lists(
    st.sampled_from(["丘处机", "QX7788", "翠微巷9号", "zed_42", "慕容复"]), min_size=1, max_size=3, unique=True
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SAID, SECRETS), min_size=2, max_size=8), st.sampled_from(["case", "scenario"]))
def test_hiding_keeps_every_message_and_leaves_no_hidden_word_anywhere(lines, kind):
    messages = [
        a_message("customer" if n % 2 == 0 else "agent", f"{secrets[0]}，{text}，{'、'.join(secrets)}", None)
        for n, (text, secrets) in enumerate(lines)
    ]
    secrets = {secret for _, found in lines for secret in found}
    conversation = a_conversation(*messages, topic=sorted(secrets)[0])
    talk = talk_of(conversation, dict.fromkeys(secrets, "other"))
    assert len(talk.conversation.messages) == len(messages)
    body = (propose_case if kind == "case" else propose_scenario)(talk, key="own/x").body
    assert not any(secret.casefold() in everything(body).casefold() for secret in secrets)
    if kind == "case":
        assert len(body["telling"]["messages"]) == len(messages)
