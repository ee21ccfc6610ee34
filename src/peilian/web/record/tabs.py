"""The pages of the team beside each other; each is offered only to those who may open it."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import Permission
from peilian.web.shell.access import sight_of

register = template.Library()


@dataclass(frozen=True, slots=True)
class TeamTab:
    """One page: its name among the tabs, its address, its label, what opens it, and whether it has to be for all."""

    key: str
    url_name: str
    label: str | Promise
    opened_by: Permission
    is_for_all: bool = False


@dataclass(frozen=True, slots=True)
class TeamTabLink:
    """A tab as one page shows it."""

    key: str
    label: str | Promise
    href: str


P = Permission
TABS = (
    TeamTab("people", "team", _("People"), P.SEE_PEOPLE),
    TeamTab("radar", "team_radar", _("Ability"), P.SEE_RECORD),
    TeamTab("needs", "team_needs", _("Gaps and needs"), P.SEE_RECORD),
    TeamTab("tasks", "team_tasks", _("Assignments"), P.SEE_RECORD),
    TeamTab("runs", "team_runs", _("Drills"), P.SEE_RECORD),
    TeamTab("units", "units", _("Units"), P.SEE_PEOPLE),
    TeamTab("import", "roster_import", _("Import roster"), P.MANAGE_PEOPLE, is_for_all=True),
)


@register.simple_tag(takes_context=True)
def team_tabs(context: Context) -> list[TeamTabLink]:
    """The tabs for the reader of this page."""
    request = context.get("request")
    if not isinstance(request, HttpRequest):
        return []
    sight = sight_of(request)
    return [
        TeamTabLink(tab.key, tab.label, reverse(tab.url_name))
        for tab in TABS
        if (sight.reaches_company(tab.opened_by) if tab.is_for_all else sight.may(tab.opened_by))
    ]
