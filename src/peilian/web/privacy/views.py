"""Erasing a customer: the id is asked for, what will happen is told, and only a second step does it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from peilian.apps.base.api import AuditEntry
from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import NotVisibleError, Permission
from peilian.engine._kernel import InputError
from peilian.flows.wording import say_fault
from peilian.web.privacy.forms import ErasureForm
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.languages import reading_language

_MOST_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: HttpRequest) -> HttpResponse:
    """Ask, confirm, erase."""
    if not sight_of(request).reaches_company(Permission.ERASE_CUSTOMERS):
        raise NotVisibleError
    form = ErasureForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, {"form": form}, status=422 if request.method == "POST" else 200)
    customer = form.cleaned_data["customer"]
    if request.POST.get("do") != "erase":
        return _page(request, {"form": form, "customer": customer})
    try:
        erased = contacts.erase_customer(actor=user_of(request), customer=customer)
    except InputError as error:
        faults = [say_fault(fault, reading_language()) for fault in error.faults]
        return _page(request, {"form": form, "faults": faults}, status=409)
    messages.success(request, _said(erased))
    return HttpResponseRedirect(reverse("erasure"))


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    entries: list[AuditEntry] = []
    if sight_of(request).may(Permission.SEE_AUDIT):
        trail = sight_of(request).audit().filter(verb="contacts.erase_customer").select_related("actor")
        entries = list(trail[:_MOST_SHOWN])
    context["erasures"] = [
        (
            entry,
            Figure(entry.changes.get("conversations", [None])[0], "count"),
            Figure(entry.changes.get("texts", [None])[-1], "count"),
        )
        for entry in entries
    ]
    return render(request, "privacy/erasure.html", context, status=status)


def _said(erased: contacts.ErasedCustomer) -> str:
    if not erased.n_conversations:
        said = _("No conversation of this customer is kept. Nothing had to be erased.")
    else:
        said = ngettext(
            "The customer was erased from %(n)d conversation.",
            "The customer was erased from %(n)d conversations.",
            erased.n_conversations,
        ) % {"n": erased.n_conversations}
    if not erased.n_texts:
        return said
    marked = ngettext(
        "%(n)d text that was made of them is marked for revision.",
        "%(n)d texts that were made of them are marked for revision.",
        erased.n_texts,
    ) % {"n": erased.n_texts}
    return f"{said} {marked}"
