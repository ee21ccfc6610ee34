"""Learning a lesson (课时学习): its check, the line to say better, a reflection, and when all of it is there.

A lesson is gone through in rounds: what was done stays in the round, so that it goes on where it was left, on any page
or device. Learning it again begins a new round.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import CharField, Max, UUIDField

from peilian.adapters.packs.items import AnyItem
from peilian.adapters.packs.teaching import LessonDocument
from peilian.apps.base.api import Argument, Prepared, bookkeeping, refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.completing import Done, complete
from peilian.apps.learning.curriculum.keeping import keep_up
from peilian.apps.learning.curriculum.progress import Progress
from peilian.apps.learning.curriculum.texts import in_force, title_of
from peilian.apps.learning.curriculum.witnessing import bear_witness
from peilian.apps.learning.exams.answers import checked
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.exams.papers import Question, field_of, item_of, questions_of_items
from peilian.apps.learning.exams.reviewing import Asked
from peilian.apps.learning.models import CompletionHow, Enrolment, LessonRound, LessonWork, LessonWorkKind
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, NotVisibleError
from peilian.apps.practice import api as practice
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.assessment import Grade, grade
from peilian.engine.assessment.values import Part
from peilian.engine.curriculum import LessonPlan, LessonStanding, Work, lesson_standing

if TYPE_CHECKING:
    from peilian.apps.people.api import User

SOURCE_KIND = "learning.lesson"
REWRITE_PASS = Decimal(60)
MOST_WORK = 500
"""Pieces of work of one round: nobody tries so often, and each is kept for good."""
LONGEST_REFLECTION = 2000
_SEEDS = 2**31
_FRESH = timedelta(days=30)
"""How old a drill may be that counts when somebody begins a lesson for the first time."""
_FULL = Decimal(100)
log = logging.getLogger(__name__)
_LAST = Prepared(
    lambda: (
        LessonRound.objects.filter(employee=Argument("employee", UUIDField()), lesson=Argument("lesson", CharField()))
        .select_related("version__content", "employee")
        .order_by("-number")[:1]
    )
)
_WORK = Prepared(lambda: LessonWork.objects.filter(round=Argument("round", UUIDField())).order_by("seq"))


@dataclass(frozen=True, slots=True)
class Tried:
    """An item of a lesson with every try at it, the oldest first. ``asked.answer`` is the last answer; the key may be
    shown once there is a try."""

    asked: Asked
    tries: tuple[LessonWork, ...]

    @property
    def best(self) -> LessonWork | None:
        """The best try; the first of those that are worth the same."""
        return max(self.tries, key=lambda one: (one.points or Decimal(0), -one.seq), default=None)

    @property
    def is_whole(self) -> bool:
        """Whether a try brought all the points."""
        return self.best is not None and self.best.points == self.best.of


@dataclass(frozen=True, slots=True)
class LessonView:
    """A lesson as somebody has it before them. ``locked`` says what comes first; ``is_over``: everything of this round
    is done. ``drill_runs`` are those that count, the latest first."""

    round: LessonRound
    document: LessonDocument
    language: Language
    check: tuple[Tried, ...]
    rewrite: Tried | None
    reflection: str
    standing: LessonStanding
    plan: LessonPlan
    locked: Reason | None
    is_over: bool
    on: tuple[Progress, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer: the item with all its tries, where the lesson now stands, and whether it is complete."""

    tried: Tried
    standing: LessonStanding
    is_complete: bool


def lesson_of(*, user: User, key: str) -> LessonView:
    """The user's lesson, begun when it was not; what was drilled or handed in meanwhile is taken up."""
    employee = candidate(user)
    library.content(user=user, kind="lesson", key=key)
    on = keep_up(employee)
    row = _round(user, employee, key, on)
    if row.completed_at is None and _finish(row):
        on = keep_up(employee)
        row.refresh_from_db()
    return _view(row, on)


