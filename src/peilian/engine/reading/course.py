"""The course of a conversation (会话进程) up to a message: what the context of a message is when it is read."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from peilian.engine.conversation import Message
from peilian.engine.reading.values import Emotion
from peilian.engine.text import Analysed

_UPSET = -0.25
_REMEMBERED = 40
_CITES = re.compile(r"\b(?:said|wrote|writes|says):?\s*\n")


@dataclass
class Course:
    """What has happened so far. It is changed only by ``hear`` and ``answer``."""

    is_opening: bool = True  # this agent side has said nothing but greetings so far
    emotion: Emotion | None = None  # of the customer's last message that showed one
    open_since_ms: int | None = None  # time of the first customer message without a human answer
    has_open_question: bool = False  # the customer spoke last
    customer_texts: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    turn_texts: list[str] = field(default_factory=list)  # the customer's messages since the last human answer
    last_turn: str = ""  # the customer's turn that is being answered
    all_texts: deque[str] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    signs: frozenset[str] = frozenset()  # in the customer's last message
    last_agent: str | None = None
    is_answered: bool = False
    has_handover: bool = False  # the last answer announced one

    @property
    def is_upset(self) -> bool:
        """Whether the customer's last show of emotion was a negative one."""
        return self.emotion is not None and self.emotion.valence <= _UPSET

    def conditions(self, analysed: Analysed) -> frozenset[str]:
        """The conditions of cues that hold for a message answered now."""
        found = ["opening" if self.is_opening else "not_opening"]
        if len(analysed.clauses) == 1:
            found.append("alone")
        if self.is_upset:
            found.append("upset")
        return frozenset(found) | self.signs

    def citable(self, text: str) -> Iterable[str]:
        """The earlier messages whose sentences count as cited when ``text`` repeats them: the customer's, and every
        one when it says that it cites. An agent who repeats a template of the house cites nobody."""
        return self.all_texts if _CITES.search(text) else self.customer_texts

    def hear(self, message: Message, analysed: Analysed, emotion: Emotion, signs: frozenset[str]) -> None:
        """The customer speaks; ``signs`` are the keys of the signs found in the message."""
        self.signs = signs
        if not self.turn_texts:
            self.open_since_ms = message.at_ms
        self.turn_texts.append(analysed.text)
        self.customer_texts.append(analysed.text)
        self.all_texts.append(analysed.text)
        self.last_turn = "\n".join(self.turn_texts)
        if emotion.label != "calm" or not self.has_open_question:
            self.emotion = emotion
        self.has_open_question = True

    def answer(self, message: Message, analysed: Analysed, *, only_greets: bool, hands_over: bool) -> None:
        """A human answers."""
        self.all_texts.append(analysed.text)
        self.turn_texts.clear()
        self.open_since_ms = None
        self.has_open_question = False
        self.is_answered = True
        self.last_agent = message.author
        self.has_handover = hands_over
        self.is_opening = (self.is_opening and only_greets) or hands_over
