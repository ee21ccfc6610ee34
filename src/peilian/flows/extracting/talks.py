"""From a stored conversation to one that may be told: what to look at, what is hidden, which messages belong."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo

from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.conversation.leftovers import LeftoverKind, find_leftovers, hidden, places_of
from peilian.engine.reading import Lexicons, read_conversation
from peilian.engine.text.language import guess_language
from peilian.engine.text.typed import is_blank
from peilian.flows.extracting.better import Wordings, shipped_wordings
from peilian.flows.extracting.days import moved, weeks_of
from peilian.flows.extracting.values import TOPIC, Hidden, Mark, Review, Suspect, Talk, TooLittleError
from peilian.flows.reading import lexicons as shipped_lexicons

_MASKED = re.compile(r"\[\[([a-z_]+)\]\]")
_SPEAKERS = frozenset({Role.CUSTOMER, Role.AGENT, Role.SUPERVISOR})


def review(conversation: Conversation, known: Mapping[str, LeftoverKind] | None = None) -> Review:
    """What a person has to look at before this conversation is told to others.

    ``known`` are words that are known to tell who somebody is: names of the staff, words that the person typed.
    """
    texts = dict(texts_of(conversation))
    marks = {i: tuple(_marks(text, known or {})) for i, text in texts.items()}
    kinds: dict[str, LeftoverKind] = {}
    first: dict[str, int] = {}
    for i, found in marks.items():
        for mark in found:
            if not mark.is_masked:
                kinds.setdefault(mark.word, mark.kind)  # type: ignore[arg-type]
                first.setdefault(mark.word, i)
    counts = Counter(word for text in texts.values() for _, _, word in places_of(text, kinds))
    suspects = tuple(Suspect(word, kind, counts[word], first[word]) for word, kind in kinds.items() if counts[word])
    told = [i for i, message in enumerate(conversation.messages) if is_told(message)]
    return Review(conversation, marks, suspects, told, seen_as(conversation))


def texts_of(conversation: Conversation) -> Iterator[tuple[int, str]]:
    """All words of a conversation that reach a draft, by place: its topic, then its messages."""
    yield TOPIC, conversation.topic or ""
    for i, message in enumerate(conversation.messages):
        yield i, message.text


def _marks(text: str, known: Mapping[str, LeftoverKind]) -> Iterator[Mark]:
    found = [Mark(*match.span(), match[1], True) for match in _MASKED.finditer(text)]
    found += [
        Mark(one.start, one.end, one.kind, False, text[one.start : one.end]) for one in find_leftovers(text, known)
    ]
    yield from sorted(found, key=lambda mark: mark.start)


def is_told(message: Message) -> bool:
    """Whether a message usually belongs to the story: what the two sides said to each other, by hand."""
    return (
        message.role in _SPEAKERS
        and not message.is_internal
        and not message.is_automatic
        and not is_blank(message.text)
    )


def seen_as(conversation: Conversation) -> str:
    """What tells that the topic and the messages are still those that a person has looked at."""
    said = (f"{message.role}\0{message.text}" for message in conversation.messages)
    text = "\0".join((conversation.topic or "", *said))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def talk_of(
    conversation: Conversation, words: Hidden, *, chosen: Collection[int] | None = None, zone: tzinfo = UTC,
    lexicons: Lexicons | None = None, wordings: Wordings | None = None,
) -> Talk:  # fmt: skip
    """The conversation with ``words`` hidden, ``chosen`` messages of it (places; ``None``: those usually told).

    Whatever is proposed is made from this, so that what is hidden can be nowhere in it. ``TooLittleError`` when not
    both sides are left. ``lexicons`` and ``wordings`` are those of the shipped packs unless given.
    """
    places = [
        i
        for i, message in enumerate(conversation.messages)
        if (is_told(message) if chosen is None else i in chosen) and not is_blank(message.text)
    ]
    began, by = day_of(conversation, zone), weeks_of(seen_as(conversation))

    def told_as(text: str) -> str:
        text = hidden(text, words)
        # Another date may become one that was hidden.
        return text if began is None else hidden(moved(text, by, began), words)

    messages = tuple(
        replace(conversation.messages[i], text=told_as(conversation.messages[i].text), message_id="", extra={})
        for i in places
    )
    if not any(m.is_customer for m in messages) or not any(m.is_human_answer for m in messages):
        raise TooLittleError
    told = replace(
        conversation,
        conversation_id="told",
        messages=messages,
        customer=None,
        order_id=None,
        queue=None,
        topic=told_as(conversation.topic) if conversation.topic else None,
    )
    return Talk(
        conversation=told,
        reading=read_conversation(told, lexicons or shipped_lexicons()),
        places=tuple(places),
        language=guess_language(" ".join(message.text for message in messages)),
        day=None if began is None else (began + by).isoformat(),
        wordings=wordings or shipped_wordings(),
    )


def day_of(conversation: Conversation, zone: tzinfo) -> date | None:
    """The local day on which it began; ``None`` for an untimed transcript."""
    started = conversation.started_at_ms
    return None if started is None else datetime.fromtimestamp(started / 1000, zone).date()


def spans_of(conversation: Conversation, words: Hidden) -> list[dict[str, int | str]]:
    """Where the hidden words stand, as it is kept: message (``TOPIC``: the topic), span and kind, never the word."""
    return [
        {"message": i, "start": start, "end": end, "kind": words[word]}
        for i, text in texts_of(conversation)
        for start, end, word in places_of(text, words)
    ]
