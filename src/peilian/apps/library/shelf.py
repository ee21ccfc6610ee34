"""Documents on the shelf: what a content's row tells of its document, and how a version is added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from peilian.adapters.packs import Document
from peilian.adapters.packs.trees import digest, document_of
from peilian.apps.library.models import Content, ContentVersion, Origin

if TYPE_CHECKING:
    from peilian.apps.people.api import User

FACTS = (
    "title", "summary", "tags", "competencies", "covers", "related", "must_confirm",
    "valid_from", "valid_until", "review_by",
)  # fmt: skip
"""The columns of ``Content`` that say what its document says."""

_documents: dict[tuple[str, str], Document] = {}
_MOST_DOCUMENTS = 2000


def document(version: ContentVersion, kind: str | None = None) -> Document:
    """A version's document. Versions never change, so it is made once in a process; with ``kind``, which the content
    knows, the body of a version that was seen before need not even be read."""
    kind = kind or str(version.body["kind"])
    found = _documents.get((kind, version.sha256))
    if found is None:
        found = document_of(version.body)
        while len(_documents) >= _MOST_DOCUMENTS:
            _documents.pop(next(iter(_documents)), None)
        _documents[kind, version.sha256] = found
    return found


def describe(content: Content, body: Mapping[str, Any]) -> None:
    """Set what the row tells of its document from a valid ``body``. A policy holds from the day it takes effect."""
    content.title = dict(body.get("title") or {})
    content.summary = dict(body.get("summary") or {})
    content.tags = list(body.get("tags") or ())
    content.competencies = list(body.get("competencies") or body.get("trains") or ())
    content.covers = list(body.get("covers") or ())
    content.related = list(body.get("related") or ())
    content.must_confirm = content.kind == "policy" and bool(body.get("must_confirm", True))
    content.valid_from = _day(body.get("valid_from") or (content.kind == "policy" and body.get("effective_from")))
    content.valid_until = _day(body.get("valid_until"))
    content.review_by = _day(body.get("review_by"))


def new_version(
    content: Content,
    number: int,
    body: Mapping[str, Any],
    *,
    origin: Origin,
    made_at: datetime,
    base: ContentVersion | None = None,
    made_by: User | None = None,
    approved_by: User | None = None,
    pack_version: str = "",
    note: str = "",
    files: Mapping[str, str] | None = None,
) -> ContentVersion:
    """A version that is not stored yet."""
    return ContentVersion(
        content=content,
        number=number,
        body=dict(body),
        files=dict(files or {}),
        sha256=digest(body),
        origin=origin,
        pack_version=pack_version[:40],
        base=base,
        note=note,
        made_at=made_at,
        made_by=made_by,
        approved_by=approved_by,
    )


@lru_cache(maxsize=4096)
def _parsed(text: str) -> date:
    return date.fromisoformat(text)


def _day(value: Any) -> date | None:
    return _parsed(value) if isinstance(value, str) and value else None
