"""What appraisals need from the reader now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import company_zone
from peilian.apps.people.api import Permission, User, visible_to
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of

State = appraisal.CycleState


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: what, about what, until when, and where."""

    title: str
    about: str
    href: str
    until: date | None = None


def tasks_of(user: User) -> list[Task]:
    """Everything that appraisals need from the user now, the most urgent first."""
    tasks = [*_own(user), *_led(user), *_appeals(user), *_rewards(user)]
    return sorted(tasks, key=lambda task: (task.until is None, task.until or date.max))


@require_safe
def moved(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Where the pages of the appraisal lay once: messages that people kept still lead there."""
    asked = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"/assess/{quote(rest)}{'?' if asked else ''}{asked}")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The tasks, the most urgent first."""
    return render(request, "appraisal/home.html", {"tasks": tasks_of(user_of(request))})


def _own(user: User) -> Iterator[Task]:
    for view in appraisal.my_standings(user=user):
        cycle = view.appraisee.cycle
        href = _address("appraisal_sheet", view.appraisee.pk)
        if view.is_exempt:
            continue
        if view.may.self_comment:
            yield Task(_("Say something about your own month"), _about(cycle), href, cycle.self_comment_until)
        elif view.appraisal is not None and cycle.state == State.PUBLISHED:
            until = appraisal.appeal_ends_at(appraisal=view.appraisal).astimezone(company_zone()).date()
            title = _("Read your result; you may appeal until then") if view.may.appeal else _("Read your result")
            yield Task(title, _about(cycle), href, until if view.may.appeal else None)


def _led(user: User) -> Iterator[Task]:
    sight = visible_to(user)
    if not (sight.may(Permission.RATE_APPRAISALS) or sight.may(Permission.RUN_APPRAISALS)):
        return
    for cycle in appraisal.cycles(user=user).exclude(state=State.CLOSED):
        rights = appraisal.can(user=user, cycle=cycle)
        if rights.rate and cycle.takes_inputs:
            left = [task for task in appraisal.to_rate(user=user, cycle=cycle) if task.done < task.total]
            if left:
                title = ngettext("Rate %(n)d person", "Rate %(n)d people", len(left)) % {"n": len(left)}
                yield Task(title, _about(cycle), _address("appraisal_rating", cycle.pk))
        if rights.run and cycle.takes_inputs:
            yield Task(_("See what is missing, then freeze"), _about(cycle), _address("appraisal_cycle", cycle.pk))
        elif rights.run and cycle.state == State.FROZEN:
            yield Task(_("Look through the results and publish"), _about(cycle), _address("appraisal_cycle", cycle.pk))


def _appeals(user: User) -> Iterator[Task]:
    if not visible_to(user).may(Permission.DECIDE_APPEALS):
        return
    for row in appraisal.appeals_for(user=user, states=[appraisal.AppealState.OPEN]):
        if appraisal.can_decide(user=user, appeal=row) is None:
            person = row.appraisal.appraisee
            yield Task(_("Decide an appeal"), f"{person.employee.name} · {person.cycle.period}",
                       _address("appraisal_appeal", row.pk))  # fmt: skip


def _rewards(user: User) -> Iterator[Task]:
    """Proposed rewards that the user may approve."""
    if not visible_to(user).may(Permission.MANAGE_REWARDS):
        return
    rows = appraisal.awards_of(user=user, states=[appraisal.AwardState.PROPOSED])
    n = rows.exclude(proposed_by=user.pk).count()
    if n:
        title = ngettext("Decide about %(n)d proposed reward", "Decide about %(n)d proposed rewards", n) % {"n": n}
        yield Task(title, "", f"{reverse('rewards')}#proposals")


def _about(cycle: appraisal.Cycle) -> str:
    return f"{name_in(cycle.unit.name)} · {cycle.period}"


def _address(name: str, pk: object) -> str:
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""
