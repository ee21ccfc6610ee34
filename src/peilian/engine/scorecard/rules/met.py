"""``met``: points for each requirement that is met (达标得分)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from peilian.engine._kernel import Reason, WrongValue
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import ZERO, PointReason, shown


@rule("met")
@dataclass(frozen=True, slots=True)
class Met(Rule):
    """``each`` says what every requirement brings when its indicator is 1 and not 0. They need not sum up to the
    weight; ``scaled`` stretches them so that they do."""

    takes_many: ClassVar[bool] = True

    each: Mapping[str, Decimal]
    scaled: bool = False

    def __post_init__(self) -> None:
        if not self.each or min(self.each.values()) <= 0:
            raise WrongValue(Reason("scorecard.wrong.each"))

    def score(self, given: Given) -> Outcome:
        """Monotone. What is neither 0 nor 1 is refused."""
        for name, value in given.values.items():
            if value not in (0, 1):
                params = {"indicator": name, "value": shown(value or ZERO)}
                return Outcome(refused=Reason("scorecard.met.no_truth", params))
        factor = given.weight / self._sum if self.scaled else Decimal(1)
        reasons = []
        if not self.scaled and self._sum != given.weight:
            params = {"most": shown(self._sum), "weight": shown(given.weight)}
            reasons.append(PointReason(Reason("scorecard.met.most", {**params}), self._sum - given.weight))
        for name, value in given.values.items():
            key = "scorecard.met.yes" if value else "scorecard.met.no"
            points = ZERO if value else -self.each[name] * factor
            params = {"indicator": name, "points": shown(self.each[name] * factor)}
            reasons.append(PointReason(Reason(key, {**params}), points, given.evidence_of.get(name, ())))
        return Outcome(tuple(reasons))

    def reach(self, weight: Decimal) -> Decimal:
        """All requirements met."""
        return weight if self.scaled else self._sum

    @property
    def _sum(self) -> Decimal:
        return sum(self.each.values(), ZERO)

    @property
    def names(self) -> frozenset[str]:
        """The indicators of the requirements."""
        return frozenset(self.each)
