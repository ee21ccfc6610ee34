"""``steps``: minus points for every full step away from a target, plus points beyond it (按步扣分与加分)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from peilian.engine._kernel import Param, Reason, WrongValue
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
            raise WrongValue(Reason("scorecard.wrong.step"))
        if self.deduct < 0 or self.bonus < 0 or self.bonus_beyond < 0 or (self.bonus_most or ZERO) < 0:
            raise WrongValue(Reason("scorecard.wrong.negative_points"))
        if self.relative and self.target <= 0:
            raise WrongValue(Reason("scorecard.wrong.relative_target"))

    def score(self, given: Given) -> Outcome:
        """Monotone in the direction of ``better``."""
        short = self._short(given.value)
        steps = self._steps(short) if short > 0 else ZERO
        params: dict[str, Param] = {"value": exact(given.value), "target": exact(self.target)}
        if steps:
            told = {**params, "steps": shown(steps), **self._lengths(step=self.step), "deduct": shown(self.deduct)}
            key = "scorecard.steps.started" if self.started else "scorecard.steps.short"
            return Outcome((PointReason(self._reason(key, told), -steps * self.deduct, given.evidence),))
        if short > 0:
            told = {**params, **self._lengths(margin=short, step=self.step)}
            return Outcome((PointReason(self._reason("scorecard.steps.begun", told), ZERO),))
        bonus = self._bonus(-short)
        return Outcome((PointReason(self._beyond(params, -short, bonus), bonus),))

    def reach(self, weight: Decimal) -> Decimal | None:
        """The weight and the bonus, when that comes once."""
        return weight + self.bonus if self.bonus_step is None else self.bonus_most and weight + self.bonus_most

    def _beyond(self, params: dict[str, Param], margin: Decimal, won: Decimal) -> Reason:
        """Why there is a bonus beyond the target, or what one would have taken."""
        how = "≥" if self.bonus_inclusive else ">"
        told = {**params, "how": how, "bonus": shown(self.bonus), **self._lengths(beyond=self.bonus_beyond)}
        if not won:
            return (
                self._reason("scorecard.steps.no_bonus", told) if self.bonus else Reason("scorecard.steps.met", params)
            )
        told |= self._lengths(margin=margin)
        if self.bonus_step is None:
            return self._reason("scorecard.steps.bonus", told)
        return self._reason(
            "scorecard.steps.bonuses", {**told, **self._lengths(step=self.bonus_step), "won": shown(won)}
        )

    def _lengths(self, **lengths: Decimal) -> dict[str, Param]:
        """Distances from the target as parameters; shares of it are called so."""
        return {f"{name}_share" if self.relative else name: exact(length) for name, length in lengths.items()}

    def _reason(self, key: str, params: dict[str, Param]) -> Reason:
        return Reason(f"{key}.relative" if self.relative else key, params)

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
