"""The drills of those whom the reader leads or judges, and how well people and product agree in rating them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from peilian.apps.people.api import Permission
from peilian.apps.practice import api as practice
from peilian.web.practice.forms import RunFilter
from peilian.web.practice.listing import run_line
from peilian.web.record.drills import all_drills
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_change
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.tables import Cell, Column, Row, Table


@require_safe
def team_runs(request: HttpRequest) -> HttpResponse:
    """Drills of others, newest first."""
    sight, user = sight_of(request), user_of(request)
    sight.require(Permission.SEE_PEOPLE)
    sight.require(Permission.SEE_RECORD)
    form = RunFilter(request.GET, sight=sight, scenarios={drill.key: drill.title for drill in all_drills()})
    rows = form.kept(practice.team_runs(user=user, unit=form.unit_chosen())).order_by("-started_at", "-id")
    page = page_of(rows, request)
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "lines": [run_line(run) for run in page],
        "is_filtered": any(value for key, value in request.GET.items() if key != "page"),
        "agreement": _agreement(request) if sight.may(Permission.RAISE_NEEDS) else None,
        "may_assign": sight.may(Permission.ASSIGN_TRAINING),
    }
    return render(request, "practice/team_runs.html", context)


def _agreement(request: HttpRequest) -> Table | None:
    """How people's ratings agree with the product's points; ``None`` before the first rating."""
    found = practice.agreement(user=user_of(request))
    if not found:
        return None
    language = reading_language()
    too_few = _("Told from ten drills on that people rated too.")
    rows = tuple(
        Row(
            (
                Cell(item.label),
                Cell(figure=Figure(item.n, "count")),
                Cell(format_change(item.mean_difference, "points", language)),
                Cell(figure=Figure(item.kappa, "points", missing=too_few)),
            )
        )
        for item in found
    )
    columns = (
        Column(_("Dimension")),
        Column(_("Drills rated"), is_number=True),
        Column(_("People give more or less by"), is_number=True),
        Column(_("Agreement (weighted kappa)"), is_number=True),
    )
    return Table("agreement", _("How people and product agree"), columns, rows, is_caption_hidden=True)
