"""Waiting, emotion, satisfaction and issues: what the course of a conversation yields."""

from __future__ import annotations

import pytest

from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading import Cue, SatisfactionModel, compile_lexicons, read_conversation

SECOND = 1000


def emotion(key, weight, *patterns):
    return Cue(f"cue.{key}", "emotion", key, "zh", patterns, weight=weight, side="customer")


def sign(key, *patterns):
    return Cue(f"cue.{key}", "sign", key, "zh", patterns, side="customer", negated=True)


def move(key, *patterns, **more):
    return Cue(f"cue.{key}", "move", key, "zh", patterns, negated=True, **more)


CUES = (
    emotion("angry", -0.8, "气死", "投诉"),
    emotion("annoyed", -0.5, "烦"),
    emotion("grateful", 0.6, "谢谢"),
    sign("thanking", "谢谢"),
    sign("again", "说过了"),
    sign("parting", "没有了"),
    Cue("cue.way", "sign", "way", "zh", ("另一条路",)),
    Cue("cue.hedges", "sign", "hedges", "zh", ("不敢保证",), negated=True),
    Cue("cue.deflects", "sign", "deflects", "zh", ("您得问快递",)),
    Cue("cue.admits", "sign", "admits", "zh", ("我们的错",)),
    Cue("cue.rude", "fault", "rude", "zh", ("啰嗦",)),
    move("wait", "稍等"),
    move("own", "再确认"),
    sign("unmet", "还没好"),
    move("apologise", "抱歉"),
    move("refuse", "不行", "不敢保证"),
    move("solve", "换新"),
    move("check_more", "还有其他"),
    move("close", "再见"),
    Cue("cue.filler", "aside", "filler", "zh", ("就是说",), negated=True),
)
MODEL = SatisfactionModel({"constant": 0.0, "positive": 1.0, "negative": -1.0, "thanking": 0.5}, (-0.3, 0.3))
LEXICONS = compile_lexicons(CUES, {}, MODEL, "test")


def talk(*lines, **about):
    """A conversation of ``speaker text`` lines; a number behind the speaker is the second."""
    messages = []
    for i, line in enumerate(lines):
        speaker, _, text = line.partition(" ")
        role = {"c": Role.CUSTOMER, "a": Role.AGENT, "o": Role.BOT, "y": Role.SYSTEM}[speaker[0]]
        at = int(speaker[1:]) * SECOND if speaker[1:] else None
        author = {"c": None, "a": "agent-a"}.get(speaker[0])
        messages.append(Message(str(i), i, role, text, at_ms=at, author=author, **about.get(f"m{i}", {})))
    return Conversation("k", tuple(messages))


def read(*lines, **about):
    return read_conversation(talk(*lines, **about), LEXICONS)


def issues(*lines):
    return [(m.i, f.key, f.agent) for m in read(*lines).messages for f in m.of_kind("issue")]


@pytest.mark.parametrize(
    ("lines", "waited"),
    [
        pytest.param(["c0 在吗", "a20 在的"], [None, 20_000], id="question and answer"),
        pytest.param(["c0 在吗", "c30 人呢", "a40 在的"], [None, None, 40_000], id="since the first open message"),
        pytest.param(["c0 在吗", "a20 在的", "a50 请说"], [None, 20_000, None], id="no question is open any more"),
        pytest.param(["a0 您好", "c5 你好"], [None, None], id="nobody asked"),
        pytest.param(["c 在吗", "a 在的"], [None, None], id="untimed"),
        pytest.param(["c0 在吗", "o1 您好", "a20 在的"], [None, None, 20_000], id="a bot does not answer"),
    ],
)
def test_waiting_is_measured_for_human_answers(lines, waited):
    assert [message.waited_ms for message in read(*lines).messages] == waited


@pytest.mark.parametrize("hidden", ["is_internal", "is_automatic"])
def test_notes_and_templates_are_not_read(hidden):
    message = read("c0 在吗", "a1 非常抱歉", m1={hidden: True}).messages[1]
    assert not message.is_answer
    assert message.findings == ()
    assert message.waited_ms is None


def test_an_answer_before_the_question_is_read_but_waited_for_nothing():
    message = read("c5 在吗", "a1 非常抱歉", m1={"is_clock_fault": True}).messages[1]
    assert message.has("apologise")
    assert message.waited_ms is None


@pytest.mark.parametrize(
    ("text", "label", "valence"),
    [
        ("今天几点送", "calm", 0.0),
        ("谢谢", "grateful", 0.6),
        ("烦", "annoyed", -0.5),
        ("气死我了,我要投诉,烦", "angry", -1.0),
        ("烦!!", "annoyed", -0.62),
        ("谢谢,但是真的很烦,气死了", "angry", -0.3),
    ],
)
def test_the_strongest_sign_names_the_emotion(text, label, valence):
    found = read(f"c {text}").messages[0].emotion
    assert (found.label, found.valence) == (label, valence)


def test_an_emotion_points_at_its_sign():
    found = read("c 说实话我很烦").messages[0].emotion
    assert (found.start, found.end, found.rule) == (5, 6, "cue.annoyed")


def test_satisfaction_follows_the_turns_and_the_later_ones_count_more():
    up = read("c 气死了", "a 好的", "c 谢谢")
    down = read("c 谢谢", "a 好的", "c 气死了")
    assert [m.satisfaction.label for m in up.messages if m.satisfaction] == ["dissatisfied", "satisfied"]
    assert up.satisfaction.estimate > 0.5 > down.satisfaction.estimate


