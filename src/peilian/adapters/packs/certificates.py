"""Kinds ``certificate`` and ``class-hours``: what is attested for how long, and what counts as training time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, Authored, Named, Reference, ShortKey
from peilian.adapters.packs.panel_form import load_panel_forms
from peilian.adapters.packs.teaching import Hours, Percent, Stage, _differ
from peilian.engine.curriculum.hours import Counting, Pace, Quota

ATTESTED = ("exam", "course", "path", "lesson")
"""The kinds of texts that a certificate can ask for."""
GRADES = ("qualified", "good", "excellent")
"""Grades of exams, the least first."""
_RENEWING = ("exam", "course")


class ReminderField(BaseModel):
    """So many days before the end the person is told."""

    model_config = STRICT

    days: Annotated[int, Field(ge=1, le=365)]


_USUAL = (ReminderField(days=60), ReminderField(days=14))


@kinds.register("certificate")
class CertificateDocument(Authored):
    """A certificate (证书): what it attests, and all that somebody has to pass or complete to get it.

    ``grade`` is the least one in the exams among ``requires``. ``panel`` is the scoring form of a practical exam that
    has to be passed too. It holds ``months``, without them for good; ``reminders`` tell the person before the end.
    ``renew_by`` is the exam or course that renews it; without one everything is asked for again.
    """

    attests: TextField
    requires: tuple[Reference, ...] = Field(min_length=1, max_length=20)
    grade: Literal["qualified", "good", "excellent"] = "qualified"
    months: Annotated[int, Field(ge=1, le=120)] | None = None
    reminders: tuple[ReminderField, ...] = Field(default=_USUAL, max_length=6)
    renew_by: Reference | None = None
    panel: ShortKey | None = None
    signatory: TextField | None = None

    @model_validator(mode="after")
    def _can_be_earned(self) -> CertificateDocument:
        _differ(self.requires)
        for name in self.requires:
            if name.partition(":")[0] not in ATTESTED:
                raise problem("no_ground_of_a_certificate", name=name)
        if self.renew_by is not None and self.renew_by.partition(":")[0] not in _RENEWING:
            raise problem("no_renewal_of_a_certificate", name=self.renew_by)
        if self.renew_by is not None and self.months is None:
            raise problem("renewed_without_end")
        if len(set(self.remind_days)) < len(self.remind_days):
            raise problem("reminded_twice")
        if self.panel is not None and self.panel not in load_panel_forms():
            raise problem("no_such_panel_form", name=self.panel, known=", ".join(load_panel_forms()))
        return self

    @property
    def asks_for(self) -> tuple[str, ...]:
        """Everything that somebody has to show the first time, ``kind:key``."""
        return self.requires if self.panel is None else (*self.requires, f"panel:{self.panel}")

    @property
    def remind_days(self) -> tuple[int, ...]:
        """Days before the end on which the person is told, the earliest first."""
        return tuple(sorted((one.days for one in self.reminders), reverse=True))

    def names(self) -> Iterator[Named]:
        """What it asks for, and what renews it."""
        yield from (Named(f"requires.{number}", "text", name) for number, name in enumerate(self.requires))
        if self.renew_by is not None:
            yield Named("renew_by", "text", self.renew_by)


class CountingField(BaseModel):
    """How one kind of training counts: ``percent`` of its minutes, of one at most ``most_minutes``, in a period at most
    ``most_hours`` class hours."""

    model_config = STRICT

    how: Literal["learnt", "tested_out", "passed", "read", "drilled", "handed_in", "attended", "credited"]
    percent: Percent = Decimal(100)
    most_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    most_hours: Hours | None = None


class PaceField(BaseModel):
    """Class hours that are to be done by the end of a month since the start."""

    model_config = STRICT

    month: Annotated[int, Field(ge=1, le=60)]
    hours: Hours


class QuotaField(BaseModel):
    """Class hours that are due (学时要求) from people of these stages or with one of these roles, in each period; in
    ``total`` once, within ``months`` from the start, by stages as ``pace`` says or else evenly."""

    model_config = STRICT

    id: ShortKey
    label: TextField
    stages: tuple[Stage, ...] = ()
    roles: tuple[ShortKey, ...] = ()
    hours: Hours
    period: Literal["quarter", "half_year", "year", "total"]
    months: Annotated[int, Field(ge=1, le=60)] | None = None
    pace: tuple[PaceField, ...] = Field(default=(), max_length=60)

    @model_validator(mode="after")
    def _is_due_from_somebody(self) -> QuotaField:
        if not self.stages and not self.roles:
            raise problem("quota_of_nobody")
        if (self.period == "total") != (self.months is not None):
            raise problem("total_has_months")
        months, hours = [one.month for one in self.pace], [one.hours for one in self.pace]
        if months != sorted(set(months)) or hours != sorted(hours) or (hours and hours[-1] > self.hours):
            raise problem("pace_does_not_rise")
        return self

    def to_quota(self) -> Quota:
        """The engine's value."""
        pace = tuple(Pace(one.month, one.hours) for one in self.pace)
        return Quota(self.id, self.hours, self.period, self.months, pace)


@kinds.register("class-hours")
class ClassHoursDocument(Authored):
    """Rules of class hours (学时): how many minutes one has, what counts how far, and how many are due from whom. The
    first quota that fits a person is the person's."""

    minutes: Annotated[int, Field(ge=10, le=120)] = 45
    counts: tuple[CountingField, ...] = Field(min_length=1, max_length=20)
    quotas: tuple[QuotaField, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _say_things_once(self) -> ClassHoursDocument:
        _differ(one.how for one in self.counts)
        if len({one.id for one in self.quotas}) < len(self.quotas):
            raise problem("ids_twice")
        return self

    def to_counting(self) -> dict[str, Counting]:
        """The engine's rules by what was done."""
        return {one.how: Counting(one.percent, one.most_minutes, one.most_hours) for one in self.counts}
