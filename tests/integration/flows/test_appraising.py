"""The shipped sheets: every boundary, the worked example, every reading by setting, and what is frozen."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peilian.adapters.packs.competency import load_models
from peilian.engine._kernel import InputError, Reason, Text
from peilian.engine.scorecard import Indicator
from peilian.engine.scorecard.doubting import doubts
from peilian.flows import appraising
from peilian.flows.appraising import appraise, card_of, from_stored, to_sheet, to_stored, waterfall

D = Decimal
SHEET = appraising.templates()["ecommerce-monthly"].body
CARD = card_of(SHEET)
EXAMPLE = {
    "sales_completion_ratio": "0.92",
    "sales_growth_ratio": "0.12",
    "conversion_ratio": "0.012",
    "featured_ratio": "0.85",
    "return_ratio": "0.008",
    "responses": "400",
    "disputes": "0",
    "own_deal_ratio": "0.12",
    "knowledge_level": "3",
    "guide_level": "3",
    "communication_level": "2",
    "adaptability_level": "2",
    "late_count": "1",
    "etiquette_breaches": "0",
    "responsibility_level": "3",
    "complaints": "1",
    "impolite_hits": "0",
    "report_on_time": "1",
    "report_quality_met": "1",
    "rule_breaches": "1",
    "team_events": "0",
}


def indicators(**changed: str | None) -> dict[str, Indicator]:
    given_ = {**EXAMPLE, **changed}
    return {key: Indicator(None if value is None else D(value)) for key, value in given_.items()}


def points_of(indicator: str, value: str, card=CARD) -> Decimal | None:
    done = appraise(card, indicators(**{indicator: value}))
    (line,) = (
        line for line in done.lines if indicator in line.inputs and card.line(line.key).indicators[0] == indicator
    )
    return line.points


def answered(**answers: str) -> object:
    return card_of(SHEET, answers)


BOUNDARIES = {
    "sales_completion_ratio": "1=30 0.99=30 0.95=29 0.92=29 0.9=28 0.5=20 0=10 1.1=30 1.101=32 1.3=32",
    "sales_growth_ratio": "0=8 0.049=8 0.05=9 0.12=10 -0.2=8 -0.201=7 -0.4=7 -0.401=6",
    "conversion_ratio": "0.015=5 0.0149=3 0.01=3 0.0099=2 0.005=2 0.0049=0",
    "featured_ratio": "1=6 0.999=5 0.8=5 0.799=4",
    "return_ratio": "0.0099=5 0.01=0",
    "responses": "450=5 360=5 359=3 270=3 269=2 135=2 134=0",
    "disputes": "0=5 1=0",
    "own_deal_ratio": "0.101=2 0.1=2 0.099=0 0.049=0",
    "knowledge_level": "1=1.25 2=2.5 3=3.75 4=5",
    "guide_level": "1=0.75 4=3",
    "communication_level": "2=2.5 4=5",
    "adaptability_level": "3=2",
    "responsibility_level": "3=2.25",
    "late_count": "0=4 1=3 2=2 3=1 4=0 9=0",
    "etiquette_breaches": "0=2 1=0 2=0",
    "complaints": "0=5 1=3 2=1 3=0",
    "rule_breaches": "0=4 1=3 4=0 5=0",
    "team_events": "0=3 1=0",
}
ROWS = [(key, *row.split("=")) for key, rows in BOUNDARIES.items() for row in rows.split()]


@pytest.mark.parametrize(("indicator", "value", "expected"), ROWS)
def test_every_boundary_of_the_monthly_sheet_is_where_it_is_printed(indicator, value, expected):
    assert points_of(indicator, value) == D(expected)


@pytest.mark.parametrize(
    ("on_time", "quality", "printed", "scaled"),
    [("1", "1", 2, 4), ("1", "0", 1, 2), ("0", "1", 1, 2), ("0", "0", 0, 0)],
)
def test_reports_bring_two_points_as_printed_and_four_when_stretched(on_time, quality, printed, scaled):
    given_ = indicators(report_on_time=on_time, report_quality_met=quality)
    for card, expected in ((CARD, printed), (answered(report_points="scaled"), scaled)):
        (line,) = (line for line in appraise(card, given_).lines if line.key == "reports")
        assert line.points == expected


def test_the_worked_example_gives_92_083_of_105_and_87_70():
    done = appraise(CARD, indicators())
    assert [(group.key, round(group.points, 3), group.max) for group in done.groups] == [
        ("performance", 64, 65),
        ("ability", D("9.833"), 15),
        ("attitude", D("18.25"), 25),
    ]
    assert done.total.quantize(D("1e-12")) == D("92.083333333333")
    sheet = to_sheet(done, CARD, "zh")
    assert (sheet["raw"], sheet["max"], sheet["normalised"]) == (92.083, 105, 87.7)
    assert sheet["grade"] is None


def test_impolite_words_cost_the_same_as_a_complaint():
    assert points_of("complaints", "1") == 3
    (line,) = (line for line in appraise(CARD, indicators(impolite_hits="1")).lines if line.key == "service_attitude")
    assert line.points == 1


READINGS = [
    ({"conversion_reading": "printed"}, "conversion_ratio", "0.0149=2 0.0099=3 0.0049=0"),
    ({"conversion_reading": "printed_added"}, "conversion_ratio", "0.015=5 0.0149=2 0.0099=0 0.0049=0"),
    ({"dispute_deduct": "2"}, "disputes", "1=3 2=1 3=0"),
    ({"sales_steps": "started"}, "sales_completion_ratio", "0.99=29 0.95=29 0.949=28"),
    ({"sales_bonus": "every_10"}, "sales_completion_ratio", "1.1=30 1.15=32 1.2=34 1.5=40"),
    ({"sales_bonus_edge": "included"}, "sales_completion_ratio", "1.0999=30 1.1=32"),
    ({"zero_sales": "nothing"}, "sales_completion_ratio", "0=0 0.01=11"),
    ({"growth_base": "earned"}, "sales_growth_ratio", "0=0 0.12=2 0.4=8 2=8 -0.5=0"),
    ({"growth_falls": "added"}, "sales_growth_ratio", "-0.3=7 -0.5=5"),
    ({"growth_bonus_most": "4"}, "sales_growth_ratio", "0.2=12 3=12"),
    ({"featured_edge": "not_included"}, "featured_ratio", "1=5 1.001=6"),
    ({"responses_reading": "added"}, "responses", "359=3 269=0 134=0"),
    ({"responses_standard": "600"}, "responses", "480=5 479=3"),
    ({"own_deal_edge": "below"}, "own_deal_ratio", "0.1001=2 0.1=0 0.05=0"),
    ({"own_deal_standard": "0.2"}, "own_deal_ratio", "0.2=2 0.199=0"),
    ({"late_limit": "third"}, "late_count", "2=2 3=0"),
    ({"below_zero": "go_on"}, "complaints", "3=-1"),
    ({"below_zero": "go_on"}, "team_events", "2=-3"),
    ({"level_points": "from_zero"}, "knowledge_level", "1=0 4=5"),
    ({"level_points": "from_zero"}, "adaptability_level", "2=1"),
    ({"weight.knowledge": "10"}, "knowledge_level", "3=7.5"),
    ({"weight.conversion": "8"}, "conversion_ratio", "0.02=8 0.012=6 0.001=0"),
]
ANSWERED = [(answers, key, *row.split("=")) for answers, key, rows in READINGS for row in rows.split()]


@pytest.mark.parametrize(("answers", "indicator", "value", "expected"), ANSWERED)
def test_an_answer_to_an_open_question_changes_what_it_says(answers, indicator, value, expected):
    assert points_of(indicator, value, card_of(SHEET, answers)) == D(expected)


def test_without_the_line_on_disputes_the_weights_sum_up_to_100():
    card = answered(disputes_line="leave_out")
    assert card.max == 100
    assert appraising.doubts_of(SHEET, {"disputes_line": "leave_out"}, "zh") == [
        "报告提交：权重 4 分，按规则最多只能得 2 分"
    ]
    assert answered(disputes_line="leave_out", dispute_deduct="3").line("disputes") is None


def test_a_first_month_has_all_points_of_growth_with_its_note_or_does_not_count():
    new = {**indicators(), "sales_growth_ratio": Indicator(None, note=Reason("scorecard.nothing_measured"))}
    (line,) = (line for line in appraise(CARD, new).lines if line.key == "sales_growth")
    assert (line.points, line.status) == (8, "full")
    assert line.note is not None
    out = appraise(answered(growth_first_month="left_out"), new)
    assert (out.max, out.lines[1].status) == (97, "dropped")


def test_few_orders_are_not_judged_by_their_returns_when_a_minimum_is_set():
    few = {**indicators(), "return_ratio": Indicator(D("0.5"), 2)}
    assert appraise(CARD, few).lines[4].points == 0
    (line,) = (line for line in appraise(answered(return_minimum_orders="30"), few).lines if line.key == "returns")
    assert (line.points, line.note.params) == (5, {"n": 2, "below": 30})


@pytest.mark.parametrize(("absent", "default", "ignored"), [("0", 3, 3), ("1", 0, 3), (None, 3, 3)])
def test_absence_without_leave_leaves_nothing_unless_it_is_ignored(absent, default, ignored):
    given_ = indicators(absent_days=absent)
    for card, expected in ((CARD, default), (answered(absence="ignored"), ignored)):
        (line,) = (line for line in appraise(card, given_).lines if line.key == "attendance")
        assert line.points == expected


@pytest.mark.parametrize(
    ("size", "value", "points"), [("4", "0.15", 0), ("8", "0.15", 2), ("15", "0.06", 2), ("50", "0.03", 2)]
)
def test_the_share_of_the_deals_follows_the_size_of_the_team_when_asked(size, value, points):
    card = answered(own_deal_sizes="by_size")
    done = appraise(card, indicators(own_deal_ratio=value, team_size=size))
    (line,) = (line for line in done.lines if line.key == "own_deal")
    assert line.points == points
    assert "按团队人数" in to_sheet(done, card, "zh")["lines"][7]["reason"]


def test_whoever_was_there_for_half_the_month_is_held_to_half_the_standard_when_asked():
    half = indicators(responses="200", presence_ratio="0.5")
    assert appraise(CARD, half).lines[5].points == 2
    card = answered(presence="prorated")
    assert appraise(card, half).lines[5].points == 5
    assert appraise(card, indicators(presence_ratio="0.1")).lines[5].status == "dropped"


def test_grades_exist_only_when_the_company_sets_them():
    assert CARD.grades == ()
    card = answered(grades="suggested")
    sheet = to_sheet(appraise(card, indicators()), card, "zh")
    assert sheet["grade"] == {"key": "good", "label": "良好"}


def test_how_figures_come_about_is_part_of_the_settings():
    assert CARD.indicators["conversion_ratio"].method == "per_consultation"
    assert answered(conversion_meaning="per_visit").indicators["conversion_ratio"].method == "per_visit"
    assert answered(featured_meaning="of_sales").indicators["featured_ratio"].method == "of_sales"
    assert answered(responses_meaning="agent_messages").indicators["responses"].method == "agent_messages"
    assert appraising.process_of(SHEET)["double_counting"] == "show"
    assert appraising.process_of(SHEET, {"double_counting": "once"})["double_counting"] == "once"
    assert appraising.process_of(SHEET, {"agent_sees": "totals"})["agent_sees"] == "totals"
    assert appraising.process_of(SHEET, {"rater": "manager"})["rater"] == "manager"


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"luck": "much"}, "unknown_setting"),
        ({"report_points": "tripled"}, "printed, scaled"),
        ({"responses_standard": "many"}, "'least': '1', 'most': '1000000'"),
        ({"responses_standard": "0"}, "'least': '1', 'most': '1000000'"),
        ({"return_minimum_orders": "2.5"}, "whole_number"),
        ({"weight.knowledge": "-1"}, "'least': '0.01'"),
    ],
)
def test_an_answer_that_does_not_exist_is_refused_by_name(answers, told):
    with pytest.raises(InputError) as caught:
        card_of(SHEET, answers)
    (fault,) = caught.value.faults
    assert told in f"{fault.reason.key} {fault.reason.params}"
    assert fault.field == f"settings.{next(iter(answers))}"


@pytest.mark.parametrize("key", ["ecommerce-monthly", "business-assessment", "phone-service-monthly"])
def test_the_defaults_said_or_left_out_are_the_same_sheet(key):
    template = appraising.templates()[key]
    said = {one.key: one.default for one in template.settings if one.default is not None}
    assert card_of(template.body, said).version == card_of(template.body).version
    through_a_database = json.loads(json.dumps(template.body))
    assert card_of(through_a_database).version == card_of(template.body).version
    as_decimals = json.loads(json.dumps(template.body), parse_float=D)
    assert card_of(as_decimals, said).version == card_of(template.body).version
    assert appraising.template_of(through_a_database).settings == template.settings
    assert appraising.compare(template.body, {}, through_a_database, said) == []


@pytest.mark.parametrize("key", ["ecommerce-monthly", "business-assessment", "phone-service-monthly"])
def test_what_settings_resolve_to_is_a_document_of_its_own(key):
    template = appraising.templates()[key]
    for one in template.settings:
        answers = [choice.key for choice in one.choices] or [one.number.min, one.number.max]
        for answer in answers:
            document = appraising.resolved(template.body, {one.key: answer})
            assert "settings" not in document
            assert card_of(document).version == card_of(template.body, {one.key: answer}).version


def test_settings_speak_both_languages():
    for template in appraising.templates().values():
        for one in template.settings:
            for text in (one.label, *(choice.label for choice in one.choices), *filter(None, [one.about])):
                assert text.zh
                assert text.en
        assert all(line.standard.zh and line.standard.en for line in card_of(template.body).lines)


def test_lines_name_competencies_that_exist():
    known = {key for model in load_models().values() for key in model.competencies}
    for template in appraising.templates().values():
        assert {line.competency for line in card_of(template.body).lines} - {None} <= known


def test_what_the_source_does_not_say_is_marked():
    marked = {line.key for line in CARD.lines if line.source_note}
    assert marked >= {
        "disputes",
        "service_attitude",
        "reports",
        "attendance",
        "knowledge",
        "responsibility",
        "conversion",
    }
    assert all("确认" in line.source_note.zh for line in CARD.lines if line.source_note)


# --- what is guaranteed ------------------------------------------------------------------------------------------

FIGURES = {
    "ratio": st.decimals(0, 1, places=4),
    "count": st.integers(0, 12).map(D),
    "truth": st.integers(0, 1).map(D),
    "number": st.decimals(0, 100, places=1),
}


def figure(card, key: str) -> st.SearchStrategy[Decimal]:
    measure = card.indicators[key]
    if measure.unit == "level":
        return st.integers(1, len(measure.levels)).map(D)
    if key == "responses":
        return st.integers(0, 700).map(D)
    if measure.unit == "ratio" and measure.most is None:
        return st.decimals(measure.least, 3, places=4)
    return FIGURES[measure.unit]


@given(st.data())
@settings(deadline=None, max_examples=60)
@pytest.mark.parametrize("key", ["ecommerce-monthly", "business-assessment", "phone-service-monthly"])
def test_no_change_in_a_persons_favour_lowers_the_total(key, data):
    card = card_of(appraising.templates()[key].body)
    directed = [name for name, measure in card.indicators.items() if measure.better != "none"]
    before = {name: data.draw(figure(card, name), label=name) for name in directed}
    changed = data.draw(st.sampled_from(directed))
    one, other = sorted((before[changed], data.draw(figure(card, changed), label="changed")))
    worse, better = (one, other) if card.indicators[changed].better == "higher" else (other, one)
    totals = [
        appraise(card, {name: Indicator(value, 500) for name, value in {**before, changed: side}.items()}).total
        for side in (worse, better)
    ]
    assert totals[1] >= totals[0]


def grid(card, key: str) -> list[Decimal]:
    """Values of an indicator from the worst to the best."""
    measure = card.indicators[key]
    steps = {"level": range(1, len(measure.levels) + 1), "truth": range(2), "count": range(13)}
    values = [D(n) / 400 for n in range(801)] if measure.unit == "ratio" else [D(n) for n in steps[measure.unit]]
    if key == "responses":
        values = [D(n) for n in range(0, 700, 3)]
    return sorted(values, reverse=measure.better == "lower")


def falls_somewhere(card, key: str) -> bool:
    """Whether a better value of an indicator brings fewer points, all others the same."""
    totals = [appraise(card, indicators(**{key: str(value)})).total for value in grid(card, key)]
    return any(after < before for before, after in pairwise(totals))


@pytest.mark.parametrize(
    ("setting", "answer"),
    [
        (one.key, choice.key)
        for one in appraising.templates()["ecommerce-monthly"].settings
        for choice in one.choices
        if choice.key != one.default
    ],
)
def test_a_reading_in_which_better_brings_less_is_warned_about(setting, answer):
    card = card_of(SHEET, {setting: answer})
    changed = [line for line in card.lines if line != CARD.line(line.key)]
    broken = any(falls_somewhere(card, name) for line in changed for name in line.indicators)
    warned = {reason.key for _, reason in doubts(card)} & {"scorecard.doubt.not_monotone", "scorecard.doubt.against"}
    assert bool(warned) == broken
    assert broken == (answer == "printed" and setting == "conversion_reading")


def test_a_warning_of_the_template_stands_on_every_sheet():
    answers = {"conversion_reading": "printed"}
    card = card_of(SHEET, answers)
    sheet = to_sheet(appraise(card, indicators()), card, "zh")
    assert sheet["warnings"] == appraising.doubts_of(SHEET, answers, "zh")
    assert "转化率：得分随数值忽升忽降：0 → 3 → 2 → 5" in sheet["warnings"]


# --- what is frozen ----------------------------------------------------------------------------------------------


def test_the_same_figures_freeze_to_the_same_bytes():
    first = json.dumps(to_stored(appraise(CARD, indicators()), CARD), ensure_ascii=False)
    again = card_of(json.loads(json.dumps(SHEET)))
    assert json.dumps(to_stored(appraise(again, indicators()), again), ensure_ascii=False) == first


def test_what_is_frozen_can_be_said_in_either_language_without_the_template():
    done = appraise(CARD, indicators())
    stored = json.loads(json.dumps(to_stored(done, CARD)))
    for language in ("zh", "en"):
        assert from_stored(stored, language) == to_sheet(done, CARD, language)
    line = from_stored(stored, "zh")["lines"][0]
    assert line["reason"] == "实际 92%，标准 100%，差了 1 个整步（每步 5%），每步扣 1 分"
    assert from_stored(stored, "en")["lines"][0]["label"] == "Sales completion"


def test_frozen_points_keep_every_digit():
    stored = to_stored(appraise(CARD, indicators()), CARD)
    (line,) = (line for line in stored["lines"] if line["line"] == "adaptability")
    assert line["points"].startswith("1.3333333333333333333333333333333333333333333333")
    assert D(stored["total"]) == appraise(CARD, indicators()).total


def test_every_line_of_a_sheet_says_what_interfaces_promise():
    sheet = to_sheet(appraise(CARD, indicators()), CARD, "zh")
    for line in sheet["lines"]:
        assert {"indicator", "inputs", "weight", "points", "rule", "reason", "note"} <= set(line)
        assert line["reason"]
        assert line["standard"]
    assert [line["indicator"] for line in sheet["lines"]][:3] == [
        "sales_completion_ratio",
        "sales_growth_ratio",
        "conversion_ratio",
    ]
    assert sheet["lines"][0]["inputs"] == {
        "sales_completion_ratio": {"label": "销售额完成率", "value": 0.92, "n": None, "unit": "ratio"}
    }


def test_what_is_missing_is_told_and_leaves_the_result_open():
    sheet = to_sheet(appraise(CARD, indicators(complaints=None, impolite_hits=None, knowledge_level=None)), CARD, "zh")
    assert sheet["normalised"] is None
    assert "缺少数据，成绩不完整：专业知识、服务态度" in sheet["warnings"]
    (line,) = (line for line in sheet["lines"] if line["line"] == "knowledge")
    assert (line["points"], line["status"], line["note"]) == (None, "missing", "没有可以衡量的内容")


def test_the_waterfall_leads_from_full_points_to_the_total():
    done = appraise(CARD, indicators())
    steps = waterfall(to_stored(done, CARD), "zh")
    assert (steps[0]["end"], steps[-1]["kind"]) == ("105", "total")
    for before, after in pairwise(steps[:-1]):
        assert before["end"] == after["start"]
    assert abs(D(steps[-2]["end"]) - done.total) < D("1e-40")
    assert D(steps[-1]["end"]) == done.total
    assert next(step["points"] for step in steps if step["key"] == "sales_growth") == "2"


def test_two_versions_are_compared_place_by_place():
    before = json.loads(json.dumps(SHEET))
    after = json.loads(json.dumps(SHEET))
    after["lines"][0]["weight"] = 25
    after["lines"] = [line for line in after["lines"] if line["key"] != "teamwork"]
    found = appraising.compare(before, {}, after, {"responses_standard": 600})
    by_place = {one.place: one for one in found}
    assert (by_place["lines.sales_completion.weight"].before, by_place["lines.sales_completion.weight"].after) == (
        30,
        25,
    )
    assert by_place["lines.sales_completion.weight"].label == Text("销售额完成率", "Sales completion")
    assert by_place["lines.responses.params.of"].after == 600
    assert by_place["lines.teamwork.weight"].after is None
    assert {place.split(".")[1] for place in by_place} == {"sales_completion", "responses", "teamwork"}


def test_a_document_that_is_no_template_is_refused_with_its_field():
    broken = json.loads(json.dumps(SHEET))
    broken["lines"][0]["params"]["stepp"] = 1
    with pytest.raises(InputError) as caught:
        appraising.template_of(broken)
    assert [fault.field for fault in caught.value.faults] == ["lines.0.params.stepp"]
    with pytest.raises(InputError) as caught:
        appraising.template_of({**SHEET, "lines": []})
    assert caught.value.faults[0].field == "lines"


def test_the_indicators_that_a_sheet_needs_leave_out_those_that_only_change_how():
    assert set(appraising.needed(CARD)) == set(EXAMPLE)
