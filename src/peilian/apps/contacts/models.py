"""Rows of the contacts app."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import JobState, Row
from peilian.apps.contacts.business_models import (  # noqa: F401  Django finds the rows of business tables here
    AttendanceDay,
    CustomerOrder,
    FeaturedItem,
    FormerRow,
    ReportSubmission,
    Review,
    SalesTarget,
    ShopDay,
    ShopSnapshot,
    TableImport,
    TableState,
)
from peilian.apps.contacts.extraction_models import Extraction  # noqa: F401


class ImportQuerySet(models.QuerySet["ConversationImport"]):
    """Imports by how far they are."""

    def prepared(self) -> ImportQuerySet:
        """Those whose files were uploaded and that nobody has started."""
        return self.filter(job__isnull=True, report__isnull=True)

    def started(self) -> ImportQuerySet:
        """All others."""
        return self.filter(models.Q(job__isnull=False) | models.Q(report__isnull=False))

    def over(self) -> ImportQuerySet:
        """Those whose job will do nothing more."""
        return self.filter(job__state__in=(JobState.DONE, JobState.FAILED, JobState.CANCELLED))


class ConversationImport(Row):
    """One import of conversation files into the lake (导入), with its job and its counts.

    Without a job and a report it is prepared only. ``report`` is written as soon as the lake has the conversations;
    ``rejects`` holds every fault, a JSON object a line, masked as everything that leaves the importer.
    """

    job = models.OneToOneField("base.Job", null=True, on_delete=models.PROTECT, related_name="conversation_import")
    files = models.ManyToManyField("base.StoredFile", related_name="+")
    file_names = models.JSONField(default=list)
    format = models.CharField(max_length=60, default="auto")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    report = models.JSONField(null=True)
    rejects = models.ForeignKey("base.StoredFile", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return ", ".join(self.file_names)


class Grain(models.TextChoices):
    """What a snapshot is about."""

    COMPANY = "company"
    AGENT = "agent"
    TEAM = "team"


class KpiSnapshot(models.Model):
    """One measure of one month and subject as it stood when taken (指标快照): sums and counts, never only a mean."""

    id = models.BigAutoField(primary_key=True)
    kpi = models.CharField(max_length=80)
    definition_version = models.PositiveSmallIntegerField()
    period = models.CharField(max_length=10)  # 2026-11
    grain = models.CharField(max_length=20, choices=Grain)
    subject = models.CharField(max_length=200, blank=True, default="")  # account or team; empty: company, or nobody
    value = models.FloatField(null=True)
    numerator = models.FloatField(null=True)
    denominator = models.FloatField(null=True)
    n = models.BigIntegerField()
    is_mature = models.BooleanField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kpi", "definition_version", "period", "grain", "subject"], name="one_snapshot"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.period} {self.subject}"
