"""Rows of exams: occasions, attempts with what happened in them, answers and marks."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row


class Sitting(Row):
    """One occasion on which an exam is taken (考试场次), pinned to the version of the paper that it was opened with.

    ``opens_at`` and ``closes_at`` bound when an attempt may begin; an attempt that has begun keeps its time, but never
    beyond ``closes_at``. ``minutes`` and ``attempts_allowed`` are those of the paper when it was opened; NULL is
    without bound. ``is_for_all``: everybody may take it, else who was assigned it. ``makes_up_for`` is the sitting that
    a make-up (补考) is held for; ``note`` a word to who takes it.
    """

    version = models.ForeignKey("library.ContentVersion", on_delete=models.PROTECT, related_name="+")
    exam = models.CharField(max_length=150)
    title = models.JSONField(default=dict)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True)
    minutes = models.PositiveSmallIntegerField(null=True)
    attempts_allowed = models.PositiveSmallIntegerField(null=True)
    wait_hours = models.PositiveSmallIntegerField(default=0)
    is_for_all = models.BooleanField(default=False)
    makes_up_for = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="make_ups")
    note = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    cancel_reason = models.CharField(max_length=500, blank=True, default="")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(closes_at=None) | models.Q(closes_at__gt=models.F("opens_at")),
                name="sitting_closes_after_it_opens",
            )
        ]

    def __str__(self) -> str:
        return f"{self.exam} {self.opens_at:%Y-%m-%d}"

    def is_open(self, now: datetime) -> bool:
        """Whether an attempt may begin at ``now``."""
        return self.cancelled_at is None and self.opens_at <= now and (self.closes_at is None or now < self.closes_at)


class AttemptState(models.TextChoices):
    """Where an attempt stands."""

    RUNNING = "running"
    HANDED_IN = "handed_in"  # people have yet to mark something
    MARKED = "marked"


class Attempt(Row):
    """One person's answers to one paper (作答), by the server's clock.

    ``paper`` is what was set, in the order in which it is met: for each item its number, name, version, points and the
    order of its options. ``answers`` is what stands answered, by number: ``{"answer", "seq"}``; each change of it is an
    event too. ``ends_at`` is when the time is up, NULL without a limit; an extension moves it and is an event.
    ``seq`` is the number of the last event. Points, grade and ``is_passed`` are NULL until everything is marked.
    ``followed_at``: when what follows from the result was done last; before ``marked_at`` it is to be done.
    ``may_know_items``: when it began the person could read question banks, because of what the person may write.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="exam_attempts")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sitting = models.ForeignKey("learning.Sitting", null=True, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField(default=1)
    language = models.CharField(max_length=10)
    seed = models.PositiveBigIntegerField()
    paper = models.JSONField(encoder=DjangoJSONEncoder)
    answers = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=AttemptState, default=AttemptState.RUNNING)
    seq = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    handed_in_at = models.DateTimeField(null=True)
    marked_at = models.DateTimeField(null=True)
    followed_at = models.DateTimeField(null=True)
    points = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    of = models.DecimalField(max_digits=8, decimal_places=2)
    grade = models.CharField(max_length=20, blank=True, default="")
    is_passed = models.BooleanField(null=True)
    may_know_items = models.BooleanField(default=False)
    assignment = models.ForeignKey(
        "record.Assignment", null=True, on_delete=models.PROTECT, related_name="exam_attempts"
    )
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["employee", "sitting", "number"], name="one_attempt_a_number"),
            models.UniqueConstraint(
                fields=["employee", "sitting"],
                condition=models.Q(state="running"),
                name="one_running_attempt_a_sitting",
            ),
            models.CheckConstraint(
                condition=models.Q(state="running", handed_in_at=None)
                | (~models.Q(state="running") & models.Q(handed_in_at__isnull=False)),
                name="attempt_is_handed_in_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state="marked", points__isnull=False, marked_at__isnull=False)
                | (~models.Q(state="marked") & models.Q(points=None, marked_at=None)),
                name="marked_attempt_has_points",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "ends_at"]), models.Index(fields=["sitting", "state"])]

    def __str__(self) -> str:
        return f"{self.employee} · {self.sitting} · {self.number}"

    @property
    def is_running(self) -> bool:
        """Whether answers may still come."""
        return self.state == AttemptState.RUNNING


