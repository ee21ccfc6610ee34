"""A ticket log: one table of messages by ticket, and one of tickets."""

from __future__ import annotations

from peilian.adapters.importers import Format, formats
from peilian.engine._kernel import Text

MESSAGES = formats.add(
    "ticket_log",
    Format(
        key="ticket_log",
        title=Text(zh="工单消息", en="Messages of tickets"),
        kind="messages",
        columns={
            "conversation_id": "ticket_id",
            "seq": "seq",
            "message_id": "message_id",
            "at": "created_at",
            "role": "role",
            "author": "author",
            "text": "text",
            "customer": "customer",
            "channel": "channel",
            "topic": "topic",
            "internal": "internal",
            "automatic": "automatic",
        },
        required=frozenset(("ticket_id", "created_at", "role", "text")),
    ),
)

# ``updated_at`` is the last change of any kind, a vote included, so it does not say when a ticket was closed.
TICKETS = formats.add(
    "ticket_log/tickets",
    Format(
        key="ticket_log/tickets",
        title=Text(zh="工单", en="Tickets"),
        kind="conversations",
        columns={
            "conversation_id": "ticket_id",
            "customer": "customer",
            "channel": "channel",
            "topic": "topic",
            "opened_at": "created_at",
            "closed_at": "closed_at",
            "resolved": "is_solved",
        },
        required=frozenset(("ticket_id", "created_at")),
        one_of=frozenset(("customer", "is_solved", "topic", "channel")),
        foreign=frozenset(("role", "text", "message_id", "author", "seq")),
    ),
)
