"""Importing business tables (导入经营数据): upload, look, answer what is open, store, and take it back.

Nothing is stored by halves: either every row is good, or somebody chose to leave the faulty ones out. The uploaded file
holds what identifies customers and goes as soon as the import is over, or after a day when nobody goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.contacts.business_models import CustomerOrder, FormerRow, TableImport, TableState
from peilian.apps.contacts.table_directory import CompanyDirectory
from peilian.apps.contacts.table_writing import Plan, plan_rows, statements_of, undo_rows, violation_sink, write_plan
from peilian.apps.contacts.work import lake, named_copies
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.flows.tables import KINDS, Checked, ColumnMap, Sheet, TableKind, check_table, guess, open_sheet, recognise

if TYPE_CHECKING:
    from peilian.apps.people.api import User

FORGOTTEN_AFTER = timedelta(days=1)
MANY_ROWS = 5_000  # more are stored by the worker, and only this many are looked at before
_FAULTS_KEPT = 200


@dataclass(frozen=True, slots=True)
class TableLook:
    """A prepared import as it would be stored: the sheet, its likely kinds, what was checked, what would change."""

    sheet: Sheet
    kinds: tuple[str, ...]
    mapped: ColumnMap
    checked: Checked
    plan: Plan

    @property
    def faults(self) -> list[Fault]:
        """Faults of the rows, then rows that are protected; columns go by the headings of the file."""
        headings = self.mapped.columns
        protected = (replace(fault, field=headings.get(fault.field or "", fault.field)) for fault in self.plan.faults)
        return [*self.checked.faults, *protected]

    @property
    def faulty_rows(self) -> int:
        """How many rows cannot be stored."""
        return len({fault.row for fault in self.faults if fault.row is not None})


def table_kinds() -> Mapping[str, TableKind]:
    """The kinds of tables that can be imported; violations only where there is an event register."""
    sink = violation_sink.sink
    if sink is None:
        return {key: kind for key, kind in KINDS.items() if key != "violations"}
    violations = KINDS["violations"]
    columns = tuple(
        replace(column, choices=sink.kinds()) if column.key == "kind" else column for column in violations.columns
    )
    return {**KINDS, "violations": replace(violations, columns=columns)}


def table_imports(*, user: User) -> QuerySet[TableImport]:
    """The imports that were started, newest first."""
    visible_to(user).require(Permission.IMPORT)
    return TableImport.objects.started().select_related("created_by", "undone_by", "job", "rejects")


def prepare_table(*, actor: User, name: str, chunks: Iterable[bytes]) -> TableImport:
    """Keep an uploaded file for an import that is still to be looked at; what earlier visits left behind goes."""
    visible_to(actor).require(Permission.IMPORT)
    drop_table_leftovers()
    file = base.keep_file(actor=actor, name=name, chunks=chunks)
    with base.write(actor=actor, verb="contacts.prepare_table") as audit:
        row = TableImport.objects.create(
            file=file, file_name=file.name, sha256=file.sha256, created_at=timezone.now(), created_by=actor
        )
        audit.created(row)
    return row


def prepared_table(*, user: User, pk: UUID | str) -> TableImport:
    """An import of the user's own that was not started yet, or stored nothing; ``NotVisibleError`` without one."""
    visible_to(user).require(Permission.IMPORT)
    mine = TableImport.objects.open().filter(created_by=user, file__isnull=False)
    row = mine.filter(pk=pk).select_related("file").first()
    if row is None:
        raise NotVisibleError
    return row


def forget_table(*, actor: User, row: TableImport) -> None:
    """Drop an import that was not started, with its file."""
    visible_to(actor).require(Permission.IMPORT)
    if TableImport.objects.open().filter(pk=row.pk).exists():
        _forget(actor, row)


def look_at_table(
    *,
    user: User,
    row: TableImport,
    kind: str = "",
    columns: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
) -> TableLook:
    """What a prepared file says. Without a kind it is recognised, without columns they are guessed.

    Only the head of a long file is read. Raises ``InputError`` when the file or its kind cannot be read.
    """
    visible_to(user).require(Permission.IMPORT)
    return _look(row, kind, columns, answers, actor=user, most=MANY_ROWS)


