"""The pages of the place "Learn" beside each other."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import Permission
from peilian.web.shell.tabs import Tab, TabLink, links_of

register = template.Library()
P = Permission
_WRITING = frozenset({P.WRITE_LIBRARY, P.PUBLISH_LIBRARY, P.PUBLISH_POLICIES})
TABS = (
    Tab("learn", "learn", _("For you")),
    Tab("courses", "courses", _("Courses"), frozenset({P.SEE_LIBRARY})),
    Tab("handbook", "handbook", _("My handbook")),
    Tab("library", "library", _("Library"), frozenset({P.SEE_LIBRARY})),
    Tab("certificates", "certificates", _("Certificates and archive")),
    Tab("drafts", "library_drafts", _("Drafts"), _WRITING),
    Tab("changes", "library_changes", _("Changes"), _WRITING),
    Tab("suggestions", "library_suggestions", _("Comments"), frozenset({P.SEE_LIBRARY})),
    Tab("files", "library_files", _("Files"), _WRITING),
)


@register.simple_tag(takes_context=True)
def learn_tabs(context: Context) -> list[TabLink]:
    """The tabs for the reader of this page."""
    return links_of(context.get("request"), TABS)
