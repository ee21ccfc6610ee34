"""Importing conversations (导入): files into the lake, a preview for people, and conversations straight from a file.

Rows are staged on disk by conversation, cleaned and masked; then conversations are put together, joined with what the
lake holds of them, measured, and become part of the lake in one step. A run that is killed leaves the lake as it was;
the next run of the same files goes on from the staged rows.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from peilian.adapters.importers import Format, choose
from peilian.adapters.importers.files import LIMITS, Limits, Table
from peilian.adapters.importers.opening import Examined, examine, open_table
from peilian.adapters.importers.staging import VERSION, FaultLog, Group, Staged, Staging, canonical_row, read_faults
from peilian.adapters.lake.manifest import ImportRecord, Manifest
from peilian.adapters.lake.store import Lake
from peilian.adapters.lake.writing import Writer, discard
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.conversation import Assembled, Conversation, assemble
from peilian.engine.conversation.canonical import ABOUT_COLUMNS, MESSAGE_COLUMNS, parse_about, parse_message
from peilian.engine.conversation.pseudonym import pseudonymiser
from peilian.flows.garbage import rare_collections

Phase = Literal["check", "stage", "assemble", "write"]
_COUNTED = 3000  # rows counted to estimate how many a file has
FAULTS_KEPT = 200  # in a report; a file of rejects holds all


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: ``check`` and ``stage`` count bytes, ``assemble`` and ``write`` parts of the work."""

    phase: Phase
    done: int
    total: int


@dataclass(slots=True)
class Tally:
    """What became of messages or conversations; ``read`` is the sum of the others."""

    read: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0


