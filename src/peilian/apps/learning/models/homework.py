"""Rows of homework: what was handed in, version by version, and what was said about each."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row


class HomeworkState(models.TextChoices):
    """Where homework stands."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"


class Homework(Row):
    """The homework (作业) that somebody hands in for one round of a lesson. ``n_versions`` is the number of the last
    version; the state is that of this one."""

    round = models.OneToOneField("learning.LessonRound", on_delete=models.PROTECT, related_name="homework")
    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="homework")
    state = models.CharField(max_length=10, choices=HomeworkState, default=HomeworkState.SUBMITTED)
    n_versions = models.PositiveSmallIntegerField(default=0)
    submitted_at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["state", "submitted_at"])]

    def __str__(self) -> str:
        return f"{self.employee} · {self.round.lesson}"


class HomeworkVersion(Ledger):
    """One version of homework as it was handed in. Append-only. ``client_id`` is the page's id of what it sent; the
    same is stored once."""

    homework = models.ForeignKey("learning.Homework", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    client_id = models.UUIDField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["homework", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["homework", "number"], name="one_homework_version_a_number"),
            models.UniqueConstraint(fields=["homework", "client_id"], name="homework_sent_twice_is_one_version"),
        ]

    def __str__(self) -> str:
        return f"{self.homework_id} {self.number}"


class HomeworkFile(Ledger):
    """A file of a version of homework. Append-only; a version that keeps a file of the one before has a row of its
    own for it."""

    version = models.ForeignKey("learning.HomeworkVersion", on_delete=models.PROTECT, related_name="files")
    position = models.PositiveSmallIntegerField()
    file = models.ForeignKey("base.StoredFile", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["version", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "position"], name="one_homework_file_a_position"),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def is_picture(self) -> bool:
        """Whether it may be shown in a page."""
        return bool(self.media_type.startswith("image/"))


class HomeworkDecision(Ledger):
    """What was decided about a version (作业评阅). Append-only. ``criteria`` are ``{met, note}`` in the order in which
    the lesson names by what it is judged."""

    version = models.OneToOneField("learning.HomeworkVersion", on_delete=models.PROTECT, related_name="decision")
    is_accepted = models.BooleanField()
    criteria = models.JSONField(default=list)
    note = models.CharField(max_length=1000, blank=True, default="")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(is_accepted=True) | ~models.Q(note=""), name="returned_homework_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.is_accepted}"
