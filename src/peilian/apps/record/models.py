"""Rows of the record app."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, cast
from uuid import UUID

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row
from peilian.engine._kernel import Reason
from peilian.engine.competency import Evidence as EvidenceValue
from peilian.engine.competency.model import SourceKind


class EvidenceQuerySet(LedgerQuerySet):
    """Pieces by whether they count."""

    def current(self) -> EvidenceQuerySet:
        """Those that nothing superseded."""
        return self.filter(superseded_by=None)

    def counting(self) -> EvidenceQuerySet:
        """Those that bear on estimates: current and not withdrawn."""
        return self.current().filter(weight__gt=0)


class EvidenceKind(models.TextChoices):
    """Where evidence comes from."""

    DRILL = "drill"
    EXAM = "exam"
    CONVERSATION = "conversation"
    KPI = "kpi"
    OBSERVATION = "observation"
    REVIEW = "review"


class Evidence(Ledger):
    """One piece of evidence on one competency of one person (能力证据). Append-only.

    ``score`` runs from 0 to 1; ``n`` counts the cases behind it; ``weight`` tells how fully it speaks for the
    competency, 0 that it was withdrawn. A source counts once: what changes about it is a new piece of the next
    ``revision`` that supersedes the former one.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="evidence")
    competency = models.CharField(max_length=60)
    model = models.CharField(max_length=60)
    model_version = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, choices=EvidenceKind)
    score = models.FloatField()
    weight = models.FloatField(default=1.0)
    n = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    source_kind = models.CharField(max_length=40)
    source_id = models.CharField(max_length=100)
    label_key = models.CharField(max_length=80)
    label_params = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True, default="")
    revision = models.PositiveSmallIntegerField(default=0)
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        verbose_name_plural = "evidence"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "employee", "competency", "kind", "revision"],
                name="a_source_counts_once",
            ),
            models.CheckConstraint(
                condition=models.Q(score__gte=0, score__lte=1), name="evidence_score_between_0_and_1"
            ),
            models.CheckConstraint(
                condition=models.Q(weight__gte=0, weight__lte=1), name="evidence_weight_between_0_and_1"
            ),
            models.CheckConstraint(condition=models.Q(n__gte=1), name="evidence_stands_on_a_case"),
            models.CheckConstraint(
                condition=models.Q(revision=0, supersedes=None) | models.Q(revision__gt=0, supersedes__isnull=False),
                name="evidence_revision_supersedes",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["employee", "competency", "at"])]

    def __str__(self) -> str:
        return f"{self.competency} {self.score:.2f} ({self.kind})"

    @property
    def label(self) -> Reason:
        """What the source is called."""
        return Reason(self.label_key, self.label_params)

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back and no longer bears on anything."""
        return self.weight == 0

    VALUE_FIELDS: ClassVar = ("id", "competency", "kind", "score", "n", "weight", "at")

    @staticmethod
    def value_of(
        pk: UUID, competency: str, kind: str, score: float, n: int, weight: float, at: datetime
    ) -> EvidenceValue:
        """The engine's value of ``VALUE_FIELDS`` of a piece that counts; its source is the id of the row."""
        at_ms = int(at.timestamp() * 1000)
        return EvidenceValue(at_ms, str(pk), competency, cast("SourceKind", kind), score, n, weight)

    def value(self) -> EvidenceValue:
        """The engine's value of this piece."""
        return self.value_of(*(getattr(self, name) for name in self.VALUE_FIELDS))


class NeedState(models.TextChoices):
    """Where a need stands."""

    OPEN = "open"
    ASSIGNED = "assigned"
    MET = "met"
    DISMISSED = "dismissed"


class NeedSubject(models.TextChoices):
    """What a need is about."""

    COMPETENCY = "competency"
    PAIN_POINT = "pain_point"


class NeedOrigin(models.TextChoices):
    """Who or what noticed a need."""

    GAP = "gap"
    DIAGNOSIS = "diagnosis"
    DRILL = "drill"
    EXAM = "exam"
    REVIEW = "review"
    SUPERVISOR = "supervisor"
    APPRAISAL = "appraisal"


LIVE_NEEDS = (NeedState.OPEN, NeedState.ASSIGNED)


