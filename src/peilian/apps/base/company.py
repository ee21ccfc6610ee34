"""The company of this installation: name, time zone, calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

from peilian.apps.base.audit import bookkeeping, write
from peilian.apps.base.memo import remembered
from peilian.apps.base.models import Company
from peilian.apps.base.prepared import Prepared
from peilian.engine._kernel import Fault, InputError, Reason

if TYPE_CHECKING:
    from peilian.apps.people.models import User


_FIRST = Prepared(lambda: Company.objects.order_by("pk")[:1])


def company() -> Company:
    """The company, made with default settings on first use."""
    return remembered("company", _company)


def _company() -> Company:
    found = _FIRST.first()
    if found is None:
        with bookkeeping():
            found = Company.objects.create()
    return found


def company_zone() -> ZoneInfo:
    """The time zone that days and hours are counted in."""
    return ZoneInfo(company().time_zone)


def today_in_company(now: datetime | None = None) -> date:
    """Today's date where the company is; with ``now``, the date that it is there at that moment."""
    return timezone.localdate(now, timezone=company_zone())


def end_of_day(day: date) -> datetime:
    """The last second of a day where the company is: until then counts what is due on it."""
    return datetime.combine(day, time(23, 59, 59), company_zone())


def change_company(*, actor: User | None, name: Mapping[str, str], time_zone: str, calendar: str) -> Company:
    """Change the company's settings; at least one of the names ``{zh, en}`` is needed."""
    name = {language: name.get(language, "").strip() for language in ("zh", "en") if name.get(language, "").strip()}
    if not name:
        raise InputError(Fault(Reason("company.no_name"), field="name"))
    if time_zone not in available_timezones():
        raise InputError(Fault(Reason("company.unknown_time_zone", {"value": time_zone}), field="time_zone"))
    row = company()
    before = {"name": row.name, "time_zone": row.time_zone, "calendar": row.calendar}
    row.name, row.time_zone, row.calendar = name, time_zone, calendar
    with write(actor=actor, verb="base.change_company") as audit:
        row.save()
        audit.changed(row, **before)
    return row
