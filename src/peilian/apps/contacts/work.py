"""The jobs of this app: import conversations, and read what was imported."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from peilian.adapters.lake import Lake
from peilian.apps.base import api as base
from peilian.apps.contacts.models import ConversationImport
from peilian.flows import importing

Progress = Callable[[int, int | None, str], None]


def lake() -> Lake:
    """The lake of this installation, made on first use."""
    path = Path(settings.LAKE)
    return Lake.open(path) if (path / "lake.json").exists() else Lake.create(path)


@base.handlers.register("contacts.import")
def import_conversations(context: base.JobContext) -> Mapping[str, Any]:
    """Import the uploaded files of one ``ConversationImport``, read them, and drop the uploads.

    The uploads go because they hold personal data unmasked; what is needed of them is in the lake, masked.
    """
    row = ConversationImport.objects.get(pk=context.parameters["import"])
    with named_copies(list(row.files.order_by("id"))) as paths:
        report = run_import(
            paths,
            format=row.format,
            progress=context.progress,
            is_cancelled=context.is_cancelled,
        )
    context.stop_if_cancelled()
    finish_import(row, report)
    return report


def run_import(
    paths: Sequence[Path], *, format: str, progress: Progress, is_cancelled: Callable[[], bool]
) -> dict[str, Any]:
    """Import files into the lake and read what is unread; returns the report as JSON can hold it."""
    target = lake()
    report = importing.import_files(
        paths,
        lake=target,
        format=format,
        progress=lambda step: progress(step.done, step.total, f"import.{step.phase}"),
        is_cancelled=is_cancelled,
        now_ms=time.time_ns() // 1_000_000,
    )
    if not is_cancelled():
        read_unread(target, progress=progress, is_cancelled=is_cancelled)
    return report.as_dict()


@contextmanager
def named_copies(files: Sequence[base.StoredFile]) -> Iterator[list[Path]]:
    """The stored files under the names they were uploaded with, since messages and endings speak of those."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, file in enumerate(files):
            place = Path(folder) / str(number)
            place.mkdir()
            link = place / file.name
            link.symlink_to(base.file_path(file))
            paths.append(link)
        yield paths


def read_unread(target: Lake, *, progress: Progress, is_cancelled: Callable[[], bool]) -> None:
    """Read every conversation that has no reading of the present rules yet."""
    from peilian.flows import reading

    reading.read_lake(target, progress=lambda done, total: progress(done, total, "read"), is_cancelled=is_cancelled)


def finish_import(row: ConversationImport, report: Mapping[str, Any]) -> None:
    """Keep the report, forget the uploads."""
    files = list(row.files.all())
    with base.write(actor=row.created_by, verb="contacts.import") as audit:
        row.report = dict(report)
        row.save()
        audit.changed(row, report=None)
        row.files.clear()
    for file in files:
        base.drop_file(actor=row.created_by, row=file)
