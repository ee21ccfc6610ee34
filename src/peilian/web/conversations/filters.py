"""The filters of the list, as they stand in its address: what they mean, and how each is taken away again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from peilian.apps.base.api import company_zone, today_in_company
from peilian.apps.contacts.api import Choices, ConversationFilter, Order
from peilian.engine._kernel import Language
from peilian.web.conversations.pace import FIRST_LIMIT_MS
from peilian.web.conversations.periods import PERIODS, Period, ends_on, last_days
from peilian.web.conversations.staff import Staff, people_first
from peilian.web.conversations.wordings import KEYS, channel_name, kind_name, label_name, name_of
from peilian.web.shell.formats import format_day, format_days

RATINGS = (
    ("low", gettext_lazy("Low rating")),
    ("high", gettext_lazy("High rating")),
    ("none", gettext_lazy("Not rated")),
)
ORDERS = (
    ("oldest", gettext_lazy("Oldest first")),
    ("lowest_satisfaction", gettext_lazy("Least satisfied first")),
    ("slowest", gettext_lazy("Slowest first answer first")),
)
LABELS = ("dissatisfied", "neutral", "satisfied")
NAMES = (
    "q", "period", "from", "to", "agent", "team", "channel", "topic", "rating", "estimate", "found",
    "unanswered", "slow", "complaint", "order",
)  # fmt: skip

_MORE = ("from_", "to", "team", "channel", "rating", "estimate", "unanswered", "slow", "complaint")


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter in words; ``query`` is the address without it."""

    text: str
    query: str


class ListForm(forms.Form):
    """The filters. A value that is not offered is left out rather than refused, so an old address still opens."""

    q = forms.CharField(label=gettext_lazy("Words in the messages"), required=False, max_length=200)
    period = forms.ChoiceField(label=gettext_lazy("Period"), choices=PERIODS, required=False, widget=forms.RadioSelect)
    from_ = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    to = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    agent = forms.ChoiceField(label=gettext_lazy("Agent"), required=False)
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), required=False)
    found = forms.ChoiceField(label=gettext_lazy("What was noticed"), required=False)
    rating = forms.ChoiceField(label=gettext_lazy("Rating by the customer"), required=False)
    estimate = forms.ChoiceField(label=gettext_lazy("Estimated satisfaction"), required=False)
    unanswered = forms.BooleanField(label=gettext_lazy("No answer by a human"), required=False)
    slow = forms.BooleanField(label=gettext_lazy("Slow first answer"), required=False)
    complaint = forms.BooleanField(label=gettext_lazy("With a complaint"), required=False)
    order = forms.ChoiceField(label=gettext_lazy("Order of the list"), required=False)

    def __init__(self, data: Mapping[str, str], *, offers: Choices, staff: Staff, language: Language) -> None:
        super().__init__(dict(data))
        self.staff, self.language, self.offers = staff, language, offers
        names = {account: staff.name(account) for account in offers.agents}
        doubled = {name for name in names.values() if list(names.values()).count(name) > 1}
        accounts = [(a, f"{name} ({a})" if name in doubled else name) for a, name in names.items()]
        self._offer("agent", sorted(accounts, key=people_first), _("All agents"))
        self._offer("team", [(team, team) for team in staff.teams(offers.agents)], _("All teams"))
        self._offer("channel", [(each, channel_name(each, language)) for each in offers.channels], _("All channels"))
        self._offer("topic", [(each, each) for each in offers.topics], _("All topics"))
        self._offer("rating", RATINGS, _("Any"))
        self._offer("estimate", [(each, label_name(each, language)) for each in LABELS], _("Any"))
        self._offer("found", list(_found_choices(language)), _("Anything"))
        self._offer("order", ORDERS, _("Newest first"))
        self._offer("period", PERIODS[1:], _("All"))

    def _offer(self, name: str, choices: Any, nothing: str) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", nothing), *choices]
        if name in self.data and not field.valid_value(self.data[name]):
            self.data = {key: value for key, value in self.data.items() if key != name}

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """The filters that most people want."""
        return [self[name] for name in ("agent", "topic", "found", "order")]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The others, folded away."""
        return [self[name] for name in _MORE]

    def add_prefix(self, field_name: str) -> str:
        """``from`` is a word of Python; in an address it is a plain name."""
        return field_name.rstrip("_")

    @property
    def chosen_order(self) -> Order:
        """How the list is ordered."""
        chosen: Order = self.values.get("order", "newest")
        return chosen

    @property
    def values(self) -> dict[str, Any]:
        """What was chosen; a day that cannot be read is as if it was not given."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def _found_choices(language: Language) -> Iterator[tuple[str, Any]]:
    yield "fault", _("Any fault")
    yield "issue", _("Any issue")
    for kind in ("fault", "issue", "move"):
        yield kind_name(kind, language), [(key, name_of(key, language)) for key in KEYS[kind]]