def answer_check_item(
    *, user: User, lesson: str, number: int, answer: Mapping[str, Any] | None, client_id: UUID
) -> Answered:
    """Answer question ``number`` of the check, again where it was not whole; it is graded at once. The same
    ``client_id`` is stored once."""
    return _answer(user, lesson, number, answer, client_id, LessonWorkKind.CHECK)


def rewrite(*, user: User, lesson: str, text: str, client_id: UUID) -> Answered:
    """Say the line of the lesson better; it is read at once, and may be said again."""
    return _answer(user, lesson, 1, {"text": text}, client_id, LessonWorkKind.REWRITE)


def reflect(*, user: User, lesson: str, text: str, client_id: UUID) -> LessonView:
    """Keep what somebody writes to the closing question. It is theirs: nobody marks it, and it may be left out."""
    said = short(text, "text", limit=LONGEST_REFLECTION, is_needed=True)
    employee = candidate(user)
    row = _of(employee, lesson)
    with bookkeeping():
        locked = _locked_round(row.pk)
        if locked.work.filter(client_id=client_id).first() is None:
            _add(locked, LessonWorkKind.REFLECTION, client_id, answer={"text": said})
    return lesson_of(user=user, key=lesson)


def read_lesson(*, user: User, lesson: str, client_id: UUID) -> LessonView:
    """The user has read a lesson that asks for nothing else."""
    employee = candidate(user)
    row = _begun(user, employee, lesson)
    with bookkeeping():
        locked = _locked_round(row.pk)
        if locked.completed_at is None and not locked.work.filter(kind=LessonWorkKind.READ).exists():
            _add(locked, LessonWorkKind.READ, client_id)
    return lesson_of(user=user, key=lesson)


def learn_again(*, user: User, lesson: str) -> LessonView:
    """Begin a lesson anew that was completed; a round that goes on goes on."""
    employee = candidate(user)
    library.content(user=user, kind="lesson", key=lesson)
    _open_round(user, employee, lesson)
    return lesson_of(user=user, key=lesson)


def lesson_part_done(*, employee: Employee, lesson: str, part: str, source_id: str) -> bool:
    """A part of a lesson was done elsewhere: ``homework`` that was accepted. Called by who saw it done; the same source
    counts once. Whether the lesson is complete now."""
    if part != LessonWorkKind.HOMEWORK:
        raise ValueError(part)
    row = LessonRound.objects.filter(employee=employee, lesson=lesson).order_by("-number").first()
    if row is None:
        row = _open_round(None, employee, lesson)
    with bookkeeping():
        locked = _locked_round(row.pk)
        if not locked.work.filter(kind=part, answer__source=source_id).exists():
            _add(locked, LessonWorkKind.HOMEWORK, None, answer={"source": source_id})
    is_complete = _finish(row)
    keep_up(employee)
    return is_complete


def finish_lessons_due() -> int:
    """Complete lessons that only a drill was missing for, which was played since; for the worker's round."""
    n_done = 0
    runs = practice.DrillRun.objects.counted().filter(ended_at__gte=clock.now() - timedelta(hours=1))
    recent = runs.values("employee")
    for row in LessonRound.objects.filter(completed_at=None, employee__in=recent).select_related("employee", "version"):
        try:
            if _finish(row):
                n_done += 1
                keep_up(row.employee)
        except Exception:  # one that cannot be completed keeps nobody else's back
            log.exception("lesson round %s could not be completed", row.pk)
    return n_done


