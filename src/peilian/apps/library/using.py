"""What uses a version (引用): a drill that was played with it, a person who was judged by it, texts that name it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from peilian.apps.base.api import bookkeeping
from peilian.apps.library.checks import permit, short
from peilian.apps.library.models import Content, ContentState, ContentVersion, Use
from peilian.apps.people.api import Permission

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_RANKS = {
    "law": 0,
    "policy": 1,
    **dict.fromkeys(("article", "manual", "glossary", "procedure", "decision-tree"), 2),
    "phrases": 3,
    "case": 3,
    **dict.fromkeys(("scenario", "items", "lesson", "survey"), 4),
    "course": 5,
    "exam": 5,
    "path": 6,
    "certificate": 7,
}


@dataclass(frozen=True, slots=True)
class Uses:
    """How often a content was used, by what kind of thing and by number of version; the texts that name it."""

    n_by_kind: Mapping[str, int]
    n_by_version: Mapping[int, int]
    references: tuple[Content, ...]

    @property
    def n(self) -> int:
        """How often in all."""
        return sum(self.n_by_kind.values())


def note_use(*, version: ContentVersion, kind: str, id: UUID | str) -> Use:
    """Note that the thing ``id`` of a ``kind``, such as ``practice.drill``, uses a version. Noted once; part of the
    caller's transaction."""
    with bookkeeping():
        found, _is_new = Use.objects.get_or_create(
            version=version,
            used_by_kind=short(kind, "kind", limit=40, is_needed=True),
            used_by_id=short(str(id), "id", limit=100, is_needed=True),
            defaults={"at": timezone.now()},
        )
    return found


def used_version(*, kind: str, id: UUID | str) -> ContentVersion | None:
    """The version that the thing ``id`` of a ``kind`` was noted to use; for engines, without a user."""
    used = Use.objects.filter(used_by_kind=kind, used_by_id=str(id)).select_related("version").first()
    found: ContentVersion | None = used.version if used is not None else None
    return found


def uses_of(*, user: User, content: Content) -> Uses:
    """What uses a content, for who writes."""
    permit(user, Permission.WRITE_LIBRARY)
    rows = Use.objects.filter(version__content=content).order_by()
    by_kind = rows.values_list("used_by_kind").annotate(n=Count("pk"))
    by_version = rows.values_list("version__number").annotate(n=Count("pk"))
    return Uses(Counter(dict(by_kind)), Counter(dict(by_version)), tuple(naming({content.reference})))


def naming(references: set[str]) -> list[Content]:
    """The contents in use that name one of these (``kind:key``) among what they are related to."""
    said = (Q(said__contains=f'"{reference}"') for reference in sorted(references))
    rows = Content.objects.exclude(state=ContentState.RETIRED).annotate(said=Cast("related", TextField()))
    rows = rows.filter(reduce(or_, said, Q(pk=None))).defer("current")
    return [row for row in rows if references.intersection(row.related) and row.reference not in references]


def following(contents: Collection[Content]) -> list[Content]:
    """The published texts that have to follow when these change: those that name one of them, and what is made after
    those in turn, such as a drill after an article after a law. Each of them once.

    Texts of one rank name each other for further reading; following that as well would mark a third of a library.
    """
    rows = Content.objects.filter(state=ContentState.PUBLISHED).defer("current")
    named_by: dict[str, list[Content]] = {}
    for row in rows:
        for reference in row.related:
            named_by.setdefault(reference, []).append(row)
    found = {row.reference: row for row in contents}
    first = [row for content in contents for row in named_by.get(content.reference, ())]
    waiting = [row for row in first if row.reference not in found]
    while waiting:
        here = waiting.pop()
        if here.reference not in found:
            found[here.reference] = here
            waiting += [row for row in named_by.get(here.reference, ()) if _rank(row) > _rank(here)]
    given = {row.reference for row in contents}
    return [row for reference, row in found.items() if reference not in given]


def _rank(content: Content) -> int:
    """What is made after what: a text of a kind is made after those of lower ranks."""
    return _RANKS.get(content.kind, _RANKS["article"])
