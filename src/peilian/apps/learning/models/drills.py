"""Drills that are part of an exam, each belonging to one attempt and one question of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from peilian.apps.base.models import Row


class AttemptDrill(Row):
    """A drill that was begun for a question of an attempt (考试演练). What came of it stands in its run.

    ``inner`` is the item inside a case, else empty; ``number_of_try`` counts from 1. A row is made with its run and
    never changes: no drill of another time or another person can become one of an attempt.
    """

    attempt = models.ForeignKey("learning.Attempt", on_delete=models.PROTECT, related_name="drills")
    number = models.PositiveSmallIntegerField()
    inner = models.CharField(max_length=80, blank=True, default="")
    number_of_try = models.PositiveSmallIntegerField(default=1)
    run = models.OneToOneField("practice.DrillRun", on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["attempt", "number", "inner", "number_of_try"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["attempt", "number", "inner", "number_of_try"], name="one_drill_a_try_of_a_question"
            )
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.number} {self.inner} {self.number_of_try}"
