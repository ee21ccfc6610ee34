"""What finds a pain point in one conversation (痛点识别): one detector a kind of evidence, one file a family."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from peilian.engine._kernel import Registry
from peilian.engine.diagnosis.evidence import ConversationEvidence
from peilian.engine.diagnosis.load import LoadComparison
from peilian.engine.diagnosis.rules import PointRule, Thresholds


@dataclass(frozen=True, slots=True)
class Hit:
    """One place that shows the pain point. ``waited_ms`` when it is about waiting; the longest wait is quoted first."""

    i: int
    agent: str | None = None
    start: int | None = None
    end: int | None = None
    waited_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen in a conversation that was looked at: whose work it was, and the hits; none: it is unaffected."""

    agents: tuple[str, ...]
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """One rule looking: its thresholds for the channel, the end of the data, and how agents bear load."""

    rule: PointRule
    thresholds: Thresholds
    observed_until_ms: int | None = None
    loads: Mapping[str, LoadComparison] = field(default_factory=dict)

    def is_over(self, at_ms: int | None, seconds: float) -> bool:
        """Whether the data reach ``seconds`` beyond ``at_ms``, so that what has not come by then counts as missing."""
        if at_ms is None or self.observed_until_ms is None:
            return True
        return at_ms + seconds * 1000 <= self.observed_until_ms


Find = Callable[[ConversationEvidence, Look], Sight | None]


@dataclass(frozen=True, slots=True)
class Detector:
    """``find`` returns ``None`` for a conversation it cannot judge. ``defaults`` are all thresholds it knows."""

    find: Find
    defaults: Thresholds
    needs_reading: bool
    needs_times: bool


registry: Registry[Detector] = Registry("pain point detector")


def detector(
    key: str, *, needs_reading: bool = False, needs_times: bool = False, **defaults: float
) -> Callable[[Find], Find]:
    """Register a function as the detector ``key``; unread or untimed conversations are kept from it where it needs
    the one or the other."""

    def add(find: Find) -> Find:
        registry.add(key, Detector(find, defaults, needs_reading, needs_times))
        return find

    return add


@cache
def detectors() -> Registry[Detector]:
    """All detectors, their modules imported."""
    return registry.walk(sys.modules[__name__])


def thresholds_for(rule: PointRule, channel: str | None) -> Thresholds | None:
    """The thresholds of ``rule`` in a channel: the detector's defaults, the rule's own, those of the channel; ``None``
    where the rule does not look at the channel."""
    if rule.leaves_out(channel):
        return None
    own = rule.channels.get(channel) if channel is not None else None
    return {**detectors().get(rule.detector).defaults, **rule.thresholds, **(own or {})}


def look_at(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Let the rule's detector look at a conversation; ``None`` when the conversation cannot be judged by it."""
    found = detectors().get(look.rule.detector)
    if (found.needs_reading and not conversation.is_read) or (found.needs_times and not conversation.is_timed):
        return None
    return found.find(conversation, look)
