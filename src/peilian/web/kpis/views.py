"""The KPI board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from peilian.apps.base.api import company_zone, today_in_company
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.web.conversations.staff import Staff
from peilian.web.kpis import board
from peilian.web.kpis.questions import (
    CORE,
    DIMENSIONS,
    BoardForm,
    Period,
    evidence_query,
    measure_of,
    period_of,
    question,
)
from peilian.web.shell.access import sight_of
from peilian.web.shell.downloads import table_response
from peilian.web.shell.languages import reading_language

# Measures of time that have a course per conversation worth spreading out.
_SPREAD = {
    "first_response_seconds_mean": "first_response_seconds_mean",
    "first_response_seconds_p50": "first_response_seconds_mean",
    "first_response_seconds_p90": "first_response_seconds_mean",
    "response_seconds_mean": "response_seconds_mean",
    "handling_seconds_mean": "handling_seconds_mean",
}


@require_safe
def kpis(request: HttpRequest) -> HttpResponse:
    """One measure in depth, the core measures beside it, by a dimension; ``?as=csv|xlsx`` takes the table home."""
    sight_of(request).require(people.Permission.SEE_KPIS)
    user, language, today = _user(request), reading_language(), today_in_company()
    offers = contacts.choices(user=user, permission=people.Permission.SEE_KPIS)
    staff = Staff.today()
    agents = {account: staff.name(account) for account in offers.agents}
    teams = staff.teams(offers.agents)
    form = BoardForm(request.GET, offers=offers, names=agents, teams=teams, language=language)
    if contacts.is_empty():
        return render(request, "kpis/empty.html", {"may_import": sight_of(request).may(people.Permission.IMPORT)})
    if not form.is_valid():
        return HttpResponseRedirect(reverse("kpis"))
    names = board.Names(agents, language, today)
    measure, dimension = measure_of(form.cleaned_data["kpi"]), form.cleaned_data["by"]
    period = period_of(form, company_zone(), today)
    core = tuple(dict.fromkeys((measure.key, *CORE)))
    rows = contacts.kpis(user=user, question=question(form, period, core, (dimension,)))
    shown = board.table(
        [measure_of(key) for key in core],
        rows,
        dimension,
        str(dict(DIMENSIONS)[dimension]),
        names,
        sort=request.GET.get("sort", ""),
        address=_address(form, period),
    )
    if request.GET.get("as") in ("csv", "xlsx"):
        return table_response(shown, name=f"kpis-{dimension}", form=request.GET["as"], language=language)
    context = {"form": form, "measure": measure, "period": period, "table": shown, "dimension": dimension}
    return render(request, "kpis/board.html", context | _pictures(request, form, period, names, rows))


def _pictures(
    request: HttpRequest, form: BoardForm, period: Period, names: board.Names, rows: list[contacts.KpiRow]
) -> dict[str, Any]:
    user, key, dimension = _user(request), form.cleaned_data["kpi"], form.cleaned_data["by"]
    measure, address = measure_of(key), _address(form, period)
    whole = _single(contacts.kpis(user=user, question=question(form, period, (key, "csat_ratio"))))
    before = None
    if period.before is not None:
        before = _single(contacts.kpis(user=user, question=question(form, period.before, (key,))))
    cell = whole.cells[key] if whole else None
    former = before.cells[key] if before else None
    grain = period.grain
    course = contacts.kpis(user=user, question=question(form, period, (key,), (grain,)))
    spread = None
    if key in _SPREAD:
        per_conversation = question(form, period, (_SPREAD[key],), ("conversation",))
        spread = board.distribution(measure, contacts.kpis(user=user, question=per_conversation), names)
    evidence = f"{reverse('conversations')}?{evidence_query(form, period)}"
    return {
        "whole": board.figure(measure, cell, href=evidence),
        "change": None if cell is None or former is None else _difference(cell.value, former.value),
        "former": board.figure(measure, former),
        "quality": board.figure(measure_of("csat_ratio"), whole.cells["csat_ratio"] if whole else None),
        "trend": board.trend(
            measure, course, grain, names, baseline=former.value if former else None, address=lambda *_: evidence
        ),
        "distribution": spread,
        "comparison": board.comparison(measure, rows, dimension, names, address=address),
    }


def _address(form: BoardForm, period: Period) -> Callable[[str, Any], str]:
    """Where a group's conversations are listed; hours and nobody have no list of their own."""

    def address(dimension: str, value: Any) -> str:
        if value is None or dimension not in ("agent", "team", "channel", "topic"):
            return ""
        return f"{reverse('conversations')}?{evidence_query(form, period, **{dimension: str(value)})}"

    return address


def _single(rows: list[contacts.KpiRow]) -> contacts.KpiRow | None:
    return rows[0] if rows else None


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before


def _user(request: HttpRequest) -> people.User:
    user = request.user
    assert isinstance(user, people.User)
    return user