class Need(Row):
    """What somebody should train next (培训需求): a competency or a pain point, with what shows it.

    ``evidence`` holds references ``{"kind", "id"}``. At one time a person has one live need of a subject.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="needs")
    subject_kind = models.CharField(max_length=20, choices=NeedSubject)
    subject = models.CharField(max_length=60)
    origin = models.CharField(max_length=20, choices=NeedOrigin)
    evidence = models.JSONField(default=list)
    state = models.CharField(max_length=20, choices=NeedState, default=NeedState.OPEN)
    reason_key = models.CharField(max_length=80)
    reason_params = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True, default="")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["employee", "subject_kind", "subject"],
                condition=models.Q(state__in=["open", "assigned"]),
                name="one_live_need_of_a_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "assigned"], closed_at=None)
                | models.Q(state__in=["met", "dismissed"], closed_at__isnull=False),
                name="need_is_closed_when_over",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["employee", "state"])]

    def __str__(self) -> str:
        return f"{self.employee} · {self.subject}"

    @property
    def reason(self) -> Reason:
        """Why it was raised."""
        return Reason(self.reason_key, self.reason_params)

    @property
    def is_live(self) -> bool:
        """Whether something is still to be done about it."""
        return self.state in LIVE_NEEDS


class AssignmentKind(models.TextChoices):
    """What is assigned."""

    DRILL = "drill"
    EXAM = "exam"
    LESSON = "lesson"
    COURSE = "course"
    PATH = "path"
    HOMEWORK = "homework"


class AttemptRule(models.TextChoices):
    """Which attempt counts."""

    BEST = "best"
    LAST = "last"


class AssignmentState(models.TextChoices):
    """Where an assignment stands; derived, never stored."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"
    CANCELLED = "cancelled"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments by state."""

    def in_states(self, states: Iterable[AssignmentState | str], *, now: datetime) -> AssignmentQuerySet:
        """Those in one of ``states`` at ``now``."""
        late = models.Q(due_at__lt=now)
        running = models.Q(cancelled_at=None, done_at=None)
        conditions = {
            AssignmentState.OPEN: running & (models.Q(due_at=None) | ~late),
            AssignmentState.OVERDUE: running & late,
            AssignmentState.DONE: models.Q(cancelled_at=None, done_at__isnull=False),
            AssignmentState.CANCELLED: models.Q(cancelled_at__isnull=False),
        }
        wanted = models.Q(pk__in=[])
        for state in states:
            wanted |= conditions[AssignmentState(state)]
        return self.filter(wanted)


class Assignment(Row):
    """Something one person was told to practise (练习任务), with its deadline and how attempts count.

    ``target`` is a key of what is practised, e.g. a scenario; ``title`` ``{zh, en}`` its name at the time.
    ``attempts_allowed`` NULL: as many as wished. ``done_at``: when it was passed or the last attempt used up.
    ``batch`` is shared by all that were assigned in one act.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="assignments")
    batch = models.UUIDField()
    kind = models.CharField(max_length=20, choices=AssignmentKind, default=AssignmentKind.DRILL)
    target = models.CharField(max_length=150)
    title = models.JSONField(default=dict)
    due_at = models.DateTimeField(null=True)
    attempts_allowed = models.PositiveSmallIntegerField(null=True)
    rule = models.CharField(max_length=10, choices=AttemptRule, default=AttemptRule.BEST)
    pass_mark = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    need = models.ForeignKey("record.Need", null=True, on_delete=models.PROTECT, related_name="assignments")
    note = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    cancel_reason = models.CharField(max_length=500, blank=True, default="")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "employee"], name="one_assignment_a_person_in_a_batch"),
            models.CheckConstraint(
                condition=models.Q(attempts_allowed=None) | models.Q(attempts_allowed__gte=1),
                name="assignment_allows_an_attempt",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["employee", "due_at"])]

    def __str__(self) -> str:
        return f"{self.employee} · {self.target}"

    def state_at(self, now: datetime) -> AssignmentState:
        """Where it stands at ``now``."""
        if self.cancelled_at is not None:
            return AssignmentState.CANCELLED
        if self.done_at is not None:
            return AssignmentState.DONE
        if self.due_at is not None and self.due_at < now:
            return AssignmentState.OVERDUE
        return AssignmentState.OPEN

    @property
    def attempts(self) -> list[AssignmentResult]:
        """The attempts by number, each with the result that stands: one that was corrected counts as corrected."""
        standing: dict[int, AssignmentResult] = {}
        for result in sorted(self.results.all(), key=lambda result: result.revision):
            standing[result.number] = result
        return [standing[number] for number in sorted(standing)]

    @property
    def counted(self) -> AssignmentResult | None:
        """The attempt that counts, by the rule; ``None`` before the first."""
        attempts = self.attempts
        if not attempts:
            return None
        if self.rule == AttemptRule.LAST:
            return attempts[-1]
        return max(attempts, key=lambda result: (result.is_passed, result.points, -result.number))

    @property
    def is_passed(self) -> bool:
        """Whether the attempt that counts was good enough."""
        return self.counted is not None and self.counted.is_passed

    @property
    def attempts_left(self) -> int | None:
        """How many attempts remain; ``None`` without a limit."""
        if self.attempts_allowed is None:
            return None
        return max(0, self.attempts_allowed - len(self.attempts))

    def is_enough(self, points: Decimal) -> bool:
        """Whether ``points`` reach the pass mark; any do where there is none."""
        return self.pass_mark is None or points >= self.pass_mark


class AssignmentResult(Ledger):
    """One attempt at an assignment, in points from 0 to 100. Append-only; one source is one attempt.

    A result that was corrected is superseded by one of the same number and the next ``revision``.
    """

    assignment = models.ForeignKey("record.Assignment", on_delete=models.PROTECT, related_name="results")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    points = models.DecimalField(max_digits=6, decimal_places=2)
    is_passed = models.BooleanField()
    source_kind = models.CharField(max_length=40)
    source_id = models.CharField(max_length=100)
    revision = models.PositiveSmallIntegerField(default=0)
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    recorded_at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["assignment", "number", "revision"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assignment", "number", "revision"], name="one_result_an_attempt"),
            models.UniqueConstraint(
                fields=["assignment", "source_kind", "source_id", "revision"], name="a_source_is_one_attempt"
            ),
            models.CheckConstraint(
                condition=models.Q(revision=0, supersedes=None) | models.Q(revision__gt=0, supersedes__isnull=False),
                name="result_revision_supersedes",
            ),
            models.CheckConstraint(
                condition=models.Q(points__gte=0, points__lte=100), name="result_points_between_0_and_100"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.points}"

    @property
    def is_late(self) -> bool:
        """Whether it came after the deadline."""
        due_at = self.assignment.due_at
        return due_at is not None and self.at > due_at


# Tables whose rows the database itself keeps from being changed.
GUARDED = ("record_evidence", "record_assignmentresult")
