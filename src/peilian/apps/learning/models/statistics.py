"""Rows of measuring with questions: what was computed of answers, and parameters that tests stand on."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from peilian.apps.base.models import Row


class StatisticsOf(models.TextChoices):
    """Whose answers are looked at."""

    BANK = "bank"
    SITTING = "sitting"


class ItemStatistics(Row):
    """What the answers to questions showed at one moment (题目分析); another look is another row.

    ``subject`` is the key of a bank or the id of a sitting. ``body`` holds the figures of the whole and of each
    question with the versions of the bank that they are about.
    """

    of = models.CharField(max_length=10, choices=StatisticsOf)
    subject = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    n_people = models.PositiveIntegerField()
    n_answers = models.PositiveIntegerField()
    body = models.JSONField(encoder=DjangoJSONEncoder)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["of", "subject"])]

    def __str__(self) -> str:
        return f"{self.of} {self.subject} {self.made_at:%Y-%m-%d}"


class ItemCalibration(Row):
    """Parameters of the questions of a bank (题目参数), proposed by a computation and frozen by a person.

    ``number`` counts within the bank. ``items`` are by ``bank#item``: ``{"parameters", "signature"}``, where the
    signature is that of key and options; a question whose key has changed has no parameters any more. What is frozen
    never changes; the newest frozen row is in force.
    """

    bank = models.CharField(max_length=150)
    number = models.PositiveSmallIntegerField()
    model = models.CharField(max_length=10)
    items = models.JSONField(encoder=DjangoJSONEncoder)
    left_out = models.JSONField(default=dict)
    drifted = models.JSONField(default=dict)
    mean = models.FloatField()
    deviation = models.FloatField()
    n_people = models.PositiveIntegerField()
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField(null=True)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["bank", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bank", "number"], name="one_calibration_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.number}"


class AdaptiveRun(Row):
    """The adaptive side of an attempt (自适应作答): what it stands on, what it asked so far, and what that told.

    ``calibration`` and ``version`` of the bank are pinned when it begins. ``asked`` are the questions as in a paper,
    ``state`` is that of the engine. ``steps`` hold for each answer its inputs and outputs: number, item, share of the
    points, ability and its standard error afterwards, so nothing has to be computed again to be understood.
    """

    attempt = models.OneToOneField("learning.Attempt", on_delete=models.PROTECT, related_name="adaptive_run")
    calibration = models.ForeignKey("learning.ItemCalibration", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("library.ContentVersion", on_delete=models.PROTECT, related_name="+")
    asked = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    state = models.JSONField(default=dict)
    steps = models.JSONField(default=list)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.attempt_id} {len(self.steps)}"
