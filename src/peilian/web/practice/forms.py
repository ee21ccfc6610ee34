"""Forms of practice: filters, the start of a drill, a supervisor's rating."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from peilian.apps.people import api as people
from peilian.apps.practice import api as practice
from peilian.engine._kernel import Language
from peilian.web.people.forms import UnitChoice, with_parents
from peilian.web.practice.wordings import DIFFICULTIES, LANGUAGES, MODES, industry_name

P = people.Permission


class CatalogueFilter(forms.Form):
    """Which drills."""

    industry = forms.ChoiceField(label=gettext_lazy("Industry"), required=False)
    difficulty = forms.ChoiceField(
        label=gettext_lazy("Difficulty"),
        required=False,
        choices=[("", gettext_lazy("All difficulties")), *((str(key), word) for key, word in DIFFICULTIES.items())],
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("All languages")), *LANGUAGES.items()],
    )

    def __init__(self, *arguments: Any, entries: Iterable[practice.ScenarioEntry], **options: Any) -> None:
        super().__init__(*arguments, **options)
        known = sorted({entry.industry for entry in entries})
        self.fields["industry"].choices = [  # type: ignore[attr-defined]
            ("", _("All industries")),
            *((key, industry_name(key)) for key in known),
        ]

    def kept(self, entries: Sequence[practice.ScenarioEntry]) -> list[practice.ScenarioEntry]:
        """The entries that the filters leave."""
        self.is_valid()
        chosen = getattr(self, "cleaned_data", {})
        industry, difficulty, language = (chosen.get(name) for name in ("industry", "difficulty", "language"))
        return [
            entry
            for entry in entries
            if (not industry or entry.industry == industry)
            and (not difficulty or str(entry.difficulty) == difficulty)
            and (not language or language in entry.languages)
        ]


class StartForm(forms.Form):
    """How a drill is to be played."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), widget=forms.RadioSelect)
    mode = forms.ChoiceField(label=gettext_lazy("Difficulty"), widget=forms.RadioSelect)
    shows_script = forms.BooleanField(
        label=gettext_lazy("Show what a good answer contains"),
        required=False,
        help_text=gettext_lazy(
            "The elements stand beside the chat and are ticked off. Good for learning; it does not count."
        ),
    )
    consent = forms.BooleanField(
        label=gettext_lazy("I have read this and want to begin."),
        required=False,
    )
    assignment = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *arguments: Any, languages: Sequence[Language], is_assigned: bool, is_abuse: bool, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.is_abuse = is_abuse
        self.fields["language"].choices = [(key, LANGUAGES[key]) for key in languages]  # type: ignore[attr-defined]
        modes = [(key, word) for key, word in MODES.items() if not (is_assigned and key == "easy")]
        self.fields["mode"].choices = modes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Before an abusive customer, somebody has to agree."""
        data: dict[str, Any] = super().clean() or {}
        if self.is_abuse and not data.get("consent"):
            self.add_error("consent", _("Please tick this first, or choose another drill; both are fine."))
        return data


class RunFilter(forms.Form):
    """Whose drills, of which scenario, how they went."""

    q = forms.CharField(label=gettext_lazy("Name or number"), required=False, max_length=100)
    unit = UnitChoice(
        queryset=people.Unit.objects.none(), label=gettext_lazy("Team"), required=False,
        empty_label=gettext_lazy("All teams"),
    )  # fmt: skip
    scenario = forms.ChoiceField(label=gettext_lazy("Drill"), required=False)
    how = forms.ChoiceField(
        label=gettext_lazy("Result"),
        required=False,
        choices=[
            ("", gettext_lazy("All results")),
            ("passed", gettext_lazy("passed")),
            ("failed", gettext_lazy("not passed")),
            ("stopped", gettext_lazy("stopped")),
            ("unrated", gettext_lazy("not rated by people")),
        ],
    )

    def __init__(self, *arguments: Any, sight: people.Sight, scenarios: dict[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        units = sight.units(P.SEE_RECORD).filter(closed_on=None)
        self.fields["unit"].queryset = with_parents(units)  # type: ignore[attr-defined]
        self.fields["scenario"].choices = [("", _("All drills")), *scenarios.items()]  # type: ignore[attr-defined]
        self.fields["q"].widget.input_type = "search"

    def unit_chosen(self) -> people.Unit | None:
        """The unit asked for."""
        self.is_valid()
        return getattr(self, "cleaned_data", {}).get("unit")

    def kept(self, rows: QuerySet[practice.DrillRun]) -> QuerySet[practice.DrillRun]:
        """The runs that the filters leave."""
        self.is_valid()
        chosen = getattr(self, "cleaned_data", {})
        for word in (chosen.get("q") or "").split():
            rows = rows.filter(employee__name__icontains=word) | rows.filter(employee__number__iexact=word)
        if chosen.get("scenario"):
            rows = rows.filter(scenario=chosen["scenario"])
        how = chosen.get("how")
        if how in ("passed", "failed"):
            rows = rows.filter(passed=how == "passed")
        elif how == "stopped":
            rows = rows.filter(state=practice.RunState.OVER, total=None)
        elif how == "unrated":
            rows = rows.filter(total__isnull=False, ratings=None)
        return rows


class RatingForm(forms.Form):
    """Points on the dimensions of a drill's result."""

    note = forms.CharField(
        label=gettext_lazy("In a word"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *arguments: Any, scores: Iterable[dict[str, Any]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.dimensions = []
        for score in scores:
            if not score["max"]:
                continue
            name = f"points-{score['dimension']}"
            self.dimensions.append(score["dimension"])
            self.fields[name] = forms.DecimalField(
                label=_("%(label)s (of %(most)s)") % {"label": score["label"], "most": score["max"]},
                min_value=0,
                max_value=Decimal(str(score["max"])),
                max_digits=6,
                decimal_places=2,
                required=False,
                widget=forms.NumberInput(attrs={"step": "0.5"}),
            )

    @property
    def points_fields(self) -> list[forms.BoundField]:
        """The fields of the dimensions, in the order of the result."""
        return [self[f"points-{dimension}"] for dimension in self.dimensions]

    def points(self) -> dict[str, Decimal]:
        """The points that were given."""
        found = ((dimension, self.cleaned_data[f"points-{dimension}"]) for dimension in self.dimensions)
        return {dimension: points for dimension, points in found if points is not None}
