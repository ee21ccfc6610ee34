"""Before an exam (考前): what it asks of a person, and whether an attempt can begin now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count

from peilian.adapters.packs.teaching import ExamDocument
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import candidate, exam_of, is_over, next_number, running_of, sitting_of
from peilian.apps.learning.exams.papers import languages_of, why_not_set
from peilian.apps.learning.exams.resitting import lessons_first
from peilian.apps.learning.models import Attempt, Enrolment, Sitting
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Language, Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class Entry:
    """A sitting as a person has it before them who is about to take it. ``refusal`` says why no attempt can begin now;
    ``attempts_left`` is ``None`` without a limit; ``lessons`` are to be learnt before the exam is taken again."""

    sitting: Sitting
    exam: ExamDocument
    assignment: record.Assignment | None
    languages: tuple[Language, ...]
    n_questions: int
    attempts_left: int | None
    running: Attempt | None
    refusal: Reason | None
    lessons: tuple[Enrolment, ...] = ()


def may_take(*, user: User, sitting_id: UUID) -> bool:
    """Whether a sitting is for a person, open now or not."""
    try:
        sitting_of(candidate(user), sitting_id)
    except NotVisibleError:
        return False
    return True


def attempts_made(*, user: User, sittings: Collection[UUID | str]) -> dict[str, int]:
    """How often the user has begun each of some exams, by the id of the sitting: also what waits for marks counts."""
    rows = Attempt.objects.filter(employee=candidate(user), sitting__in=[UUID(str(pk)) for pk in sittings]).order_by()
    return {str(pk): n for pk, n in rows.values_list("sitting").annotate(n=Count("pk"))}


def entry_for(*, user: User, sitting_id: UUID) -> Entry:
    """What a person may take, open now or not; absent and not for the person are the same answer."""
    employee = candidate(user)
    sitting, assignment = sitting_of(employee, sitting_id)
    exam, now = exam_of(sitting), clock.now()
    running = running_of(employee, sitting)
    if running is not None and is_over(running, now):
        running = None  # it is handed in as soon as somebody looks
    languages = languages_of(exam)
    refusal = None
    if not sitting.is_open(now):
        refusal = Reason("learning.sitting_closed")
    elif not languages:
        refusal = why_not_set(exam)
    elif running is None:
        try:
            next_number(employee, sitting, now)
        except InputError as error:
            refusal = error.faults[0].reason
    n_questions = len(exam.fixed) + sum(rule.count for rule in exam.drawn)
    n_questions = n_questions if exam.adaptive is None else exam.adaptive.most
    left = None
    if sitting.attempts_allowed is not None:
        left = max(0, sitting.attempts_allowed - Attempt.objects.filter(employee=employee, sitting=sitting).count())
    lessons = tuple(lessons_first(employee, sitting, exam)) if running is None else ()
    return Entry(sitting, exam, assignment, languages, n_questions, left, running, refusal, lessons)
