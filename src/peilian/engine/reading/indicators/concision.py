"""Concision (表达精简): how much of what the customer had to read was needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from peilian.engine._kernel import Language, Reason
from peilian.engine.reading.indicators.values import ONE, ZERO, Said, ServiceIndicator, Sign, Turn
from peilian.engine.reading.likeness import units
from peilian.engine.text import guess_language, normalise

# Han characters of a Chinese message, words of an English one, that can be read at a glance.
LONGEST_MESSAGE: dict[Language, int] = {"zh": 120, "en": 60}
_MESSAGES_A_TURN = 2  # so many full messages; splitting a flood of words does not make it shorter
_LINK = re.compile(r"https?://\S+|\[[^\]]*\]")
# What is left of a message with such a fault.
_NEEDED = {
    "redundant.padding": Decimal("0.5"),
    "redundant.same-sentence-twice": Decimal("0.5"),
    "repetition.same-words": Decimal("0.5"),
    "repetition.same-answer": ZERO,
}


def concision(turns: Sequence[Turn]) -> ServiceIndicator:
    """The share of the agents' words that was needed: not beyond the length of a message or turn, not said before."""
    whole, needed, n = ZERO, ZERO, 0
    signs: list[Sign] = []
    for turn in turns:
        if turn.is_customer:
            continue
        longest = _MESSAGES_A_TURN * max(_limit(one) for one in turn.said)
        room = Decimal(longest)
        for one in turn.said:
            size = Decimal(_size(one))
            kept = min(_kept(one, size), room)
            room -= kept
            whole, needed, n = whole + size, needed + kept, n + 1
            signs += _signs(one, size, kept, longest)
    if not whole:
        return ServiceIndicator.absent("no_words")
    return ServiceIndicator(needed / whole, n, tuple(signs))


def _size(said: Said) -> int:
    """Han characters and words; links and placeholders are not read."""
    return len(units(normalise(_LINK.sub("", said.message.text)).text))


def _limit(said: Said) -> int:
    return LONGEST_MESSAGE[guess_language(said.message.text)]


def _part(said: Said) -> Decimal:
    return min((_NEEDED[rule] for rule in _faults(said)), default=ONE)


def _faults(said: Said) -> Iterator[str]:
    return (issue.rule for issue in said.read.of_kind("issue") if issue.rule in _NEEDED)


def _kept(said: Said, size: Decimal) -> Decimal:
    return min(size, Decimal(_limit(said))) * _part(said)


def _signs(said: Said, size: Decimal, kept: Decimal, longest_turn: int) -> Iterator[Sign]:
    """Why part of a message was not needed: its faults, else its length, else that of its turn."""
    if kept >= size:
        return
    fault = next((issue for issue in said.read.of_kind("issue") if issue.rule in _NEEDED), None)
    if fault is not None:
        yield said.sign(fault.reason, size - kept, fault)
        return
    if size > _limit(said):
        reason = Reason("indicator.concision.long_message", {"size": int(size), "limit": _limit(said)})
    else:
        reason = Reason("indicator.concision.long_turn", {"limit": longest_turn})
    yield said.sign(reason, size - kept)
