"""Assignments: what leaders tell people to practise, the attempts at it, and where each stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet, UUIDField
from django.utils import timezone

from peilian.apps.base.api import Argument, Prepared, company_zone, new_id, send, write
from peilian.apps.people.api import Employee, NotVisibleError, Permission, Unit
from peilian.apps.record.checks import Person, people_seen, permit_on, person_for, refuse, short
from peilian.apps.record.models import (
    Assignment,
    AssignmentKind,
    AssignmentResult,
    AssignmentState,
    AttemptRule,
    Need,
    NeedState,
)
from peilian.engine._kernel import Param

if TYPE_CHECKING:
    from peilian.apps.people.api import User

LONGEST_NOTICE = timedelta(days=731)
"""How far ahead a deadline may lie: a year that was mistyped is no deadline."""

_ZERO, _FULL = Decimal(0), Decimal(100)
_MOST_NAMES = 5  # of people, in a message


@dataclass(frozen=True, slots=True)
class NewAssignment:
    """What is assigned, to whomever. ``target`` is a key of what is practised; ``title`` ``{zh, en}`` its name.

    ``pass_mark`` in points from 0 to 100; without one any result will do. ``{assignment}`` in ``link`` becomes the
    assignment's id. ``batch`` is the id of one act of assigning and makes a second click harmless.
    """

    target: str
    title: Mapping[str, str]
    kind: AssignmentKind | str = AssignmentKind.DRILL
    due_at: datetime | None = None
    attempts_allowed: int | None = None
    rule: AttemptRule | str = AttemptRule.BEST
    pass_mark: Decimal | None = None
    note: str = ""
    link: str = ""
    batch: UUID | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of one attempt, in points from 0 to 100. ``is_passed=False``: failed whatever the points."""

    points: Decimal
    at: datetime
    source_kind: str
    source_id: str
    is_passed: bool | None = None


def assign(
    *, actor: User | None, employees: Sequence[Employee], what: NewAssignment, needs: Sequence[Need] = ()
) -> list[Assignment]:
    """Assign something to several people at once and tell each in the inbox; all or nobody.

    ``needs`` are those that it is to meet, at most one of each person; they become assigned. Only who may assign
    training to every one of them; otherwise nobody gets anything. A batch that was assigned before is not assigned
    again: the same content gives the rows that there are, any other is refused with a word about what was stored.
    """
    if not employees:
        raise refuse("record.nobody_chosen", "employees")
    permit_on(actor, Permission.ASSIGN_TRAINING, (person.pk for person in employees), is_own_allowed=True)
    _check(what)
    need_of = {need.employee_id: need for need in needs}
    if set(need_of) - {person.pk for person in employees}:
        raise refuse("record.need_of_another", "needs")
    batch = what.batch or new_id()
    with write(actor=actor, verb="record.assign") as audit:
        people = Employee.objects.filter(pk__in={person.pk for person in employees}).order_by("pk")
        locked = list(people.select_for_update(no_key=True))
        if known := list(Assignment.objects.filter(batch=batch).select_related("employee").order_by("employee")):
            audit.unchanged()
            _check_sent_before(actor, known, locked, what)
            return known
        rows = []
        for person in locked:
            row = _create(actor, person, what, batch, need_of.get(person.pk))
            audit.created(row)
            link = what.link.replace("{assignment}", str(row.pk))
            _tell(row, "inbox.assignment" if row.due_at is None else "inbox.assignment_due", link)
            rows.append(row)
    return rows


def assignments_of(
    *,
    user: User,
    employee: Person | None = None,
    unit: Unit | None = None,
    states: Iterable[AssignmentState | str] | None = None,
) -> QuerySet[Assignment]:
    """The assignments of one person, of a unit, or of everybody whom ``user`` may see, newest first, with results.

    One's own are always seen.
    """
    rows = Assignment.objects.select_related("employee", "created_by", "need").prefetch_related("results")
    if states is not None:
        rows = rows.in_states(states, now=timezone.now())
    own = user.employee_id if user.is_active else None
    if employee is not None:
        pk = employee.pk if isinstance(employee, Employee) else employee
        if own is not None and str(own) == str(pk):
            return rows.filter(employee=own)
        return rows.filter(employee=person_for(user, Permission.SEE_RECORD, employee))
    seen = Q(employee__in=people_seen(user, unit))
    return rows.filter(seen | Q(employee=own) if own is not None and unit is None else seen)


_UNDER_WAY = Prepared(
    lambda: Assignment.objects.filter(
        employee=Argument("employee", UUIDField()), cancelled_at=None, done_at=None
    ).prefetch_related("results")
)


