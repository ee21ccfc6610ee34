"""The handbook on paper: a page to print, and a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.web.learning.handbook_lines import groups_of
from peilian.web.shell.downloads import file_name
from peilian.web.shell.languages import HTML_CODES, reading_language
from peilian.web.shell.pdf import laid_out, require_pdf, written

STYLESHEET = Path(__file__).parents[1] / "static" / "handbook-print.css"
_LONG = 12_000
"""Signs of text that are set within a second, with room to spare."""


def is_long(entries: Sequence[learning.HandbookEntry]) -> bool:
    """Whether setting them takes too long to wait for the answer."""
    return sum(len(one.title) + len(one.text) + len(one.note) for one in entries) > _LONG


def name_for(owner: people.Employee) -> str:
    """What the file is called, without an ending."""
    return file_name(_("My handbook"), owner.name, timezone.localdate().isoformat())


def page_of(entries: Sequence[learning.HandbookEntry], owner: people.Employee, stylesheet: str = "") -> str:
    """The page; ``stylesheet`` is the address of its looks, without one whoever sets it has them."""
    context = {
        "lang": HTML_CODES[reading_language()],
        "name": owner,
        "groups": groups_of(entries),
        "stylesheet": stylesheet,
    }
    return render_to_string("learning/handbook_paper.html", context)


def pdf_of(entries: Sequence[learning.HandbookEntry], owner: people.Employee) -> bytes:
    """The entries as PDF. ``PdfUnavailableError`` where none can be made."""
    require_pdf()
    return written(laid_out(page_of(entries, owner), STYLESHEET.read_text(encoding="utf-8")))
