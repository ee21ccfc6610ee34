"""The KPI board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from peilian.apps.base.api import company_zone, today_in_company
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import Language
from peilian.web.conversations.staff import Staff
from peilian.web.kpis import board
from peilian.web.kpis.questions import (
    CORE,
    DIMENSIONS,
    BoardForm,
    Period,
    agent_names,
    list_query,
    measure_of,
    question,
    step_of,
    within,
)
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.downloads import table_response
from peilian.web.shell.figures import Figure
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Table

# Measures of time that are spread out by their value in each conversation.
_SPREAD = {
    "first_response_seconds_mean": "first_response_seconds_mean",
    "first_response_seconds_p50": "first_response_seconds_mean",
    "first_response_seconds_p90": "first_response_seconds_mean",
    "response_seconds_mean": "response_seconds_mean",
    "handling_seconds_mean": "handling_seconds_mean",
}
_HEADLINES = (
    "conversations",
    "answer_rate",
    "first_response_seconds_p50",
    "resolution_ratio",
    "csat_ratio",
    "complaint_ratio",
)
# The conversations that pull a measure to its worse side, as filters of their list.
_WORSE = {
    "answer_rate": ("unanswered", "on", _("Conversations that nobody answered")),
    "complaint_ratio": ("complaint", "on", _("Conversations with a complaint")),
    "csat_ratio": ("rating", "low", _("Conversations with a low rating")),
    "csat_mean": ("rating", "low", _("Conversations with a low rating")),
} | dict.fromkeys(
    (key for key in ("first_response_within_30s_ratio", *_SPREAD) if key.startswith("first_response")),
    ("slow", "on", _("Conversations with a slow first answer")),
)


@require_safe
def kpis(request: HttpRequest) -> HttpResponse:
    """One measure in depth, the core measures beside it, by a dimension; ``?as=csv|xlsx`` takes the table home."""
    sight = sight_of(request)
    sight.require(people.Permission.SEE_KPIS)
    if contacts.is_empty():
        return render(request, "kpis/empty.html", {"may_import": sight.may(people.Permission.IMPORT)})
    user, language, staff = user_of(request), reading_language(), Staff.today()
    offers = contacts.choices(user=user, permission=people.Permission.SEE_KPIS)
    asked_for = BoardForm(request.GET.dict(), offers=offers, staff=staff, language=language)
    may_open = sight.may(people.Permission.SEE_CONVERSATIONS)
    asked = _Board(user, asked_for, offers, staff, language, today_in_company(), may_open)
    form, sort = request.GET.get("as"), request.GET.get("sort", "")
    if form in ("csv", "xlsx"):
        table = asked.table(sort, is_whole=True)
        return table_response(table, name=f"kpis-{asked.dimension}", form=form, language=asked.language)
    return render(request, "kpis/board.html", asked.context(sort))


@dataclass
class _Board:
    """One visitor's board."""

    user: people.User
    form: BoardForm
    offers: contacts.Choices
    staff: Staff
    language: Language
    today: date
    may_open_conversations: bool

    def __post_init__(self) -> None:
        self.values = self.form.values
        self.measure = measure_of(self.values["kpi"])
        self.dimension: str = self.values["by"]
        self.heading = str(dict(DIMENSIONS)[self.dimension])
        self.period = self.form.days(self.offers, company_zone(), self.today)
        self.names = board.Names(agent_names(self.offers, self.staff), self.language, self.today, self.period)

    def context(self, sort: str) -> dict[str, Any]:
        """What the page shows."""
        whole, before = self._whole(self.period), self._whole(self.period.before)
        key = self.measure.key
        baseline = before.cells[key].value if before else None
        grain = self.period.grain(whole.cells["conversations"].value or 0 if whole else 0)
        shown = self.table(sort)
        return {
            "form": self.form,
            "measure": self.measure,
            "period": self.period,
            "main": self._headline(key, whole, before),
            "former": board.figure(self.measure, before.cells[key] if before else None),
            "companion": self._companion(whole),
            "headlines": [self._headline(each, whole, before, is_linked=True) for each in _HEADLINES],
            "worse": self._worse(),
            "trend": board.trend(
                self.measure, self._rows((key,), grain), grain, self.names, baseline=baseline, address=self._address
            ),
            "distribution": self._distribution(),
            "comparison": board.comparison(
                self.measure, self.rows, self.dimension, self.names, self.heading, address=self._address
            ),
            "table": shown,
            "n_more": len(self.rows) - len(shown.rows),
            "is_nothing": whole is None or not whole.cells["conversations"].value,
        }

    def table(self, sort: str, *, is_whole: bool = False) -> Table:
        """The core measures by the chosen dimension."""
        return board.table(
            [measure_of(key) for key in self._core],
            self.rows,
            self.dimension,
            self.heading,
            self.names,
            sort=sort,
            address=self._address,
            is_whole=is_whole,
        )

    @cached_property
    def rows(self) -> list[contacts.KpiRow]:
        """A row per group of the chosen dimension."""
        return self._rows(self._core, self.dimension)

    @property
    def _core(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.measure.key, *CORE)))

    def _rows(self, keys: tuple[str, ...], by: str) -> list[contacts.KpiRow]:
        return contacts.kpis(user=self.user, question=question(self.values, self.period, keys, (by,)))

    def _whole(self, period: Period | None) -> contacts.KpiRow | None:
        if period is None:
            return None
        found = contacts.kpis(user=self.user, question=question(self.values, period, self._core))
        return found[0] if found else None

    def _headline(
        self, key: str, whole: contacts.KpiRow | None, before: contacts.KpiRow | None, *, is_linked: bool = False
    ) -> board.Headline:
        now, then = (row.cells[key] if row else None for row in (whole, before))
        href = f"{reverse('kpis')}?{self._query(kpi=key)}" if is_linked else self._list()
        return board.headline(measure_of(key), now, then, self.names, href=href)

    def _companion(self, whole: contacts.KpiRow | None) -> tuple[str, Figure]:
        """Quality beside speed, and speed beside everything else."""
        is_speed = self.measure.unit == "seconds" or "within" in self.measure.key
        measure = measure_of("csat_ratio" if is_speed else "first_response_seconds_p50")
        return measure.label.in_language(self.language), board.figure(
            measure, whole.cells[measure.key] if whole else None
        )

    def _worse(self) -> tuple[str, str] | None:
        if self.measure.key not in _WORSE:
            return None
        name, value, words = _WORSE[self.measure.key]
        href = self._list(None, **{name: value})
        return (str(words), href) if href else None

    def _distribution(self) -> Any:
        key = _SPREAD.get(self.measure.key)
        if key is None:
            return None
        values = contacts.spread(user=self.user, question=question(self.values, self.period, (key,)))
        return board.distribution(values, self.names)

    def _address(self, dimension: str, value: Any) -> str:
        """Where a group's conversations are listed; hours and nobody have no list of their own."""
        if value is None or dimension == "hour":
            return ""
        if dimension in ("day", "week", "month"):
            return self._list(within(step_of(dimension, str(value)), self.period))
        return self._list(None, **{dimension: str(value)})

    def _list(self, period: Period | None = None, **more: str) -> str:
        if not self.may_open_conversations:
            return ""
        return f"{reverse('conversations')}?{list_query(self.values, period or self.period, **more)}"

    def _query(self, **more: str) -> str:
        kept = {name: self.form.data[name] for name in self.form.data if name not in ("sort", "as", "page")}
        return urlencode(kept | more)
