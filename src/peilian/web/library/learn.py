"""The first page of the place: what the reader is to read and confirm, what is new, and what waits for who writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

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
    today = today_in_company()
    news = library.news(
        user=user,
        changes_since=today - timedelta(days=_NEW_DAYS),
        texts_since=timezone.now() - timedelta(days=_NEW_DAYS),
    )
    notices = [
        Notice(one.notice, one.texts, one.n_texts - len(one.texts), one.notice.effective_on > today)
        for one in news.announced
    ]
    fresh, deliveries = news.written, [Delivery(pack, pack_name(pack), n) for pack, n in news.brought]
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
        "has_library": news.has_texts,
    }
    if library.may_write(user):
        context["work"] = _work(user)
    context["is_empty"] = not (
        to_confirm or notices or fresh or deliveries or own or any(context.get("work", {}).values())
    )
    return context


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
