"""Reading one raw row of the canonical tables: values out, or the faults of the row.

A raw row is a mapping of canonical column to what the file holds: text, a native value, or nothing. Missing is empty or
``None``. Texts lose control characters and personal data; markup stays as the plain text it is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.conversation.masking import mask
from peilian.engine.conversation.values import Role

MAX_TEXT = 1 << 20  # characters of one field
MAX_NAME = 200  # characters of an id or a name
_SHOWN = 40  # characters of a wrong value that its fault repeats

# Milliseconds of 1970-04-26 and 2200: a smaller number is most likely seconds, a larger one microseconds.
_EARLIEST, _LATEST = 10_000_000_000, 7_258_118_400_000

_ROLES = {role.value: role.value for role in Role}
_TRUE = frozenset(("true", "t", "1", "yes", "y", "是"))
_FALSE = frozenset(("false", "f", "0", "no", "n", "否"))

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACED_OFFSET = re.compile(r"^(.*\d) ?(?:UTC|GMT|([+-]\d{2}:?\d{2}))$")


class MessageRow(NamedTuple):
    """One row of the message table, cleaned, masked, with the customer's id as a pseudonym."""

    conversation_id: str
    place: int  # what orders the rows of the source: its ``seq``, else the number of the row
    message_id: str | None
    at_ms: int | None
    received_at_ms: int | None
    role: str
    author: str | None
    text: str
    is_internal: bool
    is_automatic: bool
    customer: str | None
    channel: str | None
    topic: str | None
    extra: dict[str, str] | None


class About(NamedTuple):
    """What one row of the companion table says about a conversation; names as in ``Conversation``."""

    conversation_id: str
    customer: str | None = None
    channel: str | None = None
    topic: str | None = None
    opened_at_ms: int | None = None
    closed_at_ms: int | None = None
    closed_by: str | None = None
    reopened_count: int | None = None
    is_resolved: bool | None = None
    csat: float | None = None
    csat_max: float | None = None
    has_complaint: bool | None = None
    order_id: str | None = None
    order_amount: Decimal | None = None
    paid_at_ms: int | None = None
    refunded_amount: Decimal | None = None
    queue: str | None = None
    transferred_from: str | None = None


MESSAGE_COLUMNS = (
    "conversation_id",
    "message_id",
    "at",
    "role",
    "author",
    "text",
    "customer",
    "channel",
    "topic",
    "internal",
    "automatic",
    "received_at",
    "seq",
)
ABOUT_COLUMNS = (
    "conversation_id",
    "customer",
    "channel",
    "topic",
    "opened_at",
    "closed_at",
    "closed_by",
    "reopened_count",
    "resolved",
    "csat",
    "csat_max",
    "complaint",
    "order_id",
    "order_amount",
    "paid_at",
    "refunded_amount",
    "queue",
    "transferred_from",
)
_MESSAGE_COLUMNS = frozenset(MESSAGE_COLUMNS)


class _Wrong(ValueError):
    """A value that its column cannot take."""

    def __init__(self, key: str, **params: Param) -> None:
        super().__init__(key)
        self.reason = Reason(key, params)


def parse_message(row: Mapping[str, object], number: int, disguise: Callable[[str], str]) -> MessageRow:
    """Row ``number`` (1 is the first) of a message table. Raises ``InputError`` with every fault of the row."""
    get = row.get
    try:
        role = _role(get("role"))
        author = _frequent(get("author"))
        customer = _frequent(get("customer"))
        if author is not None and role == "customer":
            author = disguise(author)
        extra = None if _MESSAGE_COLUMNS.issuperset(row) else _extra(row)
        topic = _frequent(get("topic"))
        return MessageRow(
            conversation_id=_required(get("conversation_id")),
            place=number if (seq := get("seq")) is None or (place := _sequence(seq)) is None else place,
            message_id=_name(get("message_id")),
            at_ms=_time(get("at")),
            received_at_ms=_time(get("received_at")),
            role=role,
            author=author,
            text=_text(get("text")),
            is_internal=_bool(get("internal")) or False,
            is_automatic=_bool(get("automatic")) or False,
            customer=disguise(customer) if customer is not None else None,
            channel=_frequent(get("channel")),
            topic=mask(topic) if topic is not None else None,
            extra=extra,
        )
    except _Wrong as wrong:
        raise InputError(*(_faults(row, _MESSAGE_READERS) or _faults(row, {"": _raising(wrong)}))) from None


