"""Reading a roster file (花名册): who works where, on which post, under whom, and uses which platform account.

One table for two readers: the directory takes all of it, measuring takes account, employee, team, post and span. CSV
(UTF-8 or GBK), XLSX (the sheet in front) or JSONL, with English or Chinese headers in any order; unknown columns are
left alone. ``from`` counts, ``to`` is the first day that no longer counts.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from peilian.adapters.workbooks import BrokenCell, WorkbookError, shown_sheet
from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.conversation.canonical import clean

Moment = date | datetime

# What a column may be called, in lower case without spaces and underscores.
HEADERS: dict[str, tuple[str, ...]] = {
    "number": ("number", "employeenumber", "employeeid", "工号", "员工编号", "员工号"),
    "employee": ("employee", "name", "employeename", "姓名", "员工", "员工姓名"),
    "account": ("author", "account", "agentaccount", "子账号", "账号", "客服账号", "帐号", "子帐号"),
    "platform": ("platform", "平台"),
    "team": ("team", "团队", "小组", "班组", "部门"),
    "post": ("post", "position", "岗位", "职位"),
    "agent_kind": ("agentkind", "agenttype", "客服类型"),
    "hired_on": ("hiredon", "hiredate", "入职日期", "入职时间"),
    "stage": ("stage", "careerstage", "阶段", "成长阶段"),
    "supervisor": ("supervisor", "主管", "客服主管"),
    "mentor": ("mentor", "导师", "师傅"),
    "shop": ("shop", "store", "店铺"),
    "username": ("username", "signinname", "login", "登录名", "用户名"),
    "role": ("role", "角色"),
    "starts": ("from", "startson", "开始", "开始日期", "开始时间"),
    "ends": ("to", "endson", "结束", "结束日期", "结束时间"),
}
_FIELD_OF = {name: field for field, names in HEADERS.items() for name in names}

STAGES: dict[str, tuple[str, ...]] = {
    "newcomer": ("newcomer", "新人", "新员工", "试用"),
    "in_service": ("in_service", "in service", "在职", "在岗", "熟手"),
    "backbone": ("backbone", "骨干"),
    "expert": ("expert", "专家"),
}
AGENT_KINDS: dict[str, tuple[str, ...]] = {
    "phone": ("phone", "电话", "电话客服"),
    "online": ("online", "在线", "在线客服", "网络客服"),
    "on_site": ("on_site", "on-site", "on site", "现场", "现场客服"),
    "pre_sale": ("pre_sale", "pre-sale", "售前", "售前客服"),
    "after_sale": ("after_sale", "after-sale", "售后", "售后客服"),
    "community": ("community", "社群", "社群客服", "社群运营"),
    "showroom": ("showroom", "案场", "案场客服"),
    "mall": ("mall", "商场", "商场客服"),
}

_MOST_BYTES = 64 << 20  # of a roster; it is read whole

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_SOLID_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MILLISECONDS = re.compile(r"\d{13}")


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One line of a roster. ``None`` is an empty cell; ``row`` is its place in the file as a
    spreadsheet shows it: the headings are row 1."""

    row: int
    employee: str
    number: str | None = None
    account: str | None = None
    platform: str | None = None
    team: str | None = None
    post: str | None = None
    agent_kind: str | None = None
    hired_on: date | None = None
    stage: str | None = None
    supervisor: str | None = None
    mentor: str | None = None
    shop: str | None = None
    username: str | None = None
    role: str | None = None
    starts: Moment | None = None
    ends: Moment | None = None
    file: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def fault(self, column: str, key: str, **params: Param) -> Fault:
        """A fault of this row; ``column`` is one of ``HEADERS`` and is called as the file calls it."""
        return Fault(Reason(key, params), file=self.file, row=self.row, field=_called(column, self.headers))


def _called(column: str, headers: Mapping[str, str]) -> str:
    plain = {"account": "author", "starts": "from", "ends": "to"}.get(column, column)
    return headers.get(column, plain)


