"""Clauses, questions, quotations, negation and language of a text."""

from __future__ import annotations

import pytest

from peilian.engine.text import Question, analyse, guess_language


def clauses(text):
    found = analyse(text)
    return [found.text[clause.start : clause.end] for clause in found.clauses]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("您好，请稍等。我查一下！", ["您好", "请稍等", "我查一下"]),
        ("好的 帮您看下~ 请问单号多少", ["好的", "帮您看下", "请问单号多少"]),
        ("Hi, one moment. I'll check v1.2 at https://a.example/x?y=1 now", None),
        ("", [""]),
    ],
)
def test_a_text_is_cut_into_clauses(text, parts):
    if parts is None:
        parts = ["hi", "one moment", "i'll check v1.2 at https://a.example/x?y=1 now"]
    assert clauses(text) == parts


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("给您补发一件可以吗", Question.PERMISSION),
        ("这边帮您申请退款您看行吗", Question.PERMISSION),
        ("您是说包装破了对吗", Question.CONFIRMATION),
        ("您用的是哪个型号的手机呢", Question.INFORMATION),
        ("东西收到了没有", Question.INFORMATION),
        ("暂时还没有", Question.NONE),
        ("如果有什么问题可以随时找我", Question.NONE),
        ("物流显示已经到站了呢", Question.NONE),
        ("Would that be okay with you?", Question.PERMISSION),
        ("So the parcel never arrived, is that right?", Question.CONFIRMATION),
        ("Which version are you on?", Question.INFORMATION),
        ("What you see there is a list", Question.NONE),
    ],
)
def test_questions_are_told_by_what_they_ask_for(text, question):
    asked = [clause.question for clause in analyse(text).clauses if clause.question is not Question.NONE]
    assert (asked or [Question.NONE]) == [question]


@pytest.mark.parametrize(
    ("text", "word", "is_quoted"),
    [
        ("您说要退款", "退款", True),
        ("页面上写着“申请退款”四个字", "退款", True),
        ("这边给您退款", "退款", False),
        ("关于您说的问题这边给您退款", "退款", False),
        ('you said "refund me" twice', "refund", True),
        ("you said you want a refund", "refund", True),
        ("here is your refund", "refund", False),
    ],
)
def test_words_of_the_other_side_are_quoted(text, word, is_quoted):
    found = analyse(text)
    assert found.is_quoted(found.text.index(word)) is is_quoted


@pytest.mark.parametrize(
    ("text", "word", "is_negated"),
    [
        ("不给您退款", "退款", True),
        ("没办法帮您修改", "修改", True),
        ("要不给您退款", "退款", False),
        ("给您退款，不用担心", "退款", False),
        ("I can't issue a refund", "refund", True),
        ("I never promised a refund", "refund", True),
        ("I will issue a refund", "refund", False),
    ],
)
def test_negation_reaches_to_the_end_of_its_clause(text, word, is_negated):
    found = analyse(text)
    assert found.is_negated(found.text.index(word)) is is_negated


def test_sentences_that_an_earlier_message_holds_are_cited():
    earlier = analyse("the setting is under tools and then options").text
    found = analyse("The setting is under tools and then options. That is right.")
    assert not found.is_cited(0)
    cited = found.citing([earlier])
    assert cited.is_cited(0)
    assert not cited.is_cited(cited.text.index("that is right"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("您好", "zh"),
        ("请打开 Settings 里的 Wi-Fi 开关", "zh"),
        ("please open 设置 and switch the wireless network off", "en"),
        ("12345", "zh"),
        ("", "zh"),
    ],
)
def test_language_goes_by_the_greater_part(text, language):
    assert guess_language(text) == language


@pytest.mark.parametrize(
    ("text", "n_sentences"),
    [
        ("1. 补发两只杯子\n2. 或者退款", 2),
        ("流程:\na. 拍照; b. 补发", 3),
        ("1. two new cups\n2. or a refund", 2),
        ("We come at 3. You need not wait.", 2),
    ],
)
def test_the_number_of_a_list_item_ends_no_sentence(text, n_sentences):
    assert len(analyse(text).sentence_starts) == n_sentences
