"""Rows of rewards, the honour board and the suggestion box."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row
from peilian.engine._kernel import Text


class RewardKind(models.TextChoices):
    """What somebody gets."""

    RECOGNITION = "recognition"  # 通报表扬
    POINTS = "points"  # 积分
    BONUS = "bonus"  # 奖金建议
    PROMOTION = "promotion"  # 晋升提名
    RETRAINING = "retraining"  # 补训


# What costs money needs a second pair of eyes; recognition and chances are the other, spiritual side.
MATERIAL = frozenset({RewardKind.BONUS, RewardKind.POINTS})


class RewardRule(Ledger):
    """A version of a rule from results to rewards (奖励规则). Append-only: the newest version of a key counts.

    ``amount`` and ``points`` NULL: the company has not set any; none is assumed.
    """

    key = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    title = models.JSONField()  # {zh, en}
    when = models.CharField(max_length=500)  # a condition over flows.rewarding.NAMES
    kind = models.CharField(max_length=20, choices=RewardKind)
    points = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    competency = models.CharField(max_length=60, blank=True, default="")  # of re-training
    is_on = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["key", "-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "number"], name="one_reward_rule_a_number")]

    def __str__(self) -> str:
        return self.name.in_language("zh") or self.key

    @property
    def name(self) -> Text:
        """Its title."""
        return Text(**self.title)


class Award(Ledger):
    """Something proposed for a person (奖励). Append-only; it counts once it is approved and until it is revoked.

    ``known`` is what was known of the person when a rule proposed it.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="+")
    rule = models.ForeignKey("appraisal.RewardRule", null=True, on_delete=models.PROTECT, related_name="awards")
    cycle = models.ForeignKey("appraisal.Cycle", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=RewardKind)
    title = models.JSONField()  # {zh, en}
    points = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    known = models.JSONField(default=dict)
    why = models.CharField(max_length=500, blank=True, default="")
    source_kind = models.CharField(max_length=40)
    source_id = models.CharField(max_length=100)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["employee", "kind", "source_kind", "source_id"], name="a_source_rewards_a_person_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {Text(**self.title).in_language('zh')}"

    @property
    def name(self) -> Text:
        """What it is called."""
        return Text(**self.title)

    @property
    def side(self) -> str:
        """``material`` or ``spiritual``."""
        return "material" if self.kind in MATERIAL else "spiritual"


class AwardState(models.TextChoices):
    """Where an award stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    REVOKED = "revoked"


class AwardDecision(Ledger):
    """What somebody decided about an award, with a word (奖励审批). Append-only: the newest counts."""

    award = models.ForeignKey("appraisal.Award", on_delete=models.PROTECT, related_name="decisions")
    state = models.CharField(max_length=20, choices=AwardState)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.award}: {self.state}"


class HonourOptOut(Row):
    """Somebody does not want to stand on the honour board (不上光荣榜)."""

    employee = models.OneToOneField("people.Employee", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.employee)


class SuggestionState(models.TextChoices):
    """Where a suggestion stands."""

    RECEIVED = "received"
    LOOKED_INTO = "looked_into"
    ACCEPTED = "accepted"
    DONE = "done"
    DECLINED = "declined"


class SuggestionSubject(models.TextChoices):
    """What a suggestion is about."""

    PRODUCT = "product"
    SERVICE = "service"
    PROCESS = "process"
    TOOL = "tool"
    TRAINING = "training"
    OTHER = "other"


class Suggestion(Row):
    """What somebody thinks could be better (合理化建议). ``is_anonymous``: nobody sees whose it is but the author."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=20, choices=SuggestionSubject)
    text = models.CharField(max_length=2000)
    is_anonymous = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=SuggestionState, default=SuggestionState.RECEIVED)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.text[:60]


class SuggestionStep(Ledger):
    """What became of a suggestion, with an answer (建议处理). Append-only."""

    suggestion = models.ForeignKey("appraisal.Suggestion", on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=20, choices=SuggestionState)
    answer = models.CharField(max_length=2000, blank=True, default="")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.suggestion}: {self.state}"


REWARD_TABLES = (
    "appraisal_rewardrule",
    "appraisal_award",
    "appraisal_awarddecision",
    "appraisal_suggestionstep",
)
