"""Before a re-sit (补考): who failed learns first what the exam showed to be weak."""

from __future__ import annotations

from peilian.adapters.packs.teaching import ExamDocument
from peilian.apps.base.api import refuse
from peilian.apps.learning.models import Attempt, AttemptState, Completion, Enrolment, Sitting
from peilian.apps.people.api import Employee

_MOST_NAMES = 5


def lessons_first(employee: Employee, sitting: Sitting, exam: ExamDocument) -> list[Enrolment]:
    """The remedial lessons that somebody has yet to learn before the exam can be taken again, after the last attempt
    that failed, at whatever sitting. One whose task was taken back is not asked for."""
    if not exam.remedial_first or not exam.remedial:
        return []
    attempts = Attempt.objects.filter(employee=employee, sitting__exam=sitting.exam, state=AttemptState.MARKED)
    last = attempts.order_by("-handed_in_at").first()
    if last is None or last.is_passed:
        return []
    asked = Enrolment.objects.live().filter(employee=employee, attempt=last).order_by("id")
    done = Completion.objects.standing().filter(employee=employee, at__gt=last.handed_in_at)
    learnt = set(done.values_list("what", flat=True))
    return [row for row in asked if row.what not in learnt]


def check_lessons_first(employee: Employee, sitting: Sitting, exam: ExamDocument) -> None:
    """Refuse with the lessons by name."""
    left = lessons_first(employee, sitting, exam)
    if left:
        titles = {
            language: ("、" if language == "zh" else ", ").join(_title(row, language) for row in left[:_MOST_NAMES])
            for language in ("zh", "en")
        }
        raise refuse("curriculum.remedial_first", titles=titles)


def _title(row: Enrolment, language: str) -> str:
    return str(row.title.get(language) or next(iter(row.title.values()), row.what))
