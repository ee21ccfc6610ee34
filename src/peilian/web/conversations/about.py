"""What is known about a conversation beside its words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from peilian.apps.contacts.api import StoredReading
from peilian.engine._kernel import Language
from peilian.engine.conversation import Conversation
from peilian.web.conversations.listing import moment_of, rating_text
from peilian.web.shell.formats import format_moment, format_money


@dataclass(frozen=True, slots=True)
class About:
    """One thing that is known."""

    label: str
    text: str


def about_of(conversation: Conversation, reading: StoredReading | None, language: Language) -> list[About]:
    """Everything the source said, in words; what it did not say is left out."""
    pairs = [
        (_("Opened"), _moment(conversation.opened_at_ms, language)),
        (_("Closed"), _moment(conversation.closed_at_ms, language)),
        (_("Closed by"), conversation.closed_by),
        (_("Reopened"), None if conversation.reopened_count is None else str(conversation.reopened_count)),
        (_("Resolved"), _yes_no(conversation.is_resolved)),
        (_("Rating"), rating_text(conversation.csat, conversation.csat_max)),
        (_("Complaint"), _yes_no(conversation.has_complaint)),
        (_("Customer"), conversation.customer),
        (_("Order number"), conversation.order_id),
        (_("Order amount"), None if conversation.order_amount is None else format_money(conversation.order_amount)),
        (_("Refunded"), None if conversation.refunded_amount is None else format_money(conversation.refunded_amount)),
        (_("Queue"), conversation.queue),
        (_("Transferred from"), conversation.transferred_from),
    ]
    if reading is not None:
        pairs.append((_("Read with"), _("rules %(version)s") % {"version": reading.conversation["lexicon_version"]}))
    return [About(label, text) for label, text in pairs if text]


def _moment(at_ms: int | None, language: Language) -> str:
    at = moment_of(at_ms)
    return format_moment(at, language, timezone.localtime()) if at else ""


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _("yes") if value else _("no")