def parse_about(row: Mapping[str, object], disguise: Callable[[str], str]) -> About:
    """One row of a conversation table; unknown columns are not kept. ``InputError`` holds every fault of the row."""
    faults = _faults(row, _ABOUT_READERS)
    if faults:
        raise InputError(*faults)
    values = {column: read(row.get(column)) for column, read in _ABOUT_READERS.items()}
    csat, csat_max = values["csat"], values["csat_max"]
    if isinstance(csat, float) and isinstance(csat_max, float) and csat > csat_max:
        reason = Reason("import.above_the_top", {"value": csat, "top": csat_max})
        raise InputError(Fault(reason, field="csat", conversation_id=str(values["conversation_id"])))
    if values["customer"] is not None:
        values["customer"] = disguise(str(values["customer"]))
    if values["topic"] is not None:
        values["topic"] = mask(str(values["topic"]))
    return About(*values.values())  # type: ignore[arg-type]  # the readers stand in the order of the fields


def _faults(row: Mapping[str, object], readers: Mapping[str, Callable[[object], object]]) -> list[Fault]:
    """Every fault of a row, each with its column and, when it can be read, the conversation."""
    faults = []
    for column, read in readers.items():
        try:
            read(row.get(column))
        except _Wrong as wrong:
            faults.append((column, wrong.reason))
    try:
        conversation_id: str | None = _required(row.get("conversation_id"))
    except _Wrong:
        conversation_id = None
    return [Fault(reason, field=column or None, conversation_id=conversation_id) for column, reason in faults]


def _raising(wrong: _Wrong) -> Callable[[object], object]:
    def read(_value: object) -> object:
        raise wrong

    return read


