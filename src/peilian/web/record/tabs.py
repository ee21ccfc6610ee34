"""The pages of the team beside each other."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import Permission
from peilian.web.shell.tabs import Needs, Tab, TabLink, links_of

register = template.Library()
P = Permission
TABS = (
    Tab("people", "team", _("People"), frozenset({P.SEE_PEOPLE})),
    Tab("radar", "team_radar", _("Ability"), frozenset({P.SEE_RECORD})),
    Tab("needs", "team_needs", _("Gaps and needs"), frozenset({P.SEE_RECORD})),
    Tab("tasks", "team_tasks", _("Assignments"), frozenset({P.SEE_RECORD})),
    Tab("learning", "team_learning", _("Learning"), frozenset({P.SEE_RECORD})),
    Tab("homework", "team_homework", _("Homework"), frozenset({P.GUIDE_LEARNING})),
    Tab("feedback", "team_feedback", _("Feedback after lessons"), frozenset({P.GUIDE_LEARNING})),
    Tab("runs", "team_runs", _("Drills"), frozenset({P.SEE_RECORD})),
    Tab("certificates", "team_certificates", _("Certificates"), frozenset({P.SEE_RECORD})),
    Tab("hours", "team_hours", _("Class hours"), frozenset({P.SEE_RECORD})),
    Tab("units", "units", _("Units"), frozenset({P.SEE_PEOPLE})),
    Tab("import", "roster_import", _("Import roster"), frozenset({P.MANAGE_PEOPLE}), Needs.COMPANY),
)


@register.simple_tag(takes_context=True)
def team_tabs(context: Context) -> list[TabLink]:
    """The tabs for the reader of this page."""
    return links_of(context.get("request"), TABS)
