"""The door of the learning app: exams are opened, taken, marked and looked at.

Functions that change something take the acting user and check the permission; ``actor=None`` is the product itself.
Absent and forbidden give the same answer.
"""

from __future__ import annotations

from peilian.apps.learning.curriculum.after import TestOut, tested_out
from peilian.apps.learning.curriculum.completing import Done, complete, withdraw_completion
from peilian.apps.learning.curriculum.enrolling import enrol, leave, may_join, move_to_newer
from peilian.apps.learning.curriculum.examining import start_course_exam, start_test_out
from peilian.apps.learning.curriculum.keeping import keep_up_due, read_done
from peilian.apps.learning.curriculum.lessons import (
    LONGEST_REFLECTION,
    Answered,
    LessonView,
    Tried,
    answer_check_item,
    finish_lessons_due,
    learn_again,
    lesson_of,
    lesson_part_done,
    read_lesson,
    reflect,
    rewrite,
)
from peilian.apps.learning.curriculum.looking import (
    CatalogueEntry,
    CoursePage,
    Learning,
    TeamRow,
    catalogue,
    course_of,
    learning_of,
    learning_of_others,
    paths,
    team_learning,
)
from peilian.apps.learning.curriculum.progress import CourseView, Progress, UnitView
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
    Enrolment,
    EnrolmentHow,
    LessonRound,
    LessonWork,
    LessonWorkKind,
    Mark,
    MarkKind,
    Response,
    Sitting,
)

__all__ = [
    "GUARDED",
    "LONGEST_REFLECTION",
    "Answered",
    "Asked",
    "Attempt",
    "AttemptEvent",
    "AttemptEventKind",
    "AttemptState",
    "CatalogueEntry",
    "Completion",
    "CompletionHow",
    "CoursePage",
    "CourseView",
    "Done",
    "Enrolment",
    "EnrolmentHow",
    "Entry",
    "Learning",
    "LessonRound",
    "LessonView",
    "LessonWork",
    "LessonWorkKind",
    "Mark",
    "MarkKind",
    "Marked",
    "NewSitting",
    "OpenAnswer",
    "OpenPart",
    "Progress",
    "Question",
    "Response",
    "Reviewed",
    "Room",
    "Saved",
    "Sitting",
    "TeamRow",
    "TestOut",
    "ToMark",
    "Tried",
    "UnitView",
    "agreement_of",
    "answer_check_item",
    "attempts_of",
    "cancel_sitting",
    "catalogue",
    "close_due",
    "complete",
    "course_of",
    "enrol",
    "entry_for",
    "extend",
    "finish_lessons_due",
    "hand_in",
    "keep_up_due",
    "learn_again",
    "learning_of",
    "learning_of_others",
    "leave",
    "led_by",
    "lesson_of",
    "lesson_part_done",
    "mark",
    "may_join",
    "move_to_newer",
    "one_to_mark",
    "open_answer",
    "open_attempt",
    "open_sitting",
    "parts_of",
    "paths",
    "read_done",
    "read_lesson",
    "reflect",
    "review_attempt",
    "rewrite",
    "save_answer",
    "settle_marks",
    "sittings_for",
    "start_attempt",
    "start_course_exam",
    "start_test_out",
    "team_learning",
    "tested_out",
    "to_mark",
    "withdraw_completion",
]
