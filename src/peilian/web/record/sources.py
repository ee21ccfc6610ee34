"""Where a piece of evidence comes from: its name, and the page that shows it to whoever may open it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine.competency.model import Competency
from peilian.flows.wording import say
from peilian.web.conversations.wordings import KEYS, name_of
from peilian.web.people.forms import first_moment
from peilian.web.shell.languages import reading_language

# kind of source -> address; the source's id is its argument.
_PAGES = {"practice.drill": "drill_debrief"}


def source_name(piece: record.Evidence) -> str:
    """What the source is called; labels that name it in two languages say the reader's one."""
    language = reading_language()
    params = {
        name: (value.get(language) or next(iter(value.values()), "")) if isinstance(value, dict) else value
        for name, value in piece.label.params.items()
    }
    return say(type(piece.label)(piece.label.key, params), language)


def source_href(piece: record.Evidence) -> str:
    """The page of the source; nothing where it has none."""
    name = _PAGES.get(piece.source_kind)
    if name is None:
        return ""
    try:
        return reverse(name, args=[UUID(piece.source_id)])
    except (NoReverseMatch, ValueError):
        return ""


class SourceLinks:
    """The ways from evidence of a month's work to the conversations it stands on, for one reader and one person.

    Whoever may not open the person's conversations gets none. Each account that the person used in the month has its
    list, and one more for each finding that feeds the competency.
    """

    def __init__(self, sight: people.Sight, employee: people.Employee, competency: Competency) -> None:
        may_open = sight.employees(people.Permission.SEE_CONVERSATIONS).filter(pk=employee.pk).exists()
        self._uses = list(employee.accounts.order_by("starts_at")) if may_open else []
        self._feeds = competency.feeds

    def of(self, piece: record.Evidence) -> list[tuple[str, str]]:
        """Words and address of each list behind a piece; none for what is not of a month's work."""
        first = _month(piece.source_id) if piece.source_kind == "contacts.month" else None
        if first is None:
            return []
        last = first.replace(day=monthrange(first.year, first.month)[1])
        after = date(last.year + last.month // 12, last.month % 12 + 1, 1)
        accounts = [
            use.account
            for use in self._uses
            if use.starts_at < first_moment(after) and (use.ends_at is None or use.ends_at > first_moment(first))
        ]
        found = []
        for account in dict.fromkeys(accounts):
            query = {"from": first.isoformat(), "to": last.isoformat(), "agent": account}
            words = (
                _("Conversations")
                if len(set(accounts)) == 1
                else _("Conversations as %(account)s") % {"account": account}
            )
            found.append((words, _list(query)))
            found += [(name, _list({**query, "found": key})) for key, name in self._findings(piece.kind)]
        return found

    def _findings(self, kind: str) -> Iterator[tuple[str, str]]:
        """Key and name of each finding that feeds the competency and by which the list can be narrowed."""
        if kind != record.EvidenceKind.CONVERSATION:
            return
        for feed in self._feeds:
            family, _colon, key = feed.key.partition(":")
            if feed.kind == "conversation" and key in KEYS.get(family, ()):  # type: ignore[call-overload]
                yield key, name_of(key, reading_language())


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def _list(query: dict[str, str]) -> str:
    return f"{reverse('conversations')}?{urlencode(query)}"
