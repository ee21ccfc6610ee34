"""Certificates and the rules of class hours."""

from __future__ import annotations

from typing import Any

from peilian.adapters.packs.certificates import CertificateDocument, ClassHoursDocument
from peilian.apps.learning.api import titles_of
from peilian.web.library.shown.reading import Reading
from peilian.web.library.shown.teaching import Link, linked


def certificate(document: CertificateDocument, reading: Reading) -> dict[str, Any]:
    """What it asks for and what renews it. The title of an exam is told to everybody, its paper to who writes."""
    names = (*document.requires, *((document.renew_by,) if document.renew_by else ()))
    titles = titles_of(names)

    def link(name: str) -> Link:
        kind, _colon, key = name.partition(":")
        found = linked(kind, key, reading)
        title = titles.get(name)
        return found if found.title or title is None else Link(found.kind, title.in_language(reading.language), "")

    return {
        "requires": [link(name) for name in document.requires],
        "renew_by": link(document.renew_by) if document.renew_by else None,
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