def moment_of(value: Moment, zone: ZoneInfo) -> datetime:
    """A day as its first moment in ``zone``; a time without offset is meant in ``zone``."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), zone)
    return value if value.tzinfo else value.replace(tzinfo=zone)


def day_of(value: Moment, zone: ZoneInfo) -> date:
    """The day of a moment in ``zone``."""
    return moment_of(value, zone).astimezone(zone).date() if isinstance(value, datetime) else value


def read_roster(path: Path, *, name: str | None = None) -> list[RosterRow]:
    """Every row of a roster file; ``InputError`` carries every fault found, with row and field.

    ``name`` is what faults call the file, when that is not the name it lies under.
    """
    name = name or path.name
    try:
        table = _table_of(path, Path(name).suffix.lower() or path.suffix.lower())
    except _UnreadableError as error:
        raise InputError(Fault(error.reason, file=name, row=error.row)) from None
    name = f"{name} [{clean(table.page)}]" if table.page else name
    heading = [_clean(cell) or "" for cell in table.heading]
    fields = _fields(heading, name)
    headers = {found: str(header) for found, header in zip(fields, heading, strict=True) if found is not None}
    rows, faults = [], []
    for place, cells in table.lines:
        values = {found: _clean(cell) for found, cell in zip(fields, cells, strict=False) if found is not None}
        if not any(value not in (None, "") for value in values.values()):
            continue
        row, wrong = _row(values, place, name, headers)
        faults.extend(wrong)
        rows.append(row)
    if faults:
        raise InputError(*faults)
    if not rows:
        raise InputError(Fault(Reason("roster.no_rows"), file=name))
    return rows


class _UnreadableError(Exception):
    def __init__(self, key: str, row: int | None = None, **params: Param) -> None:
        self.reason, self.row = Reason(key, params), row


@dataclass(frozen=True, slots=True)
class _Table:
    """The headings and the other lines with their places in the file; ``page`` is the sheet, where there are others."""

    heading: Sequence[Any]
    lines: Iterable[tuple[int, Sequence[Any]]]
    page: str = ""


def _table_of(path: Path, ending: str) -> _Table:
    readers: dict[str, Callable[[Path], _Table]] = {
        ".csv": _csv_table,
        ".txt": _csv_table,
        ".tsv": _csv_table,
        ".xlsx": _sheet_table,
        ".xls": _sheet_table,
        ".jsonl": _jsonl_table,
    }
    if ending not in readers:
        raise _UnreadableError("roster.unknown_ending", known="CSV, XLSX, JSONL")
    try:
        if path.exists() and not path.is_file():
            raise _UnreadableError("roster.unreadable", problem="not a file")
        if path.stat().st_size > _MOST_BYTES:
            raise _UnreadableError("roster.unreadable", problem=f"larger than {_MOST_BYTES >> 20} MB")
        return readers[ending](path)
    except OSError as error:
        raise _UnreadableError("roster.unreadable", problem=error.strerror or type(error).__name__) from None


def _csv_table(path: Path) -> _Table:
    text = _decoded(path.read_bytes())
    first = text.split("\n", 1)[0]
    separator = max(",\t;", key=first.count)
    try:
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise _UnreadableError("roster.unreadable", problem=str(error)) from None
    return _Table(read[0] if read else [], enumerate(read[1:], start=2))


def _decoded(data: bytes) -> str:
    """Text in UTF-8, else in GB 18030, which holds GBK and is what spreadsheets in China save."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _UnreadableError("roster.unknown_encoding")


def _sheet_table(path: Path) -> _Table:
    try:
        sheet = shown_sheet(path)
    except WorkbookError as error:
        raise _UnreadableError("roster.unreadable", problem=str(error)) from None
    lines = enumerate(sheet.rows[1:], start=sheet.top + 1)
    return _Table(sheet.rows[0] if sheet.rows else [], lines, sheet.name if sheet.others else "")


