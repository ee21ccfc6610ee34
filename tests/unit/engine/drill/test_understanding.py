"""What the customer understands of a reply."""

import pytest

from peilian.engine.drill import Drill
from peilian.engine.drill.scenario import Forbidden, Phrases
from support.drills import cast, started


def share(text: str, element: str, *, drill: Drill | None = None) -> float:
    found = drill or started(cast())
    found.hear(10_000, text)
    return found.state.elements[element].share


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("预计24号送到", 1.0),
        ("后天送到您手上", 1.0),
        ("预计这几天吧", 0.5),
        ("预计26号送到", 0.0),
        ("24号没送到再说", 0.0),
        ("您说的是预计24号吗？", 0.0),
        ("我看是24号。预计能送到。26号还没动再找我", 1.0),
        ("预计能送到。26号吧", 0.0),
        ("今天天气不错", 0.0),
    ],
)
def test_a_day_counts_when_it_is_right_and_half_when_it_is_missing(text, expected):
    assert share(text, "eta") == expected


def test_a_wrong_figure_is_worse_than_none():
    drill = started(cast())
    before = drill.state.trust
    drill.hear(10_000, "预计26号送到")
    assert drill.state.trust < before
    assert [misstep.rule for misstep in drill.state.missteps] == ["wrong_fact"]


def test_a_right_figure_later_mends_a_wrong_one():
    drill = started(cast())
    drill.hear(10_000, "预计26号送到")
    drill.hear(30_000, "看错了，更正一下，预计24号送到")
    assert drill.state.elements["eta"].share == 1.0
    assert not drill.state.elements["eta"].is_wrong


@pytest.mark.parametrize("text", ["那边暴雨", "那边雨太大停了分拣"])
def test_a_pattern_and_an_example_both_make_a_part(text):
    assert share(text, "cause") == 1.0


def test_what_is_negated_is_not_said():
    assert share("不是因为暴雨", "cause") == 0.0


@pytest.mark.parametrize("text", ["24号不能送到您手上", "没法保证24号送到", "24号恐怕不会送到"])
def test_a_refusal_is_not_the_thing_refused(text):
    assert share(text, "eta") == 0.0


@pytest.mark.parametrize("text", ["不会雨太大停了分拣", "那边不会雨太大停了分拣的"])
def test_an_example_that_is_refused_does_not_count(text):
    assert share(text, "cause") == 0.0


def test_what_follows_a_condition_is_meant():
    assert share("要是23号不能到，预计24号送到", "eta") == 1.0


def test_a_wrong_figure_later_takes_the_right_one_back():
    drill = started(cast())
    drill.hear(10_000, "预计24号送到")
    drill.hear(30_000, "哦不对，预计26号送到")
    assert drill.state.elements["eta"].share == 0.0
    assert drill.state.elements["eta"].is_wrong


def test_what_is_quoted_is_not_said():
    assert share("您刚才说“暴雨”是吧，我看一下", "cause") == 0.0


def test_parts_count_together_in_one_message_and_in_the_next():
    assert share("我催快递了，2小时内回复", "urge") == 1.0
    drill = started(cast())
    assert share("我催快递了", "urge", drill=drill) == 0.5
    drill.hear(20_000, "2小时内有回复")
    assert drill.state.elements["urge"].share == 1.0


def test_a_part_without_its_core_counts_for_nothing():
    drill = started(cast())
    assert share("2小时内有回复", "urge", drill=drill) == 0.0
    assert share("我催快递了", "urge", drill=drill) == 0.5


def test_a_part_long_after_its_core_does_not_belong_to_it():
    drill = started(cast())
    for at, text in (
        (10_000, "我催快递了"),
        (20_000, "正在看您的订单"),
        (30_000, "那边还在忙"),
        (40_000, "2小时内有回复"),
    ):
        drill.hear(at, text)
    assert drill.state.elements["urge"].share == 0.5


def test_a_string_of_keywords_says_nothing():
    drill = started(cast())
    drill.hear(10_000, "抱歉 着急 我帮您 暴雨 预计24号 催 2小时 退款 稍等")
    assert drill.state.dumped == 1
    assert all(element.share == 0 for element in drill.state.elements.values())


