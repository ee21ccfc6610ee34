"""What a visitor asks of the board: the filters of its address, and the periods they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from peilian.apps.contacts.api import Choices, KpiQuestion, Measure, measures
from peilian.engine._kernel import Language
from peilian.web.conversations.periods import DAYS, ends_on
from peilian.web.conversations.staff import Staff, people_first
from peilian.web.conversations.wordings import channel_name

DEFAULT_KPI = "first_response_seconds_p50"
DEFAULT_PERIOD = "30"
# What stands beside any chosen measure: speed is never shown without quality.
CORE = (
    "conversations",
    "answer_rate",
    "first_response_seconds_p50",
    "first_response_seconds_p90",
    "response_seconds_mean",
    "resolution_ratio",
    "first_contact_resolution_7d_ratio",
    "csat_ratio",
    "csat_n",
    "complaint_ratio",
)
DIMENSIONS: tuple[tuple[str, Promise], ...] = (
    ("agent", _("Agent")),
    ("team", _("Team")),
    ("channel", _("Channel")),
    ("topic", _("Topic")),
    ("hour", _("Hour of day")),
)
PERIODS: tuple[tuple[str, Promise], ...] = (
    ("7", _("Last 7 days")),
    ("30", _("Last 30 days")),
    ("90", _("Last 90 days")),
    ("365", _("Last 12 months")),
    ("all", _("Everything")),
    ("custom", _("Chosen days")),
)
_FAMILIES = (_("Speed"), _("Outcome"), _("Satisfaction"), _("Volume"))
_MOST_DAYS, _MOST_WEEKS = 45, 200
_FEWEST_A_STEP = 3
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` to ``last``, both included; ``None`` is open."""

    first: date | None = None
    last: date | None = None

    @property
    def n_days(self) -> int | None:
        """Its length; ``None`` when it is open."""
        return None if self.first is None or self.last is None else (self.last - self.first).days + 1

    @property
    def before(self) -> Period | None:
        """The period of the same length right before; ``None`` when this one is open."""
        if self.first is None or self.n_days is None:
            return None
        return Period(self.first - timedelta(days=self.n_days), self.first - timedelta(days=1))

    def grain(self, n_conversations: float) -> str:
        """Which steps of time show its course: days, weeks or months, so that some conversations fall on each."""
        if self.n_days is None:
            return "month"
        if self.n_days <= _MOST_DAYS and n_conversations >= _FEWEST_A_STEP * self.n_days:
            return "day"
        if self.n_days <= 7:
            return "day"
        return "week" if self.n_days <= _MOST_WEEKS else "month"


ALL_DAYS = Period()


class PeriodForm(forms.Form):
    """A choice of days. Given days count when they are asked for, or when an address gives days and no choice."""

    default_period = DEFAULT_PERIOD

    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    from_ = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    to = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, data: Mapping[str, str], defaults: Mapping[str, str]) -> None:
        given = {key: value for key, value in data.items() if value}
        if "period" not in given and ("from" in given or "to" in given):
            given["period"] = "custom"
        super().__init__({"period": self.default_period} | dict(defaults) | given)
        self._drop_unknown("period", self.default_period)

    def add_prefix(self, field_name: str) -> str:
        """``from`` is a word of Python; in an address it is a plain name."""
        return field_name.rstrip("_")

    def offer(self, name: str, choices: list[tuple[Any, Any]], default: str = "") -> None:
        """Give a field its choices; a value that is not offered is dropped, so an old address still opens."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        self._drop_unknown(name, default)

    def _drop_unknown(self, name: str, default: str) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        if name in self.data and not field.valid_value(self.data[name]):
            self.data = {**self.data, name: default}

    def leave_out(self, *names: str) -> None:
        """Ask for these no more: there is nothing to choose."""
        for name in names:
            del self.fields[name]

    @property
    def values(self) -> dict[str, Any]:
        """What was chosen; what cannot be read is as if it was not given."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """Filters that a phone folds away."""
        return []

    @property
    def has_more(self) -> bool:
        """Whether one of those is active."""
        return any(self.values.get(field.name) for field in self.more_fields)

    def days(self, offers: Choices, zone: ZoneInfo, today: date) -> Period:
        """The period that the filters mean. Days given the wrong way round are taken the right way round."""
        values = self.values
        if values.get("period") == "custom":
            first, last = (_sensible(values.get(name)) for name in ("from_", "to"))
            return Period(last, first) if first and last and first > last else Period(first, last)
        length = DAYS.get(values.get("period", ""))
        if length is None:
            return ALL_DAYS
        last = last_day(offers, zone, today)
        return Period(last - timedelta(days=length - 1), last)


class BoardForm(PeriodForm):
    """The filters of the board."""

    kpi = forms.ChoiceField(label=_("Measure"), required=False)
    by = forms.ChoiceField(label=_("Compare by"), choices=DIMENSIONS, required=False)
    team = forms.ChoiceField(label=_("Team"), required=False)
    agent = forms.ChoiceField(label=_("Agent"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    topic = forms.ChoiceField(label=_("Topic"), required=False)

    field_order = ("kpi", "by", "period", "from_", "to", "team", "agent", "channel", "topic")

    def __init__(self, data: Mapping[str, str], *, offers: Choices, staff: Staff, language: Language) -> None:
        is_one = len(offers.agents) <= 1
        by = "topic" if is_one else "agent"
        super().__init__(data, {"kpi": DEFAULT_KPI, "by": by})
        self.offer("kpi", list(_grouped(language)), DEFAULT_KPI)
        dimensions = [(key, label) for key, label in DIMENSIONS if not is_one or key not in ("agent", "team")]
        self.offer("by", list(dimensions), by)
        names = agent_names(offers, staff)
        self.offer("team", [("", _("All teams")), *((team, team) for team in staff.teams(offers.agents))])
        self.offer("agent", [("", _("All agents")), *sorted(names.items(), key=people_first)])
        channels = [(each, channel_name(each, language)) for each in offers.channels]
        self.offer("channel", [("", _("All channels")), *channels])
        self.offer("topic", [("", _("All topics")), *((each, each) for each in offers.topics)])
        if is_one:
            self.leave_out("team", "agent")

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """The filters that most people want."""
        return [self[name] for name in ("kpi", "by", "period")]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The others."""
        return [self[name] for name in ("team", "agent", "channel", "topic") if name in self.fields]