def test_estimates_lie_between_0_and_1_with_the_cuts_at_the_thirds():
    estimates = [read(f"c {text}").messages[0].satisfaction.estimate for text in ("气死了,投诉", "好", "谢谢谢谢")]
    assert estimates == [0.0, 0.5, 1.0]


def test_a_conversation_without_a_customer_has_no_satisfaction():
    reading = read("a 您好")
    assert reading.satisfaction is None
    assert reading.messages[0].satisfaction is None


def test_an_upset_customer_wants_a_word_for_it():
    assert issues("c 气死我了", "a 给您换新") == [(1, "missing_empathy", "agent-a")]
    assert issues("c 气死我了", "a 抱歉,给您换新") == []
    assert issues("c 几点送货", "a 给您换新") == []
    assert issues("c 气死我了", "a 这是我们的错") == []


def test_who_only_looks_has_not_answered_yet():
    assert issues("c 气死我了", "a 我再确认,请稍等") == []
    assert issues("c 气死我了", "a 我再确认") == [(1, "missing_empathy", "agent-a")]


def test_an_apology_covers_the_next_two_turns_unless_anger_flares_up():
    begun = ("c 真烦", "a 抱歉")
    assert issues(*begun, "c 还是烦", "a 换新", "c 烦", "a 明天到") == []
    assert issues(*begun, "c 气死我了", "a 换新") == [(3, "missing_empathy", "agent-a")]
    late = (*begun, "c 哦", "a 换新", "c 几点", "a 明天到", "c 烦", "a 换新吧")
    assert issues(*late) == [(7, "missing_empathy", "agent-a")]
    assert issues("c 烦", "a 换新", "c 烦", "a 抱歉") == [(1, "missing_empathy", "agent-a")]


def test_a_refusal_without_a_way_out_is_a_dead_end():
    assert issues("c 能改地址吗", "a 不行") == [(1, "dead_end", "agent-a")]
    assert issues("c 能改地址吗", "a 不行", "a 不过可以换新") == []


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        pytest.param(["c 能退吗", "a 线上不行", "c 啊", "a 有另一条路"], [], id="the next turn shows the way"),
        pytest.param(["c 能退吗", "a 不行,真啰嗦", "c 啊", "a 有另一条路"], [1], id="not after a harsh word"),
        pytest.param(["c 能退吗", "a 不行", "c 啊", "a 就这样", "c 哦", "a 有另一条路"], [1], id="too late"),
        pytest.param(["c 明天到吗", "a 我不敢保证,路上堵"], [], id="an honest hedge is no refusal"),
        pytest.param(["c 明天到吗", "a 不敢保证,改时间也不行"], [1], id="a hedge beside a refusal"),
        pytest.param(["c 包裹呢", "a 这您得问快递"], [1], id="sending the customer elsewhere"),
        pytest.param(["c 包裹呢", "a 这您得问快递,或者换新"], [], id="elsewhere and a way"),
    ],
)
def test_a_dead_end_leaves_no_way(lines, found):
    assert [i for i, key, _ in issues(*lines) if key == "dead_end"] == found


def test_closing_over_an_open_matter_is_premature():
    assert issues("c 为什么还没好", "a 再见") == [(1, "premature_closing", "agent-a")]
    assert issues("c 没有了", "a 再见") == []
    assert issues("c 为什么还没好", "a 给您换新,再见") == []


def test_an_answer_given_twice_is_a_repetition_and_names_the_first():
    text = "这款商品支持七天之内免费换新"
    reading = read("c 问一下", f"a {text}", "c 我知道", f"a {text}")
    (finding,) = reading.messages[3].of_kind("issue")
    assert (finding.key, finding.reason.params["earlier"]) == ("repetition", 2)


def test_a_long_passage_said_again_in_another_answer_is_a_repetition():
    passage = "会员价与满减活动不能同时享受请以结算页面显示的金额为准"
    first, second = f"a 这单是会员价,{passage}", f"a 您问的另一件羽绒服下周三补货到仓,{passage}"
    assert issues("c 有优惠吗", first, "c 另一件呢", second) == [(3, "repetition", "agent-a")]
    assert issues("c 有优惠吗", first, "c 另一件呢", f"a {passage[:12]}下周三补货到仓以后再看") == []


def test_a_customer_who_says_it_again_after_an_answer_concerns_that_agent():
    question = "我的快递放在哪个驿站了"
    assert issues(f"c {question}", "a 您好", f"c {question}") == [(2, "customer_repeats", "agent-a")]
    assert issues(f"c {question}", f"c {question}", "a 换新") == []
    assert issues("c 几点", "a 您好", "c 都说过了") == [(2, "customer_repeats", "agent-a")]


@pytest.mark.parametrize(
    "text",
    ["咨询订单号:YS2610000000123", "https://shop.example/item/5305078", "[图片][图片] [订单号码] [快递单号]"],
)
def test_cards_links_and_pictures_sent_again_repeat_nothing(text):
    assert issues(f"c {text}", "a 您好", f"c {text}") == []


def test_having_the_customer_wait_twice_is_no_repetition():
    text = "请您稍等片刻我再确认一遍库存情况"
    assert issues("c 有货吗", f"a {text}", "c 好", f"a {text}") == []


@pytest.mark.parametrize(
    "text",
    ["就是说就是说您看就是说明天就是说送到", "这边的发票明天会开出来,这边的发票明天会开出来"],
)
def test_padding_and_saying_it_twice_are_redundant(text):
    assert issues(f"a {text}") == [(0, "redundant", "agent-a")]


def test_reading_is_repeatable():
    lines = ("c 气死我了", "a 抱歉,不行", "c 谢谢", "a 还有其他")
    assert read(*lines) == read(*lines)