@dataclass(slots=True)
class ImportReport:
    """What an import did. ``faults`` are the first of ``n_faults``; ``faults_by_kind`` counts all by reason."""

    messages: Tally = field(default_factory=Tally)
    conversations: Tally = field(default_factory=Tally)
    clock_faults: int = 0  # messages among those stored
    clock_fault_conversations: int = 0
    faults: list[Fault] = field(default_factory=list)
    n_faults: int = 0
    faults_by_kind: dict[str, int] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    is_cancelled: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON can hold it."""
        found = asdict(self)
        found["faults"] = [_fault_as_dict(fault) for fault in self.faults]
        return found


def _fault_as_dict(fault: Fault) -> dict[str, Any]:
    return {
        "key": fault.reason.key,
        "params": dict(fault.reason.params),
        "file": fault.file,
        "row": fault.row,
        "field": fault.field,
        "conversation_id": fault.conversation_id,
    }


@dataclass(frozen=True, slots=True)
class Preview:
    """What the head of a file looks like to the importer. ``columns`` maps source columns to what they become."""

    name: str
    format: str
    kind: str
    form: str
    encoding: str | None
    columns: Mapping[str, str]
    rows: list[dict[str, str | None]]
    faults: list[Fault]
    n_rows_estimated: int


class _Cancelled(Exception):
    """The user does not want it any more."""


def import_files(
    paths: Sequence[Path],
    *,
    lake: Lake,
    format: str | Format = "auto",
    strict: bool = False,
    rejects: Callable[[Iterable[Fault]], None] | None = None,
    progress: Callable[[Progress], None] = lambda _step: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    now_ms: int,
    limits: Limits = LIMITS,
) -> ImportReport:
    """Import files, messages and companions together, into ``lake``.

    A fault of a row rejects its conversation; ``rejects`` gets every fault. Raises ``InputError`` when a file cannot be
    used as a whole, or with ``strict`` when there is any fault. Then, and when cancelled, nothing is stored.
    """

    def tell(step: Progress) -> None:
        progress(step)
        if is_cancelled():
            raise _Cancelled

    try:
        files = _examined(paths, tell)
        key = _key(files, format)
        with lake.writing(keep=key) as state:
            try:
                with rare_collections():
                    return _Import(lake, state, key, strict, tell).run(files, format, limits, rejects, now_ms)
            except (_Cancelled, InputError):
                discard(lake.staging(key))
                raise
    except _Cancelled:
        return ImportReport(is_cancelled=True)


def _examined(paths: Sequence[Path], tell: Callable[[Progress], None]) -> list[Examined]:
    total = sum(path.stat().st_size for path in paths if path.exists())
    done = 0

    def notice(n_bytes: int) -> None:
        nonlocal done
        done += n_bytes
        tell(Progress("check", min(done, total), total))

    return [examine(path, notice) for path in paths]


def _key(files: Sequence[Examined], format_name: str | Format) -> str:
    """What names an import: the contents of its files, their order, and how they are read."""
    parts = [str(VERSION), repr(format_name), *(f"{item.path.name}:{item.sha256}" for item in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


class _Import:
    """One import while it runs; holds the lake's lock."""

    def __init__(self, lake: Lake, state: Manifest, key: str, strict: bool, tell: Callable[[Progress], None]) -> None:
        self.lake = lake
        self.state = state
        self.key = key
        self.strict = strict
        self.tell = tell
        self.report = ImportReport()
        self.folder = lake.staging(key)

    def run(
        self,
        files: Sequence[Examined],
        format_name: str | Format,
        limits: Limits,
        rejects: Callable[[Iterable[Fault]], None] | None,
        now_ms: int,
    ) -> ImportReport:
        staging, staged = self._staged(files, format_name, limits)
        writer = self.lake.writer(self.state, self.key, staged.days)
        log = FaultLog(self.folder / "assembly.jsonl")
        try:
            for number in range(staged.n_buckets):
                self.tell(Progress("assemble", number, staged.n_buckets))
                self._assemble(staging.bucket(staged, number), writer, log)
        finally:
            log.close()
        self._conclude(staging, staged, rejects)
        written = []
        total = writer.n_steps
        for segment in writer.write():
            written.append(segment)
            self.tell(Progress("write", len(written), total))
        writer.commit(written, self._record(files, now_ms))
        discard(self.folder)
        return self.report

    def _staged(self, files: Sequence[Examined], format_name: str | Format, limits: Limits) -> tuple[Staging, Staged]:
        """The staged rows; those of an earlier run that was broken off are taken up."""
        staging = Staging(self.folder / "rows")
        if staging.is_complete:
            return staging, staging.load()
        discard(self.folder)

        def notice(done: int, total: int) -> None:
            self.tell(Progress("stage", done, total))

        return staging, staging.stage(files, format_name, self.lake.pseudonym, notice, limits)

    def _assemble(self, groups: Sequence[Group], writer: Writer, log: FaultLog) -> None:
        stored = writer.stored([group.conversation_id for group in groups if not group.is_rejected])
        messages, conversations = self.report.messages, self.report.conversations
        for group in groups:
            conversations.read += 1
            messages.read += group.n_messages + group.n_rejected
            earlier, erased_at_ms = stored.get(group.conversation_id, (None, None))
            found = assembled(group, earlier)
            if isinstance(found, Assembled) and found.is_changed and erased_at_ms is not None:
                found = _of_the_erased(found, group)
            if not isinstance(found, Assembled):
                if found is not None:
                    log.add(found)
                conversations.rejected += 1
                messages.rejected += group.n_messages + group.n_rejected
                continue
            messages.stored += found.n_new
            messages.duplicate += found.n_duplicate
            if found.is_changed:
                conversations.stored += 1
                n_faults = sum(message.is_clock_fault for message in found.conversation.messages)
                self.report.clock_faults += n_faults
                self.report.clock_fault_conversations += n_faults > 0
                writer.put(found.conversation)
            else:
                conversations.duplicate += 1

    def _conclude(self, staging: Staging, staged: Staged, rejects: Callable[[Iterable[Fault]], None] | None) -> None:
        """Complete the report with files and faults; with ``strict``, refuse faults."""
        report = self.report
        report.files = [asdict(item) for item in staged.files]
        n_lost = sum(item.n_lost for item in staged.files if item.kind == "messages")
        report.messages.read += n_lost
        report.messages.rejected += n_lost

        def faults() -> Iterator[Fault]:
            yield from staging.faults()
            yield from read_faults(self.folder / "assembly.jsonl")

        kinds = Counter(fault.reason.key for fault in faults())
        report.faults_by_kind = dict(kinds.most_common())
        report.n_faults = kinds.total()
        report.faults = list(islice(faults(), FAULTS_KEPT))
        if rejects is not None:
            rejects(faults())
        if self.strict and report.faults:
            raise InputError(*report.faults)

    def _record(self, files: Sequence[Examined], now_ms: int) -> ImportRecord:
        counts = {"messages": asdict(self.report.messages), "conversations": asdict(self.report.conversations)}
        names = tuple({"name": item.path.name, "sha256": item.sha256} for item in files)
        return ImportRecord(self.key, now_ms, names, counts)


