"""The one order of locks: a content first, then its draft. Nothing else in the library locks either, so that two who
act on one text wait for each other and never for ever.

A lock is taken by a query of its own, without joins: PostgreSQL reads the locked row again after waiting, but what was
joined to it stays as it was before. What hangs on the row is therefore read afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from peilian.apps.library.checks import refuse
from peilian.apps.library.models import OPEN_DRAFTS, Content, ContentVersion, Draft

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet


def locked(content: Content) -> Content:
    """The content as it is now; nobody else changes it or its draft until the transaction ends."""
    return Content.objects.select_for_update().get(pk=content.pk)


def locked_all(rows: QuerySet[Content]) -> list[Content]:
    """Many contents, with their current versions, locked in the order of their ids."""
    found = list(rows.order_by("pk").select_for_update())
    versions = _versions(row.current_id for row in found)
    for row in found:
        row.current = versions.get(row.current_id)
    return found


def locked_draft(draft: Draft) -> Draft:
    """A draft as it is now, its ``content`` locked before it; ``InputError`` when it is no longer open."""
    content = locked(draft.content)
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    if not row.is_open:
        raise refuse("library.draft_is_over", "draft")
    row.content = content
    return row


def open_drafts(contents: Iterable[Content]) -> dict[UUID, Draft]:
    """The open drafts of contents that are locked, by the id of the content."""
    by_id = {content.pk: content for content in contents}
    rows = Draft.objects.filter(content__in=by_id, state__in=OPEN_DRAFTS).order_by("content").select_for_update()
    found = {row.content_id: row for row in rows}
    versions = _versions(row.base_id for row in found.values())
    for pk, row in found.items():
        row.content, row.base = by_id[pk], versions.get(row.base_id)
    return found


def _versions(pks: Iterable[UUID | None]) -> dict[UUID | None, ContentVersion]:
    """Versions by their ids. Prefetching would ask for each with an OR of its own, of which SQLite takes a thousand."""
    rows = ContentVersion.objects.filter(pk__in={pk for pk in pks if pk is not None}).order_by()
    return {row.pk: row for row in rows}
