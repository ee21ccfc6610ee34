"""Talks about a result: recording one with its plan, reading and answering the own one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_POST

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import today_in_company
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record.api import competency_model
from peilian.engine._kernel import InputError
from peilian.web.appraisal.doing import refuse, show
from peilian.web.people.forms import DayField
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language

_STEPS = 4


class TalkForm(forms.Form):
    """What was said, and up to four steps of a plan."""

    held_on = DayField(label=gettext_lazy("Held on"))
    strengths = forms.CharField(
        label=gettext_lazy("What is done well"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    to_improve = forms.CharField(
        label=gettext_lazy("What to improve"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        language = reading_language()
        trained = [(key, one.name.in_language(language)) for key, one in competency_model().competencies.items()]
        for n in range(1, _STEPS + 1):
            self.fields[f"goal-{n}"] = forms.CharField(label=_("Goal"), required=False, max_length=500)
            self.fields[f"competency-{n}"] = forms.ChoiceField(
                label=_("Ability it builds"), required=False, choices=[("", "–"), *trained]
            )
            self.fields[f"due-{n}"] = DayField(label=pgettext("deadline", "Until"), required=False)
        for field in self.fields.values():
            field.error_messages["required"] = _("This needs to be filled in.")

    def clean(self) -> dict[str, Any]:
        """A step that names an ability or a day needs a goal, or it would be lost."""
        data: dict[str, Any] = super().clean() or {}
        for n in range(1, _STEPS + 1):
            says_more = data.get(f"competency-{n}") or data.get(f"due-{n}")
            if says_more and f"goal-{n}" in data and not data[f"goal-{n}"].strip():
                self.add_error(f"goal-{n}", _("This needs to be filled in."))
        return data

    def steps(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """The fields of the plan, a step a row."""
        return [(self[f"goal-{n}"], self[f"competency-{n}"], self[f"due-{n}"]) for n in range(1, _STEPS + 1)]

    def items(self) -> list[dict[str, Any]]:
        """The steps that say something."""
        data = self.cleaned_data
        return [
            {"goal": data[f"goal-{n}"], "competency": data[f"competency-{n}"], "due_on": data[f"due-{n}"]}
            for n in range(1, _STEPS + 1)
            if data[f"goal-{n}"].strip()
        ]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Record a talk about somebody's result."""
    user = user_of(request)
    view = appraisal.sheet(user=user, appraisee=appraisal.appraisee(user=user, pk=pk))
    if not view.may.talk or view.appraisal is None:
        raise NotVisibleError
    form = TalkForm(request.POST) if request.method == "POST" else TalkForm(initial={"held_on": today_in_company()})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            appraisal.hold_talk(
                actor=user,
                appraisal=view.appraisal,
                held_on=data["held_on"],
                strengths=data["strengths"],
                to_improve=data["to_improve"],
                items=form.items(),
            )
        except InputError as error:
            show(form, error)
        else:
            messages.success(request, _("The talk is recorded. The person is asked to read and answer it."))
            return HttpResponseRedirect(f"{reverse('appraisal_sheet', args=[pk])}#talks")
    trail = [
        {"label": _("Assess"), "href": reverse("assess")},
        {
            "label": f"{view.appraisee.employee.name} · {view.cycle.period}",
            "href": reverse("appraisal_sheet", args=[pk]),
        },
        {"label": _("Talk"), "href": ""},
    ]
    context = {"form": form, "view": view, "trail": trail}
    return render(request, "appraisal/talk_new.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that the own talk was read, with a word if wished."""
    user = user_of(request)
    row = get_object_or_404(appraisal.talks_of(user=user), pk=pk)
    try:
        appraisal.answer_talk(actor=user, talk=row, text=request.POST.get("text", ""))
    except InputError as error:
        refuse(request, error, most=1)
    else:
        messages.success(request, _("Noted that you have read it."))
    return HttpResponseRedirect(f"{reverse('appraisal_sheet', args=[row.appraisal.appraisee_id])}#talks")


@require_POST
def finish(request: HttpRequest, pk: UUID, item: UUID) -> HttpResponse:
    """Tick a step of the plan off."""
    user = user_of(request)
    row = get_object_or_404(appraisal.talks_of(user=user), pk=pk)
    step = get_object_or_404(row.items, pk=item)
    appraisal.finish_item(actor=user, item=step)
    messages.success(request, _("Done: %(goal)s") % {"goal": step.goal})
    return HttpResponseRedirect(f"{reverse('appraisal_sheet', args=[row.appraisal.appraisee_id])}#talks")
