"""Whom and what the names in a business table mean, looked up in the directory once for a whole file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from peilian.apps.people.api import AgentAccount, Employee, Unit, UnitKind
from peilian.engine._kernel import Reason
from peilian.engine.conversation.masking import mask

WORKPLACES = (UnitKind.SHOP, UnitKind.SITE)


class CompanyDirectory:
    """People by number or name, accounts by their user at a moment, shops by code or name."""

    def __init__(self, zone: ZoneInfo, disguise: Callable[[str], str]) -> None:
        self._zone, self.disguise = zone, disguise
        self._numbers: dict[str, UUID] = {}
        self._names: dict[str, list[tuple[str, UUID]]] = defaultdict(list)
        for pk, number, name in Employee.objects.values_list("pk", "number", "name"):
            self._numbers[number] = pk
            self._names[name].append((number, pk))
        self._uses: dict[str, list[AgentAccount]] = defaultdict(list)
        for use in AgentAccount.objects.all():
            self._uses[use.account].append(use)
        self._shops: dict[str, list[tuple[str, UUID]]] = defaultdict(list)
        for unit in Unit.objects.filter(kind__in=WORKPLACES):
            for name in {unit.code, *unit.name.values()}:
                self._shops[name].append((unit.code, unit.pk))

    def person(self, text: str) -> UUID | Reason:
        """Somebody by number, else by a name that one person has."""
        if text in self._numbers:
            return self._numbers[text]
        named = self._names.get(text, [])
        if len(named) == 1:
            return named[0][1]
        if named:
            numbers = ", ".join(number for number, _pk in named[:10])
            return Reason("tables.ambiguous_person", {"name": text, "numbers": numbers})
        return Reason("tables.unknown_person", {"name": text})

    def account(self, text: str, at: datetime | date | None) -> UUID | Reason:
        """Whoever used an account at a moment, or at some time of a day."""
        uses = self._uses.get(text, [])
        if not uses:
            return Reason("tables.unknown_account", {"name": text})
        first, last = self._span(at)
        users = {use.employee_id for use in uses if first is None or (last is not None and use.overlaps(first, last))}
        if len(users) == 1:
            return users.pop()
        return Reason("tables.ambiguous_account" if users else "tables.account_unused", {"name": text})

    def shop(self, text: str) -> UUID | Reason:
        """A shop or site by its code, else by a name that one has."""
        found = dict(self._shops.get(text, []))
        if text in found or len(found) == 1:
            return found.get(text) or next(iter(found.values()))
        if found:
            return Reason("tables.ambiguous_shop", {"name": text, "codes": ", ".join(sorted(found)[:10])})
        return Reason("tables.unknown_shop", {"name": text})

    def mask(self, text: str) -> str:
        """A text without what identifies people."""
        return mask(text)

    def _span(self, at: datetime | date | None) -> tuple[datetime | None, datetime | None]:
        if at is None:
            return None, None
        if isinstance(at, datetime):
            return at, at + timedelta(microseconds=1)
        first = datetime.combine(at, time(), self._zone)
        return first, first + timedelta(days=1)
