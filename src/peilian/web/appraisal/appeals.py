"""Appeals: contesting lines of the own result, and deciding about those of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.appraisal.doing import refuse, show
from peilian.web.appraisal.supposed import changed, difference, field_of
from peilian.web.appraisal.told import ToldSheet
from peilian.web.appraisal.wordings import APPEAL_STATES
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language

_LONGEST = 2000
_FORM_METHODS = ["GET", "HEAD", "POST"]


class AppealForm(forms.Form):
    """For each line of the sheet, the words of who contests it; an empty field leaves the line alone."""

    def __init__(self, *arguments: Any, view: appraisal.SheetView, **options: Any) -> None:
        super().__init__(*arguments, **options)
        language = reading_language()
        told = {line.key: line for group in ToldSheet(view, language).groups for line in group.lines}
        # Who is shown totals only contests a line by its name.
        self.lines = [(line.key, line.label.in_language(language), told.get(line.key)) for line in view.card.lines]
        for key, label, _line in self.lines:
            self.fields[key] = forms.CharField(
                label=label, required=False, max_length=_LONGEST, widget=forms.Textarea(attrs={"rows": 2})
            )

    def rows(self) -> Iterator[tuple[str, Any, forms.BoundField]]:
        """Each line by its label, with what is shown of it, and its field."""
        return ((label, line, self[key]) for key, label, line in self.lines)

    def points(self) -> list[dict[str, str]]:
        """What is contested."""
        filled = ((key, self.cleaned_data[key].strip()) for key, _label, _line in self.lines)
        return [{"line": key, "text": text} for key, text in filled if text]


@dataclass(frozen=True, slots=True)
class ContestedLine:
    """A contested line with its fields in the form of the decision."""

    line: Any
    text: str
    accepted: forms.BoundField
    words: forms.BoundField
    values: tuple[tuple[str, str, forms.BoundField], ...]


class DecisionForm(forms.Form):
    """Line by line: accepted or not, what is put right, and a word; an answer to the whole."""

    answer = forms.CharField(
        label=gettext_lazy("Answer to the person"), max_length=_LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *arguments: Any, view: appraisal.SheetView, row: appraisal.Appeal, **options: Any) -> None:
        super().__init__(*arguments, **options)
        told = ToldSheet(view, reading_language())
        by_key = {line.key: line for group in told.groups for line in group.lines}
        inputs = {item["line"]: item["inputs"] for item in told.said["lines"]}
        self._contested = [(by_key[point["line"]], point["text"], inputs[point["line"]]) for point in row.points]
        self.fields["answer"].error_messages["required"] = _("This needs to be filled in.")
        choices = [("no", _("stays as it is")), ("yes", _("accepted"))]
        for line, _text, measured in self._contested:
            self.fields[f"accepted-{line.key}"] = forms.ChoiceField(
                label=_("Decision"), choices=choices, widget=forms.RadioSelect, initial="no"
            )
            self.fields[f"words-{line.key}"] = forms.CharField(label=_("Why"), required=False, max_length=500)
            for name, one in measured.items():
                self.fields[f"value-{line.key}-{name}"] = field_of(view.card.indicators.get(name), one)

    def rows(self) -> list[ContestedLine]:
        """Each contested line with its fields."""
        return [
            ContestedLine(
                line,
                text,
                self[f"accepted-{line.key}"],
                self[f"words-{line.key}"],
                tuple((name, one["label"], self[f"value-{line.key}-{name}"]) for name, one in measured.items()),
            )
            for line, text, measured in self._contested
        ]

    def decisions(self) -> list[dict[str, Any]]:
        """What was decided, as the app takes it: of an accepted line, every value that was changed."""
        found: list[dict[str, Any]] = []
        for line, _text, measured in self._contested:
            words = self.cleaned_data[f"words-{line.key}"]
            if self.cleaned_data[f"accepted-{line.key}"] != "yes":
                found.append({"line": line.key, "accepted": False, "text": words})
                continue
            for name in measured:
                field = f"value-{line.key}-{name}"
                try:
                    is_changed, value = changed(self.cleaned_data[field], self.fields[field].initial or "")
                except forms.ValidationError as error:
                    self.add_error(field, error)
                    continue
                if is_changed:
                    found.append({"line": line.key, "accepted": True, "indicator": name, "value": value, "text": words})
            if not self.errors and not any(one["line"] == line.key for one in found):
                self.add_error(None, _("%(line)s: accepted, but no value was changed.") % {"line": line.label})
        return found


@require_http_methods(_FORM_METHODS)
def new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Contest lines of the own result."""
    user = user_of(request)
    view = appraisal.sheet(user=user, appraisee=appraisal.appraisee(user=user, pk=pk))
    if not view.may.appeal or view.appraisal is None:
        raise NotVisibleError
    form = AppealForm(request.POST or None, view=view)
    if request.method == "POST" and form.is_valid():
        try:
            row = appraisal.appeal(actor=user, appraisal=view.appraisal, points=form.points())
        except InputError as error:
            show(form, error)
        else:
            messages.success(request, _("Your appeal is on its way. You will be told when it is decided."))
            return HttpResponseRedirect(reverse("appraisal_appeal", args=[row.pk]))
    context = {"form": form, "view": view, "trail": trail(view, _("Appeal"))}
    return render(request, "appraisal/appeal_new.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def appeals(request: HttpRequest) -> HttpResponse:
    """The appeals that the reader made, decides or sees; open ones first."""
    user = user_of(request)
    rows = sorted(appraisal.appeals_for(user=user), key=lambda row: row.state != appraisal.AppealState.OPEN)
    told = [{"row": row, "state": APPEAL_STATES[row.state], "n": len(row.points)} for row in rows]
    return render(request, "appraisal/appeals.html", {"rows": told})


@require_safe
def appeal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An appeal: what is contested, and the decision or the form for it."""
    return _page(request, pk)


@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decide an appeal, or only look at what the decision would change."""
    user = user_of(request)
    row = appraisal.appeal_of(user=user, pk=pk)
    if appraisal.can_decide(user=user, appeal=row) is not None:
        raise NotVisibleError
    form = DecisionForm(request.POST, view=_view(user, row), row=row)
    if not form.is_valid():
        return _page(request, pk, form)
    decisions = form.decisions()
    if form.errors:
        return _page(request, pk, form)
    try:
        if "preview" in request.POST:
            return _page(request, pk, form, _supposed(user, row, decisions))
        appraisal.decide_appeal(actor=user, appeal=row, decisions=decisions, answer=form.cleaned_data["answer"])
    except InputError as error:
        show(form, error)
        return _page(request, pk, form)
    messages.success(request, _("Decided. The person has been told."))
    return HttpResponseRedirect(reverse("appraisal_appeal", args=[pk]))


@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take the own appeal back."""
    user = user_of(request)
    try:
        appraisal.withdraw_appeal(actor=user, appeal=appraisal.appeal_of(user=user, pk=pk))
    except InputError as error:
        refuse(request, error, most=1)
    else:
        messages.success(request, _("Your appeal is withdrawn."))
    return HttpResponseRedirect(reverse("appraisal_appeal", args=[pk]))


def _page(
    request: HttpRequest, pk: UUID, bound: DecisionForm | None = None, supposed: dict[str, Any] | None = None
) -> HttpResponse:
    user, language = user_of(request), reading_language()
    row = appraisal.appeal_of(user=user, pk=pk)
    view = _view(user, row)
    is_open = row.state == appraisal.AppealState.OPEN
    why_not = appraisal.can_decide(user=user, appeal=row) if is_open else None
    form = bound
    if form is None and is_open and why_not is None:
        form = DecisionForm(view=view, row=row)
    labels = {line.key: line.label.in_language(language) for line in view.card.lines}
    context = {
        "row": row,
        "view": view,
        "state": APPEAL_STATES[row.state],
        "is_own": row.made_by_id == user.pk,
        "is_open": is_open,
        "why_not": say(why_not, language) if why_not is not None and row.made_by_id != user.pk else "",
        "form": form,
        "supposed": supposed,
        "points": [(labels.get(point["line"], point["line"]), point["text"]) for point in row.points],
        "decisions": [_decision(view, labels, one) for one in row.decisions],
        "trail": trail(view, _("Appeal")),
    }
    status = 422 if bound is not None and supposed is None else 200
    return render(request, "appraisal/appeal.html", context, status=status)


def _decision(view: appraisal.SheetView, labels: dict[str, str], one: dict[str, Any]) -> dict[str, Any]:
    measure = view.card.indicators.get(one.get("indicator", ""))
    return {
        "label": labels.get(one["line"], one["line"]),
        "is_accepted": one["is_accepted"],
        "what": measure.label.in_language(reading_language()) if measure is not None and one["is_accepted"] else "",
        "before": one.get("before"),
        "after": one.get("after"),
        "text": one.get("text", ""),
    }


def _supposed(user: Any, row: appraisal.Appeal, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    """The totals now and with the decision."""
    changes = {one["indicator"]: one["value"] for one in decisions if one["accepted"]}
    stored = appraisal.suppose(user=user, appeal=row, changes=changes) if changes else row.appraisal.result
    return difference(row.appraisal.result, stored)


def _view(user: Any, row: appraisal.Appeal) -> appraisal.SheetView:
    """The contested version of the sheet."""
    return appraisal.sheet(user=user, appraisee=row.appraisal.appraisee, version=row.appraisal.version)


def trail(view: appraisal.SheetView, last: str) -> list[dict[str, str]]:
    """The way to a page about a sheet."""
    person = f"{view.appraisee.employee.name} · {view.cycle.period}"
    return [
        {"label": _("Assess"), "href": reverse("assess")},
        {"label": person, "href": reverse("appraisal_sheet", args=[view.appraisee.pk])},
        {"label": last, "href": ""},
    ]
