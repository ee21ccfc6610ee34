"""Uploaded conversation files (上传的会话文件): kept until their import is over, and not a moment longer than needed.

They hold personal data unmasked. Whatever becomes of an import (done, failed, cancelled, never started), they go.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.contacts.models import ConversationImport
from peilian.apps.people.api import NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

FORGOTTEN_AFTER = timedelta(days=1)

Upload = tuple[str, Iterable[bytes]]


def prepare_import(*, actor: User, uploads: Iterable[Upload]) -> ConversationImport:
    """Keep files, each a name and its bytes, for an import that is still to be looked at and started.

    What earlier visits left behind is cleared away first.
    """
    visible_to(actor).require(Permission.IMPORT)
    drop_leftovers()
    files: list[base.StoredFile] = []
    try:
        for name, chunks in uploads:
            files.append(base.keep_file(actor=actor, name=name, chunks=chunks))
        with base.write(actor=actor, verb="contacts.prepare_import") as audit:
            row = ConversationImport.objects.create(
                file_names=[file.name for file in files], created_at=timezone.now(), created_by=actor
            )
            row.files.set(files)
            audit.created(row)
    except BaseException:
        for file in files:
            base.drop_file(actor=actor, row=file)
        raise
    return row


def prepared_import(*, user: User, pk: UUID | str) -> ConversationImport:
    """An import of the user's own that was not started yet; ``NotVisibleError`` when there is none."""
    visible_to(user).require(Permission.IMPORT)
    row = ConversationImport.objects.prepared().filter(pk=pk, created_by=user).first()
    if row is None:
        raise NotVisibleError
    return row


def forget_import(*, actor: User, row: ConversationImport) -> None:
    """Drop an import that was not started, with its files."""
    visible_to(actor).require(Permission.IMPORT)
    if ConversationImport.objects.prepared().filter(pk=row.pk).exists():
        _forget(actor, row)


def drop_uploads(row: ConversationImport) -> None:
    """Drop the uploaded files of an import."""
    files = list(row.files.all())
    if not files:
        return
    with base.write(actor=row.created_by, verb="contacts.drop_uploads") as audit:
        row.files.clear()
        audit.note(row, {"files": [[file.name for file in files], []]})
    for file in files:
        base.drop_file(actor=row.created_by, row=file)


def drop_leftovers(*, now: datetime | None = None) -> int:
    """Drop files whose import is over, and imports that nobody started for a day; returns how many imports."""
    forgotten = ConversationImport.objects.prepared().filter(created_at__lt=(now or timezone.now()) - FORGOTTEN_AFTER)
    found = 0
    for row in forgotten:
        _forget(None, row)
        found += 1
    for row in ConversationImport.objects.over().filter(files__isnull=False).distinct():
        drop_uploads(row)
        found += 1
    return found


def _forget(actor: User | None, row: ConversationImport) -> None:
    drop_uploads(row)
    with base.write(actor=actor, verb="contacts.forget_import") as audit:
        audit.note(row, {"file_names": [row.file_names, None]})
        row.delete()
