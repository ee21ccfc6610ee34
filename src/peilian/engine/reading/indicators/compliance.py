"""Compliance (合规): faults that no service may contain, each one an event."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from peilian.engine.reading.indicators.values import ONE, ZERO, Said, ServiceIndicator, Turn
from peilian.engine.reading.values import Finding

# What one event takes of the whole.
SEVERITY = {
    "privacy": Decimal("0.5"),
    "rude": Decimal("0.4"),
    "blame": Decimal("0.3"),
    "forbidden": Decimal("0.3"),
    "overpromise": Decimal("0.25"),
    "dead_end": Decimal("0.2"),
}


def compliance(turns: Sequence[Turn]) -> ServiceIndicator:
    """1 less the severity of every event, at least 0; the same fault counts once a message, and words that a list
    forbids count once with the fault that they are."""
    answers = [one for turn in turns if not turn.is_customer for one in turn.said]
    if not answers:
        return ServiceIndicator.absent("no_answer")
    signs = [
        one.sign(finding.reason, SEVERITY[key], finding)
        for one in answers
        for key in SEVERITY
        if (finding := _event(one, key)) is not None
    ]
    value = max(ONE - sum((sign.loss for sign in signs), ZERO), ZERO)
    return ServiceIndicator(value, len(answers), tuple(signs))


def _event(said: Said, key: str) -> Finding | None:
    """The first finding of ``key`` in a message; forbidden words that are another fault already are no second one."""
    if key != "forbidden":
        return said.first(key)
    others = [finding for finding in said.read.findings if finding.key in SEVERITY and finding.key != key]
    for finding in said.read.findings:
        is_known = any(other.start < finding.end and finding.start < other.end for other in others)
        if finding.key == key and not is_known:
            return finding
    return None