def _jsonl_table(path: Path) -> _Table:
    objects: dict[int, Mapping[str, Any]] = {}
    for place, line in enumerate(_decoded(path.read_bytes()).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            item = None
        if not isinstance(item, dict) or not all(map(_is_cell, item.values())):
            raise _UnreadableError("roster.not_json", row=place)
        objects[place] = item
    columns = list(dict.fromkeys(key for item in objects.values() for key in item))
    return _Table(columns, [(place, [item.get(column) for column in columns]) for place, item in objects.items()])


def _is_cell(value: Any) -> bool:
    """Whether a value could stand in a cell of a table."""
    return not isinstance(value, list | dict) and not (isinstance(value, float) and not math.isfinite(value))


def _fields(headers: Sequence[Any], name: str) -> list[str | None]:
    """The field of each column; ``None`` for one that means nothing to a roster."""
    fields = [_FIELD_OF.get(re.sub(r"[\s_]+", "", str(header or "")).lower()) for header in headers]
    faults = [
        Fault(Reason("roster.double_column", {"columns": ", ".join(_headers_of(field, fields, headers))}), file=name)
        for field in dict.fromkeys(fields)
        if field is not None and fields.count(field) > 1
    ]
    if "employee" not in fields:
        faults.append(Fault(Reason("roster.no_column", {"names": "employee / 姓名"}), file=name))
    if "number" not in fields and "account" not in fields:
        faults.append(Fault(Reason("roster.no_column", {"names": "number / 工号, author / 子账号"}), file=name))
    if faults:
        raise InputError(*faults)
    return fields


def _headers_of(field: str, fields: Iterable[str | None], headers: Iterable[Any]) -> list[str]:
    return [str(header) for found, header in zip(fields, headers, strict=True) if found == field]


def _clean(cell: Any) -> Any:
    """A cell as text without control characters, a date or a moment; 1001.0 is the number 1001; nothing is ``None``."""
    if cell is None or isinstance(cell, date | BrokenCell):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return clean(str(cell)).strip() or None


def _row(values: Mapping[str, Any], place: int, name: str, headers: Mapping[str, str]) -> tuple[RosterRow, list[Fault]]:
    """One row and its faults."""
    taken: dict[str, Any] = {}
    faults: list[Fault] = []

    def fault(column: str, key: str, **params: Param) -> None:
        faults.append(Fault(Reason(key, params), file=name, row=place, field=_called(column, headers)))

    for column, value in values.items():
        if value is None:
            continue
        if isinstance(value, BrokenCell):
            fault(column, "roster.broken_cell")
        elif column in ("hired_on", "starts", "ends"):
            taken[column] = _moment(value)
            if taken[column] is None:
                fault(column, "roster.not_a_date", value=str(value))
        elif column in ("stage", "agent_kind"):
            choices = STAGES if column == "stage" else AGENT_KINDS
            taken[column] = next((key for key, names in choices.items() if str(value).lower() in names), None)
            if taken[column] is None:
                fault(column, "roster.unknown_choice", value=str(value), known=_known(choices))
        else:
            taken[column] = str(value)
    if isinstance(taken.get("hired_on"), datetime):
        taken["hired_on"] = taken["hired_on"].date()
    if not values.get("employee"):
        fault("employee", "roster.empty")
    if not values.get("number") and not values.get("account"):
        fault("number", "roster.needs_number_or_account")
    if _is_backwards(taken.get("starts"), taken.get("ends")):
        fault("ends", "roster.ends_before_start")
    return RosterRow(row=place, file=name, headers=headers, **{"employee": "", **taken}), faults


def _known(choices: Mapping[str, tuple[str, ...]]) -> str:
    return ", ".join(f"{key} / {next(name for name in names if not name.isascii())}" for key, names in choices.items())


def _moment(value: Any) -> Moment | None:
    """A day or a moment from what a cell holds; a midnight of a spreadsheet is a day. ``None`` when it is neither."""
    if isinstance(value, datetime):
        return value.date() if value.time() == time() and value.tzinfo is None else value
    if isinstance(value, date):
        return value
    text = str(value)
    if _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    found = _DATE.fullmatch(text) or _SOLID_DATE.fullmatch(text)
    try:
        if found:
            return date(*map(int, found.groups()))
        return _moment(datetime.fromisoformat(text.replace("/", "-")))
    except ValueError:
        return None


def _is_backwards(starts: Moment | None, ends: Moment | None) -> bool:
    if starts is None or ends is None:
        return False
    # Which zone does not matter for the order of two moments of one place.
    zone = ZoneInfo("UTC")
    return moment_of(ends, zone) <= moment_of(starts, zone)
