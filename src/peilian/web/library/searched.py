"""Texts by what was typed: the hits of the index as the list shows them, the words marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from peilian.apps.library import api as library
from peilian.apps.people.api import User
from peilian.engine._kernel import Language
from peilian.engine.search.values import Excerpt
from peilian.flows.searching import CURRENT
from peilian.flows.wording import say
from peilian.web.shell.languages import reading_language
from peilian.web.shell.texts import anchor_of

FACETS = ("kind", "tag", "competency", "pack", "language")
SITUATION = ("channel", "customer", "entry", "seniority")
_AT_ONCE = 50
_LONGEST_SHOWN = 160
_TOLD = frozenset({"search.said_otherwise", "search.alike", "search.some_words"})


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. ``channel``, ``customer``, ``entry``, ``seniority`` are whom it has to suit,
    ``written_in`` is the language in which it has to say what it says; with ``pieces``
    single phrases, sections and scenes; with ``any_day`` also what does not hold today."""

    text: str = ""
    kind: str = ""
    tag: str = ""
    competency: str = ""
    pack: str | None = None
    state: str = library.ContentState.PUBLISHED
    order: str = ""
    channel: str = ""
    customer: str = ""
    entry: str = ""
    seniority: str = ""
    written_in: Language | None = None
    pieces: bool = False
    any_day: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A text that was found; ``excerpt`` is where in it, with the words marked, as in ``title``. ``why`` tells what the
    marks do not. Of a piece, ``anchor`` is its place on the page and ``inside`` the title of its text."""

    content: library.Content
    excerpt: SafeString | None = None
    title: SafeString | str = ""
    why: str = ""
    anchor: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and how many there would be with another choice of one facet of ``FACETS``; ``instead`` are other
    words that were perhaps meant; ``remark`` says why there may be more."""

    hits: Sequence[Hit]
    counts: dict[str, Counter[str]]
    instead: tuple[str, ...] = ()
    remark: str = ""


def searched(user: User, query: Query) -> Found:
    """What fits the query, the best first unless it asks for the latest, or for all."""
    hits = _Hits(user, query)
    found = hits.found
    counts = {name: Counter(found.facets.get(name, {})) for name in FACETS}
    remark = say(found.remark, reading_language()) if found.remark else ""
    return Found(hits, counts, (found.meant,) if found.meant else (), remark)


class _Hits(Sequence[Hit]):
    """Hits, asked for as they are shown: nobody turns the pages to the end."""

    def __init__(self, user: User, query: Query) -> None:
        self._user, self._query, self._language = user, query, reading_language()
        self.found = self._search(0, _AT_ONCE)

    def __len__(self) -> int:
        return self.found.total

    @overload
    def __getitem__(self, place: int) -> Hit: ...
    @overload
    def __getitem__(self, place: slice) -> list[Hit]: ...
    def __getitem__(self, place: int | slice) -> Hit | list[Hit]:
        if isinstance(place, int):
            return self[place : place + 1][0]
        start, stop, _step = place.indices(len(self))
        found = self.found if stop <= _AT_ONCE else self._search(start, stop - start)
        items = found.items[start:stop] if found is self.found else found.items
        return [_hit(item, self._language, bool(self._query.text.strip())) for item in items]

    def _search(self, offset: int, limit: int) -> library.Found:
        query = self._query
        return library.search(
            user=self._user,
            query=query.text,
            kinds=(query.kind,) if query.kind else (),
            tags=(query.tag,) if query.tag else (),
            competencies=(query.competency,) if query.competency else (),
            pack=query.pack,
            channel=query.channel or None,
            customer=query.customer or None,
            entry=query.entry or None,
            seniority=query.seniority or None,
            written_in=query.written_in,
            states=(query.state,),
            any_day=query.any_day or query.state == library.ContentState.RETIRED,
            pieces=query.pieces,
            newest_first=query.order == "recent",
            limit=limit,
            offset=offset,
            language=self._language,
        )


def _hit(item: library.FoundText, language: Language, is_asked: bool) -> Hit:
    name = item.content.name.in_language(language)
    head = _head(item, "title", language) or _head(item, "questions", language) if item.piece else None
    if not item.piece and CURRENT in item.entry.facets.get("wording", (CURRENT,)):
        # The index has it without marks of Markdown, which a title may have as plain signs.
        head = next((marked(one) for one in item.excerpts if one.field == "title" and one.text == name), None)
    elif not item.piece:
        head = _head(item, "title", language)
    heads = ("title", "tags", "questions") if item.piece else ("title", "tags")
    inside = next((marked(one) for one in item.excerpts if one.field not in heads and one.spans), None)
    why = [say(reason, language) for reason in item.why if is_asked and reason.key in _TOLD]
    return Hit(
        item.content,
        inside or _said(item, "body" if item.piece else "summary", language),
        head or name,
        why[0] if why else "",
        anchor_of(item),
        name if item.piece and head else "",
    )


def _head(item: library.FoundText, field: str, language: Language) -> SafeString | None:
    """What stands in a field of the wording that was found, with its words marked."""
    own = [one for one in item.excerpts if one.field == field and one.language in (None, language)]
    return marked(own[0]) if own else _said(item, field, language)


def _said(item: library.FoundText, field: str, language: Language) -> SafeString | None:
    """The beginning of what a field says, in the reader's language where it can be."""
    parts = [part for part in item.entry.parts if part.field == field]
    parts.sort(key=lambda part: part.language != language)
    text = parts[0].text if parts else ""
    return conditional_escape(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…") if text else None


def marked(excerpt: Excerpt) -> SafeString:
    """An excerpt with its words marked, dots where it was cut."""
    text = mark_safe("".join(_pieces(excerpt)))  # noqa: S308
    return format_html("{}{}{}", "…" if excerpt.is_cut_before else "", text, "…" if excerpt.is_cut_after else "")


def _pieces(excerpt: Excerpt) -> Iterator[SafeString]:
    place = 0
    for start, end in excerpt.spans:
        yield conditional_escape(excerpt.text[place:start])
        yield format_html("<mark>{}</mark>", excerpt.text[start:end])
        place = end
    yield conditional_escape(excerpt.text[place:])
