"""One cell of a business table: its text or number becomes a value of the column's type, or a reason why not.

What can be meant in two ways is asked, never guessed: 92 may be 92 % or 92 times, 03/04/2026 may be in March or April.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from peilian.adapters.workbooks import BrokenCell, Percentage
from peilian.engine._kernel import Param, Reason
from peilian.engine.conversation.canonical import clean

ColumnType = Literal["text", "date", "moment", "month", "money", "number", "count", "ratio", "truth", "choice"]

LONGEST_TEXT = 500
LARGEST = Decimal(10) ** 14  # yuan or pieces; what is larger is a mistake
_PLACES = 4
_EXCEL_EPOCH = date(1899, 12, 30)  # day 0 of spreadsheets, which hold 1900 to be a leap year
_EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119
_YEARS = range(1990, 2100)

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_SOLID_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SLASHED = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MONTH = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*月?(?:份)?")
_CLOCK = re.compile(r"\s*[T ]?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?")
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[+-]?\.\d+")
_SCALES = {"": 1, "千": 1_000, "K": 1_000, "万": 10_000, "W": 10_000, "百万": 1_000_000, "亿": 100_000_000}
_UNITS = re.compile(r"(?:元|圆|人次|人|次|个|单|件|天|分|笔|份|rmb|cny|yuan)$", re.IGNORECASE)
_CURRENCY = re.compile(r"^(?:[¥￥]|rmb|cny|人民币)", re.IGNORECASE)
_NOTHING = frozenset(("", "-", "--", "—", "/", "\\N"))
_TRUE = {"是", "有", "对", "√", "✓", "y", "yes", "true", "t", "1", "1.0"}
_FALSE = {"否", "无", "没有", "不", "×", "x", "n", "no", "false", "f", "0", "0.0"}


class AskedError(Exception):
    """A value that can be meant in two ways; ``key`` is the question that has to be answered first."""

    def __init__(self, key: str, sample: str) -> None:
        super().__init__(key)
        self.key, self.sample = key, sample


class UnfitError(Exception):
    """A value that does not fit the type of its column."""

    def __init__(self, key: str, **params: Param) -> None:
        super().__init__(key)
        self.reason = Reason(key, params)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one column are read: the zone of clocks without one, answers, and the names of choices.

    ``answers`` are ``percent`` or ``fraction`` for ``ratio``, ``dmy`` or ``mdy`` for ``dates``, ``yuan`` or ``wan``
    for ``unit``; ``names`` are the values of a choice by what they may be called; ``meant`` what an unknown name was
    said to mean (empty: nothing, such rows are faults).
    """

    type: ColumnType
    zone: ZoneInfo
    answers: Mapping[str, str]
    names: Mapping[str, str]
    meant: Mapping[str, str]
    places: int = _PLACES

    def value(self, cell: Any) -> Any:
        """The value of a cell, ``None`` for an empty one. Raises ``UnfitError`` and ``AskedError``."""
        if isinstance(cell, BrokenCell):
            raise UnfitError("tables.broken_cell")
        if is_empty(cell):
            return None
        return _READERS[self.type](self, cell)


def is_empty(cell: Any) -> bool:
    """Whether nothing stands in a cell; a dash is how people write nothing."""
    return cell is None or (isinstance(cell, float) and cell != cell) or plain(cell) in _NOTHING


