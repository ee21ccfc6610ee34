"""Rows of practical exams before a panel: who is examined, who examines, and what each examiner gave."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row


class PanelKind(models.TextChoices):
    """What is played before a panel."""

    DRILL = "drill"
    ROLE_PLAY = "role_play"


class Panel(Row):
    """A practical exam (实操考核): what is played, when, and the scoring form as it was when it was opened.

    ``scenario`` is the drill in which each candidate meets the customer, empty where people play it.

    ``form`` is ``{"key", "title", "dimensions": [{"key", "label", "look_at", "weight", "competency"}], "cuts"}``.
    """

    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=PanelKind)
    story = models.TextField(max_length=4000)
    scenario = models.CharField(max_length=150, blank=True, default="")
    form = models.JSONField(encoder=DjangoJSONEncoder)
    starts_at = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-starts_at", "-id"]

    def __str__(self) -> str:
        return self.title


class PanelCandidate(Row):
    """A person who is examined by a panel. Percent, grade and ``result`` are NULL or empty until every examiner has
    scored; ``result`` holds by dimension ``{"key", "mean", "low", "high"}``. ``settled_reason``: why it was not waited
    for all. ``run`` is the drill that was played before the panel, and belongs to nothing else."""

    panel = models.ForeignKey("learning.Panel", on_delete=models.PROTECT, related_name="candidates")
    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="panels")
    decided_at = models.DateTimeField(null=True)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    grade = models.CharField(max_length=20, blank=True, default="")
    result = models.JSONField(default=list)
    settled_reason = models.CharField(max_length=500, blank=True, default="")
    run = models.OneToOneField("practice.DrillRun", null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["panel", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["panel", "employee"], name="one_candidate_a_panel"),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, percent=None)
                | models.Q(decided_at__isnull=False, percent__gte=0, percent__lte=100),
                name="panel_result_has_a_percent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.panel} · {self.employee}"


class Examiner(Row):
    """Somebody who scores before a panel (评委): a user, or a guest with a link (``user`` NULL). Of the link only its
    hash is kept."""

    panel = models.ForeignKey("learning.Panel", on_delete=models.PROTECT, related_name="examiners")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    is_customer = models.BooleanField(default=False)
    link_hash = models.CharField(max_length=64, blank=True, default="")
    link_ends_at = models.DateTimeField(null=True)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["panel", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["panel", "user"], name="one_examiner_a_panel"),
            models.UniqueConstraint(
                fields=["link_hash"], condition=~models.Q(link_hash=""), name="a_link_is_one_examiner_s"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PanelSheet(Ledger):
    """What one examiner gave one candidate (评分表), ``points`` by dimension. Append-only: a sheet stands."""

    candidate = models.ForeignKey("learning.PanelCandidate", on_delete=models.PROTECT, related_name="sheets")
    examiner = models.ForeignKey("learning.Examiner", on_delete=models.PROTECT, related_name="sheets")
    points = models.JSONField()
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["candidate", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["candidate", "examiner"], name="an_examiner_scores_once"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} {self.examiner_id}"
