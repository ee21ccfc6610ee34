"""Running exams (组织考试): who takes a sitting, where each of them stands, and what can be done about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet

from peilian.adapters.packs.teaching import ExamDocument
from peilian.apps.base.api import refuse, today_in_company, write
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import exam_of, is_over
from peilian.apps.learning.exams.calibrated import never_asked
from peilian.apps.learning.exams.marking import to_mark_by
from peilian.apps.learning.exams.sittings import NewSitting, current_exam, led_by, new_assignment, open_sitting
from peilian.apps.learning.models import Attempt, AttemptState, CourseExam, MarkKind, Response, Sitting
from peilian.apps.people.api import ROLES, Employee, NotVisibleError, Permission, RoleGrant, Sight, User, visible_to
from peilian.apps.record import api as record


class TakerState(StrEnum):
    """Where a person stands in a sitting."""

    NOT_BEGUN = "not_begun"
    RUNNING = "running"
    TO_MARK = "to_mark"
    PASSED = "passed"
    FAILED = "failed"
    MISSED = "missed"  # it closed before the person began


@dataclass(frozen=True, slots=True)
class Taker:
    """One person of a sitting: the attempt that runs, else the one that counts, else ``None``; how many attempts there
    were; ``seconds_left`` of one that runs (``None`` without a limit)."""

    employee: Employee
    state: TakerState
    attempt: Attempt | None
    n_attempts: int
    n_answered: int
    seconds_left: float | None
    is_assigned: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """A sitting as who runs it has it before them, with the people whom the reader leads. ``counts`` are of people by
    state; ``n_waiting`` answers wait for marks, of which ``n_halfway`` have one already. ``spared`` are those who
    passed a make-up of it, or a make-up of that."""

    sitting: Sitting
    exam: ExamDocument
    takers: tuple[Taker, ...]
    counts: Mapping[TakerState, int]
    n_waiting: int = 0
    n_halfway: int = 0
    spared: frozenset[UUID] = frozenset()

    @property
    def to_make_up(self) -> list[Employee]:
        """Who missed it, or failed and has no attempt left, and is still here: they are whom a make-up is for."""
        allowed, today = self.sitting.attempts_allowed, today_in_company()
        here = (
            one for one in self.takers
            if one.employee.pk not in self.spared and (one.employee.left_on is None or one.employee.left_on > today)
        )  # fmt: skip
        return [
            one.employee
            for one in here
            if one.state == TakerState.MISSED
            or (one.state == TakerState.FAILED and (allowed is None or one.n_attempts >= allowed or self.is_closed))
        ]

    @property
    def is_closed(self) -> bool:
        """Whether nobody can begin any more."""
        closes = self.sitting.closes_at
        return self.sitting.cancelled_at is not None or (closes is not None and closes <= clock.now())


@dataclass(frozen=True, slots=True)
class Outlook:
    """What opening a sitting would mean for the people chosen: ``unmarked`` are those whom fewer people may mark than
    the paper wants, by how many may; ``knowing`` those who may read question banks; ``n_never_asked`` questions of the
    bank of an adaptive exam are of kinds that it does not ask."""

    exam: ExamDocument
    unmarked: Mapping[Employee, int] = field(default_factory=dict)
    knowing: Sequence[Employee] = ()
    n_never_asked: int = 0


def occasions_of(*, user: User) -> QuerySet[Sitting]:
    """The sittings that the user runs, the newest first: see ``led_by``, and those that everybody may take. What people
    begin by themselves at the end of a course is none of them."""
    if not visible_to(user).may(Permission.ASSIGN_TRAINING):
        return Sitting.objects.none()
    rows = led_by(user) | Sitting.objects.filter(is_for_all=True)
    rows = rows.exclude(pk__in=CourseExam.objects.values("sitting"))
    return rows.distinct().order_by("-opens_at", "-id")


def occasion(*, user: User, sitting_id: UUID) -> Occasion:
    """One of them with its people; absent and not the user's to run are the same answer."""
    found = occasions_of(user=user).filter(pk=sitting_id).select_related("version").first()
    if found is None:
        raise NotVisibleError
    return _occasions(user, [found], detailed=True)[0]


def occasions(*, user: User, sittings: Sequence[Sitting]) -> list[Occasion]:
    """These with their people, read together; the sittings are some of ``occasions_of``."""
    return _occasions(user, sittings, detailed=False)


