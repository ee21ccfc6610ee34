"""Looking into the own handbook (查手册): by words and their sounds, by heading and tag; as one Markdown text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import CharField, QuerySet, UUIDField

from peilian.apps.base.api import Argument, Prepared
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.handbook.keeping import DAYS_TO_RESTORE, newer_words
from peilian.apps.learning.models import HandbookEntry
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError
from peilian.engine.search.sounds import fold, readings, syllables

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_SHORTEST_SOUND = 2
_PLACES = Prepared(
    lambda: (
        HandbookEntry.objects.filter(
            employee=Argument("employee", UUIDField()), source=Argument("source", CharField()), deleted_at=None
        )
        .order_by()
        .values_list("place", flat=True)
    )
)


@dataclass(frozen=True, slots=True)
class Handbook:
    """The own handbook as it was asked for. ``headings`` and ``tags`` are all that there are, in order of the handbook
    and by how often they occur; ``n_all`` counts every entry; ``deleted`` are those that can be brought back."""

    entries: tuple[HandbookEntry, ...]
    headings: tuple[str, ...]
    tags: tuple[str, ...]
    n_all: int
    deleted: tuple[HandbookEntry, ...]


@dataclass(frozen=True, slots=True)
class Newer:
    """The text of an entry has a newer wording: its ``version``, and the ``words`` that stand at the same place now;
    ``None`` where there are none, or they are the same."""

    version: library.ContentVersion
    words: str | None


def handbook_of(*, user: User, words: str = "", heading: str | None = None, tag: str = "") -> Handbook:
    """The user's own handbook; entries with all of the ``words`` (or, typed in Latin letters, their sounds or initials
    in title, heading and tags), under a heading, with a tag, when given."""
    rows = list(_own(user).filter(deleted_at=None))
    asked = words.casefold().split()
    chosen = [
        row for row in rows
        if (heading is None or row.heading == heading) and (not tag or tag in row.tags) and _has(row, asked)
    ]  # fmt: skip
    tags = Counter(one for row in rows for one in row.tags)
    since = clock.now() - timedelta(days=DAYS_TO_RESTORE)
    return Handbook(
        entries=tuple(chosen),
        headings=tuple(dict.fromkeys(row.heading for row in rows)),
        tags=tuple(name for name, _n in tags.most_common()),
        n_all=len(rows),
        deleted=tuple(_own(user).filter(deleted_at__gte=since).order_by("-deleted_at")),
    )


def handbook_entry(*, user: User, pk: UUID) -> HandbookEntry:
    """One of the user's own entries."""
    row = _own(user).filter(deleted_at=None, pk=pk).first()
    if row is None:
        raise NotVisibleError
    return row


def kept_places(*, user: User, source: str) -> frozenset[str]:
    """Which places of a source the user has kept, so that a page can show it."""
    return frozenset(_PLACES(employee=candidate(user).pk, source=source))


def newer_of(*, user: User, entry: HandbookEntry) -> Newer | None:
    """Whether the text of an entry has a newer wording than the one that it was kept from; ``None`` where it has not,
    comes from no text, or the text is not to be seen any more."""
    if entry.content is None or entry.version_id is None or entry.content.current_id in (None, entry.version_id):
        return None
    try:
        content = library.content(user=user, kind=entry.content.kind, key=entry.content.key)
    except NotVisibleError:
        return None
    if content.current is None or content.state != library.ContentState.PUBLISHED:
        return None
    return Newer(content.current, newer_words(user, entry, content.current))


def has_newer(entry: HandbookEntry) -> bool:
    """The same at a glance, for a list: whether a newer version is in force."""
    content = entry.content
    return (
        content is not None
        and content.state == library.ContentState.PUBLISHED
        and content.current_id not in (None, entry.version_id)
    )


def as_markdown(entries: Iterable[HandbookEntry], *, title: str, unsorted: str, note: str) -> str:
    """Entries as one Markdown text, heading by heading. ``unsorted`` is what those without a heading stand under,
    ``note`` what comes before one's own words."""
    lines = [f"# {title}", ""]
    for heading, rows in by_heading(entries):
        lines += [f"## {heading or unsorted}", ""]
        for row in rows:
            lines += [f"### {row.title}", ""]
            lines += [row.text, ""] if row.text else []
            if row.note:
                lines += [f"**{note}**", "", row.note, ""] if row.text else [row.note, ""]
            if row.tags:
                lines += [" ".join(f"#{tag}" for tag in row.tags), ""]
    return "\n".join(lines).rstrip() + "\n"


def by_heading(entries: Iterable[HandbookEntry]) -> list[tuple[str, list[HandbookEntry]]]:
    """Entries under their headings, in the order of the handbook."""
    found: dict[str, list[HandbookEntry]] = {}
    for row in entries:
        found.setdefault(row.heading, []).append(row)
    return list(found.items())


def _own(user: User) -> QuerySet[HandbookEntry]:
    rows = HandbookEntry.objects.filter(employee=candidate(user))
    return rows.select_related("content", "version").order_by("position", "pk")


def _has(row: HandbookEntry, asked: Sequence[str]) -> bool:
    """Whether an entry has every word that was typed."""
    if not asked:
        return True
    named = [row.title, row.heading, *row.tags]
    words = "\n".join([*named, row.text, row.note]).casefold()
    return all(word in words or _sounds_like(word, named) for word in asked)


def _sounds_like(typed: str, named: Iterable[str]) -> bool:
    """Whether Latin letters are the pinyin of a part of a name, or the initials of its characters."""
    if len(typed) < _SHORTEST_SOUND or not (typed.isascii() and typed.isalpha()):
        return False
    spelt = syllables(typed)
    folded = "".join(map(fold, spelt)) if spelt else None
    return any(
        typed in _spoken(name, lambda sound: sound[0])
        or (folded is not None and folded in _spoken(name, fold))
        for name in named
    )  # fmt: skip


def _spoken(name: str, shown: Callable[[str], str]) -> str:
    """A name with every Chinese character as it sounds most often; a gap for what is none."""
    return "".join(shown(sounds[0]) if (sounds := readings(char)) else " " for char in name)
