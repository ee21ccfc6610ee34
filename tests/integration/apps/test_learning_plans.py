"""Individual plans through the door: proposed from needs, agreed by both, then assigned; and nothing before that."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from peilian.apps.base.api import InboxMessage
from peilian.apps.learning import api as learning
from peilian.apps.learning.plans import proposing
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from support.builders import a_unit, an_employee
from support.company import a_login
from support.curriculum import a_course, a_lesson, learns, taught
from support.practice import a_trainee
from support.rules import today

pytestmark = pytest.mark.django_db


@pytest.fixture
def lin(tmp_path, db) -> people.User:
    taught(tmp_path, a_lesson(), a_course())
    user = a_login("lin", "agent", employee=an_employee("lin", unit=a_unit("here")))
    record.raise_need(actor=None, employee=user.employee, subject="problem_solving", reason=Reason("x"))
    return user


@pytest.fixture
def lead(lin) -> people.User:
    unit = people.Unit.objects.get(code="here")
    return a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))


def proposed(user: people.User) -> learning.Plan:
    return learning.propose_plan(actor=user, employee=user.employee_id)


def with_goal(user: people.User, plan: learning.Plan, **steps: learning.PlannedStep) -> learning.Plan:
    wishes = {int(name[1:]): wish for name, wish in steps.items()}
    return learning.change_plan(actor=user, plan_id=plan.pk, edition=plan.edition, goal="独立处理投诉", steps=wishes)


def agreed(user: people.User, plan: learning.Plan) -> learning.Plan:
    return learning.agree_plan(actor=user, plan_id=plan.pk, edition=plan.edition)


def test_a_plan_is_proposed_from_the_needs_and_assigns_nothing(lin):
    plan = proposed(lin)
    found = learning.plan_of(user=lin, employee=lin.employee_id)
    assert [step.what for step in found.steps] == ["course:mine/course"]
    assert (found.steps[0].minutes, found.steps[0].due_on) == (8, today() + timedelta(days=6))
    assert not learning.Enrolment.objects.exists()
    assert proposed(lin) == plan


def test_without_a_need_or_anything_that_trains_it_there_is_no_plan(tmp_path, lin):
    other = a_trainee()
    with pytest.raises(InputError, match=r"plan\.no_needs"):
        proposed(other)
    record.raise_need(actor=None, employee=other.employee, subject="composure", reason=Reason("x"))
    with pytest.raises(InputError, match=r"plan\.nothing_trains"):
        proposed(other)


def test_when_both_have_agreed_the_steps_are_assigned_and_the_need_stands_so(lin, lead):
    plan = agreed(lin, with_goal(lin, proposed(lin)))
    assert plan.agreed_at is None
    assert not learning.Enrolment.objects.exists()
    plan = agreed(lead, plan)
    assert plan.agreed_at is not None
    (row,) = learning.Enrolment.objects.all()
    assert (row.employee, row.how) == (lin.employee, "plan")
    assert record.Need.objects.get().state == record.NeedState.ASSIGNED
    assert plan.leader == lead
    learns(lin)
    learning.learning_of(user=lin)
    assert learning.plan_of(user=lead, employee=lin.employee_id).n_done == 1


def test_a_change_takes_agreement_back_and_the_former_edition_cannot_be_agreed_to(lin, lead):
    before = agreed(lin, with_goal(lin, proposed(lin)))
    later = learning.PlannedStep(today() + timedelta(days=30))
    changed = learning.change_plan(
        actor=lead, plan_id=before.pk, edition=before.edition, goal=before.goal, steps={1: later}
    )  # fmt: skip
    assert changed.person_agreed_at is None
    with pytest.raises(InputError, match=r"plan\.changed_meanwhile"):
        agreed(lin, before)
    agreed(lead, changed)
    agreed(lin, changed)
    (row,) = learning.Enrolment.objects.all()
    assert row.due_at is not None
    assert row.due_at.date() >= later.due_on - timedelta(days=1)


def test_who_plans_says_the_goal_in_own_words_and_keeps_a_step_with_a_day_to_come(lin):
    plan = proposed(lin)
    with pytest.raises(InputError, match=r"plan\.needs_goal"):
        agreed(lin, plan)
    with pytest.raises(InputError, match=r"plan\.is_empty"):
        with_goal(lin, plan, s1=learning.PlannedStep(today(), is_left_out=True))
    with pytest.raises(InputError, match=r"plan\.due_is_past"):
        with_goal(lin, plan, s1=learning.PlannedStep(today() - timedelta(days=1)))


def test_a_settled_plan_is_not_changed_and_put_away_makes_room_for_another(lin, lead):
    plan = agreed(lead, agreed(lin, with_goal(lin, proposed(lin))))
    with pytest.raises(InputError, match=r"plan\.is_settled"):
        with_goal(lin, plan)
    learning.close_plan(actor=lin, plan_id=plan.pk)
    learning.close_plan(actor=lin, plan_id=plan.pk)
    found = learning.plan_of(user=lin, employee=lin.employee_id)
    assert (found.plan, len(found.former)) == (None, 1)
    assert learning.Enrolment.objects.live().count() == 1


def test_nobody_agrees_for_both_sides(lin, lead):
    record.raise_need(actor=None, employee=lead.employee, subject="problem_solving", reason=Reason("x"))
    plan = agreed(lead, with_goal(lead, proposed(lead)))
    plan = agreed(lead, plan)
    assert (plan.leader_agreed_at, plan.agreed_at) == (None, None)


def test_who_neither_is_the_person_nor_leads_finds_no_plan(lin):
    plan = proposed(lin)
    strangers = (
        a_trainee(),
        a_login("other", "supervisor", unit=a_unit(), employee=an_employee("other")),
    )
    for user in strangers:
        with pytest.raises(people.NotVisibleError):
            learning.plan_of(user=user, employee=lin.employee_id)
        with pytest.raises(people.NotVisibleError):
            learning.propose_plan(actor=user, employee=lin.employee_id)
        with pytest.raises(people.NotVisibleError):
            agreed(user, plan)
        with pytest.raises(people.NotVisibleError):
            learning.close_plan(actor=user, plan_id=plan.pk)
    inspector = a_login("q", "quality_inspector", unit=people.Unit.objects.get(code="here"), employee=an_employee("q"))
    assert learning.plan_of(user=inspector, employee=lin.employee_id).plan == plan
    with pytest.raises(people.NotVisibleError):
        agreed(inspector, plan)


# -- who is told --------------------------------------------------------------------------------------------------


def told(user: people.User) -> list[str]:
    return [one.key for one in InboxMessage.objects.filter(recipient=user, key__startswith="inbox.plan").order_by("id")]


@pytest.fixture
def guided(lin, lead) -> people.User:
    people.set_guide(
        actor=None, employee=lin.employee, guide=lead.employee, kind=people.GuidanceKind.SUPERVISOR,
        starts_on=today() - timedelta(days=99),
    )  # fmt: skip
    return lead


def test_a_plan_that_waits_tells_the_supervisor_and_one_that_is_settled_the_person(lin, guided):
    plan = with_goal(lin, proposed(lin))
    assert (told(lin), told(guided)) == ([], [])
    plan = agreed(lin, plan)
    agreed(lin, plan)
    assert told(guided) == ["inbox.plan_waits_for_leader"]
    agreed(guided, plan)
    assert told(lin) == ["inbox.plan_agreed"]
    assert InboxMessage.objects.get(key="inbox.plan_waits_for_leader").link == f"/team/learning/plan/{lin.employee_id}/"


def test_the_person_is_told_of_a_plan_that_who_leads_proposes_agrees_to_or_changes(lin, lead):
    plan = learning.propose_plan(actor=lead, employee=lin.employee_id)
    plan = agreed(lead, with_goal(lead, plan))
    assert told(lin) == ["inbox.plan_proposed", "inbox.plan_waits"]
    plan = agreed(lin, learning.change_plan(actor=lin, plan_id=plan.pk, edition=plan.edition, goal="更稳", steps={}))
    assert told(lead) == ["inbox.plan_changed_by_person"]
    with_goal(lead, plan)
    assert told(lin)[2:] == ["inbox.plan_changed"]


def test_a_need_whose_level_is_measured_as_reached_is_not_planned_for(lin, monkeypatch):
    levels = {"problem_solving": proposing.Ability(Decimal(81), Decimal(80))}
    monkeypatch.setattr(proposing, "abilities_of", lambda employee: levels)
    with pytest.raises(InputError, match=r"plan\.all_reached"):
        proposed(lin)
    levels["problem_solving"] = proposing.Ability(Decimal(79), Decimal(80))
    assert proposed(lin).steps.count() == 1
