"""Rows of the appraisal app.

What people are paid by is never changed, only followed by a newer row: inputs, appraisals, remarks and the versions of
templates are ledgers, kept by triggers in the database.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.appraisal.reward_models import (
    REWARD_TABLES,
    Award,
    AwardDecision,
    AwardState,
    HonourOptOut,
    RewardKind,
    RewardRule,
    Suggestion,
    SuggestionState,
    SuggestionStep,
    SuggestionSubject,
)
from peilian.apps.base.models import Ledger, LedgerQuerySet, Row
from peilian.engine._kernel import Text


class Template(Row):
    """A sheet that people are appraised by (考核模板), in versions."""

    key = models.CharField(max_length=100, unique=True)
    title = models.JSONField()  # {zh, en}
    shipped_as = models.CharField(max_length=100, blank=True, default="")  # the shipped sheet that it began as
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return self.name.in_language("zh") or self.key

    @property
    def name(self) -> Text:
        """Its title."""
        return Text(**self.title)


class TemplateVersion(Ledger):
    """One wording of a template: the document and the settings chosen in it (模板版本). Append-only.

    It holds for cycles that begin on ``effective_from`` or later, until a newer version does.
    """

    template = models.ForeignKey("appraisal.Template", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    chosen = models.JSONField(default=dict)  # {setting: value}
    sha256 = models.CharField(max_length=64)
    effective_from = models.DateField()
    note = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["template", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "number"], name="one_template_version_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"


class CycleState(models.TextChoices):
    """Where a cycle stands."""

    COLLECTING = "collecting"  # inputs come in
    REVIEWING = "reviewing"  # people comment on themselves, supervisors rate
    FROZEN = "frozen"  # inputs are fixed, results are computed and kept
    PUBLISHED = "published"  # people see their results and may appeal
    CLOSED = "closed"  # no more appeals
    DISCARDED = "discarded"  # opened by mistake: nobody sees it any more, and its people can be appraised elsewhere


class Cycle(Row):
    """The appraisal of one unit over one period by one version of a template (考核周期)."""

    template_version = models.ForeignKey("appraisal.TemplateVersion", on_delete=models.PROTECT, related_name="cycles")
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()  # inclusive
    posts = models.JSONField(default=list)  # ids of the posts it is about; empty: all
    state = models.CharField(max_length=20, choices=CycleState, default=CycleState.COLLECTING)
    shows_preview = models.BooleanField(default=True)  # people see their provisional sheet while it is reviewed
    self_comment_until = models.DateField(null=True)
    appeal_days = models.PositiveSmallIntegerField(default=7)
    grades = models.JSONField(default=list)  # [{"key", "label": {zh, en}, "at_least": "90"}]; empty: no grades
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reopened_because = models.CharField(max_length=500, blank=True, default="")  # why frozen results were given up
    frozen_at = models.DateTimeField(null=True)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-starts_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="cycle_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["frozen", "published", "closed"]) | models.Q(frozen_at__isnull=False),
                name="cycle_knows_when_it_froze",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["published", "closed"]) | models.Q(published_at__isnull=False),
                name="cycle_knows_when_it_was_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.period}"

    @property
    def period(self) -> str:
        """``2026-10`` for a whole month, a day for a day, else both ends."""
        if self.starts_on == self.ends_on:
            return self.starts_on.isoformat()
        is_month = self.starts_on.day == 1 and (self.ends_on + timedelta(days=1)).day == 1
        same_month = (self.starts_on.year, self.starts_on.month) == (self.ends_on.year, self.ends_on.month)
        if is_month and same_month:
            return f"{self.starts_on:%Y-%m}"
        return f"{self.starts_on.isoformat()}/{self.ends_on.isoformat()}"

    @property
    def takes_inputs(self) -> bool:
        """Whether inputs may still come in."""
        return self.state in (CycleState.COLLECTING, CycleState.REVIEWING)

    @property
    def is_public(self) -> bool:
        """Whether the people concerned see their results."""
        return self.state in (CycleState.PUBLISHED, CycleState.CLOSED)

    def appeals_end_at(self) -> datetime | None:
        """Until when a result of the first publication may be appealed."""
        return None if self.published_at is None else self.published_at + timedelta(days=self.appeal_days)


class Appraisee(Row):
    """A person in a cycle (被考核人), with the team and post held at the period's end."""

    cycle = models.ForeignKey("appraisal.Cycle", on_delete=models.PROTECT, related_name="appraisees")
    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("people.Post", null=True, on_delete=models.PROTECT, related_name="+")
    notes = models.JSONField(default=list)  # [{"key", "params"}]: joined, left or changed teams within the period
    exempt_reason = models.CharField(max_length=500, blank=True, default="")  # not empty: not appraised this time
    # The exemption that the reason was taken from when the inputs were fixed.
    exempted_by = models.ForeignKey("appraisal.Exemption", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["cycle", "employee__number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["cycle", "employee"], name="a_person_once_in_a_cycle")]

    def __str__(self) -> str:
        return f"{self.employee} · {self.cycle.period}"


class InputSource(models.TextChoices):
    """Where an input comes from."""

    BUSINESS = "business"  # orders, targets, attendance
    CONTACTS = "contacts"  # KPIs and readings of conversations
    EVENTS = "events"  # the event register
    LEVEL = "level"  # a supervisor's rating
    TYPED = "typed"
    FILE = "file"
    APPEAL = "appeal"


class Input(Ledger):
    """One value of one indicator of one person (考核数据). Append-only: the newest of an indicator counts.

    ``value`` NULL: there was nothing to measure, and ``note_key`` says why. ``detail`` leads to the evidence:
    ``{"numerator", "denominator", "references": [{"kind", "id", ...}]}``.
    """

    appraisee = models.ForeignKey("appraisal.Appraisee", on_delete=models.PROTECT, related_name="inputs")
    indicator = models.CharField(max_length=80)
    revision = models.PositiveIntegerField(default=0)
    value = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    n = models.BigIntegerField(null=True)
    source = models.CharField(max_length=20, choices=InputSource)
    detail = models.JSONField(default=dict)
    note_key = models.CharField(max_length=80, blank=True, default="")
    note_params = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True, default="")
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["appraisee", "indicator", "-revision"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["appraisee", "indicator", "revision"], name="one_input_a_revision")
        ]

    def __str__(self) -> str:
        return f"{self.indicator} = {self.value}"


