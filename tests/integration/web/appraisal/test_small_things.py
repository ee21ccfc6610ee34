"""What readers stumble over on sheets, papers, rankings and rewards: the right time, place, number and name."""

from __future__ import annotations

import re
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import company_zone
from peilian.web.appraisal.home import tasks_of
from peilian.web.appraisal.papers import ranking_document, sheet_document
from peilian.web.appraisal.printing.numerals import moment_text
from peilian.web.appraisal.printing.pages import ranking_summary, sheet_origin
from peilian.web.appraisal.standings import spread
from peilian.web.appraisal.told import ToldSheet
from peilian.web.shell.formats import format_score
from support.appraisals import Firm, a_cycle, published, result_of, reviewed, sheet_of


def corrected(firm: Firm, cycle: appraisal.Cycle, responses: str = "100") -> appraisal.Appraisal:
    """A second version of Lin's result, made a day after publishing."""
    return appraisal.correct(
        actor=firm.committee,
        appraisal=result_of(cycle, firm.lin),
        changes={"responses": responses},
        note="应答量统计错了",
        now=timezone.now() + timedelta(days=1),
    )


def test_month_ranking_and_paper_have_the_same_median(firm: Firm, page: Any) -> None:
    firm.figures.own[firm.zhou.employee_id] = {"responses": "100", "sales_growth_ratio": "-0.5"}
    cycle = published(firm)
    totals = [row.normalised for row in appraisal.ranking(user=firm.manager, cycle=cycle) if row.normalised is not None]
    assert len(totals) == 2
    assert totals[0] != totals[1]
    middle = median(totals)
    assert f"一半的人达到 {middle:.1f} 分" in page(firm.manager, "appraisal_cycle", cycle.pk)
    with translation.override("zh-hans"):
        summary = dict(ranking_summary(ranking_document(firm.manager, cycle, "zh")))
        chart = spread([*totals, *totals, *totals])
    assert summary["中位数"] == format_score(middle)
    assert chart is not None
    assert f"{float(middle):.2f}".rstrip("0") in str(chart)


def test_a_change_is_shown_as_it_is_computed(firm: Firm) -> None:
    view = appraisal.sheet(user=firm.manager, appraisee=sheet_of(published(firm), firm.lin))
    told = ToldSheet(view, "zh")
    numbers = {"numerator": "24484.28", "denominator": "35763.98"}
    assert told._formula({"formula": "sales_growth", **numbers}).endswith("：（24,484.28 − 35,763.98）÷ 35,763.98")
    assert told._formula({"formula": "sales_by_target", **numbers}).endswith("：24,484.28 ÷ 35,763.98")
    shares = {"numerator": "0.12", "denominator": "0.2"}
    assert told._formula({"formula": "featured_share_by_target_share", **shares}).endswith("：12.0% ÷ 20.0%")
    assert told._formula({"formula": "sales_growth", "numerator": "5", "denominator": None}).endswith("上期销售额")


def test_a_version_that_was_replaced_names_no_place(firm: Firm, page: Any) -> None:
    cycle = published(firm)
    corrected(firm, cycle)
    sheet = sheet_of(cycle, firm.lin).pk
    place = re.compile(r"在小组 2 人中排第 \d")
    assert place.search(page(firm.lin, "appraisal_sheet", sheet)) is not None
    assert place.search(page(firm.lin, "appraisal_sheet", sheet, version=1)) is None


def test_a_paper_of_a_later_version_names_the_time_of_that_version(firm: Firm) -> None:
    cycle = published(firm)
    row = corrected(firm, cycle)
    sheet = sheet_of(cycle, firm.lin)
    with translation.override("zh-hans"):
        first = sheet_origin(sheet_document(appraisal.sheet(user=firm.lin, appraisee=sheet, version=1), "zh"))
        second = sheet_origin(sheet_document(appraisal.sheet(user=firm.lin, appraisee=sheet), "zh"))
    assert cycle.published_at is not None
    assert moment_text(cycle.published_at.astimezone(company_zone()), "zh") in first
    assert moment_text(row.made_at.astimezone(company_zone()), "zh") in second


def test_a_paper_names_who_leads_the_team_when_nobody_is_named_for_the_person(firm: Firm) -> None:
    cycle = published(firm)
    view = appraisal.sheet(user=firm.lin, appraisee=sheet_of(cycle, firm.lin))
    assert sheet_document(view, "zh").person.supervisor == firm.lead.name


def test_who_is_not_appraised_has_nothing_to_say_or_read(firm: Firm) -> None:
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    row = sheet_of(cycle, firm.lin)
    appraisal.set_aside(actor=firm.manager, appraisee=row, reason="长期病假")
    appraisal.start_review(actor=firm.manager, cycle=cycle)
    assert [task.title for task in tasks_of(firm.lin)] == []
    assert len(tasks_of(firm.zhou)) == 1


def test_what_is_read_until_when_is_said_with_what_ends_then(firm: Firm, page: Any) -> None:
    published(firm)
    text = page(firm.lin, "assess")
    assert "查看考核结果，截止前可以申诉" in text
    assert "截止" in text


def test_a_ranking_before_freezing_says_why_it_is_empty(firm: Firm, page: Any) -> None:
    cycle = reviewed(firm)
    assert "结果冻结之后才有排名" in page(firm.manager, "appraisal_ranking", cycle.pk)


