"""What is masked, what is not, and that masking is stable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.conversation import PLACEHOLDERS, mask

TOKEN = re.compile("|".join(re.escape(token) for token in PLACEHOLDERS.values()))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        # mobile numbers
        ("我的手机号是13812345678,谢谢", "我的手机号是[[phone]],谢谢"),
        ("电话138-1234-5678", "电话[[phone]]"),
        ("联系 138 1234 5678 即可", "联系 [[phone]] 即可"),
        ("+86 138 1234 5678", "[[phone]]"),
        ("008613812345678", "[[phone]]"),
        ("8613812345678", "[[phone]]"),
        ("微信wx13812345678", "微信wx[[phone]]"),
        ("13812345678/13912345678", "[[phone]]/[[phone]]"),
        ("１３８１２３４５６７８", "[[phone]]"),
        ("手機 0912-345-678", "手機 [[phone]]"),
        ("call +1 212 555 1234 or +44 20 7946 0958", "call [[phone]] or [[phone]]"),
        ("(212) 555-1234, 212-555-1234", "[[phone]], [[phone]]"),
        # landlines
        ("010-62345678", "[[landline]]"),
        ("(010)62345678", "[[landline]]"),
        ("0746—5276266", "[[landline]]"),
        ("0755 83123456转802", "[[landline]]"),
        ("02162345678", "[[landline]]"),
        # identity numbers
        ("身份证11010519491231002X。", "身份证[[id_number]]。"),
        ("身份证11010519491231002x。", "身份证[[id_number]]。"),
        ("110105900307123", "[[id_number]]"),
        # bank cards
        ("4111 1111 1111 1111", "[[bank_card]]"),
        ("4111-1111-1111-1111", "[[bank_card]]"),
        ("卡号6222021234567890128", "卡号[[bank_card]]"),
        ("3782 822463 10005", "[[bank_card]]"),
        # mail
        ("我的邮箱zhang.san@qq.com哦", "我的邮箱[[email]]哦"),
        ("Mail me: a.b+c@mail.example.org.", "Mail me: [[email]]."),
        # addresses
        ("我住在北京市朝阳区建国路88号3栋502室", "我住在[[address]]"),
        ("收货地址:广东省深圳市南山区深南大道10000号", "收货地址:[[address]]"),
        ("寄到中山路十二号", "寄到[[address]]"),
        ("阳光花园5号楼2单元301", "[[address]]"),
        ("台北市中正區重慶南路一段122號3樓", "[[address]]"),
        ("I live at 123 Main Street, Apt 4B", "I live at [[address]]"),
        ("742 Evergreen Terrace", "[[address]]"),
        ("it is 1600 pennsylvania avenue", "it is [[address]]"),
    ],
)
def test_what_identifies_a_person_becomes_a_placeholder_of_its_type(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "订单号:13812345678",
        "订单编号 6222021234567890128",
        "物流单号是 4111111111111111",
        "order number 4111111111111111",
        "tracking: 4111111111111111",
        "订单3812345678901234567",
        "SF1234567890123",
        "A13812345678",
        "138****5678",
        "一共¥1234567.89,退28000000元",
        "2024-03-04 02:01:03 和 2024/03/04",
        "1709517663000",
        "1709517663",
        "version 115.12.0, build 20240304123456",
        "192.168.100.200",
        "知道12号发货吗",
        "12号线, 公交12路, 第3街5号",
        "线路5号, 电路12号, 频道3号",
        "这个渠道2号就停了",
        "國道七號",
        "4111111111111112",
        "110105194912310021234",
        "a 2 way street, 10 minute road trip",
        "客服热线400-820-8820",
        "@联通客服 在吗",
        "user@localhost",
    ],
)
def test_order_numbers_amounts_dates_and_versions_stay(text):
    assert mask(text) == text


def test_a_wrong_check_digit_saves_an_id_number_only_when_its_date_is_none():
    assert mask("110105194912310021") == "[[id_number]]"  # a slip of the pen still gives the person away
    assert mask("110105794913310021") == "110105794913310021"


def test_several_kinds_in_one_text_are_masked_each():
    text = "我叫张三,13812345678,身份证11010519491231002X,邮箱a@b.cn,住人民路5号"
    assert mask(text) == "我叫张三,[[phone]],身份证[[id_number]],邮箱[[email]],住[[address]]"


PIECES = st.sampled_from(
    [
        *("13812345678", "138-1234-5678", "4111 1111 1111 1111", "11010519491231002X", "010-62345678", "a@b.cn"),
        *("号", "路", "12", "1", "x", ",", " ", "(", ")", "+", "-", "０", "号楼", "订单号", "北京市", "Main Street"),
        *PLACEHOLDERS.values(),
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join))
def test_masking_twice_is_masking_once(text):
    once = mask(text)
    assert mask(once) == once


@given(st.text(alphabet=st.characters(blacklist_categories=["Nd"], blacklist_characters="@＠"), max_size=60))
def test_a_text_without_digits_changes_only_where_a_spelt_house_number_stands(text):
    masked = mask(text)
    assert masked == text or "[[address]]" in masked


@given(st.text(max_size=20), st.text(max_size=20), st.integers(3, 9), st.integers(0, 10**9 - 1))
def test_a_mobile_number_between_other_words_is_never_left(before, after, second, rest):
    number = f"1{second}{rest:09d}"
    assert number not in mask(f"{before}。{number}。{after}")


@given(st.integers(0, 999_999), st.integers(0, 99))
def test_a_plain_amount_is_never_masked(yuan, cents):
    for text in (f"{yuan}元", f"¥{yuan}.{cents:02d}", f"退{yuan}.{cents:02d}"):
        assert mask(text) == text


@given(st.integers(10**11, 10**12 - 1) | st.integers(10**19, 10**24))
def test_a_number_of_another_length_than_any_personal_one_stays(number):
    text = f"编码{number}。"
    assert TOKEN.search(mask(text)) is None or str(number).startswith("0")
