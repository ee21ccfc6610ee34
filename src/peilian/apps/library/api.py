"""The door of the library app: texts of all kinds with one life, from the draft to the day they are retired.

Files of packs are input; immutable versions are what runs and what people were taught by. Functions that change
something take the acting user and check the permission; ``actor=None`` is the product itself. Absent and forbidden give
the same answer.
"""

from __future__ import annotations

from peilian.apps.library.installing import install_packs
from peilian.apps.library.models import (
    GUARDED,
    Attachment,
    ChangeNotice,
    Comment,
    CommentKind,
    CommentState,
    Confirmation,
    Content,
    ContentState,
    ContentVersion,
    Draft,
    DraftState,
    Origin,
    PackInstall,
    Revision,
    RevisionState,
    Use,
)
from peilian.apps.library.reading import (
    browse,
    compare,
    content,
    current_documents,
    document_of,
    facets,
    version,
    versions,
)

__all__ = [
    "GUARDED",
    "Attachment",
    "ChangeNotice",
    "Comment",
    "CommentKind",
    "CommentState",
    "Confirmation",
    "Content",
    "ContentState",
    "ContentVersion",
    "Draft",
    "DraftState",
    "Origin",
    "PackInstall",
    "Revision",
    "RevisionState",
    "Use",
    "browse",
    "compare",
    "content",
    "current_documents",
    "document_of",
    "facets",
    "install_packs",
    "version",
    "versions",
]
