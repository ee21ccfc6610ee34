"""``expression``: points by a formula over several indicators (公式计分)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Literal

from peilian.engine._expression import Expression, parse
from peilian.engine._kernel import Reason, WrongValue
from peilian.engine.scorecard.rules import Given, Outcome, Rule, rule
from peilian.engine.scorecard.values import PointReason, shown


@rule("expression")
@dataclass(frozen=True, slots=True)
class Formula(Rule):
    """``points`` is an expression that yields points; its names are indicators. Missing values make it missing unless
    it says otherwise with ``coalesce`` or ``is missing``."""

    takes_many: ClassVar[bool] = True
    takes_missing: ClassVar[Literal["none", "some", "all"]] = "all"

    points: str
    _parsed: Expression = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parsed = parse(self.points)
        parsed = parse(self.points, dict.fromkeys(parsed.names, "number"))
        if parsed.kind != "number":
            raise WrongValue(Reason("scorecard.wrong.formula"))
        object.__setattr__(self, "_parsed", parsed)

    def score(self, given: Given) -> Outcome:
        """Bounded by the line's floor and cap only."""
        points = self._parsed.evaluate(given.values)
        if points is None:
            return Outcome(refused=Reason("scorecard.expression.missing", {"formula": self.points}))
        assert isinstance(points, Decimal), "checked when it was parsed"
        reason = Reason("scorecard.expression", {"formula": self.points, "points": shown(points)})
        return Outcome((PointReason(reason, points - given.weight, given.evidence),))

    @property
    def names(self) -> frozenset[str]:
        """The indicators of the formula."""
        return self._parsed.names
