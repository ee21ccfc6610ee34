"""Users, their roles and passwords."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.people.forms import DirectoryForm, suggestions
from peilian.web.people.profiles import MOST_SUGGESTED
from peilian.web.people.wordings import role_name
from peilian.web.settings.forms import GrantForm, NewUserForm, PasswordForm, UserFilter
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

P = people.Permission


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Everybody who can sign in."""
    sight = permitted(request)
    form = UserFilter(request.GET)
    data = form.cleaned_data if form.is_valid() else {}
    page = page_of(people.find_users(sight=sight, words=data.get("q", ""), role=data.get("role", "")), request)
    rows: list[Any] = list(page)
    context = {
        "form": form,
        "page": page,
        "users": [{"user": row, "roles": [_said(grant) for grant in row.grants_now]} for row in rows],
    }
    return render(request, "settings/users_list.html" if request.htmx else "settings/users.html", context)  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new user; roles follow on the page of the user."""
    permitted(request)
    form = NewUserForm(request.POST or None, initial={"language": reading_language()})
    if request.method == "POST":
        made = form.save(user_of(request))
        if made is not None:
            messages.success(request, _("Added. Give a role now, so that there is something to see."))
            return HttpResponseRedirect(reverse("user", args=[made.pk]))
    names = suggestions(people.Employee.objects.filter(user=None, left_on=None)[:MOST_SUGGESTED])
    context = {"form": form, "people_names": names}
    return render(request, "settings/user_new.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def user(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One user: roles now and before, password, whether signing in is open."""
    return page(request, permitted(request).managed_user(pk))


@require_POST
def change(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """A role, a new password, in or out."""
    row, actor = permitted(request).managed_user(pk), user_of(request)
    if what in ("roles", "password"):
        form: Any = GrantForm(request.POST) if what == "roles" else PasswordForm(request.POST)
        if not form.save(actor, row):
            return page(request, row, bound=(what, form))
        if what == "password" and row.pk == actor.pk:
            # The own session stays open; all others end.
            update_session_auth_hash(request, row)
    elif what in ("open", "close"):
        try:
            people.set_active(actor=actor, user=row, is_active=what == "open")
        except InputError as error:
            return _refused(request, row, error)
    else:
        raise people.NotVisibleError
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("user", args=[pk]))


@require_POST
def end_grant(request: HttpRequest, pk: UUID, grant: UUID) -> HttpResponse:
    """Take a role back from today on."""
    row = permitted(request).managed_user(pk)
    found = row.grants.filter(pk=grant).first()
    if found is None:
        raise people.NotVisibleError
    try:
        people.end_grant(actor=user_of(request), grant=found)
    except InputError as error:
        return _refused(request, row, error)
    messages.success(request, _("Ended as of today."))
    return HttpResponseRedirect(reverse("user", args=[pk]))


def permitted(request: HttpRequest) -> people.Sight:
    """The sight of somebody who may manage users; for everybody else the page does not exist."""
    sight = sight_of(request)
    if not sight.reaches_company(P.GRANT_ROLES):
        raise people.NotVisibleError
    return sight


def _refused(request: HttpRequest, row: people.User, error: InputError) -> HttpResponse:
    messages.error(request, say(error.faults[0].reason, reading_language()))
    return HttpResponseRedirect(reverse("user", args=[row.pk]))


def page(
    request: HttpRequest, row: people.User, bound: tuple[str, DirectoryForm] | None = None, *, link: str = ""
) -> HttpResponse:
    """The page of one user, with a form that was refused, or the link of an invitation."""
    day = sight_of(request).day
    grants = row.grants.select_related("unit").order_by("-starts_on", "-id")
    forms: dict[str, DirectoryForm] = {"roles": GrantForm(), "password": PasswordForm()}
    if bound is not None:
        forms[bound[0]] = bound[1]
    context = {
        "row": row,
        "link": link,
        "grants": [
            {
                "grant": grant,
                "name": role_name(grant.role),
                "is_over": grant.ends_on is not None and grant.ends_on <= day,
            }
            for grant in grants
        ],
        "forms": forms,
    }
    return render(request, "settings/user.html", context, status=422 if bound else 200)


def _said(grant: people.RoleGrant) -> dict[str, Any]:
    return {"name": role_name(grant.role), "unit": grant.unit}
