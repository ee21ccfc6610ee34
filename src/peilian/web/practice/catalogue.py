"""The catalogue of drills: what is given to me, what helps me, all of it; and my drills so far."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from peilian.apps.people.api import Permission
from peilian.apps.practice import api as practice
from peilian.web.people.wordings import joined
from peilian.web.practice.forms import CatalogueFilter
from peilian.web.practice.listing import run_line
from peilian.web.practice.wordings import difficulty_name, industry_name, language_names, time_limit, trained
from peilian.web.record.tasks import Task, task_of
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

_MOST_NEEDED = 3


@dataclass(frozen=True, slots=True)
class Card:
    """One drill to choose."""

    title: str
    brief: str
    against: str
    practises: str
    limit: str
    difficulty: str
    industry: str
    languages: str
    only_in: str
    is_abuse: bool
    n_runs: int
    best: Figure
    last: Figure
    href: str
    task: Task | None = None


@require_safe
def practise(request: HttpRequest) -> HttpResponse:
    """Drills to choose from; whoever is no trainee is led to the drills of the people."""
    user = user_of(request)
    if user.employee_id is None:
        if sight_of(request).may(Permission.SEE_RECORD):
            return HttpResponseRedirect(reverse("team_runs"))
        context = {"totals": practice.totals(user=user), "may_see": sight_of(request).may(Permission.SEE_KPIS)}
        return render(request, "practice/nobody.html", context)
    language = reading_language()
    entries = sorted(practice.catalogue(user=user), key=lambda entry: language not in entry.languages)
    form = CatalogueFilter(request.GET, entries=entries)
    assigned = [card_of(entry, entry.assignments[0]) for entry in entries if entry.assignments]
    needed = [entry for entry in entries if entry.needs and not entry.assignments]
    context = {
        "running": practice.running_run(user=user),
        "form": form,
        "assigned": assigned,
        "needed": [card_of(entry) for entry in needed[:_MOST_NEEDED]],
        "cards": [card_of(entry) for entry in form.kept(entries)],
    }
    return render(request, "practice/catalogue.html", context)


def card_of(entry: practice.ScenarioEntry, assignment: object | None = None) -> Card:
    """A scenario as a card."""
    language = reading_language()
    against, practises = trained(entry.trains)
    href = reverse("drill_start", args=[entry.key])
    task = None
    if assignment is not None:
        task = task_of(entry.assignments[0], timezone.now())
        href = task.href
    return Card(
        title=entry.title.in_language(language),
        brief=entry.brief.in_language(language),
        against=joined(against),
        practises=joined(practises),
        limit=time_limit(entry.limit_seconds, language),
        difficulty=difficulty_name(entry.difficulty),
        industry=industry_name(entry.industry),
        languages=language_names(entry.languages),
        only_in="" if language in entry.languages else language_names(entry.languages),
        is_abuse=entry.is_abuse,
        n_runs=entry.n_runs,
        best=_points(entry.best),
        last=_points(entry.last),
        href=href,
        task=task,
    )


def _points(total: Decimal | None) -> Figure:
    return Figure(None if total is None else round(total, 1), "count")


@require_safe
def own_runs(request: HttpRequest) -> HttpResponse:
    """The reader's own drills, newest first."""
    page = page_of(practice.my_runs(user=user_of(request)).order_by("-started_at", "-id"), request)
    return render(request, "practice/own_runs.html", {"page": page, "lines": [run_line(run) for run in page]})
