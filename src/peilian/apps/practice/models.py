"""Rows of the practice app."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row

GUARDED = ("practice_drillevent",)
"""Tables whose rows the database itself refuses to change."""


class ReadableJson(DjangoJSONEncoder):
    """Keeps Chinese as it is written: escaped, it takes twice the room."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class RunState(models.TextChoices):
    """Where a run stands."""

    RUNNING = "running"
    PAUSED = "paused"
    OVER = "over"


LIVE_RUNS = (RunState.RUNNING, RunState.PAUSED)


class RunMode(models.TextChoices):
    """How hard it is (难度)."""

    EASY = "easy"
    NORMAL = "normal"
    HARD = "hard"


class DrillRunQuerySet(models.QuerySet["DrillRun"]):
    """Runs of drills."""

    def counted(self) -> DrillRunQuerySet:
        """Those that speak for their person (``DrillRun.is_counted``)."""
        return self.filter(total__isnull=False, forked_from=None, shows_script=False, is_enclosed=False)

    def of_their_own(self) -> DrillRunQuerySet:
        """Those that nothing else encloses."""
        return self.filter(is_enclosed=False)


class DrillRun(Row):
    """One drill of one person (演练记录), pinned to the scenario, engine and customer model that it began with.

    Everything that happened lies in its events; the run keeps what lists and clocks need. ``day`` is the company's
    date of the start, ``seq`` the number of the last event, ``closes_at`` when the time is up. ``result`` and
    ``debrief`` are ``{zh, en}``, without what the events hold already; both are NULL, like ``total`` and ``passed``,
    while it runs and after a stop. ``remark`` is the key of a word about its end. ``was_fierce``: the customer of an
    abuse drill got to threats.

    ``is_enclosed``: it is part of something else, such as an exam, which alone tells what came of it; until then nobody
    is shown points, indices or hints, and it speaks for nobody by itself. ``ends_by`` is when that ends at the latest,
    ``leads_back_to`` its address.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="drill_runs")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    scenario = models.CharField(max_length=150)
    scenario_version = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    language = models.CharField(max_length=10)
    mode = models.CharField(max_length=10, choices=RunMode, default=RunMode.NORMAL)
    seed = models.PositiveBigIntegerField()
    engine_version = models.CharField(max_length=20)
    model_version = models.CharField(max_length=80)
    day = models.DateField()
    started_at = models.DateTimeField()
    paused_ms = models.PositiveBigIntegerField(default=0)
    paused_at = models.DateTimeField(null=True)
    pauses = models.PositiveSmallIntegerField(default=0)
    limit_ms = models.PositiveIntegerField()
    closes_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    seq = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=30, blank=True, default="")
    remark = models.CharField(max_length=80, blank=True, default="")
    result = models.JSONField(null=True, encoder=ReadableJson)
    debrief = models.JSONField(null=True, encoder=ReadableJson)
    total = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    passed = models.BooleanField(null=True)
    assignment = models.ForeignKey("record.Assignment", null=True, on_delete=models.PROTECT, related_name="drill_runs")
    forked_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="forks")
    fork_seq = models.PositiveIntegerField(null=True)
    shows_script = models.BooleanField(default=False)
    is_exam = models.BooleanField(default=False)
    is_abuse = models.BooleanField(default=False)
    was_fierce = models.BooleanField(default=False)
    consent_at = models.DateTimeField(null=True)
    is_enclosed = models.BooleanField(default=False)
    ends_by = models.DateTimeField(null=True)
    leads_back_to = models.CharField(max_length=200, blank=True, default="")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = DrillRunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["employee"],
                condition=models.Q(state__in=["running", "paused"]),
                name="one_running_drill_a_person",
            ),
            models.CheckConstraint(
                condition=models.Q(state="paused", paused_at__isnull=False)
                | (~models.Q(state="paused") & models.Q(paused_at=None)),
                name="run_is_paused_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state="over", ended_at__isnull=False)
                | (~models.Q(state="over") & models.Q(ended_at=None)),
                name="run_that_is_over_has_an_end",
            ),
            models.CheckConstraint(
                condition=models.Q(is_abuse=False) | models.Q(consent_at__isnull=False), name="abuse_needs_consent"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["employee", "day"]),
            models.Index(fields=["employee", "scenario"]),
            models.Index(fields=["state", "closes_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.title}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen in it."""
        return self.state == RunState.OVER

    @property
    def is_scored(self) -> bool:
        """Whether there is a result: a stopped drill has none."""
        return self.total is not None

    @property
    def counts_when_stopped(self) -> bool:
        """Whether stopping it gives a score, because attempts are numbered and one that was begun is one.

        Never where the customer is abusive: whoever cannot bear it gets out and pays nothing for it.
        """
        return self.is_exam and not self.is_abuse

    @property
    def is_fork(self) -> bool:
        """Whether it replays another run from some moment on."""
        return self.forked_from_id is not None

    @property
    def is_counted(self) -> bool:
        """Whether it speaks for the person: a replay and a drill with the answers in view are for learning only."""
        return self.is_scored and not self.is_fork and not self.shows_script and not self.is_enclosed


class EventKind(models.TextChoices):
    """What happened."""

    OPEN = "open"
    SAY = "say"
    ACT = "act"
    TICK = "tick"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


class DrillEvent(Ledger):
    """One event of a run with what the engine made of it (演练事件). Append-only.

    ``payload`` is ``{input, steps, state}``: what came in, the engine's steps, and the engine's state after them.
    ``client_id`` is the page's id of what it sent; the same is stored once.
    """

    run = models.ForeignKey("practice.DrillRun", on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    at_ms = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=10, choices=EventKind)
    client_id = models.UUIDField(null=True)
    payload = models.JSONField(encoder=ReadableJson)
    recorded_at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["run", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "seq"], name="one_event_a_number"),
            models.UniqueConstraint(fields=["run", "client_id"], name="what_is_sent_twice_is_one_event"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.seq} {self.kind}"


class DrillRating(Row):
    """What somebody who leads or judges gave a drill, on the dimensions of its result (主管评分)."""

    run = models.ForeignKey("practice.DrillRun", on_delete=models.PROTECT, related_name="ratings")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    points = models.JSONField()  # {dimension: points as text}
    note = models.CharField(max_length=500, blank=True, default="")
    rated_at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "rater"], name="one_rating_a_rater")]

    def __str__(self) -> str:
        return f"{self.run} · {self.rater}"
