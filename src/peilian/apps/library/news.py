"""What is new for a reader (最近更新): changes that were announced, and texts that were written or brought lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Count, DateField, DateTimeField, Q, QuerySet

from peilian.apps.base.api import Argument, Prepared
from peilian.apps.library.checks import SECRET, is_writer
from peilian.apps.library.models import ChangeNotice, Content, ContentState, Origin
from peilian.apps.people.api import Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_MOST = 8
_MOST_TEXTS = 5


@dataclass(frozen=True, slots=True)
class Announced:
    """A change that was announced, some of the texts that it touches, and how many there are."""

    notice: ChangeNotice
    texts: tuple[Content, ...]
    n_texts: int


@dataclass(frozen=True, slots=True)
class News:
    """What is new for a reader: changes, the latest first; texts that were written or changed here, the latest first;
    how many texts each pack brought, the most first; and whether there is any text at all for the reader."""

    announced: tuple[Announced, ...]
    written: tuple[Content, ...]
    brought: tuple[tuple[str, int], ...]
    has_texts: bool


def news(*, user: User, changes_since: date, texts_since: datetime) -> News:
    """What is new for the user; changes that take effect from a day on, texts published from a moment on."""
    visible_to(user).require(Permission.SEE_LIBRARY)
    of_writers = is_writer(user)
    announced = []
    for row in _notices(of_writers)(since=changes_since):
        touched = row.revisions.filter(content__state=ContentState.PUBLISHED).select_related("content")
        texts = tuple(each.content for each in touched[:_MOST_TEXTS]) if row.n else ()
        announced.append(Announced(row, texts, row.n))
    has_texts = bool(_any(of_writers)())
    if not has_texts:
        return News(tuple(announced), (), (), has_texts=False)
    written, brought = _written(of_writers)(since=texts_since), _brought(of_writers)(since=texts_since)
    return News(tuple(announced), tuple(written), tuple(brought), has_texts=True)


def _shown(of_writers: bool) -> QuerySet[Content]:
    rows = Content.objects.filter(state=ContentState.PUBLISHED)
    return rows if of_writers else rows.exclude(kind__in=SECRET)


def _fresh(of_writers: bool) -> QuerySet[Content]:
    return _shown(of_writers).filter(current__made_at__gte=Argument("since", DateTimeField()))


@cache
def _any(of_writers: bool) -> Prepared[Any]:
    return Prepared(lambda: _shown(of_writers).order_by().values_list("pk", flat=True)[:1])


@cache
def _written(of_writers: bool) -> Prepared[Content]:
    return Prepared(
        lambda: (
            _fresh(of_writers)
            .exclude(current__origin=Origin.PACK)
            .order_by("-current__made_at", "kind", "key")
            .select_related("current", "current__made_by")
            .defer("current__body")[:_MOST]
        )
    )


@cache
def _brought(of_writers: bool) -> Prepared[Any]:
    return Prepared(
        lambda: (
            _fresh(of_writers)
            .filter(current__origin=Origin.PACK)
            .order_by()
            .values_list("pack")
            .annotate(n=Count("pk"))
            .order_by("-n", "pack")
        )
    )


@cache
def _notices(of_writers: bool) -> Prepared[Any]:
    def made() -> QuerySet[ChangeNotice]:
        rows = ChangeNotice.objects.filter(
            withdrawn_at=None, effective_on__gte=Argument("since", DateField())
        ).select_related("made_by")
        rows = rows if of_writers else rows.filter(is_internal=False)
        in_use = Q(revisions__content__state=ContentState.PUBLISHED)
        return rows.annotate(n=Count("revisions", filter=in_use)).order_by("-effective_on", "-pk")[:_MOST]

    return Prepared(made)
