"""What people are told about learning, in their inbox (站内消息): the person, those who lead, anybody in particular."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.apps.base.api import send, today_in_company
from peilian.apps.people.api import Employee, Guidance, GuidanceKind
from peilian.engine._kernel import Text

if TYPE_CHECKING:
    from peilian.apps.people.api import User


def tell_person(
    employee: Employee, key: str, title: Mapping[str, str], *, link: str, day: date | None = None, word: str = ""
) -> None:
    """Tell the person, who may have no login; part of the caller's transaction."""
    user: User | None = getattr(employee, "user", None)
    if user is not None:
        tell_user(user, employee, key, title, link=link, day=day, word=word)


def tell_leaders(
    employee: Employee,
    key: str,
    title: Mapping[str, str],
    *,
    link: str,
    day: date | None = None,
    kinds: Collection[str] = (GuidanceKind.SUPERVISOR,),
) -> None:
    """Tell the person's supervisors (主管) of today, or those who guide the person in another of the ``kinds``; who
    does it in two of them is told once."""
    guides = Guidance.objects.on(today_in_company()).filter(employee=employee, kind__in=list(kinds))
    told: set[UUID] = set()
    for guidance in guides.select_related("guide__user").order_by("guide"):
        user: User | None = getattr(guidance.guide, "user", None)
        if user is not None and user.pk not in told:
            told.add(user.pk)
            tell_user(user, employee, key, title, link=link, day=day)


def tell_user(
    user: User, employee: Employee, key: str, title: Mapping[str, str], *, link: str, day: date | None = None,
    word: str = "",
) -> None:  # fmt: skip
    """Tell a user something about a person, with the ``title`` of what it is about in the user's language; who may not
    sign in any more is told nothing."""
    if not user.is_active:
        return
    params = {
        "title": Text(title.get("zh"), title.get("en")).in_language(user.reading_language),
        "name": employee.name,
        "day": day.isoformat() if day is not None else "",
        "word": word,
    }
    send(recipient=user, key=key, params=params, link=link)
