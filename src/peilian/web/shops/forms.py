"""Which shops, which month, how a wage is meant: the filters of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import Unit
from peilian.engine.business import WageReading

MOST_SHOPS = 6
READINGS = (
    ("", _("as recorded")),
    (WageReading.TOTAL.value, _("of all agents together")),
    (WageReading.PER_PERSON.value, _("of each agent")),
)


class ShopsForm(forms.Form):
    """Filters with sensible values when nothing is chosen: the latest month and the first shops."""

    month = forms.ChoiceField(label=_("Month"), required=False)
    wage = forms.ChoiceField(label=_("Wage is"), choices=READINGS, required=False)
    shop = forms.MultipleChoiceField(label=_("Shops"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Mapping[str, object], *, shops: Sequence[Unit], months: Sequence[date]) -> None:
        super().__init__(data, auto_id="%s")
        self._shops, self._months = shops, months
        self.fields["month"].choices = [(f"{month:%Y-%m}", f"{month:%Y-%m}") for month in months]  # type: ignore[attr-defined]
        self.fields["shop"].choices = [(shop.code, str(shop)) for shop in shops]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def chosen_month(self) -> date:
        """The month asked for, else the latest of which something is known."""
        asked = self.cleaned_data.get("month")
        return next((month for month in self._months if f"{month:%Y-%m}" == asked), self._months[0])

    @property
    def chosen_shops(self) -> list[Unit]:
        """The shops asked for, else the first ones."""
        asked = set(self.cleaned_data.get("shop") or ())
        return [shop for shop in self._shops if not asked or shop.code in asked][:MOST_SHOPS]

    @property
    def wage_reading(self) -> WageReading | None:
        """How every wage is to be meant; ``None`` leaves each as recorded."""
        asked = self.cleaned_data.get("wage")
        return WageReading(asked) if asked else None
