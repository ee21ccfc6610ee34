"""Giving people what a rule assigns (按规则分派): once for an occasion, whoever runs it and however often.

Each person is served in a transaction of its own, under a lock on the rule's switch: two who run a rule come one after
the other, and once it is switched off nobody gets anything more. What was given is known by a row that is unique.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import Q

from peilian.apps.base.api import end_of_day, today_in_company, write
from peilian.apps.learning import clock
from peilian.apps.learning.curriculum.enrolling import enrol
from peilian.apps.learning.exams.running import add_people
from peilian.apps.learning.exams.sittings import NewSitting, open_sitting
from peilian.apps.learning.models import EnrolmentHow, RuleServing, RuleSwitch, Sitting
from peilian.apps.learning.rules.gathering import RuleText, facts_of, rule_of
from peilian.apps.people.api import Employee
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from peilian.engine.curriculum.assigning import Verdict, judge

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule says of somebody."""

    employee: Employee
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Served:
    """What a run did: who got it, and whom it could not be given, with why."""

    given: tuple[UUID, ...]
    failed: tuple[tuple[UUID, Reason], ...]
    was_stopped: bool = False


def judged(rule: RuleText, people: Collection[Employee], day: date) -> list[Judged]:
    """What a rule says of these people on a day, in their order."""
    asked, facts = rule_of(rule.document), facts_of(rule, people, day)
    return [Judged(one, judge(asked, facts[one.pk], day)) for one in people]


def present_people(day: date) -> list[Employee]:
    """Everybody who has not left."""
    return list(Employee.objects.filter(Q(left_on=None) | Q(left_on__gt=day)).select_related("user").order_by("number"))


def serve(rule: RuleText, people: Collection[Employee], tell: Callable[[int, int], bool] | None = None) -> Served:
    """Give it to everybody whom the rule says it for. ``tell(done, total)`` hears how far it is and says whether to
    stop. One person's failure keeps it from nobody else."""
    day = today_in_company()
    wanted = [one for one in judged(rule, people, day) if one.verdict.outcome == "gets"]
    given, failed = list[UUID](), list[tuple[UUID, Reason]]()
    for number, one in enumerate(wanted):
        if tell is not None and tell(number, len(wanted)):
            return Served(tuple(given), tuple(failed), was_stopped=True)
        try:
            if _give(rule, one.employee, day):
                given.append(one.employee.pk)
        except InputError as error:
            failed.append((one.employee.pk, error.faults[0].reason))
        except Exception as error:  # the others get theirs; the next run tries again
            log.exception("rule %s: %s could not be served", rule.key, one.employee.pk)
            failed.append((one.employee.pk, Reason("job.failed", {"problem": type(error).__name__})))
    return Served(tuple(given), tuple(failed))


def _give(rule: RuleText, person: Employee, day: date) -> bool:
    """Give one person what the rule assigns, as things stand now; whether that was done."""
    with write(actor=None, verb="learning.serve_rule") as audit:
        switch = RuleSwitch.objects.select_for_update().filter(rule=rule.key).first()
        if switch is None or not switch.is_on or switch.version_id != rule.version.pk:
            audit.unchanged()
            return False
        fresh = Employee.objects.select_for_update(no_key=True).get(pk=person.pk)
        (found,) = judged(rule, [fresh], day)
        if found.verdict.outcome != "gets":
            audit.unchanged()
            return False
        task = _assign(rule, fresh, day, found.verdict)
        row = RuleServing(
            rule=rule.key,
            version=rule.version,
            employee=fresh,
            occasion=found.verdict.occasion,
            what=rule.document.assigns,
            reasons=told(found.verdict.because),
            assignment=task,
            at=clock.now(),
        )
        row.save(force_insert=True)
        audit.created(row)
    return True


def told(reasons: Collection[Reason]) -> list[dict[str, Any]]:
    """Reasons as rows keep them."""
    return [{"key": one.key, "params": dict(one.params)} for one in reasons]


def untold(kept: Collection[dict[str, Any]]) -> list[Reason]:
    """Reasons as rows kept them."""
    return [Reason(one["key"], one["params"]) for one in kept]


def _assign(rule: RuleText, person: Employee, day: date, verdict: Verdict) -> record.Assignment | None:
    last = day + timedelta(days=rule.document.due_days)
    due_at = end_of_day(last)
    kind, _colon, key = rule.document.assigns.partition(":")
    if kind == "exam":
        return _examine(rule, key, person, day, due_at)
    because = {"title": rule.title, "reasons": told(verdict.because)}
    rows = enrol(
        actor=None, employees=[person], what=rule.document.assigns, how=EnrolmentHow.RULE, due_at=due_at,
        needs=_needs(rule, person), because=because,
    )  # fmt: skip
    return rows[0].assignment


def _needs(rule: RuleText, person: Employee) -> list[record.Need]:
    """The need that is met by it, so that it stands as assigned."""
    if rule.document.needed is None:
        return []
    rows = record.Need.objects.filter(
        employee=person, subject_kind=record.NeedSubject.COMPETENCY, subject=rule.document.needed.competency,
        state=record.NeedState.OPEN,
    )  # fmt: skip
    return list(rows[:1])


def _examine(rule: RuleText, exam: str, person: Employee, day: date, due_at: datetime) -> record.Assignment | None:
    """Who is to take an exam by a rule on one day takes it on one occasion; when that was taken back, who comes later
    that day takes it on another."""
    pk = next(
        pk
        for number in count(1)
        if not Sitting.objects.filter(pk=(pk := _sitting_of(rule, day, number)), cancelled_at__isnull=False).exists()
    )
    if Sitting.objects.filter(pk=pk, cancelled_at=None).exists():
        add_people(actor=None, sitting_id=pk, employees=[person], due_at=due_at)
    else:
        needs = _needs(rule, person)
        open_sitting(actor=None, what=NewSitting(exam, due_at=due_at, batch=pk), employees=[person], needs=needs)
    tasks = record.Assignment.objects.filter(kind=record.AssignmentKind.EXAM, target=str(pk), employee=person)
    return tasks.order_by("-id").first()


def _sitting_of(rule: RuleText, day: date, number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"peilian:rule:{rule.key}:{rule.version.pk}:{day.isoformat()}:{number}")
