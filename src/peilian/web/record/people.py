"""The profile of one person: radar, table, needs, assignments, and the reasons of one estimate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.flows.wording import say
from peilian.web.people.forms import first_moment
from peilian.web.record.needs import NeedForm, need_line
from peilian.web.record.radar import (
    answer_of,
    axes_of,
    interval_of,
    largest_gaps,
    levels_line,
    profile_table,
    radar_chart,
)
from peilian.web.record.sources import SourceLinks, source_name
from peilian.web.record.tasks import task_of
from peilian.web.record.wordings import kind_name, level_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_change, format_day, format_integer, format_ratio
from peilian.web.shell.languages import reading_language

P = people.Permission
_MOST_TASKS = 8


class BeforeForm(forms.Form):
    """With what the profile is compared: nothing, before the last drill, or a day; a day that is named counts."""

    before = forms.ChoiceField(
        label=gettext_lazy("Compare with"),
        required=False,
        choices=[
            ("", gettext_lazy("no comparison")),
            ("drill", gettext_lazy("before the last drill")),
            ("30", gettext_lazy("30 days ago")),
            ("90", gettext_lazy("90 days ago")),
        ],
    )
    day = forms.DateField(
        label=gettext_lazy("or with the day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("A date such as 2026-11-22 is needed here.")},
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """The moment to compare with, and what it is called."""

    at: datetime
    label: str


@require_safe
def own_radar(request: HttpRequest) -> HttpResponse:
    """The reader's own profile; whoever is no employee is led to the team's."""
    own = user_of(request).employee
    if own is None:
        return HttpResponseRedirect(reverse("team_radar"))
    return _radar(request, own, is_own=True)


@require_safe
def person_radar(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The profile of somebody whose record the reader may see."""
    return _radar(request, sight_of(request).employee(P.SEE_RECORD, pk), is_own=False)


@require_safe
def own_why(request: HttpRequest, competency: str) -> HttpResponse:
    """Why the reader's own estimate is what it is."""
    own = user_of(request).employee
    if own is None:
        raise people.NotVisibleError
    return _why(request, own, competency, is_own=True)


@require_safe
def person_why(request: HttpRequest, pk: UUID, competency: str) -> HttpResponse:
    """Why an estimate is what it is."""
    return _why(request, sight_of(request).employee(P.SEE_RECORD, pk), competency, is_own=False)


def _radar(request: HttpRequest, employee: people.Employee, *, is_own: bool) -> HttpResponse:
    user = user_of(request)
    form = BeforeForm(request.GET)
    now = record.profile_of(user=user, employee=employee)
    compared = _comparison(user, employee, form)
    before = record.profile_of(user=user, employee=employee, at=compared.at) if compared else None
    may_assign = sight_of(request).employees(P.ASSIGN_TRAINING).filter(pk=employee.pk).exists()
    may_raise = sight_of(request).employees(P.RAISE_NEEDS).filter(pk=employee.pk).exists() and not is_own

    def why(key: str) -> str:
        return reverse("own_why", args=[key]) if is_own else reverse("person_why", args=[employee.pk, key])

    context: dict[str, Any] = {
        "employee": employee,
        "is_own": is_own,
        "form": form,
        "trail": _trail(employee, is_own),
        "answer": answer_of(now),
        "is_empty": not now.profile.n,
        "stage": now.model.stage(now.stage).name,
        "post": now.post.name,
        "chart": radar_chart(now, before, compared.label if compared else ""),
        "axes": axes_of(now),
        "levels": levels_line(now.model),
        "gaps": largest_gaps(now, why),
        "table": profile_table(now, before, why),
        "compared": compared,
        "is_before_empty": before is not None and not before.profile.n,
        "needs": [need_line(need, now) for need in record.needs_of(user=user, employee=employee)],
        "tasks": [
            task_of(row, timezone.now()) for row in record.assignments_of(user=user, employee=employee)[:_MOST_TASKS]
        ],
        "may_assign": may_assign,
        "may_raise": may_raise,
        "need_form": NeedForm() if may_raise else None,
    }
    return render(request, "record/radar.html", context)


