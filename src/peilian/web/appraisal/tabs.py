"""The pages of the place "Assess" beside each other; each is offered only to those who may open it."""

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
P = Permission


@dataclass(frozen=True, slots=True)
class AssessTab:
    """One page: its name among the tabs, its address, its label. Any permission of ``opened_by`` opens it; without one
    it is for all."""

    key: str
    url_name: str
    label: str | Promise
    opened_by: frozenset[Permission] = frozenset()


@dataclass(frozen=True, slots=True)
class AssessTabLink:
    """A tab as one page shows it."""

    key: str
    label: str | Promise
    href: str


_SEEING = frozenset({P.SEE_APPRAISAL_TOTALS, P.RATE_APPRAISALS, P.RUN_APPRAISALS, P.DECIDE_APPEALS})
TABS = (
    AssessTab("home", "assess", _("To do")),
    AssessTab("mine", "my_appraisals", _("My results")),
    AssessTab("cycles", "appraisal_cycles", _("Cycles"), _SEEING),
    AssessTab("events", "appraisal_events", _("Events"), frozenset({P.REGISTER_EVENTS})),
    AssessTab("appeals", "appraisal_appeals", _("Appeals"), frozenset({P.DECIDE_APPEALS})),
    AssessTab("rules", "appraisal_rules", _("Rules"), frozenset({P.EDIT_APPRAISAL_RULES, P.RUN_APPRAISALS})),
    AssessTab("rewards", "rewards", _("Rewards")),
    AssessTab("suggestions", "suggestions", _("Suggestions")),
)


@register.simple_tag(takes_context=True)
def assess_tabs(context: Context) -> list[AssessTabLink]:
    """The tabs for the reader of this page; a page that this installation does not have is left out."""
    request = context.get("request")
    if not isinstance(request, HttpRequest):
        return []
    may = sight_of(request).may
    found = []
    for tab in TABS:
        try:
            href = reverse(tab.url_name)
        except NoReverseMatch:
            continue
        if not tab.opened_by or any(map(may, tab.opened_by)):
            found.append(AssessTabLink(tab.key, tab.label, href))
    return found
