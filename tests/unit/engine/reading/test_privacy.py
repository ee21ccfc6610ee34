"""When a number in the agent's words is a disclosure."""

from __future__ import annotations

import pytest

from peilian.engine.conversation import PLACEHOLDERS, Conversation, Message, Role
from peilian.engine.reading import SatisfactionModel, compile_lexicons, read_conversation

PHONE, ID_NUMBER = PLACEHOLDERS["phone"], PLACEHOLDERS["id_number"]
EMAIL, ADDRESS = PLACEHOLDERS["email"], PLACEHOLDERS["address"]


def discloses(text, *before):
    """Whether the last agent message of a conversation is found to disclose something."""
    turns = [*(("customer", said) for said in before), ("agent", text)]
    messages = tuple(Message(str(i), i, Role(role), words) for i, (role, words) in enumerate(turns))
    reading = read_conversation(Conversation("k", messages), compile_lexicons((), {}, SatisfactionModel({}), "test"))
    return reading.messages[-1].has("privacy")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("您的电话是13800138000", True, id="mobile number in digits"),
        pytest.param(f"收件人电话{PHONE},今天派送", True, id="masked mobile number"),
        pytest.param(f"我核对一下身份证号,是{ID_NUMBER},对吗?", True, id="read out even to be confirmed"),
        pytest.param("您尾号是138****8000,对吗?", False, id="starred already"),
        pytest.param("尾号8000是您本人吗?", False, id="last digits only"),
        pytest.param(f"骑手的电话是{PHONE}", False, id="the courier's"),
        pytest.param(f"专员会用{PHONE}给您回电", False, id="the number that will call"),
        pytest.param(f"发票请发到{EMAIL}", False, id="an address of the company"),
        pytest.param(f"您的邮箱是{EMAIL}吗?", False, id="a mailbox to be confirmed"),
        pytest.param(f"她的收货地址是{ADDRESS}", True, id="where somebody lives"),
        pytest.param(f"请把商品寄回到{ADDRESS}", False, id="where to send goods"),
        pytest.param("您的订单号是202609151234567890", False, id="order number"),
    ],
)
def test_a_full_number_of_a_person_is_a_disclosure(text, expected):
    assert discloses(text) is expected


def test_who_reads_back_what_the_customer_wrote_discloses_nothing():
    assert not discloses(f"是{PHONE}这个号码吗?", f"我的电话是{PHONE}")
    assert discloses(f"是{PHONE}这个号码吗?", "我的电话你们有的")
