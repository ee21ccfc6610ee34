"""``share``: points in proportion to a value between a zero point and a full point (线性比例)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from peilian.engine._kernel import Param, Reason, WrongValue
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import ZERO, Evidence, PointReason, shown

_PART = Decimal("1e-12")


@rule("share")
@dataclass(frozen=True, slots=True)
class Share(Rule):
    """``weight x (value - zero) / (full - zero)``, cut to [0, weight]. ``full`` below ``zero``: less is better.

    What is lost is divided over the evidence in proportion to each piece's ``loss``.
    """

    zero: Decimal = ZERO
    full: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if self.zero == self.full:
            raise WrongValue(Reason("scorecard.wrong.same_ends"))

    def score(self, given: Given) -> Outcome:
        """Bounded by [0, weight] and monotone from ``zero`` to ``full``."""
        share = (given.value - self.zero) / (self.full - self.zero)
        lost = given.weight * (1 - min(max(share, ZERO), Decimal(1)))
        if not lost:
            return Outcome()
        if given.evidence:
            return Outcome(tuple(_divided(lost, given.evidence)))
        params: dict[str, Param] = {"value": shown(given.value), "zero": shown(self.zero), "full": shown(self.full)}
        return Outcome((PointReason(Reason("scorecard.share.part", params), -lost),))

    def reach(self, weight: Decimal) -> Decimal:
        """The weight."""
        return weight


def _divided(lost: Decimal, evidence: tuple[Evidence, ...]) -> list[PointReason]:
    """``lost`` over the pieces of evidence. Parts are cut off to few digits and the last one bears what that leaves
    over, so the sum is exact."""
    losses = [piece.loss or ZERO for piece in evidence]
    if not any(losses):
        losses = [Decimal(1)] * len(evidence)
    bearing = [(piece, loss) for piece, loss in zip(evidence, losses, strict=True) if loss > 0]
    whole = sum((loss for _, loss in bearing), ZERO)
    reasons, left = [], lost
    for piece, loss in bearing[:-1]:
        part = (lost * loss / whole).quantize(_PART, rounding=ROUND_DOWN)
        left -= part
        reasons.append(PointReason(piece.reason, -part, (piece,)))
    last = bearing[-1][0]
    return [*reasons, PointReason(last.reason, -left, (last,))]
