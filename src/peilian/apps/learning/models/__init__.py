"""Rows of the learning app, by what they are about."""

from __future__ import annotations

from peilian.apps.learning.models.curriculum import (
    Completion,
    CompletionHow,
    CourseExam,
    Enrolment,
    EnrolmentHow,
    LessonRound,
    LessonWork,
    LessonWorkKind,
)
from peilian.apps.learning.models.exams import (
    Attempt,
    AttemptEvent,
    AttemptEventKind,
    AttemptState,
    Mark,
    MarkKind,
    Response,
    Sitting,
)
from peilian.apps.learning.models.statistics import ItemCalibration, ItemStatistics, StatisticsOf

GUARDED = ("learning_attemptevent", "learning_completion", "learning_lessonwork", "learning_mark")
"""Tables whose rows the database itself refuses to change."""

__all__ = [
    "GUARDED",
    "Attempt",
    "AttemptEvent",
    "AttemptEventKind",
    "AttemptState",
    "Completion",
    "CompletionHow",
    "CourseExam",
    "Enrolment",
    "EnrolmentHow",
    "ItemCalibration",
    "ItemStatistics",
    "LessonRound",
    "LessonWork",
    "LessonWorkKind",
    "Mark",
    "MarkKind",
    "Response",
    "Sitting",
    "StatisticsOf",
]
