"""Moving the days of a conversation (日期平移): a date that somebody remembers can tell whose conversation it was.

All days move by the same whole weeks, so that weekdays and spans between days stay as they were told.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_WEEKS = (-4, -3, -2, -1, 1, 2, 3, 4)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAME = rf"(?P<{{}}>{'|'.join(_MONTHS)})[a-z]*\.?"
_DATE = re.compile(
    r"(?<![\d.\-/])(?:"
    r"(?:(?P<year>20\d\d)(?P<y>\s*年\s*))?(?P<month>\d{1,2})(?P<m>\s*月\s*)(?P<day>\d{1,2})(?=\s*[日号])"
    r"|(?P<iyear>20\d\d)(?P<sep>[\-/.])(?P<imonth>\d{1,2})(?P=sep)(?P<iday>\d{1,2})(?![\d.\-/])"
    r"|(?P<alone>\d{1,2})(?=\s*[日号](?![内线楼仓门机店码厅柜院台床车座位铺电桌房馆井]))"
    rf"|(?P<dday>\d{{1,2}})(?P<gap>(?:st|nd|rd|th)?\s(?:of\s)?){_NAME.format('dmonth')}"
    rf"|\b{_NAME.format('nmonth')}\s(?P<nday>\d{{1,2}})(?!\d)"
    r")"
)


def weeks_of(seen: str) -> timedelta:
    """By how much the days of the conversation with this digest are moved: one to four weeks to either side, the same
    whenever it is asked. Whoever does not know the words of the whole conversation cannot work it out."""
    return timedelta(weeks=_WEEKS[int(seen[:8], 16) % len(_WEEKS)])


def moved(text: str, by: timedelta, day: date) -> str:
    """``text`` of a conversation that began on ``day`` with every date in it moved; what is no date stays."""

    def put(match: re.Match[str]) -> str:
        told = _told(match, day)
        return match[0] if told is None else _written(match, told + by)

    return _DATE.sub(put, text)


def _told(match: re.Match[str], day: date) -> date | None:
    """The date, in the year and month nearest to ``day`` where it does not say."""
    name = match["dmonth"] or match["nmonth"]
    number = match["day"] or match["iday"] or match["alone"] or match["dday"] or match["nday"]
    month = _MONTHS.index(name) + 1 if name else int(match["month"] or match["imonth"] or 0)
    year = int(match["year"] or match["iyear"] or 0)
    around = [(year or day.year + n, month) for n in (-1, 0, 1)] if month else _months_around(day)
    found = [one for one in (_date(*each, int(number)) for each in dict.fromkeys(around)) if one is not None]
    return min(found, key=lambda one: abs((one - day).days), default=None)


def _months_around(day: date) -> list[tuple[int, int]]:
    count = day.year * 12 + day.month - 1
    return [((count + n) // 12, (count + n) % 12 + 1) for n in (-1, 0, 1)]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _written(match: re.Match[str], new: date) -> str:
    """The date as it was written."""
    if match["day"]:
        year = f"{new.year}{match['y']}" if match["year"] else ""
        return f"{year}{new.month}{match['m']}{new.day}"
    if match["iday"]:
        wide = "02d" if len(match["imonth"]) > 1 or len(match["iday"]) > 1 else "d"
        return match["sep"].join((str(new.year), f"{new.month:{wide}}", f"{new.day:{wide}}"))
    if match["alone"]:
        return str(new.day)
    month = _MONTHS[new.month - 1]
    return f"{new.day}{_ordinal(match['gap'], new.day)}{month}" if match["dday"] else f"{month} {new.day}"


def _ordinal(gap: str, day: int) -> str:
    """What stands between day and month, with the ending that goes with the day."""
    rest = re.sub(r"^(?:st|nd|rd|th)", "", gap)
    if rest == gap:
        return gap
    ending = "th" if day // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return ending + rest
