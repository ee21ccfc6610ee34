"""Staging: the rows of an import on disk, cleaned and masked, in buckets by conversation, so that memory stays bounded.

A folder that holds ``staged.json`` is complete and can be assembled again and again; without it the folder is worth
nothing. A bucket is a file of JSON lines, each a list: ``[*fields, file]`` is a row, ``[conversation_id, file]``
one that was at fault and takes its conversation with it.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from peilian.adapters.importers import Format, choose
from peilian.adapters.importers.files import LIMITS, Limits, Table
from peilian.adapters.importers.opening import Examined, open_table
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.conversation import About, Direction, DirectionSense, MessageRow, Rows
from peilian.engine.conversation.canonical import parse_about, parse_message

VERSION = 1  # of the staged form; part of what a resumed import must agree on
_BUCKET_BYTES = 12 << 20
_MOST_BUCKETS = 256
_STEP = 2000  # rows between two words of progress
_DAY_MS = 86_400_000
_BATCH = 200  # rows written to a bucket at once
_LONG = 20_000  # characters of a text that makes its batch be written

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


@dataclass(slots=True)
class StagedFile:
    """One file as it was staged."""

    name: str
    form: str
    format: str
    kind: str
    encoding: str | None
    n_rows: int = 0
    n_lost: int = 0  # rows at fault that name no conversation
    direction: str = Direction.FORWARD.value


@dataclass(slots=True)
class Staged:
    """What staging found; ``days`` maps a UTC day number (``None`` as -1: untimed) to messages and characters."""

    files: list[StagedFile] = field(default_factory=list)
    n_buckets: int = 1
    days: dict[int, tuple[int, int]] = field(default_factory=dict)
    n_faults: int = 0


@dataclass(slots=True)
class Group:
    """All staged rows of one conversation, by file."""

    conversation_id: str
    sources: dict[int, Rows] = field(default_factory=dict)
    n_messages: int = 0
    n_rejected: int = 0  # rows at fault
    is_rejected: bool = False

    @property
    def rows(self) -> list[Rows]:
        """The rows by file, in the order of the files."""
        return [self.sources[number] for number in sorted(self.sources)]


class Staging:
    """The folder of one import's staged rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def is_complete(self) -> bool:
        """Whether every row of every file is staged."""
        return (self.folder / "staged.json").exists()

    def stage(
        self,
        files: Sequence[Examined],
        format_name: str | Format,
        disguise: Callable[[str], str],
        notice: Callable[[int, int], None] = lambda _done, _total: None,
        limits: Limits = LIMITS,
    ) -> Staged:
        """Read all files into buckets; ``notice`` hears bytes done and bytes in all, and may raise to stop.

        Raises ``InputError`` when a file cannot be used as a whole.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.folder.iterdir():
            leftover.unlink()
        opened = []
        for examined in files:
            table = open_table(examined, limits)
            chosen = format_name if isinstance(format_name, Format) else None
            opened.append((examined, table, chosen or choose(table.columns, str(format_name), examined.path.name)))
        total = sum(table.n_bytes() for _, table, _ in opened)
        n_buckets = min(_MOST_BUCKETS, 1 + total // _BUCKET_BYTES)
        with _Buckets(self.folder, n_buckets) as buckets:
            done = 0
            for number, (examined, table, chosen) in enumerate(opened):
                buckets.add_file(number, examined, table, chosen, disguise, _from(done, total, notice))
                done += table.n_bytes()
            staged = buckets.staged
        _write_whole(self.folder / "staged.json", json.dumps(asdict(staged)))
        return staged

    def load(self) -> Staged:
        """What a complete staging found."""
        data = json.loads((self.folder / "staged.json").read_text("utf-8"))
        return Staged(
            files=[StagedFile(**item) for item in data["files"]],
            n_buckets=data["n_buckets"],
            days={int(day): (counts[0], counts[1]) for day, counts in data["days"].items()},
            n_faults=data["n_faults"],
        )

    def faults(self) -> Iterator[Fault]:
        """The faults of rows, in the order of the files."""
        return read_faults(self.folder / "faults.jsonl")

    def bucket(self, staged: Staged, number: int) -> list[Group]:
        """The conversations of one bucket, in the order of their first row."""
        groups: dict[str, Group] = {}
        is_message = [item.kind == "messages" for item in staged.files]
        directions = [Direction(item.direction) for item in staged.files]
        with self._path(number).open(encoding="utf-8", newline="\n") as lines:
            for values in (values for line in lines for values in json.loads(line)):
                source, conversation_id = values.pop(), values[0]
                group = groups.get(conversation_id)
                if group is None:
                    group = groups[conversation_id] = Group(conversation_id)
                if len(values) == 1:
                    group.is_rejected = True
                    group.n_rejected += is_message[source]
                    continue
                rows = group.sources.get(source)
                if rows is None:
                    rows = group.sources[source] = Rows(direction=directions[source])
                if is_message[source]:
                    rows.messages.append(MessageRow._make(values))
                    group.n_messages += 1
                else:
                    rows.abouts.append(_as_about(values))
        return list(groups.values())

    def _path(self, number: int) -> Path:
        return self.folder / f"bucket-{number:03d}.jsonl"


def _from(done: int, total: int, notice: Callable[[int, int], None]) -> Callable[[int], None]:
    """Hears how much of one file is read, and tells how much of all."""
    return lambda read: notice(done + read, total)


class _Buckets:
    """The buckets while they are written."""

    def __init__(self, folder: Path, n_buckets: int) -> None:
        self._files: list[TextIO] = [
            (folder / f"bucket-{n:03d}.jsonl").open("w", encoding="utf-8", newline="\n") for n in range(n_buckets)
        ]
        self._pending: list[list[tuple[object, ...]]] = [[] for _ in self._files]
        self._faults = FaultLog(folder / "faults.jsonl")
        self._messages: Counter[int] = Counter()
        self._characters: Counter[int] = Counter()
        self.staged = Staged(n_buckets=n_buckets)

    def __enter__(self) -> _Buckets:
        return self

    def __exit__(self, *_error: object) -> None:
        for bucket, file in enumerate(self._files):
            self._flush(bucket)
            file.flush()
            os.fsync(file.fileno())
            file.close()
        self._faults.close()
        self.staged.days = {day: (n, self._characters[day]) for day, n in self._messages.items()}
        self.staged.n_faults = self._faults.n

    def add_file(
        self,
        number: int,
        examined: Examined,
        table: Table,
        chosen: Format,
        disguise: Callable[[str], str],
        notice: Callable[[int], None],
    ) -> None:
        """Stage one file."""
        item = StagedFile(examined.path.name, table.form, chosen.key, chosen.kind, table.encoding)
        self.staged.files.append(item)
        add = self._message_adder(number) if chosen.kind == "messages" else self._about_adder(number)
        sense = DirectionSense()
        names = chosen.renamed(table.columns)
        has_extra_keys = table.form == "jsonl"  # an object may hold keys that the first ones lacked
        same = all(source == name for source, name in names.items()) and not chosen.constants and not has_extra_keys
        for at_row, raw in enumerate(table.rows(chosen.time_columns), start=1):
            if at_row % _STEP == 0:
                notice(table.position())
            item.n_rows = at_row
            if isinstance(raw, Fault):
                self._reject(number, item, at_row, examined, [raw])
                continue
            try:
                row = raw if same else canonical_row(raw, chosen, names)
                add(row, at_row, disguise, sense)
            except InputError as error:
                self._reject(number, item, at_row, examined, error.faults)
        notice(table.n_bytes())
        if "seq" not in names.values():
            item.direction = sense.direction.value

    def _message_adder(
        self, number: int
    ) -> Callable[[Mapping[str, object], int, Callable[[str], str], DirectionSense], None]:
        pending, n_buckets = self._pending, len(self._files)
        messages, characters = self._messages, self._characters

        def add(row: Mapping[str, object], at_row: int, disguise: Callable[[str], str], sense: DirectionSense) -> None:
            message = parse_message(row, at_row, disguise)
            sense.notice(message)
            day = -1 if message.at_ms is None else message.at_ms // _DAY_MS
            messages[day] += 1
            characters[day] += len(message.text)
            bucket = zlib.crc32(message.conversation_id.encode()) % n_buckets if n_buckets > 1 else 0
            rows = pending[bucket]
            rows.append((*message, number))
            if len(rows) >= _BATCH or len(message.text) > _LONG:
                self._flush(bucket)

        return add

    def _about_adder(
        self, number: int
    ) -> Callable[[Mapping[str, object], int, Callable[[str], str], DirectionSense], None]:
        def add(row: Mapping[str, object], at_row: int, disguise: Callable[[str], str], sense: DirectionSense) -> None:
            del at_row, sense
            about = parse_about(row, disguise)
            values = [str(value) if isinstance(value, Decimal) else value for value in about]
            self._write(about.conversation_id, (*values, number))

        return add

    def _write(self, conversation_id: str, values: tuple[object, ...]) -> None:
        bucket = zlib.crc32(conversation_id.encode()) % len(self._files)
        self._pending[bucket].append(values)
        if len(self._pending[bucket]) >= _BATCH:
            self._flush(bucket)

    def _flush(self, bucket: int) -> None:
        """Write the waiting rows of a bucket as one line."""
        if self._pending[bucket]:
            self._files[bucket].write(_encode(self._pending[bucket]) + "\n")
            self._pending[bucket].clear()

    def _reject(self, number: int, item: StagedFile, at_row: int, examined: Examined, faults: Iterable[Fault]) -> None:
        conversation_id = None
        for fault in faults:
            self._faults.add(replace(fault, file=examined.path.name, row=at_row))
            conversation_id = fault.conversation_id
        if conversation_id is None:
            item.n_lost += 1
        else:
            self._write(conversation_id, (conversation_id, number))


def canonical_row(raw: Mapping[str, object], chosen: Format, names: dict[str, str]) -> dict[str, object]:
    """A row under canonical names; ``names`` gives the name of each source column and learns new ones."""
    row = {names.get(name) or _foreign(chosen, names, name): value for name, value in raw.items()}
    row.update(chosen.constants)
    return row


def _foreign(chosen: Format, names: dict[str, str], name: str) -> str:
    """The name of a column that was not among the first rows' keys."""
    names.update(chosen.renamed([*names, name]))
    return names[name]


def _as_about(values: list[Any]) -> About:
    about = About._make(values)
    if about.order_amount is None and about.refunded_amount is None:
        return about
    return about._replace(
        order_amount=None if about.order_amount is None else Decimal(about.order_amount),
        refunded_amount=None if about.refunded_amount is None else Decimal(about.refunded_amount),
    )


class FaultLog:
    """A file of faults, one a line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self.n = 0

    def add(self, fault: Fault) -> None:
        """Append one fault."""
        reason = fault.reason
        values = (reason.key, dict(reason.params), fault.file, fault.row, fault.field, fault.conversation_id)
        self._file.write(_encode(values) + "\n")
        self.n += 1

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def read_faults(path: Path) -> Iterator[Fault]:
    """The faults of a log; none when there is no log."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            key, params, file, row, column, conversation_id = json.loads(line)
            yield Fault(Reason(key, params), file=file, row=row, field=column, conversation_id=conversation_id)


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
