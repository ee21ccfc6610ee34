"""Freezing, publishing, closing, correcting: results are computed once, added, and never changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from peilian.apps.appraisal.authors import authors_of
from peilian.apps.appraisal.checks import is_own, permit_on, refuse, short
from peilian.apps.appraisal.collecting import MANY_PEOPLE
from peilian.apps.appraisal.cycles import locked
from peilian.apps.appraisal.evaluation import (
    Evaluation,
    appraised,
    card_in,
    cases_behind,
    evaluate,
    exempt_indicators,
    freeze_inputs,
    frozen_input,
    lines_by_indicator,
    newest_inputs,
    newest_results,
    newest_totals,
    process_in,
)
from peilian.apps.appraisal.events import doubly_counted
from peilian.apps.appraisal.following import follow
from peilian.apps.appraisal.inputs import Missing, NewInput, append, checked_value, missing_of
from peilian.apps.appraisal.models import (
    Appeal,
    AppealState,
    Appraisal,
    AppraisalCause,
    Appraisee,
    Cycle,
    CycleState,
    Exemption,
    Input,
    InputSource,
)
from peilian.apps.appraisal.telling import tell
from peilian.apps.base import api as base
from peilian.apps.people.api import NotVisibleError, Permission
from peilian.engine._kernel import Fault, InputError, Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User

FREEZE_JOB, FOLLOW_JOB = "appraisal.freeze", "appraisal.follow"
_MOST_FAULTS = 100
_BEYOND_MEANING = 1_000_000  # points of a line; a value that leads here was mistyped


def freeze(*, actor: User | None, cycle: Cycle, leave_out: str = "", now: datetime | None = None) -> Cycle | base.Job:
    """Fix the inputs of a cycle and compute everybody's result; for many people as a job, which is returned.

    Refused while something lacks, with one fault for each, unless ``leave_out`` gives a reason to go on without: then
    a line concerned gets full points where the template says so, and leaves the sheet otherwise.
    """
    leave_out = short(leave_out, "leave_out")
    with base.write(actor=actor, verb="appraisal.freeze") as audit:
        standing = _freezable(actor, cycle, leave_out)
        if len(standing.people) <= MANY_PEOPLE:
            return _freeze(audit, actor, standing, leave_out, now or timezone.now())
        audit.unchanged()
    parameters = {"cycle": str(cycle.pk), "leave_out": leave_out}
    waiting = base.Job.objects.filter(
        kind=FREEZE_JOB, parameters=parameters, state__in=(base.JobState.QUEUED, base.JobState.RUNNING)
    )
    return waiting.first() or base.start_job(actor=actor, kind=FREEZE_JOB, parameters=parameters)


@base.handlers.register(FREEZE_JOB)
def freeze_many(context: base.JobContext) -> Mapping[str, Any]:
    """Freeze a cycle of many people. Everything is computed first, with progress; then all is stored at once."""
    cycle, leave_out = Cycle.objects.get(pk=context.parameters["cycle"]), context.parameters["leave_out"]
    if not cycle.takes_inputs:
        # A worker that died after storing had done all of it.
        return {"people": len(newest_totals(cycle.appraisees.all()))}

    def step(done: int, total: int) -> None:
        context.progress(done, total, "appraisal.freeze")
        context.stop_if_cancelled()

    known = _standing(cycle).evaluations(step=step)
    with base.write(actor=context.actor, verb="appraisal.freeze") as audit:
        standing = _freezable(context.actor, cycle, leave_out)
        _freeze(audit, context.actor, standing, leave_out, timezone.now(), known)
    return {"people": len(known)}


def reopen(*, actor: User | None, cycle: Cycle, reason: str) -> Cycle:
    """Give up frozen results that nobody has seen yet, so that inputs can be put right. The rows stay; freezing again
    adds the next versions. What is published is not reopened: it is corrected."""
    reason = short(reason, "reason", is_needed=True)
    with base.write(actor=actor, verb="appraisal.reopen") as audit:
        row = locked(actor, cycle)
        if row.is_public:
            raise refuse("appraisal.published_stays")
        if row.state != CycleState.FROZEN:
            raise refuse(f"appraisal.wrong_state.{row.state}")
        before = {"state": row.state, "reopened_because": row.reopened_because, "frozen_at": row.frozen_at}
        row.state, row.reopened_because, row.frozen_at, row.frozen_by = CycleState.REVIEWING, reason, None, None
        row.save()
        audit.changed(row, **before)
        _forget_exemptions(audit, row)
    return row


def publish(*, actor: User | None, cycle: Cycle, now: datetime | None = None) -> Cycle:
    """Show everybody the own result. From now on nothing of it changes; the results speak for people's competencies
    and raise needs, and appeals are possible for the days that the cycle gives."""
    with base.write(actor=actor, verb="appraisal.publish") as audit:
        row = locked(actor, cycle)
        if row.is_public:
            audit.unchanged()
            return row
        if row.state != CycleState.FROZEN:
            raise refuse(f"appraisal.wrong_state.{row.state}")
        row.state, row.published_at, row.published_by = CycleState.PUBLISHED, now or timezone.now(), actor
        row.save()
        audit.changed(row, state=CycleState.FROZEN, published_at=None)
        results = list(newest_results(row.appraisees.all()).values())
        told = row.appraisees.filter(appraisals__isnull=False, exempt_reason="").select_related("employee__user")
        for appraisee in told.distinct():
            tell(appraisee, "inbox.appraisal_published", period=row.period, days=row.appeal_days)
        if len(results) <= MANY_PEOPLE:
            follow(results)
        else:
            base.start_job(actor=None, kind=FOLLOW_JOB, parameters={"cycle": str(row.pk)})
    return row


@base.handlers.register(FOLLOW_JOB)
def follow_many(context: base.JobContext) -> Mapping[str, Any]:
    """Let the results of a published cycle of many people speak for their competencies; can be run again."""
    cycle = Cycle.objects.get(pk=context.parameters["cycle"])
    results = list(newest_results(cycle.appraisees.all()).values())
    for start in range(0, len(results), MANY_PEOPLE):
        context.progress(start, len(results), "appraisal.follow")
        follow(results[start : start + MANY_PEOPLE])
    return {"people": len(results)}


def close(*, actor: User | None, cycle: Cycle, now: datetime | None = None) -> Cycle:
    """End a cycle when the time for appeals is over and all of them are decided."""
    with base.write(actor=actor, verb="appraisal.close") as audit:
        row = locked(actor, cycle)
        if row.state == CycleState.CLOSED:
            audit.unchanged()
            return row
        if row.state != CycleState.PUBLISHED:
            raise refuse(f"appraisal.wrong_state.{row.state}")
        moment, end = now or timezone.now(), _last_window(row)
        if moment < end:
            raise refuse("appraisal.appeals_possible", day=end.astimezone(base.company_zone()).date().isoformat())
        if Appeal.objects.filter(appraisal__appraisee__cycle=row, state=AppealState.OPEN).exists():
            raise refuse("appraisal.appeals_open")
        row.state, row.closed_at = CycleState.CLOSED, moment
        row.save()
        audit.changed(row, state=CycleState.PUBLISHED, closed_at=None)
    return row


def correct(
    *,
    actor: User | None,
    appraisal: Appraisal,
    changes: Mapping[str, Any],
    note: str,
    now: datetime | None = None,
) -> Appraisal:
    """Put right a published result that is wrong although nobody appealed, as a new version that says why.

    By somebody who decides appeals for the person's team and had no part in the result. ``changes``: indicator ->
    value; ``None`` says that there was nothing to measure.
    """
    appraisee = permit_correcting(actor, appraisal, changes)
    note = short(note, "note", is_needed=True)
    with base.write(actor=actor, verb="appraisal.correct") as audit:
        lock_result(appraisee)
        if Appeal.objects.filter(appraisal__appraisee=appraisee, state=AppealState.OPEN).exists():
            raise refuse("appraisal.appeal_is_open")
        row = add_version(
            audit,
            actor,
            appraisal,
            changes,
            cause=AppraisalCause.CORRECTION,
            source=InputSource.TYPED,
            note=note,
            now=now,
        )
        tell(appraisee, "inbox.appraisal_corrected", period=appraisee.cycle.period)
    return row


def permit_correcting(actor: User | None, appraisal: Appraisal, changes: Collection[str]) -> Appraisee:
    """Only who decides appeals for the person's team and had no part in what is changed."""
    appraisee = Appraisee.objects.select_related("cycle", "employee").get(pk=appraisal.appraisee_id)
    permit_on(actor, Permission.DECIDE_APPEALS, appraisee)
    if actor is not None and actor.pk in authors_of(appraisal, set(changes)):
        raise NotVisibleError
    return appraisee


