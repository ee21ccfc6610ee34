"""The canonical tables: what every other format is turned into, and the form to export to from anywhere."""

from __future__ import annotations

from peilian.adapters.importers import Format, formats
from peilian.engine._kernel import Text
from peilian.engine.conversation.canonical import ABOUT_COLUMNS, MESSAGE_COLUMNS

MESSAGES = formats.add(
    "canonical",
    Format(
        key="canonical",
        title=Text(zh="标准消息表", en="Canonical message table"),
        kind="messages",
        columns={column: column for column in MESSAGE_COLUMNS},
        required=frozenset(("conversation_id", "role", "text")),
    ),
)

CONVERSATIONS = formats.add(
    "canonical/conversations",
    Format(
        key="canonical/conversations",
        title=Text(zh="标准会话表", en="Canonical conversation table"),
        kind="conversations",
        columns={column: column for column in ABOUT_COLUMNS},
        required=frozenset(("conversation_id",)),
        one_of=frozenset(ABOUT_COLUMNS) - {"conversation_id"},
        foreign=frozenset(("at", "role", "text", "message_id", "author")),
    ),
)
