"""Files kept under the hash of their content, in the files folder of the installation."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from peilian.apps.base.audit import write
from peilian.apps.base.models import StoredFile, new_id
from peilian.engine.conversation.canonical import clean

if TYPE_CHECKING:
    from peilian.apps.people.models import User


def keep_file(*, actor: User | None, name: str, chunks: Iterable[bytes]) -> StoredFile:
    """Store the bytes under their hash, durably, before the row that names them exists."""
    folder = Path(settings.FILES)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{new_id()}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with fresh.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        target = _path(digest.hexdigest())
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.replace(target)
        _sync_folder(target.parent)
    finally:
        fresh.unlink(missing_ok=True)
    with write(actor=actor, verb="base.keep_file") as audit:
        row = StoredFile.objects.create(
            sha256=digest.hexdigest(),
            name=clean(Path(name).name)[:255],
            size=size,
            created_at=timezone.now(),
            created_by=actor,
        )
        audit.created(row)
    return row


def file_path(row: StoredFile) -> Path:
    """Where the bytes of ``row`` lie."""
    return _path(row.sha256)


def own_files(*, user: User, pks: Sequence[str]) -> list[StoredFile]:
    """Those of the files that ``user`` kept, in the order of ``pks``; others' and absent ones are left out."""
    wanted = [pk for pk in map(_as_id, pks) if pk is not None]
    found = {row.pk: row for row in StoredFile.objects.filter(pk__in=wanted, created_by=user)}
    return [found[pk] for pk in wanted if pk in found]


def drop_file(*, actor: User | None, row: StoredFile) -> None:
    """Forget a file; its bytes go when no other row names them."""
    with write(actor=actor, verb="base.drop_file") as audit:
        audit.note(row, {"sha256": [row.sha256, None]})
        digest = row.sha256
        row.delete()
        # Only once nothing can bring the row back.
        transaction.on_commit(lambda: _drop_unnamed(digest))


def _drop_unnamed(digest: str) -> None:
    if not StoredFile.objects.filter(sha256=digest).exists():
        _path(digest).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, not only the bytes behind it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _path(digest: str) -> Path:
    return Path(settings.FILES) / digest[:2] / digest
