"""Proposing entries of the own handbook to all, what became of them, and how much a team turned into knowledge."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.learning.handbook import shown_proposal
from peilian.web.people.forms import UnitFilter
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

P = people.Permission


class ProposalForm(forms.Form):
    """An entry in words that are fit for all."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=learning.LONGEST_TITLE)
    text = forms.CharField(
        label=gettext_lazy("What everybody is to read"), max_length=2 * learning.LONGEST_ENTRY,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=gettext_lazy("When it helps, what to say or do, why it works. Leave out names, numbers and whatever "
                               "tells a customer."),
    )  # fmt: skip
    is_clean = forms.BooleanField(
        label=gettext_lazy("No customer and no colleague can be recognised in it."),
        error_messages={"required": gettext_lazy("Read it once more and tick this.")},
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name in ("title", "text"):
            self.fields[name].error_messages["required"] = _("This needs to be filled in.")


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Propose an entry, in words to be read by all."""
    user = user_of(request)
    row = learning.handbook_entry(user=user, pk=pk)
    before = learning.proposal_of(user=user, entry=row)
    faults: list[str] = []
    if request.method == "POST":
        form = ProposalForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                learning.propose_entry(actor=user, pk=pk, title=data["title"], text=data["text"])
            except InputError as error:
                faults = [say(one.reason, reading_language()) for one in error.faults]
            else:
                messages.success(request, _("Proposed. Those who publish look at it, and you hear what they decide."))
                return HttpResponseRedirect(reverse("handbook_proposals"))
    else:
        form = ProposalForm(initial=_first(row, before))
    context = {
        "form": form,
        "row": row,
        "faults": faults,
        "before": shown_proposal(before) if before is not None else None,
        "is_of_exam": row.kept_from == learning.KeptFrom.EXAM,
        "trail": [
            {"label": _("My handbook"), "href": reverse("handbook")},
            {"label": row.title, "href": reverse("handbook_entry", args=[pk])},
            {"label": _("Propose to all"), "href": ""},
        ],
    }
    return render(request, "learning/handbook_propose.html", context, status=422 if form.errors or faults else 200)


@require_safe
def proposals(request: HttpRequest) -> HttpResponse:
    """What the reader proposed, and what became of it."""
    user = user_of(request)
    page = page_of(learning.proposals_of(user=user), request)
    context = {
        "page": page,
        "rows": [shown_proposal(row) for row in page],
        "deposit": learning.deposit_of(user=user, employee=user.employee_id) if user.employee_id else None,
        "best_practice": learning.BEST_PRACTICE,
        "trail": [
            {"label": _("My handbook"), "href": reverse("handbook")},
            {"label": pgettext("handbook", "Proposals"), "href": ""},
        ],
    }
    return render(request, "learning/handbook_proposals.html", context)


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """How much the people of a team keep, write, propose and publish: counts alone."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.SEE_PEOPLE)
    sight.require(P.SEE_RECORD)
    form = UnitFilter(request.GET, sight=sight)
    unit = form.cleaned_data.get("unit") if form.is_valid() else None
    lines = learning.team_deposits(user=user, unit=unit)
    page = page_of(lines, request)
    context = {
        "form": form,
        "page": page,
        "rows": list(page),
        "n": len(lines),
        "n_active": sum(bool(one.kept or one.own_written) for one in lines),
        "n_published": sum(one.published for one in lines),
        "is_filtered": unit is not None,
        "trail": [
            {"label": _("Learning"), "href": reverse("team_learning")},
            {"label": _("Knowledge kept and shared"), "href": ""},
        ],
    }
    return render(request, "learning/handbook_team.html", context)


def _first(row: learning.HandbookEntry, before: learning.HandbookProposal | None) -> dict[str, str]:
    """What the form begins with: what was proposed before, else the entry with one's own words."""
    language = reading_language()
    if before is not None and learning.standing_of_proposal(before) is learning.Standing.RETURNED:
        body = before.draft.body
        title, text = body.get("title", {}), body.get("body", {})
        return {"title": title.get(language) or row.title, "text": text.get(language) or row.text}
    return {"title": row.title, "text": "\n\n".join(part for part in (row.text, row.note) if part)}