def own_under_way(*, user: User) -> list[Assignment]:
    """The user's own assignments that are open or overdue, newest first, with their results."""
    return _UNDER_WAY(employee=user.employee_id) if user.is_active and user.employee_id is not None else []


def assignment(*, user: User, pk: UUID | str) -> Assignment:
    """One assignment; ``NotVisibleError`` when it does not exist or ``user`` may not see it."""
    try:
        return assignments_of(user=user).get(pk=UUID(str(pk)))
    except (Assignment.DoesNotExist, ValueError):
        raise NotVisibleError from None


def record_attempt(
    *, actor: User | None, assignment: Assignment, attempt: Attempt, revise: bool = False
) -> AssignmentResult:
    """Keep the result of one attempt; the same source is one attempt, and its first result stands. With ``revise`` what
    the source says differently now supersedes it, and the assignment is done, or not, by what stands.

    The one who practised records it through what is practised, or the product does. A cancelled assignment takes no
    results, nor does one whose attempts are used up.
    """
    if actor is not None and actor.employee_id != assignment.employee_id:
        raise NotVisibleError
    _check_attempt(attempt)
    with write(actor=actor, verb="record.record_attempt") as audit:
        row = Assignment.objects.select_for_update().get(pk=assignment.pk)
        results = row.attempts
        is_passed = row.is_enough(attempt.points) and attempt.is_passed is not False
        source = (attempt.source_kind, attempt.source_id)
        known = next((one for one in results if (one.source_kind, one.source_id) == source), None)
        if known is not None and (not revise or (known.points, known.is_passed) == (attempt.points, is_passed)):
            audit.unchanged()
            return known
        if row.cancelled_at is not None:
            raise refuse("record.assignment_cancelled")
        if known is None and row.attempts_allowed is not None and len(results) >= row.attempts_allowed:
            raise refuse("record.no_attempts_left", limit=row.attempts_allowed)
        result = AssignmentResult(
            assignment=row,
            number=len(results) + 1 if known is None else known.number,
            at=attempt.at,
            points=attempt.points,
            is_passed=is_passed,
            source_kind=attempt.source_kind,
            source_id=attempt.source_id,
            revision=0 if known is None else known.revision + 1,
            supersedes=known,
            recorded_at=timezone.now(),
        )
        result.save(force_insert=True)
        audit.created(result)
        _follow(row)
    return result


def cancel_assignment(*, actor: User | None, assignment: Assignment, reason: str = "") -> Assignment:
    """Take an assignment back and tell the person; what is over already cannot be. Its results stay to be seen.

    Of one's own, only what one assigned to oneself.
    """
    is_by_actor = actor is not None and assignment.created_by_id == actor.pk
    permit_on(actor, Permission.ASSIGN_TRAINING, [assignment.employee_id], is_own_allowed=is_by_actor)
    reason = short(reason, "reason")
    with write(actor=actor, verb="record.cancel_assignment") as audit:
        row = Assignment.objects.select_for_update().get(pk=assignment.pk)
        if row.cancelled_at is not None:
            audit.unchanged()
            if reason not in ("", row.cancel_reason):
                raise refuse("record.cancelled_before")
            return row
        if row.done_at is not None:
            raise refuse("record.assignment_over")
        row.cancelled_at, row.cancelled_by, row.cancel_reason = timezone.now(), actor, reason
        row.save()
        audit.changed(row, cancelled_at=None, cancelled_by=None, cancel_reason="")
        _tell(row, "inbox.assignment_cancelled", "")
        _free_need(row)
    return row


def _create(actor: User | None, person: Employee, what: NewAssignment, batch: UUID, need: Need | None) -> Assignment:
    if need is not None:
        _take_up(need)
    return Assignment.objects.create(
        employee=person,
        batch=batch,
        kind=str(what.kind),
        target=what.target,
        title={language: text for language, text in what.title.items() if text},
        due_at=what.due_at,
        attempts_allowed=what.attempts_allowed,
        rule=str(what.rule),
        pass_mark=what.pass_mark,
        need=need,
        note=short(what.note, "note"),
        created_at=timezone.now(),
        created_by=actor,
    )


