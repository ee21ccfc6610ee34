"""Invitations: links by which people without a password choose their first one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from peilian.apps.people import api as people
from peilian.web.settings.users import page, permitted
from peilian.web.shell.access import user_of
from peilian.web.shell.downloads import table_response
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Cell, Column, Row, Table


def link_of(request: HttpRequest, invitation: people.Invitation) -> str:
    """The whole address to hand over."""
    return request.build_absolute_uri(reverse("invitation", args=[invitation.user.pk, invitation.token]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest) -> HttpResponse:
    """Who has no password yet; a POST makes a link for each, as a table to take home."""
    permitted(request)
    waiting = people.waiting_users()
    if request.method == "POST":
        form = "xlsx" if request.POST.get("form") == "xlsx" else "csv"
        made = people.invite(actor=user_of(request), users=waiting)
        return table_response(_table(request, made), name="invitations", form=form, language=reading_language())
    context: dict[str, Any] = {"n": waiting.count(), "first": waiting[:20]}
    return render(request, "settings/invitations.html", context)


@never_cache
@require_POST
def invite_one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A link for one user, shown once on the page of the user."""
    row = permitted(request).managed_user(pk)
    made = people.invite(actor=user_of(request), users=[row])
    if not made:
        messages.error(request, _("No link was made: this user has a password already, or sign-in is closed."))
        return HttpResponseRedirect(reverse("user", args=[pk]))
    return page(request, row, link=link_of(request, made[0]))


def _table(request: HttpRequest, made: list[people.Invitation]) -> Table:
    labels = (_("Number"), _("Name"), _("Sign-in name"), _("Invitation"))
    rows = []
    for one in made:
        number = one.user.employee.number if one.user.employee is not None else ""
        texts = (number, one.user.name, one.user.username, link_of(request, one))
        rows.append(Row(tuple(Cell(text) for text in texts)))
    return Table("invitations", _("Invitations"), tuple(Column(label) for label in labels), tuple(rows))
