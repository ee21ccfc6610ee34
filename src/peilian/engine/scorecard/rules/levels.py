"""``levels``: points by a level on a scale (等级计分)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from peilian.engine._kernel import Param, Reason, WrongValue
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import PointReason, shown


@rule("levels")
@dataclass(frozen=True, slots=True)
class Levels(Rule):
    """Level k of ``of`` gives ``weight x k / of``, with ``from_zero`` ``weight x (k - 1) / (of - 1)``, or the k-th of
    ``points``, one for every level."""

    of: int
    points: tuple[Decimal, ...] | None = None
    from_zero: bool = False

    def __post_init__(self) -> None:
        if self.of < 1:
            raise WrongValue(Reason("scorecard.wrong.few_levels"))
        if self.from_zero and (self.of < 2 or self.points is not None):
            raise WrongValue(Reason("scorecard.wrong.from_zero"))
        if self.points is not None and len(self.points) != self.of:
            raise WrongValue(Reason("scorecard.wrong.points_of_levels", {"of": self.of}))

    def score(self, given: Given) -> Outcome:
        """A level that the scale does not have is refused."""
        level = given.value
        params: dict[str, Param] = {"level": shown(level), "of": self.of}
        if not 1 <= level <= self.of or level != level.to_integral_value():
            return Outcome(refused=Reason("scorecard.level.unknown", params))
        points = self._worth(level, given.weight)
        told = {**params, "points": shown(points)}
        return Outcome((PointReason(Reason("scorecard.level.points", told), points - given.weight, given.evidence),))

    def _worth(self, level: Decimal, weight: Decimal) -> Decimal:
        if self.points is not None:
            return self.points[int(level) - 1]
        return weight * (level - 1) / (self.of - 1) if self.from_zero else weight * level / self.of

    def reach(self, weight: Decimal) -> Decimal:
        """Those of the best level."""
        return max(self.points) if self.points else weight

    def doubts(self, weight: Decimal) -> tuple[Reason, ...]:
        """A higher level that brings fewer points."""
        points = self.points or ()
        if list(points) == sorted(points):
            return ()
        return (Reason("scorecard.doubt.not_monotone", {"points": " → ".join(map(shown, points))}),)
