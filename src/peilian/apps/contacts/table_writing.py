"""Bringing the database to what a table says, and taking an import back.

A row is known by its key. One that says the same is left alone, one that differs is changed and remembers what it was,
all others are new. What a guard protects is not touched: an appraisal that froze a month keeps it as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from peilian.apps.contacts.bulk import Statement, inserting, updating
from peilian.apps.contacts.business_models import BusinessRow, FormerRow, TableImport
from peilian.apps.contacts.table_rows import SHELVES, fields_of, key_of, restore, said_fields, written
from peilian.engine._kernel import Fault, InputError, Reason, Text
from peilian.flows.tables import TableRow

if TYPE_CHECKING:
    from peilian.apps.people.api import User

T = TypeVar("T")
_AT_ONCE = 2_000

# Why rows of these days and people may not change (first day, last day, kind of table, people; none for shop rows).
MonthGuard = Callable[[date, date, str, frozenset[UUID]], Reason | None]
month_guards: list[MonthGuard] = []


@dataclass(frozen=True, slots=True)
class ViolationRow:
    """One row of a table of violations, for the event register."""

    row: int
    employee: UUID
    on: date
    kind: str
    text: str
    reference: str


class ViolationSink(Protocol):
    """The event register as imports see it."""

    def kinds(self) -> Mapping[str, Text]:
        """What the column of kinds may hold."""

    def check(self, actor: User | None, rows: Sequence[ViolationRow]) -> list[Fault]:
        """What keeps rows from being registered, with their place in ``Fault.row``."""

    def store(self, actor: User | None, rows: Sequence[ViolationRow], source: TableImport) -> tuple[int, int]:
        """Register the rows inside the write of the import; returns how many were new and how many were known."""

    def undo(self, actor: User | None, source: TableImport) -> Reason | None:
        """Take back what the import registered, or say why that cannot be."""


class _SinkHolder:
    """Where the event register says that it is there."""

    def __init__(self) -> None:
        self.sink: ViolationSink | None = None

    def register(self, sink: ViolationSink) -> ViolationSink:
        """From now on violations can be imported."""
        self.sink = sink
        return sink


violation_sink = _SinkHolder()


@dataclass
class Plan:
    """What an import would do: rows to make, rows to change with what they were, rows that stay, rows that may not."""

    kind: str
    new: list[BusinessRow] = field(default_factory=list)
    changed: list[tuple[BusinessRow, dict[str, Any]]] = field(default_factory=list)
    same: int = 0
    faults: list[Fault] = field(default_factory=list)
    violations: list[ViolationRow] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """New, changed and same rows."""
        return {"new": len(self.new) + len(self.violations), "changed": len(self.changed), "same": self.same}


def plan_rows(
    kind: str, rows: Sequence[TableRow], *, file: str, zone: ZoneInfo, actor: User | None, source: TableImport
) -> Plan:
    """Compare the rows with what is stored; nothing is written."""
    if kind == "violations":
        return _plan_violations(rows, actor)
    plan, shelf = Plan(kind), SHELVES[kind]
    touched: list[tuple[int, date, UUID | None]] = []
    for chunk in _chunks(rows):
        keys = [key_of(kind, row) for row in chunk]
        stored = {row.key: row for row in shelf.model._default_manager.filter(key__in=keys)}
        for key, row in zip(keys, chunk, strict=True):
            fields = fields_of(kind, row, zone)
            found = stored.get(key)
            if found is None:
                plan.new.append(shelf.model(key=key, source=source, **fields))
                touched.append((row.row, row.day, fields["employee_id"]))
                continue
            said = said_fields(kind, row, fields)
            if all(getattr(found, name) == value for name, value in said.items()):
                plan.same += 1
                continue
            former = written(found, {**said, "source_id": None})
            touched.append((row.row, found.day, found.employee_id))
            for name, value in said.items():
                setattr(found, name, value)
            found.source = source
            touched.append((row.row, found.day, found.employee_id))
            plan.changed.append((found, former))
    plan.faults = [
        Fault(reason, file=file, row=row)
        for row, reason in sorted(_guarded(kind, touched).items(), key=lambda one: one[0])
    ]
    return plan


def statements_of(plan: Plan, source: TableImport) -> list[Statement]:
    """What ``write_plan`` runs, prepared outside of the transaction so that others wait for it as briefly as can be."""
    if plan.kind == "violations":
        return []
    model = SHELVES[plan.kind].model
    names = sorted({name.removesuffix("_id") for _row, values in plan.changed for name in values})
    former = (FormerRow(source=source, row_id=row.pk, values=values) for row, values in plan.changed)
    return [
        inserting(model, plan.new),
        inserting(FormerRow, former),
        updating(model, (row for row, _values in plan.changed), names),
    ]


def write_plan(
    plan: Plan, statements: Sequence[Statement], *, source: TableImport, actor: User | None
) -> dict[str, int]:
    """Store what was planned, inside an open write; returns the counts."""
    if plan.kind == "violations":
        assert violation_sink.sink is not None
        new, same = violation_sink.sink.store(actor, plan.violations, source)
        return {"new": new, "changed": 0, "same": same}
    for statement in statements:
        statement.run()
    return plan.counts


def undo_rows(row: TableImport, *, actor: User | None) -> int:
    """Take back what an import wrote, inside an open write; returns how many rows were touched.

    Raises ``InputError`` when a later import changed some of them, or a guard protects them.
    """
    if row.kind == "violations":
        reason = violation_sink.sink.undo(actor, row) if violation_sink.sink else Reason("tables.unknown_kind")
        if reason is not None:
            raise InputError(Fault(reason, file=row.file_name))
        return int((row.report or {}).get("new", 0))
    model = SHELVES[row.kind].model
    own = model._default_manager.filter(source=row)
    touched: list[tuple[int, date, UUID | None]] = [
        (0, day, person) for day, person in own.values_list("day", "employee")
    ]
    report = row.report or {}
    expected = int(report.get("new", 0)) + int(report.get("changed", 0))
    if len(touched) != expected:
        raise InputError(Fault(Reason("tables.changed_since", {"n": expected - len(touched)}), file=row.file_name))
    former = dict(row.former_rows.values_list("row_id", "values"))
    changed = [one for pks in _chunks(former) for one in own.filter(pk__in=pks)]
    for one in changed:
        restore(one, former[one.pk])
        touched.append((0, one.day, one.employee_id))
    if reasons := _guarded(row.kind, touched):
        raise InputError(Fault(next(iter(reasons.values())), file=row.file_name))
    updating(model, changed, sorted({name.removesuffix("_id") for values in former.values() for name in values})).run()
    # What was changed is no longer this import's; the rest was new.
    own.delete()
    row.former_rows.all().delete()
    return len(touched) - len(changed)


def _plan_violations(rows: Sequence[TableRow], actor: User | None) -> Plan:
    assert violation_sink.sink is not None
    plan = Plan("violations")
    plan.violations = [
        ViolationRow(
            row.row,
            row.values["employee"],
            row.day,
            row.values["kind"],
            row.values["text"],
            row.values.get("reference") or "",
        )
        for row in rows
    ]
    plan.faults = violation_sink.sink.check(actor, plan.violations)
    return plan


def _guarded(kind: str, touched: Iterable[tuple[int, date, UUID | None]]) -> dict[int, Reason]:
    """The rows that may not change, each with the reason.

    Guards are asked by month, and where one objects by person.
    """
    if not month_guards:
        return {}
    months: dict[date, dict[UUID | None, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, day, person in touched:
        months[day.replace(day=1)][person].append(row)
    found: dict[int, Reason] = {}
    for first, people in months.items():
        if _objection(kind, first, frozenset(person for person in people if person is not None)) is None:
            continue
        for person, rows in people.items():
            why = _objection(kind, first, frozenset() if person is None else frozenset((person,)))
            if why is not None:
                found.update(dict.fromkeys(rows, why))
    return found


def _objection(kind: str, first: date, people: frozenset[UUID]) -> Reason | None:
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return next((why for guard in month_guards if (why := guard(first, last, kind, people)) is not None), None)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, _AT_ONCE)):
        yield chunk
