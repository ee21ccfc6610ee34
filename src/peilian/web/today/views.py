"""The start page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from peilian.apps.base.api import company_zone, today_in_company, unread_of
from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import Permission, Sight, User
from peilian.engine._kernel import Language
from peilian.web.accounts.messages import ASSIGNED, address_of, said
from peilian.web.conversations.staff import Staff
from peilian.web.learning.rounds import waits_for
from peilian.web.record.tasks import due_tasks
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.today import loop, own, setup
from peilian.web.today.figures import TARGET_SECONDS, figures_of
from peilian.web.today.period import Days, days_of
from peilian.web.today.waiting import leads, waiting_for

_MOST_MESSAGES = 5
_MOST_IMPORTS = 5
_MOST_TASKS = 5
# What stands on the page itself for as long as something is to be done about it.
_TOLD_ELSEWHERE = (*ASSIGNED, "inbox.appraisal_review", "inbox.appraisal_published")


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """What this person should know and do now."""
    user, sight, language = user_of(request), sight_of(request), reading_language()
    days = _days(user, sight)
    context: dict[str, Any] = {"days": days, "target": TARGET_SECONDS, "unread": _unread(user, language)}
    context["waiting"] = waiting_for(user, sight)
    context["round"] = waits_for(user)
    if user.employee_id is not None:
        due = due_tasks(user, most=_MOST_TASKS)
        # Whoever leads first sees what the team needs; that there is nothing to practise is no news to them.
        context |= {"is_trainee": bool(due) or not leads(sight), "due": due}
    accounts = own.accounts_of(user)
    if days is not None and accounts and sight.may(Permission.SEE_KPIS):
        context["own"] = own.own_work(user, accounts, days, language)
    context["has_team"] = days is not None and sight.may(Permission.SEE_DIAGNOSIS)
    if sight.may(Permission.MANAGE_SETTINGS):
        steps = setup.steps()
        context |= {"steps": steps, "n_done": sum(step.is_done for step in steps)}
    if sight.may(Permission.IMPORT):
        rows = list(contacts.imports(user=user)[:_MOST_IMPORTS])
        context["running"] = [row for row in rows if row.job is not None and not row.job.is_over]
        context |= {"may_import": True, "last_import": rows[0] if rows else None}
    return render(request, "today/today.html", context)


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """What the loop needs from somebody who leads; made apart, since diagnosing many conversations takes a while."""
    user, sight, language = user_of(request), sight_of(request), reading_language()
    sight.require(Permission.SEE_DIAGNOSIS)
    days = _days(user, sight)
    if days is None:
        raise Http404
    diagnosis = contacts.diagnosis(user=user, from_day=days.first, to_day=days.last)
    context: dict[str, Any] = {
        "days": days,
        "target": TARGET_SECONDS,
        "points": loop.points_of(diagnosis, language),
        "n_looked_at": diagnosis.coverage.n_conversations,
    }
    if sight.may(Permission.SEE_KPIS):
        context["team"] = figures_of(user, days)
    if sight.may(Permission.SEE_CONVERSATIONS):
        context["look_at"] = loop.to_look_at(user, days, Staff.today(), language)
    name = "_team" if request.htmx else "team"  # type: ignore[attr-defined]
    response = render(request, f"today/{name}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _days(user: User, sight: Sight) -> Days | None:
    offers = contacts.choices(user=user, permission=_widest(sight))
    return days_of(offers, today_in_company(), company_zone())


def _widest(sight: Sight) -> Permission:
    """What lets this person see most; leaders of the company see figures, not conversations."""
    ways = (Permission.SEE_DIAGNOSIS, Permission.SEE_KPIS, Permission.SEE_CONVERSATIONS)
    return next((way for way in ways if sight.may(way)), Permission.SEE_CONVERSATIONS)


def _unread(user: User, language: Language) -> list[dict[str, Any]]:
    """New messages, but for those about what stands on the page itself."""
    without = () if user.employee_id is None else _TOLD_ELSEWHERE
    messages = unread_of(user=user, most=_MOST_MESSAGES, without=without)
    return [{"text": said(message, language), "at": message.at, "href": address_of(message)} for message in messages]
