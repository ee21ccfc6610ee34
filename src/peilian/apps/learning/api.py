"""The door of the learning app: exams are opened, taken, marked and looked at.

Functions that change something take the acting user and check the permission; ``actor=None`` is the product itself.
Absent and forbidden give the same answer.
"""

from __future__ import annotations

from peilian.apps.learning.curriculum.completing import Done, complete, withdraw_completion
from peilian.apps.learning.exams.attempts import Saved, extend, save_answer, start_attempt
from peilian.apps.learning.exams.entering import Entry, entry_for
from peilian.apps.learning.exams.marking import Marked, agreement_of, to_mark
from peilian.apps.learning.exams.papers import Question
from peilian.apps.learning.exams.reviewing import Asked, Reviewed, Room, attempts_of, open_attempt, review_attempt
from peilian.apps.learning.exams.sittings import NewSitting, cancel_sitting, led_by, open_sitting, sittings_for
from peilian.apps.learning.following import close_due, hand_in, mark
from peilian.apps.learning.models import (
    GUARDED,
    Attempt,
    AttemptEvent,
    AttemptEventKind,
    AttemptState,
    Completion,
    CompletionHow,
    Mark,
    Response,
    Sitting,
)

__all__ = [
    "GUARDED",
    "Asked",
    "Attempt",
    "AttemptEvent",
    "AttemptEventKind",
    "AttemptState",
    "Completion",
    "CompletionHow",
    "Done",
    "Entry",
    "Mark",
    "Marked",
    "NewSitting",
    "Question",
    "Response",
    "Reviewed",
    "Room",
    "Saved",
    "Sitting",
    "agreement_of",
    "attempts_of",
    "cancel_sitting",
    "close_due",
    "complete",
    "entry_for",
    "extend",
    "hand_in",
    "led_by",
    "mark",
    "open_attempt",
    "open_sitting",
    "review_attempt",
    "save_answer",
    "sittings_for",
    "start_attempt",
    "to_mark",
    "withdraw_completion",
]