def store_table(
    *,
    actor: User,
    row: TableImport,
    kind: str,
    columns: Mapping[str, str],
    answers: Mapping[str, str],
    leaves_faulty: bool = False,
) -> TableImport:
    """Store a prepared table: at once when it is short, else by the worker. One that was started already stays.

    Raises ``InputError`` when rows are faulty and nobody chose to leave them out, or a question is open.
    """
    visible_to(actor).require(Permission.IMPORT)
    if kind not in table_kinds():
        raise InputError(Fault(Reason("tables.unknown_kind"), file=row.file_name))
    mapped = ColumnMap(kind, columns, answers)
    fresh = TableImport.objects.get(pk=row.pk)
    if not TableImport.objects.open().filter(pk=row.pk).exists():
        return fresh
    if not _is_long(fresh):
        return _store(fresh, mapped, actor=actor, leaves_faulty=leaves_faulty)
    with base.write(actor=actor, verb="contacts.start_table") as audit:
        before = {"state": fresh.state, "kind": fresh.kind, "mapping": fresh.mapping}
        fresh.kind, fresh.mapping, fresh.leaves_faulty = kind, mapped.as_json(), leaves_faulty
        fresh.state = TableState.STORING
        fresh.job = base.start_job(actor=actor, kind="contacts.table", parameters={"import": str(fresh.pk)})
        fresh.save()
        audit.changed(fresh, **before)
    return fresh


def undo_table(*, actor: User, row: TableImport) -> TableImport:
    """Take an import back whole. Raises ``InputError`` when a later import changed its rows or a guard objects."""
    visible_to(actor).require(Permission.IMPORT)
    with base.write(actor=actor, verb="contacts.undo_table") as audit:
        fresh = TableImport.objects.select_for_update().get(pk=row.pk)
        if fresh.state != TableState.STORED:
            raise InputError(Fault(Reason("tables.already_undone"), file=fresh.file_name))
        n = undo_rows(fresh, actor=actor)
        fresh.state, fresh.undone_at, fresh.undone_by = TableState.UNDONE, timezone.now(), actor
        fresh.save()
        audit.note(fresh, {"state": [TableState.STORED, TableState.UNDONE], "rows": [n, 0]})
    return fresh


def import_table_now(
    *,
    actor: User | None,
    path: Path,
    kind: str = "",
    answers: Mapping[str, str] | None = None,
    leaves_faulty: bool = False,
) -> TableImport:
    """Import a file of this machine at once, without the worker (set-up and demo)."""
    if actor is not None:
        visible_to(actor).require(Permission.IMPORT)
    sheet = open_sheet(path)
    found = kind or _likeliest(sheet)
    mapped = ColumnMap(found, guess(table_kinds()[found], sheet.headings), answers or {})
    file = base.keep_file(actor=actor, name=path.name, chunks=[path.read_bytes()])
    with base.write(actor=actor, verb="contacts.prepare_table") as audit:
        row = TableImport.objects.create(
            file=file, file_name=file.name, sha256=file.sha256, created_at=timezone.now(), created_by=actor
        )
        audit.created(row)
    try:
        return _store(row, mapped, actor=actor, leaves_faulty=leaves_faulty)
    except InputError:
        _forget(actor, row)
        raise


def table_rejects(*, user: User, row: TableImport) -> Iterator[Mapping[str, Any]]:
    """Every fault of an import: ``key`` and ``params`` of its reason, and its place."""
    visible_to(user).require(Permission.IMPORT)
    if row.rejects is None:
        yield from row.faults
        return
    with base.file_path(row.rejects).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def drop_table_leftovers() -> int:
    """Drop prepared imports that nobody started for a day, and files that nobody needs any more; returns how many."""
    old = TableImport.objects.open().filter(created_at__lt=timezone.now() - FORGOTTEN_AFTER)
    forgotten = old.filter(state=TableState.PREPARED)
    done = Q(state__in=(TableState.STORED, TableState.UNDONE))
    over = TableImport.objects.filter(done | Q(pk__in=old.exclude(state=TableState.PREPARED)), file__isnull=False)
    n = 0
    for row in forgotten:
        _forget(None, row)
        n += 1
    for row in over:
        _drop_file(row)
        n += 1
    return n


