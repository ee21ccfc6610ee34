"""Needs: raised by whoever measures or leads, closed when evidence shows them met, or dismissed with a word why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet, UUIDField
from django.utils import timezone

from peilian.apps.base.api import Argument, Prepared, write
from peilian.apps.people.api import Employee, NotVisibleError, Permission, Unit
from peilian.apps.record.checks import Person, people_seen, permit_on, person_for, refuse, short
from peilian.apps.record.models import LIVE_NEEDS, Evidence, Need, NeedOrigin, NeedState, NeedSubject
from peilian.apps.record.standing import PersonProfile, competency_model, counting_evidence, profiles
from peilian.engine._kernel import Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User

# Needs that measuring raised are closed by measuring; those that a person raised, by a person.
_MEASURED = (NeedOrigin.GAP, NeedOrigin.DRILL, NeedOrigin.EXAM)
# A gap becomes a need when it is as certain as this and no smaller than this many points; at most so many a person.
_CERTAIN, _SIZEABLE, _MOST_GAPS = 0.9, 3.0, 3
_RAISED_BY_MEASURING = Prepared(
    lambda: (
        Need.objects.filter(Argument("people", UUIDField(), is_many=True).has("employee"))
        .filter(subject_kind=NeedSubject.COMPETENCY, origin__in=_MEASURED, state__in=LIVE_NEEDS)
        .select_related("employee")
    )
)


def needs_of(
    *,
    user: User,
    employee: Person | None = None,
    unit: Unit | None = None,
    states: Iterable[NeedState | str] = LIVE_NEEDS,
) -> QuerySet[Need]:
    """The needs of one person, of a unit, or of everybody whom ``user`` may see; live ones by default, newest first."""
    rows = Need.objects.filter(state__in=tuple(states)).select_related("employee", "created_by")
    if employee is not None:
        return rows.filter(employee=person_for(user, Permission.SEE_RECORD, employee))
    return rows.filter(employee__in=people_seen(user, unit))


def need(*, user: User, pk: UUID | str) -> Need:
    """One need; ``NotVisibleError`` when it does not exist or ``user`` may not see it."""
    try:
        return needs_of(user=user, states=NeedState.values).get(pk=UUID(str(pk)))
    except (Need.DoesNotExist, ValueError):
        raise NotVisibleError from None


def raise_need(
    *,
    actor: User | None,
    employee: Employee,
    subject: str,
    reason: Reason,
    origin: NeedOrigin | str = NeedOrigin.SUPERVISOR,
    subject_kind: NeedSubject | str = NeedSubject.COMPETENCY,
    evidence: Sequence[Mapping[str, str]] = (),
    note: str = "",
) -> Need:
    """Raise a need. When the person has a live need of that subject, the ``evidence`` (``{"kind", "id"}`` each) is
    added to it and nothing else changes."""
    permit_on(actor, Permission.RAISE_NEEDS, [employee.pk])
    if subject_kind == NeedSubject.COMPETENCY and subject not in competency_model().competencies:
        raise refuse("record.unknown_competency", "subject", value=subject)
    for value, choices, field in ((origin, NeedOrigin, "origin"), (subject_kind, NeedSubject, "subject_kind")):
        if value not in choices.values:
            raise refuse("record.unknown_choice", field, value=str(value), known=", ".join(choices.values))
    subject, note = short(subject, "subject", limit=60, is_needed=True), short(note, "note")
    references = [{"kind": str(item["kind"]), "id": str(item["id"])} for item in evidence]
    with write(actor=actor, verb="record.raise_need") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
        row = Need.objects.filter(
            employee=employee, subject_kind=subject_kind, subject=subject, state__in=LIVE_NEEDS
        ).first()
        if row is not None:
            before, row.evidence = row.evidence, row.evidence + [r for r in references if r not in row.evidence]
            row.save(update_fields=["evidence"])
            audit.changed(row, evidence=before)
            return row
        row = Need.objects.create(
            employee=employee,
            subject_kind=str(subject_kind),
            subject=subject,
            origin=str(origin),
            evidence=references,
            reason_key=reason.key,
            reason_params=dict(reason.params),
            note=note,
            created_at=timezone.now(),
            created_by=actor,
        )
        audit.created(row)
    return row


def dismiss_need(*, actor: User | None, need: Need, note: str) -> Need:
    """Close a need that is none, with a word why. One that was closed in another way stays so; who asks is told."""
    return _close(actor, need, NeedState.DISMISSED, short(note, "note", is_needed=True))


def meet_need(*, actor: User | None, need: Need, note: str = "") -> Need:
    """Close a need that is met. One that was closed in another way stays so; a person who asks is told."""
    return _close(actor, need, NeedState.MET, short(note, "note"))


def raise_gap_needs(*, employees: Iterable[Employee]) -> list[Need]:
    """Raise a need for what evidence shows these people to lack, the largest gaps first; returns the new ones.

    What is merely likely, small, or not measured raises none, nor does what a person dismissed until there is newer
    evidence on it.
    """
    found = []
    for person in profiles(employees).values():
        for gap in [gap for gap in person.gaps if _is_plain(person, gap.competency)][:_MOST_GAPS]:
            if _is_answered(person.employee, gap.competency):
                continue
            reason = Reason(
                "record.need_gap",
                {"points": round(gap.estimate.mean), "level": gap.required, "certainty": round(gap.certainty * 100)},
            )
            pieces = counting_evidence([person.employee.pk]).get(person.employee.pk, [])
            refs = [{"kind": "evidence", "id": p.source} for p in pieces if p.competency == gap.competency]
            row = raise_need(
                actor=None,
                employee=person.employee,
                subject=gap.competency,
                origin=NeedOrigin.GAP,
                reason=reason,
                evidence=refs,
            )
            found.append(row)
    return found


@dataclass(frozen=True, slots=True)
class GapLook:
    """What looking for gaps saw: people, those measured, and their open gaps by why they are (no) new need.

    ``n_listed`` are needs already, ``n_unsure`` not certain or not large enough, ``n_dismissed`` were closed by
    somebody without newer evidence, ``n_later`` wait behind the largest of the same person.
    """

    n_people: int
    n_measured: int
    n_listed: int
    n_unsure: int
    n_dismissed: int
    n_later: int
    certainty: int = round(_CERTAIN * 100)
    size: int = round(_SIZEABLE)
    most: int = _MOST_GAPS


def look_at_gaps(*, employees: Iterable[Employee]) -> GapLook:
    """How the open gaps of these people stand to what ``raise_gap_needs`` raises. Asks for no permission, as that."""
    found = profiles(employees)
    counts: Counter[str] = Counter()
    for person in found.values():
        live = Need.objects.filter(
            employee=person.employee, subject_kind=NeedSubject.COMPETENCY, state__in=LIVE_NEEDS
        ).values_list("subject", flat=True)
        listed = set(live)
        for gap in person.gaps:
            if not gap.is_open or not gap.estimate.is_measured:
                continue
            if gap.competency in listed:
                counts["listed"] += 1
            elif not _is_plain(person, gap.competency):
                counts["unsure"] += 1
            else:
                counts["dismissed" if _is_answered(person.employee, gap.competency) else "later"] += 1
    return GapLook(
        n_people=len(found),
        n_measured=sum(bool(person.profile.n) for person in found.values()),
        n_listed=counts["listed"],
        n_unsure=counts["unsure"],
        n_dismissed=counts["dismissed"],
        n_later=counts["later"],
    )


def settle_needs(rows: Iterable[Evidence]) -> list[Need]:
    """Close the needs, raised by measuring, whose required level the person has reached with this new evidence."""
    touched = {(row.employee_id, row.competency) for row in rows}
    live = _RAISED_BY_MEASURING(people={employee for employee, _ in touched})
    concerned = [item for item in live if (item.employee_id, item.subject) in touched]
    if not concerned:
        return []
    standing = profiles({item.employee_id: item.employee for item in concerned}.values())
    met = [item for item in concerned if _is_reached(standing[item.employee_id], item.subject)]
    return [meet_need(actor=None, need=item) for item in met]


def _is_answered(employee: Employee, competency: str) -> bool:
    """Whether there is a live need of it, or somebody dismissed the newest one and nothing was recorded since."""
    kind = NeedSubject.COMPETENCY
    newest = Need.objects.filter(employee=employee, subject_kind=kind, subject=competency).order_by("-id").first()
    if newest is None or newest.is_live:
        return newest is not None
    if newest.state != NeedState.DISMISSED:
        return False
    evidence = Evidence.objects.counting().filter(employee=employee, competency=competency)
    return not evidence.filter(recorded_at__gt=newest.closed_at).exists()


def _is_plain(person: PersonProfile, competency: str) -> bool:
    gap = next(gap for gap in person.gaps if gap.competency == competency)
    return gap.estimate.level is not None and gap.certainty >= _CERTAIN and gap.size >= _SIZEABLE


def _is_reached(person: PersonProfile, competency: str) -> bool:
    estimate, required = person.profile.estimates.get(competency), person.required.get(competency)
    level = estimate.level if estimate is not None else None  # the model may have it no more
    return level is not None and required is not None and level >= required


def _close(actor: User | None, need: Need, state: NeedState, note: str) -> Need:
    permit_on(actor, Permission.RAISE_NEEDS, [need.employee_id])
    with write(actor=actor, verb=f"record.{'dismiss' if state == NeedState.DISMISSED else 'meet'}_need") as audit:
        fresh = Need.objects.select_for_update().get(pk=need.pk)
        if not fresh.is_live:
            audit.unchanged()
            if actor is not None and (fresh.state, fresh.note, fresh.closed_by_id) != (state, note, actor.pk):
                raise refuse(f"record.need_{'met' if fresh.state == NeedState.MET else 'dismissed'}_before", "need")
            return fresh
        before = {"state": fresh.state, "note": fresh.note}
        fresh.state, fresh.note, fresh.closed_at, fresh.closed_by = state, note, timezone.now(), actor
        fresh.save()
        audit.changed(fresh, **before)
    return fresh
