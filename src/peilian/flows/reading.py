"""Reading (解读): conversations of a file or a lake through the reading engine, and what was read as rows."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from functools import cache, lru_cache
from itertools import islice
from typing import Any

import pyarrow as pa

from peilian.adapters import packs
from peilian.adapters.lake import Lake, Visibility
from peilian.adapters.lake.schemas import READ_TABLES
from peilian.adapters.packs.lexicon import load_lexicons
from peilian.adapters.packs.phrases import PhrasesDocument, bans_of
from peilian.engine._kernel import Language
from peilian.engine.conversation import Conversation
from peilian.engine.reading import Lexicons, Reading, read_conversation
from peilian.engine.reading.lexicon import Ban
from peilian.engine.reading.values import ENGINE_VERSION, Finding, MessageReading, Satisfaction
from peilian.flows.wording import say

_BATCH = 500  # conversations whose readings are held as objects at a time


@cache
def lexicons() -> Lexicons:
    """The lexicons of the shipped packs, with what their phrases forbid."""
    documents = (item.document for item in packs.load("phrases"))
    return forbidding(ban for one in documents if isinstance(one, PhrasesDocument) for ban in bans_of(one, UTC))


def forbidding(bans: Iterable[Ban]) -> Lexicons:
    """The shipped lexicons, with ``bans``."""
    return _forbidding(frozenset(bans))


@lru_cache(maxsize=8)
def _forbidding(bans: frozenset[Ban]) -> Lexicons:
    return _shipped().forbidding(bans)


@cache
def _shipped() -> Lexicons:
    loaded = load_lexicons()
    gc.collect()
    gc.freeze()  # tens of thousands of objects that live as long as the process: no collection need look at them again
    atexit.register(gc.unfreeze)  # but the last one, when other modules count what they leave behind
    return loaded


def read(conversations: Iterable[Conversation], words: Lexicons | None = None) -> Iterator[Reading]:
    """The readings of conversations, one by one, by ``words`` or the shipped lexicons."""
    words = words or lexicons()
    return (read_conversation(conversation, words) for conversation in conversations)


def read_lake(
    lake: Lake,
    words: Lexicons | None = None,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Read every conversation that has no reading of these rules yet, and store it; returns how many were read.

    Segment by segment: what is done stays done when the work is cancelled or broken off.
    """
    words = words or lexicons()
    pending = lake.unread_segments(words.version, ENGINE_VERSION)
    sizes = {segment.id: segment.n_conversations for segment in lake.segments if segment.id in pending}
    total, done = sum(sizes.values()), 0
    for segment_id in pending:
        tables: list[dict[str, pa.Table]] = []
        stream = lake.iter_conversations(segments=[segment_id], visible=Visibility.everything())
        while batch := list(islice(stream, _BATCH)):
            tables.append(reading_tables(read(batch, words)))
            done += len(batch)
            progress(done, total)
            if is_cancelled():
                return done
        joined = {name: pa.concat_tables([each[name] for each in tables]) for name in READ_TABLES} if tables else None
        if joined is not None:
            lake.attach(segment_id, joined)
    return done


def to_line(reading: Reading, language: Language) -> dict[str, Any]:
    """A reading as the object that ``peilian read`` writes for one conversation, its reasons said in ``language``."""
    judged = [message for message in reading.messages if message.satisfaction is not None]
    return {
        "conversation_id": reading.conversation_id,
        "n_messages": len(reading.messages),
        "messages": [_message_line(message, language) for message in reading.messages],
        "satisfaction": {
            **_satisfaction(reading.satisfaction),
            "turns": [{"i": message.i, **_satisfaction(message.satisfaction)} for message in judged],
        },
        "lexicon_version": reading.lexicon_version,
        "engine_version": reading.engine_version,
    }


def _satisfaction(satisfaction: Satisfaction | None) -> dict[str, Any]:
    if satisfaction is None:
        return {"label": None, "estimate": None}
    return {"label": satisfaction.label, "estimate": satisfaction.estimate}


def _message_line(message: MessageReading, language: Language) -> dict[str, Any]:
    line: dict[str, Any] = {"i": message.i, "role": message.role.value, "chars": message.chars}
    if message.emotion is not None:
        line["emotion"] = {"label": message.emotion.label, "valence": message.emotion.valence}
        if message.emotion.rule is not None:
            line["emotion"] |= {"span": [message.emotion.start, message.emotion.end], "rule": message.emotion.rule}
    if message.is_answer:
        for kind in ("move", "fault"):
            line[f"{kind}s"] = [_finding_line(finding, language) for finding in message.of_kind(kind)]
        line["waited_seconds"] = None if message.waited_ms is None else message.waited_ms / 1000
    if issues := message.of_kind("issue"):
        line["issues"] = [_finding_line(finding, language) for finding in issues]
    return line


def _finding_line(finding: Finding, language: Language) -> dict[str, Any]:
    line = {finding.kind: finding.key, "span": [finding.start, finding.end], "rule": finding.rule}
    return {**line, "reason": say(finding.reason, language)}


def reading_tables(readings: Iterable[Reading]) -> dict[str, pa.Table]:
    """Readings as the tables that the lake keeps beside the messages."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in READ_TABLES}
    for reading in readings:
        rows["conversation_readings"].append(
            {
                "conversation_id": reading.conversation_id,
                "satisfaction": reading.satisfaction.estimate if reading.satisfaction else None,
                "satisfaction_label": reading.satisfaction.label if reading.satisfaction else None,
                "lexicon_version": reading.lexicon_version,
                "engine_version": reading.engine_version,
            }
        )
        for message in reading.messages:
            rows["message_readings"].append(_message_row(reading.conversation_id, message))
            rows["findings"].extend(_finding_rows(reading.conversation_id, message))
    return {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in READ_TABLES.items()}


def _message_row(conversation_id: str, message: MessageReading) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id,
        "i": message.i,
        "role": message.role.value,
        "emotion": message.emotion.label if message.emotion else None,
        "valence": message.emotion.valence if message.emotion else None,
        "waited_ms": message.waited_ms,
        "chars": message.chars,
        "satisfaction": message.satisfaction.estimate if message.satisfaction else None,
        "satisfaction_label": message.satisfaction.label if message.satisfaction else None,
    }


def _finding_rows(conversation_id: str, message: MessageReading) -> Iterator[dict[str, Any]]:
    for finding in message.findings:
        yield {
            "conversation_id": conversation_id,
            "i": message.i,
            "kind": finding.kind,
            "key": finding.key,
            "start": finding.start,
            "end": finding.end,
            "rule": finding.rule,
            "author": finding.agent,
        }
