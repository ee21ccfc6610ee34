"""Rows of the base app."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import uuid_utils.compat
from django.conf import settings
from django.db import models


def new_id() -> uuid.UUID:
    """A UUIDv7: unique, and in order of creation."""
    fresh: uuid.UUID = uuid_utils.compat.uuid7()
    return fresh


class Row(models.Model):
    """What every stored row has: an id that sorts by creation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class LedgerQuerySet(models.QuerySet[Any]):
    """Entries can be added and read."""

    def update(self, **kwargs: Any) -> int:
        """Refused: entries stay as they are."""
        raise TypeError(f"{self.model.__name__}: entries are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused: entries stay."""
        raise TypeError(f"{self.model.__name__}: entries are never deleted")


class Ledger(Row):
    """Rows that are only ever added. Triggers in the database refuse what goes past this class (``base.guard``)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only new entries can be saved."""
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__}: entries are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: entries stay."""
        raise TypeError(f"{type(self).__name__}: entries are never deleted")


class Company(Row):
    """The one company (公司) of this installation and its settings."""

    name = models.JSONField(default=dict)  # {zh, en}
    time_zone = models.CharField(max_length=64, default="Asia/Shanghai")
    calendar = models.CharField(max_length=100, default="always")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return str(self.name.get("zh") or self.name.get("en") or "")


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Entries can be added and read."""

    def update(self, **kwargs: Any) -> int:
        """Refused: entries stay as they are."""
        raise TypeError("audit entries are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused: entries stay."""
        raise TypeError("audit entries are never deleted")


class AuditEntry(Row):
    """One write (审计记录): who did what to which object, with the values before and after. Append-only."""

    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=80)
    object_kind = models.CharField(max_length=80)
    object_id = models.CharField(max_length=80)
    object_label = models.CharField(max_length=200)
    changes = models.JSONField(default=dict)  # {field: [before, after]}
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [
            models.Index(fields=["object_kind", "object_id"]),
            models.Index(fields=["verb", "-at"]),
            models.Index(fields=["-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only new entries can be saved."""
        if not self._state.adding:
            raise TypeError("an audit entry is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: entries stay."""
        raise TypeError("an audit entry is never deleted")


class JobState(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Row):
    """Long work (后台任务) done by the worker, with progress; it can be cancelled and survives a restart.

    ``subject`` is the id of what it is about, where somebody looks for the jobs of one thing.
    """

    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=100, blank=True, default="")
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=JobState, default=JobState.QUEUED)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    phase = models.CharField(max_length=80, blank=True, default="")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    is_cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(null=True)
    faults = models.JSONField(default=list)  # reasons as key and params
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["state", "id"]),
            models.Index(fields=["kind", "subject", "-id"], name="jobs_of_a_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)

    @property
    def percent(self) -> int | None:
        """Progress in whole percent; ``None`` while the total is unknown."""
        if self.state == JobState.DONE:
            return 100
        return min(100, self.done * 100 // self.total) if self.total else None


class StoredFile(Row):
    """A file kept under the hash of its content, so that the same bytes are kept once."""

    sha256 = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class InboxMessage(Row):
    """A message of the product to one user (站内消息), as a reason that is put into words when shown."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    link = models.CharField(max_length=300, blank=True, default="")
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["recipient", "read_at"])]

    def __str__(self) -> str:
        return self.key
