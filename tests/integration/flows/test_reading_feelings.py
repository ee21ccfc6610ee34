"""What the shipped lexicons hear in a customer's words, and what the course of a conversation makes of them."""

from __future__ import annotations

import pytest

from peilian.engine.conversation import Conversation, Message, Role
from peilian.flows import reading

NEGATIVE = {"anxious", "disappointed", "annoyed", "angry", "abusive"}


def read(*lines):
    """The reading of ``c text`` and ``a text`` lines, all by one agent."""
    roles = {"c": Role.CUSTOMER, "a": Role.AGENT}
    parted = [line.split(" ", 1) for line in lines]
    messages = [
        Message(str(i), i, roles[who], text, author="a-1" if who == "a" else None)
        for i, (who, text) in enumerate(parted)
    ]
    (found,) = reading.read([Conversation("k", tuple(messages))])
    return found


def feeling(text):
    return read(f"c {text}").messages[0].emotion.label


def issues(*lines):
    return {(message.i, finding.key) for message in read(*lines).messages for finding in message.of_kind("issue")}


@pytest.mark.parametrize(
    "text",
    [
        "孩子身上起疹子，痒得一夜没合眼",
        "油烟机吵得睡不着",
        "拆箱的时候手被铁皮划了一道",
        "你们改了配方不说？",
        "停水你们也没提前通知我们",
        "你不给我换？",
        "还要我自己去问？",
        "你就会复制粘贴",
        "别跟我扯流程",
        "谁收个外卖还专门录像啊",
        "怎么会这么吵",
        "我不要你们那破积分",
        "你这烂系统又登不上去了",
        "你还敢吓唬我？",
        "物业电话打了七八个，门也敲了好几次",
        "你们明明答应过我周三装的",
        "退款 这单不要了",
        "再不发货我只能退了",
        "说话啊？？",
        "明早的火车票不见了！！",
    ],
)
def test_displeasure_is_heard(text):
    assert feeling(text) in NEGATIVE


@pytest.mark.parametrize(
    "text",
    [
        "你说的收货码要我报给谁？",
        "需要我去哪里问？",
        "要我出运费吗？",
        "我打了一次电话，说让我联系你们",
        "你们能保证周三装好吗",
        "这件不要了，换另一件蓝色的",
        "我不是要退钱",
        "我想问问破损补寄怎么申请",
        "付好了！！",
        "哦！！原来没点确认",
        "如果被烫伤了怎么算",
        "你看下图片",
    ],
)
def test_plain_questions_and_news_are_not_displeasure(text):
    assert feeling(text) not in NEGATIVE


@pytest.mark.parametrize(
    "text",
    [
        "刚才那位已经问过一遍了",
        "我上午就说过了呀",
        "最上面写了订单号",
        "又要我从头说一遍",
        "同样的事我打了三个电话",
        "我说的是水管，不是水表",
        "我问你师傅几点到",
        "这是我第三次找你们了",
        "能不能别每次都让我重新报手机号",
    ],
)
def test_a_customer_may_say_that_it_was_said_before(text):
    assert (2, "customer_repeats") in issues("c 家里漏水，想约师傅", "a 请问您贵姓", f"c {text}")


@pytest.mark.parametrize(
    "text",
    [
        "你再说一遍试试",
        "这个你刚才说过了",
        "你们上次说了三天到",
        "师傅说了几次都是这个价",
        "我又不是不付钱",
        "路由器灯一直在闪",
        "图我发了",
        "问了，物业说没停水",
        "我跟家里人说了一声",
        "我问一下师傅几点来",
        "我昨晚第一次开机",
    ],
)
def test_other_talk_of_saying_is_no_repetition(text):
    assert (2, "customer_repeats") not in issues("c 家里漏水，想约师傅", "a 请问您贵姓", f"c {text}")


@pytest.mark.parametrize(
    "answer",
    [
        "我没办法保证明天一定到，路上在下雪，最晚周四",
        "不敢跟您说死，仓库今晚盘点完才知道有没有货",
        "这个我不能替银行打包票，一般三天内",
    ],
)
def test_an_honest_hedge_is_neither_a_promise_nor_a_dead_end(answer):
    found = read("c 明天能到吗", f"a {answer}").messages[1].findings
    assert not {"dead_end", "overpromise"} & {finding.key for finding in found}


def test_a_refusal_followed_by_another_way_is_no_dead_end():
    lines = ("c 票能退吗", "a 网上退不了了", "c 可人在医院呢")
    assert (1, "dead_end") in issues(*lines, "a 规则写了开演前一天")
    assert (1, "dead_end") not in issues(*lines, "a 有另一个办法，带病历到售票处退")


@pytest.mark.parametrize("answer", ["这个您得问快递公司。请耐心等待。", "系统就是这样设置的。", "这不归我们管。"])
def test_sending_the_customer_away_is_a_dead_end(answer):
    assert (1, "dead_end") in issues("c 包裹在哪", f"a {answer}")


@pytest.mark.parametrize("answer", ["漏发是我们的错，我认", "责任在我们，今天补上", "刚才那句话我说得不对"])
def test_admitting_a_fault_takes_up_the_feeling(answer):
    assert (1, "missing_empathy") not in issues("c 气死我了，少发两件", f"a {answer}")


def faults(text):
    found = read("c 这单到底怎么回事", f"a {text}").messages[1].findings
    return {finding.key for finding in found if finding.kind == "fault"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("您再催五遍，骑手也不会飞过来", "rude"),
        ("就算您打十次电话，结果都是一样", "rude"),
        ("钱又不会从手机里蹦出来", "rude"),
        ("会员几号到期，得您自己记着", "blame"),
        ("谁知道是不是您自己摔的", "blame"),
        ("系统就是这么定的", "blame"),
        ("这个您得问驿站", "blame"),
        ("这事包在我身上", "overpromise"),
        ("前面三单都是下班以后在家收的，之前几次也是晚上签收", "privacy"),
        ("她平时都是周末在家", "privacy"),
    ],
)
def test_a_fault_is_heard_in_everyday_words(text, fault):
    assert fault in faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "麻烦您再说一遍，刚才信号断了我都没听清",
        "雪天路滑，需要您自己注意安全",
        "流程就是这样，先登记再上门",
        "如果您要问快递公司，我把电话给您",
        "不敢说这事一定办得成，我尽量",
        "您前面几单都是晚上签收的，这单也放驿站可以吗",
        "她一般几点在家方便收货的话，您告诉我",
    ],
)
def test_fair_words_are_no_fault(text):
    assert faults(text) == set()
