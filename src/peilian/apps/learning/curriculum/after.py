"""After an exam (考后): what its result completes, which lessons need not be learnt, which are to be learnt again.

These are steps of ``learning.following``: each may meet the same result again, and a result that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import UUIDField

from peilian.adapters.packs.teaching import CourseDocument, LessonDocument
from peilian.apps.base.api import Argument, Prepared
from peilian.apps.learning import clock
from peilian.apps.learning.completing import Done, complete, withdraw_completion
from peilian.apps.learning.curriculum.enrolling import enrol
from peilian.apps.learning.curriculum.keeping import keep_up, open_again
from peilian.apps.learning.curriculum.texts import in_force, title_of
from peilian.apps.learning.exams.adaptive import measured
from peilian.apps.learning.exams.attempts import exam_of
from peilian.apps.learning.exams.results import SOURCE_KIND, by_competency
from peilian.apps.learning.models import Attempt, Completion, CompletionHow, CourseExam, Enrolment, EnrolmentHow
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason, Text
from peilian.engine.curriculum import Score, remedial_lessons, shown_lessons
from peilian.engine.curriculum.showing import Shown
from peilian.flows.wording import say

REMEDIAL_DAYS = 7
_COMPLETED = Prepared(
    lambda: (
        Completion.objects.filter(employee=Argument("employee", UUIDField()), source_kind=SOURCE_KIND)
        .exclude(how=CompletionHow.WITHDRAWN)
        .select_related("withdrawn_by")
    )
)
_TEST_OUT = Prepared(lambda: CourseExam.objects.filter(sitting=Argument("sitting", UUIDField()), is_test_out=True))
_TAKEN_BACK = Reason("curriculum.result_changed")
_PASSED_AFTER_ALL = Reason("curriculum.passed_after_all")
_ASKED = Prepared(
    lambda: record.Assignment.objects.filter(
        enrolments__in=Enrolment.objects.live().filter(attempt=Argument("attempt", UUIDField())), done_at=None
    )
)


@dataclass(frozen=True, slots=True)
class TestOut:
    """What an attempt at a test-out shows of the lessons of its course."""

    course: str
    shown: tuple[Shown, ...]
    titles: Mapping[str, Mapping[str, str]]


def credit(attempt: Attempt) -> None:
    """A passed exam is completed; a test-out completes the lessons that it shows. A result that is no longer passed
    takes back what it had completed."""
    wanted = {done.what: done for done in _earned(attempt)}
    rows = [row for row in _COMPLETED(employee=attempt.employee_id) if row.source_id.startswith(str(attempt.pk))]
    standing = {row.what: row for row in rows if getattr(row, "withdrawn_by", None) is None}
    for what, row in standing.items():
        if what not in wanted:
            note = say(_TAKEN_BACK, "zh")
            with transaction.atomic():
                withdraw_completion(actor=None, completion=row, note=note)
                open_again(attempt.employee, what, note=note)
    for what, done in wanted.items():
        if what not in standing:
            n_before = sum(row.what == what for row in rows)
            complete(employee=attempt.employee, done=_numbered(done, n_before))
    keep_up(attempt.employee)


def remedial(attempt: Attempt) -> None:
    """Who failed is given the lessons of the exam that are weakest, each once an attempt, for a week; who passes after
    all need not learn what is left of them. Of a test-out nothing follows: its lessons are to be learnt anyway."""
    if attempt.is_passed:
        for task in _ASKED(attempt=attempt.pk):
            record.cancel_assignment(actor=None, assignment=task, reason=say(_PASSED_AFTER_ALL, "zh"))
        return
    if attempt.sitting is None or _test_out_of(attempt) is not None:
        return
    exam = exam_of(attempt.sitting)
    lessons = _competencies(f"lesson:{key}" for key in exam.remedial)
    if not lessons:
        return
    due_at = clock.now() + timedelta(days=REMEDIAL_DAYS)
    for what in remedial_lessons(lessons, scores_of(attempt), exam.cuts.qualified):
        if not Enrolment.objects.filter(employee=attempt.employee_id, attempt=attempt, what=what).exists():
            enrol(
                actor=None, employees=[attempt.employee], what=what, how=EnrolmentHow.REMEDIAL, due_at=due_at,
                attempt=attempt,
            )  # fmt: skip


def tested_out(attempt: Attempt) -> TestOut | None:
    """What an attempt at a test-out shows, lesson by lesson with the reasons; ``None`` for any other exam."""
    link = _test_out_of(attempt)
    if link is None or attempt.sitting is None or attempt.is_passed is None:
        return None
    try:
        _version, course = in_force(f"course:{link.course}")
    except InputError:
        return None
    assert isinstance(course, CourseDocument)
    documents = _lessons(unit.what for unit in course.units if unit.what.startswith("lesson:"))
    shown = shown_lessons(
        {what: document.competencies for what, document in documents.items()},
        scores_of(attempt),
        exam_of(attempt.sitting).cuts.qualified,
        is_passed=attempt.is_passed,
        names=_names(),
    )
    return TestOut(link.course, shown, {what: title_of(document) for what, document in documents.items()})


def scores_of(attempt: Attempt) -> dict[str, Score]:
    """What an attempt brought in each competency, as its evidence counts it."""
    told = measured(attempt)
    if told is not None:
        return {key: Score(percent, Decimal(100), told.n) for key, percent in told.by_competency.items()}
    got = by_competency(attempt, attempt.responses.all())
    return {
        key: Score(sum((one for one, _ in pairs), Decimal(0)), sum((of for _, of in pairs), Decimal(0)), len(pairs))
        for key, pairs in got.items()
    }


def _test_out_of(attempt: Attempt) -> CourseExam | None:
    return _TEST_OUT.first(sitting=attempt.sitting_id) if attempt.sitting_id is not None else None


def _earned(attempt: Attempt) -> list[Done]:
    found = []
    assert attempt.handed_in_at is not None
    if attempt.is_passed and attempt.sitting is not None:
        percent = (100 * (attempt.points or Decimal(0)) / attempt.of).quantize(Decimal("0.01")) if attempt.of else None
        found.append(
            Done(
                f"exam:{attempt.sitting.exam}", CompletionHow.PASSED, attempt.handed_in_at, SOURCE_KIND,
                str(attempt.pk), version=attempt.sitting.version, title=attempt.sitting.title, percent=percent,
            )
        )  # fmt: skip
    result = tested_out(attempt)
    if result is None:
        return found
    standing = Completion.objects.standing().filter(employee=attempt.employee_id)
    learnt = set(standing.exclude(source_kind=SOURCE_KIND).values_list("what", flat=True))
    for one in result.shown:
        if one.is_shown and one.lesson not in learnt:
            version, document = in_force(one.lesson)
            found.append(
                Done(
                    one.lesson, CompletionHow.TESTED_OUT, attempt.handed_in_at, SOURCE_KIND, str(attempt.pk),
                    version=version, title=title_of(document),
                )
            )  # fmt: skip
    return found


def _numbered(done: Done, n_before: int) -> Done:
    """A completion that was taken back and is earned again is another one."""
    if not n_before:
        return done
    return Done(
        done.what, done.how, done.at, done.source_kind, f"{done.source_id}/{n_before + 1}", done.version, done.title,
        done.minutes, done.percent,
    )  # fmt: skip


def _lessons(names: Iterable[str]) -> dict[str, LessonDocument]:
    """Lessons in force, in the order given; those that are gone are left out."""
    found = {}
    for what in names:
        try:
            _version, document = in_force(what)
        except InputError:
            continue
        assert isinstance(document, LessonDocument)
        found[what] = document
    return found


def _competencies(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {what: tuple(document.competencies) for what, document in _lessons(names).items()}


def _names() -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for key, competency in record.competency_model().competencies.items():
        name = competency.name
        found[key] = Text(name.zh, name.en).both
    return found
