"""``per_event``: minus points for every event (按次扣分)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from peilian.engine._kernel import Reason
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import ZERO, PointReason, shown


@rule("per_event")
@dataclass(frozen=True, slots=True)
class PerEvent(Rule):
    """The value is a count. ``deduct`` points for each event beyond ``allowed``, together at most ``most``; nothing is
    left of the line when there are more than ``zero_above`` events."""

    deduct: Decimal
    allowed: int = 0
    most: Decimal | None = None
    zero_above: int | None = None

    def __post_init__(self) -> None:
        if self.deduct < 0 or self.allowed < 0 or (self.most or ZERO) < 0 or (self.zero_above or 0) < 0:
            raise ValueError("deduct, allowed, most and zero_above may not be negative")

    def score(self, given: Given) -> Outcome:
        """More events never bring more points. A count that is no whole number is refused."""
        count = given.value
        if count < 0 or count != count.to_integral_value():
            return Outcome(refused=Reason("scorecard.per_event.no_count", {"value": shown(count)}))
        if self.zero_above is not None and count > self.zero_above:
            reason = Reason("scorecard.per_event.too_many", {"count": shown(count), "limit": self.zero_above})
            return Outcome((PointReason(reason, -given.weight, given.evidence),))
        if count <= self.allowed:
            key = "scorecard.per_event.allowed" if count else "scorecard.per_event.none"
            reason = Reason(key, {"count": shown(count), "allowed": self.allowed})
            return Outcome((PointReason(reason, ZERO, given.evidence),))
        return Outcome(self._deductions(given, count - self.allowed))

    def _deductions(self, given: Given, events: Decimal) -> tuple[PointReason, ...]:
        """One reason for each event that has evidence, one for the rest together."""
        left = self.deduct * events if self.most is None else min(self.deduct * events, self.most)
        reasons = []
        for piece in given.evidence[self.allowed : self.allowed + int(events)]:
            points = min(self.deduct, left)
            left -= points
            reasons.append(PointReason(piece.reason, -points, (piece,)))
        if left:
            told = {"count": shown(events - len(reasons)), "deduct": shown(self.deduct)}
            reasons.append(PointReason(Reason("scorecard.per_event.events", {**told}), -left))
        return tuple(reasons)
