"""Class hours: how many are due and done, what counted and what did not, and who of the team is behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.engine.curriculum.hours import Counted
from peilian.flows.wording import say
from peilian.web.credentials.wordings import HOW, PERIODS
from peilian.web.learning.places import address_of
from peilian.web.people.forms import UnitFilter
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.downloads import table_response
from peilian.web.shell.figures import Figure
from peilian.web.shell.languages import reading_language
from peilian.web.shell.parsing import as_day
from peilian.web.shell.tables import Cell, Column, Row, Table

P = people.Permission
_PAGES = {"run": "drill_debrief", "attempt": "exam_review"}


class TeamFilter(UnitFilter):
    """Which team, and who."""

    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[("", gettext_lazy("everybody")), ("behind", gettext_lazy("who is behind"))],
    )


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """The reader's own."""
    employee = user_of(request).employee
    if employee is None:
        return render(request, "credentials/hours.html", {"is_nobody": True, "is_own": True})
    return _hours(request, employee.pk, is_own=True)


@require_safe
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Those of somebody whose record the reader may see."""
    return _hours(request, pk, is_own=False)


def _hours(request: HttpRequest, pk: UUID, *, is_own: bool) -> HttpResponse:
    found = learning.hours_of(user=user_of(request), employee=pk, on=as_day(request.GET.get("on", "")))
    names = [one.spent.what for one in found.counted]
    titles = learning.titles_of(names)
    language = reading_language()
    pieces = []
    for one in reversed(found.counted):
        title = titles.get(one.spent.what)
        words = title.in_language(language) if title is not None else one.spent.what.partition(":")[2]
        pieces.append(_piece(one, words, found.minutes_of_hour))
    context: dict[str, Any] = {
        **hours_line(found),
        "employee": found.employee,
        "is_own": is_own,
        "pieces": pieces,
        "periods": [(span, span == found.span) for span in found.former],
        "minutes_of_hour": found.minutes_of_hour,
        "trail": [
            {"label": _("Team"), "href": reverse("team")},
            {"label": found.employee.name, "href": reverse("person", args=[found.employee.pk])},
            {"label": _("Class hours"), "href": ""},
        ],
    }
    return render(request, "credentials/hours.html", context)


def hours_line(found: learning.HoursOf) -> dict[str, Any]:
    """How class hours stand, as pages tell it."""
    standing, due = found.standing, found.due
    share = 100 if not standing.due else min(100, int(100 * standing.done / standing.due))
    return {
        "found": found,
        "standing": standing,
        "span": found.span,
        "label": due.label.in_language(reading_language()) if due is not None else "",
        "period": PERIODS[due.quota.period] if due is not None else "",
        "has_quota": due is not None,
        "share": share,
        "tone": "good" if standing.is_done else "warn" if standing.is_behind else "neutral",
        "words": _("done") if standing.is_done else _("behind") if standing.is_behind else _("on course"),
    }


def _piece(one: Counted, title: str, hour: int) -> dict[str, Any]:
    source, _colon, pk = one.spent.source.partition(":")
    href = reverse(_PAGES[source], args=[pk]) if source in _PAGES else address_of(one.spent.what)
    return {
        "day": one.spent.day,
        "title": title,
        "how": HOW.get(one.spent.how, one.spent.how),
        "minutes": Figure(one.spent.minutes, "score"),
        "hours": Figure(one.minutes / hour, "score"),
        "counts": bool(one.minutes),
        "reason": say(one.reason, reading_language()) if one.reason is not None else "",
        "href": href,
    }


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Everybody of whom class hours are due: who is behind first."""
    sight = sight_of(request)
    sight.require(P.SEE_PEOPLE)
    sight.require(P.SEE_RECORD)
    form = TeamFilter(request.GET, sight=sight)
    chosen = form.cleaned_data if form.is_valid() else {}
    found = learning.team_hours(user=user_of(request), unit=chosen.get("unit"))
    n_behind = sum(one.standing.is_behind for one in found)
    lines = [hours_line(one) for one in found if chosen.get("show") != "behind" or one.standing.is_behind]
    if request.GET.get("form") in ("xlsx", "csv"):
        name, form_ = "class-hours", request.GET["form"]
        return table_response(_table(lines), name=name, form=form_, language=reading_language())
    context = {"form": form, "lines": lines, "n": len(found), "n_behind": n_behind, "is_filtered": bool(request.GET)}
    return render(request, "credentials/team_hours.html", context)


def _table(lines: list[dict[str, Any]]) -> Table:
    labels = (
        _("Person"), _("Employee number"), _("Requirement"), _("From"), _("To"), _("Done"), pgettext("hours", "Due"),
        _("On course"), _("State"),
    )  # fmt: skip
    rows = []
    for line in lines:
        standing, employee = line["standing"], line["found"].employee
        figures = (standing.done, standing.due, standing.expected)
        cells = (
            Cell(employee.name), Cell(employee.number), Cell(line["label"]), Cell(line["span"].first.isoformat()),
            Cell(line["span"].last.isoformat()), *(Cell(figure=Figure(value, "score")) for value in figures),
            Cell(str(line["words"])),
        )  # fmt: skip
        rows.append(Row(cells))
    return Table("class-hours", _("Class hours"), tuple(Column(label) for label in labels), tuple(rows))
