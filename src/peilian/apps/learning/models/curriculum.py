"""Rows of the curriculum: who is on what, what was done in lessons, what is completed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row


class CompletionQuerySet(LedgerQuerySet):
    """Completions by whether they stand."""

    def standing(self) -> CompletionQuerySet:
        """Those that were not withdrawn."""
        return self.exclude(how=CompletionHow.WITHDRAWN).filter(withdrawn_by=None)


class CompletionHow(models.TextChoices):
    """What was done to complete something."""

    LEARNT = "learnt"
    TESTED_OUT = "tested_out"
    PASSED = "passed"
    READ = "read"
    DRILLED = "drilled"
    HANDED_IN = "handed_in"
    ATTENDED = "attended"
    CREDITED = "credited"
    WITHDRAWN = "withdrawn"


class Completion(Ledger):
    """That a person has completed a text of the library (完成记录), and by what. Append-only.

    ``what`` is ``kind:key`` as in ``lesson:service-core/four-steps``, ``version`` the one that was completed.
    ``source_kind`` and ``source_id`` name what shows it; the same source completes a text once. ``minutes`` are those
    that count as learning time, NULL where none do; ``percent`` the points where there were any. A completion that
    turned out wrong is withdrawn by a row of its own that names it and says why.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="completions")
    what = models.CharField(max_length=200)
    version = models.ForeignKey("library.ContentVersion", null=True, on_delete=models.PROTECT, related_name="+")
    title = models.JSONField(default=dict)
    how = models.CharField(max_length=20, choices=CompletionHow)
    at = models.DateTimeField()
    minutes = models.PositiveIntegerField(null=True)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    source_kind = models.CharField(max_length=40)
    source_id = models.CharField(max_length=100)
    withdraws = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="withdrawn_by")
    note = models.CharField(max_length=500, blank=True, default="")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = CompletionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["employee", "what", "source_kind", "source_id"],
                condition=~models.Q(how="withdrawn"),
                name="a_source_completes_a_text_once",
            ),
            models.CheckConstraint(
                condition=models.Q(how="withdrawn", withdraws__isnull=False)
                | (~models.Q(how="withdrawn") & models.Q(withdraws=None)),
                name="withdrawal_names_a_completion",
            ),
            models.CheckConstraint(
                condition=models.Q(percent=None) | models.Q(percent__gte=0, percent__lte=100),
                name="completion_percent_between_0_and_100",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["employee", "what", "at"])]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.what} {self.how}"


class EnrolmentHow(models.TextChoices):
    """How somebody came to be on a path, a course or a lesson."""

    SELF = "self"
    ASSIGNED = "assigned"
    RULE = "rule"
    REMEDIAL = "remedial"
    PLAN = "plan"


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    """Enrolments by where they stand."""

    def live(self) -> EnrolmentQuerySet:
        """Those that something is still to be done for; who assigned it has not taken it back."""
        return self.filter(completed_at=None, ended_at=None, assignment__cancelled_at=None)


class Enrolment(Row):
    """A person is on a path, a course or a lesson (学习安排): ``what`` is ``kind:key``.

    ``version`` is the one that it was begun with and stays on; ``courses`` pins those of a path, ``{key: version id}``.
    What was completed before ``counts_from`` does not count for it: somebody who learns a thing again does it again.
    ``attempt`` is the exam after which it is to be learnt again. ``looked_at`` is when it was brought up to date last.
    ``because``: of what came of a rule, its title and its reasons, ``{title, reasons: [{key, params}]}``.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="enrolments")
    what = models.CharField(max_length=200)
    version = models.ForeignKey("library.ContentVersion", on_delete=models.PROTECT, related_name="+")
    courses = models.JSONField(default=dict)
    title = models.JSONField(default=dict)
    how = models.CharField(max_length=10, choices=EnrolmentHow)
    assignment = models.ForeignKey("record.Assignment", null=True, on_delete=models.PROTECT, related_name="enrolments")
    attempt = models.ForeignKey("learning.Attempt", null=True, on_delete=models.PROTECT, related_name="remedial")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True)
    counts_from = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    looked_at = models.DateTimeField(null=True)
    because = models.JSONField(default=dict)
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["employee", "what"],
                condition=models.Q(completed_at=None, ended_at=None, attempt=None),
                name="one_live_enrolment_a_text",
            ),
            models.UniqueConstraint(
                fields=["employee", "what", "attempt"],
                condition=models.Q(attempt__isnull=False),
                name="one_remedial_lesson_an_attempt",
            ),
            models.CheckConstraint(
                condition=models.Q(completed_at=None) | models.Q(ended_at=None),
                name="enrolment_is_completed_or_ended",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["employee", "completed_at"]),
            models.Index(fields=["what", "completed_at"]),
            models.Index(fields=["completed_at", "looked_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.what}"

    @property
    def kind(self) -> str:
        """Path, course or lesson."""
        return str(self.what.partition(":")[0])

    @property
    def key(self) -> str:
        """The key of what is learnt."""
        return str(self.what.partition(":")[2])


class LessonRound(Row):
    """One time that a person goes through a lesson (课时学习), pinned to the version that it was begun with.

    ``paper`` holds the items of the check in the order in which they are asked, as in an attempt at an exam. ``seq`` is
    the number of the last piece of work.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="lesson_rounds")
    lesson = models.CharField(max_length=150)
    version = models.ForeignKey("library.ContentVersion", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(default=1)
    language = models.CharField(max_length=10)
    paper = models.JSONField(default=dict)
    seq = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["employee", "lesson", "number"], name="one_lesson_round_a_number"),
            models.UniqueConstraint(
                fields=["employee", "lesson"],
                condition=models.Q(completed_at=None),
                name="one_running_round_a_lesson",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.lesson} · {self.number}"


class LessonWorkKind(models.TextChoices):
    """What was done in a lesson."""

    CHECK = "check"
    REWRITE = "rewrite"
    REFLECTION = "reflection"
    HOMEWORK = "homework"
    READ = "read"


class LessonWork(Ledger):
    """One thing that a person did in a lesson (课时作答). Append-only; whatever page or device goes on reads it.

    ``item`` is ``bank#item`` of what was answered, ``answer`` what was sent, ``parts`` the reasons of its points.
    ``client_id`` is the page's id of what it sent; the same is stored once.
    """

    round = models.ForeignKey("learning.LessonRound", on_delete=models.PROTECT, related_name="work")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=LessonWorkKind)
    item = models.CharField(max_length=200, blank=True, default="")
    answer = models.JSONField(default=dict)
    points = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    of = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    parts = models.JSONField(default=list)
    at = models.DateTimeField()
    client_id = models.UUIDField(null=True)
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["round", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "seq"], name="one_piece_of_work_a_number"),
            models.UniqueConstraint(fields=["round", "client_id"], name="work_sent_twice_is_one_piece"),
            models.CheckConstraint(
                condition=models.Q(points=None, of=None)
                | (models.Q(points__gte=0) & models.Q(points__lte=models.F("of"))),
                name="work_within_its_points",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.seq} {self.kind}"


class CourseExam(Row):
    """The sitting that a person has to oneself for the exam of a course (课程考试、免修测试)."""

    sitting = models.OneToOneField("learning.Sitting", on_delete=models.PROTECT, related_name="course_exam")
    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="course_exams")
    course = models.CharField(max_length=150)
    is_test_out = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["employee", "course"])]

    def __str__(self) -> str:
        return f"{self.employee} · {self.course}"
