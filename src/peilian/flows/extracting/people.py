"""The customer of a draft (客户画像): mood, patience and manner, from how the real customer wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median, pstdev
from typing import Any

from peilian.engine._kernel import Reason
from peilian.engine.conversation import Message
from peilian.engine.reading.values import MessageReading
from peilian.flows.extracting.values import Talk, Why
from peilian.flows.extracting.wordings import both

_MONEY = re.compile(r"钱|款|费|元|块|赔|价|money|refund|pay|price|charge|\$|¥", re.IGNORECASE)
_POLITE = re.compile(r"请|麻烦|谢|您|辛苦|劳驾|please|thank|kind", re.IGNORECASE)
_LOUD = re.compile(r"[!！?？]{2,}|[!！]")
_BEGINNING = 4  # messages of the customer that show how it came
_PATIENCE = (60.0, 150.0, 300.0)  # least, usual, most
_THOUGHT, _LIVE = 15, 600  # seconds: less is the rest of one thought, more is no waiting for an answer at once
_ABUSE = {"abusive": 2, "angry": 1}


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of the customer, with its place and reading."""

    i: int
    message: Message
    read: MessageReading


def heard(talk: Talk) -> list[Heard]:
    """Everything that the customer said."""
    pairs = zip(talk.conversation.messages, talk.reading.messages, strict=True)
    return [Heard(i, message, read) for i, (message, read) in enumerate(pairs) if message.is_customer]


def persona_of(talk: Talk) -> tuple[dict[str, Any], list[Why]]:
    """The persona, and why it is so."""
    said = heard(talk)
    feelings = [(one, one.read.emotion) for one in said if one.read.emotion is not None]
    start = [emotion.valence for _, emotion in feelings[:_BEGINNING]]
    values = [emotion.valence for _, emotion in feelings]
    worst = min(feelings, key=lambda pair: pair[1].valence, default=None)
    mood = round(max(-0.75, min(0.0, 0.6 * min(start, default=0.0) + 0.4 * fmean(start or [0.0]) - 0.1)), 2)
    patience, chased = _patience(talk)
    abuse = max((_ABUSE.get(emotion.label, 0) for _, emotion in feelings), default=0)
    money = [one.i for one in said if _MONEY.search(one.message.text)]
    found: dict[str, Any] = {
        "name": both("extraction.drill.customer"),
        "mood": mood,
        "trust": round(max(0.25, min(0.5, 0.42 + 0.2 * mood)), 2),
        "patience_seconds": patience,
        "reactivity": round(max(0.8, min(1.3, 0.9 + (pstdev(values) if len(values) > 1 else 0.0))), 2),
        "politeness": _share(said, _POLITE, 0.3),
        "burst": round(max(0.1, min(0.8, 1 - 1 / _run(talk))), 2),
        "emphasis": _share(said, _LOUD, 0.1),
        "abuse": abuse,
        "is_monetary": len(money) * 3 >= len(said),
    }
    whys = []
    if worst is not None:
        reason = Reason("extraction.why.mood", {"number": talk.number(worst[0].i)})
        whys.append(Why("persona.mood", reason, (talk.places[worst[0].i],)))
    if chased:
        numbers = "、".join(str(talk.number(i)) for i in chased)
        reason = Reason("extraction.why.patience", {"seconds": round(patience), "numbers": numbers})
        whys.append(Why("persona.patience_seconds", reason, tuple(talk.places[i] for i in chased)))
    if money and found["is_monetary"]:
        reason = Reason("extraction.why.money", {"number": talk.number(money[0])})
        whys.append(Why("persona.is_monetary", reason, (talk.places[money[0]],)))
    return found, whys


def _patience(talk: Talk) -> tuple[float, list[int]]:
    """After how many seconds of silence the customer came back unasked, and the messages in which it did."""
    least, usual, most = _PATIENCE
    waits, chased = [], []
    for (_, before), (i, after) in pairwise(enumerate(talk.conversation.messages)):
        if before.is_customer and after.is_customer and before.at_ms is not None and after.at_ms is not None:
            seconds = (after.at_ms - before.at_ms) / 1000
            if _THOUGHT <= seconds <= _LIVE:
                waits.append(seconds)
                chased.append(i)
    return (max(least, min(most, float(round(3 * median(waits))))) if waits else usual), chased[:3]


def _run(talk: Talk) -> float:
    """How many messages in a row the customer sends, on average."""
    runs = [0]
    for message in talk.conversation.messages:
        if message.is_customer:
            runs[-1] += 1
        elif runs[-1]:
            runs.append(0)
    return fmean([run for run in runs if run] or [1])


def _share(said: Sequence[Heard], pattern: re.Pattern[str], least: float) -> float:
    n = sum(pattern.search(one.message.text) is not None for one in said)
    return round(max(least, min(0.9, least + n / max(1, len(said)))), 2)
