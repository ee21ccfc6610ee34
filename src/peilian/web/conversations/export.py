"""The filtered list as a CSV file that is sent while it is made."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.utils.translation import gettext as _

from peilian.apps.contacts.api import ConversationFilter, ConversationSummary, conversations
from peilian.apps.people.api import User
from peilian.engine._kernel import Language
from peilian.web.conversations.listing import moment_of
from peilian.web.conversations.staff import Staff
from peilian.web.conversations.wordings import label_name, name_of
from peilian.web.shell.downloads import safe_text

_AT_ONCE = 500


class _Line:
    """A file that keeps nothing: the writer hands back what it wrote."""

    def write(self, text: str) -> str:
        return text


def csv_lines(user: User, question: ConversationFilter, staff: Staff, language: Language) -> Iterator[bytes]:
    """Lines of the file in UTF-8 with a mark that Excel needs; what the user may not see is not in it."""
    writer = csv.writer(_Line())
    yield b"\xef\xbb\xbf" + writer.writerow(_head()).encode()
    offset = 0
    while True:
        page = conversations(user=user, question=question, limit=_AT_ONCE, offset=offset)
        for item in page.items:
            yield writer.writerow(_cells(item, staff, language)).encode()
        offset += len(page.items)
        if not page.items or offset >= page.total:
            return


def _head() -> list[str]:
    return [
        _("Conversation"),
        _("Start"),
        _("First question"),
        _("Agents"),
        _("Channel"),
        _("Topic"),
        _("Messages"),
        _("First response (seconds)"),
        _("Answered"),
        _("Rating"),
        _("Highest rating"),
        _("Complaint"),
        _("Estimated satisfaction"),
        _("Estimate (0 to 1)"),
        _("Faults"),
        _("Issues"),
    ]


def _cells(item: ConversationSummary, staff: Staff, language: Language) -> list[str | int | float | None]:
    started = moment_of(item.started_at_ms)
    names = (staff.name(account, started.date() if started else None) for account in item.agents)
    label = item.satisfaction_label
    return [
        safe_text(item.conversation_id),
        started.isoformat(sep=" ", timespec="seconds") if started else None,
        safe_text(item.opening or ""),
        safe_text("; ".join(dict.fromkeys(names))),
        safe_text(item.channel or ""),
        safe_text(item.topic or ""),
        item.n_messages,
        None if item.first_response_ms is None else item.first_response_ms / 1000,
        _yes_no(item.is_answered),
        item.csat,
        item.csat_max,
        _yes_no(item.has_complaint),
        label_name(label, language) if label else None,
        None if item.satisfaction is None else round(item.satisfaction, 4),
        "; ".join(name_of(key, language) for key in item.faults),
        "; ".join(name_of(key, language) for key in item.issues),
    ]


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else _("yes") if value else _("no")
