"""Marking by people (人工阅卷): two marks of one answer, how far markers agree, and grades by cuts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from peilian.engine._expression import ARITHMETIC

_LEAST = 10  # answers from which agreement is told
_STEPS = 10  # steps of equal size that points are compared in


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two markers agree (阅卷一致性) over ``n`` answers. ``exact`` and ``near`` are the shares of answers with
    the same points and with points at most a tenth of the whole apart; ``kappa`` is weighted by squares and ``None``
    below ten answers or where nobody differs; ``lean`` is by how much of the whole the second one gives more."""

    n: int
    exact: float | None
    near: float | None
    kappa: float | None
    lean: float | None


def agreement(marks: Sequence[tuple[Decimal, Decimal, Decimal]]) -> Agreement:
    """Agreement of pairs of marks with the most there was: ``(first, second, of)``.

    Source of kappa: J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968), with squared weights over tenths.
    """
    shares = [(float(first / of), float(second / of)) for first, second, of in marks if of > 0]
    n = len(shares)
    if not n:
        return Agreement(0, None, None, None, None)
    exact = sum(first == second for first, second in shares) / n
    near = sum(abs(first - second) <= 0.1 + 1e-9 for first, second in shares) / n
    lean = math.fsum(second - first for first, second in shares) / n
    return Agreement(n, exact, near, _kappa(shares) if n >= _LEAST else None, lean)


def _kappa(shares: Sequence[tuple[float, float]]) -> float | None:
    steps = [(round(first * _STEPS), round(second * _STEPS)) for first, second in shares]
    seen = math.fsum((first - second) ** 2 for first, second in steps) / len(steps)
    by_chance = math.fsum((first - second) ** 2 for first, _ in steps for _, second in steps) / len(steps) ** 2
    return 1 - seen / by_chance if by_chance else None


def need_third(first: Decimal, second: Decimal, of: Decimal, *, apart: Decimal = Decimal("0.2")) -> bool:
    """Whether two marks are further apart than ``apart`` of the whole, so that a third person decides."""
    return abs(first - second) > apart * of


def settled(first: Decimal, second: Decimal) -> Decimal:
    """The mark of two that are near enough: their mean, to the cent, half up."""
    return ARITHMETIC.divide(first + second, Decimal(2)).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def grade_of(points: Decimal, of: Decimal, cuts: Mapping[str, Decimal]) -> str | None:
    """The grade (等级) whose cut, in percent, is the highest that is reached; ``None`` below all, or of nothing."""
    if of <= 0:
        return None
    reached = [(cut, key) for key, cut in cuts.items() if points * 100 >= cut * of]
    return max(reached)[1] if reached else None
