"""The pages of exams beside each other; each is offered only to those who may open it."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import Permission
from peilian.web.shell.tabs import Needs, Tab, TabLink, links_of

register = template.Library()
P = Permission
TABS = (
    Tab("mine", "exams", _("My exams")),
    Tab("occasions", "exam_occasions", _("Run exams"), frozenset({P.ASSIGN_TRAINING}), Needs.UNITS),
    Tab("marking", "exam_marking", _("Mark answers"), frozenset({P.RAISE_NEEDS}), Needs.UNITS),
    Tab("contests", "exam_contests", _("Contested answers"), frozenset({P.RAISE_NEEDS}), Needs.UNITS),
    Tab("panels", "exam_panels", _("Practical exams")),
    Tab("statistics", "exam_statistics", _("Questions"), frozenset({P.WRITE_LIBRARY, P.ASSIGN_TRAINING})),
)


@register.simple_tag(takes_context=True)
def exam_tabs(context: Context) -> list[TabLink]:
    """The tabs for the reader of this page."""
    return links_of(context.get("request"), TABS)
