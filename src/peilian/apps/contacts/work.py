"""The jobs of this app: import conversations, read what is unread, take snapshots, clear away uploads."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from peilian.adapters.lake import Lake
from peilian.adapters.lake.manifest import ImportRecord
from peilian.apps.base import api as base
from peilian.apps.contacts.models import ConversationImport, KpiSnapshot
from peilian.apps.contacts.snapshots import take_snapshots
from peilian.apps.contacts.uploads import drop_leftovers, drop_uploads
from peilian.apps.library import api as library
from peilian.apps.people.api import AgentAccount
from peilian.engine._kernel import Fault, InputError
from peilian.flows import importing

Progress = Callable[[int, int | None, str], None]

# Another writer of the lake (an erasure, a command line) is waited for this long before the import is given up.
_LOCK_TRIES, _LOCK_PAUSE_SECONDS = 240, 0.5


def lake() -> Lake:
    """The lake of this installation, made on first use."""
    path = Path(settings.LAKE)
    return base.remembered(("lake", path), lambda: _lake_at(path))


def _lake_at(path: Path) -> Lake:
    if not (path / "lake.json").exists():
        try:
            return Lake.create(path)
        except InputError:
            if not (path / "lake.json").exists():
                raise
            # Another process made it in the meantime.
    return Lake.open(path)


@base.handlers.register("contacts.import")
def import_conversations(context: base.JobContext) -> Mapping[str, Any]:
    """Import the uploaded files of one ``ConversationImport``, then read them.

    The report is kept and the uploads are dropped as soon as the lake has the conversations, before the reading; a
    run that was broken off anywhere goes on from there and stores nothing twice.
    """
    row = ConversationImport.objects.get(pk=context.parameters["import"])
    try:
        # A run that follows one that died does not know which months that one touched.
        months = _bring_in(row, context) if row.report is None else months_of(lake(), without=set())
    except Exception:
        # Over, one way or another. A killed worker does not come here: its successor needs the files.
        drop_uploads(row)
        _drop_rejects(row)
        raise
    read_unread(lake(), progress=context.progress, is_cancelled=context.is_cancelled)
    context.stop_if_cancelled()
    start_evidence(months)
    return summary(row.report or {})


@base.handlers.register("contacts.read")
def read_conversations(context: base.JobContext) -> Mapping[str, Any]:
    """Read every conversation that has no reading of the present rules."""
    n_read = read_unread(lake(), progress=context.progress, is_cancelled=context.is_cancelled)
    context.stop_if_cancelled()
    return {"conversations": n_read}


@base.handlers.register("contacts.snapshots")
def snapshot_months(context: base.JobContext) -> Mapping[str, Any]:
    """Take the snapshots of the months named, each whole or not at all."""
    months = [date.fromisoformat(f"{month}-01") for month in context.parameters["months"]]
    taken = 0
    for number, month in enumerate(months):
        context.progress(number, len(months), "snapshots")
        context.stop_if_cancelled()
        taken += take_snapshots(actor=context.actor, source=lake(), month=month)
    return {"snapshots": taken}


@base.handlers.register("contacts.tidy")
def tidy(context: base.JobContext) -> Mapping[str, Any]:
    """Clear away uploads that nobody needs any more."""
    return {"uploads": drop_leftovers()}


def start_snapshots(months: Iterable[str]) -> None:
    """Queue the snapshots of these months, and of those whose snapshots were taken too early to be final."""
    provisional = KpiSnapshot.objects.filter(is_mature=False).values_list("period", flat=True)
    wanted = sorted({*months, *provisional.distinct()})
    if wanted:
        base.start_job(actor=None, kind="contacts.snapshots", parameters={"months": wanted})


def start_evidence(months: Sequence[str]) -> None:
    """Queue what these months show of people, now that they were read; nothing while no account has a user."""
    if months and AgentAccount.objects.exists():
        base.start_job(actor=None, kind="contacts.evidence", parameters={"months": list(months)})


def summary(report: Mapping[str, Any]) -> dict[str, int]:
    """The counts of a report that a job shows."""
    conversations, messages = report["conversations"], report["messages"]
    return {
        "conversations": conversations["stored"],
        "messages": messages["stored"],
        "duplicate": messages["duplicate"],
        "rejected": messages["rejected"],
    }


def _bring_in(row: ConversationImport, context: base.JobContext) -> list[str]:
    """Import the files and keep the report; returns the months that have news."""
    source = lake()
    record = _record_of(row, source)
    before = {segment.id for segment in source.segments} if record is None else set()
    if record is not None:
        report = _report_of(row, record)
    else:
        with named_copies(list(row.files.order_by("id"))) as paths:
            report = run_import(
                paths,
                format=row.format,
                at_ms=_asked_at_ms(row),
                rejects=lambda faults: keep_rejects(row, faults),
                progress=context.progress,
                is_cancelled=context.is_cancelled,
            )
        if report["is_cancelled"]:
            raise base.JobCancelledError
    finish_import(row, report)
    if not report["conversations"]["stored"]:
        return []
    months = months_of(source, without=before)
    start_snapshots(months)
    return months


def run_import(
    paths: Sequence[Path],
    *,
    format: str,
    at_ms: int | None = None,
    rejects: Callable[[Iterable[Fault]], None] | None = None,
    progress: Progress = lambda *_: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Import files into the lake; returns the report as JSON can hold it. ``at_ms`` names the import in the lake."""
    for _attempt in range(_LOCK_TRIES):
        try:
            return importing.import_files(
                paths,
                lake=lake(),
                format=format,
                rejects=rejects,
                progress=lambda step: progress(*_as_told(step)),
                is_cancelled=is_cancelled,
                now_ms=at_ms if at_ms is not None else time.time_ns() // 1_000_000,
            ).as_dict()
        except InputError as error:
            if is_cancelled() or any(fault.reason.key != "lake.locked" for fault in error.faults):
                raise
            last = error
            progress(0, None, "import.wait")
            time.sleep(_LOCK_PAUSE_SECONDS)
    raise last


