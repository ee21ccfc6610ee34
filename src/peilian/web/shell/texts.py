"""Texts of the library as other pages lead to them: where a piece stands, and which packs are of one industry."""

from __future__ import annotations

from peilian.apps.library.api import FoundText

INDUSTRY_PACKS = frozenset(
    {"retail", "finance", "healthcare", "telecom", "hospitality", "property", "mall", "community"}
)  # fmt: skip
"""Shipped packs that suit one industry; the others suit all."""
# Where pages of texts have their pieces.
_ANCHORS = {"phrases": "phrase", "manual": "scene"}


def anchor_of(item: FoundText) -> str:
    """Where on the page of its text a piece stands, with the ``#``; empty for the whole."""
    anchor = _ANCHORS.get(item.content.kind, "")
    return f"#{anchor}-{item.piece}" if item.piece and anchor else ""
