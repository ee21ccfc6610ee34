"""``growth``: points for growth on the period before (环比增长)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

from peilian.engine._kernel import Reason, WrongValue
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import ZERO, PointReason, exact, shown


@dataclass(frozen=True, slots=True)
class Fall:
    """What a fall by more than ``beyond`` costs."""

    beyond: Decimal
    deduct: Decimal

    def __post_init__(self) -> None:
        if self.beyond < 0 or self.deduct < 0:
            raise WrongValue(Reason("scorecard.wrong.negative_fall"))


@rule("growth")
@dataclass(frozen=True, slots=True)
class Growth(Rule):
    """The value is a change: 0.12 is 12 % more. ``base`` points (by default the weight) without any, ``add`` for every
    full ``step`` up, without end unless the line's bonus is limited.

    A fall costs what the deepest of ``falls`` that it goes beyond says; with ``additive``, what all of them say.
    """

    step: Decimal
    add: Decimal
    falls: tuple[Fall, ...] = ()
    additive: bool = False
    base: Decimal | None = None

    def __post_init__(self) -> None:
        if self.step <= 0:
            raise WrongValue(Reason("scorecard.wrong.step"))
        if self.add < 0 or (self.base or ZERO) < 0:
            raise WrongValue(Reason("scorecard.wrong.negative_growth"))
        for near, far in pairwise(self.falls):
            if not near.beyond < far.beyond or (near.deduct > far.deduct and not self.additive):
                raise WrongValue(Reason("scorecard.wrong.order_of_falls"))

    def score(self, given: Given) -> Outcome:
        """Monotone: more growth never brings fewer points."""
        value = given.value
        reasons = []
        if self.base is not None and self.base != given.weight:
            reason = Reason("scorecard.growth.base", {"base": shown(self.base)})
            reasons.append(PointReason(reason, self.base - given.weight))
        steps = (value / self.step).to_integral_value(rounding=ROUND_FLOOR) if value > 0 else ZERO
        reached = [fall for fall in self.falls if -value > fall.beyond]
        told = {"value": exact(value)}
        if steps:
            up = {**told, "steps": shown(steps), "step": exact(self.step), "add": shown(self.add)}
            reasons.append(PointReason(Reason("scorecard.growth.up", up), steps * self.add, given.evidence))
        elif not reached:
            reasons.append(PointReason(self._within(told), ZERO))
        for fall in reached if self.additive else reached[-1:]:
            down = {**told, "beyond": exact(fall.beyond), "deduct": shown(fall.deduct)}
            reasons.append(PointReason(Reason("scorecard.growth.fall", down), -fall.deduct, given.evidence))
        return Outcome(tuple(reasons))

    def _within(self, told: dict[str, str]) -> Reason:
        """Neither enough growth for points nor enough of a fall to lose some."""
        up = {**told, "step": exact(self.step), "add": shown(self.add)}
        if not self.falls:
            return Reason("scorecard.growth.little", {**up})
        return Reason("scorecard.growth.within", {**up, "beyond": exact(self.falls[0].beyond)})

    def reach(self, weight: Decimal) -> Decimal | None:
        """No limit when growth adds points."""
        return None if self.add else self.base
