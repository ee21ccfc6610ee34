"""Conversations: the one shape of chats, calls, drills and role-plays; how rows become one, masked."""

from peilian.engine.conversation.assembly import Assembled, Direction, DirectionSense, Rows, assemble
from peilian.engine.conversation.canonical import About, MessageRow
from peilian.engine.conversation.masking import PLACEHOLDERS, mask
from peilian.engine.conversation.values import Conversation, Message, Role

__all__ = [
    "PLACEHOLDERS",
    "About",
    "Assembled",
    "Conversation",
    "Direction",
    "DirectionSense",
    "Message",
    "MessageRow",
    "Role",
    "Rows",
    "assemble",
    "mask",
]
