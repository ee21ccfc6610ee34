"""Awards: the own ones, the honour board, proposals to decide, and giving one by hand."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.rewarding import NAMES
from peilian.web.appraisal.doing import refuse, show
from peilian.web.appraisal.wordings import period_name
from peilian.web.people.forms import name_in
from peilian.web.rewards.wordings import AWARD_STATES, KINDS, SIDES
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_score
from peilian.web.shell.languages import reading_language

P = people.Permission
_MOST_LISTED = 200


class GiveForm(forms.Form):
    """A reward by hand."""

    person = forms.ChoiceField(label=gettext_lazy("Person"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[(key, KINDS[key]) for key in ("recognition", "points", "promotion")],
    )
    title = forms.CharField(label=gettext_lazy("Called"), max_length=100)
    points = forms.DecimalField(
        label=pgettext_lazy("reward", "Points"), required=False,
        min_value=Decimal("0.01"), max_digits=9, decimal_places=2,
        help_text=gettext_lazy("Only for the kind “points”."),
    )  # fmt: skip
    why = forms.CharField(label=gettext_lazy("What for"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    # The same for a form that is sent twice.
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, listed: list[people.Employee], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["person"].choices = [(str(one.pk), f"{one.name} {one.number}") for one in listed]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages["required"] = _("This needs to be filled in.")


@require_safe
def rewards(request: HttpRequest) -> HttpResponse:
    """What the reader has, who is honoured, and what waits for a decision."""
    user, language = user_of(request), reading_language()
    sight = sight_of(request)
    sight.require(P.SEE_REWARDS)
    manages = sight.may(P.MANAGE_REWARDS)
    own = appraisal.balance(user=user)
    rows: list[appraisal.Award] = []
    if manages:
        found = appraisal.awards_of(user=user, states=list(AWARD_STATES))
        rows = [row for row in found[:_MOST_LISTED] if row.employee_id != user.employee_id]
    told = [told_award(row, language) | {"may_approve": row.proposed_by_id != user.pk} for row in rows]
    public = [
        (str(cycle.pk), f"{name_in(cycle.unit.name)} · {period_name(cycle, language)}")
        for cycle in appraisal.cycles(user=user)
        if cycle.is_public
    ]
    context = {
        "points": Figure(own.points, "score"),
        "own": [told_award(row, language) for row in own.awards],
        "board": [
            (month, [(one.award, _month_of(one.award, language)) for one in honours])
            for month, honours in appraisal.honour_board(user=user)
        ],
        "has_place": user.employee_id is not None,
        "is_on_board": appraisal.is_on_board(user=user),
        "manages": manages,
        "makes_rules": sight.reaches_company(P.MANAGE_REWARDS),
        "waiting": [one for one in told if one["state_key"] == "proposed"],
        "decided": [one for one in told if one["state_key"] != "proposed"],
        "rules": [_rule(rule, language) for rule in appraisal.reward_rules(user=user)] if manages else [],
        "cycles": public,
    }
    return render(request, "rewards/rewards.html", context)


@require_POST
def choose_board(request: HttpRequest) -> HttpResponse:
    """Stand on the honour board, or not."""
    is_shown = request.POST.get("show") == "on"
    appraisal.choose_board(actor=user_of(request), is_shown=is_shown)
    said = _("You may stand on the honour board again.") if is_shown else _("You no longer stand on the honour board.")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("rewards"))


@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest) -> HttpResponse:
    """Propose a reward by hand; somebody else decides."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.MANAGE_REWARDS)
    listed = [
        one for one in sight.employees(P.MANAGE_REWARDS).exclude(left_on__lte=sight.day) if one.pk != user.employee_id
    ]
    form = GiveForm(request.POST or None, listed=listed, initial={"once": uuid4()})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            appraisal.give(
                actor=user,
                employee=next(one for one in listed if str(one.pk) == data["person"]),
                kind=data["kind"],
                title={reading_language(): data["title"]},
                why=data["why"],
                points=data["points"],
                source=("hand", f"{user.pk}:{data['once']}") if data["once"] else None,
            )
        except InputError as error:
            show(form, error)
        else:
            messages.success(request, _("Proposed. Somebody else has to approve it."))
            return HttpResponseRedirect(reverse("rewards"))
    context = {"form": form, "trail": trail(_("Give a reward"))}
    return render(request, "rewards/give.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Let the rules that are on propose for a published month."""
    user = user_of(request)
    cycle = appraisal.cycle(user=user, pk=request.POST.get("cycle", ""))
    try:
        found = appraisal.propose(actor=user, cycle=cycle)
    except InputError as error:
        refuse(request, error, most=1)
    else:
        said = ngettext("%(n)d new proposal.", "%(n)d new proposals.", len(found)) % {"n": len(found)}
        messages.success(request, said if found else _("The rules propose nothing new for this month."))
    return HttpResponseRedirect(reverse("rewards"))


@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Approve, decline or revoke."""
    user = user_of(request)
    row = appraisal.award(user=user, pk=pk)
    try:
        state = request.POST.get("state", "")
        appraisal.decide_award(actor=user, award=row, state=state, note=request.POST.get("note", ""))
    except InputError as error:
        refuse(request, error, most=1)
    else:
        messages.success(request, _("Kept."))
    return HttpResponseRedirect(f"{reverse('rewards')}#proposals")


def told_award(row: appraisal.Award, language: Any) -> dict[str, Any]:
    """An award of ``awards_of`` in words, with what was known when a rule proposed it."""
    state = str(getattr(row, "last", None) or appraisal.AwardState.PROPOSED)
    return {
        "row": row,
        "title": row.name.in_language(language),
        "kind": KINDS[row.kind],
        "side": SIDES[row.side],
        "points": None if row.points is None else Figure(row.points, "score"),
        "amount": None if row.amount is None else Figure(row.amount, "money"),
        "state": AWARD_STATES[state],
        "state_key": state,
        "why": row.why or known_in_words(row.known, language),
        "period": "" if row.cycle is None else period_name(row.cycle, language),
    }


def known_in_words(known: Mapping[str, str | None], language: Any) -> str:
    """What a rule looked at: ``本月得分 92.1、组内名次 1``."""
    parts = [
        f"{NAMES[name].in_language(language)} {'–' if value is None else format_score(Decimal(value))}"
        for name, value in known.items()
        if name in NAMES
    ]
    return ("、" if language == "zh" else ", ").join(parts)


def trail(last: str) -> list[dict[str, str]]:
    """The way back to rewards."""
    return [
        {"label": _("Assess"), "href": reverse("assess")},
        {"label": _("Rewards"), "href": reverse("rewards")},
        {"label": last, "href": ""},
    ]


def _month_of(award: appraisal.Award, language: Any) -> str:
    """The month that an award is for; empty for one given by hand."""
    return "" if award.cycle is None else period_name(award.cycle, language)


def _rule(rule: appraisal.RewardRule, language: Any) -> dict[str, Any]:
    return {"row": rule, "title": rule.name.in_language(language), "kind": KINDS[rule.kind]}
