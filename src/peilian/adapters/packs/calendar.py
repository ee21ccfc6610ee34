"""Kind ``calendar``: business calendars."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from peilian.adapters import packs
from peilian.adapters.packs import Document, TextField, kinds
from peilian.engine.kpi.calendar import DAY_MINUTES, Calendar

_Strict = ConfigDict(extra="forbid", frozen=True)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = Annotated[str, Field(pattern=r"^([01]\d|2[0-4]):[0-5]\d-([0-3]\d|4[0-8]):[0-5]\d$")]


def minutes(span: str) -> tuple[int, int]:
    """``09:00-18:00`` as minutes after midnight; an end at or before the start means the following day."""
    first, last = (int(hour) * 60 + int(minute) for hour, minute in (part.split(":") for part in span.split("-")))
    return first, last if last > first else last + DAY_MINUTES


class DaysField(BaseModel):
    """One day, or days from ``from`` to ``to``, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: date = Field(alias="from")
    to: date | None = None
    name: TextField | None = None

    @model_validator(mode="after")
    def _in_order(self) -> DaysField:
        if self.to is not None and self.to < self.from_:
            raise ValueError("'to' lies before 'from'")
        return self

    def days(self) -> list[date]:
        """Every day of it."""
        return [self.from_ + timedelta(days=n) for n in range(((self.to or self.from_) - self.from_).days + 1)]


class HoursField(BaseModel):
    """Working spans per weekday, such as ``09:00-18:00``; a span may end on the following day (``22:00-06:00``)."""

    model_config = _Strict

    mon: tuple[Span, ...] = ()
    tue: tuple[Span, ...] = ()
    wed: tuple[Span, ...] = ()
    thu: tuple[Span, ...] = ()
    fri: tuple[Span, ...] = ()
    sat: tuple[Span, ...] = ()
    sun: tuple[Span, ...] = ()


@kinds.register("calendar")
class CalendarDocument(Document):
    """When a team works: ``always``, or weekly hours with holidays and make-up days (调休)."""

    kind: Literal["calendar"]
    title: TextField
    note: TextField | None = None
    tz: str
    always: bool = False
    hours: HoursField = HoursField()
    holidays: tuple[DaysField, ...] = ()
    makeup_days: tuple[DaysField, ...] = ()
    makeup_hours: tuple[Span, ...] = ()

    @field_validator("tz")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("an IANA time zone such as Asia/Shanghai was expected") from None
        return value

    @model_validator(mode="after")
    def _is_consistent(self) -> CalendarDocument:
        weekly = any(getattr(self.hours, day) for day in _WEEKDAYS)
        if self.always == weekly:
            raise ValueError("either always: true or weekly hours were expected")
        if self.makeup_days and not self.makeup_hours:
            raise ValueError("makeup_days need makeup_hours")
        both = {d for item in self.holidays for d in item.days()} & {
            d for item in self.makeup_days for d in item.days()
        }
        if both:
            raise ValueError(f"{min(both)} is both a holiday and a make-up day")
        return self

    def to_calendar(self) -> Calendar:
        """The engine's value of it."""
        return Calendar(
            key=self.key,
            tz=self.tz,
            title=self.title.to_text(),
            hours={n: tuple(map(minutes, getattr(self.hours, day))) for n, day in enumerate(_WEEKDAYS)},
            holidays=frozenset(day for item in self.holidays for day in item.days()),
            makeup_days=frozenset(day for item in self.makeup_days for day in item.days()),
            makeup_hours=tuple(map(minutes, self.makeup_hours)),
            is_always=self.always,
        )


def load_calendars(roots: Iterable[Path] = (packs.SHIPPED,)) -> dict[str, Calendar]:
    """Every calendar of the packs below ``roots``, by key."""
    found = {}
    for item in packs.load("calendar", roots):
        assert isinstance(item.document, CalendarDocument)
        found[item.document.key] = item.document.to_calendar()
    return found
