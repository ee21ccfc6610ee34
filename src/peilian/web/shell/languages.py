"""The reader's language: Django's code, ours (``zh``, ``en``), and the one that browsers and fonts need."""

from __future__ import annotations

from django.utils.translation import get_language

from peilian.engine._kernel import Language

DJANGO_CODES: dict[Language, str] = {"zh": "zh-hans", "en": "en"}
HTML_CODES: dict[Language, str] = {"zh": "zh-CN", "en": "en"}


def reading_language() -> Language:
    """The language of the page that is being made."""
    return "en" if (get_language() or "").startswith("en") else "zh"
