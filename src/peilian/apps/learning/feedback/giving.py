"""Giving feedback after the check of a lesson (即时反馈问卷): a minute, never marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peilian.apps.base.api import refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.curriculum.lessons import LessonView, lesson_of
from peilian.apps.learning.models import Clarity, LessonFeedback, LessonRound
from peilian.apps.people.api import Employee, NotVisibleError
from peilian.engine._kernel import Fault, InputError

if TYPE_CHECKING:
    from peilian.apps.people.api import User

LONGEST_FEEDBACK = 2000


def feedback_in(view: LessonView) -> LessonFeedback | None:
    """What the person said in this round of the lesson; ``None`` when nothing yet."""
    return LessonFeedback.objects.select_related("answered_by").filter(round=view.round).first()


def may_change_feedback(view: LessonView, given: LessonFeedback | None) -> bool:
    """Whether feedback may be given or changed now: once everything of the round is done it may still be given, and
    stays as it was given. What somebody answered stays too."""
    if view.locked is not None:
        return False
    return given is None or (not view.is_over and given.answered_at is None)


def give_feedback(*, actor: User, lesson: str, clarity: Clarity | str, text: str = "") -> LessonFeedback:
    """Say how clear a lesson is, and answer its question; the same again changes nothing, something else replaces it
    while the round goes on. To whom it is not clear yet need not answer.

    ``NotVisibleError`` for a lesson that asks nothing; refused before the check was begun, while the lesson is locked,
    and where the round is over or somebody has answered.
    """
    view = lesson_of(user=actor, key=lesson)
    if view.document.feedback is None:
        raise NotVisibleError
    if view.locked is not None:
        raise InputError(Fault(view.locked))
    if clarity not in Clarity.values:
        raise refuse("learning.feedback_how_clear", "clarity")
    said = short(text, "text", limit=LONGEST_FEEDBACK)
    if not said and clarity != Clarity.NOT_YET:
        raise refuse("learning.feedback_empty", "text")
    if any(not one.tries for one in view.check):
        raise refuse("learning.feedback_after_check", "lesson")
    with write(actor=actor, verb="learning.give_feedback") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=view.round.employee_id)
        row = LessonFeedback.objects.select_for_update(of=("self",)).filter(round=view.round).first()
        if row is None:
            row = LessonFeedback(
                round=view.round, employee=view.round.employee, lesson=lesson, clarity=str(clarity), text=said,
                given_at=clock.now(),
            )  # fmt: skip
            row.save(force_insert=True)
            audit.created(row)
            return row
        if (row.clarity, row.text) == (str(clarity), said):
            audit.unchanged()
            return row
        if row.answered_at is not None:
            raise refuse("learning.feedback_answered", "text")
        if LessonRound.objects.filter(pk=row.round_id, completed_at__isnull=False).exists():
            raise refuse("learning.feedback_is_over", "text")
        before = {"clarity": row.clarity, "text": row.text}
        row.clarity, row.text, row.changed_at = str(clarity), said, clock.now()
        row.save(update_fields=["clarity", "text", "changed_at"])
        audit.changed(row, **before)
    return row
