"""The people of one's sight."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from peilian.apps.people import api as people
from peilian.web.people.forms import NewPersonForm, TeamFilter
from peilian.web.people.wordings import STAGES
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.paging import page_of


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Search and list."""
    sight = sight_of(request)
    sight.require(people.Permission.SEE_PEOPLE)
    form = TeamFilter(request.GET, units=sight.units(people.Permission.SEE_PEOPLE).filter(closed_on=None))
    page = page_of(people.find_people(sight=sight, question=form.question()), request)
    context = {
        "form": form,
        "page": page,
        "people": [_line(employee) for employee in page],
        "may_manage": sight.reaches_company(people.Permission.MANAGE_PEOPLE),
        "is_filtered": any(value for key, value in request.GET.items() if key != "page"),
    }
    template = "people/team_list.html" if request.htmx else "people/team.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new employee; the profile that follows is where the rest is filled in."""
    if not sight_of(request).reaches_company(people.Permission.MANAGE_PEOPLE):
        raise people.NotVisibleError
    form = NewPersonForm(request.POST or None)
    if request.method == "POST":
        employee = form.save(user_of(request))
        if employee is not None:
            return HttpResponseRedirect(reverse("person", args=[employee.pk]))
    return render(request, "people/new.html", {"form": form}, status=422 if request.method == "POST" else 200)


def _line(employee: Any) -> dict[str, Any]:
    return {
        "employee": employee,
        "places": employee.places,
        "post": next((place.post for place in employee.places if place.post), None),
        "stage": STAGES.get(employee.stage_now or "", ""),
        "uses": employee.uses,
    }
