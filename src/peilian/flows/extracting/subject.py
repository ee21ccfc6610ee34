"""What a conversation is about (事由), in a few words of the customer."""

from __future__ import annotations

from peilian.flows.extracting.people import heard
from peilian.flows.extracting.values import Talk
from peilian.flows.extracting.wordings import sayable, short, told

_FIRST = 3  # messages of the customer
_TELLING = 8  # characters from which a message tells something
_LENGTHS = {"zh": 24, "en": 60}


def subject_of(talk: Talk) -> str:
    """The topic, and how it began."""
    first = [sayable(one.message.text) for one in heard(talk)[:_FIRST]]
    telling = next((words for words in first if len(words) >= _TELLING), max(first, key=len, default=""))
    topic = told(talk.conversation.topic or "", talk.language)
    began = short(telling, _LENGTHS[talk.language]).rstrip("。.，,！!")
    return ("：" if talk.language == "zh" else ": ").join(part for part in (topic, began) if part)
