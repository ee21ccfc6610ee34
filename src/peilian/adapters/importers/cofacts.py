"""Cofacts, the fact-checking community: requests to check a message, and the replies of editors, as two tables."""

from __future__ import annotations

from peilian.adapters.importers import Format, formats
from peilian.engine._kernel import Text

REQUESTS = formats.add(
    "cofacts",
    Format(
        key="cofacts",
        title=Text(zh="Cofacts 查证请求", en="Cofacts requests"),
        kind="messages",
        columns={
            "conversation_id": "ticket_id",
            "author": "requester",
            "channel": "channel",
            "at": "requested_at",
            "text": "reason",
        },
        constants={"role": "customer"},
        required=frozenset(("ticket_id", "requester", "requested_at", "reason")),
    ),
)

REPLIES = formats.add(
    "cofacts/replies",
    Format(
        key="cofacts/replies",
        title=Text(zh="Cofacts 回应", en="Cofacts replies"),
        kind="messages",
        columns={
            "conversation_id": "ticket_id",
            "message_id": "reply_id",
            "author": "editor",
            "at": "replied_at",
            "text": "text",
        },
        constants={"role": "agent"},
        required=frozenset(("ticket_id", "reply_id", "editor", "replied_at", "text")),
    ),
)