def _answer(
    user: User, lesson: str, number: int, answer: Mapping[str, Any] | None, client_id: UUID, kind: LessonWorkKind
) -> Answered:
    employee = candidate(user)
    row = _begun(user, employee, lesson)
    question = _question(row, kind, number)
    stored = checked(field_of(question), answer)
    if stored is None:
        raise refuse("curriculum.nothing_answered", "answer")
    graded = grade(item_of(question, _language(row)), stored)
    with bookkeeping():
        locked = _locked_round(row.pk)
        known = locked.work.filter(client_id=client_id).first()
        if known is None and locked.completed_at is None:
            _add(locked, kind, client_id, question.item, stored, graded)
        elif known is None:
            raise refuse("curriculum.lesson_is_over", "lesson")
    is_complete = _finish(row)
    if is_complete:
        keep_up(employee)
    view = _view(LessonRound.objects.select_related("version").get(pk=row.pk), ())
    tried = view.rewrite if kind == LessonWorkKind.REWRITE else view.check[number - 1]
    assert tried is not None
    return Answered(tried, view.standing, view.is_over)


def _begun(user: User, employee: Employee, lesson: str) -> LessonRound:
    """The round that work goes into; refused while the lesson is locked in everything that asks for it."""
    library.content(user=user, kind="lesson", key=lesson)
    on = keep_up(employee)
    locked = _locked(lesson, on)
    if locked is not None:
        raise InputError(Fault(locked, field="lesson"))
    return _round(user, employee, lesson, on)


def _of(employee: Employee, lesson: str) -> LessonRound:
    row = LessonRound.objects.filter(employee=employee, lesson=lesson).order_by("-number").first()
    if row is None:
        raise NotVisibleError
    return row


def _round(user: User, employee: Employee, lesson: str, on: Sequence[Progress]) -> LessonRound:
    """The round that goes on; the last one when it is complete and nothing asks for it again; else a new one."""
    row = _LAST.first(employee=employee.pk, lesson=lesson)
    if row is not None and (row.completed_at is None or not _is_wanted_again(lesson, row.completed_at, on)):
        return row
    return _open_round(user, employee, lesson)


def _is_wanted_again(lesson: str, completed_at: datetime, on: Sequence[Progress]) -> bool:
    return any(
        unit.what == f"lesson:{lesson}"
        and unit.standing.state != "done"
        and one.enrolment.counts_from is not None
        and one.enrolment.counts_from > completed_at
        for one in on
        for course in one.courses
        for unit in course.units
    )


def _locked(lesson: str, on: Sequence[Progress]) -> Reason | None:
    """What comes before a lesson, when everything that asks for it has it locked."""
    units = [
        unit.standing
        for one in on
        for course in one.courses
        for unit in course.units
        if unit.what == f"lesson:{lesson}"
    ]
    if not units or any(one.state != "locked" for one in units):
        return None
    return units[0].reason


def _open_round(user: User | None, employee: Employee, lesson: str) -> LessonRound:
    version, document = in_force(f"lesson:{lesson}")
    assert isinstance(document, LessonDocument)
    wanted: Language = user.reading_language if user is not None else "zh"
    with write(actor=user, verb="learning.start_lesson") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
        rows = LessonRound.objects.filter(employee=employee, lesson=lesson)
        running = rows.filter(completed_at=None).select_related("version", "employee").first()
        if running is not None:
            audit.unchanged()
            return running
        language, paper = _paper(document, wanted)
        row = LessonRound(
            employee=employee,
            lesson=lesson,
            version=version,
            number=(rows.aggregate(n=Max("number"))["n"] or 0) + 1,
            language=language,
            paper=paper,
            started_at=clock.now(),
        )
        row.save(force_insert=True)
        audit.created(row)
    return row


def _paper(document: LessonDocument, wanted: Language) -> tuple[Language, dict[str, Any]]:
    """The items of a lesson in the language in which most of them are to be had; those that are not, or are gone, keep
    nobody from learning it."""
    check = document.check.items if document.check is not None else ()
    line = (document.rewrite,) if document.rewrite is not None else ()
    other: Language = "en" if wanted == "zh" else "zh"
    seed = secrets.randbelow(_SEEDS)
    found = {
        one: (questions_of_items(check, one, seed), questions_of_items(line, one, seed)) for one in (wanted, other)
    }
    language = max((wanted, other), key=lambda one: len(found[one][0]) + len(found[one][1]))
    asked, lines = found[language]
    return language, {
        "check": [question.as_json() for question in asked],
        "rewrite": [question.as_json() for question in lines],
    }


