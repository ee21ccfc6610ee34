"""Banks written for other programs and read again are the same; what a format cannot hold is told by name."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peilian.adapters.banks import BankRead, merged_items, read_bank, read_bank_table, template, write_bank
from peilian.adapters.packs.trees import document_of
from peilian.adapters.workbooks import shown_sheet

NAMES = {"gift": "bank.gift", "moodle": "bank.xml"}
awkward = st.sampled_from(
    ["a=b~c", "{x}", "#1", "50%", "%50%对", "a:b::c", "\\n", "->", "<b>x</b>", "&lt;", "]]>", "//x", "A. B", "=1+1"]
)
words = st.one_of(
    st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20), awkward
).map(lambda text: " ".join(text.split())).filter(bool)  # fmt: skip
plain = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4FFF), min_size=1, max_size=8)


def zh(text: str) -> dict[str, str]:
    return {"zh": text}


@st.composite
def items(draw: st.DrawFn, number: int, kinds: tuple[str, ...]) -> dict[str, Any]:
    kind = draw(st.sampled_from(kinds))
    item: dict[str, Any] = {"id": f"q{number}", "type": kind, "stem": zh(draw(words)), "explanation": zh(draw(words))}
    texts = draw(st.lists(words, min_size=3, max_size=5, unique_by=lambda text: text.lower()))
    if kind in ("single", "multiple"):
        n_right = 1 if kind == "single" else draw(st.integers(1, len(texts) - 1))
        item["options"] = [
            {"id": "abcde"[n], "text": zh(text), **({"right": True} if n < n_right else {})}
            for n, text in enumerate(texts)
        ]
        if draw(st.booleans()):
            item["options"][0]["feedback"] = zh(draw(words))
    elif kind == "truth":
        item["is_true"] = draw(st.booleans())
    elif kind == "fill":
        item["stem"] = zh(f"{draw(plain)} {{{{b1}}}} {draw(plain)}")
        item["blanks"] = [{"id": "b1", "accept": draw(st.lists(plain, min_size=1, max_size=3, unique=True))}]
        if draw(st.booleans()):
            item["blanks"] = [{"id": "b1", "number": "3.5", "tolerance": "0.25"}]
    elif kind == "order":
        item["steps"] = [{"id": f"s{n}", "text": zh(text)} for n, text in enumerate(texts, 1)]
    else:
        item["pairs"] = [
            {"id": f"p{n}", "left": zh(text), "right": zh(f"{text}右")} for n, text in enumerate(texts[:2], 1)
        ]
        item["others"] = [{"id": "x1", "text": zh("别处")}]
    return item


def bank_of(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "items", "schema_version": 1, "key": "own/b", "title": zh("题库"), "items": list(listed)}


def of_table(data: bytes) -> BankRead:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bank.xlsx"
        path.write_bytes(data)
        return read_bank_table(shown_sheet(path).rows)


def read_again(bank: dict[str, Any], form: Any) -> BankRead:
    made = write_bank(bank, form)
    assert not made.notes
    return of_table(made.data) if form == "table" else read_bank(NAMES[form], made.data)


MOST = ("single", "multiple", "truth", "fill", "match")


@pytest.mark.parametrize(("form", "kinds"), [("gift", MOST), ("moodle", (*MOST, "order")), ("table", (*MOST, "order"))])
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_written_and_read_again_is_the_same(form, kinds, data):
    listed = [data.draw(items(n, kinds)) for n in range(3)]
    made = write_bank(bank_of(*listed), form)
    stays = {note.field for note in made.notes}
    assert form == "table" or not stays
    found = of_table(made.data) if form == "table" else read_bank(NAMES[form], made.data)
    kept = [item for item in listed if item["id"] not in stays]
    assert found.items == kept
    assert not kept or not found.faults
    assert not kept or found.key == "own/b"


def test_key_points_and_everything_else_of_an_item_go_into_a_table_and_back():
    short = {
        "id": "late", "type": "short", "stem": {"zh": "怎么回？", "en": "What now?"}, "explanation": zh("要有时间"),
        "keys": [{"id": "k1", "label": zh("时间"), "zh": ["今天", "小时"]}], "model": zh("今天给您答复"), "points": "3",
        "difficulty": 4, "tags": ["退款"], "competencies": ["empathy"], "group": "late", "open": False,
    }  # fmt: skip
    multiple = {
        "id": "proof", "type": "multiple", "stem": zh("要哪些？"), "explanation": zh("身份证不要"), "partial": False,
        "fixed": True, "options": [
            {"id": "a", "text": zh("照片"), "right": True},
            {"id": "card", "text": zh("身份证"), "feedback": zh("无关")},
        ],
    }  # fmt: skip
    found = read_again(bank_of(short, multiple), "table")
    assert not found.faults
    assert found.items == [short, multiple]


def test_what_a_format_cannot_hold_stays_behind_by_name():
    drill = {"id": "play", "type": "drill", "stem": zh("演练"), "explanation": zh("x"), "scenario": "a/b"}
    choice = {
        "id": "one", "type": "single", "stem": zh("选"), "explanation": zh("因为"), "difficulty": 4,
        "options": [{"id": "a", "text": zh("甲"), "right": True}, {"id": "b", "text": zh("乙")}],
    }  # fmt: skip
    made = write_bank(bank_of(drill, choice), "gift")
    assert [(one.reason.key, one.field) for one in made.notes] == [
        ("banks.type_stays", "play"), ("banks.field_stays", None),
    ]  # fmt: skip
    assert [one.reason.key for one in write_bank(bank_of(choice), "gift", language="en").notes] == [
        "banks.not_in_language"
    ]


GIFT = """// a comment
$CATEGORY: $course$/top/售后

