"""Attachments (附件): files that belong to a text, kept and handed out so that none of them can do harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from peilian.apps.base.api import file_path, keep_file, write
from peilian.apps.library.checks import permit, refuse, short
from peilian.apps.library.models import Attachment, Content, ContentState
from peilian.apps.people.api import NotVisibleError, Permission

if TYPE_CHECKING:
    from peilian.apps.people.api import User

MOST_BYTES = 20 << 20
MOST_FILES = 20
"""Of one text."""

# How a file of a kind begins. What a browser would run (SVG, HTML) is none of them.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True, slots=True)
class Opened:
    """A file to hand out, with the headers that keep it from being taken for something else."""

    path: Path
    name: str
    media_type: str
    is_inline: bool
    headers: Mapping[str, str]


def attach(*, actor: User, content: Content, name: str, data: bytes) -> Attachment:
    """Add a file to a text. Its kind is told by its content, not by its name."""
    permit(actor, Permission.WRITE_LIBRARY)
    name = short(Path(name.replace("\\", "/")).name, "name", limit=255, is_needed=True)
    if len(data) > MOST_BYTES:
        raise refuse("library.file_too_large", "file", limit=MOST_BYTES >> 20)
    media_type = media_type_of(data)
    if media_type is None:
        raise refuse("library.file_of_no_known_kind", "file", name=name)
    if Attachment.objects.filter(content=content, removed_at=None).count() >= MOST_FILES:
        raise refuse("library.too_many_files", "file", limit=MOST_FILES)
    file = keep_file(actor=actor, name=name, chunks=[data])
    with write(actor=actor, verb="library.attach") as audit:
        row = Attachment.objects.create(
            content=content, file=file, name=name, media_type=media_type, added_at=timezone.now(), added_by=actor
        )
        audit.created(row)
    return row


def attachments_of(*, user: User, content: Content) -> QuerySet[Attachment]:
    """The files of a text, the oldest first."""
    permit(user, Permission.SEE_LIBRARY)
    if content.state == ContentState.NEW:
        permit(user, Permission.WRITE_LIBRARY)
    return Attachment.objects.filter(content=content, removed_at=None).select_related("file")


def open_attachment(*, user: User, pk: UUID | str) -> Opened:
    """A file to hand out: pictures may be shown in the page, everything else is saved."""
    try:
        row = Attachment.objects.select_related("file", "content").get(pk=UUID(str(pk)), removed_at=None)
    except (Attachment.DoesNotExist, ValueError):
        raise NotVisibleError from None
    attachments_of(user=user, content=row.content)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Opened(file_path(row.file), row.name, row.media_type, row.media_type in _INLINE, headers)


def remove_attachment(*, actor: User, attachment: Attachment) -> Attachment:
    """Take a file away from its text; the bytes stay for those who were taught with it."""
    permit(actor, Permission.WRITE_LIBRARY)
    with write(actor=actor, verb="library.remove_attachment") as audit:
        row = Attachment.objects.select_for_update().get(pk=attachment.pk)
        if row.removed_at is not None:
            audit.unchanged()
            return row
        row.removed_at = timezone.now()
        row.save()
        audit.changed(row, removed_at=None)
    return row


def media_type_of(data: bytes) -> str | None:
    """What a file is by what it holds; ``None`` for what is not taken."""
    for beginning, media_type in _BEGINNINGS:
        if data.startswith(beginning):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "audio/mp4" if data[8:11] == b"M4A" else "video/mp4"
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    return "text/plain" if _is_text(data) else None


def _office(data: bytes) -> str | None:
    """Which program's document an archive is, by the names of its parts; nothing is unpacked. Macros are not taken."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None
    if any(name.endswith("vbaProject.bin") for name in names):
        return None
    return next((media_type for part, media_type in _OFFICE.items() if part in names), None)


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    begins = text.lstrip()[:200].lower()
    return bool(text.strip()) and "\0" not in text and not begins.startswith("<")
