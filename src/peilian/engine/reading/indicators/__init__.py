"""Indicators of service (服务指标) from a transcript alone, so that they mean the same in a drill and at work."""

from __future__ import annotations

from decimal import localcontext

from peilian.engine._expression import ARITHMETIC
from peilian.engine.conversation import Conversation
from peilian.engine.reading.indicators.compliance import compliance
from peilian.engine.reading.indicators.concision import concision
from peilian.engine.reading.indicators.empathy import empathy
from peilian.engine.reading.indicators.speed import SpeedLimits, speed
from peilian.engine.reading.indicators.values import ServiceIndicator, Sign, spoken, turns_of
from peilian.engine.reading.values import Reading

__all__ = ["SERVICE_INDICATORS", "ServiceIndicator", "Sign", "SpeedLimits", "service_indicators"]

SERVICE_INDICATORS = ("speed", "empathy", "concision", "compliance")


def service_indicators(
    conversation: Conversation, reading: Reading, limits: SpeedLimits | None = None
) -> dict[str, ServiceIndicator]:
    """The four indicators of one conversation, each from 0 to 1 with the place of every loss. Pure.

    ``reading`` is that of ``conversation``. An indicator is ``None`` where there was nothing to judge: no times, no
    answer. Nobody who stays silent is better off for it: what can only be judged from answers is missing, not full.
    """
    said = tuple(spoken(conversation, reading))
    turns = turns_of(said)
    with localcontext(ARITHMETIC):
        return {
            "speed": speed(conversation, said, limits or SpeedLimits()),
            "empathy": empathy(turns),
            "concision": concision(turns),
            "compliance": compliance(turns),
        }
