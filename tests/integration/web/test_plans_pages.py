"""Pages of individual plans: proposing, changing, agreeing, and the refused ways."""

from __future__ import annotations

from datetime import timedelta

import pytest

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from support.builders import a_unit, an_employee
from support.company import a_login
from support.curriculum import a_course, a_lesson, taught
from support.practice import a_trainee
from support.rules import today

pytestmark = pytest.mark.django_db
OWN = "/learn/plan/"


@pytest.fixture
def lin(tmp_path, db) -> people.User:
    taught(tmp_path, a_lesson(), a_course())
    user = a_login("lin", "agent", employee=an_employee("lin", unit=a_unit("here")))
    why = Reason("record.need_raised")
    record.raise_need(actor=None, employee=user.employee, subject="problem_solving", reason=why)
    return user


@pytest.fixture
def lead(lin) -> people.User:
    unit = people.Unit.objects.get(code="here")
    return a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))


def act(user: people.User) -> str:
    return f"/team/learning/plan/{user.employee_id}/do/"


def sent(plan: learning.Plan, do: str, **more: object) -> dict[str, object]:
    day = (today() + timedelta(days=9)).isoformat()
    return {
        "do": do, "plan": plan.pk, "edition": plan.edition, "goal": "独立处理投诉", "step": ["1"], "keep_1": "on",
        "due_1": day, **more,
    }  # fmt: skip


def text(response) -> str:
    return response.content.decode()


def test_from_a_need_to_a_plan_that_both_have_agreed_to(client, lin, lead):
    client.force_login(lin)
    assert 'value="propose"' in text(client.get(OWN))
    assert client.post(act(lin), {"do": "propose"})["Location"] == OWN
    page = text(client.get(OWN))
    assert "课程 mine/course" in page
    assert "由主管提出" in page
    plan = learning.Plan.objects.get()
    client.post(act(lin), sent(plan, "agree"))
    plan.refresh_from_db()
    assert plan.person_agreed_at is not None
    client.force_login(lead)
    theirs = f"/team/learning/plan/{lin.employee_id}/"
    assert "独立处理投诉" in text(client.get(theirs))
    client.post(act(lin), sent(plan, "agree"))
    assert learning.Enrolment.objects.get().how == "plan"
    assert "独立处理投诉" in text(client.get(theirs))
    client.post(act(lin), {"do": "close", "plan": plan.pk})
    assert learning.Plan.objects.get().closed_at is not None


@pytest.mark.parametrize("edition", [77, "9" * 5000, "²"])
def test_a_plan_that_the_other_changed_meanwhile_is_not_agreed_to(client, lin, edition):
    client.force_login(lin)
    client.post(act(lin), {"do": "propose"})
    plan = learning.Plan.objects.get()
    client.post(act(lin), sent(plan, "agree", edition=edition))
    assert "请看过新的内容" in text(client.get(OWN))
    assert learning.Plan.objects.get().person_agreed_at is None


def test_without_needs_the_page_says_with_what_a_plan_begins(client, db):
    client.force_login(a_trainee())
    page = client.get(OWN)
    assert page.status_code == 200
    assert 'value="propose"' not in text(page)


def test_other_teams_and_strangers_find_no_plan(client, lin):
    other = a_login("other", "supervisor", unit=a_unit(), employee=an_employee("other"))
    for user in (a_trainee(), other):
        client.force_login(user)
        assert client.get(f"/team/learning/plan/{lin.employee_id}/").status_code == 404
        assert client.post(act(lin), {"do": "propose"}).status_code == 404


def test_the_wrong_method_and_a_deed_that_is_none_are_refused(client, lin):
    client.force_login(lin)
    assert client.post(OWN).status_code == 405
    assert client.get(act(lin)).status_code == 405
    assert client.post(act(lin), {"do": "explode"}).status_code == 404
    assert client.post(act(lin), {"do": "agree", "plan": "none"}).status_code == 404
