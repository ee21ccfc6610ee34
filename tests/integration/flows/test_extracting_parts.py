"""The parts of drafts: every pattern can be understood, and every element recognises its own model answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from peilian.adapters.packs.drill_parts import DrillPartsDocument, load_drill_parts
from peilian.adapters.packs.lexicon import load_classes
from peilian.adapters.packs.scenario import PhrasesField, SayField
from peilian.engine.text import PatternCompiler
from peilian.flows.extracting.elements import claimed, says
from peilian.flows.extracting.plays import _KIND
from peilian.flows.extracting.terse import terse
from peilian.flows.extracting.wordings import GAP, ended, filled, has_masked, plain, sayable, spoken, told

PARTS = load_drill_parts()
ANSWERS = {
    "cause": {"zh": "仓库发错了货", "en": "the warehouse packed the wrong one"},
    "solution": {"zh": "换货", "en": "a replacement"},
    "options": {"zh": "全额退款", "en": "a full refund"},
    "time": {"zh": "明天18点前", "en": "Friday noon"},
    "compensation": {"zh": "10", "en": "10"},
}
LANGUAGES = ("zh", "en")


def phrases(value: Any, language: str) -> Iterator[PhrasesField]:
    if isinstance(value, SayField):
        yield from filter(None, [getattr(value, language)])
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from phrases(getattr(value, name), language)
    elif isinstance(value, tuple):
        for item in value:
            yield from phrases(item, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_can_be_understood(language):
    compiler = PatternCompiler(load_classes()[language], language)
    patterns = [source for field in phrases(PARTS, language) for source in (*field.any, *field.unless)]
    assert len(patterns) > 20
    for source in patterns:
        compiler.compile(source)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS.elements, ids=[part.id for part in PARTS.elements])
def test_an_element_recognises_its_own_model_answer(part, language):
    model = filled(getattr(part.model, language), ANSWERS.get(part.id, {}).get(language, ""))
    assert not GAP.search(model)
    assert says(part, model, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", [one for one in PARTS.elements if one.id not in _KIND], ids=lambda part: part.id)
def test_an_element_is_said_tersely_too(part, language):
    assert says(part, filled(getattr(part.curt, language), ANSWERS.get(part.id, {}).get(language, "")), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", [one for one in PARTS.elements if one.is_core], ids=lambda part: part.id)
def test_no_bad_answer_says_the_matter_itself(part, language):
    bad = [getattr(line, language) for play in PARTS.bad_plays.values() for line in play]
    assert [line for line in [*bad, getattr(PARTS.closing, language)] if says(part, line, language)] == []


@pytest.mark.parametrize("part", PARTS.elements, ids=[part.id for part in PARTS.elements])
def test_a_gap_in_one_language_is_one_in_the_other(part):
    for text in (part.model, part.curt):
        assert (GAP.search(text.zh) is None) == (GAP.search(text.en) is None)
    assert (GAP.search(part.model.zh) is None) == (part.id not in ANSWERS)


@pytest.mark.parametrize(
    ("sentence", "tools"),
    [
        ("三个月的57元我已经提交退费", ["refund"]),
        ("已经约好维修组，明天上门", ["visit"]),
        ("我会给您约上门", []),
        ("10元的券已经发到您账户", ["coupon"]),
    ],
)
def test_what_is_reported_as_done_names_its_tool(sentence, tools):
    assert claimed(sentence, "zh") == tools


@pytest.mark.parametrize(
    "change",
    [{"elements": [PARTS.elements[0].model_dump()] * 2}, {"tools": [], "elements": [PARTS.elements[11].model_dump()]}],
)
def test_parts_that_do_not_hold_together_are_refused(change):
    with pytest.raises(ValidationError):
        DrillPartsDocument.model_validate({**PARTS.model_dump(), **change})


@pytest.mark.parametrize(
    ("clause", "sentence", "language", "notes"),
    [
        (
            "理财经理今晚七点前给你打电话",
            "理财经理今晚七点前给你打电话，我已经约上了。",
            "zh",
            "理财经理今晚七点前 / 打电话",
        ),
        ("15:20起飞", "今天15:20起飞，座位连着。", "zh", "15:20起飞"),
        (
            "It will arrive within 2 days",
            "It will arrive within 2 days, and we will tell you more.",
            "en",
            "arrive within 2 days",
        ),
    ],
)
def test_facts_are_notes_and_no_sentences(clause, sentence, language, notes):
    assert terse(clause, sentence, language) == notes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("[[name]]您好，请讲", "您好，请讲"),
        ("您好，[[name]]，请讲！！！", "请讲！"),
        ("怎么还没到？？？？", "怎么还没到？"),
        ("……在吗", "……在吗"),
    ],
)
def test_a_sentence_is_said_anew_without_a_name_and_without_piled_marks(words, said):
    assert spoken(words) == said


def test_what_holds_something_masked_is_not_said_anew():
    assert sayable("我是[[name]]。你们发错了！") == "你们发错了！"
    assert sayable("电话[[phone]]") == ""
    assert has_masked("地址【地址】")
    assert not has_masked("地址")


def test_habits_of_one_agent_are_left_out():
    assert plain("好的呢，马上就办哈~") == "好的，马上就办"
    assert plain("请问您要哪天用呢？") == "请问您要哪天用呢？"
    assert ended("好的", "zh") == "好的。"
    assert told("找[[name]]拿[[nothing]]", "zh") == "找【姓名】拿【略】"
    assert told("ask [[name]]", "en") == "ask [name]"
