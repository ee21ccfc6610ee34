"""Pages of rewards, their rules, and the suggestion box."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
from support.appraisals import Firm, a_firm, published

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
RULE = {"key": "star", "title_zh": "当月之星", "when": "normalised > 0", "kind": "recognition", "is_on": "on"}


@pytest.fixture
def firm(monkeypatch: pytest.MonkeyPatch) -> Firm:
    return a_firm(monkeypatch)


def get(user: people.User, name: str, *arguments: Any, status: int = 200, **query: Any) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def post(user: people.User, name: str, *arguments: Any, status: int = 302, **fields: Any) -> str:
    client = Client()
    client.force_login(user)
    response = client.post(reverse(name, args=arguments), fields)
    assert response.status_code == status, response.content.decode()[:3000]
    return html.unescape(response.content.decode())


def test_from_a_rule_to_a_reward_that_the_person_reads(firm: Firm) -> None:
    cycle = published(firm)
    text = post(firm.trainer_in_chief, "reward_rule_new", status=200, preview="1", **RULE)
    assert "林小禾" in text
    assert not appraisal.RewardRule.objects.exists()
    post(firm.trainer_in_chief, "reward_rule_new", **RULE)
    post(firm.manager, "award_run", cycle=str(cycle.pk))
    row = appraisal.Award.objects.get(employee=firm.lin.employee)
    assert "当月之星" in get(firm.manager, "rewards")
    post(firm.head, "award_decide", row.pk, state="approved")
    text = get(firm.lin, "rewards")
    assert "当月之星" in text
    assert "本月得分" in text


def test_more_awards_take_no_more_queries(firm: Firm) -> None:
    counts = []
    for title in ("第一次", "第二次", "第三次"):
        appraisal.give(
            actor=firm.manager, employee=firm.lin.employee, kind="recognition", title={"zh": title}, why="讲课"
        )
        get(firm.head, "rewards")  # what is looked up once is known now
        with CaptureQueriesContext(connection) as queries:
            get(firm.head, "rewards")
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_a_rule_that_cannot_be_is_shown_again_with_what_is_wrong(firm: Firm) -> None:
    text = post(firm.trainer_in_chief, "reward_rule_new", status=422, **{**RULE, "when": "salary > 3"})
    assert "salary" in text
    assert not appraisal.RewardRule.objects.exists()


@pytest.mark.parametrize("who", ["lin", "lead", "inspector", "manager"])
def test_rules_are_for_who_manages_rewards_of_the_company(firm: Firm, who: str) -> None:
    get(firm.users[who], "reward_rule_new", status=404)
    post(firm.users[who], "reward_rule_new", status=404, **RULE)


@pytest.mark.parametrize("who", ["lin", "lead", "zheng"])
def test_giving_and_running_are_for_who_manages_rewards(firm: Firm, who: str) -> None:
    cycle = published(firm)
    get(firm.users[who], "award_give", status=404)
    post(firm.users[who], "award_run", status=404, cycle=str(cycle.pk))
    assert "审批" not in get(firm.users[who], "rewards")


def test_what_is_given_by_hand_waits_for_somebody_else(firm: Firm) -> None:
    fields = {
        "person": firm.lin.employee_id,
        "kind": "points",
        "title": f"讲课 {SCRIPT}",
        "points": "20",
        "why": "两节",
    }
    post(firm.manager, "award_give", **fields)
    row = appraisal.Award.objects.get()
    post(firm.manager, "award_decide", row.pk, state="approved")
    assert appraisal.state_of(row) == "proposed"
    client = Client()
    client.force_login(firm.head)
    assert SCRIPT not in client.get(reverse("rewards")).content.decode()
    post(firm.head, "award_decide", row.pk, state="approved")
    assert appraisal.balance(user=firm.lin).points == 20


def test_points_without_a_number_are_asked_for(firm: Firm) -> None:
    fields = {"person": firm.lin.employee_id, "kind": "points", "title": "讲课", "why": "两节"}
    assert post(firm.manager, "award_give", status=422, **fields)
    assert not appraisal.Award.objects.exists()


def test_an_award_of_another_team_is_as_if_it_were_not_there(firm: Firm) -> None:
    post(firm.manager, "award_give", person=firm.lin.employee_id, kind="recognition", title="好", why="好")
    row = appraisal.Award.objects.get()
    post(firm.other_lead, "award_decide", row.pk, status=404, state="approved")
    post(firm.lin, "award_decide", row.pk, status=404, state="approved")


def test_somebody_leaves_the_board_and_comes_back(firm: Firm) -> None:
    post(firm.lin, "honour_choice", show="off")
    assert not appraisal.is_on_board(user=firm.lin)
    post(firm.lin, "honour_choice", show="on")
    assert appraisal.is_on_board(user=firm.lin)


@pytest.mark.parametrize("name", ["honour_choice", "award_run"])
def test_what_changes_something_is_not_done_by_looking(firm: Firm, name: str) -> None:
    get(firm.lin, name, status=405)


def test_a_suggestion_goes_in_and_is_answered(firm: Firm) -> None:
    post(firm.lin, "suggestions", subject="process", text=f"退款进度自动发 {SCRIPT}", is_anonymous="on")
    row = appraisal.Suggestion.objects.get()
    client = Client()
    client.force_login(firm.trainer_in_chief)
    raw = client.get(reverse("suggestions")).content.decode()
    assert "退款进度自动发" in raw
    assert SCRIPT not in raw
    assert f"{firm.lin.name} ·" not in raw
    assert "匿名" in raw
    post(firm.trainer_in_chief, "suggestion_answer", row.pk, state="accepted", answer="下月上线")
    assert "下月上线" in get(firm.lin, "suggestions")
    assert "退款进度自动发" not in get(firm.zhou, "suggestions")
    post(firm.zhou, "suggestion_answer", row.pk, status=404, state="done")


def test_an_empty_suggestion_is_asked_about(firm: Firm) -> None:
    post(firm.lin, "suggestions", status=422, subject="process", text=" ")
    post(firm.lin, "suggestions", status=422, subject="gossip", text="好")
    assert not appraisal.Suggestion.objects.exists()
