"""Rules of rewards: adding one, changing it, and seeing whom it would reward before it is kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people.api import NotVisibleError, Permission
from peilian.apps.record.api import competency_model
from peilian.engine._kernel import InputError
from peilian.flows.rewarding import NAMES, check_condition
from peilian.web.appraisal.doing import show
from peilian.web.appraisal.wordings import period_name
from peilian.web.rewards.awards import known_in_words, trail
from peilian.web.rewards.wordings import KINDS
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language

_MOST_SHOWN = 50


class RuleForm(forms.Form):
    """A rule from results to a reward."""

    key = forms.SlugField(
        label=gettext_lazy("Key"), max_length=60, help_text=gettext_lazy("Short, such as star-of-month.")
    )
    title_zh = forms.CharField(label=gettext_lazy("Called, in Chinese"), required=False, max_length=100)
    title_en = forms.CharField(label=gettext_lazy("Called, in English"), required=False, max_length=100)
    when = forms.CharField(
        label=pgettext_lazy("rule", "When"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    kind = forms.ChoiceField(label=gettext_lazy("Gives"), choices=list(KINDS.items()))
    points = forms.DecimalField(
        label=pgettext_lazy("reward", "Points"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=9,
        decimal_places=2,
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount in yuan"), required=False, min_value=Decimal("0.01"), max_digits=9, decimal_places=2,
        help_text=gettext_lazy("Empty: the amount is decided elsewhere."),
    )  # fmt: skip
    competency = forms.ChoiceField(label=gettext_lazy("Ability to re-train"), required=False)
    is_on = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        language = reading_language()
        abilities = [(key, one.name.in_language(language)) for key, one in competency_model().competencies.items()]
        self.fields["competency"].choices = [("", "–"), *abilities]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages["required"] = _("This needs to be filled in.")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str = "") -> HttpResponse:
    """Add or change a rule; with ``preview`` only show whom it would reward."""
    user, language = user_of(request), reading_language()
    if not sight_of(request).reaches_company(Permission.MANAGE_REWARDS):
        raise NotVisibleError
    former = next((rule for rule in appraisal.reward_rules(user=user) if rule.key == key), None)
    if key and former is None:
        raise NotVisibleError
    form = RuleForm(request.POST) if request.method == "POST" else RuleForm(initial=_initial(former))
    if former is not None:
        form.fields["key"].widget.attrs["readonly"] = True
    shown: list[dict[str, str]] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            check_condition(form.cleaned_data["when"])
            if "preview" in request.POST:
                shown = _preview(user, form.cleaned_data["when"], language)
            else:
                _keep(user, form.cleaned_data, former)
        except InputError as error:
            show(form, error)
        if shown is None and not form.errors:
            is_on = form.cleaned_data["is_on"]
            said = _("The rule is kept. It counts from now on; what was proposed before stays.")
            off = _("The rule is kept, but it is not switched on: it proposes nothing until it is.")
            messages.success(request, said if is_on else off)
            return HttpResponseRedirect(reverse("rewards"))
    context = {
        "form": form,
        "former": former,
        "names": [(name, text.in_language(language)) for name, text in NAMES.items()],
        "shown": shown,
        "trail": trail(_("Rule")),
    }
    status = 422 if request.method == "POST" and shown is None else 200
    return render(request, "rewards/rule.html", context, status=status)


def _initial(former: appraisal.RewardRule | None) -> dict[str, Any]:
    if former is None:
        return {}
    return {
        "key": former.key,
        "title_zh": former.title.get("zh", ""),
        "title_en": former.title.get("en", ""),
        "when": former.when,
        "kind": former.kind,
        "points": former.points,
        "amount": former.amount,
        "competency": former.competency,
        "is_on": former.is_on,
    }


def _keep(user: Any, data: dict[str, Any], former: appraisal.RewardRule | None) -> None:
    appraisal.set_rule(
        actor=user,
        key=data["key"] if former is None else former.key,
        is_new=former is None,
        title={"zh": data["title_zh"], "en": data["title_en"]},
        when=data["when"],
        kind=data["kind"],
        points=data["points"],
        amount=data["amount"],
        competency=data["competency"],
        is_on=data["is_on"],
    )


def _preview(user: Any, when: str, language: Any) -> list[dict[str, str]]:
    """Whom the condition would reward in the newest published month."""
    cycle = next((one for one in appraisal.cycles(user=user) if one.is_public), None)
    if cycle is None:
        return []
    used = check_condition(when)
    return [
        {
            "name": row.appraisee.employee.name,
            "period": period_name(cycle, language),
            "known": known_in_words({name: _text(values.get(name)) for name in used}, language),
        }
        for row, values in appraisal.preview_rule(user=user, when=when, cycle=cycle)[:_MOST_SHOWN]
    ]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
