"""The pages of insight beside each other."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import Permission
from peilian.web.shell.tabs import Needs, Tab, TabLink, links_of

register = template.Library()
P = Permission
TABS = (
    Tab("conversations", "conversations", _("Conversations"), frozenset({P.SEE_CONVERSATIONS})),
    Tab("kpis", "kpis", _("KPI board"), frozenset({P.SEE_KPIS})),
    Tab("diagnosis", "diagnosis", _("Diagnosis"), frozenset({P.SEE_DIAGNOSIS})),
    Tab("shops", "shops", _("Shops"), frozenset({P.SEE_BUSINESS}), Needs.UNITS),
)


@register.simple_tag(takes_context=True)
def insight_tabs(context: Context) -> list[TabLink]:
    """The tabs for the reader of this page."""
    return links_of(context.get("request"), TABS)
