"""How sure a value is: confidence intervals (置信区间) for ratios and means, and when a sample is small."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from peilian.engine._kernel import wilson_interval

__all__ = [
    "SMALL_SAMPLE",
    "interval_of_values",
    "is_small_sample",
    "mean_interval",
    "student_quantile",
    "wilson_interval",
]

SMALL_SAMPLE = 30


def is_small_sample(n: int) -> bool:
    """Whether a value stands on so few rows that it should be shown with a warning."""
    return n < SMALL_SAMPLE


def mean_interval(mean: float, deviation: float, n: int, *, confidence: float = 0.95) -> tuple[float, float] | None:
    """Student's interval of a mean from the sample's standard deviation (n - 1); ``None`` for fewer than two values."""
    if n < 2:
        return None
    half = student_quantile(0.5 + confidence / 2, n - 1) * deviation / math.sqrt(n)
    return mean - half, mean + half


def interval_of_values(values: Sequence[float], *, confidence: float = 0.95) -> tuple[float, float] | None:
    """Student's interval of the mean of ``values``; ``None`` for fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    return mean_interval(mean, deviation, n, confidence=confidence)


def student_quantile(p: float, degrees: int) -> float:
    """The ``p`` quantile (p >= 0.5) of Student's t distribution.

    By bisection of the exact distribution function; from 200 degrees of freedom by the expansion around the normal
    quantile (Abramowitz and Stegun, 26.7.5), whose error is below 1e-6 there.
    """
    if degrees >= 200:
        z = NormalDist().inv_cdf(p)
        return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    low, high = 0.0, 2.0
    while _student_cdf(high, degrees) < p:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_cdf(middle, degrees) < p else (low, middle)
    return (low + high) / 2


def _student_cdf(t: float, degrees: int) -> float:
    """For t >= 0, by the finite sums for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    theta = math.atan(t / math.sqrt(degrees))
    sine, cosine = math.sin(theta), math.cos(theta)
    if degrees % 2 == 0:
        term = total = 1.0
        for k in range(2, degrees, 2):
            term *= cosine * cosine * (k - 1) / k
            total += term
        return 0.5 + sine * total / 2
    term = total = cosine if degrees > 1 else 0.0
    for k in range(3, degrees, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return 0.5 + (theta + sine * total) / math.pi
