"""Reading a whole table as its kind: rows as values, faults with row and column, and what has to be asked first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from peilian.engine._kernel import Fault, Param, Reason
from peilian.flows.tables.cells import AskedError, Reading, UnfitError, is_empty, plain, shortened
from peilian.flows.tables.kinds import KINDS, Column, TableKind
from peilian.flows.tables.mapping import ColumnMap, Question, answers_for, asked_question, map_faults, plain_questions
from peilian.flows.tables.reading import MOST_ROWS, Sheet

_TOTALS = frozenset({"合计", "总计", "小计", "汇总", "total", "subtotal", "sum", "grand total"})
_NAMING = ("text", "date", "moment", "month")  # columns in which a line of sums says that it is one
# Tables whose rows say something of a shop when nobody is credited, and who is nobody there.
_WITHOUT_PEOPLE = frozenset({"orders"})
_UNKNOWN_PEOPLE = frozenset({"tables.unknown_person", "tables.unknown_account", "tables.account_unused"})
_MOST_VALUES = 30  # different unknown values of a column that are asked about
_MOST_SAMPLES = 3
_NOTICE_EVERY = 2_000
_MOST_KNOWN = 1 << 13


class Directory(Protocol):
    """Whom and what names in a table mean. Each answers with an id, or with the reason why there is none."""

    def person(self, text: str) -> UUID | Reason: ...

    def account(self, text: str, at: datetime | date | None) -> UUID | Reason: ...

    def shop(self, text: str) -> UUID | Reason: ...

    def disguise(self, customer: str) -> str: ...

    def mask(self, text: str) -> str: ...


@dataclass(frozen=True, slots=True)
class TableRow:
    """One usable row: its place in the file, as ``Sheet`` counts, its values by column, and the day that puts it in
    a month."""

    row: int
    values: Mapping[str, Any]
    day: date


@dataclass(slots=True)
class Checked:
    """What a file says as one kind of table. ``rows`` are usable; ``waiting`` counts those that hang on a question.

    ``skipped`` are lines of sums, which are no rows. ``faults`` are in the order of rows.
    """

    kind: TableKind
    mapped: ColumnMap
    headings: tuple[str, ...]
    rows: list[TableRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    read: int = 0
    skipped: int = 0
    waiting: int = 0
    is_whole: bool = True

    @property
    def open_questions(self) -> list[Question]:
        """Those that nobody answered and that no file answers itself."""
        answers = self.mapped.answers
        return [one for one in self.questions if not one.is_optional and not one.suggested and one.key not in answers]

    @property
    def faulty_rows(self) -> int:
        """How many rows cannot be used."""
        return len({fault.row for fault in self.faults if fault.row is not None})

    @property
    def is_readable(self) -> bool:
        """Whether the columns allow any row at all."""
        return not any(fault.row is None for fault in self.faults)


def check_table(
    sheet: Sheet,
    mapped: ColumnMap,
    *,
    directory: Directory,
    zone: ZoneInfo,
    kinds: Mapping[str, TableKind] = KINDS,
    most: int = MOST_ROWS,
    notice: Callable[[int], None] = lambda _row: None,
) -> Checked:
    """Read the first ``most`` rows. ``notice`` is told now and then how many were read."""
    kind = kinds[mapped.kind]
    checked = Checked(kind, mapped, sheet.headings, questions=plain_questions(kind, mapped))
    checked.faults += map_faults(kind, mapped, sheet.headings, sheet.name)
    if checked.faults:
        return checked
    reader = _Reader(sheet, checked, directory, zone)
    checked.faults += reader.fixed_faults()
    if checked.faults:
        return checked
    for row, line in sheet.lines():
        if checked.read >= most:
            checked.is_whole = False
            break
        checked.read += 1
        if checked.read % _NOTICE_EVERY == 0:
            notice(checked.read)
        if isinstance(line, Fault):
            checked.faults.append(line)
        else:
            reader.take(row, line)
    checked.questions += reader.questions()
    return checked


class _Reader:
    """Takes row after row; remembers what was asked and which rows came before."""

    def __init__(self, sheet: Sheet, checked: Checked, directory: Directory, zone: ZoneInfo) -> None:
        self.file, self.checked, self.directory, self.zone = sheet.name, checked, directory, zone
        self.kind = checked.kind
        mapped = checked.mapped
        self._columns: list[tuple[Column, str, int | None, Reading]] = []
        for column in self.kind.columns:
            heading = mapped.columns.get(column.key)
            place = None if heading is None else sheet.headings.index(heading)
            answers, meant = answers_for(column, mapped.answers)
            if any(one.key == f"unit:{column.key}" for one in checked.questions):
                answers.setdefault("unit", "wan")
            reading = Reading(column.type, zone, answers, _names_of(column), meant)
            if place is not None or "fixed" in answers:
                self._columns.append((column, heading or column.title.in_language("zh"), place, reading))
        self._naming = [
            place for column, _h, place, _r in self._columns if place is not None and column.type in _NAMING
        ]
        open_keys = {one.key for one in checked.open_questions}
        self._waits_for_all = any(key.startswith("fixed:") for key in open_keys)
        self._headings = {column.key: heading for column, heading, _place, _reading in self._columns}
        self._asked: dict[tuple[str, str], list[str]] = {}
        self._known: dict[str, dict[str, Any]] = {}
        self._seen: dict[tuple[Any, ...], int] = {}

    def fixed_faults(self) -> list[Fault]:
        """What is wrong with values that were stated for all rows."""
        faults = []
        for column, _heading, place, reading in self._columns:
            if place is not None:
                continue
            try:
                value = reading.value(reading.answers["fixed"])
                found = self.directory.shop(value) if column.role == "shop" else None
                reason = found if isinstance(found, Reason) else None
            except (AskedError, UnfitError) as error:
                reason = getattr(error, "reason", Reason("tables.empty"))
            if reason is not None:
                faults.append(Fault(reason, file=self.file, field=column.title.in_language("zh")))
        return faults

    def take(self, row: int, line: Any) -> None:
        """Make a row of values of one line, or note why not."""
        if any(plain(line[place]).lower() in _TOTALS for place in self._naming if place < len(line)):
            self.checked.skipped += 1
            return
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        is_waiting = self._waits_for_all
        for column, heading, place, reading in self._columns:
            cell = reading.answers.get("fixed") if place is None else line[place] if place < len(line) else None
            try:
                values[column.key] = self._value(column.key, reading, cell)
            except AskedError as asked:
                is_waiting = True
                self._ask(column, asked)
            except UnfitError as unfit:
                faults.append(self._fault(row, heading, unfit.reason))
            else:
                if column.is_required and is_empty(cell):
                    faults.append(self._fault(row, heading, Reason("tables.empty")))
        faults += self._resolve(row, values)
        if not faults and not is_waiting:
            faults += self._judge(row, values)
        self.checked.faults += faults
        if is_waiting:
            self.checked.waiting += not faults
        elif not faults:
            day = next(values[key] for key in self.kind.on if values.get(key) is not None)
            self.checked.rows.append(TableRow(row, values, self._day(day)))

    def _value(self, key: str, reading: Reading, cell: Any) -> Any:
        """The value of a cell; what stands in a column again and again is read once."""
        known = self._known.setdefault(key, {})
        if type(cell) is not str:  # a broken cell is no text
            return reading.value(cell)
        if cell not in known:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[cell] = reading.value(cell)
        return known[cell]

    def questions(self) -> list[Question]:
        """What the rows left open or had left open before it was answered."""
        by_key = {column.key: column for column in self.kind.columns}
        found = [
            asked_question(by_key[key], self._headings.get(key, ""), asked, samples)
            for (key, asked), samples in self._asked.items()
        ]
        known = {one.key for one in found}
        for key in self.checked.mapped.answers:
            what, _colon, rest = key.partition(":")
            name, _colon, text = rest.partition(":")
            if what in ("ratio", "dates", "value", "nobody") and name in self._headings and key not in known:
                asked = f"value:{text}" if what == "value" else what
                found.append(asked_question(by_key[name], self._headings[name], asked, ()))
        return found

    def _ask(self, column: Column, asked: AskedError) -> None:
        self._note(column, asked.key, asked.sample)

    def _note(self, column: Column, asked: str, sample: str) -> None:
        key = (column.key, asked)
        if key not in self._asked:
            if sum(name == column.key for name, _asked in self._asked) >= _MOST_VALUES:
                return
            self._asked[key] = []
        samples = self._asked[key]
        if len(samples) < _MOST_SAMPLES and sample not in samples:
            samples.append(sample)

    def _resolve(self, row: int, values: dict[str, Any]) -> list[Fault]:
        """Names become ids; customers become pseudonyms; private texts are masked."""
        faults = []
        for column, heading, _place, _reading in self._columns:
            text = values.get(column.key)
            if text is None or not column.role:
                continue
            found: Any
            if column.role == "person":
                found = self.directory.person(text)
            elif column.role == "shop":
                found = self.directory.shop(text)
            elif column.role == "account":
                # A name in the person's own column goes first; then the account is only kept.
                at = next((values[key] for key in self.kind.on if values.get(key) is not None), None)
                found = text if values.get("employee") is not None else self.directory.account(text, at)
                if isinstance(found, UUID):
                    values["employee"], found = found, text
            elif column.role == "customer":
                found = self.directory.disguise(text)
            else:
                found = self.directory.mask(text)
            if isinstance(found, Reason) and self._is_nobody(column, text, found):
                values[column.key] = text if column.role == "account" else None
            elif isinstance(found, Reason):
                faults.append(self._fault(row, heading, found))
            else:
                values[column.key] = found
        return faults

    def _is_nobody(self, column: Column, text: str, reason: Reason) -> bool:
        """Whether somebody unknown may be nobody: where rows count without a person too, and only when it was said."""
        if self.kind.key not in _WITHOUT_PEOPLE or reason.key not in _UNKNOWN_PEOPLE:
            return False
        self._note(column, "nobody", shortened(text))
        return self.checked.mapped.answers.get(f"nobody:{column.key}") == "nobody"

    def _judge(self, row: int, values: dict[str, Any]) -> list[Fault]:
        """What must hold between the values of a row, and between rows."""
        for group in self.kind.needs_one_of:
            if all(values.get(key) is None for key in group):
                heading = next((self._headings[key] for key in group if key in self._headings), "")
                return [self._fault(row, heading, Reason("tables.empty"))]
        faults = [
            self._fault(row, self._headings.get(key, ""), reason) for key, reason in _row_faults(self.kind.key, values)
        ]
        identity = tuple(values.get(key) for key in self.kind.identity)
        first = self._seen.setdefault(identity, row)
        if first != row and not faults:
            keys = [key for key in self.kind.identity if key in self._headings]
            heading = self._headings.get(keys[0], "") if keys else ""
            faults.append(self._fault(row, heading, Reason("tables.twice", {"row": first})))
        return faults

    def _fault(self, row: int, heading: str, reason: Reason) -> Fault:
        return Fault(reason, file=self.file, row=row, field=heading)

    def _day(self, value: datetime | date) -> date:
        return value.astimezone(self.zone).date() if isinstance(value, datetime) else value


def _names_of(column: Column) -> dict[str, str]:
    names: dict[str, str] = {}
    for value, title in column.choices.items():
        for name in (value, title.zh, title.en, *column.choice_names.get(value, ())):
            if name:
                names[plain(name).lower()] = value
    return names


def _row_faults(kind: str, values: Mapping[str, Any]) -> Iterable[tuple[str, Reason]]:
    """What one kind of table demands of the values of a row: the column, and what was expected."""
    if kind == "orders" and values.get("refunded") is not None and values["refunded"] > values["amount"]:
        yield "refunded", Reason("tables.refund_above_amount", _numbers(values, "refunded", "amount"))
    if kind == "attendance" and values.get("worked") is not None and values["worked"] > 1:
        yield "worked", Reason("tables.above", {"value": str(values["worked"]), "limit": 1})
    if kind == "reviews" and values.get("score") is not None and values["score"] > 5:
        yield "score", Reason("tables.above", {"value": str(values["score"]), "limit": 5})
    if kind == "featured_items" and values.get("share") is not None and values["share"] > 1:
        yield "share", Reason("tables.above", {"value": f"{shortened(str(values['share'] * 100))}%", "limit": "100%"})
    if kind == "shop_snapshots" and values.get("wage") is not None and values.get("wage_reading") is None:
        yield "wage_reading", Reason("tables.wage_without_reading")


def _numbers(values: Mapping[str, Any], *keys: str) -> dict[str, Param]:
    return {key: str(Decimal(values[key])) for key in keys}
