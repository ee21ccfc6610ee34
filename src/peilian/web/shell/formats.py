"""Numbers, spans, money and dates as people read them. The only place that decides how a value looks.

Pure: the language is an argument, moments are already in the reader's time zone, and ``now`` is passed in.
A missing value (``None``, NaN) is an en dash, never 0; whoever shows it adds the reason.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from peilian.engine._kernel import Language

Unit = Literal["count", "seconds", "ratio", "points", "score", "money"]
Number = int | float | Decimal

DASH = "–"
MINUS = "\u2212"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def is_missing(value: Number | None) -> bool:
    """Whether there is nothing to show: ``None``, NaN or an infinite value."""
    return value is None or not math.isfinite(value)


def format_integer(value: Number) -> str:
    """A whole number with thousands separated: ``1,234``; halves round away from zero."""
    return format_decimal(value, 0)


def format_decimal(value: Number, places: int) -> str:
    """A number with exactly ``places`` decimals and thousands separated: ``1,234.50``."""
    rounded = _rounded(value, places)
    return _signed(f"{abs(rounded):,.{places}f}", rounded)


def format_ratio(value: Number) -> str:
    """A ratio (0.123) as a percentage: ``12.3%``; below a tenth of a percent with two decimals, lest it read 0."""
    percent = _exact(value) * 100
    places = 2 if 0 < abs(percent) < Decimal("0.1") else 1
    return f"{format_decimal(percent, places)}%"


def format_seconds(seconds: Number, language: Language) -> str:
    """A span in its two largest units: ``4.2秒``, ``2分05秒``, ``2天3小时`` / ``2 min 5 s``, ``2 d 3 h``."""
    signed = _exact(seconds)
    exact = abs(signed)
    if exact < 10 and exact != exact.to_integral_value():
        text = f"{_rounded(exact, 1):f}"
        text = text.removesuffix(".0") + ("秒" if language == "zh" else " s")
        return _signed(text, _rounded(signed, 1))
    whole = int(_rounded(exact, 0))
    if whole >= _HOUR:
        whole = int(_rounded(Decimal(whole) / _MINUTE, 0)) * _MINUTE
    if whole >= _DAY:
        whole = int(_rounded(Decimal(whole) / _HOUR, 0)) * _HOUR
    return _signed(_span(whole, language), Decimal(whole).copy_sign(signed))


def format_money(value: Number, currency: str = "¥") -> str:
    """An amount with its currency sign and cents: ``¥1,234.50``; a negative one has the sign in front: ``−¥3.00``."""
    rounded = _rounded(value, 2)
    return _signed(f"{currency}{abs(rounded):,.2f}", rounded)


def format_points(value: Number) -> str:
    """Points or marks: one decimal from ten upwards, two below, so that 4.62 of 5 and 87.7 of 100 both say enough."""
    return format_decimal(value, 1 if abs(_exact(value)) >= 10 else 2)


def format_score(value: Number) -> str:
    """Points that somebody is judged by: up to two decimals, none that say nothing: ``92.08``, ``2.5``, ``105``."""
    text = format_decimal(value, 2)
    return text.rstrip("0").rstrip(".")


def format_value(value: Number | None, unit: Unit, language: Language) -> str:
    """A value by the unit of its measure; missing is an en dash."""
    if value is None or is_missing(value):
        return DASH
    if unit == "seconds":
        return format_seconds(value, language)
    if unit == "ratio":
        return format_ratio(value)
    if unit == "points":
        return format_points(value)
    if unit == "score":
        return format_score(value)
    if unit == "money":
        return format_money(value)
    return format_integer(value) if value == int(value) else format_decimal(value, 1)


def format_change(value: Number | None, unit: Unit, language: Language) -> str:
    """A difference with its sign: ``+6秒``, ``−1.2个百分点`` / ``−1.2 pp``; no difference is ``±0``."""
    if value is None or is_missing(value):
        return DASH
    if unit == "ratio":
        points = _rounded(_exact(value) * 100, 1)
        text, is_zero = format_decimal(points, 1) + ("个百分点" if language == "zh" else " pp"), points == 0
    else:
        text = format_value(value, unit, language)
        is_zero = not any(digit in "123456789" for digit in text)
    if is_zero:
        return "±" + text.lstrip(MINUS)
    return text if text.startswith(MINUS) else "+" + text


def format_day(day: date, language: Language, today: date) -> str:
    """A date, with its year unless that is the current: ``11月22日``, ``2025年11月22日`` / ``22 Nov 2025``."""
    if language == "zh":
        text = f"{day.month}月{day.day}日"
        return text if day.year == today.year else f"{day.year}年{text}"
    text = f"{day.day} {_MONTHS[day.month - 1]}"
    return text if day.year == today.year else f"{text} {day.year}"


def format_moment(moment: datetime, language: Language, now: datetime) -> str:
    """Date and time to the minute: ``11月22日 15:04`` / ``22 Nov 15:04``; both moments are in the reader's zone."""
    return f"{format_day(moment.date(), language, now.date())} {moment:%H:%M}"