def test_while_values_are_missing_there_is_no_total_of_a_hundred(firm: Firm, page: Any) -> None:
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    text = page(firm.manager, "appraisal_sheet", sheet_of(cycle, firm.lin).pk)
    assert "数据补齐之后才折合成百分制" in text
    assert "– 分" not in text


def test_the_board_names_the_month_that_a_recognition_is_for(firm: Firm, page: Any, send: Any) -> None:
    cycle = published(firm)
    rule = {"key": "star", "title_zh": "当月之星", "when": "normalised > 0", "kind": "recognition"}
    assert "还没有启用" in send(firm.trainer_in_chief, "reward_rule_new", **rule)
    assert "还没有启用" not in send(firm.trainer_in_chief, "reward_rule", "star", **rule, is_on="on")
    send(firm.manager, "award_run", cycle=str(cycle.pk))
    row = appraisal.Award.objects.get(employee=firm.lin.employee)
    waiting = [task.title for task in tasks_of(firm.head)]
    assert any("等您审批" in title for title in waiting), waiting
    send(firm.head, "award_decide", row.pk, state="approved")
    month = f"{cycle.starts_on.year}年{cycle.starts_on.month}月"
    assert f"表彰 {month}" in page(firm.lin, "rewards")


def test_an_answer_to_a_suggestion_says_something(firm: Firm, send: Any) -> None:
    row = appraisal.suggest(actor=firm.lin, subject="tool", text="话术库加搜索", is_anonymous=False)
    text = send(firm.manager, "suggestion_answer", row.pk, state="accepted", answer="  ")
    assert "这一项需要填写" in text
    assert "answer：" not in text
    row.refresh_from_db()
    assert row.state == "received"


@pytest.mark.parametrize("state", ["collecting", "reviewing"])
def test_words_with_two_meanings_are_said_by_their_place(firm: Firm, page: Any, state: str) -> None:
    cycle = a_cycle(firm)
    assert 'data-confirm-label="开始"' in page(firm.manager, "appraisal_cycle", cycle.pk)
    client = Client()
    client.force_login(firm.trainer_in_chief)
    assert "条件" in page(firm.trainer_in_chief, "reward_rule_new")


def test_words_on_one_line_are_read_with_the_others(firm: Firm, page: Any, send: Any) -> None:
    cycle = reviewed(firm)
    sheet = sheet_of(cycle, firm.lin).pk
    text = send(firm.lin, "appraisal_comment", sheet, line="responses", text="月中系统停了两天")
    words = text[text.index('id="remarks"') :]
    assert "月中系统停了两天" in words
    assert 'href="#line-responses"' in words


def test_what_nobody_can_have_is_no_loss(firm: Firm, page: Any) -> None:
    cycle = published(firm)
    told = ToldSheet(appraisal.sheet(user=firm.lin, appraisee=sheet_of(cycle, firm.lin)), "zh")
    assert "报告提交" not in dict(told.losses)
    assert "4 分里最多只能得 2 分" in page(firm.lin, "appraisal_sheet", sheet_of(cycle, firm.lin).pk)


def test_ratings_are_nothing_that_was_entered_by_hand(firm: Firm, page: Any) -> None:
    cycle = reviewed(firm)
    assert "林小禾" in page(firm.manager, "appraisal_inputs", cycle.pk)
    assert "林小禾" not in page(firm.manager, "appraisal_inputs", cycle.pk, show="given")


def test_what_is_so_or_not_is_chosen(firm: Firm, page: Any) -> None:
    cycle = reviewed(firm)
    text = page(firm.manager, "appraisal_input", sheet_of(cycle, firm.lin).pk, "report_on_time")
    assert '<option value="1" selected>是</option>' in text


def test_a_long_ratio_is_shown_short_and_kept_as_it_was(firm: Firm, page: Any, send: Any) -> None:
    firm.figures.common["conversion_ratio"] = "0.012345678901"
    cycle = reviewed(firm)
    row = sheet_of(cycle, firm.lin)
    assert 'value="1.23457%"' in page(firm.manager, "appraisal_input", row.pk, "conversion_ratio")
    send(firm.manager, "appraisal_input", row.pk, "conversion_ratio", value="1.23457%", note="核对过")
    kept = appraisal.inputs_of(user=firm.manager, appraisee=row)["conversion_ratio"]
    assert str(kept.value) == "0.012345678901"
    assert kept.note == "核对过"


def test_an_appeal_is_decided_beside_the_evidence_and_with_the_words_of_levels(firm: Firm, page: Any) -> None:
    cycle = published(firm)
    points = [{"line": "knowledge", "text": "新品培训考了满分"}, {"line": "reports", "text": "按时交了"}]
    row = appraisal.appeal(actor=firm.lin, appraisal=result_of(cycle, firm.lin), points=points)
    text = page(firm.committee, "appraisal_appeal", row.pk)
    assert "4 · 本岗位和关联业务都能讲清、用好" in text
    assert "专业知识等级的历次数值" in text
    assert "“订单”表中的 12 行" in text


def test_a_day_that_is_in_no_calendar_is_told_so(firm: Firm, send: Any) -> None:
    fields = {"shipped": "ecommerce-monthly", "key": "shop", "zh": "考核"}
    place = (firm.trainer_in_chief, "appraisal_rules_new")
    assert "没有这一天" in send(*place, status=422, **fields, effective_from="2026/11/31")
    assert "没有这一天" not in send(*place, status=422, **fields, effective_from="下周一")