def _questions(row: LessonRound, kind: LessonWorkKind) -> list[Question]:
    return [Question.of(kept) for kept in row.paper.get(str(kind), ())]


def _question(row: LessonRound, kind: LessonWorkKind, number: int) -> Question:
    questions = _questions(row, kind)
    if not 1 <= number <= len(questions):
        raise refuse("learning.no_such_question", "number", n=len(questions))
    return questions[number - 1]


def _language(row: LessonRound) -> Language:
    return "en" if row.language == "en" else "zh"


def _locked_round(pk: UUID) -> LessonRound:
    found: LessonRound = LessonRound.objects.select_for_update().get(pk=pk)
    return found


def _add(
    row: LessonRound,
    kind: LessonWorkKind,
    client_id: UUID | None,
    item: str = "",
    answer: Mapping[str, Any] | None = None,
    graded: Grade | None = None,
) -> None:
    if row.seq >= MOST_WORK:
        raise refuse("curriculum.too_much_work", "lesson", limit=MOST_WORK)
    row.seq += 1
    row.save(update_fields=["seq"])
    LessonWork(
        round=row,
        seq=row.seq,
        kind=kind,
        item=item,
        answer=dict(answer or {}),
        points=graded.points if graded is not None else None,
        of=graded.of if graded is not None else None,
        parts=[_part(part) for part in graded.parts] if graded is not None else [],
        at=clock.now(),
        client_id=client_id,
    ).save(force_insert=True)


def _part(part: Part) -> dict[str, Any]:
    reason = {"key": part.reason.key, "params": dict(part.reason.params)}
    return {
        "key": part.key, "points": str(part.points), "of": str(part.of), "reason": reason, "quote": part.quote,
    }  # fmt: skip


def _document(row: LessonRound) -> LessonDocument:
    found = library.document_of(row.version, user=None)
    assert isinstance(found, LessonDocument)
    return found


def _plan(row: LessonRound, document: LessonDocument) -> LessonPlan:
    """What the lesson asks for, of what there is: a drill that is not offered here is not asked for."""
    lines = _questions(row, LessonWorkKind.REWRITE)
    is_open = bool(lines) and bool(getattr(field_of(lines[0]), "open", False))
    has_drill = document.drill is not None and document.drill in practice.scenarios()
    return LessonPlan(
        items={question.item: question.points for question in _questions(row, LessonWorkKind.CHECK)},
        pass_percent=document.check.pass_percent if document.check is not None else _FULL,
        drill_pass=document.drill_pass if has_drill else None,
        rewrite_pass=(Decimal(0) if is_open else REWRITE_PASS) if lines else None,
        has_homework=document.homework is not None,
    )


def _work(row: LessonRound, document: LessonDocument, plan: LessonPlan, work: Sequence[LessonWork]) -> Work:
    lines = [one for one in work if one.kind == LessonWorkKind.REWRITE and one.of]
    said = [_FULL * one.points / one.of for one in lines if one.points is not None and one.of is not None]
    return Work(
        tries=[(one.item, one.points or Decimal(0)) for one in work if one.kind == LessonWorkKind.CHECK],
        drill_percent=_best_drill(row, document.drill) if plan.drill_pass is not None and document.drill else None,
        rewrite_percent=max(said).quantize(Decimal("0.01")) if said else None,
        has_homework=any(one.kind == LessonWorkKind.HOMEWORK for one in work),
        is_read=any(one.kind == LessonWorkKind.READ for one in work),
    )