def _occasions(user: User, sittings: Sequence[Sitting], *, detailed: bool) -> list[Occasion]:
    led = visible_to(user).employees(Permission.ASSIGN_TRAINING)
    ids = [one.pk for one in sittings]
    assigned: dict[UUID, set[UUID]] = defaultdict(set)
    tasks = record.Assignment.objects.filter(
        kind=record.AssignmentKind.EXAM, target__in=map(str, ids), employee__in=led
    )  # fmt: skip
    for target, employee in tasks.filter(cancelled_at=None).values_list("target", "employee"):
        assigned[UUID(target)].add(employee)
    taken: dict[UUID, dict[UUID, list[Attempt]]] = defaultdict(lambda: defaultdict(list))
    for attempt in Attempt.objects.filter(sitting__in=ids, employee__in=led).defer("paper").order_by("number"):
        assert attempt.sitting_id is not None
        taken[attempt.sitting_id][attempt.employee_id].append(attempt)
    wanted = {pk for one in ids for pk in (*assigned[one], *taken[one])}
    people = {one.pk: one for one in Employee.objects.filter(pk__in=wanted).order_by("number")}
    waiting = _waiting(user, ids) if detailed else {}
    found = []
    for sitting in sittings:
        takers = tuple(
            _taker(person, sitting, taken[sitting.pk].get(pk, []), pk in assigned[sitting.pk])
            for pk, person in people.items()
            if pk in assigned[sitting.pk] or pk in taken[sitting.pk]
        )
        counts = Counter(one.state for one in takers)
        spared = _made_up(sitting) if detailed else frozenset()
        found.append(
            Occasion(sitting, exam_of(sitting), takers, counts, *waiting.get(sitting.pk, (0, 0)), spared=spared)
        )
    return found


def _made_up(sitting: Sitting) -> frozenset[UUID]:
    """Who passed a make-up of a sitting, or one of those."""
    found: set[UUID] = set()
    below = {sitting.pk}
    while below:
        found |= below
        below = set(Sitting.objects.filter(makes_up_for__in=below).values_list("pk", flat=True)) - found
    passed = Attempt.objects.filter(sitting__in=found - {sitting.pk}, is_passed=True)
    return frozenset(passed.values_list("employee", flat=True))


def _waiting(user: User, ids: Sequence[UUID]) -> dict[UUID | None, tuple[int, int]]:
    """Of each sitting: how many answers wait for marks, and how many of them have one."""
    rows = to_mark_by(user).filter(is_open=True, attempt__sitting__in=ids, attempt__state=AttemptState.HANDED_IN)
    found: dict[UUID | None, tuple[int, int]] = {}
    for pk in ids:
        mine = rows.filter(attempt__sitting=pk)
        found[pk] = mine.count(), mine.filter(marks__kind=MarkKind.GIVEN).distinct().count()
    return found


def _taker(person: Employee, sitting: Sitting, attempts: Sequence[Attempt], is_assigned: bool) -> Taker:
    now = clock.now()
    running = next((one for one in attempts if one.is_running and not is_over(one, now)), None)
    if running is not None:
        left = None if running.ends_at is None else max(0.0, (running.ends_at - now).total_seconds())
        return Taker(person, TakerState.RUNNING, running, len(attempts), _n_answered(running), left, is_assigned)
    best = max((one for one in attempts if one.state == AttemptState.MARKED), key=_worth, default=None)
    if best is None or not best.is_passed:
        open_ = next((one for one in attempts if one.state != AttemptState.MARKED), None)
        if open_ is not None:  # handed in, or about to be
            return Taker(
                person, TakerState.TO_MARK, open_, len(attempts), _n_answered(open_), None, is_assigned
            )  # fmt: skip
    if best is not None:
        state = TakerState.PASSED if best.is_passed else TakerState.FAILED
        return Taker(person, state, best, len(attempts), _n_answered(best), None, is_assigned)
    is_closed = sitting.closes_at is not None and sitting.closes_at <= now
    return Taker(person, TakerState.MISSED if is_closed else TakerState.NOT_BEGUN, None, 0, 0, None, is_assigned)


def _worth(attempt: Attempt) -> tuple[bool, object, int]:
    return bool(attempt.is_passed), attempt.points, -attempt.number


def _n_answered(attempt: Attempt) -> int:
    return sum(stands.get("answer") is not None for stands in attempt.answers.values())


