"""Rows of the curriculum."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet


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