::Q1:: 退款几天到账？ {
  ~马上#没有查
  =3 个工作日
  ~不知道
  ####先查再答
}

地球是圆的。{T}

首都是{=北京 =北京市}。

圆周率？{#3.14:0.01}

::many:: 哪些对？ {~%50%甲 ~%50%乙 ~%-100%丙}

谈谈您的看法。{}
"""


def test_a_gift_file_of_others_is_read_with_what_it_lacks_told():
    found = read_bank("quiz.gift", GIFT.encode())
    assert not found.faults
    assert [item["type"] for item in found.items] == ["single", "truth", "fill", "fill", "multiple"]
    assert found.title == "售后"
    first = found.items[0]
    assert first["id"] == "q1"
    assert [option.get("right", False) for option in first["options"]] == [False, True, False]
    assert first["options"][0]["feedback"] == zh("没有查")
    assert first["explanation"] == zh("先查再答")
    assert found.items[2]["stem"] == zh("首都是{{b1}}。")
    assert found.items[2]["blanks"] == [{"id": "b1", "accept": ["北京", "北京市"]}]
    assert found.items[3]["blanks"] == [{"id": "b1", "number": "3.14", "tolerance": "0.01"}]
    assert [one.reason.key for one in found.notes].count("banks.no_explanation") == 4
    assert [(one.reason.key, one.row) for one in found.notes][-1] == ("banks.type_not_held", 19)
    document_of({"kind": "items", "schema_version": 1, "key": "own/q", "title": zh("题"), "items": found.items})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("选{=甲 =}乙{x", "banks.braces"),
        ("选{甲}", "banks.answer_mark"),
        ("选{~甲 ~乙}", "banks.no_right_answer"),
        ("选{=甲 =乙 ~丙}", "banks.several_right"),
        ("多少？{#很多}", "banks.no_number"),
        ("多少？{#1E1000000}", "banks.no_number"),
        ("多少？{#NaN..sNaN}", "banks.no_number"),
        ("多少？{#1e999999..1E1000000}", "banks.no_number"),
        ("", "banks.no_questions"),
        ("::a:: 对{T}\n\n::a:: 错{F}", "banks.id_twice"),
    ],
)
def test_a_gift_question_that_makes_no_sense_is_refused_with_its_line(text, key):
    found = read_bank("quiz.gift", text.encode())
    assert [one.reason.key for one in found.faults] == [key]


def test_a_file_in_gbk_is_read_and_told():
    found = read_bank("quiz.txt", "对吗？{T####因为}".encode("gbk"))
    assert found.items[0]["stem"] == zh("对吗？")
    assert [(one.reason.key, dict(one.reason.params)) for one in found.notes] == [
        ("banks.read_as", {"encoding": "GBK"})
    ]


@pytest.mark.parametrize("data", [b"\x00\x01\xff\xfe\x80", b"\xff", "题{T}".encode("utf-16")[:-1]])
def test_bytes_that_are_no_text_are_refused(data):
    assert [one.reason.key for one in read_bank("quiz.gift", data).faults] == ["banks.unreadable_encoding"]


PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()
MOODLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<quiz>
<question type="multichoice">
  <name><text>第一题</text></name>
  <questiontext format="html"><text><![CDATA[<p>看<b>图</b>：<img src="@@PLUGINFILE@@/a%20b.png" alt="图">
  <script>alert(1)</script><a href="javascript:x">链接</a></p>]]></text>
  <file name="a b.png" path="/" encoding="base64">{PICTURE}</file></questiontext>
  <generalfeedback format="html"><text>&lt;p&gt;因为&lt;/p&gt;</text></generalfeedback>
  <defaultgrade>2.0000000</defaultgrade><single>true</single><shuffleanswers>false</shuffleanswers>
  <answer fraction="100" format="html"><text>&lt;p&gt;对的&lt;/p&gt;</text>
  <feedback format="html"><text>好</text></feedback></answer>
  <answer fraction="50" format="html"><text>一半</text></answer>
  <tags><tag><text>退款</text></tag></tags>
</question>
<question type="cloze"><name><text>c</text></name>
  <questiontext format="html">
  <text>首都{{1:SHORTANSWER:=北京~%50%北平#旧称}}，{{1:NUMERICAL:=7:1}} 天</text></questiontext>
</question>
<question type="essay"><name><text>谈谈</text></name>
  <questiontext format="html"><text>谈谈</text></questiontext></question>
</quiz>"""


def test_a_moodle_file_of_others_is_read_with_pictures_and_without_scripts():
    found = read_bank("quiz.xml", MOODLE.encode())
    assert not found.faults
    first, cloze = found.items
    assert "![图](a-b.png)" in first["stem"]["zh"]
    assert "**图**" in first["stem"]["zh"]
    assert "alert" not in first["stem"]["zh"]
    assert "javascript" not in first["stem"]["zh"]
    assert list(found.files) == ["a-b.png"]
    assert (first["points"], first["fixed"], first["tags"]) == ("2", True, ["退款"])
    assert first["explanation"] == zh("因为")
    assert cloze["blanks"] == [{"id": "b1", "accept": ["北京"]}, {"id": "b2", "number": "7", "tolerance": "1"}]
    assert {"banks.half_right", "banks.markup", "banks.type_not_held"} <= {one.reason.key for one in found.notes}
    document_of({"kind": "items", "schema_version": 1, "key": "own/q", "title": zh("题"), "items": found.items})


BOMB = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><quiz><question>&b;</question></quiz>'
READS = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (BOMB, "banks.xml_entities"),
        (READS, "banks.xml_entities"),
        ("<quiz>" + "<a>" * 60, "banks.xml_too_deep"),
        ("<quiz><question></quiz>", "banks.xml_broken"),
        ("<html></html>", "banks.no_quiz"),
        ("", "banks.xml_broken"),
    ],
)
def test_hostile_xml_is_refused(text, key):
    assert [one.reason.key for one in read_bank("quiz.xml", text.encode()).faults] == [key]


