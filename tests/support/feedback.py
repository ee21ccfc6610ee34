"""What tests of feedback after lessons share: a lesson that asks, and somebody who answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peilian.apps.learning import api as learning
from support.curriculum import RIGHT, a_lesson, answers, taught
from support.homework import TASK

KEY = "mine/first"
ASKED = {"ask": {"zh": "为什么先接住再办事？"}, "looks_for": [{"zh": "情绪先过去，话才听得进"}]}


def feedback_asked(folder: Path, **more: Any) -> None:
    """A library with a lesson that asks after its check, and goes on with homework."""
    taught(folder, a_lesson(feedback=ASKED, **{"homework": TASK, **more}))


def answers_check(user: Any) -> None:
    """Answer every question of the check rightly."""
    for one in learning.lesson_of(user=user, key=KEY).check:
        answers(user, one.asked.question.number, RIGHT, KEY)


def says(user: Any, clarity: str = "partly", text: str = "情绪先过去，话才听得进。") -> learning.LessonFeedback:
    """Give feedback after the check."""
    return learning.give_feedback(actor=user, lesson=KEY, clarity=clarity, text=text)
