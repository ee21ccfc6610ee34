"""Where a piece of evidence comes from: its name, and the page that shows it to whoever may open it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine.competency.model import Competency
from peilian.flows.wording import say
from peilian.web.conversations.wordings import KEYS, name_of
from peilian.web.people.forms import first_moment
from peilian.web.shell.languages import reading_language

P = people.Permission
# kind of source -> address, of which the source's id is the argument, and what it takes to open it of somebody else.
_PAGES = {
    "practice.drill": ("drill_debrief", P.SEE_RECORD),
    "learning.exam": ("exam_review", P.RAISE_NEEDS),
    "learning.panel": ("exam_panel_result", P.SEE_RECORD),
    "appraisal.sheet": ("appraisal_sheet", P.SEE_APPRAISALS),
}
_LESSON = "learning.lesson"


def source_name(piece: record.Evidence) -> str:
    """What the source is called; labels that name it in two languages say the reader's one."""
    language = reading_language()
    params = {
        name: (value.get(language) or next(iter(value.values()), "")) if isinstance(value, dict) else value
        for name, value in piece.label.params.items()
    }
    return say(type(piece.label)(piece.label.key, params), language)


class SourceLinks:
    """The ways from pieces of evidence to what they stand on, for one reader and one person: a page of its own, and for
    a month's work the conversations.

    What the reader may not open has none. Each account that the person used in the month has its list, and one more for
    each finding that feeds the competency.
    """

    def __init__(
        self,
        sight: people.Sight,
        employee: people.Employee,
        competency: Competency,
        pieces: Iterable[record.Evidence],
    ) -> None:
        self._sight, self._employee = sight, employee
        self._is_own = getattr(sight.user, "employee_id", None) == employee.pk
        self._lessons = learning.lessons_behind([one.source_id for one in pieces if one.source_kind == _LESSON])
        self._uses = list(employee.accounts.order_by("starts_at")) if self._covers(P.SEE_CONVERSATIONS) else []
        self._feeds = competency.feeds
        self._covered: dict[people.Permission, bool] = {}

    def _covers(self, permission: people.Permission) -> bool:
        return self._sight.employees(permission).filter(pk=self._employee.pk).exists()

    def page_of(self, piece: record.Evidence) -> str:
        """The page of the source; nothing where it has none that the reader may open."""
        if piece.source_kind == "learning.round":  # what was answered in rounds is the person's own
            return reverse("week_of_rounds", args=[piece.source_id.partition("/")[2]]) if self._is_own else ""
        if piece.source_id in self._lessons:
            return reverse("lesson", args=[self._lessons[piece.source_id]])
        name, needed = _PAGES.get(piece.source_kind, ("", None))
        if needed is None or not (self._is_own or self._may(needed)):
            return ""
        try:
            return reverse(name, args=[UUID(piece.source_id)])
        except (NoReverseMatch, ValueError):
            return ""

    def _may(self, permission: people.Permission) -> bool:
        if permission not in self._covered:
            self._covered[permission] = self._covers(permission)
        return self._covered[permission]

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
