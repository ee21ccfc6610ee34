"""Figures in what an agent writes (数字抽取): money, durations, days, times of day, in digits or in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from peilian.engine.drill.scenario import Unit

_PLAIN, _FORMAL = "零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖"
_DIGITS = {char: n for chars in (_PLAIN, _FORMAL) for n, char in enumerate(chars)} | {"两": 2, "俩": 2}
_SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000}
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "an": 1, "a": 1, "half an": 0.5,
}  # fmt: skip
_HAN = f"[{_PLAIN}{_FORMAL}两俩十百千拾佰]{{1,12}}"
_N = (
    rf"(?:\d{{1,12}}(?:\.\d{{1,6}})?|{_HAN}|(?:half an|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|twelve|fifteen|an|a)(?=[\s-])|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:-(?:one|two|three|four|five|six|seven|eight|nine))?\b)"
)
_TO = r"\s*(?:-|~|–|至|到|to)\s*"
_MONEY = re.compile(
    rf"(?:[¥$]|rmb|cny|(?:立|满)?减|省)\s*(?P<sign>\d+(?:\.\d+)?)"
    rf"|(?P<n>{_N})[\s-]*(?:块钱|元|块|蚊|yuan|rmb|cny|dollars?|的?(?:无门槛|优惠|店铺|代金|抵扣)?券)"
)
_DURATION = re.compile(
    rf"(?:(?P<low>{_N})(?:个|\s)?{_TO})?(?P<n>{_N})\s*(?P<half>个半)?个?\s*"
    r"(?P<unit>工作日|工作天|自然日|小时|钟头|分钟|钟|天|日内|日之内|日(?=[到达送])|周|星期|h(?![a-z])|hours?|hrs?|minutes?|mins?|"
    r"(?:working |business )?days?|weeks?)|(?P<halfhour>半个?小时|半个钟头?)|(?P<halfday>半天)"
)
_SCALE = {
    "小时": 1.0, "钟头": 1.0, "钟": 1.0, "h": 1.0, "hour": 1.0, "hr": 1.0,
    "分钟": 1 / 60, "minute": 1 / 60, "min": 1 / 60, "周": 168.0, "星期": 168.0, "week": 168.0,
}  # fmt: skip
_DAY = 24.0
_NEAR_DAYS = {
    "大后天": 3, "后天": 2, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "今天": 0, "今日": 0, "今晚": 0, "当天": 0,
    "后日": 2, "明儿": 1, "听日": 1, "今儿": 0,
    "day after tomorrow": 2, "tomorrow": 1, "today": 0, "tonight": 0,
}  # fmt: skip
_WEEKDAYS = {
    **{f"{name}{char}": n for name in ("周", "星期", "礼拜") for n, char in enumerate("一二三四五六日")},
    **{f"{name}天": 6 for name in ("周", "星期", "礼拜")},
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
}  # fmt: skip
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip
_NEAR = re.compile("|".join(sorted(_NEAR_DAYS, key=len, reverse=True)))
_SHORT_WEEKDAYS = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4}
_WEEKDAY = re.compile(
    rf"(?P<long>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})|\b(?P<short>{'|'.join(_SHORT_WEEKDAYS)})\b"
)
_DATED = re.compile(
    r"(?:(?P<month>\d{1,2}|[一二三四五六七八九十]+)\s*月\s*)?(?P<day>\d{1,2}|[一二三四五六七八九十]+)\s*[日号](?!内|之内|线)"
    r"|(?P<slash>\d{1,2})[./](?P<slashday>\d{1,2})(?!\d)"
    r"|(?<!\d)(?P<dash>1[0-2]|0[1-9])-(?P<dashday>[0-3]\d)(?![\d:点时个天小])"
    r"|(?:\bthe )?(?P<eday>\d{1,2})(?:st|nd|rd|th)?(?: of)? "
    r"(?P<emonth>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    r"|(?P<fmonth>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* (?P<fday>\d{1,2})"
    r"|\bthe (?P<oday>\d{1,2})(?:st|nd|rd|th)|\b(?P<bareday>[123]\d)(?:st|nd|rd|th)\b"
)
_DAYS = ("day", "slashday", "dashday", "eday", "fday", "oday", "bareday")  # groups
_CLOCK = re.compile(
    r"(?P<half>上午|早上|中午|下午|傍晚|晚上|今晚)?\s*(?P<hour>\d{1,2}|[一二两三四五六七八九十]+)\s*(?:点|时(?!间))(?P<past>半|\d{1,2}分?)?"
    r"|(?P<h24>\d{1,2}):(?P<m24>\d{2})\s*(?P<ampm24>am|pm|a\.m\.|p\.m\.)?"
    r"|(?P<h12>\d{1,2})\s*(?P<ampm>am|pm|a\.m\.|p\.m\.)|(?P<noon>中午|\bnoon\b|\bmidday\b)"
)
_NUMBER = re.compile(_N)


def figures(text: str, unit: Unit, today: date) -> list[float]:
    """Every figure of ``unit`` in a text in normal form: money in the currency of the text, ``hours`` as hours (the
    upper end of a range), ``date`` as days from ``today``, ``clock`` as the hour of the day."""
    return list(_READERS[unit](text, today))


def _money(text: str, _today: date) -> Iterator[float]:
    for match in _MONEY.finditer(text):
        yield _value(match["sign"] or match["n"])


def _hours(text: str, _today: date) -> Iterator[float]:
    for match in _DURATION.finditer(text):
        if match["halfhour"]:
            yield 0.5
        elif match["halfday"]:
            yield _DAY / 2
        else:
            unit = match["unit"].rstrip("s")
            yield (_value(match["n"]) + (0.5 if match["half"] else 0)) * _SCALE.get(unit, _DAY)


def _dates(text: str, today: date) -> Iterator[float]:
    for match in _NEAR.finditer(text):
        yield float(_NEAR_DAYS[match.group()])
    for match in _WEEKDAY.finditer(text):
        weekday = _WEEKDAYS[match["long"]] if match["long"] else _SHORT_WEEKDAYS[match["short"]]
        yield float((weekday - today.weekday()) % 7)
    for match in _DATED.finditer(text):
        day = next(match[name] for name in _DAYS if match[name])
        month = match["month"] or match["slash"] or match["dash"]
        name = match["emonth"] or match["fmonth"]
        yield from _days_ahead(_value(day), _MONTHS[name] if name else _value(month) if month else None, today)


def _days_ahead(day: float, month: float | None, today: date) -> Iterator[float]:
    try:
        found = date(today.year, int(month or today.month), int(day))
    except ValueError:
        return
    if month is not None and (today - found).days > 180:  # January, said in December
        found = found.replace(year=today.year + 1)
    yield float((found - today).days)


def _clock(text: str, _today: date) -> Iterator[float]:
    was_late = False  # 下午三点到五点: the half of the day is said once
    for match in _CLOCK.finditer(text):
        if match["noon"]:
            yield 12.0
            continue
        hour = _value(match["hour"] or match["h24"] or match["h12"])
        past = match["past"] or match["m24"]
        minutes = 30 if past == "半" else int(past.rstrip("分")) if past else 0
        half = match["half"] or match["ampm24"] or match["ampm"] or ""
        is_late = half in ("下午", "傍晚", "晚上", "今晚") or half.startswith("p") or (was_late and not half)
        was_late = is_late
        yield hour + (12 if is_late and hour < 12 else 0) + minutes / 60


def _numbers(text: str, _today: date) -> Iterator[float]:
    for match in _NUMBER.finditer(text):
        yield _value(match.group())


def _value(word: str) -> float:
    """Digits or a number word as a number: 15, 十五, 一百二十, twenty."""
    tens, _, ones = word.partition("-")
    if tens in _WORDS:
        return float(_WORDS[tens] + (_WORDS[ones] if ones else 0))
    try:
        return float(word)
    except ValueError:
        return float(_chinese(word))


_RANGE = 2  # figures of a range such as 两三


def _chinese(word: str) -> int:
    """A number in Chinese characters; two figures in a row (两三天) are a range, of which the upper end counts."""
    total, digit = 0, 0
    has_scale = any(char in _SCALES for char in word)
    for char in word:
        scale = _SCALES.get(char)
        if scale is None:
            is_place = digit and not has_scale and len(word) > _RANGE
            digit = digit * 10 + _DIGITS[char] if is_place else _DIGITS[char]
        else:
            total += (digit or 1) * scale
            digit = 0
    return total + digit


_READERS: dict[Unit, Callable[[str, date], Iterator[float]]] = {
    "money": _money,
    "hours": _hours,
    "date": _dates,
    "clock": _clock,
    "number": _numbers,
}
