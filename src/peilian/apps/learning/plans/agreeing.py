"""Individual plans (个人提升计划): proposed, changed and agreed by the person and by who leads; then they are assigned.

Nothing is assigned before both have agreed to the same edition: any change takes agreement back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.apps.base.api import end_of_day, refuse, short, write
from peilian.apps.learning import clock, telling
from peilian.apps.learning.curriculum.enrolling import enrol
from peilian.apps.learning.curriculum.texts import in_force, title_of
from peilian.apps.learning.models import EnrolmentHow, Plan, PlanStep
from peilian.apps.learning.plans.proposing import Ability, abilities_of, proposal_for
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to
from peilian.apps.record import api as record

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A wish for a step: by when, and whether it is left out."""

    due_on: date
    is_left_out: bool = False


@dataclass(frozen=True, slots=True)
class PlanView:
    """The plan of somebody, if there is an open one. ``abilities`` are what is measured now, by competency;
    ``n_needs`` how many training needs are open; ``is_own``, ``may_lead``: as whom the reader may change and agree."""

    employee: Employee
    plan: Plan | None
    steps: tuple[PlanStep, ...]
    abilities: Mapping[str, Ability]
    n_needs: int
    is_own: bool
    may_lead: bool
    former: tuple[Plan, ...] = ()

    @property
    def n_done(self) -> int:
        """How many of its steps are done."""
        return sum(one.enrolment is not None and one.enrolment.completed_at is not None for one in self.steps)


def plan_of(*, user: User, employee: Employee | UUID) -> PlanView:
    """The plan of oneself, or of somebody whose record the user may see."""
    pk = employee.pk if isinstance(employee, Employee) else employee
    sight, is_own = visible_to(user), _is_own(user, pk)
    person = Employee.objects.get(pk=pk) if is_own else sight.employee(Permission.SEE_RECORD, pk)
    plan = Plan.objects.filter(employee=person, closed_at=None).select_related("leader").first()
    steps = list(plan.steps.select_related("enrolment", "need")) if plan is not None else []
    needs = record.Need.objects.filter(
        employee=person, subject_kind=record.NeedSubject.COMPETENCY,
        state__in=(record.NeedState.OPEN, record.NeedState.ASSIGNED),
    )  # fmt: skip
    former = Plan.objects.filter(employee=person, closed_at__isnull=False)[:5]
    return PlanView(
        person, plan, tuple(steps), abilities_of(person) if plan is not None else {}, needs.count(), is_own,
        _may_lead(user, pk), tuple(former),
    )  # fmt: skip


def propose_plan(*, actor: User, employee: Employee | UUID) -> Plan:
    """Propose a plan from the open training needs; where one is open, that. Oneself, or who assigns training."""
    person = _person(actor, employee)
    with write(actor=actor, verb="learning.propose_plan") as audit:
        person = Employee.objects.select_for_update(no_key=True).get(pk=person.pk)
        if (there := Plan.objects.filter(employee=person, closed_at=None).first()) is not None:
            audit.unchanged()
            return there
        found = proposal_for(person, clock.today())
        if not found.needs:
            raise refuse("plan.all_reached" if found.reached else "plan.no_needs")
        if not found.steps:
            raise refuse("plan.nothing_trains")
        plan = Plan(employee=person, proposed_at=clock.now(), proposed_by=actor)
        plan.save(force_insert=True)
        audit.created(plan)
        for number, step in enumerate(found.steps, 1):
            _version, document = in_force(step.what)
            ability = found.abilities.get(step.competency)
            PlanStep.objects.create(
                plan=plan, number=number, competency=step.competency, need=found.needs[step.competency],
                what=step.what, title=title_of(document), minutes=step.minutes, due_on=step.due_on,
                points=ability.points if ability else None, required=ability.required if ability else None,
            )  # fmt: skip
        if not _is_own(actor, person.pk):
            _tell_person(plan, "inbox.plan_proposed")
    return plan


def change_plan(
    *, actor: User, plan_id: UUID, edition: int, goal: str, steps: Mapping[int, PlannedStep]
) -> Plan:  # fmt: skip
    """Change the goal and the steps, by number, of a plan that is not agreed yet. A change takes back what either side
    had agreed to. ``edition`` is the one that was seen; another is refused."""
    with write(actor=actor, verb="learning.change_plan") as audit:
        plan = _open(actor, plan_id, edition)
        words, rows = short(goal, "goal"), list(plan.steps.all())
        changed = [row for row in rows if row.number in steps and _differs(row, steps[row.number])]
        for row in changed:
            wish = steps[row.number]
            if wish.due_on < clock.today() and not wish.is_left_out:
                raise refuse("plan.due_is_past", f"due_{row.number}")
            row.due_on, row.is_left_out = wish.due_on, wish.is_left_out
        if all(row.is_left_out for row in rows):
            raise refuse("plan.is_empty", "steps")
        if words == plan.goal and not changed:
            audit.unchanged()
            return plan
        before = {"goal": plan.goal, "edition": plan.edition}
        _tell_of_change(actor, plan)
        plan.goal, plan.edition = words, plan.edition + 1
        plan.person_agreed_at = plan.leader_agreed_at = plan.leader = None
        plan.save()
        for row in changed:
            row.save(update_fields=["due_on", "is_left_out"])
        audit.changed(plan, **before)
    return plan