class EventKind(models.TextChoices):
    """What happened."""

    COMPLAINT = "complaint"
    BAD_REVIEW = "bad_review"
    DISPUTE = "dispute"
    ETIQUETTE = "etiquette"
    IMPOLITE = "impolite"
    RULE_BREACH = "rule_breach"
    TEAM_EVENT = "team_event"
    PRAISE = "praise"


class EventState(models.TextChoices):
    """Whether an event counts."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class Event(Row):
    """Something that happened at work and may bear on an appraisal (事件登记): only a confirmed one counts.

    It could hit several lines; ``counts_on`` names the indicators that it is counted on, one by default.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    kind = models.CharField(max_length=20, choices=EventKind)
    text = models.CharField(max_length=1000)
    reference_kind = models.CharField(max_length=40, blank=True, default="")  # e.g. conversation
    reference_id = models.CharField(max_length=200, blank=True, default="")
    counts_on = models.JSONField(default=list)  # [indicator]
    source_id = models.CharField(max_length=100, blank=True, default="")  # the import of a table that brought it
    state = models.CharField(max_length=20, choices=EventState, default=EventState.REPORTED)
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=500, blank=True, default="")
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-on", "-id"]
        indexes: ClassVar = [models.Index(fields=["employee", "on"]), models.Index(fields=["source_id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.on.isoformat()} {self.employee}"


class AppraisalCause(models.TextChoices):
    """Why a result was made."""

    FREEZE = "freeze"
    APPEAL = "appeal"
    CORRECTION = "correction"


class Appraisal(Ledger):
    """The result of one person in one cycle (考核结果): frozen inputs and the explained points. Append-only.

    A correction is a row of the next ``version``; the newest counts, and every earlier one stays readable. Rows made
    before the publication become visible with it, later ones at once.
    """

    appraisee = models.ForeignKey("appraisal.Appraisee", on_delete=models.PROTECT, related_name="appraisals")
    version = models.PositiveIntegerField()
    template_version = models.ForeignKey("appraisal.TemplateVersion", on_delete=models.PROTECT, related_name="+")
    inputs = models.JSONField()  # {indicator: {"value", "n", "source", "input", ...}}
    inputs_sha256 = models.CharField(max_length=64)
    result = models.JSONField()  # as flows.appraising stores it: reasons as keys and parameters
    raw = models.DecimalField(max_digits=20, decimal_places=12)
    max = models.DecimalField(max_digits=20, decimal_places=12)
    normalised = models.DecimalField(max_digits=20, decimal_places=12, null=True)
    grade = models.CharField(max_length=40, blank=True, default="")
    cause = models.CharField(max_length=20, choices=AppraisalCause)
    cause_id = models.CharField(max_length=80, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["appraisee", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["appraisee", "version"], name="one_appraisal_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.appraisee} v{self.version}"


class RemarkKind(models.TextChoices):
    """Who remarks, and on what occasion."""

    SELF = "self"
    SUPERVISOR = "supervisor"


class Remark(Ledger):
    """Words on a sheet, or on one line of it (自评与主管评语). Append-only."""

    appraisee = models.ForeignKey("appraisal.Appraisee", on_delete=models.PROTECT, related_name="remarks")
    kind = models.CharField(max_length=20, choices=RemarkKind)
    line = models.CharField(max_length=80, blank=True, default="")
    text = models.CharField(max_length=2000)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class Talk(Row):
    """The talk about a result (绩效面谈), with what to improve."""

    appraisal = models.ForeignKey("appraisal.Appraisal", on_delete=models.PROTECT, related_name="talks")
    held_on = models.DateField()
    strengths = models.CharField(max_length=2000)
    to_improve = models.CharField(max_length=2000)
    answer = models.CharField(max_length=2000, blank=True, default="")  # of the person appraised
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-held_on", "-id"]

    def __str__(self) -> str:
        return f"{self.appraisal} {self.held_on.isoformat()}"


class PlanItem(Row):
    """One step of the improvement plan that a talk agreed on (改进计划)."""

    talk = models.ForeignKey("appraisal.Talk", on_delete=models.PROTECT, related_name="items")
    goal = models.CharField(max_length=500)
    competency = models.CharField(max_length=60, blank=True, default="")
    due_on = models.DateField(null=True)
    need = models.ForeignKey("record.Need", null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.goal


class AppealState(models.TextChoices):
    """Where an appeal stands."""

    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class Appeal(Row):
    """Somebody contests lines of the own result (申诉); decided by a reviewer who had no part in it."""

    appraisal = models.ForeignKey("appraisal.Appraisal", on_delete=models.PROTECT, related_name="appeals")
    points = models.JSONField()  # [{"line", "text"}]
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=AppealState, default=AppealState.OPEN)
    # [{"line", "is_accepted", "indicator", "before", "after", "text"}]
    decisions = models.JSONField(default=list)
    answer = models.CharField(max_length=2000, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["appraisal"], condition=models.Q(state="open"), name="one_open_appeal_a_result"
            )
        ]

    def __str__(self) -> str:
        return f"{self.appraisal}: {self.state}"


class ExemptionQuerySet(models.QuerySet[Any]):
    """Exemptions by time."""

    def within(self, first: date, last: date) -> ExemptionQuerySet:
        """Those that share a day with the span from ``first`` to ``last``, both inclusive."""
        return self.filter(starts_on__lte=last, ends_on__gte=first, withdrawn_at=None)


class Exemption(Row):
    """A span in which a person is not appraised, or not on some indicators (免考核期), e.g. parental leave."""

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()  # inclusive
    indicators = models.JSONField(default=list)  # empty: the whole sheet
    reason = models.CharField(max_length=500)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-starts_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="exemption_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.starts_on.isoformat()}/{self.ends_on.isoformat()}"


# Tables whose rows the database itself keeps from being changed.
GUARDED = (
    "appraisal_templateversion",
    "appraisal_input",
    "appraisal_appraisal",
    "appraisal_remark",
    *REWARD_TABLES,
)

__all__ = [
    "GUARDED",
    "Appeal",
    "AppealState",
    "Appraisal",
    "AppraisalCause",
    "Appraisee",
    "Award",
    "AwardDecision",
    "AwardState",
    "Cycle",
    "CycleState",
    "Event",
    "EventKind",
    "EventState",
    "Exemption",
    "HonourOptOut",
    "Input",
    "InputSource",
    "PlanItem",
    "Remark",
    "RemarkKind",
    "RewardKind",
    "RewardRule",
    "Suggestion",
    "SuggestionState",
    "SuggestionStep",
    "SuggestionSubject",
    "Talk",
    "Template",
    "TemplateVersion",
]
