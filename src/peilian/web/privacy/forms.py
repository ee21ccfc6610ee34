"""The form of an erasure."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ErasureForm(forms.Form):
    """Whom to erase."""

    customer = forms.CharField(
        label=_("Customer's id"),
        max_length=200,
        help_text=_("As the platform or the imported files write it; capitals count."),
        error_messages={"required": _("Enter the id of the customer.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
