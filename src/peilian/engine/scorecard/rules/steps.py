"""``steps``: minus points for every full step away from a target, plus points beyond it (按步扣分与加分)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from peilian.engine._kernel import Reason
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import ZERO, PointReason, exact, shown


@rule("steps")
@dataclass(frozen=True, slots=True)
class Steps(Rule):
    """Short of the target: ``deduct`` points for every full ``step``. Beyond it by more than ``bonus_beyond``:
    ``bonus`` points, once, or with ``bonus_step`` for every full step, at most ``bonus_most``.

    ``better: lower`` turns the direction round. ``relative`` counts steps in shares of the target: 400 of 450 is 0.111
    short. ``started`` counts a step as soon as it is begun; ``bonus_inclusive`` gives the bonus at ``bonus_beyond``
    itself. The line must allow a bonus for one to count.
    """

    target: Decimal
    step: Decimal
    deduct: Decimal
    better: Literal["higher", "lower"] = "higher"
    relative: bool = False
    bonus: Decimal = ZERO
    bonus_beyond: Decimal = ZERO
    bonus_step: Decimal | None = None
    bonus_most: Decimal | None = None
    started: bool = False
    bonus_inclusive: bool = False

    def __post_init__(self) -> None:
        if self.step <= 0 or (self.bonus_step is not None and self.bonus_step <= 0):
            raise ValueError("steps must be greater than 0")
        if self.deduct < 0 or self.bonus < 0 or self.bonus_beyond < 0 or (self.bonus_most or ZERO) < 0:
            raise ValueError("deduct, bonus, bonus_beyond and bonus_most may not be negative")
        if self.relative and self.target <= 0:
            raise ValueError("a relative target must be greater than 0")

    def score(self, given: Given) -> Outcome:
        """Monotone in the direction of ``better``."""
        short = self._short(given.value)
        steps = self._steps(short) if short > 0 else ZERO
        params = {"value": exact(given.value), "target": exact(self.target)}
        if steps:
            told = {**params, "steps": shown(steps), "step": exact(self.step), "deduct": shown(self.deduct)}
            key = "scorecard.steps.started" if self.started else "scorecard.steps.short"
            return Outcome((PointReason(Reason(key, told), -steps * self.deduct, given.evidence),))
        bonus = self._bonus(-short)
        key = "scorecard.steps.beyond" if bonus else "scorecard.steps.met" if short <= 0 else "scorecard.steps.close"
        return Outcome((PointReason(Reason(key, {**params}), bonus),))

    def reach(self, weight: Decimal) -> Decimal | None:
        """The weight and the bonus, when that comes once."""
        return weight + self.bonus if self.bonus_step is None else self.bonus_most and weight + self.bonus_most

    def _short(self, value: Decimal) -> Decimal:
        """How far the value is short of the target; negative beyond it."""
        short = self.target - value if self.better == "higher" else value - self.target
        return short / self.target if self.relative else short

    def _steps(self, short: Decimal) -> Decimal:
        return _whole(short, self.step, ROUND_CEILING if self.started else ROUND_FLOOR)

    def _bonus(self, beyond: Decimal) -> Decimal:
        if beyond < self.bonus_beyond or (beyond == self.bonus_beyond and not self.bonus_inclusive):
            return ZERO
        won = self.bonus if self.bonus_step is None else self.bonus * _whole(beyond, self.bonus_step, ROUND_FLOOR)
        return won if self.bonus_most is None else min(won, self.bonus_most)


def _whole(length: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (length / step).to_integral_value(rounding=rounding)
