"""The filtered list as a CSV file that is sent while it is made."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from peilian.adapters.workbooks import safe_text
from peilian.apps.base.api import company_zone
from peilian.apps.contacts.api import ConversationFilter, ConversationSummary, Order, conversations
from peilian.apps.people.api import User
from peilian.engine._kernel import Language
from peilian.web.conversations.listing import moment_of
from peilian.web.conversations.staff import Staff
from peilian.web.conversations.wordings import channel_name, label_name, name_of
from peilian.web.shell.languages import DJANGO_CODES

_AT_ONCE = 500


def csv_chunks(
    user: User, question: ConversationFilter, order: Order, staff: Staff, language: Language
) -> Iterator[bytes]:
    """The file in UTF-8, some hundred lines at a time; what the user may not see is not in it.

    It is made after the request has ended, so zone and language are set here, around the making of each chunk.
    """
    zone, offset = company_zone(), 0
    while True:
        page = conversations(user=user, question=question, limit=_AT_ONCE, offset=offset, order=order)
        with timezone.override(zone), translation.override(DJANGO_CODES[language]):
            lines = [_head()] if offset == 0 else []
            lines += [_cells(item, staff, language) for item in page.items]
        # Excel takes a file for UTF-8 only when it begins with this mark.
        yield (b"\xef\xbb\xbf" if offset == 0 else b"") + _csv(lines)
        offset += len(page.items)
        if not page.items or offset >= page.total:
            return


def _csv(lines: list[list[Any]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lines)
    return buffer.getvalue().encode()


def _head() -> list[Any]:
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


def _cells(item: ConversationSummary, staff: Staff, language: Language) -> list[Any]:
    started = moment_of(item.started_at_ms)
    names = (staff.name(account, started) for account in item.agents)
    label = item.satisfaction_label
    return [
        safe_text(item.conversation_id),
        started.isoformat(sep=" ", timespec="seconds") if started else None,
        safe_text(item.opening or ""),
        safe_text("; ".join(dict.fromkeys(names))),
        safe_text(channel_name(item.channel, language) if item.channel else ""),
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
