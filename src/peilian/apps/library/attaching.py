"""Attachments (附件): files that belong to a text, kept and handed out so that none of them can do harm.

They are part of what is written: a draft names its files, a version for good those it was published with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.adapters.media import is_run, is_text_of_other_encoding, media_type_of, plain_name
from peilian.adapters.pictures import without_traces
from peilian.apps.base.api import Audit, file_path, keep_file, write
from peilian.apps.library.checks import is_writer, permit, refuse, require_sight, short
from peilian.apps.library.drafting import begun
from peilian.apps.library.models import Attachment, Content, ContentState, ContentVersion, Draft
from peilian.apps.library.reading import reads_versions
from peilian.apps.people.api import NotVisibleError, Permission

if TYPE_CHECKING:
    from peilian.apps.people.api import User

MOST_BYTES = 20 << 20
MOST_FILES = 20
"""Of one text."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file to hand out, with the headers that keep it from being taken for something else."""

    path: Path
    name: str
    media_type: str
    is_inline: bool
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of a file: added (no ``before``), taken away (no ``after``), or replaced by one of its name."""

    name: str
    before: Attachment | None
    after: Attachment | None


def attach(*, actor: User | None, content: Content, name: str, data: bytes) -> Attachment:
    """Add a file to what is being written of a text, in place of one of the same name; a draft is begun where there is
    none. Readers see it once that is published. Its kind is told by its content, not by its name."""
    permit(actor, Permission.WRITE_LIBRARY)
    name = short(plain_name(name), "name", limit=255, is_needed=True)
    if len(data) > MOST_BYTES:
        raise refuse("library.file_too_large", "file", limit=MOST_BYTES >> 20)
    if is_run(name):
        raise refuse("library.file_is_run", "file", name=name)
    media_type = media_type_of(data)
    if media_type is None and is_text_of_other_encoding(name, data):
        raise refuse("library.text_not_utf8", "file", name=name)
    if media_type is None:
        raise refuse("library.file_of_no_known_kind", "file", name=name)
    file = keep_file(actor=actor, name=name, chunks=[without_traces(data)])
    with write(actor=actor, verb="library.attach") as audit:
        draft = begun(audit, actor, content)
        held = _rows(draft.files).get(name)
        if held is not None and held.file.sha256 == file.sha256:
            audit.unchanged()
            return held
        if name not in draft.files and len(draft.files) >= MOST_FILES:
            raise refuse("library.too_many_files", "file", limit=MOST_FILES)
        row = Attachment.objects.create(
            content=draft.content, file=file, name=name, media_type=media_type, added_at=audit.at, added_by=actor
        )
        audit.created(row)
        _keep(audit, actor, draft, {**draft.files, name: str(row.pk)})
    return row


def remove_attachment(*, actor: User | None, attachment: Attachment) -> Draft:
    """Take a file away from what is being written of its text. Versions that have it keep it."""
    permit(actor, Permission.WRITE_LIBRARY)
    with write(actor=actor, verb="library.remove_attachment") as audit:
        draft = begun(audit, actor, attachment.content)
        left = {name: pk for name, pk in draft.files.items() if pk != str(attachment.pk)}
        if left == draft.files:
            audit.unchanged()
            return draft
        _keep(audit, actor, draft, left)
    return draft


def attachments_of(*, user: User, of: ContentVersion | Draft) -> list[Attachment]:
    """The files of a version or of a draft, the oldest first."""
    permit(user, Permission.WRITE_LIBRARY if isinstance(of, Draft) else Permission.SEE_LIBRARY)
    require_sight(user, of.content)
    if not of.files:
        return []
    rows = list(_rows(of.files).values())
    if is_writer(user):
        return rows
    handed_out = _handed_out(user, of.content)
    return [row for row in rows if str(row.pk) in handed_out]


def compare_files(*, user: User, one: ContentVersion | Draft | None, other: ContentVersion | Draft) -> list[FileChange]:
    """What ``other`` changed of the files of ``one``, by name."""
    before, after = ({row.name: row for row in attachments_of(user=user, of=of)} if of else {} for of in (one, other))
    changes = (FileChange(name, before.get(name), after.get(name)) for name in sorted({*before, *after}))
    return [change for change in changes if change.before != change.after]


def open_attachment(*, user: User, pk: UUID | str) -> Opened:
    """A file to hand out: pictures may be shown in the page, everything else is saved. Who does not write opens those
    of wordings that were published here."""
    permit(user, Permission.SEE_LIBRARY)
    try:
        row = Attachment.objects.select_related("file", "content").get(pk=UUID(str(pk)))
    except (Attachment.DoesNotExist, ValueError):
        raise NotVisibleError from None
    require_sight(user, row.content)
    if not is_writer(user) and str(row.pk) not in _handed_out(user, row.content):
        raise NotVisibleError
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Opened(file_path(row.file), row.name, row.media_type, row.is_picture, headers)


def _keep(audit: Audit, actor: User | None, draft: Draft, files: Mapping[str, str]) -> None:
    """Another set of files is another edition: whoever reviews looks again."""
    before = {"files": draft.files, "edition": draft.edition, "state": draft.state}
    draft.files = dict(files)
    draft.rewritten(at=audit.at, by=actor.pk if actor is not None else None)
    audit.changed(draft, **before)


def _rows(files: Mapping[str, str]) -> dict[str, Attachment]:
    found = Attachment.objects.filter(pk__in=list(files.values())).select_related("file")
    return {row.name: row for row in found}


def _handed_out(user: User, content: Content) -> set[str]:
    """The ids of the files that a reader may open: those of every wording that was in use, of a drill those of the
    present one. Read without the wordings themselves."""
    if content.state == ContentState.NEW:
        return set()
    rows = ContentVersion.objects.filter(content=content).order_by().values_list("pk", "base", "files")
    versions = {pk: (base, files) for pk, base, files in rows}
    found: set[str] = set()
    here = content.current_id
    while here is not None:
        here, files = versions[here]
        found.update(files.values())
        if not reads_versions(user=user, content=content):
            break
    return found
