"""The few statistics of a diagnosis. Sums are kept in whole millionths, so that order of input cannot change them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""

_MILLIONTHS = 1_000_000


@dataclass(slots=True)
class Mean:
    """A mean and its variance, gathered one value at a time."""

    n: int = 0
    total: int = 0
    squares: int = 0

    def add(self, value: float | None) -> None:
        """Take one value; ``None`` is no value."""
        if value is None:
            return
        whole = round(value * _MILLIONTHS)
        self.n += 1
        self.total += whole
        self.squares += whole * whole

    def without(self, other: Mean) -> Mean:
        """What remains when the values of ``other`` are taken out."""
        return Mean(self.n - other.n, self.total - other.total, self.squares - other.squares)

    @property
    def value(self) -> float | None:
        """The mean; ``None`` without values."""
        return self.total / self.n / _MILLIONTHS if self.n else None

    @property
    def variance(self) -> float:
        """The sample variance; needs at least two values."""
        spread = self.squares * self.n - self.total * self.total
        return spread / self.n / (self.n - 1) / _MILLIONTHS**2


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of two means and the variance of that difference."""

    value: float
    variance: float

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval, in the normal approximation."""
        reach = Z * math.sqrt(self.variance)
        return self.value - reach, self.value + reach


def pooled(differences: Sequence[Difference]) -> Difference:
    """The mean of differences that may truly differ between agents: random effects after R. DerSimonian and N. Laird
    (Controlled Clinical Trials 7, 1986). At least one difference; each variance above 0."""
    weights = [1 / item.variance for item in differences]
    total = math.fsum(weights)
    fixed = math.fsum(w * item.value for w, item in zip(weights, differences, strict=True)) / total
    heterogeneity = math.fsum(w * (item.value - fixed) ** 2 for w, item in zip(weights, differences, strict=True))
    scale = total - math.fsum(w * w for w in weights) / total
    between = max(0.0, (heterogeneity - (len(differences) - 1)) / scale) if len(differences) > 1 else 0.0
    weights = [1 / (item.variance + between) for item in differences]
    total = math.fsum(weights)
    return Difference(
        math.fsum(w * item.value for w, item in zip(weights, differences, strict=True)) / total, 1 / total
    )
