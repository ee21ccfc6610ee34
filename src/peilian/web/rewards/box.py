"""The suggestion box: putting one in, and seeing what became of it."""

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
from django.views.decorators.http import require_http_methods, require_POST

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people.api import Permission
from peilian.engine._kernel import InputError
from peilian.web.appraisal.doing import refuse, show
from peilian.web.rewards.wordings import SUBJECTS, SUGGESTION_STATES
from peilian.web.shell.access import sight_of, user_of

_MOST_LISTED = 200


class SuggestionForm(forms.Form):
    """One suggestion."""

    subject = forms.ChoiceField(label=gettext_lazy("About"), choices=list(SUBJECTS.items()))
    text = forms.CharField(
        label=gettext_lazy("What could be better, and how"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    is_anonymous = forms.BooleanField(
        label=gettext_lazy("Without my name"),
        required=False,
        help_text=gettext_lazy("Colleagues and leads do not see whose it is. You still see the answer."),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["text"].error_messages["required"] = _("This needs to be filled in.")


@require_http_methods(["GET", "HEAD", "POST"])
def suggestions(request: HttpRequest) -> HttpResponse:
    """The box: a form, and the suggestions that the reader sees."""
    user = user_of(request)
    sight = sight_of(request)
    sight.require(Permission.SEE_REWARDS)
    form = SuggestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            appraisal.suggest(actor=user, **form.cleaned_data)
        except InputError as error:
            show(form, error)
        else:
            messages.success(request, _("Thank you. You will be told what becomes of it."))
            return HttpResponseRedirect(reverse("suggestions"))
    chosen = request.GET.get("state", "")
    states = [chosen] if chosen in SUGGESTION_STATES else None
    handles = sight.may(Permission.HANDLE_SUGGESTIONS)
    rows = appraisal.suggestions(user=user, states=states)[:_MOST_LISTED]
    context = {
        "form": form,
        "rows": [_told(row, user, handles) for row in rows],
        "handles": handles,
        "state": chosen,
        "states": SUGGESTION_STATES,
    }
    return render(request, "rewards/suggestions.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what becomes of a suggestion."""
    user = user_of(request)
    row = appraisal.suggestion(user=user, pk=pk)
    try:
        appraisal.answer_suggestion(
            actor=user, suggestion=row, state=request.POST.get("state", ""), answer=request.POST.get("answer", "")
        )
    except InputError as error:
        refuse(request, error, most=1)
    else:
        messages.success(request, _("Kept, and the author has been told."))
    return HttpResponseRedirect(f"{reverse('suggestions')}#s-{pk}")


def _told(row: appraisal.Suggestion, user: Any, handles: bool) -> dict[str, Any]:
    is_over = row.state in (appraisal.SuggestionState.DONE, appraisal.SuggestionState.DECLINED)
    return {
        "row": row,
        "subject": SUBJECTS[row.subject],
        "state": SUGGESTION_STATES[row.state],
        "is_over": is_over,
        "author": appraisal.author_shown(row, user),
        "is_own": row.author_id == user.pk,
        "steps": [{"state": SUGGESTION_STATES[step.state], "step": step} for step in row.steps.all()],
        "may_answer": handles and row.author_id != user.pk and not is_over,
        "answers": [(key, text) for key, text in SUGGESTION_STATES.items() if key != "received"],
    }
