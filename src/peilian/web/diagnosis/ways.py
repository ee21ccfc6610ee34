"""Where the report leads on: to lists of conversations, to one place in one, to the KPI board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from django.urls import reverse

from peilian.apps.people.api import Employee
from peilian.engine.diagnosis.values import PainPoint, Quote
from peilian.engine.reading import FAULTS, ISSUES
from peilian.web.conversations.staff import Staff
from peilian.web.kpis.questions import Period, list_query
from peilian.web.record.drills import drills_for

_MOST_DRILLS = 3

# Pain points whose conversations the list can find by another filter than the finding of the same name.
_FILTERS = {"no_answer": ("unanswered", "on"), "dissatisfied": ("estimate", "dissatisfied")}


class Ways:
    """Addresses for one reader, with the report's own period and team."""

    def __init__(
        self,
        period: Period,
        team: str | None,
        staff: Staff,
        accounts: Iterable[str],
        may_open: bool,
        assignable: Mapping[str, Employee] | None = None,
    ) -> None:
        """``assignable``: whom the reader may assign training to, by account; ``None`` when nobody."""
        self._period, self._team, self._may_open = period, team, may_open
        self._assignable = assignable
        self._accounts: dict[str, list[str]] = {}
        for account in accounts:
            self._accounts.setdefault(staff.name(account), []).append(account)

    def to_place(self, quote: Quote) -> str:
        """The message of a quote in its conversation; empty for who may not open it."""
        return f"{reverse('conversation', args=[quote.conversation_id])}#m{quote.i}" if self._may_open else ""

    def to_list(self, point: PainPoint) -> str:
        """The conversations in which a pain point was found, where the list can tell them; else empty."""
        limits = _filter_of(point)
        return self._list(**limits) if limits else ""

    def to_agent(self, point: PainPoint, name: str) -> str:
        """The agent's own of them. Somebody with several accounts has no list of one filter."""
        accounts = self._accounts.get(name, [])
        return self._list(agent=accounts[0], **_filter_of(point)) if len(accounts) == 1 else ""

    def to_drills(self, point: PainPoint) -> tuple[tuple[str, str], ...]:
        """The drills that train it, each with the form that assigns it to those who show it beyond chance."""
        if self._assignable is None:
            return ()
        shown = [agent.agent for agent in point.agents if agent.verdict == "above_team"]
        people = {
            person.pk: person
            for name in shown
            for account in self._accounts.get(name, [])
            if (person := self._assignable.get(account)) is not None
        }
        chosen = [("person", str(pk)) for pk in people]
        return tuple(
            (drill.label, f"{reverse('assign')}?{urlencode([('drill', drill.key), *chosen])}")
            for drill in drills_for(point.key, people.values())[:_MOST_DRILLS]
        )

    def to_measure(self, key: str) -> str:
        """A measure on the KPI board, over the same days and team."""
        days = {"from": self._period.first, "to": self._period.last}
        given = {name: day.isoformat() for name, day in days.items() if day is not None}
        query = {"kpi": key, "period": "custom" if given else "all"} | given
        return f"{reverse('kpis')}?{urlencode(query | ({'team': self._team} if self._team else {}))}"

    def _list(self, **more: str) -> str:
        if not self._may_open:
            return ""
        return f"{reverse('conversations')}?{list_query({'team': self._team}, self._period, **more)}"


def _filter_of(point: PainPoint) -> dict[str, str]:
    if point.key in (*FAULTS, *ISSUES):
        return {"found": point.key}
    return dict([_FILTERS[point.key]]) if point.key in _FILTERS else {}
