"""The door of the library app."""

from __future__ import annotations

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
]