def _of_the_erased(found: Assembled, group: Group) -> Assembled | Fault:
    """New words of an erased customer are not taken in; what only repeats the known is a duplicate as ever."""
    if found.n_new:
        return Fault(Reason("import.erased"), conversation_id=group.conversation_id)
    return replace(found, is_changed=False)


def assembled(group: Group, stored: Conversation | None) -> Assembled | Fault | None:
    """The conversation of a group; a fault when its rows cannot stand together, ``None`` when one was rejected."""
    if group.is_rejected:
        return None
    try:
        found = assemble(group.conversation_id, group.rows, stored)
    except InputError as error:
        return error.faults[0]
    return found or Fault(Reason("import.no_messages"), conversation_id=group.conversation_id)


def preview_file(path: Path, *, format: str | Format = "auto", rows: int = 20, limits: Limits = LIMITS) -> Preview:
    """The head of a file as the importer sees it, masked. Raises ``InputError`` when it cannot be used as a whole."""
    examined = examine(path)
    table = open_table(examined, limits)
    chosen = format if isinstance(format, Format) else choose(table.columns, format, path.name)
    names = chosen.renamed(table.columns)
    disguise = pseudonymiser(secrets.token_bytes(32))
    shown: list[dict[str, str | None]] = []
    faults: list[Fault] = []
    head = iter(table.rows(chosen.time_columns))
    for number, raw in enumerate(islice(head, rows), start=1):
        try:
            if isinstance(raw, Fault):
                raise InputError(raw)
            row = canonical_row(raw, chosen, names)
            is_message = chosen.kind == "messages"
            values = parse_message(row, number, disguise) if is_message else parse_about(row, disguise)
            shown.append({name: None if value is None else str(value) for name, value in values._asdict().items()})
        except InputError as error:
            faults += [replace(fault, file=path.name, row=number) for fault in error.faults]
    canonical = MESSAGE_COLUMNS if chosen.kind == "messages" else ABOUT_COLUMNS
    columns = {name: target if target in canonical else "extra" for name, target in names.items()}
    n_rows = _estimated(len(shown) + len({fault.row for fault in faults}), head, table)
    return Preview(path.name, chosen.key, chosen.kind, table.form, table.encoding, columns, shown, faults, n_rows)


def _estimated(n_read: int, rest: Iterator[object], table: Table) -> int:
    """About how many rows a table has, after ``n_read`` of them; exact for a small one."""
    n_read += sum(1 for _ in islice(rest, _COUNTED))
    position = table.position()
    if next(rest, None) is None:
        return n_read
    return max(n_read + 1, n_read * table.n_bytes() // max(1, position))


def read_conversations(
    paths: Path | Sequence[Path],
    format: str | Format = "auto",
    *,
    strict: bool = False,
    on_fault: Callable[[Fault], None] | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Conversation]:
    """The conversations of one file, or of messages and companion together, masked, customers as one-time pseudonyms.

    A fault of a row leaves out its conversation and is told to ``on_fault``; with ``strict``, or when nobody listens,
    it raises ``InputError`` before the first conversation. Memory stays bounded: rows are staged on disk.
    """
    files = [examine(path) for path in ([paths] if isinstance(paths, Path) else paths)]
    disguise = lru_cache(maxsize=1 << 14)(pseudonymiser(secrets.token_bytes(32)))
    tell = None if strict else on_fault
    with tempfile.TemporaryDirectory(prefix="peilian-") as folder:
        staging = Staging(Path(folder) / "rows")
        staged = staging.stage(files, format, disguise, limits=limits)
        if tell is None and staged.n_faults:
            raise InputError(*islice(staging.faults(), FAULTS_KEPT))
        if tell is not None:
            for fault in staging.faults():
                tell(fault)
        for number in range(staged.n_buckets):
            for group in staging.bucket(staged, number):
                found = assembled(group, None)
                if isinstance(found, Assembled):
                    yield found.conversation
                elif found is not None:
                    if tell is None:
                        raise InputError(found)
                    tell(found)