def _best_drill(row: LessonRound, scenario: str) -> Decimal | None:
    """The best drill of a scenario that counts for a round, in percent: since it began, or lately when it is the first
    and nothing asks for the lesson anew. A drill in which a line was crossed is none."""
    since = row.started_at if row.number > 1 else row.started_at - _FRESH
    asked = Enrolment.objects.live().filter(employee=row.employee_id, what=f"lesson:{row.lesson}")
    anew = asked.aggregate(at=Max("counts_from"))["at"]
    if anew is not None:
        since = max(since, anew)
    runs = practice.DrillRun.objects.counted().filter(employee=row.employee_id, scenario=scenario, ended_at__gte=since)
    if row.completed_at is not None:
        runs = runs.filter(ended_at__lte=row.completed_at)
    found = [percent for run in runs.defer("debrief")[:50] if (percent := _percent_of(run)) is not None]
    return max(found, default=None)


def _percent_of(run: practice.DrillRun) -> Decimal | None:
    result = (run.result or {}).get("zh") or {}
    if any(gate.get("fails") for gate in result.get("gates", ())):
        return None
    return practice.percent_of_points(run.total, result.get("max"))


def _standing(row: LessonRound, document: LessonDocument, work: Sequence[LessonWork]) -> LessonStanding:
    plan = _plan(row, document)
    return lesson_standing(plan, _work(row, document, plan, work))


def _finish(row: LessonRound) -> bool:
    """Complete a round when everything is there: the completion, what it shows of the person. Whether that was done."""
    document = _document(row)
    if not _standing(row, document, _WORK(round=row.pk)).is_complete:
        return False
    with write(actor=None, verb="learning.complete_lesson") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=row.employee_id)
        locked = (
            LessonRound.objects.select_for_update(of=("self",)).select_related("employee", "version").get(pk=row.pk)
        )
        if locked.completed_at is not None:
            audit.unchanged()
            return False
        work = list(locked.work.all())
        standing = _standing(locked, document, work)
        now = clock.now()
        locked.completed_at = now
        locked.save(update_fields=["completed_at"])
        audit.changed(locked, completed_at=None)
        done = Done(
            f"lesson:{locked.lesson}", CompletionHow.LEARNT, now, SOURCE_KIND, str(locked.pk), version=locked.version,
            title=title_of(document), minutes=document.minutes, percent=standing.first,
        )  # fmt: skip
        complete(employee=locked.employee, done=done)
        bear_witness(locked, document, work, _questions(locked, LessonWorkKind.CHECK), now)
    return True


def _view(row: LessonRound, on: Sequence[Progress]) -> LessonView:
    document = _document(row)
    work = _WORK(round=row.pk)
    line = [_tried(question, work, LessonWorkKind.REWRITE) for question in _questions(row, LessonWorkKind.REWRITE)]
    said = [one.answer.get("text", "") for one in work if one.kind == LessonWorkKind.REFLECTION]
    plan = _plan(row, document)
    asking = tuple(
        one for one in on
        if any(unit.what == f"lesson:{row.lesson}" for course in one.courses for unit in course.units)
    )  # fmt: skip
    return LessonView(
        round=row,
        document=document,
        language=_language(row),
        check=tuple(_tried(one, work, LessonWorkKind.CHECK) for one in _questions(row, LessonWorkKind.CHECK)),
        rewrite=line[0] if line else None,
        reflection=said[-1] if said else "",
        standing=lesson_standing(plan, _work(row, document, plan, work)),
        plan=plan,
        locked=_locked(row.lesson, on) if row.completed_at is None else None,
        is_over=row.completed_at is not None,
        on=asking,
    )


def _tried(question: Question, work: Sequence[LessonWork], kind: LessonWorkKind) -> Tried:
    field: AnyItem = field_of(question)
    tries = tuple(one for one in work if one.kind == kind and one.item == question.item)
    answer = tries[-1].answer if tries else None
    return Tried(Asked(question, field, answer, tries[-1].seq if tries else 0), tries)
