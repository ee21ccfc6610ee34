"""Compliance (合规): faults that no service may contain, each one an event."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from peilian.engine.reading.indicators.values import ONE, ZERO, ServiceIndicator, Turn

# What one event takes of the whole.
SEVERITY = {
    "privacy": Decimal("0.5"),
    "rude": Decimal("0.4"),
    "blame": Decimal("0.3"),
    "overpromise": Decimal("0.25"),
    "dead_end": Decimal("0.2"),
}


def compliance(turns: Sequence[Turn]) -> ServiceIndicator:
    """1 less the severity of every event, at least 0; the same fault counts once a message."""
    answers = [one for turn in turns if not turn.is_customer for one in turn.said]
    if not answers:
        return ServiceIndicator.absent("no_answer")
    signs = [
        one.sign(finding.reason, SEVERITY[key], finding)
        for one in answers
        for key in SEVERITY
        if (finding := one.first(key)) is not None
    ]
    value = max(ONE - sum((sign.loss for sign in signs), ZERO), ZERO)
    return ServiceIndicator(value, len(answers), tuple(signs))
