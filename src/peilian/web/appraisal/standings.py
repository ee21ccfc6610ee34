"""The ranking of a cycle: places, results before, how results spread."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from statistics import median
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.engine._kernel import Text
from peilian.web.appraisal.wordings import cycle_name
from peilian.web.people.forms import name_in
from peilian.web.shell import charts
from peilian.web.shell.access import user_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.tables import Cell, Column, Row, Table

_STEP = 5  # points of a column of the picture
_FEWEST = 5  # results below which a picture of their spread says nothing


@require_safe
def ranking(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who stands where, among those whom the reader reaches."""
    user, language = user_of(request), reading_language()
    cycle = appraisal.cycle(user=user, pk=pk)
    rows = appraisal.ranking(user=user, cycle=cycle)
    earlier = {row.appraisee.pk: row.earlier for row in appraisal.basis(user=user, cycle=cycle)}
    page = page_of(rows, request)
    seen = set(appraisal.appraisees(user=user, cycle=cycle).values_list("pk", flat=True))
    names = {item["key"]: Text(item["label"].get("zh"), item["label"].get("en")) for item in cycle.grades}
    columns = (
        Column(_("Place"), is_number=True),
        Column(_("Person")),
        Column(_("Team")),
        Column(_("Of 100"), is_number=True),
        Column(_("Points"), is_number=True),
        Column(_("Grade")),
        Column(_("Place in the team"), is_number=True),
        Column(_("Months before"), is_optional=True),
    )
    table = Table(
        key="ranking",
        caption=_("Ranking"),
        columns=columns,
        is_caption_hidden=True,
        rows=tuple(
            Row(
                (
                    Cell("–" if row.rank is None else str(row.rank)),
                    Cell(row.appraisee.employee.name, _sheet(row, seen)),
                    Cell(name_in(row.appraisee.unit.name)),
                    Cell(figure=Figure(row.normalised, "score")),
                    Cell(figure=Figure(row.raw, "score")),
                    Cell(names[row.grade].in_language(language) if row.grade in names else ""),
                    Cell("–" if row.team_rank is None else f"{row.team_rank} / {row.team_size}"),
                    Cell(_said(earlier.get(row.appraisee.pk, ()))),
                )
            )
            for row in page
        ),
    )
    trail = [
        {"label": _("Assess"), "href": reverse("assess")},
        {"label": cycle_name(cycle), "href": reverse("appraisal_cycle", args=[cycle.pk])},
        {"label": _("Ranking"), "href": ""},
    ]
    context = {
        "cycle": cycle,
        "page": page,
        "table": table,
        "trail": trail,
        "chart": spread([row.normalised for row in rows]),
    }
    return render(request, "appraisal/ranking.html", context)


def _sheet(row: appraisal.RankRow, seen: set[UUID]) -> str:
    return reverse("appraisal_sheet", args=[row.appraisee.pk]) if row.appraisee.pk in seen else ""


def _said(earlier: tuple[appraisal.Earlier, ...]) -> str:
    parts = [f"{one.period} {one.normalised:.1f}" for one in earlier[:3] if one.normalised is not None]
    return " · ".join(parts)


def spread(results: Iterable[Decimal | None]) -> charts.Chart | None:
    """How totals on the scale of 100 spread; nothing for few of them."""
    values = [float(result) for result in results if result is not None]
    if len(values) < _FEWEST:
        return None
    low = int(min(values) // _STEP) * _STEP
    edges = list(range(low, int(max(values) // _STEP) * _STEP + _STEP + 1, _STEP))
    counts = [sum(edge <= value < edge + _STEP for value in values) for edge in edges[:-1]]
    return charts.histogram(
        "spread",
        _("How results spread"),
        edges,
        counts,
        unit="score",
        language=reading_language(),
        median=median(values),
    )