def lock_result(appraisee: Appraisee) -> None:
    """Keep others from the results of a person until the write ends; refused before they are published."""
    cycle = Cycle.objects.select_for_update().get(pk=appraisee.cycle_id)
    if not cycle.is_public:
        raise refuse("appraisal.not_published")


def add_version(
    audit: base.Audit,
    actor: User | None,
    appraisal: Appraisal,
    changes: Mapping[str, Any],
    *,
    cause: AppraisalCause,
    source: InputSource,
    note: str,
    cause_id: str = "",
    now: datetime | None = None,
) -> Appraisal:
    """The next version of a result, from its frozen inputs with ``changes`` in them, by the same template version."""
    appraisee = appraisal.appraisee
    newest = newest_results([appraisee.pk])[appraisee.pk]
    if newest.pk != appraisal.pk:
        raise refuse("appraisal.newer_version", version=newest.version)
    card = card_in(appraisee.cycle)
    values = [
        NewInput(
            appraisee,
            name,
            checked_value(card, name, value),
            source,
            n=None if value is None else cases_behind(appraisal.inputs, name),
            note=note,
        )
        for name, value in changes.items()
    ]
    rows = append(audit, actor, values)
    inputs = {**appraisal.inputs, **{row.indicator: frozen_input(row) for row in rows}}
    if _values(inputs) == _values(appraisal.inputs):
        raise refuse("appraisal.nothing_differs", "changes")
    evaluation = evaluate(appraisee.cycle, inputs)
    result = result_row(appraisee, newest, appraisee.cycle, evaluation, cause, note, actor, now or timezone.now())
    result.cause_id = cause_id
    result.save(force_insert=True)
    audit.note(result, {"normalised": [appraisal.normalised, result.normalised], "inputs": _changed(appraisal, inputs)})
    follow([result])
    return result


