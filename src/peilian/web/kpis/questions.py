"""What a visitor asks of the board: the filters of its address, and the periods they mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from peilian.apps.contacts.api import Choices, KpiQuestion, Measure, measures
from peilian.engine._kernel import Language
from peilian.web.conversations.periods import ends_on

DEFAULT_KPI = "first_response_seconds_p50"
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
DIMENSIONS = (
    ("agent", _("Agent")),
    ("team", _("Team")),
    ("channel", _("Channel")),
    ("topic", _("Topic")),
    ("hour", _("Hour of day")),
)
PERIODS = (
    ("30", _("Last 30 days")),
    ("7", _("Last 7 days")),
    ("90", _("Last 90 days")),
    ("365", _("Last 12 months")),
    ("all", _("Everything")),
    ("custom", _("Chosen days")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` to ``last``, both included; ``None`` is open."""

    first: date | None
    last: date | None

    @property
    def before(self) -> Period | None:
        """The period of the same length right before; ``None`` when this one is open."""
        if self.first is None or self.last is None:
            return None
        length = self.last - self.first + timedelta(days=1)
        return Period(self.first - length, self.first - timedelta(days=1))

    @property
    def grain(self) -> str:
        """Which steps of time show its course: days, weeks or months."""
        if self.first is None or self.last is None:
            return "month"
        days = (self.last - self.first).days + 1
        return "day" if days <= 45 else "week" if days <= 200 else "month"


class BoardForm(forms.Form):
    """The filters of the board."""

    kpi = forms.ChoiceField(label=_("Measure"), required=False)
    by = forms.ChoiceField(label=_("By"), choices=DIMENSIONS, required=False)
    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    from_ = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    to = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    team = forms.ChoiceField(label=_("Team"), required=False)
    agent = forms.ChoiceField(label=_("Agent"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    topic = forms.ChoiceField(label=_("Topic"), required=False)

    def __init__(
        self, data: Any, *, offers: Choices, names: dict[str, str], teams: list[str], language: Language
    ) -> None:
        given = {key: value for key, value in data.items() if value}
        if "from" in given or "to" in given:
            given["period"] = "custom"
        filled = {"kpi": DEFAULT_KPI, "by": "agent", "period": "30"} | given
        super().__init__(filled)
        self.offers = offers
        self.choose("kpi", [(each.key, each.label.in_language(language)) for each in measures()])
        self.choose("team", [("", _("All teams")), *((team, team) for team in teams)])
        self.choose("agent", [("", _("All agents")), *((a, names.get(a, a)) for a in offers.agents)])
        self.choose("channel", [("", _("All channels")), *((each, each) for each in offers.channels)])
        self.choose("topic", [("", _("All topics")), *((each, each) for each in offers.topics)])

    def choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        """Give a field its choices; a value that is no longer offered is dropped."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        if name in self.data and self.data[name] not in [value for value, _label in choices]:
            self.data = {key: value for key, value in self.data.items() if key != name}
            if name == "kpi":
                self.data |= {"kpi": DEFAULT_KPI}

    def add_prefix(self, field_name: str) -> str:
        """``from`` is a word of Python; in an address it is a plain name."""
        return field_name.rstrip("_")


def last_day(offers: Choices, zone: ZoneInfo, today: date) -> date:
    """The day that "last 30 days" ends on: today, or the data's own last day when that lies before."""
    last = datetime.fromtimestamp(offers.last_ms / 1000, zone).date() if offers.last_ms is not None else None
    return ends_on(last, today)


def period_of(form: BoardForm, zone: ZoneInfo, today: date) -> Period:
    """The period that the filters mean."""
    chosen = form.cleaned_data.get("period") or "30"
    if chosen == "custom":
        return Period(form.cleaned_data.get("from_"), form.cleaned_data.get("to"))
    if chosen == "all":
        return Period(None, None)
    last = last_day(form.offers, zone, today)
    return Period(last - timedelta(days=int(chosen) - 1), last)


def question(form: BoardForm, period: Period, keys: tuple[str, ...], by: tuple[str, ...] = ()) -> KpiQuestion:
    """The question to the measures for these filters."""

    def chosen(name: str) -> tuple[str, ...]:
        value = form.cleaned_data.get(name)
        return (value,) if value else ()

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


def evidence_query(form: BoardForm, period: Period, **more: str | None) -> str:
    """The address parameters of the conversations behind a figure."""
    found: dict[str, str] = {
        name: value for name in ("agent", "team", "channel", "topic") if (value := form.cleaned_data.get(name))
    }
    if period.first:
        found["from"] = period.first.isoformat()
    if period.last:
        found["to"] = period.last.isoformat()
    found |= {name: value for name, value in more.items() if value}
    return urlencode(found)


def measure_of(key: str) -> Measure:
    """The declared measure of a key."""
    return next(each for each in measures() if each.key == key)