def period_of(values: Mapping[str, Any], offers: Choices) -> Period:
    """The days that are meant; given days count for more than a choice."""
    if "from_" in values or "to" in values:
        return Period(values.get("from_"), values.get("to"))
    return last_days(values.get("period", ""), ends_on(last_day(offers), today_in_company()))


def last_day(offers: Choices) -> date | None:
    """The last day that has a conversation."""
    if offers.last_ms is None:
        return None
    return datetime.fromtimestamp(offers.last_ms / 1000, company_zone()).date()


def question_of(values: Mapping[str, Any], offers: Choices, staff: Staff) -> ConversationFilter:
    """The filters as the lake takes them."""
    period, zone = period_of(values, offers), company_zone()
    accounts: tuple[str, ...] = (values["agent"],) if "agent" in values else ()
    if "team" in values and not accounts:
        accounts = tuple(staff.accounts_of_team(values["team"]))
    found = values.get("found")
    return ConversationFilter(
        from_ms=_start_ms(period.first, zone),
        # No day comes after the last one there is.
        to_ms=_start_ms(period.last + timedelta(days=1), zone) if period.last and period.last < date.max else None,
        agents=accounts,
        channel=values.get("channel"),
        topic=values.get("topic"),
        text=values.get("q"),
        rating=values.get("rating"),
        satisfaction_label=values.get("estimate"),
        finding_kind=found if found in KEYS else None,
        findings=(found,) if found and found not in KEYS else (),
        is_answered=False if "unanswered" in values else None,
        has_complaint=True if "complaint" in values else None,
        first_response_over_ms=FIRST_LIMIT_MS if "slow" in values else None,
    )


def _start_ms(day: date | None, zone: ZoneInfo) -> int | None:
    return None if day is None else int(datetime.combine(day, time(), zone).timestamp() * 1000)


def chips_of(form: ListForm, query: QueryDict) -> list[Chip]:
    """Every active filter in words, each with the way to take it away."""
    values = form.values
    others = {name: value for name, value in values.items() if name not in ("from_", "to", "order")}
    texts = {name: _chip_text(name, value, form) for name, value in others.items()}
    chips = [Chip(text, without(query, name)) for name, text in texts.items() if text]
    if "from_" in values or "to" in values:
        chips.insert(0, Chip(_days_text(values, form.language), without(query, "from", "to")))
    return chips


def _chip_text(name: str, value: Any, form: ListForm) -> str:
    if name == "q":
        return f"“{value}”"
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        if name == "period" and ("from_" in form.values or "to" in form.values):
            return ""
        return str(_label_in(field.choices, value))
    return str(field.label)


def _label_in(choices: Any, value: str) -> Any:
    for key, label in choices:
        if isinstance(label, list | tuple):
            for inner, inner_label in label:
                if inner == value:
                    return inner_label
        elif key == value:
            return label
    return value


def _days_text(values: Mapping[str, Any], language: Language) -> str:
    first, last, today = values.get("from_"), values.get("to"), today_in_company()
    if first and last:
        return format_days(first, last, language, today)
    if first:
        return _("from %(day)s") % {"day": format_day(first, language, today)}
    return _("until %(day)s") % {"day": format_day(last, language, today)} if last else ""


def without(query: QueryDict, *names: str) -> str:
    """The address parameters without some, and without the page, which would be another one."""
    rest = query.copy()
    for name in (*names, "page", "at"):
        rest.pop(name, None)
    return rest.urlencode()


def kept(query: QueryDict) -> QueryDict:
    """The filters alone, without empty ones."""
    rest = QueryDict(mutable=True)
    for name in NAMES:
        if query.get(name):
            rest[name] = str(query[name])
    return rest
