"""Keeping things in the own handbook (记入手册): a passage with one press, notes of one's own, their order.

It is private: no audit trail tells what somebody wrote for oneself. Whoever may not read a source any more keeps what
was kept, and is told no more of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from django.db.models import Max

from peilian.apps.base.api import bookkeeping, refuse, short
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.exams.reviewing import review_attempt
from peilian.apps.learning.handbook.passages import WHOLE, is_marked, passage_at, place_of_words
from peilian.apps.learning.models import HandbookEntry, KeptFrom
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, NotVisibleError
from peilian.apps.practice import api as practice
from peilian.engine._kernel import Language

if TYPE_CHECKING:
    from peilian.apps.people.api import User

LONGEST_ENTRY = 8000
LONGEST_TITLE = 200
LONGEST_HEADING = 80
MOST_ENTRIES = 2000
MOST_TAGS = 10
LONGEST_TAG = 40
DAYS_TO_RESTORE = 30
Way = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody writes into an entry. ``text`` is what was kept or the note itself, ``note`` one's own words to
    it; both Markdown."""

    title: str
    text: str = ""
    note: str = ""
    heading: str = ""
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A passage on its way into the handbook."""

    kept_from: KeptFrom
    source: str
    place: str
    title: str
    text: str
    content: library.Content | None = None
    version: library.ContentVersion | None = None


def keep_from_text(
    *, actor: User, kind: str, key: str, place: str = WHOLE, words: str = "", heading: str = "",
    language: Language | None = None,
) -> HandbookEntry:  # fmt: skip
    """Keep a passage of a text in its present wording: that at ``place``, or the ``words`` that were marked in it. The
    same passage is kept once. ``NotVisibleError`` for a text or a place that is not there for the user."""
    row = library.content(user=actor, kind=kind, key=key)
    if row.current is None:
        raise NotVisibleError
    document = library.document_of(row.current, user=actor)
    reads = language or actor.reading_language
    marked = short(words, "words", limit=LONGEST_ENTRY)
    passage = passage_at(document, WHOLE if marked else place, reads)
    if passage is None and not marked:
        raise NotVisibleError
    title = passage.title if passage is not None else row.name.in_language(reads) or row.key
    text = marked or (passage.text if passage is not None else "")
    at = place_of_words(marked) if marked else place
    return _keep(actor, Found(KeptFrom.TEXT, row.reference, at, title, text, row, row.current), heading)


def keep_from_drill(
    *, actor: User, run_id: UUID, place: str, title: str, text: str, heading: str = ""
) -> HandbookEntry:
    """Keep something of an own drill that is over: a line, a moment, the one thing for next time."""
    found = practice.debrief_of(user=actor, run_id=run_id)
    if not found.is_own:
        raise NotVisibleError
    return _keep(actor, Found(KeptFrom.DRILL, str(found.run.pk), place, title, text), heading)


def keep_from_exam(
    *, actor: User, attempt_id: UUID, number: int, title: str, text: str, heading: str = ""
) -> HandbookEntry:
    """Keep what an own exam showed about a question, once it shows the right answers."""
    found = review_attempt(user=actor, attempt_id=attempt_id)
    if found.attempt.employee_id != actor.employee_id or not found.shows_key:
        raise NotVisibleError
    if not any(one.question.number == number for one in found.asked):
        raise NotVisibleError
    return _keep(actor, Found(KeptFrom.EXAM, str(found.attempt.pk), f"q{number}", title, text), heading)


def write_entry(*, actor: User, what: Written, client_id: UUID) -> HandbookEntry:
    """Write a note of one's own. The same ``client_id`` is written once."""
    employee, checked = candidate(actor), _checked(what)
    with bookkeeping():
        _locked_person(employee)
        known = HandbookEntry.objects.filter(employee=employee, client_id=client_id).first()
        if known is not None:
            return known
        row = HandbookEntry(
            employee=employee, position=_next(employee), kept_from=KeptFrom.OWN, made_at=clock.now(),
            client_id=client_id, title=checked.title, text=checked.text, note=checked.note, heading=checked.heading,
            tags=list(checked.tags),
        )  # fmt: skip
        row.save(force_insert=True)
    return row


