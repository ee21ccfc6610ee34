"""Conversations written in one line, for tables of measured cases.

One word a message: who speaks (``c`` customer, ``a`` ``b`` agents, ``s`` supervisor, ``o`` bot, ``y`` system), flags
(``i`` internal, ``t`` automatic template, ``f`` clock fault), then ``@`` and the second, or nothing when untimed.
``"c@0 at@1 a@20"`` is a question, an automatic welcome and an answer after 20 seconds.
"""

from __future__ import annotations

from typing import Any

from peilian.engine.conversation.values import Conversation, Message, Role

SECOND = 1000
_SPEAKERS = {
    "c": (Role.CUSTOMER, "customer-1"),
    "a": (Role.AGENT, "agent-a"),
    "b": (Role.AGENT, "agent-b"),
    "s": (Role.SUPERVISOR, "lead-s"),
    "o": (Role.BOT, None),
    "y": (Role.SYSTEM, None),
    "n": (Role.AGENT, None),
}


def chat(line: str, conversation_id: str = "k", *, start_ms: int = 0, **more: Any) -> Conversation:
    """The conversation of ``line``, its seconds counted from ``start_ms``."""
    messages = []
    for seq, word in enumerate(line.split()):
        flags, _, second = word.partition("@")
        role, author = _SPEAKERS[flags[0]]
        messages.append(
            Message(
                message_id=str(seq),
                seq=seq,
                role=role,
                text="",
                author=author,
                at_ms=start_ms + int(float(second) * SECOND) if second else None,
                is_internal="i" in flags,
                is_automatic="t" in flags,
                is_clock_fault="f" in flags,
            )
        )
    return Conversation(conversation_id=conversation_id, messages=tuple(messages), **more)