def plain(cell: Any) -> str:
    """A cell as text: full-width signs narrow, no control characters; 1001.0 is 1001."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return _narrow(cell) if isinstance(cell, str) else str(cell)


@lru_cache(maxsize=1 << 15)
def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", clean(text)).strip()


def _text(_reading: Reading, cell: Any) -> str:
    # Names and words keep their form; only what surrounds them goes.
    text = clean(cell).strip() if isinstance(cell, str) else plain(cell)
    if len(text) > LONGEST_TEXT:
        raise UnfitError("tables.too_long", limit=LONGEST_TEXT)
    return text


def _date(reading: Reading, cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.astimezone(reading.zone).date() if cell.tzinfo else cell.date()
    if isinstance(cell, date):
        return cell
    text = plain(cell)
    day, rest = _leading_day(reading, text, cell)
    if rest and not _CLOCK.fullmatch(rest):
        raise _unfit(reading, text)
    return day


def _moment(reading: Reading, cell: Any) -> datetime | date:
    """A moment in UTC, or the day where no clock is told."""
    if isinstance(cell, datetime):
        if cell.tzinfo is None and cell.time() == time():
            return cell.date()
        return (cell if cell.tzinfo else cell.replace(tzinfo=reading.zone)).astimezone(UTC)
    if isinstance(cell, date):
        return cell
    text = plain(cell)
    day, rest = _leading_day(reading, text, cell)
    if not rest:
        return day
    found = _CLOCK.fullmatch(rest)
    if found is None:
        raise _unfit(reading, text)
    hours, minutes, seconds, offset = found.groups()
    try:
        clock = time(int(hours), int(minutes), int(seconds or 0))
        local = datetime.combine(day, clock, _zone(offset) or reading.zone)
    except ValueError:
        raise _unfit(reading, text) from None
    return local.astimezone(UTC)


def _zone(offset: str | None) -> Any:
    if offset is None:
        return None
    return UTC if offset == "Z" else datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo


def _leading_day(reading: Reading, text: str, cell: Any) -> tuple[date, str]:
    """The day that a text begins with, and what stands behind it."""
    try:
        is_number = isinstance(cell, int) or (isinstance(cell, float) and math.isfinite(cell))
        if is_number and int(cell) in _EXCEL_DAYS:
            days, share = divmod(Decimal(str(cell)), 1)
            seconds = round(share * 86_400)
            clock = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}" if seconds else ""
            return _EXCEL_EPOCH + timedelta(days=int(days)), clock
        if (found := _DATE.match(text)) or (found := _SOLID_DATE.fullmatch(text)):
            day = date(*map(int, found.groups()))
        elif found := _SLASHED.match(text):
            day = _slashed(reading, text, *map(int, found.groups()))
        else:
            raise _unfit(reading, text)
    except ValueError:
        raise _unfit(reading, text) from None
    if day.year not in _YEARS:
        raise _unfit(reading, text)
    return day, text[found.end() :]


def _slashed(reading: Reading, text: str, first: int, second: int, year: int) -> date:
    if first <= 12 and second <= 12 and first != second:
        order = reading.answers.get("dates")
        if order is None:
            raise AskedError("dates", text)
        month, day = (first, second) if order == "mdy" else (second, first)
    else:
        month, day = (first, second) if second > 12 else (second, first)
    return date(year, month, day)


def _month(reading: Reading, cell: Any) -> date:
    """The first day of a month; any day of it will do."""
    if isinstance(cell, date):
        return _date(reading, cell).replace(day=1)
    text = plain(cell)
    found = _MONTH.fullmatch(text)
    if found and int(found[1]) in _YEARS and 1 <= int(found[2]) <= 12:
        return date(int(found[1]), int(found[2]), 1)
    try:
        return _leading_day(reading, text, cell)[0].replace(day=1)
    except UnfitError:
        raise _unfit(reading, text) from None


def _unfit(reading: Reading, text: str) -> UnfitError:
    return UnfitError(f"tables.not_a_{reading.type}", value=shortened(text))


def shortened(text: str, most: int = 60) -> str:
    """A value as a message shows it."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _decimal(reading: Reading, cell: Any, *, is_money: bool = False) -> Decimal:
    if isinstance(cell, bool | date):
        raise _unfit(reading, plain(cell))
    if isinstance(cell, int | float | Decimal):
        # What a spreadsheet shows as 33.3 lies in the file as 33.299999999999997.
        number = Decimal(str(round(cell, 8) if isinstance(cell, float) else cell))
        return _bounded(reading, cell, number)
    text = plain(cell).replace(" ", "")
    bare = _CURRENCY.sub("", text) if is_money else text
    bare = _UNITS.sub("", bare)
    scale = next((sign for sign in ("百万", "千", "万", "亿", "W", "K") if bare.upper().endswith(sign)), "")
    bare = bare[: len(bare) - len(scale)]
    if not _NUMBER.fullmatch(bare):
        raise _unfit(reading, text)
    try:
        number = Decimal(bare.replace(",", "")) * _SCALES[scale]
    except InvalidOperation:
        raise _unfit(reading, text) from None
    return _bounded(reading, cell, number)


def _bounded(reading: Reading, cell: Any, number: Decimal) -> Decimal:
    if not number.is_finite() or abs(number) >= LARGEST:
        raise _unfit(reading, plain(cell))
    if number < 0:
        raise UnfitError("tables.below_zero", value=shortened(plain(cell)))
    return number


def _money(reading: Reading, cell: Any) -> Decimal:
    number = _decimal(reading, cell, is_money=True)
    text = plain(cell).upper()
    # A cell that names its own unit is not scaled by that of its heading.
    if reading.answers.get("unit") == "wan" and not any(sign in text for sign in ("万", "W", "亿", "千", "元")):
        number *= 10_000
    return _placed(reading, cell, number)


def _amount(reading: Reading, cell: Any) -> Decimal:
    return _placed(reading, cell, _decimal(reading, cell))


def _placed(reading: Reading, cell: Any, number: Decimal) -> Decimal:
    rounded = round(number, reading.places)
    if abs(rounded - number) > Decimal("1e-7"):
        raise UnfitError("tables.too_many_places", value=shortened(plain(cell)), places=reading.places)
    return rounded.normalize() if rounded else Decimal(0)


def _count(reading: Reading, cell: Any) -> Decimal:
    number = _decimal(reading, cell)
    if number != number.to_integral_value():
        raise _unfit(reading, plain(cell))
    return number.to_integral_value()


def _ratio(reading: Reading, cell: Any) -> Decimal:
    """A ratio as 0.92. A percent sign says all, also one that only the sheet shows; a bare number has to be asked
    about."""
    text = plain(cell)
    if text.endswith("%"):
        return _placed(reading, cell, _decimal(reading, text[:-1]) / 100)
    number = _decimal(reading, cell)
    if isinstance(cell, Percentage):
        return _placed(reading, cell, number)
    meant = reading.answers.get("ratio")
    if meant is None:
        raise AskedError("ratio", shortened(text))
    return _placed(reading, cell, number / 100 if meant == "percent" else number)


def _truth(reading: Reading, cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    text = plain(cell).lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise _unfit(reading, text)


def _choice(reading: Reading, cell: Any) -> str:
    text = plain(cell)
    known = reading.names.get(text.lower())
    if known is not None:
        return known
    meant = reading.meant.get(shortened(text))
    if meant is None:
        raise AskedError(f"value:{shortened(text)}", shortened(text))
    if not meant:
        raise UnfitError("tables.left_out", value=shortened(text))
    return meant


_READERS: Mapping[ColumnType, Callable[[Reading, Any], Any]] = {
    "text": _text,
    "date": _date,
    "moment": _moment,
    "month": _month,
    "money": _money,
    "number": _amount,
    "count": _count,
    "ratio": _ratio,
    "truth": _truth,
    "choice": _choice,
}