def change_entry(*, actor: User, pk: UUID, what: Written) -> HandbookEntry:
    """Write an entry anew; where it comes from stays known."""
    employee, checked = candidate(actor), _checked(what)
    with bookkeeping():
        _locked_person(employee)
        row = _own(employee, pk)
        fresh = (checked.title, checked.text, checked.note, checked.heading, list(checked.tags))
        if fresh != (row.title, row.text, row.note, row.heading, row.tags):
            row.title, row.text, row.note, row.heading, row.tags = fresh
            row.changed_at = clock.now()
            row.save()
    return row


def delete_entry(*, actor: User, pk: UUID) -> HandbookEntry:
    """Take an entry out of the handbook; it can be brought back for ``DAYS_TO_RESTORE`` days, then it is gone."""
    employee = candidate(actor)
    with bookkeeping():
        _locked_person(employee)
        row = HandbookEntry.objects.filter(employee=employee, pk=pk).first()
        if row is None:
            raise NotVisibleError
        if row.deleted_at is None:
            row.deleted_at = clock.now()
            row.save(update_fields=["deleted_at"])
    return row


def restore_entry(*, actor: User, pk: UUID) -> HandbookEntry:
    """Bring an entry back where it was; one whose passage was kept again meanwhile stays deleted, and that is given.
    What was deleted too long ago is gone, whether or not anybody has cleared it away yet."""
    employee = candidate(actor)
    with bookkeeping():
        _locked_person(employee)
        row = HandbookEntry.objects.filter(employee=employee, pk=pk).first()
        if row is None or (row.deleted_at is not None and row.deleted_at < _too_long_ago()):
            raise NotVisibleError
        if row.deleted_at is None:
            return row
        again = _kept(employee, row.source, row.place) if row.source else None
        if again is not None:
            return again
        row.deleted_at = None
        row.save(update_fields=["deleted_at"])
    return row


def forget_deleted_due() -> int:
    """Clear away for good what was deleted too long ago to be brought back; for the worker's round. How many."""
    rows = HandbookEntry.objects.filter(deleted_at__lt=_too_long_ago())
    if not rows.exists():
        return 0
    with bookkeeping():
        _all, by_kind = rows.delete()
    return by_kind.get(HandbookEntry._meta.label, 0)


def move_entry(*, actor: User, pk: UUID, way: Way) -> None:
    """Move an entry before or behind its neighbour under the same heading; at the end nothing moves."""

    def moved(rows: list[HandbookEntry]) -> list[HandbookEntry]:
        row = next((one for one in rows if one.pk == pk), None)
        if row is None:
            raise NotVisibleError
        near = [one for one in rows if one.heading == row.heading]
        other = near.index(row) + (-1 if way == "up" else 1)
        if 0 <= other < len(near):
            here, there = rows.index(row), rows.index(near[other])
            rows[here], rows[there] = rows[there], rows[here]
        return rows

    _ordered(candidate(actor), moved)


def move_heading(*, actor: User, heading: str, way: Way) -> None:
    """Move all entries under a heading before or behind those under the next one."""

    def moved(rows: list[HandbookEntry]) -> list[HandbookEntry]:
        names = list(dict.fromkeys(one.heading for one in rows))
        if heading not in names:
            raise NotVisibleError
        here = names.index(heading)
        there = here + (-1 if way == "up" else 1)
        if 0 <= there < len(names):
            names[here], names[there] = names[there], names[here]
        return [one for name in names for one in rows if one.heading == name]

    _ordered(candidate(actor), moved)


