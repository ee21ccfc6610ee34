"""What the lexicons of the product find in everyday wordings, and what they leave alone."""

from __future__ import annotations

import pytest

from peilian.adapters.packs.lexicon import load_lexicons
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading import read_conversation

LEXICONS = load_lexicons()


def last_of(*turns):
    """The reading of the last message of a conversation."""
    messages = tuple(Message(str(i), i, Role(role), text) for i, (role, text) in enumerate(turns))
    return read_conversation(Conversation("k", messages), LEXICONS).messages[-1]


def faults_in(text):
    return {finding.key for finding in last_of(("customer", "你好"), ("agent", text)).of_kind("fault")}


@pytest.mark.parametrize(
    ("text", "promises"),
    [
        ("您放心,明天一定到", True),
        ("退款肯定没问题", True),
        ("我跟您保证今晚到账", True),
        ("这回绝对不会再坏", True),
        ("师傅一来肯定能修好", True),
        ("I guarantee it will arrive tomorrow", True),
        ("爽肤水我不敢说一定抢得到", False),
        ("我不能保证今天一定到", False),
        ("结果我不敢打包票", False),
        ("我没办法保证一定能通过", False),
        ("谁也不能保证百分百到", False),
        ("您上次听到的“保证今晚一定到账”确实不该说", False),
        ("我们承诺死蟹包赔", False),
        ("收益不是固定的,它是非保本的产品", False),
        ("I can't guarantee that it will arrive tomorrow", False),
        ("Nobody can promise that it will work", False),
    ],
)
def test_only_a_promise_without_a_hedge_is_an_overpromise(text, promises):
    assert ("overpromise" in faults_in(text)) is promises


@pytest.mark.parametrize(
    ("text", "blames"),
    [
        ("那是你自己拿晚了", True),
        ("您当时没看清楚", True),
        ("谁让你不早说", True),
        ("送哪儿是快递的事,你找快递", True),
        ("你下单前不看的吗", True),
        ("你这个就是人为", True),
        ("不是怪您,是登记需要", False),
        ("难怪您着急", False),
        ("这件事不怪您", False),
        ("是您自己取的件吗?", False),
        ("您可以联系商家协商", False),
    ],
)
def test_blame_is_found_and_its_denial_is_none(text, blames):
    assert ("blame" in faults_in(text)) is blames


@pytest.mark.parametrize(
    ("text", "offends"),
    [
        ("我又不是锁匠", True),
        ("您再问三遍饭也不会出来", True),
        ("第三遍了:先解除绑定", True),
        ("那是你的权利,随便你", True),
        ("规则就是规则", True),
        ("主管来了也是一样", True),
        ("祝您财源滚滚", False),
        ("商品有毛病的话可以退换", False),
        ("规则页面有说明,我发给您", False),
    ],
)
def test_impatience_and_sarcasm_are_rude(text, offends):
    assert ("rude" in faults_in(text)) is offends


@pytest.mark.parametrize(
    "text",
    [
        "牛排化成水了,一股酸味",
        "冰袋全化了",
        "我都催了三遍了",
        "等了一个小时还没到",
        "让你们主管来",
        "说好的今天到呢",
        "到现在都没人理",
        "又要我报一遍",
        "连句对不起都没有",
        "呵呵,服务真好,谢谢你们",
        "以后我再也不用你们平台了",
    ],
)
def test_a_complaint_in_plain_words_is_not_calm(text):
    assert last_of(("customer", text)).emotion.valence < 0


@pytest.mark.parametrize(
    "text",
    [
        "你好,请问什么时候发货",
        "怎么申请退款",
        "地址能改吗",
        "开出来是生的赔不赔",
        "我妈的号想换个套餐",
        "订单退款要多久",
        "我还没收到,麻烦帮我查一下",
        "How do I move my trash folder?",
        "Hello, could you tell me where the settings are?",
    ],
)
def test_an_everyday_question_is_calm(text):
    emotion = last_of(("customer", text)).emotion
    assert (emotion.label, emotion.valence) == ("calm", 0.0)


def test_a_polite_question_is_neutral():
    text = (
        "Hello, I have two accounts and would like to see both inboxes in one list. I looked through the settings "
        "but did not see an option. Where can I set this? Version 115 on Windows 10."
    )
    assert last_of(("customer", text)).satisfaction.label == "neutral"


@pytest.mark.parametrize(
    ("text", "move"),
    [
        ("这边立刻去联系商家", "own"),
        ("我会如实记录反馈上去", "own"),
        ("为您申请到20元余额", "done"),
        ("短信已经发送到您的手机上了", "done"),
        ("您等专员核实一下", "escalate"),
        ("给您在两个小时内回电", "follow_up"),
        ("小美这里权限有限", "refuse"),
        ("目前没有线下维修点", "refuse"),
        ("换我等七天也会急", "empathise"),
        ("请您将旧款寄到门店", "solve"),
        ("请给我订单号", "verify"),
    ],
)
def test_moves_are_found_in_many_wordings(text, move):
    assert last_of(("customer", "你好"), ("agent", text)).has(move)
