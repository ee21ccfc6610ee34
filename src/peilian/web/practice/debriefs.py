"""The page of a debrief, and a supervisor's own rating on it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.people.api import NotVisibleError, Permission
from peilian.apps.practice import api as practice
from peilian.engine._kernel import InputError, Reason
from peilian.flows.wording import say
from peilian.web.keeping.buttons import keeping_of
from peilian.web.practice.debriefing import LECTURER, Debriefed
from peilian.web.practice.forms import RatingForm
from peilian.web.practice.listing import marks_of
from peilian.web.practice.wordings import mode_name, outcome_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_change
from peilian.web.shell.languages import HTML_CODES, reading_language


@require_safe
def debrief(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What to do next time, then how it went, then the score."""
    return _page(request, pk)


@require_POST
def rate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep the reader's own points for somebody's drill."""
    found = practice.debrief_of(user=user_of(request), run_id=pk)
    form = RatingForm(request.POST, scores=found.result["scores"])
    if not _may_rate(request, found):
        raise NotVisibleError
    if form.is_valid():
        try:
            practice.rate_run(
                user=user_of(request), run_id=pk, points=form.points(), note=form.cleaned_data["note"]
            )  # fmt: skip
        except InputError as error:
            for fault in error.faults:
                name = f"points-{fault.field}"
                form.add_error(name if name in form.fields else None, say(fault.reason, reading_language()))
        else:
            messages.success(request, _("Your rating is kept."))
            return HttpResponseRedirect(f"{reverse('drill_debrief', args=[pk])}#rating")
    return _page(request, pk, form)


def _page(request: HttpRequest, pk: UUID, bound: RatingForm | None = None) -> HttpResponse:
    found = practice.debrief_of(user=user_of(request), run_id=pk)
    return shown_debrief(request, found, _trail(found), bound)


def shown_debrief(
    request: HttpRequest, found: practice.Debriefing, trail: list[dict[str, str]], bound: RatingForm | None = None
) -> HttpResponse:
    """The page of a debrief that the reader may see; what is part of something else is neither replayed nor rated."""
    run, result = found.run, found.result
    told = Debriefed(result, found.debrief, reading_language(), found.seq_of_step)
    card = LECTURER if request.GET.get("card") == LECTURER else ""
    dimensions = told.dimensions(card=card)
    ratings = _ratings(request, found, bound)
    rates_first = ratings["rating_form"] is not None and not ratings["is_rated"]
    context = {
        "run": run,
        "is_own": found.is_own,
        "may_replay": found.is_own and not run.is_enclosed,
        "trail": trail,
        "lang": HTML_CODES["en" if run.language == "en" else "zh"],
        "mode": mode_name(run.mode),
        "outcome": outcome_name(run),
        "marks": marks_of(run),
        "note": say_remark(run),
        "told": told,
        "chart": told.chart(),
        "moments": told.told_moments,
        "customer": told.customer["name"],
        "card": card,
        "dimensions": dimensions,
        "total": Figure(None if run.total is None else round(run.total, 1), "count"),
        "most": Figure(result["max"], "count"),
        "part": Figure(round(sum(float(item.points.value or 0) for item in dimensions), 1), "count"),
        "part_most": Figure(sum(float(item.most.value or 0) for item in dimensions), "count"),
        "satisfaction": Figure(round(told.customer["satisfaction_index"]["final"]), "count", href="#course-title"),
        "efficiency": Figure(round(told.customer["resolution_efficiency"]), "count", href="#required-title"),
        **ratings,
        "rates_first": rates_first,
        "keeping": keeping_of(request, "drill", str(run.pk)) if found.is_own else None,
        "turns": told.turns(is_plain=rates_first),
    }
    return render(request, "practice/debrief.html", context, status=422 if bound is not None else 200)


def say_remark(run: practice.DrillRun) -> str:
    """What the person should know about how the run was counted."""
    return say(Reason(run.remark), reading_language()) if run.remark else ""


def _trail(found: practice.Debriefing) -> list[dict[str, str]]:
    if found.is_own:
        return [
            {"label": _("Practise"), "href": reverse("practise")},
            {"label": _("My drills so far"), "href": reverse("own_runs")},
            {"label": _("Debrief"), "href": ""},
        ]
    return [
        {"label": _("Team"), "href": reverse("team")},
        {"label": _("Drills"), "href": reverse("team_runs")},
        {"label": found.run.employee.name, "href": reverse("person_radar", args=[found.run.employee_id])},
        {"label": _("Debrief"), "href": ""},
    ]


def _may_rate(request: HttpRequest, found: practice.Debriefing) -> bool:
    judged = sight_of(request).employees(Permission.RAISE_NEEDS)
    return not found.is_own and not found.run.is_enclosed and judged.filter(pk=found.run.employee_id).exists()


def _ratings(request: HttpRequest, found: practice.Debriefing, bound: RatingForm | None) -> dict[str, Any]:
    """Ratings by people beside the product's points, and the form for the own one."""
    user = user_of(request)
    own = next((rating for rating in found.ratings if rating.rater_id == user.pk), None)
    form = bound
    if form is None and _may_rate(request, found):
        initial: dict[str, Any] = {f"points-{key}": value for key, value in (own.points if own else {}).items()}
        form = RatingForm(scores=found.result["scores"], initial={**initial, "note": own.note if own else ""})
    columns = [
        {"by": rating.rater.name, "note": rating.note, "items": practice.rated_items(rating=rating, user=user)}
        for rating in found.ratings
    ]
    return {
        "rating_form": form,
        "is_rated": own is not None,
        "ratings": columns,
        "rating_lines": _rating_lines(columns),
    }


def _rating_lines(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not columns:
        return []
    lines = []
    for number, first in enumerate(columns[0]["items"]):
        cells = [
            {
                "by": column["by"],
                "points": Figure(_one_place(column["items"][number].rater), "count"),
                "difference": format_change(
                    _one_place(column["items"][number].difference), "count", reading_language()
                ),
            }
            for column in columns
        ]
        lines.append({"label": first.label, "engine": Figure(_one_place(first.engine), "count"), "cells": cells})
    return lines


def _one_place(points: Decimal | None) -> Decimal | None:
    return None if points is None else round(points, 1)
