"""Pages of a cycle: the list, opening one, the month at a glance, and the steps from collecting to closing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import Job, today_in_company
from support.appraisals import (
    Firm,
    a_cycle,
    a_template,
    an_event,
    frozen,
    last_month,
    published,
    reviewed,
    sheet_of,
)

NOT_CONCERNED = ("lin", "admin", "other_lead")


def fields_of(firm: Firm, **more: Any) -> dict[str, Any]:
    template = a_template().template
    given = {"template": template.pk, "unit": firm.team.pk, "month": f"{last_month():%Y-%m}", "appeal_days": "5"}
    return given | more


def test_without_rules_the_list_says_what_comes_first(firm: Firm, page: Any) -> None:
    assert "开展考核要先有规则" in page(firm.manager, "appraisal_cycles")
    a_template()
    assert "开启考核周期" in page(firm.manager, "appraisal_cycles")


def test_the_list_shows_the_cycles_of_the_reader(firm: Firm, page: Any) -> None:
    cycle = a_cycle(firm)
    address = reverse("appraisal_cycle", args=[cycle.pk])
    assert address in page(firm.lead, "appraisal_cycles")
    assert address not in page(firm.other_lead, "appraisal_cycles")
    page(firm.lin, "appraisal_cycles", status=404)


def test_a_cycle_is_opened_with_what_the_form_says(firm: Firm, send: Any) -> None:
    fields = fields_of(firm, zh_0="优", at_least_0="88", zh_1="良", en_1="Good", at_least_1="70")
    text = send(firm.manager, "appraisal_cycle_new", **fields)
    cycle = appraisal.Cycle.objects.get()
    assert (cycle.starts_on, cycle.appeal_days, cycle.shows_preview) == (last_month(), 5, False)
    assert [(grade["label"]["zh"], grade["at_least"]) for grade in cycle.grades] == [("优", "88"), ("良", "70")]
    assert "采集数据" in text


def test_suggested_grades_only_fill_the_form(firm: Firm, send: Any) -> None:
    text = send(firm.manager, "appraisal_cycle_new", status=200, suggest="1", **fields_of(firm))
    assert 'value="90"' in text
    assert 'value="优秀"' in text
    assert f'value="{last_month():%Y-%m}"' in text
    assert not appraisal.Cycle.objects.exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"month": ""}, "请选择月份"),
        ({"month": "2026-13"}, "这里需要月份"),
        ({"first": "2026-10-01"}, "起止日期都要填"),
        ({"first": "2026-10-01", "last": "2026-10-09"}, "月份和起止日期只填一种"),
        ({"zh_0": "优"}, "起点分数"),
        ({"appeal_days": ""}, "需要填写"),
        ({"unit": "x"}, "field-fault"),
    ],
)
def test_what_is_not_understood_is_said_beside_the_field(
    firm: Firm, send: Any, more: dict[str, str], said: str
) -> None:
    assert said in send(firm.manager, "appraisal_cycle_new", status=422, **fields_of(firm, **more))
    assert not appraisal.Cycle.objects.exists()


def test_only_who_runs_appraisals_opens_a_cycle(firm: Firm, page: Any, send: Any) -> None:
    for user in (firm.lead, firm.lin, firm.leadership, firm.admin):
        page(user, "appraisal_cycle_new", status=404)
        send(user, "appraisal_cycle_new", status=404, appeal_days=7)


def test_a_cycle_goes_from_collecting_to_publishing_step_by_step(firm: Firm, page: Any, send: Any) -> None:
    cycle = a_cycle(firm)
    assert "先从业务数据" in page(firm.manager, "appraisal_cycle", cycle.pk)
    assert "新增或变动" in send(firm.manager, "appraisal_step", cycle.pk, "collect")
    assert "自评与评级" in send(firm.manager, "appraisal_step", cycle.pk, "review")
    text = page(firm.manager, "appraisal_cycle", cycle.pk)
    assert "还缺 10 项数据" in text
    lacking = appraisal.missing(user=firm.manager, cycle=cycle)
    assert all("、".join(item.from_whom) in text for item in lacking)
    refused = send(firm.manager, "appraisal_step", cycle.pk, "freeze")
    assert "暂时不能定稿" in refused
    send(firm.manager, "appraisal_step", cycle.pk, "freeze", leave_out="主管休假")
    cycle.refresh_from_db()
    assert cycle.state == "frozen"
    send(firm.manager, "appraisal_step", cycle.pk, "reopen", reason="漏了一张表")
    assert "漏了一张表" in page(firm.manager, "appraisal_cycle", cycle.pk)
    send(firm.manager, "appraisal_step", cycle.pk, "freeze", leave_out="主管休假")
    assert "天内可以申诉" in send(firm.manager, "appraisal_step", cycle.pk, "publish")
    assert "还可以申诉" in send(firm.manager, "appraisal_step", cycle.pk, "close")


def test_a_cycle_can_be_closed_when_appeals_are_over(firm: Firm, page: Any, send: Any) -> None:
    assert "关闭本期考核？" not in page(firm.manager, "appraisal_cycle", published(firm).pk)
    cycle = a_cycle(firm, unit=firm.other_team)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    long_ago = timezone.now() - timedelta(days=30)
    appraisal.freeze(actor=firm.manager, cycle=cycle, leave_out="试用", now=long_ago)
    cycle.refresh_from_db()
    appraisal.publish(actor=firm.manager, cycle=cycle, now=long_ago)
    assert "关闭本期考核？" in page(firm.manager, "appraisal_cycle", cycle.pk)


def test_people_are_shown_with_total_grade_and_progress(firm: Firm, page: Any) -> None:
    cycle = reviewed(firm)
    text = page(firm.lead, "appraisal_cycle", cycle.pk)
    states = {one.appraisee.employee.name: one for one in appraisal.sheet_states(user=firm.lead, cycle=cycle)}
    assert states["林小禾"].normalised is not None
    assert f"{states['林小禾'].normalised:.2f}"[:4] in text
    assert "5 / 5" in text
    assert reverse("appraisal_sheet", args=[sheet_of(cycle, firm.lin).pk]) in text


def test_people_can_be_sorted(firm: Firm, page: Any) -> None:
    cycle = reviewed(firm)
    firm.figures.own[firm.zhou.employee_id] = {"sales_completion_ratio": "0.5"}
    appraisal.collect(actor=firm.manager, cycle=cycle)
    for sort, first, second in (("total", "周舟", "林小禾"), ("-total", "林小禾", "周舟")):
        text = page(firm.lead, "appraisal_cycle", cycle.pk, sort=sort)
        rows = text[text.index('data-table="appraisal-cycle"') :]
        assert rows.index(first) < rows.index(second)


def test_steps_are_only_for_who_runs_the_cycle(firm: Firm, page: Any, send: Any) -> None:
    cycle = frozen(firm)
    for what in ("collect", "publish", "reopen"):
        for user in (firm.lead, firm.other_lead, firm.lin, firm.leadership, firm.admin):
            send(user, "appraisal_step", cycle.pk, what, status=404)
    assert reverse("appraisal_step", args=[cycle.pk, "publish"]) not in page(firm.lead, "appraisal_cycle", cycle.pk)
    send(firm.manager, "appraisal_step", cycle.pk, "explode", status=404)
    cycle.refresh_from_db()
    assert cycle.state == "frozen"


@pytest.mark.parametrize("who", NOT_CONCERNED)
def test_who_has_no_part_in_a_cycle_finds_none(firm: Firm, page: Any, who: str) -> None:
    cycle = reviewed(firm)
    for name in ("appraisal_cycle", "appraisal_inputs", "appraisal_rating", "appraisal_cycle_change"):
        page(firm.users[who], name, cycle.pk, status=404)


def test_leadership_sees_the_way_to_the_ranking_and_no_sheets(firm: Firm, page: Any) -> None:
    cycle = frozen(firm)
    text = page(firm.leadership, "appraisal_cycle", cycle.pk)
    assert reverse("appraisal_ranking", args=[cycle.pk]) in text
    assert "林小禾" not in text


def test_dates_and_grades_change_until_publishing(firm: Firm, page: Any, send: Any) -> None:
    cycle = a_cycle(firm)
    page(firm.manager, "appraisal_cycle_change", cycle.pk)
    fields = {"appeal_days": "3", "self_comment_until": "2026-12-01", "zh_0": "甲", "at_least_0": "60"}
    send(firm.manager, "appraisal_cycle_change", cycle.pk, **fields)
    cycle.refresh_from_db()
    assert (cycle.appeal_days, [grade["label"]["zh"] for grade in cycle.grades]) == (3, ["甲"])
    assert 'value="90"' in send(
        firm.manager, "appraisal_cycle_change", cycle.pk, status=200, suggest="1", appeal_days="3"
    )


def test_somebody_is_left_out_with_a_reason_and_taken_in_again(firm: Firm, page: Any, send: Any) -> None:
    cycle = a_cycle(firm)
    person = sheet_of(cycle, firm.zhou)
    assert "需要填写" in send(firm.manager, "appraisal_aside", cycle.pk, person=person.pk, reason="")
    assert "产假中" in send(firm.manager, "appraisal_aside", cycle.pk, person=person.pk, reason="产假中")
    send(firm.lead, "appraisal_aside", cycle.pk, status=404, person=person.pk, reason="x")
    assert "恢复参加" in send(firm.manager, "appraisal_aside", cycle.pk, person=person.pk, do="take_in")


def test_an_event_on_two_lines_is_shown_with_the_choice(firm: Firm, page: Any, send: Any) -> None:
    cycle = a_cycle(firm)
    event = an_event(firm, firm.lin)
    appraisal.count_on(actor=firm.lead, event=event, indicator=["complaints", "disputes"])
    assert "重复扣分的事件" in page(firm.manager, "appraisal_cycle", cycle.pk)
    text = send(firm.manager, "appraisal_event_decide", event.pk, do="count_on", indicator="disputes", cycle=cycle.pk)
    assert "重复扣分的事件" not in text
    event.refresh_from_db()
    assert event.counts_on == ["disputes"]


def test_many_people_are_frozen_by_a_job_with_progress(firm: Firm, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from peilian.apps.appraisal import publishing

    monkeypatch.setattr(publishing, "MANY_PEOPLE", 1)
    cycle = reviewed(firm)
    client = Client()
    client.force_login(firm.manager)
    response = client.post(reverse("appraisal_step", args=[cycle.pk, "freeze"]))
    job = Job.objects.get(kind="appraisal.freeze")
    assert response["Location"] == reverse("job", args=[job.pk])
    assert "正在计算结果" in page(firm.manager, "appraisal_cycle", cycle.pk)
    assert "考核定稿" in page(firm.manager, "job", job.pk)


def test_a_step_is_posted_and_a_guest_signs_in(firm: Firm, client: Client) -> None:
    cycle = a_cycle(firm)
    address = reverse("appraisal_step", args=[cycle.pk, "collect"])
    assert "/sign-in/" in client.post(address)["Location"]
    client.force_login(firm.manager)
    assert client.get(address).status_code == 405
    assert client.post(reverse("appraisal_cycle", args=[cycle.pk])).status_code == 405
    assert client.post(reverse("appraisal_cycles")).status_code == 405


def test_a_cycle_is_discarded_from_its_page_with_a_reason(firm: Firm, page: Any, send: Any) -> None:
    cycle = a_cycle(firm)
    assert "discard-reason" in page(firm.manager, "appraisal_cycle", cycle.pk)
    assert "discard-reason" not in page(firm.lead, "appraisal_cycle", cycle.pk)
    send(firm.lead, "appraisal_step", cycle.pk, "discard", status=404, reason="开错了")
    assert "作废" in send(firm.manager, "appraisal_step", cycle.pk, "discard", reason="开错了")
    page(firm.manager, "appraisal_cycle", cycle.pk, status=404)


def test_while_the_period_lasts_the_page_says_so_instead_of_offering_to_freeze(firm: Firm, page: Any) -> None:
    cycle = a_cycle(firm, period=today_in_company())
    appraisal.start_review(actor=firm.manager, cycle=cycle)
    text = page(firm.manager, "appraisal_cycle", cycle.pk)
    assert reverse("appraisal_step", args=[cycle.pk, "freeze"]) not in text
    assert "才能定稿" in text
