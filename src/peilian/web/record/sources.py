"""Where a piece of evidence comes from: its name, and the page that shows it to whoever may open it."""

from __future__ import annotations

from uuid import UUID

from django.urls import NoReverseMatch, reverse

from peilian.apps.record import api as record
from peilian.flows.wording import say
from peilian.web.shell.languages import reading_language

# kind of source -> address; the source's id is its argument.
_PAGES = {"practice.drill": "drill_debrief"}


def source_name(piece: record.Evidence) -> str:
    """What the source is called; labels that name it in two languages say the reader's one."""
    language = reading_language()
    params = {
        name: (value.get(language) or next(iter(value.values()), "")) if isinstance(value, dict) else value
        for name, value in piece.label.params.items()
    }
    return say(type(piece.label)(piece.label.key, params), language)


def source_href(piece: record.Evidence) -> str:
    """The page of the source; nothing where it has none."""
    name = _PAGES.get(piece.source_kind)
    if name is None:
        return ""
    try:
        return reverse(name, args=[UUID(piece.source_id)])
    except (NoReverseMatch, ValueError):
        return ""