def _sensible(day: date | None) -> date | None:
    """A day within the years that a message can have, so that the days before and after it exist."""
    return None if day is None else min(max(day, _FIRST_DAY), _LAST_DAY)


def _grouped(language: Language) -> Iterator[tuple[Any, list[tuple[str, str]]]]:
    """The measures by what they tell."""
    families: dict[Any, list[tuple[str, str]]] = {name: [] for name in _FAMILIES}
    for each in measures():
        families[_family(each)].append((each.key, each.label.in_language(language)))
    yield from ((name, found) for name, found in families.items() if found)


def _family(measure: Measure) -> Promise:
    speed, outcome, satisfaction, volume = _FAMILIES
    if measure.unit == "seconds" or "response_within" in measure.key:
        return speed
    if measure.key.startswith(("csat", "complaint")):
        return satisfaction
    return volume if measure.unit == "count" else outcome


def agent_names(offers: Choices, staff: Staff) -> dict[str, str]:
    """What each account is called; accounts of the same name are told apart."""
    names = {account: staff.name(account) for account in offers.agents}
    said = list(names.values())
    doubled = {name for name in said if said.count(name) > 1} if len(said) < 500 else set()
    return {account: f"{name} ({account})" if name in doubled else name for account, name in names.items()}


def last_day(offers: Choices, zone: ZoneInfo, today: date) -> date:
    """The day that "last 30 days" ends on: today, or the data's own last day when that lies before."""
    last = datetime.fromtimestamp(offers.last_ms / 1000, zone).date() if offers.last_ms is not None else None
    return ends_on(last, today)


def question(values: Mapping[str, Any], period: Period, keys: tuple[str, ...], by: tuple[str, ...] = ()) -> KpiQuestion:
    """The question to the measures for these filters."""

    def chosen(name: str) -> tuple[str, ...]:
        return (values[name],) if values.get(name) else ()

    return KpiQuestion(
        keys=keys,
        by=by,
        from_day=period.first,
        to_day=period.last,
        agents=chosen("agent"),
        teams=chosen("team"),
        channels=chosen("channel"),
        topics=chosen("topic"),
    )


def list_query(values: Mapping[str, Any], period: Period, **more: str) -> str:
    """The address parameters of the conversations behind a figure, as their list reads them."""
    found = {name: values[name] for name in ("agent", "team", "channel", "topic") if values.get(name)}
    if period.first:
        found["from"] = period.first.isoformat()
    if period.last:
        found["to"] = period.last.isoformat()
    return urlencode(found | more)


def step_of(grain: str, value: str) -> Period:
    """The days of one step of a course: ``2026-11-22``, ``2026-W47`` or ``2026-11``."""
    if grain == "day":
        day = date.fromisoformat(value)
        return Period(day, day)
    if grain == "week":
        year, week = value.split("-W")
        monday = date.fromisocalendar(int(year), int(week), 1)
        return Period(monday, monday + timedelta(days=6))
    first = date.fromisoformat(f"{value}-01")
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def within(step: Period, period: Period) -> Period:
    """The part of a step that lies in the period."""
    first = max(day for day in (step.first, period.first) if day is not None)
    last = min(day for day in (step.last, period.last) if day is not None)
    return Period(first, last)


def measure_of(key: str) -> Measure:
    """The declared measure of a key."""
    return next(each for each in measures() if each.key == key)
