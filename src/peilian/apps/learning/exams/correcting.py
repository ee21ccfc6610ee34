"""Results that were wrong (更正): answers are contested and decided anew, marks corrected, items graded anew for all.

Whatever changes a result does it in one transaction: points and grade move, an event of the attempt says from what to
what and why, evidence and the result at the assignment are superseded, what follows from the result is done again, and
the person is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet

from peilian.apps.base.api import refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.exams.adaptive import OF, measured
from peilian.apps.learning.exams.attempts import candidate, exam_of
from peilian.apps.learning.exams.deciders import deciders_of
from peilian.apps.learning.exams.drills import same_drills
from peilian.apps.learning.exams.marking import Points, to_mark_by
from peilian.apps.learning.exams.papers import Question, current_item, field_of, item_of
from peilian.apps.learning.exams.parts import OpenAnswer, open_answer, question_of
from peilian.apps.learning.exams.results import graded_parts, settle
from peilian.apps.learning.exams.running import occasion
from peilian.apps.learning.models import (
    Attempt,
    AttemptEvent,
    AttemptEventKind,
    AttemptState,
    Contest,
    ContestState,
    Mark,
    MarkKind,
    Regrade,
    RegradeHow,
    Response,
    Sitting,
)
from peilian.apps.learning.telling import tell_person, tell_user
from peilian.apps.people.api import Employee, NotVisibleError, Permission, User, visible_to
from peilian.engine._kernel import Language
from peilian.engine.assessment import Grade, grade, grade_of

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTEST_DAYS = 14
"""For so long after the result a person may contest an answer."""


@dataclass(frozen=True, slots=True)
class Change:
    """What grading anew does to one attempt: points, the most there are, and the grade, before and after."""

    attempt: Attempt
    points: tuple[Decimal, Decimal]
    of: tuple[Decimal, Decimal]
    grade: tuple[str, str]

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"attempt": self.attempt.pk, "points": self.points, "of": self.of, "grade": self.grade}


# -- contests ---------------------------------------------------------------------------------------------------------


def may_contest(attempt: Attempt) -> bool:
    """Whether answers of a marked attempt may still be contested: so long after its first result, however often it was
    corrected since."""
    if attempt.state != AttemptState.MARKED or attempt.marked_at is None or attempt.handed_in_at is None:
        return False
    earliest = clock.now() - timedelta(days=CONTEST_DAYS)
    if attempt.handed_in_at >= earliest or attempt.marked_at < earliest:
        return attempt.marked_at >= earliest
    decided = Mark.objects.filter(response__attempt=attempt).exclude(kind=MarkKind.CORRECTED)
    return decided.filter(at__gte=earliest).exists()


def contest_answer(*, user: User, attempt_id: UUID, number: int, reason: str) -> Contest:
    """Say that one does not agree with the points of an own answer, and why; once an answer, within ``CONTEST_DAYS`` of
    the result. Who opened the exam is told; where that was oneself, as at the end of a course, who leads and judges the
    person."""
    why = short(reason, "reason", is_needed=True)
    employee = candidate(user)
    with write(actor=user, verb="learning.contest_answer") as audit:
        attempt = _locked(Attempt.objects.filter(employee=employee), attempt_id)
        response = attempt.responses.filter(number=number).first()
        assert attempt.sitting is not None
        if response is None or exam_of(attempt.sitting).reveals == "nothing":
            raise NotVisibleError
        if not may_contest(attempt):
            raise refuse("learning.contest_too_late", days=CONTEST_DAYS)
        if (before := Contest.objects.filter(response=response).first()) is not None:
            if before.state == ContestState.OPEN and before.reason == why:
                audit.unchanged()
                return before
            raise refuse("learning.contested_before")
        if response.points == response.of:
            raise refuse("learning.nothing_to_contest")
        row = Contest(response=response, by=user, reason=why, at=clock.now())
        row.save(force_insert=True)
        audit.created(row)
        opener = attempt.sitting.created_by
        is_there = opener is not None and opener.is_active and opener.pk != user.pk
        for one in [opener] if is_there and opener is not None else deciders_of(employee):
            tell_user(one, employee, "inbox.exam_contested", attempt.sitting.title, link="/exams/contests/")
    return row


def contests_for(*, user: User) -> QuerySet[Contest]:
    """Open contests of people whom the user judges, the oldest first, also those that somebody else has to decide."""
    visible_to(user).require(Permission.RAISE_NEEDS)
    rows = Contest.objects.filter(state=ContestState.OPEN, response__in=to_mark_by(user))
    return rows.select_related("response__attempt__sitting", "response__attempt__employee").order_by("at")


def is_party(user: User, response: Response) -> bool:
    """Whether somebody marked an answer or let its marks stand: then another person decides about it."""
    return response.marks.filter(marker=user).exists()


def contest(*, user: User, contest_id: UUID) -> Contest:
    """One contest, open or decided, about a person whom the user judges."""
    rows = Contest.objects.filter(pk=contest_id, response__in=to_mark_by(user))
    found = rows.select_related("response__attempt__sitting", "response__attempt__employee", "decided_by").first()
    if found is None:
        raise NotVisibleError
    return found


def decide_contest(*, actor: User, contest_id: UUID, points: Points | None, decision: str) -> Contest:
    """Decide a contest: other ``points``, or ``None`` to keep those there are. Who judges the person and did not mark
    the answer; the person is told why either way."""
    why = short(decision, "decision", is_needed=True)
    with write(actor=actor, verb="learning.decide_contest") as audit:
        found = contest(user=actor, contest_id=contest_id)
        attempt = _locked(Attempt.objects.all(), found.response.attempt_id)
        row = Contest.objects.select_for_update(of=("self",)).get(pk=contest_id)
        if row.state != ContestState.OPEN:
            raise refuse("learning.contest_decided")
        response = attempt.responses.get(number=found.response.number)
        response.attempt = attempt
        if is_party(actor, response):
            raise refuse("learning.contest_by_marker")
        before = response.points
        if points is not None:
            _correct(attempt, response, actor, points, why)
        is_changed = response.points != before
        row.state = ContestState.CHANGED if is_changed else ContestState.KEPT
        row.decided_at, row.decided_by, row.decision = clock.now(), actor, why
        row.save()
        audit.changed(row, state=ContestState.OPEN, decided_at=None, decided_by=None, decision="")
        if not is_changed:
            _tell(attempt, "inbox.exam_contest_kept")
    return row


# -- corrections ------------------------------------------------------------------------------------------------------


def correct_answer(*, actor: User, response_id: UUID, points: Points, reason: str) -> Response:
    """Put other points in the place of those of an answer that were wrong, by a new mark that supersedes the former
    one; the reason is kept and the person told. Who judges the person; what is contested is decided there."""
    why = short(reason, "reason", is_needed=True)
    with write(actor=actor, verb="learning.correct_answer") as audit:
        found = to_mark_by(actor).filter(pk=response_id).first()
        if found is None:
            raise NotVisibleError
        attempt = _locked(Attempt.objects.all(), found.attempt_id)
        response = attempt.responses.get(pk=response_id)
        response.attempt = attempt
        if attempt.is_running or response.is_open:
            raise refuse("learning.not_marked_yet")
        if not response.of:
            raise refuse("learning.taken_out")
        if Contest.objects.filter(response=response, state=ContestState.OPEN).exists():
            raise refuse("learning.is_contested")
        before = response.points
        _correct(attempt, response, actor, points, why)
        if response.points == before:
            audit.unchanged()
        else:
            audit.note(response, {"points": [before, response.points], "reason": ["", why]})
    return response


def _correct(attempt: Attempt, response: Response, actor: User, points: Points, why: str) -> None:
    whole = correctable(response)
    given = whole.read(points if isinstance(points, Mapping) else {"": points})
    if whole.total(given) == response.points:
        return
    before = _standing(attempt)
    latest = response.marks.filter(superseded_by=None).order_by("-id").first()
    Mark(
        response=response, marker=actor, kind=MarkKind.CORRECTED, points=whole.total(given),
        parts={name: str(one) for name, one in given.items()}, note=why, at=clock.now(), supersedes=latest,
    ).save(force_insert=True)  # fmt: skip
    change = [response.points, whole.total(given)]
    response.points, response.decided = whole.total(given), {name: str(one) for name, one in given.items()}
    response.save(update_fields=["points", "decided"])
    payload = {"n": response.number, "points": [str(one) for one in change], "reason": why}
    _resettle(attempt, AttemptEventKind.CORRECT, actor, payload, before)


def correctable(response: Response) -> OpenAnswer:
    """What of an answer can be given other points: the open parts of one that people decided, else all of it."""
    return open_answer(response)


def _standing(attempt: Attempt) -> tuple[Decimal | None, Decimal, str]:
    return attempt.points, attempt.of, attempt.grade


def _resettle(
    attempt: Attempt,
    kind: AttemptEventKind,
    actor: User | None,
    payload: Mapping[str, Any],
    before: tuple[Decimal | None, Decimal, str],
    *,
    is_changed: bool = True,
) -> None:
    """Keep the event of points that have changed, and work a result out again with all that hangs on it, where there is
    one and it ``is_changed``; the attempt is locked."""
    now = clock.now()
    was_marked = is_changed and attempt.state == AttemptState.MARKED
    if was_marked:
        settle(attempt, list(attempt.responses.all()))
        attempt.marked_at, attempt.followed_at = now, None
    attempt.seq += 1
    attempt.save()
    after = _standing(attempt)
    result = {
        name: [None if one is None else str(one) for one in pair]
        for name, *pair in zip(("points", "of", "grade"), before, after, strict=True)
    }
    AttemptEvent(
        attempt=attempt, seq=attempt.seq, at=now, kind=kind, actor=actor, payload={**payload, "result": result}
    ).save(force_insert=True)  # fmt: skip
    if was_marked:
        _tell(attempt, "inbox.exam_changed")


def _tell(attempt: Attempt, key: str) -> None:
    assert attempt.sitting is not None
    tell_person(attempt.employee, key, attempt.sitting.title, link=f"/exams/attempts/{attempt.pk}/review/")


def _locked(rows: QuerySet[Attempt], pk: UUID) -> Attempt:
    # Attempts before people, and no key of them: what follows a result at the same time points to both.
    rows = rows.select_for_update(of=("self",), no_key=True).select_related("sitting__version", "employee")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotVisibleError
    return found


# -- a key that was wrong ---------------------------------------------------------------------------------------------


def preview_regrade(*, user: User, sitting_id: UUID, item: str, how: RegradeHow | str) -> list[Change]:
    """Whose result grading an item anew would change; nothing is stored. ``InputError`` says why it cannot be."""
    chosen, sitting = _how(how), _regradable(user, sitting_id)
    attempts = _attempts(user, sitting, item)
    _check(attempts)
    return [change for attempt in attempts if (change := _change(attempt, item, chosen)) is not None]


def regrade(*, actor: User, sitting_id: UUID, item: str, how: RegradeHow | str, reason: str) -> Regrade:
    """Grade an item anew in every attempt at a sitting, all in one transaction. Who may assign training to and judges
    everybody who took it."""
    why = short(reason, "reason", is_needed=True)
    chosen = _how(how)
    with write(actor=actor, verb="learning.regrade") as audit:
        sitting = _regradable(actor, sitting_id)
        Sitting.objects.select_for_update(no_key=True).get(pk=sitting.pk)  # whoever begins now does not wait
        attempts = _attempts(actor, sitting, item, is_locking=True)
        _check(attempts)
        people = Employee.objects.filter(pk__in={one.employee_id for one in attempts}).order_by("pk")
        list(people.select_for_update(no_key=True))  # in the order that everybody keeps
        changes = []
        for attempt in attempts:
            found = _apply(attempt, item, chosen, actor, why)
            if found is not None:
                changes.append(found)
        row = Regrade(
            sitting=sitting, item=item, how=chosen, reason=why, actor=actor, at=clock.now(),
            version_id=current_item(item).version if chosen == RegradeHow.MENDED else None,
            changes=[change.as_json() for change in changes],
        )  # fmt: skip
        row.save(force_insert=True)
        audit.created(row)
    return row


def _how(how: RegradeHow | str) -> RegradeHow:
    if how not in RegradeHow.values:
        raise refuse("learning.regrade_how", "how")
    return RegradeHow(how)


def _regradable(user: User, sitting_id: UUID) -> Sitting:
    return occasion(user=user, sitting_id=sitting_id).sitting


def _attempts(user: User, sitting: Sitting, item: str, *, is_locking: bool = False) -> Sequence[Attempt]:
    """The attempts in which an item was set; only who leads and judges all of them may touch it."""
    rows = Attempt.objects.filter(sitting=sitting).select_related("sitting__version", "employee").order_by("pk")
    listed = list(rows.select_for_update(of=("self",), no_key=True) if is_locking else rows)
    if any(one.is_running for one in listed):
        raise refuse("learning.regrade_while_running")
    found = [one for one in listed if any(asked["item"] == item for asked in one.paper)]
    sight, wanted = visible_to(user), {one.employee_id for one in found}
    if user.employee_id in wanted:
        raise refuse("learning.regrade_own")
    for permission in (Permission.ASSIGN_TRAINING, Permission.RAISE_NEEDS):
        if sight.employees(permission).filter(pk__in=wanted).count() < len(wanted):
            raise refuse("learning.regrade_needs_all")
    return found


def _check(attempts: Sequence[Attempt]) -> None:
    if not attempts:
        raise refuse("learning.item_not_set", "item")


def _regraded(attempt: Attempt, response: Response, how: RegradeHow) -> Iterator[tuple[str, Any]]:
    """The fields of a response that change when its item is graded anew."""
    if how == RegradeHow.TAKEN_OUT:
        yield from (("points", Decimal(0)), ("of", Decimal(0)), ("is_open", False))
    elif how == RegradeHow.ALL_ANSWERED:
        if response.is_answered:
            yield from (("points", response.of), ("is_open", False))
    else:
        question = _mended(attempt, response)
        language: Language = "en" if attempt.language == "en" else "zh"
        found = grade(item_of(question, language), response.chosen)
        if found.of != response.of:
            raise refuse("learning.item_asks_something_else", "how")
        yield "version_id", question.version
        yield "parts", graded_parts(found)
        if response.is_open:
            yield from (("points", found.points), ("proposed", found.points))
        elif response.proposed is not None and response.decided:
            yield from (("points", _with_decided(response, question, found)), ("proposed", found.points))
        elif not response.decided:  # what people corrected as a whole stays
            yield "points", found.points


def _with_decided(response: Response, question: Question, found: Grade) -> Decimal:
    """The points of an answer with what people decided of it, while the rest is graded by the mended key."""
    regraded = copy(response)
    regraded.parts, regraded.proposed = graded_parts(found), found.points
    whole = open_answer(regraded, field_of(question))
    if response.decided.keys() != {part.name for part in whole.parts}:
        raise refuse("learning.item_asks_something_else", "how")
    return whole.total({name: Decimal(points) for name, points in response.decided.items()})


def _mended(attempt: Attempt, response: Response) -> Question:
    """The question with its item as it is in force now; refused where it asks or offers something else than was set."""
    question = question_of(attempt, response.number)
    current = current_item(response.item)
    before, now = field_of(question), current.field
    is_shown_alike = {name: set(ids) for name, ids in question.shown.items()} == current.shown
    if before.type != now.type or not is_shown_alike or not same_drills(question, now):
        raise refuse("learning.item_asks_something_else", "how")
    return Question(question.number, question.item, current.version, question.kind, question.points, question.shown)


def _change(attempt: Attempt, item: str, how: RegradeHow) -> Change | None:
    """What it does to one attempt, without storing it."""
    responses = list(attempt.responses.all())
    for one in responses:
        for name, value in list(_regraded(attempt, one, how)) if one.item == item else ():
            setattr(one, name, value)
    told = measured(attempt, responses)
    points = sum((one.points for one in responses), Decimal(0)) if told is None else told.percent
    of = sum((one.of for one in responses), Decimal(0)) if told is None else OF
    if attempt.state != AttemptState.MARKED or (points, of) == (attempt.points, attempt.of):
        return None
    assert attempt.sitting is not None
    assert attempt.points is not None
    cuts = exam_of(attempt.sitting).cuts.model_dump()
    after = grade_of(points, of, cuts) or ""
    return Change(attempt, (attempt.points, points), (attempt.of, of), (attempt.grade, after))


def _apply(attempt: Attempt, item: str, how: RegradeHow, actor: User, why: str) -> Change | None:
    before = _standing(attempt)
    change = _change(attempt, item, how)
    is_touched = False
    for response in attempt.responses.filter(item=item):
        for name, value in list(_regraded(attempt, response, how)):
            is_touched = is_touched or getattr(response, name) != value
            setattr(response, name, value)
        response.save()
        if how == RegradeHow.MENDED:
            for asked in attempt.paper:
                if asked["n"] == response.number:
                    asked["version"] = str(response.version_id)
    listed = list(attempt.responses.all())
    if measured(attempt, listed) is None:
        attempt.of = sum((one.of for one in listed), Decimal(0))
    if attempt.state == AttemptState.HANDED_IN:  # the last answer that waited may have been this one
        settle(attempt, listed)
        if attempt.state == AttemptState.MARKED:
            attempt.marked_at = clock.now()
    if not is_touched:
        attempt.save()
        return None
    payload = {"item": item, "how": str(how), "reason": why}
    _resettle(attempt, AttemptEventKind.REGRADE, actor, payload, before, is_changed=change is not None)
    return change