def agree_plan(*, actor: User, plan_id: UUID, edition: int) -> Plan:
    """Agree to what one has seen. When both have, every step that is not left out is assigned; all or none."""
    with write(actor=actor, verb="learning.agree_plan") as audit:
        plan = _open(actor, plan_id, edition)
        before = {"person_agreed_at": plan.person_agreed_at, "leader_agreed_at": plan.leader_agreed_at}
        now, is_own = clock.now(), _is_own(actor, plan.employee_id)
        if plan.person_agreed_at is not None if is_own else plan.leader_agreed_at is not None:
            audit.unchanged()
            return plan
        if is_own:
            if not plan.goal:
                raise refuse("plan.needs_goal", "goal")
            plan.person_agreed_at = now
        else:
            plan.leader_agreed_at, plan.leader = now, actor
        if plan.person_agreed_at is not None and plan.leader_agreed_at is not None:
            plan.agreed_at = now
            _assign(plan)
        _tell_of_agreement(plan, is_own=is_own)
        plan.save()
        audit.changed(plan, **before)
    return plan


def close_plan(*, actor: User, plan_id: UUID) -> Plan:
    """Put a plan away, so that another can be proposed; what was assigned by it stays."""
    with write(actor=actor, verb="learning.close_plan") as audit:
        plan = _locked(actor, plan_id)
        if plan.closed_at is not None:
            audit.unchanged()
            return plan
        plan.closed_at, plan.closed_by = clock.now(), actor
        plan.save()
        audit.changed(plan, closed_at=None)
    return plan


def _assign(plan: Plan) -> None:
    for step in plan.steps.filter(is_left_out=False).select_related("need"):
        if step.due_on < clock.today():
            raise refuse("plan.due_is_past", f"due_{step.number}")
        needs = [step.need] if step.need is not None and step.need.state == record.NeedState.OPEN else []
        (row,) = enrol(
            actor=None, employees=[plan.employee], what=step.what, how=EnrolmentHow.PLAN,
            due_at=end_of_day(step.due_on), needs=needs,
        )  # fmt: skip
        step.enrolment = row
        step.save(update_fields=["enrolment"])


def _tell_of_agreement(plan: Plan, *, is_own: bool) -> None:
    """Tell the other side that a plan waits for it, or that it is settled."""
    if plan.agreed_at is None:
        if is_own:
            _tell_leaders(plan, "inbox.plan_waits_for_leader")
        else:
            _tell_person(plan, "inbox.plan_waits")
    elif is_own:
        _tell_leaders(plan, "inbox.plan_agreed_by_person")
    else:
        _tell_person(plan, "inbox.plan_agreed")


def _tell_of_change(actor: User, plan: Plan) -> None:
    """Tell whoever else had agreed that it has to be done again; before the agreement is taken back."""
    if _is_own(actor, plan.employee_id):
        if plan.leader_agreed_at is not None:
            _tell_leaders(plan, "inbox.plan_changed_by_person")
    elif plan.person_agreed_at is not None:
        _tell_person(plan, "inbox.plan_changed")


def _tell_person(plan: Plan, key: str) -> None:
    telling.tell_person(plan.employee, key, {}, link="/learn/plan/")


def _tell_leaders(plan: Plan, key: str) -> None:
    """Tell who has agreed as the one who leads; nobody yet: the supervisors."""
    link = f"/team/learning/plan/{plan.employee_id}/"
    if plan.leader is not None:
        telling.tell_user(plan.leader, plan.employee, key, {}, link=link)
    else:
        telling.tell_leaders(plan.employee, key, {}, link=link)


def _differs(row: PlanStep, wish: PlannedStep) -> bool:
    return (row.due_on, row.is_left_out) != (wish.due_on, wish.is_left_out)


def _open(actor: User, plan_id: UUID, edition: int) -> Plan:
    plan = _locked(actor, plan_id)
    if plan.closed_at is not None or plan.agreed_at is not None:
        raise refuse("plan.is_settled")
    if plan.edition != edition:
        raise refuse("plan.changed_meanwhile")
    return plan


def _locked(actor: User, plan_id: UUID) -> Plan:
    plan = Plan.objects.select_for_update(of=("self",)).select_related("employee").filter(pk=plan_id).first()
    if plan is None:
        raise NotVisibleError
    _person(actor, plan.employee_id)
    return plan


def _person(actor: User, employee: Employee | UUID) -> Employee:
    """The person, if the actor is the person or may assign training to the person."""
    pk = employee.pk if isinstance(employee, Employee) else employee
    if _is_own(actor, pk):
        return Employee.objects.get(pk=pk)
    if not _may_lead(actor, pk):
        raise NotVisibleError
    return visible_to(actor).employee(Permission.ASSIGN_TRAINING, pk)


def _is_own(user: User, pk: UUID) -> bool:
    return bool(user.is_active and user.employee_id == pk and visible_to(user).grants)


def _may_lead(user: User, pk: UUID) -> bool:
    """Whether somebody leads another; nobody leads oneself."""
    if user.employee_id == pk:
        return False
    sight = visible_to(user)
    led = sight.employees(Permission.ASSIGN_TRAINING).filter(pk=pk)
    return led.exists() and sight.employees(Permission.SEE_RECORD).filter(pk=pk).exists()