@given(st.binary(max_size=200), st.sampled_from(["a.gift", "a.xml", "a.txt"]))
def test_whatever_is_sent_is_told_and_never_raised(data, name):
    found = read_bank(name, data)
    assert found.faults or found.items


def test_the_table_to_fill_in_holds_an_example_of_each_type_that_can_be_brought_in():
    found = of_table(template())
    assert not found.faults
    assert not found.notes
    assert [item["type"] for item in found.items] == [
        "single", "multiple", "truth", "fill", "order", "match", "short",
    ]  # fmt: skip
    document_of({"kind": "items", "schema_version": 1, "key": "own/q", "title": zh("题"), "items": found.items})


def test_a_table_with_a_column_for_each_option_is_read():
    rows = [
        ["题型", "题目", "选项A", "选项B", "选项C", "正确答案", "解析"],
        ["多选题", "哪些？", "甲", "乙", "丙", "AC", "因为"],
    ]
    (item,) = read_bank_table(rows).items
    assert [option["id"] for option in item["options"] if option.get("right")] == ["a", "c"]


def test_each_fault_of_a_table_names_its_row_and_its_column():
    rows = [
        ["题型", "题干", "选项", "答案", "难度"],
        ["单选", "选哪个？", "a. 甲\nb. 乙", "c", ""],
        ["猜谜", "谜底？", "", "", ""],
        ["判断", "对吗？", "", "也许", ""],
        ["判断", "对吗？", "", "对", "很难"],
    ]
    found = read_bank_table(rows)
    assert [(one.row, one.field, one.reason.key) for one in found.faults] == [
        (1, "答案", "banks.no_such_option"), (2, "题型", "banks.unknown_type"),
        (3, "答案", "banks.no_truth"), (4, "难度", "banks.no_difficulty"),
    ]  # fmt: skip


def test_a_question_brought_back_keeps_what_the_format_does_not_hold():
    ours = {
        "id": "one", "type": "single", "stem": {"zh": "选", "en": "Choose"}, "explanation": zh("因为"), "difficulty": 5,
        "options": [
            {"id": "yes", "text": {"zh": "甲", "en": "A"}, "right": True},
            {"id": "no", "text": {"zh": "乙", "en": "B"}},
        ],
    }  # fmt: skip
    back = read_bank("b.gift", write_bank(bank_of(ours), "gift").data)
    assert merged_items([ours], back.items) == [ours]
    back.items[0]["options"].reverse()
    back.items[0]["options"][0]["right"] = True
    back.items[0]["options"][1].pop("right")
    (turned,) = merged_items([ours], back.items)
    assert [(one["id"], one.get("right", False)) for one in turned["options"]] == [("no", True), ("yes", False)]


def test_gaps_keep_their_names_when_they_are_brought_back():
    ours = {
        "id": "gap", "type": "fill", "stem": zh("退到{{account}}。"), "explanation": zh("规则"),
        "blanks": [{"id": "account", "accept": ["原账户"]}],
    }  # fmt: skip
    for form in ("gift", "moodle"):
        back = read_bank(NAMES[form], write_bank(bank_of(ours), form).data)  # type: ignore[arg-type]
        assert merged_items([ours], back.items) == [ours]
