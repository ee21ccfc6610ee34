"""Finding texts (检索): what of the index a user may see, and the database where the index cannot help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from peilian.adapters.search_index import IndexBusyError, IndexUnavailableError
from peilian.apps.base.api import today_in_company
from peilian.apps.library.checks import is_writer, secret_to
from peilian.apps.library.indexing import Step, keep_up, log, the_index
from peilian.apps.library.models import Content, ContentState
from peilian.apps.library.reading import browse
from peilian.apps.people.api import Permission, visible_to
from peilian.engine._kernel import Language, Reason
from peilian.engine.search import Entry, Filters, Hit
from peilian.engine.search.values import Excerpt
from peilian.flows import answering
from peilian.flows.searching import CURRENT, EVERYBODY, PASSAGE, TEXT

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_KEPT = (ContentState.PUBLISHED, ContentState.RETIRED)
_FITS = ("channel", "customer", "entry", "seniority", "language")


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
    where it seemed mistyped; ``remark`` says why there may be more."""

    total: int
    items: tuple[FoundText, ...]
    facets: Mapping[str, Mapping[str, int]]
    meant: str | None = None
    remark: Reason | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """Suggestions for the answer to a customer, by family, the best first."""

    phrases: tuple[FoundText, ...] = ()
    passages: tuple[FoundText, ...] = ()
    scenes: tuple[FoundText, ...] = ()
    procedures: tuple[FoundText, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.phrases or self.passages or self.scenes or self.procedures)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What ``search`` was asked for, as far as the user may ask it."""

    text: str
    states: tuple[str, ...]
    kinds: tuple[str, ...]
    tags: tuple[str, ...]
    competencies: tuple[str, ...]
    pack: str | None
    fits: Mapping[str, str]
    day: date | None
    pieces: bool
    newest_first: bool
    is_reader: bool

    def filters(self) -> Filters:
        """For the index."""
        any_of = {"level": (PASSAGE if self.pieces else TEXT,), "state": self.states}
        any_of |= {"kind": self.kinds} if self.kinds else {}
        any_of |= {"readers": (EVERYBODY,)} if self.is_reader else {}
        any_of |= {"pack": (self.pack,)} if self.pack is not None else {}
        any_of |= {"wording": (CURRENT,)} if self.day is None else {}
        all_of = {"tag": self.tags, "competency": self.competencies}
        return Filters(any_of, all_of, self.fits, self.day.toordinal() if self.day is not None else None)


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
    written_in: Language | None = None,
    states: Collection[str] = (ContentState.PUBLISHED,),
    day: date | None = None,
    any_day: bool = False,
    pieces: bool = False,
    newest_first: bool = False,
    limit: int = 20,
    offset: int = 0,
    language: Language | None = None,
) -> Found:
    """Texts for what was typed, as far as all that is given fits; an empty query finds all, the newest first.

    ``tags`` and ``competencies`` are all there; ``channel``, ``customer``, ``entry`` and ``seniority`` leave out what
    is only for others, and ``written_in`` what is not in that language. Found is what holds on ``day`` (default:
    today), as it is worded then; with ``any_day`` the current wording of everything. ``pieces`` finds single phrases,
    sections, scenes instead of whole texts. Who does not write finds published texts alone. Excerpts come in
    ``language`` where there is a choice. Where the index has nothing or cannot be used, titles, summaries, tags and
    keys are looked through.
    """
    visible_to(user).require(Permission.SEE_LIBRARY)
    allowed = (*_KEPT, ContentState.NEW) if is_writer(user) else (ContentState.PUBLISHED,)
    fits = dict(zip(_FITS, (channel, customer, entry, seniority, written_in), strict=True))
    asked = _Asked(
        text=query,
        states=tuple(state.value for state in allowed if state in states),
        kinds=tuple(kinds),
        tags=tuple(tags),
        competencies=tuple(competencies),
        pack=pack,
        fits={name: value for name, value in fits.items() if value},
        day=None if any_day else day or today_in_company(),
        pieces=pieces,
        newest_first=newest_first,
        is_reader=bool(secret_to(user)),
    )
    found, remark = None, None
    if ContentState.NEW not in asked.states:  # what was never published is not in the index
        found, remark = _by_index(asked, limit, offset, language)
    if found is None or (not found.total and query.strip() and not pieces):
        return _by_list(user, asked, limit, offset, remark)
    return found


def answers_for(
    *,
    user: User,
    message: str,
    channel: str | None = None,
    customer: str | None = None,
    entry: str | None = None,
    seniority: str | None = None,
    language: Language | None = None,
    without_packs: Collection[str] = (),
    families: Collection[str] = tuple(answering.FAMILIES),
    most: int = 4,
) -> Suggested:
    """What helps to answer a customer who wrote ``message``: phrases, passages of articles, scenes of manuals and
    procedures that hold today, at most ``most`` of each of ``families``, none of some packs such as those of other
    industries. Nothing where the index cannot be used."""
    visible_to(user).require(Permission.SEE_LIBRARY)
    situation = answering.Situation(channel, customer, entry, seniority, today_in_company().toordinal())
    visible: dict[str, tuple[str, ...]] = {"state": (ContentState.PUBLISHED.value,)}
    if without_packs:
        packs = Content.objects.exclude(pack__in=without_packs).order_by().values_list("pack", flat=True).distinct()
        visible["pack"] = tuple(packs)
    try:
        keep_up()
        found = answering.answers(
            the_index(), message, situation, visible=visible, language=language, families=families, most=most
        )
    except (IndexUnavailableError, IndexBusyError) as error:
        log.warning("the search index cannot be used: %s", error)
        return Suggested()
    rows = _rows(hit for family in found.families() for hit in family)
    return Suggested(*(tuple(_texts(family, rows)) for family in found.families()))


def _by_index(asked: _Asked, limit: int, offset: int, language: Language | None) -> tuple[Found | None, Reason | None]:
    """What the index finds, or why it cannot be asked."""
    try:
        step = keep_up()
        if step is Step.EMPTY:
            return None, Reason("search.begins")
        hits = the_index().search(
            asked.text,
            asked.filters(),
            limit=limit,
            offset=offset,
            language=language,
            newest_first=asked.newest_first,
        )
    except (IndexUnavailableError, IndexBusyError) as error:
        log.warning("the search index cannot be used: %s", error)
        return None, Reason("search.unavailable")
    remark = Reason("search.behind") if step is Step.BEHIND else None
    items = tuple(_texts(hits.items, _rows(hits.items)))
    return Found(hits.total, items, hits.facets, hits.meant, remark), remark


def _by_list(user: User, asked: _Asked, limit: int, offset: int, remark: Reason | None) -> Found:
    """What the columns of the database find, the newest first."""

    def rows_of(one: _Asked) -> list[Content]:
        rows = browse(
            user=user,
            kinds=one.kinds,
            text=one.text,
            tags=one.tags,
            competencies=one.competencies,
            pack=one.pack,
            written_in=one.fits.get("language"),
            states=one.states,
            day=one.day if ContentState.PUBLISHED in one.states else None,
        )
        return list(rows.select_related("current").defer("current__body"))

    others = {
        "kind": replace(asked, kinds=()),
        "tag": replace(asked, tags=()),
        "competency": replace(asked, competencies=()),
        "pack": replace(asked, pack=None),
        "language": replace(asked, fits={**asked.fits, "language": ""}),
    }
    rows = rows_of(asked)
    counts = {name: _counted(name, rows if other == asked else rows_of(other)) for name, other in others.items()}
    rows.sort(key=lambda row: row.current.made_at if row.current else row.created_at, reverse=True)
    items = (FoundText(row, "", 0.0, (), (), Entry(row.reference, row.reference, ())) for row in rows)
    return Found(len(rows), tuple(items)[offset : offset + limit], counts, remark=remark)


def _counted(name: str, rows: Iterable[Content]) -> Mapping[str, int]:
    many = {"tag": "tags", "competency": "competencies", "language": "languages"}
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(getattr(row, many[name]) if name in many else [getattr(row, name)])
    return counts


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
