"""The team's radar: people by competencies as a heat table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.web.people.forms import UnitFilter
from peilian.web.record.radar import CERTAIN, standing_of
from peilian.web.record.wordings import competency_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.formats import format_integer
from peilian.web.shell.tables import Tone

P = people.Permission


@dataclass(frozen=True, slots=True)
class Heat:
    """One cell: points, how they stand to what is required, in sign and words, and the way to the reasons."""

    text: str
    tone: Tone
    sign: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One person."""

    employee: people.Employee
    stage: str
    cells: tuple[Heat, ...]
    n_gaps: int
    n_evidence: int


class TeamRadarFilter(UnitFilter):
    """Which unit, in which order."""

    order = forms.ChoiceField(
        label=gettext_lazy("Order"),
        required=False,
        choices=[("", gettext_lazy("most gaps first")), ("number", gettext_lazy("by number"))],
    )


@require_safe
def team_radar(request: HttpRequest) -> HttpResponse:
    """Everybody whose record the reader may see, against what their posts require."""
    sight = sight_of(request)
    sight.require(P.SEE_PEOPLE)
    sight.require(P.SEE_RECORD)
    form = TeamRadarFilter(request.GET, sight=sight)
    chosen = form.cleaned_data if form.is_valid() else {}
    found = record.team_profiles(user=user_of(request), unit=chosen.get("unit"))
    measured = [item for item in found if item.profile.n]
    columns = _columns(measured)
    rows = [_row(item, columns) for item in measured]
    if chosen.get("order") != "number":
        rows.sort(key=lambda row: -row.n_gaps)
    gaps: Counter[str] = Counter(
        gap.competency for item in measured for gap in item.gaps
        if gap.is_open and gap.estimate.is_measured and gap.certainty >= CERTAIN
    )  # fmt: skip
    worst = gaps.most_common(1)
    context = {
        "form": form,
        "columns": [competency_name(key) for key in columns],
        "rows": rows,
        "n_people": len(measured),
        "unmeasured": [item.employee for item in found if not item.profile.n],
        "worst": competency_name(worst[0][0]) if worst else "",
        "n_worst": worst[0][1] if worst else 0,
        "counts": [gaps[key] for key in columns],
        "is_filtered": bool(request.GET),
        "may_assign": sight.may(P.ASSIGN_TRAINING),
    }
    return render(request, "record/team.html", context)


def _columns(found: list[record.PersonProfile]) -> list[str]:
    """The competencies in which somebody was measured, in the order of the model."""
    return [
        key
        for key in record.competency_model().competencies
        if any(item.profile.estimates[key].is_measured for item in found)
    ]


def _row(item: record.PersonProfile, columns: list[str]) -> HeatRow:
    gaps = {gap.competency: gap for gap in item.gaps}
    cells = []
    for key in columns:
        estimate = item.profile.estimates[key]
        standing = standing_of(estimate, gaps.get(key))
        cells.append(
            Heat(
                text=format_integer(estimate.mean) if estimate.is_measured else "–",
                tone=standing.tone,
                sign=standing.sign,
                words=standing.words,
                href=reverse("person_why", args=[item.employee.pk, key]) if estimate.is_measured else "",
            )
        )
    n_gaps = sum(cell.tone == "bad" for cell in cells)
    return HeatRow(item.employee, item.stage, tuple(cells), n_gaps, item.profile.n)
