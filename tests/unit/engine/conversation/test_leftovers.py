"""What masking left: suspicious words are found, everyday words are not, and what is hidden is hidden everywhere."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.conversation import leftovers
from peilian.engine.conversation.leftovers import KINDS, find_leftovers, hidden, known_words, placeholder, places_of


def found(text: str, known=None) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.kind) for one in find_leftovers(text, known)]


@pytest.mark.parametrize(
    ("text", "word", "kind"),
    [
        ("我叫王小明，昨天买的", "王小明", "name"),
        ("收件人李四，麻烦改一下", "李四", "name"),
        ("您好吕先生，请讲", "吕先生", "name"),
        ("何女士您好", "何女士", "name"),
        ("您好，徐静为您服务", "徐静", "name"),
        ("您好您好，我是小雪，请讲", "小雪", "name"),
        ("小田接待您", "小田", "name"),
        ("我姓田。您放心", "姓田", "name"),
        ("欧阳女士请稍等", "欧阳女士", "name"),
        ("请转告李姐", "李姐", "name"),
        ("是张总定的", "张总", "name"),
        ("王老板说可以退", "王老板", "name"),
        ("小刘女儿下的单", "小刘女儿", "name"),
        ("给老陈媳妇买的", "老陈媳妇", "name"),
        ("小王，你好", "小王", "name"),
        ("我跟郑工说过", "郑工", "name"),
        ("谢谢胡老师", "胡老师", "name"),
        ("班主任黄老师", "黄老师", "name"),
        ("收货人是王 小明", "王 小明", "name"),
        ("联系人：欧阳 静", "欧阳 静", "name"),
        ("我叫王 小 明", "王 小 明", "name"),
        ("订单号ＳＣ２０２６１１０５", "ＳＣ２０２６１１０５", "order"),
        ("单号：ＡＢ１２３４５６７", "ＡＢ１２３４５６７", "order"),
        ("尾号５６７８那个电话", "５６７８", "order"),
        ("My name is Ann Lee and I wait", "Ann Lee", "name"),
        ("Dear Thomas, your parcel", "Thomas", "name"),
        ("it does not open. Regards, Roine", "Roine", "name"),
        ("Mrs. Brown called twice", "Mrs. Brown", "name"),
        ("住在杭州市西湖区文三路", "杭州市西湖区文三路", "address"),
        ("家里是3栋2单元501", "3栋2单元501", "address"),
        ("送到幸福里18号楼", "幸福里18号楼", "address"),
        ("订单号 SC20261105-2763", "SC20261105-2763", "order"),
        ("订单号是88213301", "88213301", "order"),
        ("快递单号：YT8812345678901", "YT8812345678901", "order"),
        ("尾号5678那个电话", "5678", "order"),
        ("9136 两个人", "9136", "order"),
        ("YS2026", "YS2026", "order"),
        ("order number 2026-778812 please", "2026-778812", "order"),
        ("车牌浙A12345挡住了", "浙A12345", "plate"),
        ("加我微信号: abc_1234", "abc_1234", "account"),
        ("QQ 12345678", "12345678", "account"),
        ("write to @roine_b there", "@roine_b", "account"),
        ("我1990年5月3日出生", "1990年5月3日", "birthday"),
        ("生日是1988-02-29", "1988-02-29", "birthday"),
        ("date of birth: 3 May 1990", "3 May 1990", "birthday"),
        ("在云杉旗舰店买的", "在云杉旗舰店", "company"),
        ("看 https://a.example/x?o=1", "https://a.example/x?o=1", "link"),
        ("付了169元", "169元", "amount"),
        ("charged $19.90 twice", "$19.90", "amount"),
    ],
)
def test_what_may_tell_who_somebody_is_is_found(text, word, kind):
    assert (word, kind) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "您先生的账户属于他个人", "让您先生本人联系我们", "一位女士来过", "这位先生您别急", "对于主管的答复",
        "系统正在加载", "24小时内给您答复", "我是小学老师", "小区断网了", "您的小伙伴", "码数小了，换大的",
        "最小，不要", "20261122到的", "明天上午九点到十二点", "麻烦提供一下订单号", "送到公司前台", "用了45天就坏了",
        "责任经理会联系", "买了3件", "Hi there, thanks for waiting", "I am sorry to hear that", "It takes 2026 steps",
        "the order is late", "version 115.8.1", "大姐你好", "老总不在", "领导说了算", "谢谢姐", "谢谢老板",
        "谢谢老师", "感谢女士", "顾客先生您好", "高级经理会联系您", "对方老师没回", "汇总一下", "一万总共多少",
        "时间总是不够", "高峰期总排队", "小哥送到楼下", "小姐姐人真好", "空姐服务好", "温哥华发货", "小程序打不开",
        "小范围试点", "小白不会用", "老顾客了", "老毛病又犯", "老是断网", "全家都用", "大家好", "买家已付款",
        "厂家直发", "任何主任都行", "现金总额", "很高兴为您服务", "马上来为您处理", "非常乐意为您服务",
        "工程师傅上门", "施工地址", "设置向导", "尺寸小，王冠款", "向客户经理反馈", "收货人姓名写错了",
        "10分钟后老板回来",
    ],
)  # fmt: skip
def test_everyday_words_raise_no_alarm(text):
    assert found(text) == []


def test_what_the_import_masked_is_no_leftover():
    assert found("收件人[[phone]]，[[address]]") == []


def test_known_words_are_found_whatever_stands_around_them():
    assert found("hi，雨桐来了，云杉的货", {"雨桐": "name", "云杉": "company"}) == [
        ("雨桐", "name"),
        ("云杉", "company"),
    ]


@pytest.mark.parametrize(
    ("text", "word", "kind", "after"),
    [
        ("王小明说王小明买的", "王小明", "name", "[[name]]说[[name]]买的"),
        ("Ann met ANN and Annual", "ann", "name", "[[name]] met [[name]] and Annual"),
        ("单号 AB12 34，ａｂ1234", "AB1234", "order", "单号 [[order]]，[[order]]"),
        ("王 小明说王小明买的", "王小明", "name", "[[name]]说[[name]]买的"),
        ("王小明说王 小 明买的", "王 小明", "name", "[[name]]说[[name]]买的"),
        ("江西 湖北 西湖", "西湖", "address", "江西 湖北 [[address]]"),
        ("打 138-0000 也行", "1380000", "order", "打 [[order]] 也行"),
        ("[[name]]说 name", "name", "other", "[[name]]说 [[other]]"),
        ("20元的券，120元的货", "20元", "amount", "[[amount]]的券，120元的货"),
    ],
)
def test_a_word_is_hidden_everywhere_and_whole(text, word, kind, after):
    assert hidden(text, {word: kind}) == after


def test_the_longer_word_is_hidden_where_two_overlap():
    assert hidden("杭州市西湖区文三路", {"西湖区": "address", "杭州市西湖区": "address"}) == "[[address]]文三路"


def test_typed_words_are_lines_of_more_than_one_character():
    assert dict(known_words([" 云杉 ", "", "在", "Acme"], "company")) == {"云杉": "company", "Acme": "company"}


@pytest.mark.parametrize("word", ["……@Vjia客服", "①号楼", "㎡", "ﬁne"])
def test_what_would_become_several_characters_moves_no_place(word):
    text = f"{word}，收货人ＬＥＥ王小明"
    assert ("王小明", "name") in found(f"{word}，收货人王小明，好")
    assert len(text) == len(leftovers._narrow(text))


def test_a_link_ends_where_chinese_begins():
    assert found("看https://a.example/x?o=1，谢谢") == [("https://a.example/x?o=1", "link")]
    assert found("看https://a.example/x。谢谢") == [("https://a.example/x", "link")]


def test_a_text_is_folded_once_however_many_words_are_looked_for(monkeypatch):
    folds = []
    fold = leftovers._folded
    monkeypatch.setattr(leftovers, "_folded", lambda text: folds.append(text) or fold(text))
    text = "您好，" * 800
    assert places_of(text, [f"王小{chr(0x4E00 + n)}" for n in range(500)]) == []
    assert folds.count(text) == 1


def test_no_pattern_is_made_of_a_word_that_stands_nowhere(monkeypatch):
    made = []
    pattern = leftovers._pattern
    monkeypatch.setattr(leftovers, "_pattern", lambda word: made.append(word) or pattern(word))
    assert [word for _, _, word in places_of("找王小明和AB-12 34", ["王小明", "李四", "AB1234", "CD5678"])] == [
        "王小明", "AB1234",
    ]  # fmt: skip
    assert sorted(made) == ["AB1234", "王小明"]


WORDS = (
    st.text(st.characters(categories=["L", "N"]), min_size=2, max_size=8).map(str.strip).filter(lambda w: len(w) > 1)
)


@given(st.text(max_size=200), st.dictionaries(WORDS, st.sampled_from(KINDS), max_size=5))
def test_a_hidden_word_is_nowhere_left(text, words):
    after = hidden(text, words)
    assert places_of(after, words) == []
    assert hidden(after, words) == after


@given(st.text(max_size=300))
def test_suspicions_are_places_in_the_text_and_do_not_overlap(text):
    spans = [(one.start, one.end) for one in find_leftovers(text)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert {placeholder(one.kind) for one in find_leftovers(text)} <= {placeholder(kind) for kind in KINDS}
