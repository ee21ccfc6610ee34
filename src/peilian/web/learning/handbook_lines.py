"""Entries of the handbook as pages and paper show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.web.learning.wordings import KEPT_FROM
from peilian.web.library.editor_words import kind_name
from peilian.web.library.markdown import to_html
from peilian.web.people.forms import name_in


def groups_of(rows: Sequence[learning.HandbookEntry]) -> list[dict[str, Any]]:
    """Entries under their headings."""
    return [
        {"heading": heading, "label": heading or _("Not sorted yet"), "lines": [line_of(row) for row in some]}
        for heading, some in learning.by_heading(rows)
    ]


def line_of(row: learning.HandbookEntry) -> dict[str, Any]:
    """An entry as a list shows it."""
    return {
        "row": row,
        "text": to_html(row.text) if row.text else "",
        "note": to_html(row.note) if row.note else "",
        "from": kind_name(row.content.kind) if row.content is not None else KEPT_FROM[row.kept_from],
        "source": name_in(row.content.title) if row.content is not None else "",
        "href": source_address(row),
        "has_newer": learning.has_newer(row),
        "is_retired": row.content is not None and row.content.state == library.ContentState.RETIRED,
    }


def source_address(row: learning.HandbookEntry) -> str:
    """The page that an entry was kept from."""
    if row.content is not None:
        if row.content.kind == "lesson":
            return reverse("lesson", args=[row.content.key])
        return reverse("library_text", args=[row.content.kind, row.content.key])
    pages = {learning.KeptFrom.DRILL: "drill_debrief", learning.KeptFrom.EXAM: "exam_review"}
    page = pages.get(learning.KeptFrom(row.kept_from))
    return reverse(page, args=[row.source]) if page is not None else ""
