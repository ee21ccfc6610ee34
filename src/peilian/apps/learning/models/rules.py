"""Rows of the rules of assigning: which are switched on, what happened to them, and what they gave whom."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row


class RuleSwitch(Row):
    """Whether a rule of assigning (分派规则) runs. ``rule`` is its key, ``version`` the one that whoever switched it on
    had looked at: it assigns nothing by another one.

    ``mark`` is what the directory of people looked like when it ran last, ``last_report`` what that run did.
    """

    rule = models.CharField(max_length=150, unique=True)
    version = models.ForeignKey("library.ContentVersion", null=True, on_delete=models.PROTECT, related_name="+")
    is_on = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    last_run_at = models.DateTimeField(null=True)
    last_report = models.JSONField(default=dict)
    mark = models.CharField(max_length=200, blank=True, default="")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["rule"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(is_on=False) | models.Q(version__isnull=False), name="rule_runs_by_a_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {'on' if self.is_on else 'off'}"


class RuleEventKind(models.TextChoices):
    """What happened to a rule."""

    ON = "on"
    OFF = "off"
    RUN = "run"
    WAITS = "waits"  # a newer version is in force that nobody has looked at


class RuleEvent(Ledger):
    """That a rule was switched on or off, ran, or began to wait (规则记录). Append-only. ``report`` is what a run did:
    how many got it, and whom it could not be given."""

    rule = models.CharField(max_length=150)
    version = models.ForeignKey("library.ContentVersion", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=RuleEventKind)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    report = models.JSONField(default=dict)
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["rule", "kind"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "version"], condition=models.Q(kind="waits"), name="told_once_of_a_newer_rule"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.kind}"


class RuleServing(Ledger):
    """That a rule gave somebody something (规则分派记录), once for an occasion, whatever became of it. Append-only.

    ``reasons`` are why, ``{key, params}`` each; ``assignment`` is the task that came of it.
    """

    rule = models.CharField(max_length=150)
    version = models.ForeignKey("library.ContentVersion", on_delete=models.PROTECT, related_name="+")
    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="rules_served")
    occasion = models.CharField(max_length=400)
    what = models.CharField(max_length=200)
    reasons = models.JSONField(default=list)
    assignment = models.ForeignKey("record.Assignment", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "employee", "occasion"], name="a_rule_serves_an_occasion_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["rule", "at"])]

    def __str__(self) -> str:
        return f"{self.rule} {self.employee_id} {self.occasion}"
