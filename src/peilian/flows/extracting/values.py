"""What extraction works on and yields: a conversation as it may be told, and a draft with the reason of each part."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from peilian.engine._kernel import Language, Reason
from peilian.engine.conversation import Conversation
from peilian.engine.conversation.leftovers import LeftoverKind
from peilian.engine.reading import Reading
from peilian.flows.extracting.better import Wordings, shipped_wordings

Kind = Literal["case", "scenario"]
TOPIC = -1
"""The place of the topic, which is looked through like a message."""
Hidden = Mapping[str, LeftoverKind]
"""Words that a person hides, each with what it is."""


class TooLittleError(ValueError):
    """Too little is left of a conversation to make anything of it: nobody of the two sides speaks."""


@dataclass(frozen=True)
class Talk:
    """A conversation as it may be told: the chosen messages with what is hidden already gone.

    ``places`` are the places of its messages in the conversation that it was taken from. ``day`` (ISO) is the local day
    of the company on which it began, moved by whole weeks together with every date that was told; ``None`` for an
    untimed transcript.
    """

    conversation: Conversation
    reading: Reading
    places: tuple[int, ...]
    language: Language
    day: str | None = None
    wordings: Wordings = field(default_factory=shipped_wordings)

    def number(self, i: int) -> int:
        """The number of a message as people count in the conversation that it was taken from."""
        return self.places[i] + 1


@dataclass(frozen=True, slots=True)
class Why:
    """Why a part of a draft is proposed: the field, the reason, and the messages (places in the source) that say so."""

    field: str
    reason: Reason
    messages: tuple[int, ...] = ()


@dataclass(frozen=True)
class Gap:
    """Something that the conversation does not tell and a person has to add: the answer goes wherever it is needed."""

    key: str  # element of the draft
    label: Mapping[str, str]
    reason: Reason


@dataclass(frozen=True)
class Proposal:
    """A draft of a document as plain values, with the reasons of its parts and what is missing."""

    kind: Kind
    body: dict[str, Any]
    whys: tuple[Why, ...] = ()
    gaps: tuple[Gap, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a message in the review: ``is_masked`` when the import took it already, else the word that may tell
    who somebody is."""

    start: int
    end: int
    kind: str
    is_masked: bool
    word: str = ""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A suspicious word of a conversation: how often it stands there, and the place of the first message with it
    (``TOPIC``: it stands in the topic)."""

    word: str
    kind: LeftoverKind
    n: int
    first: int


@dataclass(frozen=True)
class Review:
    """Everything that a person looks at before a conversation is told: marks by place, suspicious words."""

    conversation: Conversation
    marks: Mapping[int, tuple[Mark, ...]]
    suspects: tuple[Suspect, ...]
    told: Collection[int]  # places of the messages that are usually told
    seen: str  # digest of the topic and the messages
