"""The door of the learning app: exams are opened, taken, marked and looked at.

Functions that change something take the acting user and check the permission; ``actor=None`` is the product itself.
Absent and forbidden give the same answer.
"""

from __future__ import annotations

from peilian.apps.learning.curriculum.completing import Done, complete, withdraw_completion
from peilian.apps.learning.exams.attempts import Saved, extend, save_answer, start_attempt
from peilian.apps.learning.exams.entering import Entry, entry_for
from peilian.apps.learning.exams.marking import Marked, ToMark, agreement_of, one_to_mark, parts_of, to_mark
from peilian.apps.learning.exams.papers import Question
from peilian.apps.learning.exams.parts import OpenAnswer, OpenPart, open_answer
from peilian.apps.learning.exams.reviewing import Asked, Reviewed, Room, attempts_of, open_attempt, review_attempt
from peilian.apps.learning.exams.sittings import NewSitting, cancel_sitting, led_by, open_sitting, sittings_for
from peilian.apps.learning.following import close_due, hand_in, mark, settle_marks
from peilian.apps.learning.models import (
    GUARDED,
    Attempt,
    AttemptEvent,
    AttemptEventKind,
    AttemptState,
    Completion,
    CompletionHow,
    Mark,
    MarkKind,
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
    "MarkKind",
    "Marked",
    "NewSitting",
    "OpenAnswer",
    "OpenPart",
    "Question",
    "Response",
    "Reviewed",
    "Room",
    "Saved",
    "Sitting",
    "ToMark",
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
    "one_to_mark",
    "open_answer",
    "open_attempt",
    "open_sitting",
    "parts_of",
    "review_attempt",
    "save_answer",
    "settle_marks",
    "sittings_for",
    "start_attempt",
    "to_mark",
    "withdraw_completion",
]