def _check_sent_before(
    actor: User | None, known: Sequence[Assignment], people: Sequence[Employee], what: NewAssignment
) -> None:
    """Refuse other content under a batch that is stored; who stored it is told what it was."""
    wanted = (what.target, what.due_at, what.attempts_allowed, str(what.rule), what.pass_mark, short(what.note, "note"))
    if {person.pk for person in people} == {row.employee_id for row in known} and all(
        _content(r) == wanted for r in known
    ):
        return
    first = known[0]
    if actor is None or first.created_by_id != actor.pk:
        raise refuse("record.batch_used", "batch")
    names = [row.employee.name for row in known]
    shown = "、".join(names[:_MOST_NAMES]) + ("…" if len(names) > _MOST_NAMES else "")
    params: dict[str, Param] = {"title": _title(first, actor.reading_language), "people": shown, "n": len(names)}
    if first.due_at is None:
        raise refuse("record.sent_before", "batch", **params)
    raise refuse("record.sent_before_due", "batch", **params, due=_due(first))


def _content(row: Assignment) -> tuple[object, ...]:
    return (row.target, row.due_at, row.attempts_allowed, row.rule, row.pass_mark, row.note)


def _take_up(need: Need) -> None:
    with write(actor=None, verb="record.take_up_need") as audit:
        fresh = Need.objects.select_for_update().get(pk=need.pk)
        if not fresh.is_live:
            raise refuse("record.need_closed", "needs")
        before, fresh.state = fresh.state, NeedState.ASSIGNED
        fresh.save(update_fields=["state"])
        audit.changed(fresh, state=before)


def _free_need(row: Assignment) -> None:
    """What was to meet a need is over without success: unless something else is under way, the need is open again."""
    if row.need_id is None:
        return
    others = Assignment.objects.filter(need=row.need_id, cancelled_at=None).exclude(pk=row.pk)
    if any(item.done_at is None or item.is_passed for item in others.prefetch_related("results")):
        return
    with write(actor=None, verb="record.free_need") as audit:
        need = Need.objects.select_for_update().get(pk=row.need_id)
        before = need.state
        if before == NeedState.ASSIGNED:
            need.state = NeedState.OPEN
            need.save(update_fields=["state"])
        audit.changed(need, state=before)


def _follow(row: Assignment) -> None:
    """Bring an assignment up to date with its results: over when passed or when no attempt is left."""
    is_used_up = row.attempts_allowed is not None and len(row.attempts) >= row.attempts_allowed
    is_passed = row.is_passed
    done_at = (row.done_at or timezone.now()) if is_passed or is_used_up else None
    if done_at != row.done_at:
        with write(actor=None, verb="record.follow_assignment") as audit:
            before, row.done_at = row.done_at, done_at
            row.save(update_fields=["done_at"])
            audit.changed(row, done_at=before)
    if is_used_up and not is_passed:
        _free_need(row)


def _tell(row: Assignment, key: str, link: str) -> None:
    user = getattr(row.employee, "user", None)
    if user is None or not user.is_active:
        return
    params = {"title": _title(row, user.language), "due": _due(row)}
    send(recipient=user, key=key, params=params, link=link)


def _title(row: Assignment, language: str) -> str:
    return str(row.title.get(language) or next(iter(row.title.values()), "") or row.target)


def _due(row: Assignment) -> str:
    return row.due_at.astimezone(company_zone()).strftime("%Y-%m-%d %H:%M") if row.due_at else ""


def _check(what: NewAssignment) -> None:
    short(what.target, "target", limit=150, is_needed=True)
    short(what.note, "note")
    for text in what.title.values():
        short(text, "title", limit=200)
    for value, choices, field in ((what.kind, AssignmentKind, "kind"), (what.rule, AttemptRule, "rule")):
        if value not in choices.values:
            raise refuse("record.unknown_choice", field, value=str(value), known=", ".join(choices.values))
    if what.due_at is not None:
        if timezone.is_naive(what.due_at):
            raise refuse("record.no_time_zone", "due_at")
        if what.due_at <= timezone.now():
            raise refuse("record.due_in_the_past", "due_at")
        if what.due_at > (latest := timezone.now() + LONGEST_NOTICE):
            raise refuse("record.due_too_far", "due_at", latest=latest.astimezone(company_zone()).strftime("%Y-%m-%d"))
    if what.attempts_allowed is not None and not 1 <= what.attempts_allowed <= 1000:
        raise refuse("record.attempts_range", "attempts_allowed")
    if what.pass_mark is not None and not _ZERO <= what.pass_mark <= _FULL:
        raise refuse("record.mark_range", "pass_mark", value=str(what.pass_mark))


def _check_attempt(attempt: Attempt) -> None:
    if not _ZERO <= attempt.points <= _FULL:
        raise refuse("record.points_range", "points", value=str(attempt.points))
    if timezone.is_naive(attempt.at):
        raise refuse("record.no_time_zone", "at")
    short(attempt.source_kind, "source_kind", limit=40, is_needed=True)
    short(attempt.source_id, "source_id", limit=100, is_needed=True)