def _as_told(step: importing.Progress) -> tuple[int, int, str]:
    """A step as a job tells it. Bytes are told in percent: nobody counts them."""
    phase = f"import.{step.phase}"
    if step.phase in ("check", "stage"):
        return step.done * 100 // max(1, step.total), 100, phase
    return step.done, step.total, phase


@contextmanager
def named_copies(files: Sequence[base.StoredFile]) -> Iterator[list[Path]]:
    """The stored files under the names they were uploaded with, since messages and endings speak of those."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, file in enumerate(files):
            place = Path(folder) / str(number)
            place.mkdir()
            link = place / _short(file.name)
            link.symlink_to(base.file_path(file))
            paths.append(link)
        yield paths


def read_unread(
    target: Lake,
    *,
    progress: Progress = lambda *_: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Read every conversation that has no reading of the present rules yet; returns how many were read."""
    from peilian.flows import reading

    return reading.read_lake(
        target,
        library.lexicons_at_work(),
        progress=lambda done, total: progress(done, total, "read"),
        is_cancelled=is_cancelled,
    )


_READS_AGAIN_AFTER = timedelta(hours=1)


def read_by_new_lists() -> base.Job | None:
    """Queue the reading when conversations were read by other lists of forbidden wording than those of today, at most
    once an hour: whoever mends a list does so several times. What was never read waits for whoever left it so."""
    from peilian.engine.reading.values import ENGINE_VERSION

    target = lake()
    unread = set(target.unread_segments(library.lexicons_at_work().version, ENGINE_VERSION))
    if not any(segment.id in unread and segment.lexicon_version for segment in target.segments):
        return None
    jobs = base.Job.objects.filter(kind__in=("contacts.import", "contacts.read"))
    waiting = jobs.filter(state__in=(base.JobState.QUEUED, base.JobState.RUNNING))
    lately = jobs.filter(kind="contacts.read", created_by=None, created_at__gt=timezone.now() - _READS_AGAIN_AFTER)
    if waiting.exists() or lately.exists():
        return None
    return base.start_job(actor=None, kind="contacts.read", parameters={})


