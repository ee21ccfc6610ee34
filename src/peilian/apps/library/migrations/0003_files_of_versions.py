"""Files belong to drafts and versions instead of to the text as it is at the moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import migrations, models
from django.utils import timezone

from peilian.apps.base.api import guard

_BEFORE = ("library_contentversion", "library_use", "library_confirmation")
GUARDED = (*_BEFORE, "library_attachment")


def give_files_to_wordings(apps: Any, schema_editor: Any) -> None:
    """Each version keeps the files as they stood when the next one took its place, the last one and an open draft those
    of now: what a reader saw of it last."""
    Attachment, Version, Draft = (
        apps.get_model("library", name) for name in ("Attachment", "ContentVersion", "Draft")
    )  # fmt: skip
    of_content: dict[Any, list[Any]] = {}
    for row in Attachment.objects.order_by("id"):
        of_content.setdefault(row.content_id, []).append(row)
    # Changing columns may have made the table anew, without its triggers; taking away what is gone does no harm.
    guard.remove(schema_editor.connection, _BEFORE)
    for content, rows in of_content.items():
        until: datetime | None = None
        for version in Version.objects.filter(content=content).only("id", "made_at").order_by("-number"):
            Version.objects.filter(pk=version.pk).update(files=_files(rows, until))
            until = version.made_at
        for draft in Draft.objects.filter(content=content).only("id", "decided_at", "state"):
            is_over = draft.state in ("published", "dropped")
            Draft.objects.filter(pk=draft.pk).update(files=_files(rows, draft.decided_at if is_over else None))
    guard.install(schema_editor.connection, GUARDED)


def give_files_to_texts(apps: Any, schema_editor: Any) -> None:
    """Back: what neither the present version nor an open draft names is taken away."""
    Attachment, Content, Draft = (apps.get_model("library", name) for name in ("Attachment", "Content", "Draft"))
    guard.remove(schema_editor.connection, GUARDED)
    held: set[str] = set()
    for files in Content.objects.filter(current__isnull=False).values_list("current__files", flat=True):
        held.update(files.values())
    for files in Draft.objects.exclude(state__in=("published", "dropped")).values_list("files", flat=True):
        held.update(files.values())
    for row in Attachment.objects.filter(removed_at=None):
        if str(row.pk) not in held:
            Attachment.objects.filter(pk=row.pk).update(removed_at=timezone.now())


def set_guard(apps: Any, schema_editor: Any) -> None:
    guard.install(schema_editor.connection, GUARDED)


def set_former_guard(apps: Any, schema_editor: Any) -> None:
    guard.install(schema_editor.connection, _BEFORE)


def _files(rows: list[Any], until: datetime | None) -> dict[str, str]:
    """The files that were there at a moment (``None``: now); of two with one name the newer one, as it was shown."""
    return {
        row.name: str(row.pk)
        for row in rows
        if (row.removed_at is None if until is None else _was_there(row, until))
    }  # fmt: skip


def _was_there(row: Any, at: datetime) -> bool:
    return row.added_at < at and (row.removed_at is None or row.removed_at >= at)


class Migration(migrations.Migration):
    dependencies = [("library", "0002_lists")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, set_former_guard),
        migrations.AddField("draft", "files", models.JSONField(default=dict)),
        migrations.AddField("contentversion", "files", models.JSONField(default=dict)),
        migrations.RunPython(give_files_to_wordings, give_files_to_texts),
        migrations.RemoveField("attachment", "removed_at"),
        # The table may have been made anew by that.
        migrations.RunPython(set_guard, migrations.RunPython.noop),
    ]
