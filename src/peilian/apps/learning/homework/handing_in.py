"""Handing homework in (交作业): text and files for the round of a lesson; each version is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import UUIDField

from peilian.adapters.media import media_type_of, plain_name
from peilian.adapters.pictures import without_traces
from peilian.apps.base.api import Argument, Audit, Prepared, keep_file, refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.curriculum.lessons import LessonView, lesson_of
from peilian.apps.learning.curriculum.texts import title_of
from peilian.apps.learning.models import Homework, HomeworkFile, HomeworkState, HomeworkVersion, LessonRound
from peilian.apps.learning.telling import tell_leaders
from peilian.apps.people.api import Employee, GuidanceKind, NotVisibleError
from peilian.engine._kernel import Fault, InputError

if TYPE_CHECKING:
    from peilian.apps.base.api import StoredFile
    from peilian.apps.people.api import User

LONGEST_HOMEWORK = 10_000
MOST_HOMEWORK_FILES = 4
MOST_HOMEWORK_BYTES = 10 << 20
MOST_VERSIONS = 30
_OFFICE = "application/vnd.openxmlformats-officedocument"
HOMEWORK_KINDS = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "application/pdf",
    f"{_OFFICE}.spreadsheetml.sheet",
    f"{_OFFICE}.wordprocessingml.document",
)
"""What is taken, told by what a file holds."""
_IN = Prepared(lambda: Homework.objects.filter(round=Argument("round", UUIDField()))[:1])


@dataclass(frozen=True, slots=True)
class HandIn:
    """What is handed in. ``files`` are names with their bytes, ``keep`` the files of the version before that stay.
    ``client_id`` is the page's id of what it sent, so that a second click hands nothing in twice."""

    client_id: UUID
    text: str = ""
    files: Sequence[tuple[str, bytes]] = ()
    keep: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a version that is about to be kept."""

    file: StoredFile
    name: str
    media_type: str


def homework_in(view: LessonView) -> Homework | None:
    """What the person handed in for this round of the lesson; ``None`` when there is nothing yet."""
    return _IN.first(round=view.round.pk)


def hand_in_homework(*, actor: User, lesson: str, what: HandIn) -> Homework:
    """Hand in the homework of a lesson, or its next version; who leads the person, and the
    mentor, are told.

    ``NotVisibleError`` for a lesson without homework; refused while the lesson is locked and once the homework was
    accepted. Nothing is kept of what is refused.
    """
    view = lesson_of(user=actor, key=lesson)
    if view.document.homework is None:
        raise NotVisibleError
    known = Homework.objects.filter(round=view.round, versions__client_id=what.client_id).first()
    if known is not None:
        return known
    if view.locked is not None:
        raise InputError(Fault(view.locked))
    text = short(what.text, "text", limit=LONGEST_HOMEWORK)
    checked = _checked(what)
    wants_file = view.document.homework.files
    if not (checked or what.keep) and (wants_file or not text):
        raise refuse("learning.homework_needs_file" if wants_file else "learning.homework_empty", "files")
    with write(actor=actor, verb="learning.hand_in_homework") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=view.round.employee_id)
        row = _open(view)
        if row.versions.filter(client_id=what.client_id).exists():
            audit.unchanged()
            return row
        stays = _kept_before(row, what.keep)
        if len(stays) + len(checked) > MOST_HOMEWORK_FILES:
            raise refuse("learning.homework_too_many_files", "files", limit=MOST_HOMEWORK_FILES)
        if not (stays or checked) and (wants_file or not text):
            raise refuse("learning.homework_needs_file" if wants_file else "learning.homework_empty", "files")
        fresh = (_File(keep_file(actor=actor, name=name, chunks=[data]), name, kind) for name, data, kind in checked)
        files = [*stays, *fresh]
        _add(audit, row, text, files, what.client_id)
        tell_leaders(
            row.employee, "inbox.homework_submitted", title_of(view.document), link=address_of(row),
            kinds=(GuidanceKind.SUPERVISOR, GuidanceKind.MENTOR),
        )  # fmt: skip
    return row


def address_of(row: Homework) -> str:
    """The page of homework, for its person and for who judges it."""
    return f"/learn/homework/{row.pk}/"


def _open(view: LessonView) -> Homework:
    """The homework of the round, locked, begun when there is none."""
    row = Homework.objects.select_for_update(of=("self",)).select_related("employee").filter(round=view.round).first()
    is_over = LessonRound.objects.filter(pk=view.round.pk, completed_at__isnull=False).exists()
    if is_over or (row is not None and row.state == HomeworkState.ACCEPTED):
        raise refuse("learning.homework_is_over")
    if row is None:
        row = Homework(round=view.round, employee=view.round.employee, submitted_at=clock.now())
        row.save(force_insert=True)
    if row.n_versions >= MOST_VERSIONS:
        raise refuse("learning.homework_too_many_versions", limit=MOST_VERSIONS)
    return row


def _add(audit: Audit, row: Homework, text: str, files: Sequence[_File], client_id: UUID) -> None:
    row.state, row.n_versions, row.submitted_at = HomeworkState.SUBMITTED, row.n_versions + 1, clock.now()
    row.save(update_fields=["state", "n_versions", "submitted_at"])
    version = HomeworkVersion(
        homework=row, number=row.n_versions, text=text, at=row.submitted_at, client_id=client_id
    )  # fmt: skip
    version.save(force_insert=True)
    for position, one in enumerate(files, start=1):
        HomeworkFile(
            version=version, position=position, file=one.file, name=one.name, media_type=one.media_type
        ).save(force_insert=True)  # fmt: skip
    audit.created(version)


def _kept_before(row: Homework, keep: Sequence[UUID]) -> list[_File]:
    """The files of the last version that stay; others are left out."""
    rows = HomeworkFile.objects.filter(version__homework=row, version__number=row.n_versions, pk__in=list(keep))
    return [_File(one.file, one.name, one.media_type) for one in rows.select_related("file")]


def _checked(what: HandIn) -> list[tuple[str, bytes, str]]:
    """The new files with what they are, told by what they hold. All are looked at before any is kept."""
    if len(what.files) > MOST_HOMEWORK_FILES:
        raise refuse("learning.homework_too_many_files", "files", limit=MOST_HOMEWORK_FILES)
    found = []
    for sent, data in what.files:
        name = short(plain_name(sent), "files", limit=255) or "homework"
        if len(data) > MOST_HOMEWORK_BYTES:
            raise refuse("learning.homework_file_too_large", "files", name=name, limit=MOST_HOMEWORK_BYTES >> 20)
        media_type = media_type_of(data)
        if media_type not in HOMEWORK_KINDS:
            raise refuse("learning.homework_file_kind", "files", name=name)
        assert media_type is not None
        found.append((name, without_traces(data), media_type))
    return found
