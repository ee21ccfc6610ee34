"""``per_event``: minus points for every event (按次扣分)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Literal

from peilian.engine._kernel import Reason, WrongValue
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import ZERO, Evidence, PointReason, shown


@rule("per_event")
@dataclass(frozen=True, slots=True)
class PerEvent(Rule):
    """The values are counts. ``deduct`` points for each event beyond ``allowed``, together at most ``most``; nothing is
    left of the line when there are more than ``zero_above`` events.

    ``deducts`` says what an event costs by the indicator that counts it. A count that is missing beside others deducts
    nothing, and a reason says so.
    """

    takes_many: ClassVar[bool] = True
    takes_missing: ClassVar[Literal["none", "some", "all"]] = "some"

    deduct: Decimal | None = None
    allowed: int = 0
    most: Decimal | None = None
    zero_above: int | None = None
    deducts: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.deduct is None and not self.deducts:
            raise WrongValue(Reason("scorecard.wrong.no_deduction"))
        if self.deducts and self.deduct is not None:
            raise WrongValue(Reason("scorecard.wrong.two_deductions"))
        if min([self.deduct or ZERO, self.most or ZERO, *self.deducts.values()]) < 0:
            raise WrongValue(Reason("scorecard.wrong.negative_points"))
        if self.allowed < 0 or (self.zero_above or 0) < 0:
            raise WrongValue(Reason("scorecard.wrong.negative_count"))

    def score(self, given: Given) -> Outcome:
        """More events never bring more points. A count that is no whole number is refused."""
        counts = {name: count for name, count in given.values.items() if count is not None}
        for count in counts.values():
            if count < 0 or count != count.to_integral_value():
                return Outcome(refused=Reason("scorecard.per_event.no_count", {"value": shown(count)}))
        unknown = tuple(
            PointReason(Reason("scorecard.per_event.unknown", {"indicator": name}), ZERO)
            for name in given.values
            if name not in counts
        )
        return Outcome((*self._judged(given, counts), *unknown))

    def reach(self, weight: Decimal) -> Decimal:
        """The weight, when nothing happens."""
        return weight

    def _judged(self, given: Given, counts: Mapping[str, Decimal]) -> tuple[PointReason, ...]:
        count = sum(counts.values(), ZERO)
        if self.zero_above is not None and count > self.zero_above:
            reason = Reason("scorecard.per_event.too_many", {"count": shown(count), "limit": self.zero_above})
            return (PointReason(reason, -given.weight, given.evidence),)
        if count <= self.allowed:
            reason = Reason("scorecard.per_event.none")
            if count:
                reason = Reason("scorecard.per_event.allowed", {"count": shown(count), "allowed": self.allowed})
            elif self.deduct is not None:
                reason = Reason("scorecard.per_event.clean", {"deduct": shown(self.deduct)})
            return (PointReason(reason, ZERO, given.evidence),)
        return tuple(self._deductions(given, counts))

    def _deductions(self, given: Given, counts: Mapping[str, Decimal]) -> Iterator[PointReason]:
        """The allowed events are the first ones, in the order of the indicators."""
        allowed, left = Decimal(self.allowed), self.most
        for name, count in counts.items():
            passed = min(allowed, count)
            allowed -= passed
            deduct = self.deducts.get(name, ZERO) if self.deduct is None else self.deduct
            points = deduct * (count - passed) if left is None else min(deduct * (count - passed), left)
            left = None if left is None else left - points
            evidence = given.evidence_of.get(name, ())[int(passed) : int(count)]
            yield from _each(name if len(given.values) > 1 else None, count - passed, deduct, points, evidence)


def _each(
    name: str | None, events: Decimal, deduct: Decimal, points: Decimal, evidence: tuple[Evidence, ...]
) -> Iterator[PointReason]:
    """One reason for each event that has evidence, one for the rest together; ``points`` are those of all."""
    for piece in evidence:
        part = min(deduct, points)
        points -= part
        yield PointReason(piece.reason, -part, (piece,))
    if points:
        told = {"count": shown(events - len(evidence)), "deduct": shown(deduct)}
        if name is None:
            yield PointReason(Reason("scorecard.per_event.events", {**told}), -points)
        else:
            yield PointReason(Reason("scorecard.per_event.events_of", {**told, "indicator": name}), -points)
