"""Documents on the shelf: what a content's row tells of its document, and how a version is added."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from peilian.adapters.packs import Document
from peilian.adapters.packs.trees import digest, document_of, languages_of
from peilian.apps.library.models import Content, ContentVersion, Origin

if TYPE_CHECKING:
    from peilian.apps.people.api import User

FACTS = (
    "title", "summary", "languages", "tags", "competencies", "covers", "related", "must_confirm",
    "valid_from", "valid_until", "review_by",
)  # fmt: skip
"""The columns of ``Content`` that say what its document says."""

_documents: OrderedDict[tuple[str, str], Document] = OrderedDict()
_shelf = threading.Lock()
_AT_ONCE = 500


def document(version: ContentVersion, kind: str | None = None) -> Document:
    """A version's document. Versions never change, so it is made once in a process and kept as long as it is asked for
    (``LIBRARY_DOCUMENTS_KEPT`` of the settings say how many are); with ``kind``, which the content knows, the body of a
    version that is kept need not even be read."""
    kind = kind or str(version.body["kind"])
    return _kept(kind, version.sha256) or _keep(kind, version.sha256, document_of(version.body))


def documents(versions: Sequence[ContentVersion], kind: str) -> list[Document]:
    """The documents of many versions of a kind; the bodies of those that are not kept are read together."""
    found = {one.sha256: _kept(kind, one.sha256) for one in versions}
    missing = {one.sha256: one.pk for one in versions if found[one.sha256] is None}
    pks = list(missing.values())
    for start in range(0, len(pks), _AT_ONCE):
        rows = ContentVersion.objects.filter(pk__in=pks[start : start + _AT_ONCE]).order_by()
        for sha256, body in rows.values_list("sha256", "body"):
            found[sha256] = _keep(kind, sha256, document_of(body))
    return [one for version in versions if (one := found[version.sha256]) is not None]


def _kept(kind: str, sha256: str) -> Document | None:
    with _shelf:
        found = _documents.get((kind, sha256))
        if found is not None:
            _documents.move_to_end((kind, sha256))
        return found


def _keep(kind: str, sha256: str, made: Document) -> Document:
    with _shelf:
        _documents[kind, sha256] = made
        while len(_documents) > max(1, settings.LIBRARY_DOCUMENTS_KEPT):
            _documents.popitem(last=False)
    return made


def describe(content: Content, body: Mapping[str, Any]) -> None:
    """Set what the row tells of its document from a valid ``body``. A policy holds from the day it takes effect."""
    content.title = dict(body.get("title") or body.get("name") or {})
    content.summary = dict(body.get("summary") or {})
    content.languages = languages_of(body)
    content.tags = list(body.get("tags") or ())
    trained = body.get("competencies") or body.get("trains") or ()
    content.competencies = [key for key in trained if isinstance(key, str)]  # a model holds them as a whole
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
