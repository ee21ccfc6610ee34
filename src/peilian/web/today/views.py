"""The start page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from peilian.apps.base.api import company_zone, inbox_of, today_in_company
from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import Permission, Sight, User
from peilian.engine._kernel import Language, Reason
from peilian.flows.wording import say
from peilian.web.conversations.staff import Staff
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.today import loop, own, setup
from peilian.web.today.figures import TARGET_SECONDS, figures_of
from peilian.web.today.period import Days, days_of

_MOST_MESSAGES = 5


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """What this person should know and do now."""
    user, sight, language = user_of(request), sight_of(request), reading_language()
    offers = contacts.choices(user=user, permission=_widest(sight))
    days = days_of(offers, today_in_company(), company_zone())
    context: dict[str, Any] = {"days": days, "messages_unread": _messages(user, language)}
    if days is not None:
        context |= _of_conversations(user, sight, days, language)
    if sight.may(Permission.MANAGE_SETTINGS):
        steps = setup.steps()
        context |= {"steps": steps, "n_done": sum(step.is_done for step in steps)}
    if sight.may(Permission.IMPORT):
        rows = contacts.imports(user=user)[:5]
        running = [row for row in rows if row.job is not None and not row.job.is_over]
        context |= {"may_import": True, "running": running, "last_import": next(iter(rows), None)}
    return render(request, "today/today.html", context)


def _widest(sight: Sight) -> Permission:
    """What lets this person see most; leaders of the company see figures, not conversations."""
    ways = (Permission.SEE_DIAGNOSIS, Permission.SEE_KPIS, Permission.SEE_CONVERSATIONS)
    return next((way for way in ways if sight.may(way)), Permission.SEE_CONVERSATIONS)


def _of_conversations(user: User, sight: Sight, days: Days, language: Language) -> dict[str, Any]:
    found: dict[str, Any] = {"target": TARGET_SECONDS}
    accounts = own.accounts_of(user)
    if accounts and sight.may(Permission.SEE_KPIS):
        found["own"] = own.own_work(user, accounts, days, language)
    if sight.may(Permission.SEE_DIAGNOSIS):
        diagnosis = contacts.diagnosis(user=user, from_day=days.first, to_day=days.last)
        found["points"] = loop.points_of(diagnosis, language)
        found["n_looked_at"] = diagnosis.coverage.n_conversations
        found["team"] = figures_of(user, days) if sight.may(Permission.SEE_KPIS) else None
        if sight.may(Permission.SEE_CONVERSATIONS):
            found["look_at"] = loop.to_look_at(user, days, Staff.today(), language)
    return found


def _messages(user: User, language: Language) -> list[dict[str, Any]]:
    unread = inbox_of(user=user).filter(read_at=None)[:_MOST_MESSAGES]
    return [
        {"text": say(Reason(message.key, message.params), language), "at": message.at, "href": message.link}
        for message in unread
    ]
