"""The pages of the place "Assess" beside each other."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import Permission
from peilian.web.shell.tabs import Tab, TabLink, links_of

register = template.Library()
P = Permission
_SEEING = frozenset({P.SEE_APPRAISAL_TOTALS, P.RATE_APPRAISALS, P.RUN_APPRAISALS, P.DECIDE_APPEALS})
TABS = (
    Tab("home", "assess", _("To do")),
    Tab("mine", "my_appraisals", _("My results")),
    Tab("exams", "exams", _("Exams")),
    Tab("cycles", "appraisal_cycles", _("Cycles"), _SEEING),
    Tab("events", "appraisal_events", _("Events"), frozenset({P.REGISTER_EVENTS})),
    Tab("appeals", "appraisal_appeals", _("Appeals"), frozenset({P.DECIDE_APPEALS})),
    Tab("rules", "appraisal_rules", _("Rules"), frozenset({P.EDIT_APPRAISAL_RULES, P.RUN_APPRAISALS})),
    Tab("rewards", "rewards", _("Rewards"), frozenset({P.SEE_REWARDS})),
    Tab("suggestions", "suggestions", _("Suggestions"), frozenset({P.SEE_REWARDS})),
)


@register.simple_tag(takes_context=True)
def assess_tabs(context: Context) -> list[TabLink]:
    """The tabs for the reader of this page."""
    return links_of(context.get("request"), TABS)
