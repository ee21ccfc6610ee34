"""What one may set up, and the company's own settings."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.web.settings.forms import CompanyForm, time_zones
from peilian.web.shell.access import sight_of, user_of

P = people.Permission


@dataclass(frozen=True, slots=True)
class Door:
    """One way on from the hub."""

    url_name: str
    icon: str
    title: str | Promise
    purpose: str | Promise
    opened_by: P
    is_company_wide: bool = True


DOORS = (
    Door(
        "users",
        "user-circle",
        gettext_lazy("Users and roles"),
        gettext_lazy("Who can sign in, and what each may see and do."),
        P.GRANT_ROLES,
    ),
    Door(
        "roster_import",
        "users-group",
        gettext_lazy("Import roster"),
        gettext_lazy("People, teams, accounts and mentors from one spreadsheet."),
        P.MANAGE_PEOPLE,
    ),
    Door(
        "units",
        "building",
        gettext_lazy("Units"),
        gettext_lazy("Departments, teams, shops and sites as one tree."),
        P.MANAGE_PEOPLE,
    ),
    Door(
        "imports",
        "upload",
        gettext_lazy("Import conversations"),
        gettext_lazy("Chats and calls of your platforms, as files."),
        P.IMPORT,
        is_company_wide=False,
    ),
    Door(
        "tables",
        "file-spreadsheet",
        gettext_lazy("Import business tables"),
        gettext_lazy("Orders, targets, attendance and shop figures, as files."),
        P.IMPORT,
        is_company_wide=False,
    ),
    Door(
        "jobs",
        "list-check",
        gettext_lazy("Background jobs"),
        gettext_lazy("What runs, how far it is, and what went wrong."),
        P.SEE_JOBS,
        is_company_wide=False,
    ),
    Door(
        "company",
        "settings",
        gettext_lazy("Company"),
        gettext_lazy("Name, time zone and calendar."),
        P.MANAGE_SETTINGS,
    ),
    Door(
        "erasure",
        "trash",
        gettext_lazy("Erase a customer"),
        gettext_lazy("For customers who ask to have their data deleted."),
        P.ERASE_CUSTOMERS,
    ),
    Door(
        "audit",
        "history",
        gettext_lazy("Audit trail"),
        gettext_lazy("Who changed what, when, with the values before and after."),
        P.SEE_AUDIT,
    ),
)


@require_safe
def hub(request: HttpRequest) -> HttpResponse:
    """The ways on that are open to the reader; none is the same as no page."""
    sight = sight_of(request)
    doors = [
        (door, href)
        for door in DOORS
        if (sight.reaches_company if door.is_company_wide else sight.may)(door.opened_by) and (href := _address(door))
    ]
    if not doors:
        raise people.NotVisibleError
    return render(request, "settings/hub.html", {"doors": doors})


@require_http_methods(["GET", "HEAD", "POST"])
def company(request: HttpRequest) -> HttpResponse:
    """Name, time zone, calendar."""
    if not sight_of(request).reaches_company(P.MANAGE_SETTINGS):
        raise people.NotVisibleError
    form = CompanyForm(request.POST or None, company=base.company())
    if request.method == "POST" and form.save(user_of(request)):
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("company"))
    context = {"form": form, "time_zones": time_zones()}
    return render(request, "settings/company.html", context, status=422 if request.method == "POST" else 200)


def _address(door: Door) -> str:
    """Where a door leads; a feature that this installation does not have has no address."""
    try:
        return reverse(door.url_name)
    except NoReverseMatch:
        return ""
