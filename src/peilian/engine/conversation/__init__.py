"""Conversations: the one shape of chats, calls, drills and role-plays."""

from peilian.engine.conversation.values import Conversation, Message, Role

__all__ = ["Conversation", "Message", "Role"]
