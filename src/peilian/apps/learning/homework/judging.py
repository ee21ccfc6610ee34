"""Judging homework (评作业): by what the lesson says it is judged, accepted or returned with what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from peilian.adapters.packs.teaching import LessonDocument
from peilian.apps.base.api import file_path, refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.credentials.external import OpenedFile
from peilian.apps.learning.curriculum.lessons import lesson_part_done
from peilian.apps.learning.curriculum.texts import title_of
from peilian.apps.learning.homework.handing_in import address_of
from peilian.apps.learning.models import (
    Homework,
    HomeworkDecision,
    HomeworkFile,
    HomeworkState,
    HomeworkVersion,
    LessonWorkKind,
)
from peilian.apps.learning.telling import tell_person
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to
from peilian.engine._kernel import Text

if TYPE_CHECKING:
    from peilian.apps.people.api import User

LONGEST_HOMEWORK_NOTE = 1000


@dataclass(frozen=True, slots=True)
class Criterion:
    """Whether one thing by which homework is judged is met, and a word about it."""

    is_met: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class JudgedBy:
    """One thing by which homework is judged, with what was decided about it in a version."""

    text: Text
    decided: Criterion | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version with its files and what was decided about it; ``decision`` is ``None`` while it waits."""

    version: HomeworkVersion
    files: tuple[HomeworkFile, ...]
    decision: HomeworkDecision | None
    criteria: tuple[JudgedBy, ...]


@dataclass(frozen=True, slots=True)
class HomeworkView:
    """Homework as its person or who judges it has it before them, the last version first."""

    homework: Homework
    document: LessonDocument
    versions: tuple[VersionView, ...]
    is_own: bool
    may_judge: bool


def homework_to_judge(*, user: User) -> QuerySet[Homework]:
    """What waits of people whom the user judges, the oldest first; never one's own."""
    sight = visible_to(user)
    sight.require(Permission.GUIDE_LEARNING)
    led = sight.employees(Permission.GUIDE_LEARNING).exclude(left_on__lte=sight.day)
    rows = Homework.objects.filter(state=HomeworkState.SUBMITTED, employee__in=led.values("pk"))
    rows = rows.exclude(employee=user.employee_id) if user.employee_id is not None else rows
    return rows.select_related("employee", "round__version__content").order_by("submitted_at", "pk")


def homework_of(*, user: User, pk: UUID) -> HomeworkView:
    """One: one's own, or of a person whom the user judges."""
    row = Homework.objects.select_related("employee", "round__version").filter(pk=pk).first()
    if row is None or not visible_to(user).grants:
        raise NotVisibleError
    is_own = row.employee_id == user.employee_id
    judges = _judges(user, row)
    if not is_own and not judges:
        raise NotVisibleError
    document = _document(row)
    assert document.homework is not None
    texts = [one.to_text() for one in document.homework.judged_by]
    versions = row.versions.prefetch_related("files").select_related("decision__actor").order_by("-number")
    return HomeworkView(
        homework=row,
        document=document,
        versions=tuple(_version(one, texts) for one in versions),
        is_own=is_own,
        may_judge=judges and row.state == HomeworkState.SUBMITTED,
    )


def homework_file(*, user: User, pk: UUID) -> OpenedFile:
    """A file of homework that the user may see."""
    row = HomeworkFile.objects.select_related("file", "version__homework").filter(pk=pk).first()
    if row is None or not visible_to(user).grants:
        raise NotVisibleError
    homework = row.version.homework
    if homework.employee_id != user.employee_id and not _judges(user, homework):
        raise NotVisibleError
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return OpenedFile(file_path(row.file), row.name, row.media_type, row.is_picture, headers)


def decide_homework(
    *, actor: User, pk: UUID, number: int, accepts: bool, criteria: Sequence[Criterion], note: str = ""
) -> Homework:
    """Accept version ``number``, or return it with a word what is missing. Each thing by which it is judged is decided:
    all are met in what is accepted, one is not in what is returned. Accepted homework counts in its lesson at once.

    Who judges the person, never one's own. A version that was followed by a newer one, or decided by somebody else
    meanwhile, is not decided.
    """
    word = short(note, "note", limit=LONGEST_HOMEWORK_NOTE, is_needed=not accepts)
    said = [{"met": one.is_met, "note": short(one.note, f"criterion_{n}")} for n, one in enumerate(criteria, start=1)]
    with write(actor=actor, verb="learning.decide_homework") as audit:
        row = _locked(actor, pk)
        state = HomeworkState.ACCEPTED if accepts else HomeworkState.RETURNED
        if row.state == state and row.n_versions == number:
            audit.unchanged()
            return row
        if row.state != HomeworkState.SUBMITTED or row.n_versions != number:
            raise refuse("learning.homework_changed_meanwhile")
        document = _document(row)
        assert document.homework is not None
        if len(said) != len(document.homework.judged_by):
            raise refuse("learning.homework_each_criterion")
        if accepts != all(one.is_met for one in criteria):
            raise refuse("learning.homework_not_all_met" if accepts else "learning.homework_all_met")
        decision = HomeworkDecision(
            version=row.versions.get(number=number), is_accepted=accepts, criteria=said, note=word, at=clock.now(),
            actor=actor,
        )  # fmt: skip
        decision.save(force_insert=True)
        audit.created(decision)
        row.state = state
        row.save(update_fields=["state"])
        key = "inbox.homework_accepted" if accepts else "inbox.homework_returned"
        tell_person(row.employee, key, title_of(document), link=address_of(row), word=word)
        if accepts:
            lesson_part_done(
                employee=row.employee, lesson=row.round.lesson, part=LessonWorkKind.HOMEWORK, source_id=str(row.pk)
            )
    return row


def _version(row: HomeworkVersion, texts: Sequence[Text]) -> VersionView:
    decision: HomeworkDecision | None = getattr(row, "decision", None)
    decided = [Criterion(one["met"], one["note"]) for one in decision.criteria] if decision is not None else []
    criteria = [JudgedBy(text, decided[n] if n < len(decided) else None) for n, text in enumerate(texts)]
    return VersionView(row, tuple(row.files.all()), decision, tuple(criteria))


def _locked(actor: User, pk: UUID) -> Homework:
    """The homework, locked after its person, as learning does it everywhere."""
    seen = Homework.objects.filter(pk=pk).first()
    if seen is None or not _judges(actor, seen):
        raise NotVisibleError
    Employee.objects.select_for_update(no_key=True).get(pk=seen.employee_id)
    row: Homework = (
        Homework.objects.select_for_update(of=("self",)).select_related("employee", "round__version").get(pk=pk)
    )
    return row


def _judges(user: User, row: Homework) -> bool:
    if row.employee_id == user.employee_id:
        return False
    return visible_to(user).employees(Permission.GUIDE_LEARNING).filter(pk=row.employee_id).exists()


def _document(row: Homework) -> LessonDocument:
    found = library.document_of(row.round.version, user=None)
    assert isinstance(found, LessonDocument)
    return found
