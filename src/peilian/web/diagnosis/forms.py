"""The filters of the report."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from peilian.web.kpis.questions import PeriodForm


class DiagnosisForm(PeriodForm):
    """Period and team."""

    default_period = "90"

    team = forms.ChoiceField(label=_("Team"), required=False)

    def __init__(self, data: Mapping[str, str], *, teams: list[str]) -> None:
        super().__init__(data, {})
        self.offer("team", [("", _("All teams")), *((name, name) for name in teams)])
        if len(teams) < 2:
            self.leave_out("team")

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """The filters that most people want."""
        return [self["period"]]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The others."""
        return [self["team"]] if "team" in self.fields else []