def forget_customer(*, actor: User | None, pseudonym: str) -> int:
    """Take a customer's pseudonym from every order, and from what orders were before; returns how many orders."""
    orders = CustomerOrder.objects.filter(customer=pseudonym)
    former = FormerRow.objects.filter(values__customer=pseudonym)
    with base.write(actor=actor, verb="contacts.forget_customer") as audit:
        n = orders.update(customer="")
        for row in former:
            row.values = {**row.values, "customer": ""}
            row.save()
        # The entry names no customer: the trail of an erasure keeps nothing of the person.
        audit.note_object(kind="contacts.customerorder", id="", label="orders", changes={"customers": [n, 0]})
    return n


@base.handlers.register("contacts.table")
def store_table_in_background(context: base.JobContext) -> Mapping[str, Any]:
    """Store the table of one ``TableImport``; a run that was broken off starts over, since nothing was stored."""
    row = TableImport.objects.get(pk=context.parameters["import"])
    if row.state == TableState.STORING:
        mapped = ColumnMap(row.kind, row.mapping["columns"], row.mapping["answers"])

        def tell(done: int, total: int | None, phase: str) -> None:
            context.progress(done, total, phase)
            context.stop_if_cancelled()

        try:
            row = _store(row, mapped, actor=context.actor, leaves_faulty=row.leaves_faulty, tell=tell)
        except InputError as error:
            _fail(row, error.faults)
            raise
        except base.JobCancelledError:
            _fail(row, ())
            raise
    return {key: (row.report or {}).get(key, 0) for key in ("new", "changed", "same", "left_out")}


def _store(
    row: TableImport,
    mapped: ColumnMap,
    *,
    actor: User | None,
    leaves_faulty: bool,
    tell: Callable[[int, int | None, str], None] = lambda *_: None,
) -> TableImport:
    look = _look(row, mapped.kind, mapped.columns, mapped.answers, actor=actor, tell=tell)
    checked = look.checked
    if open_ := checked.open_questions:
        raise InputError(Fault(Reason("tables.open_questions", {"n": len(open_)}), file=row.file_name))
    if not checked.is_whole:
        raise InputError(Fault(Reason("tables.too_many_rows", {"limit": checked.read}), file=row.file_name))
    if not checked.is_readable or look.plan.faults or (checked.faults and not leaves_faulty):
        raise InputError(*look.faults)
    if not checked.rows:
        raise InputError(*(look.faults or [Fault(Reason("tables.nothing_to_store"), file=row.file_name)]))
    rejects = _keep_rejects(row, checked.faults, actor) if checked.faults else None
    tell(0, None, "tables.write")
    statements = statements_of(look.plan, row)
    with base.write(actor=actor, verb="contacts.store_table") as audit:
        fresh = TableImport.objects.select_for_update().get(pk=row.pk)
        if fresh.state in (TableState.STORED, TableState.UNDONE):
            audit.unchanged()
            return fresh
        counts = write_plan(look.plan, statements, source=fresh, actor=actor)
        days = [one.day for one in checked.rows]
        fresh.kind, fresh.mapping, fresh.leaves_faulty = mapped.kind, mapped.as_json(), leaves_faulty
        fresh.state, fresh.stored_at = TableState.STORED, audit.at
        fresh.first_day, fresh.last_day = min(days), _last_day(mapped.kind, max(days))
        fresh.report = {**counts, "rows": checked.read, "left_out": checked.faulty_rows, "skipped": checked.skipped}
        fresh.faults = [_fault_as_json(fault) for fault in checked.faults[:_FAULTS_KEPT]]
        fresh.rejects = rejects
        fresh.save()
        audit.note(fresh, {"state": [row.state, fresh.state], "report": [None, fresh.report], "kind": ["", fresh.kind]})
    _drop_file(fresh)
    return fresh


