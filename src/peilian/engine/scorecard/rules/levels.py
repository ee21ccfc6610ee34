"""``levels``: points by a level on a scale (等级计分)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from peilian.engine._kernel import Param, Reason
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import PointReason, shown


@rule("levels")
@dataclass(frozen=True, slots=True)
class Levels(Rule):
    """Level k of ``of`` gives ``weight x k / of``, or the k-th of ``points``, one for every level."""

    of: int
    points: tuple[Decimal, ...] | None = None

    def __post_init__(self) -> None:
        if self.of < 1:
            raise ValueError("of must be at least 1")
        if self.points is not None and len(self.points) != self.of:
            raise ValueError(f"points must name all {self.of} levels")

    def score(self, given: Given) -> Outcome:
        """A level that the scale does not have is refused."""
        level = given.value
        params: dict[str, Param] = {"level": shown(level), "of": self.of}
        if not 1 <= level <= self.of or level != level.to_integral_value():
            return Outcome(refused=Reason("scorecard.level.unknown", params))
        points = given.weight * level / self.of if self.points is None else self.points[int(level) - 1]
        return Outcome((PointReason(Reason("scorecard.level", params), points - given.weight, given.evidence),))

    def doubts(self, weight: Decimal) -> tuple[Reason, ...]:
        """A higher level that brings fewer points."""
        points = self.points or ()
        if list(points) == sorted(points):
            return ()
        return (Reason("scorecard.doubt.not_monotone", {"points": " → ".join(map(shown, points))}),)