def finish_import(row: ConversationImport, report: Mapping[str, Any]) -> None:
    """Keep the report, drop the uploads."""
    with base.write(actor=row.created_by, verb="contacts.finish_import") as audit:
        row.report = dict(report)
        row.save()
        audit.note(row, {"report": [None, summary(report)]})
    drop_uploads(row)


def keep_rejects(row: ConversationImport, faults: Iterable[Fault]) -> None:
    """Keep every fault of an import, a JSON object a line; a run before this one may have kept them already."""
    _drop_rejects(row)
    lines = (json.dumps(_as_kept(fault), ensure_ascii=False).encode() + b"\n" for fault in faults)
    first = next(lines, None)
    if first is None:
        return
    kept = base.keep_file(actor=row.created_by, name=f"{row.pk}.jsonl", chunks=chain([first], lines))
    _set_rejects(row, kept)


def rejects_of(row: ConversationImport) -> Iterator[Mapping[str, Any]]:
    """Every fault of an import as it was kept."""
    if row.rejects is None:
        return
    with base.file_path(row.rejects).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def months_of(source: Lake, *, without: set[str]) -> list[str]:
    """The months of the segments other than ``without``. Days are UTC; a month next to its border counts with it."""
    found: set[str] = set()
    for segment in source.segments:
        if segment.id in without or segment.first_day is None or segment.last_day is None:
            continue
        day = date.fromisoformat(segment.first_day) - timedelta(days=1)
        last = date.fromisoformat(segment.last_day) + timedelta(days=1)
        while day <= last:
            found.add(f"{day:%Y-%m}")
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.add(f"{last:%Y-%m}")
    return sorted(found)


def _short(name: str) -> str:
    """A name that a file system takes; its ending stays."""
    stem, dot, ending = name.rpartition(".")
    return name if len(name.encode()) <= 200 else stem.encode()[:180].decode(errors="ignore") + dot + ending[:20]


def _as_kept(fault: Fault) -> dict[str, Any]:
    return {
        "key": fault.reason.key,
        "params": dict(fault.reason.params),
        "file": fault.file,
        "row": fault.row,
        "field": fault.field,
        "conversation_id": fault.conversation_id,
    }


def _drop_rejects(row: ConversationImport) -> None:
    kept = row.rejects
    if kept is not None:
        _set_rejects(row, None)
        base.drop_file(actor=row.created_by, row=kept)


def _set_rejects(row: ConversationImport, kept: base.StoredFile | None) -> None:
    before = row.rejects_id
    row.rejects = kept
    with base.write(actor=row.created_by, verb="contacts.keep_rejects") as audit:
        row.save()
        audit.changed(row, rejects=before)


def _asked_at_ms(row: ConversationImport) -> int:
    return int(row.created_at.timestamp() * 1000)


def _record_of(row: ConversationImport, source: Lake) -> ImportRecord | None:
    """What the lake remembers of this import when a worker died after storing it and before keeping its report."""
    at_ms = _asked_at_ms(row)
    for record in reversed(source.manifest.imports):
        if record.at_ms == at_ms and [file["name"] for file in record.files] == row.file_names:
            return record
    return None


def _report_of(row: ConversationImport, record: ImportRecord) -> dict[str, Any]:
    """The report of an import that the lake has already, from its record and the faults that were kept."""
    report = importing.ImportReport().as_dict() | dict(record.counts)
    kinds = Counter(fault["key"] for fault in rejects_of(row))
    report["n_faults"], report["faults_by_kind"] = kinds.total(), dict(kinds.most_common())
    report["faults"] = list(islice(rejects_of(row), importing.FAULTS_KEPT))
    # These were told by the run that died; unknown is not none.
    report["clock_faults"] = report["clock_fault_conversations"] = None
    return report
