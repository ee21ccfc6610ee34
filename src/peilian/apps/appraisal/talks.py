"""Talks (绩效面谈): what a supervisor and the person agreed on after a result, and the steps of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from peilian.apps.appraisal.checks import is_own, permit_on, refuse, short
from peilian.apps.appraisal.inputs import rater_in
from peilian.apps.appraisal.models import Appraisal, Appraisee, PlanItem, Talk
from peilian.apps.appraisal.seen import appraisees_seen
from peilian.apps.appraisal.telling import tell
from peilian.apps.base.api import Audit, today_in_company, write
from peilian.apps.people.api import Employee, NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_LONGEST = 2000


def hold_talk(
    *,
    actor: User | None,
    appraisal: Appraisal,
    held_on: date,
    strengths: str,
    to_improve: str,
    items: Sequence[Mapping[str, Any]] = (),
) -> Talk:
    """Record a talk about a published result, with the steps agreed on: ``{"goal", "competency", "due_on"}`` each. A
    step that names a competency becomes a need of the person."""
    appraisee = Appraisee.objects.select_related("cycle", "employee").get(pk=appraisal.appraisee_id)
    permit_on(actor, rater_in(appraisee.cycle), appraisee)
    if not appraisee.cycle.is_public:
        raise refuse("appraisal.not_published")
    today = today_in_company()
    if not appraisee.cycle.starts_on <= held_on <= today:
        raise refuse("appraisal.talk_day", "held_on", day=held_on.isoformat())
    with write(actor=actor, verb="appraisal.hold_talk") as audit:
        row = Talk.objects.create(
            appraisal=appraisal,
            held_on=held_on,
            strengths=short(strengths, "strengths", limit=_LONGEST, is_needed=True),
            to_improve=short(to_improve, "to_improve", limit=_LONGEST, is_needed=True),
            recorded_at=timezone.now(),
            recorded_by=actor,
        )
        audit.created(row)
        for item in items:
            _add_item(audit, row, appraisee.employee, item)
        tell(appraisee, "inbox.appraisal_talk", day=held_on.isoformat())
    return row


def answer_talk(*, actor: User, talk: Talk, text: str = "") -> Talk:
    """Say that one has read the record of the own talk, with an answer when there is one. Once."""
    appraisee = Appraisee.objects.get(appraisals=talk.appraisal_id)
    if not actor.is_active or not is_own(actor, appraisee):
        raise NotVisibleError
    with write(actor=actor, verb="appraisal.answer_talk") as audit:
        row = Talk.objects.select_for_update().get(pk=talk.pk)
        if row.acknowledged_at is not None:
            raise refuse("appraisal.talk_answered")
        row.answer, row.acknowledged_at = short(text, "text", limit=_LONGEST), timezone.now()
        row.save()
        audit.changed(row, answer="", acknowledged_at=None)
    return row


def finish_item(*, actor: User | None, item: PlanItem) -> PlanItem:
    """Tick a step of the plan off, as the person or as who rates."""
    appraisee = Appraisee.objects.select_related("cycle").get(appraisals=item.talk.appraisal_id)
    if actor is None or not (actor.is_active and is_own(actor, appraisee)):
        permit_on(actor, rater_in(appraisee.cycle), appraisee)
    with write(actor=actor, verb="appraisal.finish_item") as audit:
        row = PlanItem.objects.select_for_update().get(pk=item.pk)
        if row.done_at is not None:
            audit.unchanged()
            return row
        row.done_at = timezone.now()
        row.save()
        audit.changed(row, done_at=None)
    return row


def talks_of(*, user: User, employee: Employee | None = None) -> QuerySet[Talk]:
    """The talks about sheets that ``user`` sees, newest first, with their steps."""
    wanted = Q(appraisal__appraisee__in=appraisees_seen(user).values("pk"))
    if employee is not None:
        wanted &= Q(appraisal__appraisee__employee=employee)
    rows = Talk.objects.filter(wanted).select_related("appraisal__appraisee__employee", "recorded_by")
    return rows.prefetch_related("items")


def _add_item(audit: Audit, talk: Talk, employee: Employee, item: Mapping[str, Any]) -> None:
    competency, due_on = str(item.get("competency") or ""), item.get("due_on")
    if due_on is not None and (not isinstance(due_on, date) or due_on < talk.held_on):
        raise refuse("appraisal.due_before_talk", "items", day=str(due_on))
    if competency and competency not in record.competency_model().competencies:
        raise refuse("appraisal.unknown_competency", "items", value=competency[:60])
    row = PlanItem(
        talk=talk,
        goal=short(str(item.get("goal", "")), "items", is_needed=True),
        competency=competency,
        due_on=due_on,
    )
    if competency:
        row.need = record.raise_need(
            actor=None,
            employee=employee,
            subject=competency,
            origin=record.NeedOrigin.APPRAISAL,
            reason=Reason("appraisal.need_talk", {"day": talk.held_on.isoformat()}),
            evidence=[{"kind": "appraisal_talk", "id": str(talk.pk)}],
            note=row.goal,
        )
    row.save(force_insert=True)
    audit.created(row)