@pytest.mark.parametrize(
    "text",
    [
        "原因：那边暴雨停了分拣。到货：预计24号送到。动作：已经催快递，2小时回。兜底：不到就退款",
        "1、那边暴雨，停了分拣；2、预计24号送到；3、快递我催了，2小时回；4、不到就退款",
        "①那边暴雨停了分拣\n②24号送到\n③催快递了，2小时回\n④不到退款",
    ],
)
def test_a_list_with_numbers_or_headings_is_terse_and_yet_understood(text):
    drill = started(cast())
    drill.hear(10_000, text)
    assert drill.state.dumped == 0
    assert drill.state.elements["eta"].share == drill.state.elements["urge"].share == 1.0


@pytest.mark.parametrize("text", ["1 暴雨 24号 催 退款 抱歉 着急", "抱歉：着急：暴雨：24号送到：催：2小时：退款"])
def test_numbers_and_colons_make_no_list_of_keywords(text):
    drill = started(cast())
    drill.hear(10_000, f"{text} 我帮您 稍等")
    assert drill.state.dumped == 1


def test_copied_rules_say_nothing():
    drill = started(cast())
    drill.hear(10_000, "延误超过四十八小时的订单可以补偿不超过十元的优惠券一张，每单只补偿一次。")
    assert drill.state.copied == 1


def test_the_same_message_again_brings_nothing():
    drill = started(cast())
    drill.hear(10_000, "我帮您看一下，那边暴雨停了分拣")
    [*_, step] = drill.hear(20_000, "我帮您看一下，那边暴雨停了分拣")
    assert drill.state.copied == 1
    assert not any(change.delta > 0 and change.rule != "needs" for change in step.changes if change.variable == "mood")


def test_an_element_that_is_not_due_is_not_taken_in():
    assert share("请您文明用语", "boundary") == 0.0


def test_asking_for_what_can_be_seen_annoys():
    drill = started(cast())
    drill.hear(10_000, "请问您的订单号是多少")
    assert drill.state.redundant == 1


def test_a_fact_is_told_when_asked_for_and_not_before():
    drill = started(cast())
    [*_, step] = drill.hear(10_000, "请问您哪天要用呢？")
    assert "25号要用" in [line.text for line in step.lines]
    drill.hear(20_000, "那您是几时要用呀？")
    assert drill.state.redundant == 1


NO_LOSS = Phrases(
    any=("保本", "(放心|肯定|一定)(是|都)*(不会亏|稳赚)", "(保证|肯定)..6(送达|到)"),
    unless=("(没人|谁也)..6(保本|稳赚)",),
)


def forbidden(text: str) -> list[str]:
    found = started(cast(forbidden=(Forbidden("no_loss", NO_LOSS, 0.5),)))
    found.hear(10_000, text)
    return [misstep.quote for misstep in found.state.missteps if misstep.rule == "forbidden"]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("这款保 本", "保 本"),
        ("保.本的，您买吧", "保.本"),
        ("这是保-本理财", "保-本"),
        ("这款产品保·本。", "保·本"),
        ("这 款 产 品 保 本 没 错", "保 本"),
        ("买吧　保　本　的", "保　本"),
        ("您放心稳 赚", "放心稳 赚"),
        ("肯.定都稳 赚", "肯.定都稳 赚"),
        ("保_证明天到", "保_证明天到"),
    ],
)
def test_what_is_forbidden_is_found_when_its_words_are_spelled_apart(text, quote):
    assert forbidden(text) == [quote]


@pytest.mark.parametrize(
    "text",
    [
        "我们确保 本店发货",
        "需要您的担保.本人签字",
        "需要担保 证件收到后再办",
        "这一点您放心.稳赚的说法不可信",
        "保。本",
        "保，本",
        "保  本",
        "保\n本",
        "这款不保 本",
        "没人能说保 本",
        "您是问保 本吗？",
        "您说的是“保 本”",
        "我帮您查 一下订单",
    ],
)
def test_words_that_only_meet_at_a_border_are_not_taken_for_one(text):
    assert forbidden(text) == []


@pytest.mark.parametrize("text", ["这款保本", "保证明天到", "保证 明天到"])
def test_what_is_written_as_usual_is_found_once(text):
    assert len(forbidden(text)) == 1
