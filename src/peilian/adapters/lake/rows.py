"""Conversations as rows of the lake's tables, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

import pyarrow as pa

from peilian.adapters.lake.schemas import CONVERSATIONS, IMPORTED_TABLES, MESSAGES, PARTICIPATIONS, ROUNDS
from peilian.engine.conversation.values import Conversation, Message, Role
from peilian.engine.kpi import ConversationFacts, Facts, ParticipationFacts, RoundFacts

Row = tuple[Any, ...]

_OF_FACTS = frozenset(item.name for item in fields(ConversationFacts))
_ABOUT = tuple(item.name for item in fields(Conversation) if item.name not in ("messages", *_OF_FACTS))
_about_of = attrgetter(*_ABOUT)
_FACTS = tuple(name for name in CONVERSATIONS.names if name in _OF_FACTS)
_facts_of = attrgetter(*_FACTS)
_round_of = attrgetter(*ROUNDS.names)
_participation_of = attrgetter(*PARTICIPATIONS.names)
assert set(CONVERSATIONS.names) == {*_ABOUT, *_FACTS, "erased_at_ms"}
assert {item.name for item in fields(RoundFacts)}.issuperset(ROUNDS.names)
assert {item.name for item in fields(ParticipationFacts)}.issuperset(PARTICIPATIONS.names)

# The order in which rows are collected; the schema decides the order in the file.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "messages": tuple(MESSAGES.names),
    "conversations": (*_ABOUT, *_FACTS, "erased_at_ms"),
    "rounds": tuple(ROUNDS.names),
    "participations": tuple(PARTICIPATIONS.names),
}


def plain(schema: pa.Schema) -> pa.Schema:
    """The schema with words as plain text; ids and names are made a dictionary only in the file."""
    return pa.schema([item.with_type(pa.string()) if pa.types.is_dictionary(item.type) else item for item in schema])


PLAIN = {table: plain(schema) for table, schema in IMPORTED_TABLES.items()}


def rows_of(conversation: Conversation, facts: Facts, erased_at_ms: int | None = None) -> dict[str, list[Row]]:
    """The rows of every imported table."""
    return {
        "messages": [_message_row(conversation.conversation_id, i, m) for i, m in enumerate(conversation.messages)],
        "conversations": [(*_about_of(conversation), *_facts_of(facts.conversation), erased_at_ms)],
        "rounds": [_round_of(item) for item in facts.rounds],
        "participations": [_participation_of(item) for item in facts.participations],
    }


def _message_row(conversation_id: str, i: int, message: Message) -> Row:
    return (
        conversation_id,
        i,
        message.seq,
        message.message_id,
        message.at_ms,
        message.received_at_ms,
        message.role.value,
        message.author,
        message.text,
        message.is_internal,
        message.is_automatic,
        message.is_clock_fault,
        json.dumps(message.extra, ensure_ascii=False) if message.extra else None,
    )


_ROLES = {role.value: role for role in Role}


def messages_of(table: pa.Table | pa.RecordBatch) -> Iterator[tuple[str, Message]]:
    """Each row of the message table with its conversation's id."""
    columns = [table.column(name).to_pylist() for name in MESSAGES.names]
    for cid, _i, seq, message_id, at, received, role, author, text, internal, automatic, fault, extra in zip(
        *columns, strict=True
    ):
        yield (
            cid,
            Message(
                message_id=message_id,
                seq=seq,
                role=_ROLES[role],
                text=text,
                at_ms=at,
                author=author,
                is_internal=internal,
                is_automatic=automatic,
                is_clock_fault=fault,
                received_at_ms=received,
                extra=json.loads(extra) if extra else {},
            ),
        )


def about_rows(table: pa.Table) -> Iterator[tuple[str, dict[str, Any], int | None]]:
    """Each row of the conversation table: id, what is known about it, when it was erased."""
    names = [name for name in _ABOUT if name in CONVERSATIONS.names]
    columns = [table.column(name).to_pylist() for name in names]
    erased = table.column("erased_at_ms").to_pylist()
    ids = table.column("conversation_id").to_pylist()
    for place, cid in enumerate(ids):
        yield cid, {name: column[place] for name, column in zip(names, columns, strict=True)}, erased[place]
