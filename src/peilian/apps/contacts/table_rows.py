"""Checked rows of a table as rows of the database, and back: fields, keys, what differs, what was before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from peilian.apps.contacts.business_models import (
    AttendanceDay,
    BusinessRow,
    CustomerOrder,
    FeaturedItem,
    ReportSubmission,
    Review,
    SalesTarget,
    ShopDay,
    ShopSnapshot,
)
from peilian.flows.tables import KINDS, TableRow

Values = Mapping[str, Any]

_WORKED = {"present": Decimal(1), "late": Decimal(1)}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where rows of a kind lie: their model, and the fields of a row's values."""

    model: type[BusinessRow]
    fields: Callable[[Values, ZoneInfo], dict[str, Any]]


def _order(values: Values, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "number": values["order"],
        "line": values.get("line") or "",
        "ordered_at": _start(values.get("ordered_at"), zone),
        "paid_at": _start(values.get("paid_at"), zone),
        "shop_id": values.get("shop"),
        "account": values.get("account") or "",
        "amount": values["amount"],
        "refunded": values.get("refunded") or Decimal(0),
        "state": values["state"],
        "item": values.get("item") or "",
        "quantity": Decimal(1) if values.get("quantity") is None else values["quantity"],
        "customer": values.get("customer") or "",
    }


def _target(values: Values, _zone: ZoneInfo) -> dict[str, Any]:
    return {"shop_id": values.get("shop"), "amount": values["amount"]}


def _featured(values: Values, _zone: ZoneInfo) -> dict[str, Any]:
    return {"shop_id": values.get("shop"), "item": values["item"]} | _given(values, "amount", "quantity", "share")


def _attendance(values: Values, _zone: ZoneInfo) -> dict[str, Any]:
    worked, state = values.get("worked"), values["state"]
    if state == "present" and (values.get("late_minutes") or 0) > 0:
        state = "late"
    return {
        "state": state,
        "worked": _WORKED.get(state, Decimal(0)) if worked is None else worked,
        "late_minutes": None if values.get("late_minutes") is None else int(values["late_minutes"]),
    }


def _shop_day(values: Values, _zone: ZoneInfo) -> dict[str, Any]:
    counts = {
        key: None if values.get(key) is None else int(values[key]) for key in ("visits", "consultations", "responses")
    }
    return {"shop_id": values.get("shop"), "sales": values.get("sales")} | counts


def _snapshot(values: Values, _zone: ZoneInfo) -> dict[str, Any]:
    reading = (values.get("wage_reading") or "") if values.get("wage") is not None else ""
    numbers = _given(values, "agents", "daily_consultations", "wage", "sales")
    return {"shop_id": values["shop"], "wage_reading": reading} | numbers


def _report(values: Values, zone: ZoneInfo) -> dict[str, Any]:
    due = values["due_at"]
    return {
        "title": values["title"],
        # A day alone means until its end.
        "due_at": due if isinstance(due, datetime) else _start(due + timedelta(days=1), zone) - timedelta(seconds=1),
        "received_at": _start(values.get("received_at"), zone),
        "place": values.get("place") or "",
        "quality": values.get("quality"),
    }


def _review(values: Values, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "reference": values["reference"],
        "at": _start(values["at"], zone),
        "account": values.get("account") or "",
        "score": values.get("score"),
        "mark": values.get("mark") or "",
        "text": values.get("text") or "",
    }


SHELVES: Mapping[str, Shelf] = {
    "orders": Shelf(CustomerOrder, _order),
    "sales_targets": Shelf(SalesTarget, _target),
    "featured_items": Shelf(FeaturedItem, _featured),
    "attendance": Shelf(AttendanceDay, _attendance),
    "shop_days": Shelf(ShopDay, _shop_day),
    "shop_snapshots": Shelf(ShopSnapshot, _snapshot),
    "report_submissions": Shelf(ReportSubmission, _report),
    "reviews": Shelf(Review, _review),
}


def key_of(kind: str, row: TableRow) -> str:
    """What tells a row apart from all others of its kind, as a hash of bounded length."""
    identity = [_as_text(row.values.get(column)) for column in KINDS[kind].identity]
    return hashlib.sha256("\x1f".join([kind, *identity]).encode()).hexdigest()


def fields_of(kind: str, row: TableRow, zone: ZoneInfo) -> dict[str, Any]:
    """The fields of a row in the database."""
    shelf = SHELVES[kind]
    return {"day": row.day, "employee_id": row.values.get("employee")} | shelf.fields(row.values, zone)


def said_fields(kind: str, row: TableRow, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the fields that the file speaks of: a column that it lacks leaves what is known alone."""
    columns = {column.key for column in KINDS[kind].columns}
    unsaid = columns - set(row.values) - {"worked"}  # days worked follow from the presence when nothing else is said
    day_is_open = any(column in unsaid for column in KINDS[kind].on)
    return {
        name: value
        for name, value in fields.items()
        if name.removesuffix("_id") not in unsaid and not (name == "day" and day_is_open)
    }


def written(row: BusinessRow, names: Mapping[str, Any]) -> dict[str, Any]:
    """The fields ``names`` of a stored row as JSON holds them."""
    return {name: as_json(getattr(row, name)) for name in names}


def as_json(value: Any) -> Any:
    """A value of a field as JSON holds it."""
    if value is None or isinstance(value, str | int | bool):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def restore(row: BusinessRow, values: Mapping[str, Any]) -> None:
    """Give a row its former values back."""
    for name, value in values.items():
        field = row._meta.get_field(name.removesuffix("_id") if name.endswith("_id") else name)
        target = field.target_field if field.is_relation else field  # type: ignore[union-attr]
        setattr(row, name, None if value is None else target.to_python(value))  # type: ignore[union-attr]


def _given(values: Values, *keys: str) -> dict[str, Any]:
    return {key: values.get(key) for key in keys}


def _start(value: datetime | date | None, zone: ZoneInfo) -> Any:
    """A moment; a day alone is its first moment."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time(), zone).astimezone(UTC)


def _as_text(value: Any) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
