"""When a cue counts: its conditions, negation, questions, quotations, and how hits become findings."""

from __future__ import annotations

import pytest

from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading import Cue, SatisfactionModel, compile_lexicons, read_conversation


def keys_of(text, *cues, before=()):
    """The keys found in one agent message after the messages ``before``."""
    lexicons = compile_lexicons(cues, {}, SatisfactionModel({}), "test")
    turns = [*before, ("agent", text)]
    messages = tuple(Message(str(i), i, Role(role), words) for i, (role, words) in enumerate(turns))
    reading = read_conversation(Conversation("k", messages), lexicons)
    return [finding.key for finding in reading.messages[-1].findings if finding.rule.startswith("cue")]


def cue(*patterns, key="solve", **more):
    return Cue(rule=f"cue.{key}", kind="move", key=key, language="zh", patterns=patterns, **more)


@pytest.mark.parametrize(
    ("conditions", "text", "counts"),
    [
        pytest.param({}, "给您退款", True, id="plain"),
        pytest.param({}, "不能给您退款", False, id="negated"),
        pytest.param({"negated": True}, "不能给您退款", True, id="negation does not matter"),
        pytest.param({}, "您说要退款", False, id="the customer's words"),
        pytest.param({"quoted": True}, "您说要退款", True, id="quotation does not matter"),
        pytest.param({"question": "blocks"}, "您申请退款了吗", False, id="asked for"),
        pytest.param({"question": "blocks"}, "给您退款可以吗", True, id="a proposal is no question"),
        pytest.param({"question": "required"}, "给您退款", False, id="only in questions"),
        pytest.param({"unless": ("昨天",)}, "昨天退款,今天到", False, id="forbidden in the clause"),
        pytest.param({"unless": ("今天",)}, "昨天退款,今天到", True, id="allowed in another clause"),
        pytest.param({"unless_near": ("今天",)}, "昨天退款,今天到", False, id="forbidden in the sentence"),
        pytest.param({"needs": ("今天",)}, "昨天退款", False, id="what it needs is missing"),
        pytest.param({"needs": ("今天",)}, "昨天退款,今天到", True, id="what it needs is near"),
        pytest.param({"not_after": ("商家",)}, "商家退款", False, id="after what it may not follow"),
        pytest.param({"not_after": ("商家",)}, "商家说退款", True, id="the forbidden word does not touch it"),
    ],
)
def test_a_cue_counts_under_its_conditions(conditions, text, counts):
    assert keys_of(text, cue("退款", **conditions)) == (["solve"] if counts else [])


def test_a_long_clause_without_punctuation_asks_only_at_its_end():
    early = "那我这边给您退款然后您稍等一下我先跟这边的仓库再核对一遍看看您那个包裹里面到底少了什么东西呢"
    assert keys_of(early, cue("退款", question="blocks")) == ["solve"]


@pytest.mark.parametrize(
    ("when", "before", "counts"),
    [
        (("opening",), [], True),
        (("opening",), [("agent", "明天送到")], False),
        (("not_opening",), [("agent", "明天送到")], True),
        (("opening", "alone"), [], False),
    ],
)
def test_conditions_look_at_the_course(when, before, counts):
    known = (cue("退款", when=when), cue("送到", key="explain"))
    assert keys_of("好的,给您退款", *known, before=before) == (["solve"] if counts else [])


def test_an_upset_customer_is_a_condition():
    angry = Cue("cue.angry", "emotion", "angry", "zh", ("气死",), weight=-0.8, side="customer")
    upset = cue("消消气", key="empathise", when=("upset",))
    assert keys_of("您消消气", upset, angry, before=[("customer", "气死我了")]) == ["empathise"]
    assert keys_of("您消消气", upset, angry, before=[("customer", "你好")]) == []


def test_one_finding_of_a_key_per_sentence():
    assert keys_of("退款,马上退款。明天退款", cue("退款")) == ["solve", "solve"]


def test_what_only_words_a_greeting_promises_nothing():
    greeting = cue("有什么可以帮您", key="greet")
    promise = cue("帮您", key="own")
    assert keys_of("有什么可以帮您", greeting, promise) == ["greet"]
    assert keys_of("这就帮您", greeting, promise) == ["own"]


def test_spans_count_code_points_of_the_original():
    lexicons = compile_lexicons([cue("抱歉", key="apologise")], {}, SatisfactionModel({}), "test")
    text = "😀ＯＫ\u200b,非常抱\u200b歉"
    conversation = Conversation("k", (Message("1", 0, Role.AGENT, text),))
    (finding,) = [f for f in read_conversation(conversation, lexicons).messages[0].findings if f.key == "apologise"]
    assert text[finding.start : finding.end] == "抱\u200b歉"