def result_row(
    appraisee: Appraisee,
    former: Appraisal | None,
    cycle: Cycle,
    evaluation: Evaluation,
    cause: AppraisalCause,
    note: str,
    actor: User | None,
    now: datetime,
) -> Appraisal:
    """A result as it is stored; refused where points lie beyond anything that a sheet can mean."""
    scored = evaluation.scored
    for line in scored.lines:
        if line.points is not None and abs(line.points) >= _BEYOND_MEANING:
            labels = {one.key: one.label.both for one in card_in(cycle).lines}
            raise refuse("appraisal.points_beyond", line=labels[line.key], person=appraisee.employee.name)
    return Appraisal(
        appraisee=appraisee,
        version=1 if former is None else former.version + 1,
        template_version_id=cycle.template_version_id,
        inputs=evaluation.inputs,
        inputs_sha256=evaluation.sha256,
        result=evaluation.stored,
        raw=scored.total,
        max=scored.max,
        normalised=scored.normalised,
        grade=evaluation.grade,
        cause=cause,
        note=note,
        made_at=now,
        made_by=actor,
    )


def _values(inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: item["value"] for name, item in inputs.items()}


def _changed(appraisal: Appraisal, inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    before, after = _values(appraisal.inputs), _values(inputs)
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


@dataclass(frozen=True, slots=True)
class _Standing:
    """Everything that a freeze depends on, fetched at once."""

    cycle: Cycle
    people: list[Appraisee]
    exempt: Mapping[UUID, Mapping[str, Exemption]]
    newest: Mapping[UUID, Mapping[str, Input]]
    missing: list[Missing]

    @property
    def lacking(self) -> dict[UUID, set[str]]:
        """What lacks on each sheet."""
        found: dict[UUID, set[str]] = {}
        for item in self.missing:
            found.setdefault(item.appraisee.pk, set()).add(item.indicator)
        return found

    def evaluations(
        self,
        known: Mapping[UUID, Evaluation] | None = None,
        step: Callable[[int, int], None] = lambda *_: None,
    ) -> dict[UUID, Evaluation]:
        """Everybody's evaluation; one that is ``known`` is used when its inputs are still the same.

        What lacks is left out, unless the template gives full points for it.
        """
        card, lacking = card_in(self.cycle), self.lacking
        lines = lines_by_indicator(card)
        full = {name for name, using in lines.items() if all(line.unjudged == "full" for line in using)}
        found = {}
        for place, person in enumerate(self.people, start=1):
            free = self.exempt.get(person.employee_id, {})
            inputs = freeze_inputs(card, self.newest[person.pk], free, lacking.get(person.pk, set()) - full)
            ready = (known or {}).get(person.pk)
            found[person.pk] = ready if ready and ready.inputs == inputs else evaluate(self.cycle, inputs)
            step(place, len(self.people))
        return found


def _standing(cycle: Cycle) -> _Standing:
    exempt = exempt_indicators(cycle)
    people = appraised(cycle, exempt)
    newest = newest_inputs(people)
    return _Standing(cycle, people, exempt, newest, missing_of(people, newest))


def _freezable(actor: User | None, cycle: Cycle, leave_out: str) -> _Standing:
    """How the cycle stands, locked, when its inputs may be fixed now."""
    row = locked(actor, cycle)
    if not row.takes_inputs:
        raise refuse("appraisal.cycle_frozen")
    if row.ends_on >= base.today_in_company():
        raise refuse("appraisal.not_over", day=row.ends_on.isoformat())
    standing = _standing(row)
    if not standing.people:
        raise refuse("appraisal.nobody_there")
    if standing.missing and not leave_out:
        faults = [
            Fault(
                Reason(
                    "appraisal.lacks",
                    {
                        "person": item.appraisee.employee.name,
                        "indicator": item.label.both,
                        "whom": {"zh": "、".join(item.from_whom) or "–", "en": ", ".join(item.from_whom) or "–"},
                    },
                ),
                field=item.indicator,
            )
            for item in standing.missing[:_MOST_FAULTS]
        ]
        raise InputError(Fault(Reason("appraisal.inputs_missing", {"n": len(standing.missing)})), *faults)
    if any(is_own(actor, item.appraisee) for item in standing.missing):
        raise refuse("appraisal.own_left_out", "leave_out")
    doubles = doubly_counted(row) if process_in(row).get("double_counting") == "once" else []
    if doubles:
        names = "、".join(dict.fromkeys(item.employee.name for item in doubles))
        raise refuse("appraisal.counted_twice", n=len(doubles), people=names)
    return standing


def _freeze(
    audit: base.Audit,
    actor: User | None,
    standing: _Standing,
    leave_out: str,
    now: datetime,
    known: Mapping[UUID, Evaluation] | None = None,
) -> Cycle:
    cycle, people = standing.cycle, {row.pk: row for row in standing.people}
    former, lacking = newest_totals(people), standing.lacking
    rows = []
    for pk, evaluation in standing.evaluations(known).items():
        notes = (cycle.reopened_because, leave_out if lacking.get(pk) else "")
        note = "; ".join(part for part in notes if part)[:500]
        rows.append(result_row(people[pk], former.get(pk), cycle, evaluation, AppraisalCause.FREEZE, note, actor, now))
    Appraisal.objects.bulk_create(rows)
    _keep_exemptions(audit, standing)
    before = {"state": cycle.state, "frozen_at": cycle.frozen_at}
    cycle.state, cycle.frozen_at, cycle.frozen_by = CycleState.FROZEN, now, actor
    cycle.save()
    audit.changed(cycle, **before)
    sums = {f"{row.appraisee.employee.number} {row.appraisee.employee}": [None, row.inputs_sha256] for row in rows}
    audit.note_object(kind="appraisal.appraisal", id=str(cycle.pk), label=str(cycle), changes=sums)
    return cycle


def _keep_exemptions(audit: base.Audit, standing: _Standing) -> None:
    """Write down who has no result because of an exemption, so that it stays known whatever becomes of that."""
    for row in standing.cycle.appraisees.filter(exempt_reason=""):
        whole = standing.exempt.get(row.employee_id, {}).get("")
        if whole is not None:
            row.exempt_reason, row.exempted_by = whole.reason, whole
            row.save()
            audit.changed(row, exempt_reason="", exempted_by=None)


def _forget_exemptions(audit: base.Audit, cycle: Cycle) -> None:
    """Exemptions speak for themselves again, as long as nothing is fixed."""
    for row in cycle.appraisees.filter(exempted_by__isnull=False):
        before = {"exempt_reason": row.exempt_reason, "exempted_by": row.exempted_by_id}
        row.exempt_reason, row.exempted_by = "", None
        row.save()
        audit.changed(row, **before)


def appeal_ends_at(*, appraisal: Appraisal) -> datetime:
    """Until when this version of a result may be appealed: so many days from when it could first be read."""
    cycle = appraisal.appraisee.cycle
    if cycle.published_at is None:
        raise refuse("appraisal.not_published")
    return max(cycle.published_at, appraisal.made_at) + timedelta(days=cycle.appeal_days)


def _last_window(cycle: Cycle) -> datetime:
    """Until when some result of the cycle may be appealed."""
    results = newest_totals(cycle.appraisees.all()).values()
    assert cycle.published_at is not None
    return max((appeal_ends_at(appraisal=result) for result in results), default=cycle.published_at)