def _trail(employee: people.Employee, is_own: bool) -> list[dict[str, str]]:
    if is_own:
        return [{"label": _("Practise"), "href": reverse("practise")}, {"label": _("My radar"), "href": ""}]
    return [
        {"label": _("Team"), "href": reverse("team")},
        {"label": _("Radar of the team"), "href": reverse("team_radar")},
        {"label": employee.name, "href": ""},
    ]


def _comparison(user: people.User, employee: people.Employee, form: BeforeForm) -> Comparison | None:
    if not form.is_valid():
        return None
    day: date | None = form.cleaned_data["day"]
    chosen = form.cleaned_data["before"]
    if day is None and chosen in ("30", "90"):
        day = timezone.localdate() - timedelta(days=int(chosen))
    if day is None and chosen == "drill":
        drills = record.evidence_of(user=user, employee=employee).filter(kind=record.EvidenceKind.DRILL)
        newest = drills.order_by("-at").first()
        return Comparison(newest.at - timedelta(milliseconds=1), _("Before the last drill")) if newest else None
    if day is not None and date(2000, 1, 1) <= day <= date(2100, 1, 1):
        said = format_day(day, reading_language(), timezone.localdate())
        return Comparison(first_moment(day + timedelta(days=1)) - timedelta(milliseconds=1), said)
    return None


def _why(request: HttpRequest, employee: people.Employee, competency: str, *, is_own: bool) -> HttpResponse:
    found = record.why(user=user_of(request), employee=employee, competency=competency)
    language = reading_language()
    back = reverse("own_radar") if is_own else reverse("person_radar", args=[employee.pk])
    estimate = found.estimate
    links = SourceLinks(sight_of(request), employee, found.competency, [one.row for one in found.pieces])
    context = {
        "employee": employee,
        "name": found.competency.name.in_language(language),
        "description": found.competency.description.in_language(language),
        "trail": [*_trail(employee, is_own)[:-1], {"label": _("My radar") if is_own else employee.name, "href": back},
                  {"label": found.competency.name.in_language(language), "href": ""}],
        "points": format_integer(estimate.mean),
        "estimate": estimate,
        "interval": interval_of(estimate) if estimate.is_measured else "",
        "level": level_name(estimate.level),
        "required": level_name(found.required),
        "behaviour": _behaviour(found),
        "expected": format_integer(found.expected),
        "expected_share": format_ratio(found.expected_share),
        "levels": levels_line(record.competency_model()),
        "pieces": [_piece(piece, links) for piece in found.pieces],
    }  # fmt: skip
    return render(request, "record/why.html", context)


def _behaviour(found: record.Why) -> list[tuple[str, str]]:
    """What somebody does on the own level and on the required one."""
    language = reading_language()
    levels = sorted({level for level in (found.estimate.level, found.required) if level})
    behaviours = found.competency.behaviours
    return [(level_name(level), behaviours[level].in_language(language)) for level in levels if level in behaviours]


def _piece(piece: record.WeighedEvidence, links: SourceLinks) -> dict[str, Any]:
    language, row = reading_language(), piece.row
    is_counting = piece.share > 0
    return {
        "at": row.at,
        "kind": kind_name(row.kind),
        "name": source_name(row),
        "href": links.page_of(row),
        "links": links.of(row),
        "score": Figure(round(row.score * 100), "count"),
        "n": row.n,
        "points": format_change(round(piece.points, 1), "count", language) if is_counting else "",
        "share": Figure(piece.share, "ratio") if is_counting else None,
        "reasons": [say(reason, language) for reason in piece.reasons],
        "note": row.note,
        "by": row.recorded_by.name if row.recorded_by is not None else "",
        "is_withdrawn": row.is_withdrawn,
        "is_superseded": not is_counting and not row.is_withdrawn,
    }
