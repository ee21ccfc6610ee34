"""Rows of what is done about results that were wrong: contests of answers, and items graded anew."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row


class ContestState(models.TextChoices):
    """Where a contest stands."""

    OPEN = "open"
    KEPT = "kept"  # the points stay
    CHANGED = "changed"


class Contest(Row):
    """That a person does not agree with the points of an answer (复核申请), why, and what was decided. An answer is
    contested once."""

    response = models.OneToOneField("learning.Response", on_delete=models.PROTECT, related_name="contest")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ContestState, default=ContestState.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=500, blank=True, default="")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at=None)
                | (~models.Q(state="open") & models.Q(decided_at__isnull=False)),
                name="contest_is_decided_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.response} {self.state}"


class RegradeHow(models.TextChoices):
    """How an item is graded anew."""

    MENDED = "mended"  # by the version of its bank that is in force
    ALL_ANSWERED = "all_answered"  # whoever answered gets the points
    TAKEN_OUT = "taken_out"


class Regrade(Ledger):
    """That an item of a sitting was graded anew for everybody (重新判分), why, and whose results it changed. It is
    append-only.

    ``changes`` are ``{"attempt", "points", "of", "grade"}`` with each value before and after.
    """

    sitting = models.ForeignKey("learning.Sitting", on_delete=models.PROTECT, related_name="regrades")
    item = models.CharField(max_length=200)
    how = models.CharField(max_length=20, choices=RegradeHow)
    version = models.ForeignKey("library.ContentVersion", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    changes = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.sitting_id} {self.item} {self.how}"
