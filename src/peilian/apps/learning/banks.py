"""Banks as they were in a version (题库版本): read once, as they never change."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from peilian.adapters.packs.items import ItemsDocument
from peilian.apps.library import api as library


@lru_cache(maxsize=512)
def bank_in(version: UUID) -> ItemsDocument:
    """The bank in a version."""
    found = library.document_of(library.ContentVersion.objects.get(pk=version), user=None)
    assert isinstance(found, ItemsDocument)
    return found
