"""The profile of one person, and what may be changed there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.base.api import today_in_company
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.people.forms import (
    AccountForm,
    DirectoryForm,
    GuideForm,
    PersonForm,
    PlaceForm,
    StageForm,
    first_moment,
    suggestions,
)
from peilian.web.people.wordings import GUIDES, STAGES, role_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.formats import format_day, format_moment
from peilian.web.shell.languages import reading_language

P = people.Permission
# Beyond this a list of suggestions helps nobody; a typed number or name always works.
MOST_SUGGESTED = 1000
FORMS: dict[str, Callable[..., Any]] = {
    "place": PlaceForm,
    "stage": StageForm,
    "guide": GuideForm,
    "account": AccountForm,
    "person": PersonForm,
}


@require_safe
def profile(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything known about one person, today and before."""
    return _page(request, people.profile(sight=sight_of(request), pk=pk))


@require_POST
def change(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """Place, stage, guide, account, or the person's own data."""
    employee = _managed(request, pk)
    if what not in FORMS:
        raise people.NotVisibleError
    form = FORMS[what](request.POST, prefix=what)
    if form.save(user_of(request), employee):
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("person", args=[pk]))
    return _page(request, employee, bound=(what, form))


@require_POST
def end(request: HttpRequest, pk: UUID, what: str, row: UUID) -> HttpResponse:
    """A membership, a guide or an account ends today."""
    employee = _managed(request, pk)
    user, today = user_of(request), today_in_company()
    ends: dict[str, tuple[Any, Callable[[Any], object]]] = {
        "place": (
            employee.memberships,
            lambda found: people.end_membership(actor=user, membership=found, ends_on=today),
        ),
        "guide": (employee.guided_by, lambda found: people.end_guide(actor=user, guidance=found, ends_on=today)),
        "account": (
            employee.accounts,
            lambda found: people.end_account(actor=user, use=found, ends_at=first_moment(today)),
        ),
    }
    if what not in ends:
        raise people.NotVisibleError
    rows, finish = ends[what]
    found = rows.filter(pk=row).first()
    if found is None:
        raise people.NotVisibleError
    try:
        finish(found)
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
    else:
        messages.success(request, _("Ended as of today."))
    return HttpResponseRedirect(reverse("person", args=[pk]))


def _managed(request: HttpRequest, pk: UUID) -> people.Employee:
    if not sight_of(request).reaches_company(P.MANAGE_PEOPLE):
        raise people.NotVisibleError
    return people.profile(sight=sight_of(request), pk=pk)


def _page(request: HttpRequest, employee: Any, bound: tuple[str, DirectoryForm] | None = None) -> HttpResponse:
    sight = sight_of(request)
    may_manage = sight.reaches_company(P.MANAGE_PEOPLE)
    forms = _forms(employee, bound) if may_manage else {}
    context = {
        "employee": employee,
        "stage": STAGES.get(employee.stage_now or "", ""),
        "post": next((place.post for place in employee.places if place.post), None),
        "stages": [(STAGES.get(entry.stage, entry.stage), entry.starts_on) for entry in employee.stages.all()],
        "uses": [
            {"use": use, "begins": _when(use.starts_at), "ends": _when(use.ends_at) if use.ends_at else ""}
            for use in employee.all_uses
        ],
        "guidance": [(GUIDES[one.kind], one) for one in employee.guidance],
        "guided": [(GUIDES[one.kind], one) for one in employee.guided],
        "seen": set(sight.employees(P.SEE_PEOPLE).filter(guided_by__in=employee.guided).values_list("pk", flat=True)),
        "may_manage": may_manage,
        "forms": forms,
        "people_names": suggestions(people.Employee.objects.filter(left_on=None)[:MOST_SUGGESTED])
        if may_manage
        else [],
        "has_left": employee.left_on is not None and employee.left_on <= sight.day,
        "today": sight.day,
        **_access(employee, sight),
        **_evidence(employee, sight),
    }
    return render(request, "people/profile.html", context, status=422 if bound else 200)


def _when(moment: datetime) -> str:
    """A moment; when it is the beginning of a day, just the day."""
    local, now = timezone.localtime(moment), timezone.localtime()
    if local.time() == time():
        return format_day(local.date(), reading_language(), now.date())
    return format_moment(local, reading_language(), now)


def _forms(employee: Any, bound: tuple[str, DirectoryForm] | None) -> dict[str, DirectoryForm]:
    forms = {name: form(prefix=name) for name, form in FORMS.items()}
    forms["person"].initial = {
        "name": employee.name,
        "hired_on": employee.hired_on,
        "left_on": employee.left_on,
    }
    forms["stage"].initial["stage"] = employee.stage_now
    forms["place"].initial["post"] = next((place.post_id for place in employee.places if place.post_id), None)
    if bound is not None:
        forms[bound[0]] = bound[1]
    return forms


def _access(employee: Any, sight: people.Sight) -> dict[str, Any]:
    """Sign-in and roles, for those who manage them."""
    user = sight.users().filter(employee=employee).first()
    if user is None:
        return {"user_row": None, "roles": []}
    grants = people.RoleGrant.objects.on(sight.day).filter(user=user).select_related("unit")
    return {"user_row": user, "roles": [(role_name(grant.role), grant) for grant in grants]}


def _evidence(employee: Any, sight: people.Sight) -> dict[str, bool]:
    """Which ways on to conversations and figures are open to the reader for this person."""
    return {
        "may_see_conversations": sight.employees(P.SEE_CONVERSATIONS).filter(pk=employee.pk).exists(),
        "may_see_record": sight.employees(P.SEE_RECORD).filter(pk=employee.pk).exists(),
        "may_see_kpis": sight.employees(P.SEE_KPIS).filter(pk=employee.pk).exists(),
    }
