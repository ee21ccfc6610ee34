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
from peilian.flows.wording import say
from peilian.web.shell.languages import reading_language

FACETS = ("kind", "tag", "competency", "pack")
_AT_ONCE = 50
_MOST_SORTED = 500
_TOLD = frozenset({"search.said_otherwise", "search.alike", "search.some_words"})


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for."""

    text: str = ""
    kind: str = ""
    tag: str = ""
    competency: str = ""
    pack: str | None = None
    state: str = library.ContentState.PUBLISHED
    order: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A text that was found; ``excerpt`` is where in it, with the words marked, as in ``title``. ``why`` tells what the
    marks do not."""

    content: library.Content
    excerpt: SafeString | None = None
    title: SafeString | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and how many there would be with another choice of one facet (``kind``, ``tag``, ``competency``,
    ``pack``); ``instead`` are other words that were perhaps meant."""

    hits: Sequence[Hit]
    counts: dict[str, Counter[str]]
    instead: tuple[str, ...] = ()


def searched(user: User, query: Query) -> Found:
    """What the index finds, the best first unless the query asks for the latest."""
    hits = _Hits(user, query)
    counts = {name: Counter(hits.found.facets.get(name, {})) for name in FACETS}
    instead = (hits.found.meant,) if hits.found.meant else ()
    if query.order == "recent":
        rows = sorted(hits[:_MOST_SORTED], key=lambda hit: (_made_at(hit.content), hit.content.key), reverse=True)
        return Found(rows, counts, instead)
    return Found(hits, counts, instead)


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
        return [_hit(item, self._language) for item in items]

    def _search(self, offset: int, limit: int) -> library.Found:
        query = self._query
        return library.search(
            user=self._user,
            query=query.text,
            kinds=(query.kind,) if query.kind else (),
            tags=(query.tag,) if query.tag else (),
            competencies=(query.competency,) if query.competency else (),
            pack=query.pack,
            states=(query.state,),
            limit=limit,
            offset=offset,
            language=self._language,
        )


def _hit(item: library.FoundText, language: Language) -> Hit:
    name = item.content.name.in_language(language)
    title = next((marked(one) for one in item.excerpts if one.field == "title" and one.text == name), None)
    inside = next((marked(one) for one in item.excerpts if one.field not in ("title", "tags") and one.spans), None)
    why = [say(reason, language) for reason in item.why if reason.key in _TOLD]
    return Hit(item.content, inside, title, why[0] if why else "")


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


def _made_at(row: library.Content) -> float:
    return (row.current.made_at if row.current else row.created_at).timestamp()
