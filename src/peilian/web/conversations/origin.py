"""Where a draft comes from, on the pages of the library: from a real conversation, with the way back for who may go."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from peilian.apps.contacts import api as contacts
from peilian.apps.library.api import Draft
from peilian.apps.people.api import NotVisibleError, User

register = template.Library()


@register.inclusion_tag("conversations/_origin.html", takes_context=True)
def conversation_origin(context: Context, draft: Draft) -> dict[str, Any]:
    """The origin of ``draft``; nothing when it was not made from a conversation."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    try:
        return {"origin": contacts.extraction_of(user=user, draft=draft)}
    except NotVisibleError:
        return {}
