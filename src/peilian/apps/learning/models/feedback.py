"""Rows of the feedback that people give after lessons."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Row


class Clarity(models.TextChoices):
    """How clear the matter of a lesson is to somebody now."""

    CLEAR = "clear"
    PARTLY = "partly"
    NOT_YET = "not_yet"


class LessonFeedback(Row):
    """What somebody said right after the check of a lesson (即时反馈): the answer to its open question, and how clear
    it is now. One for each round; nobody marks it.

    ``answer`` is what who guides the person said to it; ``suggestion`` what was made of it for the lesson.
    """

    round = models.OneToOneField("learning.LessonRound", on_delete=models.PROTECT, related_name="feedback")
    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="lesson_feedback")
    lesson = models.CharField(max_length=150)
    clarity = models.CharField(max_length=10, choices=Clarity)
    text = models.CharField(max_length=2000, blank=True, default="")
    given_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=1000, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    suggestion = models.ForeignKey("library.Comment", null=True, on_delete=models.PROTECT, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(clarity="not_yet") | ~models.Q(text=""), name="who_understood_says_what"
            ),
            models.CheckConstraint(
                condition=models.Q(answer="", answered_at=None) | (~models.Q(answer="") & ~models.Q(answered_at=None)),
                name="answered_feedback_has_a_word",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["lesson", "given_at"]),
            models.Index(fields=["employee", "given_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.lesson}: {self.clarity}"
