"""Finding texts (检索): an index beside the database that follows it, and what of it a user may see.

Every search first compares what the database says of the texts as a whole with what the index was made from, and takes
in what differs. So a change is found by the next search in every process, and one that was lost, by a crash or a
restored backup, is taken in as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max

from peilian.adapters.embedding import SentenceEmbedder
from peilian.adapters.search_index import Group, SearchIndex
from peilian.apps.base.api import today_in_company
from peilian.apps.library.checks import is_writer
from peilian.apps.library.models import Content, ContentState
from peilian.apps.library.shelf import document
from peilian.apps.people.api import Permission, visible_to
from peilian.engine._kernel import InputError, Language, Reason
from peilian.engine.search import Entry, Filters, Hit, Hits
from peilian.engine.search.values import Excerpt
from peilian.flows import answering
from peilian.flows.searching import TEXT, Shelved, entries_of, synonyms

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_ENTRIES = "1"  # raised when entries are made of documents in another way
_WHOLE = ""  # the name under which the index keeps the stamp of the database
_BATCH = 200
_KEPT = (ContentState.PUBLISHED, ContentState.RETIRED)


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text that was found. ``piece`` names the part of it that answers, such as one phrase; empty is the whole."""

    content: Content
    piece: str
    score: float
    excerpts: tuple[Excerpt, ...]
    why: tuple[Reason, ...]
    entry: Entry


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, best first; ``total`` and ``facets`` count all. ``meant`` is the query as it was read
    where it seemed mistyped."""

    total: int
    items: tuple[FoundText, ...]
    facets: Mapping[str, Mapping[str, int]]
    meant: str | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """Suggestions for the answer to a customer, by family, the best first."""

    phrases: tuple[FoundText, ...]
    passages: tuple[FoundText, ...]
    scenes: tuple[FoundText, ...]
    procedures: tuple[FoundText, ...]

    def __bool__(self) -> bool:
        return bool(self.phrases or self.passages or self.scenes or self.procedures)


def search(
    *,
    user: User,
    query: str = "",
    kinds: Collection[str] = (),
    tags: Collection[str] = (),
    competencies: Collection[str] = (),
    pack: str | None = None,
    channel: str | None = None,
    customer: str | None = None,
    entry: str | None = None,
    seniority: str | None = None,
    states: Collection[str] = (ContentState.PUBLISHED,),
    day: date | None = None,
    limit: int = 20,
    offset: int = 0,
    language: Language | None = None,
) -> Found:
    """Texts for what was typed, as far as all that is given fits; an empty query finds all, the newest first.

    ``tags`` and ``competencies`` are all there; ``channel``, ``customer``, ``entry`` and ``seniority`` leave out what
    is only for others; ``day`` what does not hold then. Who does not write finds published texts alone; drafts are
    never found. Excerpts come in ``language`` where there is a choice.
    """
    visible_to(user).require(Permission.SEE_LIBRARY)
    any_of = {"level": (TEXT,), "state": _seen_states(user, states)}
    any_of |= {"kind": tuple(kinds)} if kinds else {}
    any_of |= {"pack": (pack,)} if pack is not None else {}
    fits = {"channel": channel, "customer": customer, "entry": entry, "seniority": seniority}
    filters = Filters(
        any_of=any_of,
        all_of={"tag": tuple(tags), "competency": tuple(competencies)},
        fits={name: value for name, value in fits.items() if value},
        day=day.toordinal() if day is not None else None,
    )
    refresh_search()
    hits = _index().search(query, filters, limit=limit, offset=offset, language=language)
    return _found(hits)


def answers_for(
    *,
    user: User,
    message: str,
    channel: str | None = None,
    customer: str | None = None,
    entry: str | None = None,
    seniority: str | None = None,
    language: Language | None = None,
    most: int = 4,
) -> Suggested:
    """What helps to answer a customer who wrote ``message``: phrases, passages of articles, scenes of manuals and
    procedures that hold today, at most ``most`` of each."""
    visible_to(user).require(Permission.SEE_LIBRARY)
    refresh_search()
    situation = answering.Situation(channel, customer, entry, seniority, today_in_company().toordinal())
    visible = {"state": (ContentState.PUBLISHED.value,)}
    found = answering.answers(_index(), message, situation, visible=visible, language=language, most=most)
    rows = _rows(hit for family in found.families() for hit in family)
    return Suggested(*(tuple(_texts(family, rows)) for family in found.families()))


def refresh_search() -> int:
    """Take in what changed since the index was made; returns of how many texts. Without changes one cheap question."""
    state = _state()
    index = _index()
    stamps = index.stamps(only=_WHOLE)
    if stamps.get(_WHOLE) == state:
        return 0
    stamps = index.stamps()
    wanted = {_name(kind, key): (pk, _stamp(*facts)) for pk, kind, key, *facts in _facts()}
    changed = [pk for name, (pk, stamp) in wanted.items() if stamps.get(name) != stamp]
    index.put(_groups(changed, dict(wanted.values())))
    index.remove(stamps.keys() - wanted.keys() - {_WHOLE})
    index.put([Group(_WHOLE, state, ())])
    return len(changed)


def rebuild_search() -> int:
    """Make the index anew from the database; returns of how many texts. Searches find the old one until it is done."""
    state = _state()
    wanted = {pk: _stamp(*facts) for pk, _kind, _key, *facts in _facts()}

    def groups() -> Iterator[Group]:
        yield from _groups(list(wanted), wanted)
        yield Group(_WHOLE, state, ())

    _index().put(groups(), is_everything=True)
    return len(wanted)


def _index() -> SearchIndex:
    return _opened(Path(settings.HOME) / "search" / "library.db", bool(settings.SEARCH_BY_MEANING))


@lru_cache(maxsize=4)
def _opened(path: Path, is_by_meaning: bool) -> SearchIndex:
    return SearchIndex(path, synonyms(), SentenceEmbedder() if is_by_meaning else None)


def _state() -> str:
    """The texts of the database as a whole: another after every publishing, retiring, restoring and installing."""
    rows = Content.objects.filter(current__isnull=False).order_by("state").values_list("state")
    counted = rows.annotate(Count("id"), Max("published_at"), Max("retired_at"))
    return _ENTRIES + repr([(state, n, str(published), str(retired)) for state, n, published, retired in counted])


def _facts() -> Iterable[tuple[UUID, str, str, UUID, str, str]]:
    rows = Content.objects.filter(current__isnull=False).order_by("pk")
    return rows.values_list("pk", "kind", "key", "current_id", "state", "pack").iterator()


def _stamp(*facts: object) -> str:
    return " ".join(map(str, (_ENTRIES, *facts)))


def _name(kind: str, key: str) -> str:
    return f"{kind}:{key}"


def _groups(wanted: Collection[UUID], stamps: Mapping[UUID, str]) -> Iterator[Group]:
    pks = list(wanted)
    for start in range(0, len(pks), _BATCH):
        rows = Content.objects.filter(pk__in=pks[start : start + _BATCH]).select_related("current")
        for row in rows:
            yield Group(row.reference, stamps[row.pk], tuple(_entries(row)))


def _entries(row: Content) -> list[Entry]:
    assert row.current is not None
    shelved = Shelved(
        facets={"state": (row.state,), "pack": (row.pack,)},
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        changed_on=row.current.made_at.date(),
    )
    try:
        return entries_of(document(row.current), shelved)
    except InputError:  # written for a schema that is no longer: nothing can show it either
        return []


def _seen_states(user: User, states: Collection[str]) -> tuple[str, ...]:
    """The states that are asked for and may be seen, as plain words."""
    allowed = _KEPT if is_writer(user) else (ContentState.PUBLISHED,)
    return tuple(state.value for state in allowed if state in states)


def _found(hits: Hits) -> Found:
    return Found(hits.total, tuple(_texts(hits.items, _rows(hits.items))), hits.facets, hits.meant)


def _rows(hits: Iterable[Hit]) -> dict[str, Content]:
    """The rows of what was found, by reference: what is no longer there is not shown."""
    references = {hit.entry.group.partition(":")[::2] for hit in hits}
    kinds, keys = {kind for kind, _ in references}, {key for _, key in references}
    rows = Content.objects.filter(kind__in=kinds, key__in=keys, state__in=_KEPT)
    return {row.reference: row for row in rows.select_related("current").defer("current__body")}


def _texts(hits: Iterable[Hit], rows: Mapping[str, Content]) -> Iterator[FoundText]:
    for hit in hits:
        row = rows.get(hit.entry.group)
        if row is not None:
            piece = hit.entry.id.partition("#")[2]
            yield FoundText(row, piece, hit.score, hit.excerpts, hit.why, hit.entry)
