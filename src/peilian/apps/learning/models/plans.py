"""Rows of individual plans: what somebody wants to get better at, by which steps, and who has agreed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Row


class Plan(Row):
    """An individual plan (个人提升计划): ``goal`` in the person's own words, and steps.

    It is proposed until the person and somebody who assigns training to the person have both agreed to the same
    ``edition``; a change takes agreement back. Then its steps are assigned. ``closed_at``: it was put away.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="plans")
    goal = models.CharField(max_length=500, blank=True, default="")
    edition = models.PositiveIntegerField(default=1)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    person_agreed_at = models.DateTimeField(null=True)
    leader_agreed_at = models.DateTimeField(null=True)
    leader = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["employee"], condition=models.Q(closed_at=None), name="one_open_plan_a_person"
            ),
            models.CheckConstraint(
                condition=models.Q(agreed_at=None)
                | models.Q(person_agreed_at__isnull=False, leader_agreed_at__isnull=False),
                name="plan_is_agreed_by_both",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.proposed_at:%Y-%m-%d}"


class PlanStep(Row):
    """One step of a plan: what is learnt for a competency, and by when.

    ``points`` and ``required`` are what the person had and what the post asks for when it was proposed; NULL where
    nothing was measured. ``minutes`` is how long it takes, as far as its text says.
    """

    plan = models.ForeignKey("learning.Plan", on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()
    competency = models.CharField(max_length=60)
    need = models.ForeignKey("record.Need", null=True, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=200)
    title = models.JSONField(default=dict)
    minutes = models.PositiveIntegerField(null=True)
    due_on = models.DateField()
    points = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    required = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    is_left_out = models.BooleanField(default=False)
    enrolment = models.ForeignKey("learning.Enrolment", null=True, on_delete=models.PROTECT, related_name="plan_steps")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["plan", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "number"], name="one_step_a_number"),
            models.UniqueConstraint(fields=["plan", "what"], name="one_step_a_text"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.number} {self.what}"