def _look(
    row: TableImport,
    kind: str,
    columns: Mapping[str, str] | None,
    answers: Mapping[str, str] | None,
    *,
    actor: User | None,
    most: int | None = None,
    tell: Callable[[int, int | None, str], None] = lambda *_: None,
) -> TableLook:
    if row.file is None:
        raise InputError(Fault(Reason("tables.file_changed"), file=row.file_name))
    known, zone = table_kinds(), base.company_zone()
    with named_copies([row.file]) as (path,):
        sheet = open_sheet(path, name=row.file_name)
        kind = kind if kind in known else _likeliest(sheet)
        mapped = ColumnMap(kind, guess(known[kind], sheet.headings) if columns is None else columns, answers or {})
        checked = check_table(
            sheet,
            mapped,
            directory=CompanyDirectory(zone, lake().pseudonym),
            zone=zone,
            kinds=known,
            notice=lambda done: tell(done, None, "tables.check"),
            **({} if most is None else {"most": most}),
        )
        plan = plan_rows(kind, checked.rows, file=row.file_name, zone=zone, actor=actor, source=row)
        samples = replace(sheet, lines=_kept(sheet))
    return TableLook(samples, recognise(sheet.headings, known) or tuple(known), mapped, checked, plan)


def _last_day(kind: str, day: date) -> date:
    """The last day that a row of ``day`` speaks of: of a monthly table, the last of its month."""
    if KINDS[kind].on != ("month",):
        return day
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _kept(sheet: Sheet) -> Callable[[], Iterator[Any]]:
    """The first lines of a sheet, for a look after its file has gone."""
    lines = [line for line, _number in zip(sheet.lines(), range(50), strict=False)]
    return lambda: iter(lines)


def _likeliest(sheet: Sheet) -> str:
    found = recognise(sheet.headings, table_kinds())
    if not found:
        raise InputError(Fault(Reason("tables.unknown_kind"), file=sheet.name))
    return found[0]


def _is_long(row: TableImport) -> bool:
    """Whether a file has so many lines that somebody would wait for it; told by its size."""
    return row.file is not None and row.file.size > MANY_ROWS * 60


def _keep_rejects(row: TableImport, faults: Sequence[Fault], actor: User | None) -> base.StoredFile:
    lines = (json.dumps(_fault_as_json(fault), ensure_ascii=False).encode() + b"\n" for fault in faults)
    return base.keep_file(actor=actor, name="rejects.jsonl", chunks=lines)


def _fault_as_json(fault: Fault) -> dict[str, Any]:
    return {
        "key": fault.reason.key,
        "params": dict(fault.reason.params),
        "file": fault.file,
        "row": fault.row,
        "field": fault.field,
    }


def _fail(row: TableImport, faults: Sequence[Fault]) -> None:
    """Nothing was stored: for a day the file may be looked at again."""
    with base.write(actor=row.created_by, verb="contacts.fail_table") as audit:
        fresh = TableImport.objects.select_for_update().get(pk=row.pk)
        before = {"state": fresh.state, "faults": fresh.faults}
        fresh.state = TableState.FAILED
        fresh.faults = [_fault_as_json(fault) for fault in faults[:_FAULTS_KEPT]]
        fresh.report = {"left_out": len({fault.row for fault in faults}), "new": 0, "changed": 0, "same": 0}
        if faults:
            fresh.rejects = _keep_rejects(row, faults, row.created_by)
        fresh.save()
        audit.changed(fresh, **before)


def _drop_file(row: TableImport) -> None:
    file = row.file
    if file is None:
        return
    with base.write(actor=row.created_by, verb="contacts.drop_table_file") as audit:
        TableImport.objects.filter(pk=row.pk).update(file=None)
        row.file = None
        audit.note(row, {"file": [file.name, None]})
    base.drop_file(actor=row.created_by, row=file)


def _forget(actor: User | None, row: TableImport) -> None:
    _drop_file(row)
    with base.write(actor=actor, verb="contacts.forget_table") as audit:
        audit.note(row, {"file_name": [row.file_name, None]})
        row.delete()
