"""When an answer was slow (偏慢). Only a conversation held live has a pace; a letter or a ticket waits by its nature.

The limits are those of the diagnosis: half a minute for the first answer, a minute for each later one.
"""

from __future__ import annotations

from statistics import median

from peilian.engine.conversation import Conversation
from peilian.engine.kpi import Facts

FIRST_LIMIT_MS = 30_000
LATER_LIMIT_MS = 60_000

_LIVE = frozenset({"chat", "online", "phone", "wangwang", "app", "web", "im"})
_UNHURRIED = frozenset({"email", "community", "forum", "ticket", "letter", "social"})
_LIVE_MEDIAN_MS = 600_000


def is_unhurried(channel: str | None, waited_ms: int) -> bool:
    """Whether a wait says nothing about haste: the channel is none for live talk, or unknown and the wait very long."""
    name = (channel or "").lower()
    return name not in _LIVE and (name in _UNHURRIED or waited_ms > _LIVE_MEDIAN_MS)


def is_live(conversation: Conversation, facts: Facts) -> bool:
    """Whether customer and agent were there at the same time: by the channel, else by how fast answers usually came."""
    channel = (conversation.channel or "").lower()
    if channel in _LIVE:
        return True
    waits = [each.response_ms for each in facts.rounds if each.response_ms is not None]
    return channel not in _UNHURRIED and bool(waits) and median(waits) <= _LIVE_MEDIAN_MS


def is_slow(waited_ms: int, *, is_first: bool) -> bool:
    """Whether a live customer waited longer than the limit."""
    return waited_ms > (FIRST_LIMIT_MS if is_first else LATER_LIMIT_MS)