def clean(text: str) -> str:
    """``text`` without control characters; tab and newline stay, other line ends become newlines."""
    if text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable() or _CONTROL.search(text) is None:
        return text
    text = _SURROGATE.sub("�", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n"))
    return _CONTROL.sub("", text)


def _is_missing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _shown(value: object) -> str:
    return mask(clean(_as_text(value)[: 4 * _SHOWN]))[:_SHOWN]


def _text(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else _as_text(value) if not _is_missing(value) else ""
    if len(text) > MAX_TEXT:
        raise _Wrong("import.too_long", length=len(text), limit=MAX_TEXT)
    return mask(clean(text))


def _name(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        if _is_missing(value):
            return None
        value = _as_text(value)
    name = value if value.isprintable() else " ".join(clean(value).split())
    name = name.strip()
    if len(name) > MAX_NAME:
        raise _Wrong("import.too_long", length=len(name), limit=MAX_NAME)
    return name or None


def _frequent(value: object) -> str | None:
    """A name that many rows share."""
    if value is None or value == "":
        return None
    return _known_name(value) if isinstance(value, str) else _name(value)


_known_name = lru_cache(maxsize=1 << 14)(_name)


def _required(value: object) -> str:
    name = _name(value)
    if name is None:
        raise _Wrong("import.missing_value")
    return name


def _role(value: object) -> str:
    role = _ROLES.get(value) if isinstance(value, str) else None
    if role is None:
        role = _ROLES.get(_required(value).lower())
        if role is None:
            raise _Wrong("import.unknown_role", value=_shown(value), known=", ".join(_ROLES))
    return role


def _sequence(value: object) -> int | None:
    """A place in the source; any whole number, large ones included."""
    number = _number(value)
    if number is None:
        return None
    if not number.is_integer() or abs(number) > 2**53:
        raise _Wrong("import.not_a_count", value=_shown(value))
    return int(number)


def _time(value: object) -> int | None:
    """Milliseconds since the epoch; ``None`` when missing."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _time_of_text(value)
    if isinstance(value, datetime):
        return _time_of(value, value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)  # how some databases export whole numbers
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong("import.not_a_time", value=_shown(value))
    if isinstance(value, float) and not value.is_integer():
        if math.isnan(value):
            return None
        raise _Wrong("import.not_a_time", value=_shown(value))
    return _in_range(int(value), value)


def _time_of_text(value: str) -> int | None:
    if value.isdecimal():
        return _in_range(int(value[:20]), value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None:
        value = value.strip()
        if value == "" or value.isdecimal():
            return _time_of_text(value) if value else None
        spaced = _SPACED_OFFSET.match(value)  # "2024-03-04 02:01:03 +0800", "... UTC"
        try:
            moment = datetime.fromisoformat(spaced[1].rstrip() + (spaced[2] or "+00:00") if spaced else value)
        except ValueError:
            raise _Wrong("import.not_a_time", value=_shown(value)) from None
    return _time_of(moment, value)


def _time_of(moment: datetime, value: object) -> int:
    if moment.tzinfo is None:
        raise _Wrong("import.needs_offset", value=_shown(value))
    delta = moment - _EPOCH
    return _in_range(delta.days * 86_400_000 + delta.seconds * 1000 + delta.microseconds // 1000, value)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _in_range(ms: int, value: object) -> int:
    if not _EARLIEST <= ms < _LATEST:
        raise _Wrong("import.time_out_of_range", value=_shown(value))
    return ms


def _bool(value: object) -> bool | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    word = "" if _is_missing(value) else _as_text(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    if word == "":
        return None
    raise _Wrong("import.not_a_bool", value=_shown(value))


def _number(value: object) -> float | None:
    if value is None or value == "" or _is_missing(value):
        return None
    try:
        number = float(value if isinstance(value, int | float) else _as_text(value))
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise _Wrong("import.not_a_number", value=_shown(value))
    return number


def _whole(value: object) -> int | None:
    if value is None or value == "":
        return None
    number = _number(value)
    if number is None:
        return None
    if not number.is_integer() or not 0 <= number < 2**31:
        raise _Wrong("import.not_a_count", value=_shown(value))
    return int(number)


def _amount(value: object) -> Decimal | None:
    """An amount of money with at most four decimals."""
    if value is None or value == "" or _is_missing(value):
        return None
    try:
        amount = Decimal(str(value) if isinstance(value, int | float | Decimal) else _as_text(value).strip())
    except InvalidOperation:
        raise _Wrong("import.not_an_amount", value=_shown(value)) from None
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -4 or abs(amount) >= 10**14 or isinstance(value, bool):
        raise _Wrong("import.not_an_amount", value=_shown(value))
    return amount


def _extra(row: Mapping[str, object]) -> dict[str, str] | None:
    kept = {}
    for column, value in row.items():
        if column not in _MESSAGE_COLUMNS and not _is_missing(value):
            kept[_required(column)] = _text(value)
    return kept or None


_MESSAGE_READERS: dict[str, Callable[[object], object]] = {
    "conversation_id": _required,
    "message_id": _name,
    "at": _time,
    "role": _role,
    "author": _name,
    "text": _text,
    "customer": _name,
    "channel": _name,
    "topic": _name,
    "internal": _bool,
    "automatic": _bool,
    "received_at": _time,
    "seq": _sequence,
}
_ABOUT_READERS: dict[str, Callable[[object], object]] = dict(
    zip(
        ABOUT_COLUMNS,
        (
            _required,
            _name,
            _name,
            _name,
            _time,
            _time,
            _name,
            _whole,
            _bool,
            _number,
            _number,
            _bool,
            _name,
            _amount,
            _time,
            _amount,
            _name,
            _name,
        ),
        strict=True,
    )
)