def format_days(first: date, last: date, language: Language, today: date) -> str:
    """Two dates, both included, without saying the same thing twice: ``11月1日至30日`` / ``1–30 Nov``."""
    if first == last:
        return format_day(first, language, today)
    same_year, same_month = first.year == last.year, (first.year, first.month) == (last.year, last.month)
    if language == "zh":
        year = "" if same_year and first.year == today.year else f"{first.year}年"
        end_year = "" if same_year else f"{last.year}年"
        end = f"{last.day}日" if same_month else f"{end_year}{last.month}月{last.day}日"
        return f"{year}{first.month}月{first.day}日至{end}"
    if same_month:
        return f"{first.day}–{format_day(last, language, today)}"
    if same_year:
        return f"{first.day} {_MONTHS[first.month - 1]} – {format_day(last, language, today)}"
    return f"{first.day} {_MONTHS[first.month - 1]} {first.year} – {last.day} {_MONTHS[last.month - 1]} {last.year}"


def format_ago(moment: datetime, language: Language, now: datetime) -> str:
    """How long ago, or in how long, in one unit: ``3分钟前`` / ``3 min ago``, ``2天后`` / ``in 2 days``."""
    seconds = (now - moment).total_seconds()
    span = int(abs(seconds))
    if span < 45:
        return "刚刚" if language == "zh" else "just now"
    amount, zh, en = _one_unit(span)
    if language == "zh":
        return f"{amount}{zh}{'前' if seconds > 0 else '后'}"
    return f"{amount} {en} ago" if seconds > 0 else f"in {amount} {en}"


def _one_unit(span: int) -> tuple[int, str, str]:
    if span < _HOUR - 30:
        return max(1, round(span / _MINUTE)), "分钟", "min"
    if span < _DAY - _HOUR // 2:
        return max(1, round(span / _HOUR)), "小时", "h"
    days = max(1, round(span / _DAY))
    return days, "天", "day" if days == 1 else "days"


def _span(whole: int, language: Language) -> str:
    days, hours = divmod(whole // _HOUR, 24)
    minutes, seconds = whole // _MINUTE % 60, whole % _MINUTE
    if days:
        large, small, names = days, hours, (("天", "小时"), ("d", "h"))
    elif hours:
        large, small, names = hours, minutes, (("小时", "分"), ("h", "min"))
    elif minutes:
        large, small, names = minutes, seconds, (("分", "秒"), ("min", "s"))
    else:
        return f"{seconds}秒" if language == "zh" else f"{seconds} s"
    if language == "zh":
        padded = f"{small}" if days else f"{small:02d}"
        return f"{large}{names[0][0]}" + (f"{padded}{names[0][1]}" if small else "")
    return f"{large} {names[1][0]}" + (f" {small} {names[1][1]}" if small else "")


def _signed(text: str, value: Decimal) -> str:
    return MINUS + text if value < 0 else text


def _exact(value: Number) -> Decimal:
    """The number as it is printed, so that 0.285 rounds as people expect and not as its binary neighbour."""
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, int) else Decimal(repr(float(value)))


def _rounded(value: Number, places: int) -> Decimal:
    return _exact(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
