"""What the shipped lexicons find, in sentences of many trades. Each case names what must and must not be found."""

from __future__ import annotations

import pytest

from peilian.engine.conversation import Conversation, Message, Role
from peilian.flows import reading


def keys_of(text, *before):
    """The keys of moves and faults in an agent message after ``before`` (customer and agent in turn, customer last)."""
    roles = [Role.CUSTOMER, Role.AGENT]
    turns = [(roles[(len(before) - 1 - n) % 2], words) for n, words in enumerate(before)]
    messages = [Message(str(i), i, role, words) for i, (role, words) in enumerate([*turns, (Role.AGENT, text)])]
    (read,) = reading.read([Conversation("k", tuple(messages))])
    return {finding.key for finding in read.messages[-1].findings if finding.kind != "issue"}


FOUND = [
    # text, must be found, must not be found
    ("您好，这里是云图电信客服，工号 302，很高兴为您服务", {"greet"}, {"own", "close"}),
    ("您的流量剩三个G，您好", {"explain"}, {"greet"}),
    ("麻烦您报一下开户人姓名和手机号码", {"verify"}, {"ask", "greet"}),
    ("请问灯是一直红着还是一闪一闪的呢", {"ask"}, {"verify"}),
    ("您是说昨晚开始宽带就连不上了，对吗", {"paraphrase", "ask"}, {"verify"}),
    ("家里断网一整天，换谁都会着急的，您先别急", {"empathise"}, {"apologise"}),
    ("实在对不起，给您添麻烦了", {"apologise"}, {"empathise"}),
    ("不好意思，请问您方便说一下地址吗", set(), {"apologise"}),
    ("我这就帮您查一下账单明细", {"own"}, {"done"}),
    ("请您稍等片刻", {"wait"}, {"time", "own"}),
    ("因为月初系统出账，余额会晚一天更新", {"explain"}, {"refuse", "solve"}),
    ("您打开掌上营业厅，点击我的套餐就能改", {"solve"}, {"explain", "ask"}),
    ("师傅会在 24 小时内上门", {"time"}, {"wait"}),
    ("尽快给您处理", {"own"}, {"time"}),
    ("为表歉意，送您一张 10 元无门槛优惠券", {"compensate"}, {"refuse"}),
    ("已经为您提交退款申请了", {"done"}, {"own"}),
    ("明天会为您提交退款申请", set(), {"done"}),
    ("合约期内无法办理降档", {"refuse"}, {"solve", "alternative"}),
    ("这里不能现场换机，不过您可以邮寄到维修中心检测", {"refuse", "alternative"}, set()),
    ("这边为您升级到投诉专员处理", {"escalate", "own"}, {"refuse"}),
    ("有结果我会第一时间给您回电", {"follow_up"}, {"wait"}),
    ("请问还有其他可以帮到您的吗", {"check_more"}, {"ask", "greet"}),
    ("谢谢您的理解", {"thank"}, {"apologise", "empathise"}),
    ("祝您生活愉快，再见", {"close"}, {"greet"}),
    ("可以的", set(), {"explain", "ask", "solve"}),
    ("嗯嗯", set(), {"explain", "ask"}),
    ("是您自己填错了地址，怪不了我们", {"blame"}, set()),
    ("这不归我们管，您找快递去", {"blame"}, set()),
    ("不是跟您说过了吗", {"rude"}, set()),
    ("您到底听懂没有", {"rude"}, set()),
    ("我保证今天一定送到", {"overpromise"}, set()),
    ("不能保证今天一定送到", set(), {"overpromise"}),
    ("收件人的手机号是 13800138000", {"privacy"}, set()),
    ("收件人的手机号是 [[phone]]", {"privacy"}, set()),
    ("收件人的手机号是 138****8000", set(), {"privacy"}),
    ("客服热线 13800138000", set(), {"privacy"}),
    ("請問您的訂單編號是多少呢", {"verify"}, {"ask"}),
    # English
    ("Hello, this is Dana from Brightline Support. How can I help you today?", {"greet"}, {"ask", "own"}),
    ("Could you please confirm your order number?", {"verify"}, {"ask"}),
    ("Does the light on the router blink or stay red?", {"ask"}, {"verify"}),
    ("So you never received the second parcel, is that right?", {"paraphrase"}, {"verify"}),
    ("I understand how frustrating it is to wait all day.", {"empathise"}, {"apologise", "refuse"}),
    ("I'm so sorry for the mix-up.", {"apologise"}, set()),
    ("Let me check that for you.", {"own"}, {"solve"}),
    ("One moment please.", {"wait"}, {"time"}),
    ("The charge appears twice because the bank holds the first one for a day.", {"explain"}, {"solve"}),
    ("Go to Settings and tap Restore Purchases.", {"solve"}, {"explain"}),
    ("You will have it within 3-5 business days.", {"time"}, set()),
    ("I can offer you a 10% discount on your next order.", {"compensate"}, {"refuse"}),
    ("I have cancelled the order for you.", {"done"}, {"own"}),
    ("Unfortunately we cannot change the address any more.", {"refuse"}, {"alternative"}),
    ("I will transfer you to my supervisor.", {"escalate"}, {"close"}),
    ("Someone from our team will call you back tomorrow.", {"follow_up"}, {"refuse"}),
    ("Is there anything else I can help you with?", {"check_more"}, {"ask", "greet"}),
    ("Thank you for your patience.", {"thank"}, {"wait"}),
    ("Have a great day!", {"close"}, set()),
    ("It's your own mistake, you should have read the terms.", {"blame"}, set()),
    ("Like I said twice already, are you even listening?", {"rude"}, {"ask"}),
    ("I guarantee it will arrive tomorrow.", {"overpromise"}, set()),
    ("I can't guarantee it will arrive tomorrow.", set(), {"overpromise"}),
]


@pytest.mark.parametrize(("text", "found", "absent"), FOUND, ids=[case[0][:24] for case in FOUND])
def test_a_message_does_what_its_words_do(text, found, absent):
    keys = keys_of(text, "我想问点事", "这边是按月计费的", "你们这个怎么弄" if text[0] > "z" else "how does this work")
    if "greet" in found:
        keys = keys_of(text, "在吗" if text[0] > "z" else "hi there")
    assert found <= keys
    assert not absent & keys


def test_a_greeting_opens_and_does_not_fill():
    assert "greet" in keys_of("您好，请讲", "我要投诉")
    assert "greet" not in keys_of("您好，账单是三十元", "我要投诉", "这边是按天计费的", "到底多少钱")


def test_repeating_the_customers_words_to_confirm_them_is_a_paraphrase():
    assert "paraphrase" in keys_of("有一只虫子是吗", "我的饭里吃出来一只虫子")
    assert "paraphrase" not in keys_of("是团购套餐是吗", "我的饭里吃出来一只虫子")


def test_words_that_the_customer_said_are_not_the_agents():
    said = "please click the big red reset button on the back"
    assert "solve" not in keys_of(f"{said}. That is what the manual says.", said)


def test_other_languages_than_ours_are_read_without_a_fault():
    assert "ask" in keys_of("¿Puede enviarnos una captura de pantalla?", "No funciona el correo")