def take_newer(*, actor: User, pk: UUID, takes_words: bool) -> HandbookEntry:
    """Settle that the text of an entry has a newer wording: take its words, or keep the own ones. What was marked by
    hand, or is no longer there, keeps its words. One's note stays in any case."""
    employee = candidate(actor)
    with bookkeeping():
        _locked_person(employee)
        row = _own(employee, pk)
        if row.content is None:
            raise NotVisibleError
        content = library.content(user=actor, kind=row.content.kind, key=row.content.key)
        if content.current is None or content.current_id == row.version_id:
            return row
        fresh = newer_words(actor, row, content.current) if takes_words else None
        if fresh is not None:
            row.text, row.changed_at = fresh, clock.now()
        row.version = content.current
        row.save()
    return row


def newer_words(user: User, row: HandbookEntry, version: library.ContentVersion) -> str | None:
    """What stands at the place of an entry in another version; ``None`` where there is nothing to be taken."""
    if is_marked(row.place):
        return None
    passage = passage_at(library.document_of(version, user=user), row.place, user.reading_language)
    return passage.text if passage is not None and passage.text != row.text else None


def _keep(actor: User, found: Found, heading: str) -> HandbookEntry:
    employee = candidate(actor)
    title = _title(found.title) or _title(found.text)
    text = short(found.text, "text", limit=LONGEST_ENTRY, is_needed=True)
    under = short(heading, "heading", limit=LONGEST_HEADING)
    with bookkeeping():
        _locked_person(employee)
        known = _kept(employee, found.source, found.place)
        if known is not None:
            return known
        row = HandbookEntry(
            employee=employee, position=_next(employee), kept_from=found.kept_from, made_at=clock.now(),
            source=found.source, place=found.place, title=title, text=text, heading=under, content=found.content,
            version=found.version,
        )  # fmt: skip
        row.save(force_insert=True)
    return row


def _too_long_ago() -> datetime:
    return clock.now() - timedelta(days=DAYS_TO_RESTORE)


def _title(words: str) -> str:
    """Words in one line that fit a title."""
    line = " ".join(words.replace(">", " ").split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


def _checked(what: Written) -> Written:
    title = short(what.title, "title", limit=LONGEST_TITLE, is_needed=True)
    text = short(what.text, "text", limit=LONGEST_ENTRY)
    note = short(what.note, "note", limit=LONGEST_ENTRY)
    if not text and not note:
        raise refuse("learning.handbook_empty", "text")
    tags = tuple(dict.fromkeys(tag for one in what.tags if (tag := short(one, "tags", limit=LONGEST_TAG))))
    if len(tags) > MOST_TAGS:
        raise refuse("learning.handbook_too_many_tags", "tags", limit=MOST_TAGS)
    return Written(title, text, note, short(what.heading, "heading", limit=LONGEST_HEADING), tags)


def _locked_person(employee: Employee) -> None:
    """The handbook is locked by its person, as learning does it everywhere."""
    Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)


def _own(employee: Employee, pk: UUID) -> HandbookEntry:
    rows = HandbookEntry.objects.select_related("content", "version")
    row = rows.filter(employee=employee, deleted_at=None, pk=pk).first()
    if row is None:
        raise NotVisibleError
    return row


def _kept(employee: Employee, source: str, place: str) -> HandbookEntry | None:
    rows = HandbookEntry.objects.filter(employee=employee, deleted_at=None, source=source, place=place)
    found: HandbookEntry | None = rows.first()
    return found


def _next(employee: Employee) -> int:
    """The place of a new entry: the last one."""
    rows = HandbookEntry.objects.filter(employee=employee)
    if rows.count() >= MOST_ENTRIES:
        raise refuse("learning.handbook_full", "title", limit=MOST_ENTRIES)
    last = rows.aggregate(last=Max("position"))["last"]
    return 1 if last is None else last + 1


def _ordered(employee: Employee, moved: Callable[[list[HandbookEntry]], list[HandbookEntry]]) -> None:
    with bookkeeping():
        _locked_person(employee)
        rows = list(HandbookEntry.objects.filter(employee=employee, deleted_at=None))
        fresh = moved(list(rows))
        for position, row in enumerate(fresh, start=1):
            if row.position != position:
                HandbookEntry.objects.filter(pk=row.pk).update(position=position)
