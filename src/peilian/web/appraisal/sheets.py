"""The page of a sheet, what people write on it, and the list of the own ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people.api import Permission
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.appraisal.doing import show
from peilian.web.appraisal.told import ToldSheet
from peilian.web.appraisal.wordings import CAUSES, STATES, cycle_name
from peilian.web.shell import charts
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_change, format_score
from peilian.web.shell.languages import reading_language


class CommentForm(forms.Form):
    """Words on a sheet, or on one of its lines."""

    line = forms.ChoiceField(label=gettext_lazy("About"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Your words"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip

    def __init__(self, *arguments: Any, lines: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["line"].choices = [("", _("the whole month")), *lines]  # type: ignore[attr-defined]
        self.fields["text"].error_messages["required"] = _("This needs to be filled in.")


@require_safe
def sheet(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A sheet: the answer, how it came about, line by line with its evidence."""
    return _page(request, pk)


@require_POST
def comment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep what the person says of the own month, or the supervisor of somebody's."""
    user = user_of(request)
    view = appraisal.sheet(user=user, appraisee=appraisal.appraisee(user=user, pk=pk))
    form = CommentForm(request.POST, lines=_lines(view))
    if not form.is_valid():
        return _page(request, pk, form)
    write = appraisal.self_comment if view.may.self_comment else appraisal.remark
    try:
        write(actor=user, appraisee=view.appraisee, text=form.cleaned_data["text"], line=form.cleaned_data["line"])
    except InputError as error:
        show(form, error)
        return _page(request, pk, form)
    messages.success(request, _("Your words are kept."))
    return HttpResponseRedirect(f"{reverse('appraisal_sheet', args=[pk])}#remarks")


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The own results by month, and what is open."""
    user = user_of(request)
    rows = [_own_row(user, row) for row in appraisal.my_sheets(user=user)]
    trend = None
    if user.employee is not None:
        trend = _trend(appraisal.trend(user=user, employee=user.employee))
    return render(request, "appraisal/mine.html", {"rows": rows, "trend": trend})


def _page(request: HttpRequest, pk: UUID, bound: CommentForm | None = None) -> HttpResponse:
    user, language = user_of(request), reading_language()
    row = appraisal.appraisee(user=user, pk=pk)
    view = appraisal.sheet(user=user, appraisee=row, version=_version(request))
    told = ToldSheet(view, language, may_open_business=sight_of(request).may(Permission.IMPORT))
    is_own = user.employee_id == row.employee_id
    form = bound
    if form is None and (view.may.self_comment or view.may.rate):
        form = CommentForm(lines=_lines(view))
    is_newest = not view.versions or view.version in (None, view.versions[-1].version)
    names = dict(_lines(view))
    context = {
        "view": view,
        "told": told,
        "row": row,
        "cycle": view.cycle,
        "state": STATES[view.cycle.state],
        "is_own": is_own,
        "trail": _trail(view, is_own),
        "chart": told.chart() if view.stored else None,
        "before": _before(user, view) if view.stored else "",
        "notes": [say(note, language) for note in view.notes],
        "missing": [(one.label.in_language(language), "、".join(one.from_whom)) for one in view.missing],
        "versions": [_version_row(one, language) for one in reversed(view.versions)] if len(view.versions) > 1 else [],
        "remarks": [(one, names.get(one.line, "")) for one in view.remarks],
        "form": form,
        "place": appraisal.own_place(user=user, cycle=view.cycle) if is_own and is_newest else None,
    }
    return render(request, "appraisal/sheet.html", context, status=422 if bound is not None else 200)


def _version(request: HttpRequest) -> int | None:
    given = request.GET.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else None


def _lines(view: appraisal.SheetView) -> list[tuple[str, str]]:
    language = reading_language()
    return [(line.key, line.label.in_language(language)) for line in view.card.lines]


def _trail(view: appraisal.SheetView, is_own: bool) -> list[dict[str, str]]:
    trail = [{"label": _("Assess"), "href": reverse("assess")}]
    if is_own:
        trail.append({"label": _("My results"), "href": reverse("my_appraisals")})
    else:
        trail.append({"label": cycle_name(view.cycle), "href": _cycle_address(view)})
    return [*trail, {"label": view.cycle.period if is_own else view.appraisee.employee.name, "href": ""}]


def _cycle_address(view: appraisal.SheetView) -> str:
    from django.urls import NoReverseMatch

    try:
        return reverse("appraisal_cycle", args=[view.cycle.pk])
    except NoReverseMatch:
        return ""


def _before(user: Any, view: appraisal.SheetView) -> str:
    """How the result compares with the person's result before; empty without one."""
    now = view.in_language("zh")["normalised"]
    earlier = [
        (cycle, normalised)
        for cycle, normalised, _grade in appraisal.trend(user=user, employee=view.appraisee.employee)
        if cycle.ends_on < view.cycle.starts_on and normalised is not None
    ]
    if now is None or not earlier:
        return ""
    cycle, normalised = max(earlier, key=lambda one: one[0].starts_on)
    told = {
        "period": cycle.period,
        "points": format_score(normalised),
        "change": format_change(type(normalised)(str(now)) - normalised, "score", reading_language()),
    }
    return _("%(period)s: %(points)s, change %(change)s.") % told


def _version_row(one: appraisal.VersionView, language: Any) -> dict[str, Any]:
    row = one.appraisal
    return {
        "number": one.version,
        "at": row.made_at,
        "by": row.made_by.name if row.made_by else "",
        "cause": CAUSES.get(row.cause, row.cause),
        "note": row.note,
        "raw": Figure(row.raw, "score"),
        "changes": [
            {
                "label": change.label.in_language(language),
                "before": Figure(change.before, "score"),
                "after": Figure(change.after, "score"),
            }
            for change in one.changes
        ],
    }


def _own_row(user: Any, row: appraisal.Appraisee) -> dict[str, Any]:
    view = appraisal.sheet(user=user, appraisee=row)
    told = ToldSheet(view, reading_language())
    is_read = view.appraisal is not None and row.cycle.is_public
    until = appraisal.appeal_ends_at(appraisal=view.appraisal) if is_read and view.appraisal is not None else None
    return {"row": row, "view": view, "told": told, "state": STATES[row.cycle.state], "until": until}


def _trend(results: list[tuple[appraisal.Cycle, Any, str]]) -> charts.Chart | None:
    points = [charts.Point(cycle.period, normalised) for cycle, normalised, _grade in sorted(results, key=_starts)]
    if len(points) < 2:
        return None
    title = _("Results by month, of 100")
    return charts.trend("results", title, [charts.Series(title, points)], unit="score", language=reading_language())


def _starts(result: tuple[appraisal.Cycle, Any, str]) -> Any:
    return result[0].starts_on
