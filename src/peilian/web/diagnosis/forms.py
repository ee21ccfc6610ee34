"""The filters of the report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from peilian.web.conversations.periods import PERIODS

DEFAULT_PERIOD = "90"


class DiagnosisForm(forms.Form):
    """Period and team."""

    period = forms.ChoiceField(
        label=_("Period"),
        required=False,
        choices=[(key or "all", label) for key, label in PERIODS] + [("custom", _("Chosen days"))],
    )
    from_ = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    to = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    team = forms.ChoiceField(label=_("Team"), required=False)

    def __init__(self, data: Any, *, teams: list[str]) -> None:
        given = {key: value for key, value in data.items() if value}
        if "from" in given or "to" in given:
            given["period"] = "custom"
        if given.get("team") not in teams:
            given.pop("team", None)
        super().__init__({"period": DEFAULT_PERIOD} | given)
        team = self.fields["team"]
        assert isinstance(team, forms.ChoiceField)
        team.choices = [("", _("All teams")), *((name, name) for name in teams)]

    def add_prefix(self, field_name: str) -> str:
        """``from`` is a word of Python; in an address it is a plain name."""
        return field_name.rstrip("_")