class AttemptEventKind(models.TextChoices):
    """What happened in an attempt."""

    START = "start"
    ANSWER = "answer"
    DRILL = "drill"  # a drill of a question was begun
    EXTEND = "extend"
    HAND_IN = "hand_in"
    TIME_UP = "time_up"
    CORRECT = "correct"  # an answer got other points after it was marked
    REGRADE = "regrade"  # an item was graded anew for everybody


class AttemptEvent(Ledger):
    """One event of an attempt (作答事件). Append-only.

    ``payload`` of an answer is ``{"n", "answer"}``; of a drill ``{"n", "inner", "try", "run"}``; of an extension
    ``{"minutes", "reason"}``; of a correction or of an item graded anew what it was about, the ``reason``, and under
    ``result`` points and grade before and after.
    ``client_id`` is the page's id of what it sent; the same is stored once.
    """

    # No index of its own: the constraint begins with it. Nobody asks for the events of one person: each index is a page
    # to be written with every answer.
    attempt = models.ForeignKey("learning.Attempt", on_delete=models.PROTECT, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=AttemptEventKind)
    client_id = models.UUIDField(null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    payload = models.JSONField(default=dict)
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["attempt", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["attempt", "seq"], name="one_attempt_event_a_number"),
            models.UniqueConstraint(fields=["attempt", "client_id"], name="an_answer_sent_twice_is_one_event"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.seq} {self.kind}"


class Response(Row):
    """What one answer of an attempt is worth (答题结果), made when it is handed in: the row that item statistics read.

    ``item`` is ``bank#item`` and ``version`` that of its bank; ``chosen`` what was answered, as it was sent. ``parts``
    are the reasons. ``is_open``: people have yet to decide, and ``points`` are a proposal.

    What people decided stands beside what was proposed: ``parts`` and ``proposed`` (NULL where nobody was asked) stay
    as they were, ``decided`` holds the points by part of a case ("" for an answer of one part). ``is_reached``: the
    clock did not end the attempt before the person came to it.
    """

    attempt = models.ForeignKey("learning.Attempt", on_delete=models.PROTECT, related_name="responses")
    number = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=200)
    version = models.ForeignKey("library.ContentVersion", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    chosen = models.JSONField(null=True)
    points = models.DecimalField(max_digits=6, decimal_places=2)
    of = models.DecimalField(max_digits=6, decimal_places=2)
    parts = models.JSONField(default=list)
    is_open = models.BooleanField(default=False)
    is_answered = models.BooleanField(default=True)
    is_reached = models.BooleanField(default=True)
    proposed = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    decided = models.JSONField(default=dict)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["attempt", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["attempt", "number"], name="one_response_a_number"),
            models.CheckConstraint(
                condition=models.Q(points__gte=0) & models.Q(points__lte=models.F("of")),
                name="response_within_its_points",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["item", "version"]), models.Index(fields=["is_open"])]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.number} {self.item}"


class MarkKind(models.TextChoices):
    """How a mark came about."""

    GIVEN = "given"
    CORRECTED = "corrected"
    SETTLED = "settled"  # another marker was not to be had; who runs the exam let the marks there are stand


class Mark(Ledger):
    """What one person gave an open answer (人工评分). It is append-only: a mark stands, and nobody marks an
    answer twice. What turned out wrong is corrected by a mark of its own that ``supersedes`` it and says why.

    ``points`` are those of the whole answer; ``parts`` by part that a person decides ("" for an answer of one part).
    """

    response = models.ForeignKey("learning.Response", on_delete=models.PROTECT, related_name="marks")
    marker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=MarkKind, default=MarkKind.GIVEN)
    points = models.DecimalField(max_digits=6, decimal_places=2)
    parts = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True, default="")
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["response", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["response", "marker"], condition=models.Q(kind="given"), name="nobody_marks_an_answer_twice"
            )
        ]

    def __str__(self) -> str:
        return f"{self.response_id} {self.points}"
