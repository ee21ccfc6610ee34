"""Certificates, the rules of class hours and of assigning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peilian.adapters.packs.assigning import AssignmentRuleDocument
from peilian.adapters.packs.certificates import CertificateDocument, ClassHoursDocument
from peilian.apps.learning.api import titles_of
from peilian.apps.record.api import competency_text
from peilian.web.library.shown.reading import Reading
from peilian.web.library.shown.teaching import Link, linked


def certificate(document: CertificateDocument, reading: Reading) -> dict[str, Any]:
    """What it asks for and what renews it. The title of an exam is told to everybody, its paper to who writes."""
    names = (*document.requires, *((document.renew_by,) if document.renew_by else ()))
    links = _links(names, reading)
    return {
        "requires": [links[name] for name in document.requires],
        "renew_by": links[document.renew_by] if document.renew_by else None,
        "panel": _panel(document, reading),
        "asks_exam": any(name.startswith("exam:") for name in document.requires),
    }


def _panel(document: CertificateDocument, reading: Reading) -> str:
    """The title of the scoring form of the practical exam that it asks for."""
    name = f"panel:{document.panel}"
    title = titles_of([name]).get(name) if document.panel else None
    return "" if title is None else title.in_language(reading.language)


def class_hours(document: ClassHoursDocument, reading: Reading) -> dict[str, Any]:
    """Nothing beside what it says."""
    return {}


def assignment_rule(document: AssignmentRuleDocument, reading: Reading) -> dict[str, Any]:
    """What it assigns, to whom."""
    exam = f"exam:{document.scored.exam}" if document.scored is not None else ""
    links = _links((document.assigns, *((exam,) if exam else ())), reading)
    competency = competency_text(document.needed.competency) if document.needed is not None else None
    return {
        "assigns": links[document.assigns],
        "exam": links.get(exam),
        "competency": competency.in_language(reading.language) if competency is not None else "",
        "is_for_all": not (
            document.posts or document.stages or document.hired or document.moved or document.needed or document.scored
        ),
    }


def _links(names: Iterable[str], reading: Reading) -> dict[str, Link]:
    """Texts by their names; the title of an exam is told to everybody."""
    listed = list(names)
    titles = titles_of(listed)
    found = {}
    for name in listed:
        kind, _colon, key = name.partition(":")
        link, title = linked(kind, key, reading), titles.get(name)
        found[name] = link if link.title or title is None else Link(link.kind, title.in_language(reading.language), "")
    return found
