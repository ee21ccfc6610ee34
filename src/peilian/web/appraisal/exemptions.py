"""Exemptions: who is not appraised, or not on some indicators, from when to when and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
from peilian.engine._kernel import Language
from peilian.flows import appraising
from peilian.web.appraisal.doing import done
from peilian.web.people.forms import DayField, DirectoryForm, PersonChoice, suggestions
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

P = people.Permission


class ExemptForm(DirectoryForm):
    """Who, from when to when, on what, and why."""

    employee = PersonChoice(label=gettext_lazy("Person"))
    starts_on = DayField(label=gettext_lazy("From"))
    ends_on = DayField(label=gettext_lazy("to, included"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)
    indicators = forms.MultipleChoiceField(
        label=gettext_lazy("Only on these indicators"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Without a choice the person is not appraised at all."),
    )

    def __init__(self, *arguments: Any, names: dict[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        indicators: Any = self.fields["indicators"]
        indicators.choices = list(names.items())


@require_http_methods(["GET", "HEAD", "POST"])
def exemptions(request: HttpRequest) -> HttpResponse:
    """Every exemption of people that the reader answers for, and a form for the next."""
    user, sight = user_of(request), sight_of(request)
    if not any(map(sight.may, (P.RUN_APPRAISALS, P.RATE_APPRAISALS, P.SEE_APPRAISAL_TOTALS))):
        raise people.NotVisibleError
    may_exempt = sight.may(P.RUN_APPRAISALS)
    names = _indicators(user, reading_language()) if may_exempt else {}
    recently = sight.day - timedelta(days=92)  # who left or moved lately may still be in a cycle
    reached = sight.employees_between(P.RUN_APPRAISALS, recently, sight.day).exclude(left_on__lte=recently)
    form = ExemptForm(request.POST or None, names=names) if may_exempt else None
    if request.method == "POST":
        if form is None:
            raise people.NotVisibleError
        if _saved(request, user, form):
            return HttpResponseRedirect(reverse("appraisal_exemptions"))
    rows = appraisal.exemptions(user=user)
    page = page_of(rows, request)
    found: list[appraisal.Exemption] = list(page)
    lines = [{"row": row, "on": [names.get(name, name) for name in row.indicators]} for row in found]
    context = {
        "page": page,
        "lines": lines,
        "form": form,
        "people_names": suggestions(reached.order_by("number")[:500]) if may_exempt else [],
        "trail": [
            {"label": _("Assess"), "href": reverse("assess")},
            {"label": _("Cycles"), "href": reverse("appraisal_cycles")},
            {"label": _("Exemptions"), "href": ""},
        ],
    }
    return render(request, "appraisal/exemptions.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one back."""
    user = user_of(request)
    row = appraisal.exemptions(user=user).filter(pk=pk).first()
    if row is None:
        raise people.NotVisibleError
    done(request, lambda: appraisal.end_exemption(actor=user, exemption=row), _("Taken back; it stays on record."))
    return HttpResponseRedirect(reverse("appraisal_exemptions"))


def _saved(request: HttpRequest, user: people.User, form: ExemptForm) -> bool:
    def save() -> None:
        data = form.cleaned_data
        appraisal.exempt(
            actor=user,
            employee=data["employee"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            reason=data["reason"],
            indicators=data["indicators"],
        )

    try:
        return form.saved(save)
    except people.NotVisibleError:
        form.add_error("employee", _("The appraisal of this person is not yours to run."))
        return False


def _indicators(user: people.User, language: Language) -> dict[str, str]:
    """The indicators of the rules in use."""
    found: dict[str, str] = {}
    for template in appraisal.templates(user=user).filter(retired_at=None):
        version = max(template.versions.all(), key=lambda one: one.number)
        card = appraising.card_of(version.body, version.chosen)
        for name in appraising.needed(card):
            found.setdefault(name, card.indicators[name].label.in_language(language))
    return found