def outlook(*, user: User, exam: str, employees: Sequence[Employee]) -> Outlook:
    """What to know before a sitting of an exam is opened for these people: the paper, for whom there are too few
    markers, and who may read question banks."""
    visible_to(user).require(Permission.ASSIGN_TRAINING)
    wanted = {one.pk: one for one in employees}
    n_markers: Counter[UUID] = Counter()
    knowing = []
    for sight, own in _sights(Permission.RAISE_NEEDS):
        covered = sight.employees(Permission.RAISE_NEEDS).filter(pk__in=wanted).values_list("pk", flat=True)
        n_markers.update(set(covered) - {own})
    for _sight, own in _sights(Permission.WRITE_LIBRARY):
        if own in wanted:
            knowing.append(wanted[own])
    paper = current_exam(exam)[1]
    unmarked = {one: n_markers[pk] for pk, one in wanted.items() if n_markers[pk] < paper.markers}
    return Outlook(paper, unmarked, knowing, never_asked(paper.adaptive) if paper.adaptive is not None else 0)


def _sights(permission: Permission) -> Iterable[tuple[Sight, UUID | None]]:
    """What everybody who has a permission today sees, with the employee that they are."""
    roles = [key for key, role in ROLES.items() if permission in role.permissions]
    holders = RoleGrant.objects.on(today_in_company()).filter(role__in=roles).values("user")
    for user in User.objects.filter(pk__in=holders, is_active=True):
        yield visible_to(user), user.employee_id


def add_people(
    *, actor: User | None, sitting_id: UUID, employees: Sequence[Employee], due_at: datetime | None = None
) -> list[record.Assignment]:
    """Assign a sitting to more people; who is assigned it already stays as they are. Returns the new assignments."""
    if not employees:
        raise refuse("record.nobody_chosen", "employees")
    with write(actor=actor, verb="learning.add_people") as audit:
        sitting = Sitting.objects.select_for_update(no_key=True).filter(pk=sitting_id).first()
        if sitting is None or (actor is not None and not occasions_of(user=actor).filter(pk=sitting_id).exists()):
            raise NotVisibleError
        now = clock.now()
        if sitting.cancelled_at is not None or (sitting.closes_at is not None and sitting.closes_at <= now):
            raise refuse("learning.sitting_over", "employees")
        there = _assigned_ids(sitting)
        more = [one for one in employees if one.pk not in there]
        if not more:
            audit.unchanged()
            return []
        rows = record.assign(actor=actor, employees=more, what=new_assignment(sitting, due_at, sitting.note))
        audit.note(sitting, {"employees": [None, [str(one.pk) for one in more]]})
    return rows


def _assigned_ids(sitting: Sitting) -> Collection[UUID]:
    rows = record.Assignment.objects.filter(kind=record.AssignmentKind.EXAM, target=str(sitting.pk))
    return set(rows.filter(cancelled_at=None).values_list("employee", flat=True))


def open_make_up(
    *, actor: User, sitting_id: UUID, closes_at: datetime | None, batch: UUID | None = None, note: str = ""
) -> Sitting:
    """Open a make-up (补考) at once for those who missed a sitting or failed it for good, with its time and attempts
    and the paper in force. ``batch`` makes a second click harmless."""
    before = occasion(user=actor, sitting_id=sitting_id)
    if batch is not None and (there := Sitting.objects.filter(pk=batch, created_by=actor).first()) is not None:
        return there
    people = before.to_make_up
    if not people:
        raise refuse("learning.nobody_to_make_up", "employees")
    what = NewSitting(
        exam=before.sitting.exam,
        closes_at=closes_at,
        minutes=before.sitting.minutes,
        attempts=before.sitting.attempts_allowed,
        note=note,
        batch=batch,
        makes_up_for=before.sitting,
    )
    return open_sitting(actor=actor, what=what, employees=people)


def waiting_halfway(*, user: User, sitting_id: UUID) -> list[UUID]:
    """The answers of a sitting that somebody marked and that wait for somebody else."""
    rows = Response.objects.filter(pk__in=to_mark_by(user), attempt__sitting=sitting_id, is_open=True)
    rows = rows.filter(attempt__state=AttemptState.HANDED_IN, marks__kind=MarkKind.GIVEN).distinct()
    return list(rows.order_by("pk").values_list("pk", flat=True))
