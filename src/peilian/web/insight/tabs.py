"""The pages of insight, beside each other; each is offered only to those who may open it."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import Permission
from peilian.web.shell.access import sight_of

register = template.Library()


@dataclass(frozen=True, slots=True)
class Tab:
    """One page: the name of its address, its label, what opens it."""

    url_name: str
    label: str | Promise
    opened_by: Permission
    needs_units: bool = False  # whoever reaches only themselves finds nothing there


@dataclass(frozen=True, slots=True)
class TabLink:
    """A tab as one page shows it."""

    url_name: str
    label: str | Promise
    href: str


TABS = (
    Tab("conversations", _("Conversations"), Permission.SEE_CONVERSATIONS),
    Tab("kpis", _("KPI board"), Permission.SEE_KPIS),
    Tab("diagnosis", _("Diagnosis"), Permission.SEE_DIAGNOSIS),
    Tab("shops", _("Shops"), Permission.SEE_BUSINESS, needs_units=True),
)


def links_of(request: HttpRequest) -> list[TabLink]:
    """The tabs that the reader may open; a page that this installation does not have is left out."""
    sight = sight_of(request)
    found = []
    for tab in TABS:
        try:
            href = reverse(tab.url_name)
        except NoReverseMatch:
            continue
        if sight.may(tab.opened_by) and (not tab.needs_units or sight.units(tab.opened_by).exists()):
            found.append(TabLink(tab.url_name, tab.label, href))
    return found


@register.simple_tag(takes_context=True)
def insight_tabs(context: Context) -> list[TabLink]:
    """The tabs for the reader of this page."""
    request = context.get("request")
    return links_of(request) if isinstance(request, HttpRequest) else []
