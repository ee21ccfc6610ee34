"""The first page of the place: what the reader is to read and confirm, what is new, and what waits for who writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from peilian.apps.base.api import today_in_company
from peilian.apps.library import api as library
from peilian.apps.people.api import Permission, User
from peilian.web.library.words import COMMENT_STATES, pack_name
from peilian.web.library.worklists import worklists
from peilian.web.shell.access import sight_of, user_of

_NEW_DAYS = 30
_MOST = 8
_MOST_TEXTS = 5


@dataclass(frozen=True, slots=True)
class Notice:
    """A change that was announced, and texts that it touches."""

    row: library.ChangeNotice
    texts: tuple[library.Content, ...]
    n_more: int
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """A pack that brought many texts at once."""

    pack: str
    name: str
    n: int


def for_you(request: HttpRequest) -> dict[str, Any]:
    """What the reader is to read now, and what is new, for the first page of the place."""
    user, sight = user_of(request), sight_of(request)
    if not sight.may(Permission.SEE_LIBRARY):
        return {"is_empty": True}
    to_confirm = library.to_confirm(user=user)
    notices = _notices(user)
    fresh, deliveries = _fresh(user)
    own = [
        {"row": one, "state": COMMENT_STATES.get(one.state, one.state)}
        for one in library.own_comments(user=user)[:_MOST]
    ]
    context: dict[str, Any] = {
        "to_confirm": to_confirm,
        "notices": notices,
        "fresh": fresh,
        "deliveries": deliveries,
        "own": own,
        "has_library": library.browse(user=user).exists(),
    }
    if library.may_write(user):
        context["work"] = _work(user)
    context["is_empty"] = not (
        to_confirm or notices or fresh or deliveries or own or any(context.get("work", {}).values())
    )
    return context


def _notices(user: User) -> list[Notice]:
    """Changes that come, or came lately."""
    today = today_in_company()
    rows = library.change_notices(user=user).filter(effective_on__gte=today - timedelta(days=_NEW_DAYS))
    found = []
    in_use = Q(revisions__content__state=library.ContentState.PUBLISHED)
    for row in rows.annotate(n=Count("revisions", filter=in_use)).order_by("-effective_on", "-pk")[:_MOST]:
        touched = row.revisions.filter(content__state=library.ContentState.PUBLISHED).select_related("content")
        texts = tuple(each.content for each in touched[:_MOST_TEXTS]) if row.n else ()
        found.append(Notice(row, texts, row.n - len(texts), row.effective_on > today))
    return found


def _fresh(user: User) -> tuple[list[library.Content], list[Delivery]]:
    """Texts that were written or changed lately, the latest first; what a pack brought is told in one line."""
    since = timezone.now() - timedelta(days=_NEW_DAYS)
    rows = library.browse(user=user).filter(current__made_at__gte=since)
    of_packs = rows.filter(current__origin=library.Origin.PACK).order_by().values_list("pack").annotate(n=Count("pk"))
    written = rows.exclude(current__origin=library.Origin.PACK).order_by("-current__made_at", "kind", "key")
    written = written.select_related("current", "current__made_by").defer("current__body")
    deliveries = [Delivery(pack, pack_name(pack), n) for pack, n in of_packs.order_by("-n", "pack")]
    return list(written[:_MOST]), deliveries


def _work(user: User) -> dict[str, Any]:
    """What waits for somebody who writes: drafts, texts to look at again, suggestions."""
    lists = worklists(user)
    mine = lists.rows.filter(lists.mine)
    return {
        "review": list(lists.named("review")[:_MOST]),
        "returned": list(mine.filter(state=library.DraftState.RETURNED)[:_MOST]),
        "writing": list(mine.filter(state=library.DraftState.WRITING)[:_MOST]),
        "upgrades": list(lists.named("conflicts")[:_MOST]),
        "revisions": list(library.revisions_due(user=user)[:_MOST]),
        "reviews": list(library.reviews_due(user=user)[:_MOST]),
        "n_suggestions": library.comments(user=user).count(),
    }
