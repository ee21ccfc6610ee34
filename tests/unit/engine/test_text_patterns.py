"""The pattern notation, and finding many patterns in one pass."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.text import Matcher, PatternCompiler, PatternError, analyse

CLASSES = {"self": ["我", "小(林|禾)", "这边"], "look": ["查", "看"]}


def found(pattern, text, language="zh"):
    compiled = PatternCompiler(CLASSES, language).compile(pattern)
    analysed = analyse(text)
    return [analysed.text[match.start : match.end] for match in Matcher([compiled]).find(analysed)]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("抱歉", "非常抱歉,真的抱歉", ["抱歉", "抱歉"]),
        ("(您|你)好", "你好,您好", ["你好", "您好"]),
        ("<self>..<look>一?下", "小禾这就去看下", ["小禾这就去看下"]),
        ("<self>..<look>一?下", "我,这就看下", []),
        ("<self>...<look>", "我,这就看", ["我,这就看"]),
        ("等..3分钟", "等五分钟", ["等五分钟"]),
        ("等..3分钟", "等很久很久的分钟", []),
        ("#(小时|天)内", "二十四小时内或[数字x]天内", ["二十四小时内", "[数字x]天内"]),
        ("^稍等", "嗯好的稍等,请您稍等", ["稍等"]),
        ("好的$", "好的呢,好的话再说", ["好的"]),
        ("嗯+好", "嗯嗯嗯好", ["嗯嗯嗯好"]),
        ("(很|非常)*抱歉", "非常非常抱歉", ["非常非常抱歉"]),
        ("(就|是|就是)*这样", "就是就这样", ["就是就这样"]),
        ("(好|嗯+|好好)+吗", "嗯嗯好好嗯吗", ["嗯嗯好好嗯吗"]),
        ("(真的?)+抱歉", "真真的抱歉", ["真真的抱歉"]),
    ],
)
def test_patterns_find_what_they_describe(pattern, text, matches):
    assert found(pattern, text) == matches


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("hi", "hi this is it", ["hi"]),
        ("(check|look into) (it|this)", "I'll look  into this now", ["look  into this"]),
        ("look into this", "I'll look into this now", ["look into this"]),
        ("apolog(y|ies|ise)", "my apologies", ["apologies"]),
        ("rate", "we migrate and rate", ["rate"]),
        ("^check", "Please check it. Check again. I check", ["check"]),
        ("# (day|days)", "within 3-5 days", ["3-5 days"]),
    ],
)
def test_latin_words_are_matched_whole(pattern, text, matches):
    assert found(pattern, text, "en") == matches


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(您|你好", "reading.pattern.open_bracket"),
        ("您)好", "reading.pattern.stray_bracket"),
        ("*好", "reading.pattern.stray_repetition"),
        ("<nobody>好", "reading.pattern.unknown_class"),
        ("..", "reading.pattern.no_fixed_text"),
        ("(好)?#", "reading.pattern.no_fixed_text"),
        ("(好+的)+吗", "reading.pattern.nested_repetition"),
        ("(好..的)*吗", "reading.pattern.nested_repetition"),
        ("(#小时)+内", "reading.pattern.nested_repetition"),
        ("((好|的)*吗)*呢", "reading.pattern.nested_repetition"),
        ("(<self>好+)+", "reading.pattern.nested_repetition"),
        ("(着急|急着|急)*处理", "reading.pattern.ambiguous_repetition"),
    ],
)
def test_a_faulty_pattern_is_refused_with_its_problem(pattern, problem):
    with pytest.raises(PatternError) as error:
        PatternCompiler(CLASSES, "zh").compile(pattern)
    assert error.value.problem == problem


def test_a_class_that_contains_itself_is_refused():
    with pytest.raises(PatternError) as error:
        PatternCompiler({"a": ["<b>"], "b": ["<a>"]}, "zh").compile("<a>好")
    assert error.value.problem == "reading.pattern.unknown_class"


def test_a_matcher_without_patterns_finds_nothing():
    assert Matcher([]).find(analyse("您好")) == []


WORDS = st.lists(st.text(alphabet="甲乙丙丁", min_size=1, max_size=3), min_size=1, max_size=6)


@given(WORDS, st.text(alphabet="甲乙丙丁,。", max_size=30))
def test_one_pass_finds_what_a_search_for_each_word_finds(words, text):
    compiler = PatternCompiler({}, "zh")
    matcher = Matcher([compiler.compile(word) for word in words])
    analysed = analyse(text)
    expected = sorted(
        (start, number)
        for number, word in enumerate(words)
        for start in range(len(analysed.text))
        if analysed.text.startswith(word, start)
    )
    assert sorted((match.start, match.pattern) for match in matcher.find(analysed)) == expected


@pytest.mark.parametrize(
    "pattern", ["^(好|嗯+|好好|就是|就|是)+吗", "^稍等", "(嗯|嗯嗯|嗯嗯嗯)*吗", "((嗯)*)*吗", "(嗯?)+吗"]
)
def test_a_long_line_is_not_tried_in_every_way_to_cut_it(pattern):
    assert found(pattern, "嗯" * 300 + "哼") == []
    assert found(pattern, "嗯" * 300 + "哼吗哼稍等") == ([] if "吗" not in pattern or "^" in pattern else ["吗"])


@given(st.lists(st.text(alphabet="甲乙", min_size=1, max_size=3), min_size=1, max_size=5), st.text("甲乙", max_size=12))
def test_a_repetition_of_texts_is_understood_as_written_or_refused(texts, text):
    source = f"({'|'.join(texts)})+丁"
    with suppress(PatternError):
        compiled = PatternCompiler({}, "zh").compile(source)
        assert compiled.regex is not None
        plain = re.compile(f"(?:{'|'.join(texts)})+丁")
        line = f"{text}丁"
        assert bool(compiled.regex.fullmatch(line)) == bool(plain.fullmatch(line))


@pytest.mark.parametrize(
    ("source", "is_bounded"),
    [
        pytest.param("全网最低", True, id="plain words"),
        pytest.param("(删|取消)(了|掉)?(差评|评价)..(返现|红包)", True, id="choices and a gap"),
        pytest.param("保证...(退|赔)..到账", True, id="a long gap and a short one"),
        pytest.param("稍等" + "...好" * 14 + "尾", False, id="many gaps"),
        pytest.param("好的" + "(好|啊)?" * 40, False, id="many parts that may be missing"),
        pytest.param("一" + "#..." * 6, False, id="numbers and gaps"),
        pytest.param("好..99好..99好", False, id="gaps of one's own size"),
        pytest.param("好" + "(的|了)*呢" * 9, False, id="many repetitions"),
    ],
)
def test_what_a_long_line_could_be_tried_by_in_countless_ways_is_told(source, is_bounded):
    compiler = PatternCompiler({}, "zh")
    compiler.check(source)
    if is_bounded:
        compiler.check(source, most_ways=500)
    else:
        with pytest.raises(PatternError) as error:
            compiler.check(source, most_ways=500)
        assert error.value.problem == "reading.pattern.too_many_ways"
