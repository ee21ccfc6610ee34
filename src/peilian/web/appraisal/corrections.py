"""Putting right a published result that is wrong although nobody appealed, as a new version that says why."""

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
from django.views.decorators.http import require_http_methods

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import InputError
from peilian.web.appraisal.appeals import trail
from peilian.web.appraisal.doing import show
from peilian.web.appraisal.supposed import changed, difference, field_of
from peilian.web.appraisal.told import ToldSheet
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language


class CorrectionForm(forms.Form):
    """Every value behind the lines of a sheet as it is, to be changed where it is wrong; and why."""

    note = forms.CharField(
        label=gettext_lazy("What was wrong"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The person reads this beside the new version."),
    )

    def __init__(self, *arguments: Any, view: appraisal.SheetView, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["note"].error_messages["required"] = _("This needs to be filled in.")
        told = ToldSheet(view, reading_language())
        inputs = {item["line"]: item["inputs"] for item in told.said["lines"]}
        self.changes: dict[str, str | None] = {}
        # A value that two lines use stands once, at the first.
        self._of_line: list[tuple[Any, list[str]]] = []
        for line in (line for group in told.groups for line in group.lines):
            names = [name for name in inputs[line.key] if name not in self.fields]
            for name in names:
                self.fields[name] = field_of(view.card.indicators.get(name), inputs[line.key][name])
            if names:
                self._of_line.append((line, names))

    def rows(self) -> list[tuple[Any, list[forms.BoundField], bool]]:
        """Each line with its fields, and whether something in it differs."""
        return [
            (line, [self[name] for name in names], any(name in self.changes or name in self.errors for name in names))
            for line, names in self._of_line
        ]

    def clean(self) -> dict[str, Any]:
        """Find out what differs from the result."""
        for name in (name for _line, names in self._of_line for name in names):
            try:
                is_changed, value = changed(self.cleaned_data.get(name, ""), self.fields[name].initial or "")
            except forms.ValidationError as error:
                self.add_error(name, error)
                continue
            if is_changed:
                self.changes[name] = value
        return self.cleaned_data


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change values of a published result, or only look at what that would change."""
    user = user_of(request)
    view = appraisal.sheet(user=user, appraisee=appraisal.appraisee(user=user, pk=pk))
    result = view.appraisal
    if not view.may.correct or result is None:
        raise NotVisibleError
    form = CorrectionForm(request.POST or None, view=view)
    supposed = None
    if request.method == "POST" and form.is_valid():
        try:
            if "preview" in request.POST:
                stored = appraisal.suppose_correction(user=user, appraisal=result, changes=form.changes)
                supposed = difference(result.result, stored)
            else:
                appraisal.correct(actor=user, appraisal=result, changes=form.changes, note=form.cleaned_data["note"])
        except InputError as error:
            show(form, error)
        except NotVisibleError:
            form.add_error(None, _("You had a part in one of these values, so somebody else has to correct it."))
        else:
            if supposed is None:
                messages.success(request, _("Corrected. The person has been told."))
                return HttpResponseRedirect(reverse("appraisal_sheet", args=[pk]))
    context = {"form": form, "view": view, "supposed": supposed, "trail": trail(view, _("Correct"))}
    status = 422 if request.method == "POST" and supposed is None else 200
    return render(request, "appraisal/correct.html", context, status=status)
