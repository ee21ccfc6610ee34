"""Keeping the search index (检索索引) in step with the database, from which it is made.

Whatever changes what a search shows gives the library a new mark in the same transaction. A search compares that mark
with the one that the index was made from. A few changed texts are taken in at once; many are a job, and until it is
done the index answers as it was. What got lost, by a crash or a restored backup, is taken in the same way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from peilian.adapters.embedding import SentenceEmbedder
from peilian.adapters.packs.trees import languages_of
from peilian.adapters.search_index import (
    Group,
    IndexBusyError,
    IndexLostError,
    IndexUnavailableError,
    SearchIndex,
)
from peilian.apps.base import api as base
from peilian.apps.library.checks import SECRET, refuse
from peilian.apps.library.models import Content, ContentState, ContentVersion, LibraryMark
from peilian.apps.library.reading import days_of, published_line
from peilian.apps.library.shelf import document
from peilian.apps.library.spans import common, without
from peilian.engine._kernel import InputError
from peilian.engine.search import Entry
from peilian.flows import playing
from peilian.flows.searching import EVERYBODY, WRITERS, Shelved, entries_of, synonyms

INDEX_JOB = "library.index"
_ENTRIES = "5"  # raised when entries are made of documents in another way
_WHOLE = ""  # the name under which the index keeps the mark of the database
_BATCH = 200
_AT_ONCE, _AT_ONCE_BY_MEANING = 50, 3  # changed texts that a search takes in itself
_PATIENCE = timedelta(minutes=10)  # before what failed is tried again

log = logging.getLogger(__name__)
Span = tuple[date, date]  # half-open


class Step(Enum):
    """How the index stands to the database."""

    LEVEL = "level"
    BEHIND = "behind"
    EMPTY = "empty"


def the_index() -> SearchIndex:
    """The index of this installation."""
    return _opened(Path(settings.HOME) / "search" / "library.db", bool(settings.SEARCH_BY_MEANING))


def keep_up() -> Step:
    """Take in what changed as far as a search can wait for it; more is left to a job, and so is what somebody else is
    taking in already. Without changes one cheap question."""
    mark = _mark()
    stamps = the_index().stamps(only=_WHOLE)
    if stamps.get(_WHOLE) == mark:
        return Step.LEVEL
    most = _AT_ONCE_BY_MEANING if settings.SEARCH_BY_MEANING else _AT_ONCE
    try:
        if _refresh(mark, most=most, waits=False) is not None:
            return Step.LEVEL
        _start_job()
    except IndexBusyError:
        pass
    return Step.BEHIND if stamps else Step.EMPTY


def refresh_search() -> int:
    """Take in all that changed since the index was made; returns of how many texts."""
    try:
        return _refresh(_mark()) or 0
    except IndexLostError:  # empty now
        return _refresh(_mark()) or 0


def rebuild_search() -> int:
    """Make the index anew from the database; returns of how many texts. Searches find the old one until it is done.
    ``InputError`` where it cannot be written."""
    try:
        try:
            return _rebuild()
        except IndexLostError:
            return _rebuild()
    except (IndexUnavailableError, IndexBusyError) as error:
        raise refuse("search.not_written", problem=str(error) or "busy") from error


def prepare_search() -> None:
    """``refresh_search``, by whoever can do without it."""
    try:
        refresh_search()
    except (IndexUnavailableError, IndexBusyError) as error:
        log.warning("the search index cannot be used: %s", error)


@base.handlers.register(INDEX_JOB)
def index_in_background(context: base.JobContext) -> Mapping[str, int]:
    """Take in all that changed."""
    context.progress(0, None, INDEX_JOB)

    def told(done: int, total: int) -> None:
        context.progress(done, total, INDEX_JOB)
        context.stop_if_cancelled()

    try:
        return {"texts": _refresh(_mark(), told=told) or 0}
    except IndexLostError:
        return {"texts": _refresh(_mark(), told=told) or 0}


def _refresh(
    mark: str, *, most: int | None = None, waits: bool = True, told: Callable[[int, int], None] | None = None
) -> int | None:
    """Take in what differs; of how many texts, or ``None`` when they are more than ``most`` and nothing was done."""
    index = the_index()
    stamps = index.stamps()
    if stamps.get(_WHOLE) == mark:
        return 0
    wanted = {_name(kind, key): (pk, _stamp(*facts)) for pk, kind, key, *facts in _facts()}
    changed = [pk for name, (pk, stamp) in wanted.items() if stamps.get(name) != stamp]
    gone = stamps.keys() - wanted.keys() - {_WHOLE}
    if most is not None and len(changed) + len(gone) > most:
        return None
    index.put(_groups(changed, dict(wanted.values()), mark, told), gone=gone, waits=waits)
    return len(changed)


def _rebuild() -> int:
    mark = _mark()
    wanted = {pk: _stamp(*facts) for pk, _kind, _key, *facts in _facts()}
    the_index().put(_groups(list(wanted), wanted, mark, None), is_everything=True)
    return len(wanted)


def _start_job() -> None:
    """One job at a time; what failed is tried again after a while."""
    if not _is_job_due():
        return
    try:
        with base.write(actor=None, verb="library.index") as audit:
            audit.unchanged()
            LibraryMark.objects.select_for_update().first()  # of two who search at once, one comes second
            if _is_job_due():
                base.start_job(actor=None, kind=INDEX_JOB, parameters={})
    except OperationalError as error:  # the database is busy; the next search asks again
        log.warning("no job to bring the search index up to date: %s", error)


def _is_job_due() -> bool:
    last = base.Job.objects.filter(kind=INDEX_JOB).order_by("-id").first()
    if last is None or last.state == base.JobState.DONE:
        return True
    return last.finished_at is not None and timezone.now() - last.finished_at > _PATIENCE


@lru_cache(maxsize=4)
def _opened(path: Path, is_by_meaning: bool) -> SearchIndex:
    return SearchIndex(path, synonyms(playing.house()), SentenceEmbedder() if is_by_meaning else None)


def _mark() -> str:
    """The texts of the database as a whole."""
    return f"{_ENTRIES} {LibraryMark.value_now()}"


def _facts() -> Iterable[tuple[UUID, str, str, UUID, str, str]]:
    rows = Content.objects.filter(current__isnull=False).order_by("pk")
    return rows.values_list("pk", "kind", "key", "current_id", "state", "pack").iterator()


def _stamp(*facts: object) -> str:
    return " ".join(map(str, (_ENTRIES, *facts)))


def _name(kind: str, key: str) -> str:
    return f"{kind}:{key}"


def _groups(
    wanted: Collection[UUID], stamps: Mapping[UUID, str], mark: str, told: Callable[[int, int], None] | None
) -> Iterator[Group]:
    """The texts that are ``wanted``, then the mark that they were read after."""
    pks, today = list(wanted), base.today_in_company()
    for start in range(0, len(pks), _BATCH):
        rows = Content.objects.filter(pk__in=pks[start : start + _BATCH]).select_related("current")
        for row in rows:
            yield Group(row.reference, stamps[row.pk], tuple(_entries(row, today)))
        if told is not None:
            told(min(start + _BATCH, len(pks)), len(pks))
    yield Group(_WHOLE, mark, ())


def _entries(row: Content, today: date) -> Iterator[Entry]:
    """What can be found of a text: what its versions say on the days that are theirs."""
    spans = _spans(row, today) if row.state == ContentState.PUBLISHED else [(row.current, (date.min, date.max))]
    for number, (version, (first, last)) in enumerate(spans):
        assert version is not None
        shelved = Shelved(
            facets={
                "state": (row.state,),
                "pack": (row.pack,),
                "language": tuple(languages_of(version.body)),
                "readers": (WRITERS if row.kind in SECRET else EVERYBODY,),
            },
            valid_from=first if first > date.min else None,
            valid_until=last if last < date.max else None,
            changed_on=version.made_at,
            other_wording=number,
        )
        try:
            yield from entries_of(document(version, row.kind), shelved)
        except InputError:  # written for a schema that is no longer: nothing can show it either
            continue


def _spans(row: Content, today: date) -> Iterator[tuple[ContentVersion, Span]]:
    """The current version with its days, then those before it with the days from today on that no newer one takes."""
    free = [(today, date.max)]
    for version in published_line(row):
        stated = days_of(row, version)
        own = (stated[0] or date.min, stated[1] or date.max)
        if version.pk == row.current_id:
            yield version, own
        else:
            yield from ((version, span) for span in common(free, own))
        free = without(free, own, (date.min, date.max))
        if not free:
            return
