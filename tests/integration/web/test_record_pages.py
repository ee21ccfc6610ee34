"""The pages of the record: radar and its reasons, the team's table, needs, assignments, what is due today."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from peilian.apps.base.api import InboxMessage
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from support.builders import a_unit, an_employee
from support.company import a_login
from support.practice import CALM, Clock, a_run, plays

pytestmark = pytest.mark.django_db
SPREAD = ("empathy", "expression", "response_pace", "problem_solving", "integrity", "composure")


@pytest.fixture
def unit() -> people.Unit:
    return a_unit("team-a", zh="一组", en="Team A")


@pytest.fixture
def lin(unit) -> people.User:
    return a_login("lin", "agent", employee=an_employee("林小禾", unit=unit))


@pytest.fixture
def lead(unit) -> people.User:
    return a_login("lead", "supervisor", unit=unit)


@pytest.fixture
def other_lead() -> people.User:
    return a_login("other", "supervisor", unit=a_unit("team-b", zh="二组"))


def page(client: Client, name: str, *arguments, status: int = 200, **query) -> str:
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def part_of(text: str, element_id: str) -> str:
    return text.split(f'id="{element_id}"')[1]


def evidence(
    person: people.Employee, *scores: float, competencies=SPREAD, days_ago: int = 3, kind: str = "review"
) -> None:
    """Pieces of each competency, one day after another, the newest ``days_ago``."""
    pieces = [
        record.NewEvidence(
            employee=person,
            competency=competency,
            kind=kind,
            score=score,
            at=timezone.now() - timedelta(days=days_ago + len(scores) - number),
            source_kind="test",
            source_id=f"{competency}-{number}-{days_ago}",
            label=Reason("record.evidence_month.conversation", {"month": f"2026-{number + 1:02}"}),
            n=40,
        )
        for competency in competencies
        for number, score in enumerate(scores)
    ]
    record.add_evidence(actor=None, pieces=pieces)


# The radar


def test_somebody_without_evidence_is_told_what_brings_the_first_figures(signed_in, lin):
    text = page(signed_in(lin), "own_radar")
    assert "还没有能力依据" in text
    assert reverse("practise") in text
    assert "<table" not in text.split('id="main"')[1]


def test_the_own_radar_has_a_band_a_table_and_a_way_to_every_reason(signed_in, lin):
    evidence(lin.employee, 0.3, 0.3, 0.35)
    text = page(signed_in(lin), "own_radar")
    assert 'data-chart="radar"' in text
    assert "可信区间" in text
    assert "差距最大的是" in text
    for competency in SPREAD:
        assert reverse("own_why", args=[competency]) in text


def test_an_estimate_is_told_with_range_level_requirement_and_evidence(signed_in, lin):
    evidence(lin.employee, 0.3, 0.3, 0.35, competencies=("empathy", "expression", "integrity"))
    profile = record.profile_of(user=lin, employee=lin.employee)
    estimate = profile.profile.estimates["empathy"]
    row = page(signed_in(lin), "own_radar").split('data-table="profile"')[1].split("共情")[1].split("</tr>")[0]
    for words in (f"{round(estimate.mean)}</a>", f"{round(estimate.low)} – {round(estimate.high)}", ">3</a>", "低 "):
        assert words in row
    assert f"{profile.required['empathy']} " in row


def test_the_profile_of_a_former_day_stands_beside_todays(signed_in, lin):
    evidence(lin.employee, 0.2, 0.2, days_ago=60)
    evidence(lin.employee, 0.95, 0.95, days_ago=2)
    client = signed_in(lin)
    assert '<th scope="col" class="num">变化' not in page(client, "own_radar")
    for query in ({"before": "30"}, {"day": (timezone.localdate() - timedelta(days=30)).isoformat()}):
        text = page(client, "own_radar", **query)
        moved = text.split('data-table="profile"')[1].split("共情")[1].split("</tr>")[0]
        assert re.search(r">\+\d+<", moved)


def test_before_the_last_drill_is_before_the_last_drill(signed_in, lin, monkeypatch):
    client = signed_in(lin)
    evidence(lin.employee, 0.5, 0.5)
    assert "还没有演练可以对比" in page(client, "own_radar", before="drill")
    time = Clock(int((timezone.now() - timedelta(hours=2)).timestamp() * 1000)).patch(monkeypatch)
    plays(lin, a_run(lin), time)
    text = page(client, "own_radar", before="drill")
    assert "上次演练之前" in text
    assert "还没有演练可以对比" not in text


@pytest.mark.parametrize(
    "query", [{"before": "x"}, {"day": "2026-02-30"}, {"day": "0001-01-01"}, {"day": "9999-12-31"}]
)
def test_a_comparison_that_makes_no_sense_is_left_out(signed_in, lin, query):
    evidence(lin.employee, 0.5, 0.5)
    assert "能力雷达图" in page(signed_in(lin), "own_radar", **query)


def test_who_is_no_employee_is_led_to_the_team(signed_in, lead):
    assert signed_in(lead).get(reverse("own_radar")).headers["Location"] == reverse("team_radar")
    page(signed_in(lead), "own_tasks", status=404)
    page(signed_in(lead), "own_why", "empathy", status=404)


def test_the_radar_of_somebody_is_for_leaders_mentors_and_nobody_beside(signed_in, lin, lead, other_lead, unit):
    evidence(lin.employee, 0.5, 0.5)
    mentor = an_employee("导师", unit=a_unit("elsewhere"))
    people.set_guide(
        actor=None, employee=lin.employee, guide=mentor, kind=people.GuidanceKind.MENTOR,
        starts_on=timezone.localdate() - timedelta(days=9),
    )  # fmt: skip
    for who in (lead, a_login("manager", "training_manager"), a_login("mentor", "mentor", employee=mentor)):
        assert "林小禾" in page(signed_in(who), "person_radar", lin.employee.pk)
        page(signed_in(who), "person_why", lin.employee.pk, "empathy")
    colleague = a_login("zheng", "agent", employee=an_employee("郑凯", unit=unit))
    for who in (other_lead, colleague, a_login("boss", "leadership"), a_login("admin", "administrator")):
        page(signed_in(who), "person_radar", lin.employee.pk, status=404)
        page(signed_in(who), "person_why", lin.employee.pk, "empathy", status=404)
    page(signed_in(lead), "person_radar", uuid4(), status=404)
    assert signed_in(lead).post(reverse("person_radar", args=[lin.employee.pk])).status_code == 405


def test_why_tells_every_piece_with_its_influence_and_leads_to_its_source(signed_in, lin, monkeypatch):
    evidence(lin.employee, 0.3, competencies=("empathy",))
    time = Clock(int((timezone.now() - timedelta(hours=2)).timestamp() * 1000)).patch(monkeypatch)
    run = plays(lin, a_run(lin), time)
    text = page(signed_in(lin), "own_why", "empathy")
    assert "2026-01 的真实会话" in text
    assert "演练：物流延误" in text
    assert reverse("drill_debrief", args=[run.pk]) in text
    assert "按所处阶段估计为" in text
    assert re.search(r"[+−]\d", part_of(text, "evidence-title"))


def test_why_shows_what_was_withdrawn_without_weight(signed_in, lin, lead):
    evidence(lin.employee, 0.3, 0.9, competencies=("empathy",))
    (piece, _) = record.evidence_of(user=lead, employee=lin.employee)
    record.withdraw_evidence(actor=lead, evidence=piece, note="不是他接待的")
    text = page(signed_in(lin), "own_why", "empathy")
    assert "已撤销" in text
    assert "不是他接待的" in text


def test_an_unknown_competency_is_absent(signed_in, lin, lead):
    page(signed_in(lin), "own_why", "flying", status=404)
    page(signed_in(lead), "person_why", lin.employee.pk, "flying", status=404)


# The team


def test_the_teams_table_marks_what_lies_below_by_sign_and_words(signed_in, lin, lead, unit):
    evidence(lin.employee, 0.1, 0.1, 0.1)
    strong = an_employee("孙悦", unit=unit)
    evidence(strong, 0.95, 0.95, 0.95)
    text = page(signed_in(lead), "team_radar")
    low, high = text.split(">林小禾</a>")[1].split("</tr>")[0], text.split(">孙悦</a>")[1].split("</tr>")[0]
    assert "heat-bad" in low
    assert "▼" in low
    assert "heat-bad" not in high
    assert "✓" in high
    assert text.index("林小禾") < text.index("孙悦")
    assert reverse("person_why", args=[lin.employee.pk, "empathy"]) in low


def test_the_teams_table_keeps_to_the_team_and_names_whom_nothing_is_known_of(signed_in, lin, lead, other_lead, unit):
    evidence(lin.employee, 0.4, 0.4)
    an_employee("何家明", unit=unit)
    text = page(signed_in(lead), "team_radar", unit=str(unit.pk), order="number")
    assert "何家明" in text.split("还没有依据")[1]
    assert "林小禾" not in page(signed_in(other_lead), "team_radar")
    assert "林小禾" in page(signed_in(lead), "team_radar", unit="x", order="y")
    for who in (lin, a_login("boss", "leadership"), a_login("admin", "administrator")):
        page(signed_in(who), "team_radar", status=404)


def test_the_tabs_of_the_team_are_those_that_open(signed_in, lead):
    admin = page(signed_in(a_login("admin", "administrator")), "team").split('class="tabs"')[1].split("</nav>")[0]
    assert reverse("team_radar") not in admin
    assert reverse("roster_import") in admin
    lead_tabs = page(signed_in(lead), "team").split('class="tabs"')[1].split("</nav>")[0]
    assert reverse("team_radar") in lead_tabs
    assert reverse("roster_import") not in lead_tabs


# Needs


def a_need(person: people.Employee, subject: str = "empathy", kind: str = "competency") -> record.Need:
    return record.raise_need(
        actor=None, employee=person, subject=subject, subject_kind=kind, reason=Reason("record.need_raised")
    )


def test_needs_stand_by_what_is_needed_with_the_drills_that_train_it(signed_in, lin, lead, unit):
    zheng = an_employee("郑凯", unit=unit)
    a_need(lin.employee)
    a_need(zheng)
    a_need(zheng, "slow_answers", "pain_point")
    text = page(signed_in(lead), "team_needs")
    assert "3 项需求，涉及 2 人" in text
    group = text.split(">共情</h2>")[1].split("</section>")[0]
    assert "林小禾" in group
    assert "郑凯" in group
    assert f'value="{CALM}"' in group
    assert "过程响应慢" in text


def test_needs_keep_to_the_team(signed_in, lin, lead, other_lead):
    a_need(lin.employee)
    assert "林小禾" not in page(signed_in(other_lead), "team_needs")
    for who in (lin, a_login("boss", "leadership"), a_login("admin", "administrator")):
        page(signed_in(who), "team_needs", status=404)


def test_looking_for_gaps_lists_what_is_certain(signed_in, lin, lead, other_lead):
    evidence(lin.employee, 0.05, 0.05, 0.05)
    assert signed_in(other_lead).post(reverse("gap_needs")).status_code == 302
    assert not record.Need.objects.exists()
    client = signed_in(lead)
    assert client.get(reverse("gap_needs")).status_code == 405
    client.post(reverse("gap_needs"))
    assert record.Need.objects.count() == 3
    assert "低于要求的把握是" in page(client, "team_needs")
    assert signed_in(lin).post(reverse("gap_needs")).status_code == 404


def test_a_leader_raises_a_need_in_words_and_closes_it_with_a_word(signed_in, lin, lead):
    client = signed_in(lead)
    client.post(reverse("need_raise", args=[lin.employee.pk]), {"subject": "empathy", "note": "客户急了还在念规则"})
    need = record.Need.objects.get()
    assert need.note == "客户急了还在念规则"
    assert "客户急了还在念规则" in page(client, "person_radar", lin.employee.pk)
    client.post(reverse("need_close", args=[need.pk]), {"as": "dismissed", "note": ""})
    need.refresh_from_db()
    assert need.is_live  # a need that is none needs a word why
    client.post(reverse("need_close", args=[need.pk]), {"as": "met"})
    need.refresh_from_db()
    assert need.state == "met"
    assert "已关闭 1 项需求" in page(client, "team_needs", state="closed")


def test_needs_are_changed_only_by_who_leads_the_person(signed_in, lin, lead, other_lead):
    need = a_need(lin.employee)
    for who in (other_lead, lin, a_login("boss", "leadership")):
        client = signed_in(who)
        assert client.post(reverse("need_close", args=[need.pk]), {"as": "met"}).status_code == 404
        assert client.post(reverse("need_raise", args=[lin.employee.pk]), {"subject": "x"}).status_code == 404
    need.refresh_from_db()
    assert need.state == "open"
    assert signed_in(lead).post(reverse("need_close", args=[uuid4()]), {"as": "met"}).status_code == 404
    assert (
        signed_in(lead)
        .post(reverse("need_raise", args=[lin.employee.pk]), {"subject": "flying", "note": "x"})
        .status_code
        == 302
    )
    assert record.Need.objects.count() == 1


@pytest.mark.parametrize("how_", ["", "closed", "MET", "met\x00"])
def test_a_need_is_closed_in_no_other_way_than_the_page_offers(signed_in, lin, lead, how_):
    need = a_need(lin.employee)
    response = signed_in(lead).post(reverse("need_close", args=[need.pk]), {"as": how_, "note": "x"})
    assert response.status_code == 400
    need.refresh_from_db()
    assert need.state == "open"


def test_closing_a_need_that_was_closed_otherwise_says_so(signed_in, lin, lead):
    need = a_need(lin.employee)
    record.dismiss_need(actor=lead, need=need, note="已换岗")
    response = signed_in(lead).post(reverse("need_close", args=[need.pk]), {"as": "met", "note": "\x00"}, follow=True)
    text = html.unescape(response.content.decode())
    assert "已按“不需要”关闭" in text
    assert "需求已关闭" not in text


def test_only_who_may_close_a_need_is_offered_to(signed_in, lin, lead, unit):
    boss = a_login("boss", "supervisor", unit=unit, employee=an_employee("孙主管", unit=unit))
    own, of_lin = a_need(boss.employee), a_need(lin.employee)
    text = page(signed_in(boss), "team_needs")
    assert reverse("need_close", args=[of_lin.pk]) in text
    assert reverse("need_close", args=[own.pk]) not in text
    assert reverse("need_close", args=[own.pk]) in page(signed_in(lead), "team_needs")


def test_only_who_may_assign_is_offered_to_on_an_empty_radar(signed_in, lead, unit):
    inspector = a_login("quality", "quality_inspector", unit=unit)
    assert reverse("assign") in part_of(page(signed_in(lead), "team_radar"), "team-radar")
    assert reverse("assign") not in part_of(page(signed_in(inspector), "team_radar"), "team-radar")


# Assignments


def how(*persons: people.Employee, **more) -> dict:
    due = (timezone.localdate() + timedelta(days=5)).isoformat()
    given = {
        "drill": CALM, "trainees": [str(one.pk) for one in persons], "due_on": due, "attempts": "2", "rule": "best",
        "pass_mark": "70", "note": "先看规则", "batch": str(uuid4()),
    }  # fmt: skip
    return given | more


def test_a_drill_is_assigned_to_several_people_from_their_needs(signed_in, lin, lead, unit):
    zheng = an_employee("郑凯", unit=unit)
    needs = [a_need(lin.employee), a_need(zheng)]
    client = signed_in(lead)
    text = page(client, "assign", need=[str(need.pk) for need in needs], drill=CALM)
    assert text.count("checked") == 2
    data = how(lin.employee, zheng) | {"need": [str(need.pk) for need in needs]}
    assert client.post(reverse("assign"), data).headers["Location"] == reverse("team_tasks")
    rows = record.Assignment.objects.all()
    assert {(row.employee_id, row.need_id) for row in rows} == {(need.employee_id, need.pk) for need in needs}
    assert {row.title["zh"] for row in rows} == {"物流延误"}
    assert timezone.localtime(rows[0].due_at).strftime("%H:%M") == "23:59"
    own = rows.get(employee=lin.employee)
    assert InboxMessage.objects.get().link == f"{reverse('drill_start', args=[CALM])}?assignment={own.pk}"
    assert "训练中" in page(client, "team_needs")


def test_sending_the_form_twice_assigns_once(signed_in, lin, lead):
    client, data = signed_in(lead), how(lin.employee)
    for _ in range(2):
        assert client.post(reverse("assign"), data).status_code == 302
    assert record.Assignment.objects.count() == 1


def test_a_form_that_was_sent_before_says_what_was_stored_and_can_be_sent_on_purpose(signed_in, lin, lead):
    client, data = signed_in(lead), how(lin.employee)
    client.post(reverse("assign"), data)
    response = client.post(reverse("assign"), data | {"note": "改过的话"})
    text = html.unescape(response.content.decode())
    assert response.status_code == 422
    assert "“物流延误”已安排给 林小禾" in text
    assert "改过的话" in text
    assert record.Assignment.objects.get().note == "先看规则"
    fresh = re.search(r'name="batch" value="([^"]+)"', text)
    assert fresh is not None
    assert fresh[1] != data["batch"]
    assert client.post(reverse("assign"), data | {"note": "改过的话", "batch": fresh[1]}).status_code == 302
    assert record.Assignment.objects.count() == 2


@pytest.mark.parametrize(
    "fault",
    [{"trainees": []}, {"drill": "no/such"}, {"attempts": "0"}, {"pass_mark": "101"}, {"due_on": "2020-01-01"},
     {"due_on": "x"}, {"due_on": "9999-12-31"}, {"due_on": "0001-01-01"}, {"due_on": "2999-01-01"},
     {"batch": "x"}, {"rule": "x"}],
)  # fmt: skip
def test_what_cannot_be_assigned_is_told_and_nothing_is_kept(signed_in, lin, lead, fault):
    assert signed_in(lead).post(reverse("assign"), how(lin.employee) | fault).status_code == 422
    assert not record.Assignment.objects.exists()


def test_an_assignment_is_a_test_only_when_attempts_are_counted(signed_in, lin, lead):
    client = signed_in(lead)
    form = page(client, "assign", drill=CALM)
    assert 'name="attempts" value' not in form
    assert "不能暂停" in form
    client.post(reverse("assign"), how(lin.employee, attempts=""))
    assert a_run(lin, assignment=record.Assignment.objects.get()).is_exam is False


def test_only_who_may_take_an_assignment_back_is_offered_to(signed_in, lead, unit):
    boss = a_login("boss", "supervisor", unit=unit, employee=an_employee("孙主管", unit=unit))
    client = signed_in(lead)
    client.post(reverse("assign"), how(boss.employee))
    cancel = reverse("task_cancel", args=[record.Assignment.objects.get().pk])
    assert cancel in page(client, "team_tasks")
    client = signed_in(boss)
    assert cancel not in page(client, "team_tasks")
    assert client.post(cancel).status_code == 404


def test_nobody_assigns_to_people_of_others(signed_in, lin, other_lead, lead):
    assert signed_in(other_lead).post(reverse("assign"), how(lin.employee)).status_code == 422
    for who in (lin, a_login("boss", "leadership"), a_login("quality", "quality_inspector", unit=a_unit("q"))):
        assert signed_in(who).get(reverse("assign")).status_code == 404
        assert signed_in(who).post(reverse("assign"), how(lin.employee)).status_code == 404
    assert not record.Assignment.objects.exists()


def test_a_need_of_somebody_else_is_not_taken_along(signed_in, lin, other_lead):
    need = a_need(lin.employee)
    assert "林小禾" not in page(signed_in(other_lead), "assign", need=[str(need.pk), "x"])


def test_assignments_are_followed_and_taken_back(signed_in, lin, lead, other_lead, monkeypatch):
    client = signed_in(lead)
    client.post(reverse("assign"), how(lin.employee))
    row = record.Assignment.objects.get()
    time = Clock(int(timezone.now().timestamp() * 1000)).patch(monkeypatch)
    run = plays(lin, a_run(lin, assignment=row), time, "policy_breaking")
    text = page(client, "team_tasks", state="open")
    assert "林小禾" in text
    assert f"{round(run.total, 1):f}".removesuffix(".0") in part_of(text, "tasks-part")
    assert "林小禾" not in part_of(page(client, "team_tasks", state="done"), "tasks-part")
    assert "林小禾" not in page(signed_in(other_lead), "team_tasks")
    cancel = reverse("task_cancel", args=[row.pk])
    assert signed_in(other_lead).post(cancel).status_code == 404
    assert signed_in(lin).post(cancel).status_code == 404
    assert signed_in(lead).get(cancel).status_code == 405
    assert signed_in(lead).post(cancel).status_code == 302
    row.refresh_from_db()
    assert row.cancelled_at is not None


def test_own_assignments_stand_on_their_page_on_the_radar_and_on_the_start_page(signed_in, lin, lead):
    assert "没有要完成的练习" in page(signed_in(lin), "today")
    signed_in(lead).post(reverse("assign"), how(lin.employee))
    row = record.Assignment.objects.get()
    start = f"{reverse('drill_start', args=[CALM])}?assignment={row.pk}"
    client = signed_in(lin)
    for name in ("own_tasks", "own_radar", "today"):
        text = page(client, name)
        assert "物流延误" in text
        assert start in text
    assert "先看规则" in page(client, "own_tasks")
    assert reverse("own_radar") in page(client, "today")


def test_what_is_over_is_not_due(signed_in, lin, lead):
    signed_in(lead).post(reverse("assign"), how(lin.employee))
    record.cancel_assignment(actor=lead, assignment=record.Assignment.objects.get())
    assert "没有要完成的练习" in page(signed_in(lin), "today")


def test_pages_of_the_record_are_in_english_too(signed_in, lin):
    evidence(lin.employee, 0.3, 0.3, 0.35)
    people.set_language(user=lin, language="en")
    text = page(signed_in(people.User.objects.get(pk=lin.pk)), "own_radar")
    assert "The largest gap is" in text
    assert "points below" in text


def test_search_finds_radar_and_drills(signed_in, lin, lead):
    assert reverse("own_radar") in page(signed_in(lin), "search", q="雷达")
    assert reverse("drill_start", args=[CALM]) in page(signed_in(lin), "search", q="物流")
    assert reverse("assign") in page(signed_in(lead), "search", q="安排")
    assert reverse("assign") not in page(signed_in(lin), "search", q="安排")


# What stands beside what


def test_a_need_keeps_its_figures_and_todays_stand_beside_them(signed_in, lin, lead):
    evidence(lin.employee, 0.05, 0.05, 0.05, competencies=("empathy",), days_ago=40)
    signed_in(lead).post(reverse("gap_needs"))
    need = record.Need.objects.get(subject="empathy")
    evidence(lin.employee, 0.6, 0.6, competencies=("empathy",), days_ago=1)
    now = record.profile_of(user=lead, employee=lin.employee).profile.estimates["empathy"]
    for text in (page(signed_in(lead), "team_needs"), page(signed_in(lin), "own_radar")):
        assert f"提出时约 {need.reason_params['points']} 分" in text
        assert f"现在约 {round(now.mean)} 分" in text
        assert f"和提出时相比 +{round(now.mean) - need.reason_params['points']} 分" in text


def test_looking_for_gaps_says_what_was_looked_at_and_why_nothing_came(signed_in, lin, lead):
    evidence(lin.employee, 0.05, 0.05, 0.05)
    client = signed_in(lead)
    first = html.unescape(client.post(reverse("gap_needs"), follow=True).content.decode())
    assert "新发现 3 项培训需求" in first
    again = html.unescape(client.post(reverse("gap_needs"), follow=True).content.decode())
    for words in (
        "没有找到新的需求",
        "看了 1 人，其中 1 人已有能力依据",
        "已经列为需求的差距：3 项",
        "先等一等的差距：3 项",
    ):
        assert words in again


def test_axes_and_borders_of_levels_are_told(signed_in, lin):
    evidence(lin.employee, 0.3, 0.3, 0.35)
    text = page(signed_in(lin), "own_radar")
    assert "每条轴包含哪些能力" in text
    assert "等级起点：2 " in text
    assert "等级起点：2 " in page(signed_in(lin), "own_why", "empathy")


def test_evidence_of_a_months_work_leads_to_its_conversations_for_who_may_open_them(signed_in, lin, lead, unit):
    people.assign_account(
        actor=None, platform="chat", account="lin-1", employee=lin.employee,
        starts_at=timezone.now() - timedelta(days=900),
    )  # fmt: skip
    record.add_evidence(actor=None, pieces=[record.NewEvidence(
        employee=lin.employee, competency="integrity", kind="conversation", score=0.4,
        at=timezone.now() - timedelta(days=40), source_kind="contacts.month", source_id="2026-02",
        label=Reason("record.evidence_month.conversation", {"month": "2026-02"}), n=40,
    )])  # fmt: skip
    plain = f"{reverse('conversations')}?from=2026-02-01&to=2026-02-28&agent=lin-1"
    for who, name, arguments in ((lin, "own_why", ()), (lead, "person_why", (lin.employee.pk,))):
        text = page(signed_in(who), name, *arguments, "integrity")
        assert f'href="{plain}"' in text
        assert f'href="{plain}&found=overpromise"' in text
    trainer = a_login("trainer", "trainer", unit=unit)
    assert plain not in page(signed_in(trainer), "person_why", lin.employee.pk, "integrity")
