"""Rows of the daily round: what somebody remembers of each question, the round of a day, and its answers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row


class Card(Row):
    """What a person remembers of a question (记忆卡): ``state`` is that of the engine, ``due_at`` when it is met again.

    It is there from the first answer in a round on; before that the question is only one that could be asked.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="cards")
    item = models.CharField(max_length=200)
    state = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["due_at", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["employee", "item"], name="one_card_an_item")]
        indexes: ClassVar = [models.Index(fields=["employee", "due_at"])]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.item}"


class DailyRound(Row):
    """The round of a day (每日五分钟). ``paper`` holds its questions in the order in which they are asked; ``origins``
    where each came from, by its number.

    ``shown_at`` is when question ``shown`` was first before the person: by the server's clock, the answer took from
    then on. ``witnessed_at``: its week is over, and what it shows of the person was added.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="daily_rounds")
    day = models.DateField()
    language = models.CharField(max_length=10)
    paper = models.JSONField(default=list)
    origins = models.JSONField(default=dict)
    shown = models.PositiveSmallIntegerField(default=0)
    shown_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    witnessed_at = models.DateTimeField(null=True)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-day"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["employee", "day"], name="one_daily_round_a_day")]
        indexes: ClassVar = [models.Index(fields=["witnessed_at", "day"])]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.day}"


class CardAnswer(Ledger):
    """An answer in a daily round, with what the memory model was told and what it said. Append-only: the first answer
    to a question of a round stands.

    ``rating`` is what it was taken for, ``before`` (NULL for a new card) and ``after`` are the states of the model.
    ``seconds`` are by the server's clock.
    """

    round = models.ForeignKey("learning.DailyRound", on_delete=models.PROTECT, related_name="answers")
    card = models.ForeignKey("learning.Card", on_delete=models.PROTECT, related_name="answers")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    answer = models.JSONField(default=dict)
    points = models.DecimalField(max_digits=6, decimal_places=2)
    of = models.DecimalField(max_digits=6, decimal_places=2)
    parts = models.JSONField(default=list)
    seconds = models.FloatField()
    rating = models.CharField(max_length=10)
    before = models.JSONField(null=True)
    after = models.JSONField(default=dict)
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["round", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "number"], name="one_answer_a_question_of_a_round"),
            models.CheckConstraint(
                condition=models.Q(points__gte=0, points__lte=models.F("of")), name="card_answer_within_its_points"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["card", "at"])]

    def __str__(self) -> str:
        return f"{self.round_id} {self.number} {self.rating}"
