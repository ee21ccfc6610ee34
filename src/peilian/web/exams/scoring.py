"""Scoring before a panel: an examiner alone with the form, signed in or over the link of a guest."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.parsing import id_to_see


@dataclass(frozen=True, slots=True)
class Asked:
    """A dimension as the form asks for it."""

    field: str
    label: str
    look_at: str
    value: str
    fault: str


@require_http_methods(["GET", "HEAD", "POST"])
def scoring(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form of a signed-in examiner; ``pk`` is the panel's."""
    examiner = learning.examiner_of(user=user_of(request), panel_id=pk)
    return _scored(request, examiner, reverse("exam_panel_score", args=[pk]), "exams/panel_score.html")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def guest(request: HttpRequest, token: str) -> HttpResponse:
    """The form of a guest, over the link alone; with nobody left to score the own sheets, to read."""
    try:
        examiner = learning.guest_of(token)
    except NotVisibleError:
        return render(request, "exams/panel_ended.html", status=404)
    return _scored(request, examiner, reverse("panel_guest", args=[token]), "exams/panel_guest.html")


def _scored(request: HttpRequest, examiner: learning.Examiner, address: str, template: str) -> HttpResponse:
    faults: dict[str, str] = {}
    chosen = request.POST.get("candidate", "")
    if request.method == "POST":
        given = {name.removeprefix("points."): str(text) for name, text in request.POST.items() if "points." in name}
        try:
            learning.give_sheet(
                examiner=examiner, candidate_id=id_to_see(chosen), points=given, note=request.POST.get("note", "")
            )
        except InputError as error:
            faults = {fault.field or "": say(fault.reason, reading_language()) for fault in error.faults}
        else:
            messages.success(request, _("Your scores are kept."))
            return HttpResponseRedirect(address)
    context = _context(examiner, request, faults, chosen) | {"address": address}
    response = render(request, template, context, status=422 if faults else 200)
    response["Referrer-Policy"] = "strict-origin"  # the address of a guest's link is its key
    return response


def _context(examiner: learning.Examiner, request: HttpRequest, faults: dict[str, str], chosen: str) -> dict[str, Any]:
    panel = examiner.panel
    candidates = learning.candidates_for(examiner)
    dimensions = panel.form["dimensions"]

    def asked(candidate: learning.PanelCandidate) -> list[Asked]:
        is_chosen = str(candidate.pk) == chosen
        return [
            Asked(
                field=f"points.{one['key']}", label=name_in(one["label"]), look_at=name_in(one["look_at"]),
                value=request.POST.get(f"points.{one['key']}", "") if is_chosen else "",
                fault=faults.get(f"points.{one['key']}", "") if is_chosen else "",
            )
            for one in dimensions
        ]  # fmt: skip

    fields = {f"points.{one['key']}" for one in dimensions}
    return {
        "panel": panel,
        "examiner": examiner,
        "has_talks": bool(panel.scenario),
        "waiting": [(one, asked(one)) for one, sheet in candidates if sheet is None and one.decided_at is None],
        "done": [
            (one, sheet, [(name_in(each["label"]), Decimal(sheet.points[each["key"]])) for each in dimensions])
            for one, sheet in candidates
            if sheet is not None
        ],
        "chosen": chosen,
        "note": request.POST.get("note", ""),
        "faults": [text for name, text in faults.items() if name not in fields],
    }
