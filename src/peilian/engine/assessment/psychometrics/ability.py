"""What somebody can do (能力估计), from answers to calibrated questions, with its standard error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from peilian.engine._kernel import Reason
from peilian.engine.assessment.psychometrics.model import ItemParameters, information, probabilities
from peilian.engine.assessment.psychometrics.values import Floats, Z

_GRID = np.linspace(-6.0, 6.0, 121)
_REACH = 8.0  # how far beyond the questions at the ends Warm's estimate is looked for


Method = Literal["eap", "wle"]
"""How ability is estimated.

``eap`` is the mean of what is believed after the answers, starting from a population; it draws few answers towards the
middle of it. ``wle`` is Warm's weighted likelihood, nearly without bias and needing no population; unlike the plain
maximum of the likelihood it exists also when everything was right or wrong.
"""


@dataclass(frozen=True, slots=True)
class Ability:
    """An ability on the scale of the questions; ``value`` is ``None`` with a reason when nothing can be said."""

    value: float | None
    standard_error: float | None
    n: int
    why_not: Reason | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval in the normal approximation."""
        if self.value is None or self.standard_error is None:
            return None
        return self.value - Z * self.standard_error, self.value + Z * self.standard_error


def estimate_ability(
    bank: Mapping[str, ItemParameters],
    shares: Mapping[str, float],
    *,
    method: Method = "eap",
    population: tuple[float, float] = (0.0, 1.0),
) -> Ability:
    """The ability behind the answers ``shares`` (by question, 0 wrong to 1 right).

    Questions without parameters are left out. ``population`` is mean and standard deviation of the people among whom
    the person is; it counts for ``eap`` only. A share between 0 and 1 counts as that part of a right answer.
    """
    known = [key for key in shares if key in bank]
    items = [bank[key] for key in known]
    given = np.array([shares[key] for key in known], dtype=float)
    if method == "eap":
        return _expected(items, given, population)
    if not items:
        return Ability(None, None, 0, Reason("psychometrics.no_calibrated_answers"))
    return _warm(items, given)


def _expected(items: Sequence[ItemParameters], given: Floats, population: tuple[float, float]) -> Ability:
    mean, deviation = population
    grid = mean + deviation * _GRID
    belief = -0.5 * _GRID**2
    if items:
        right = np.clip(probabilities(items, grid), 1e-12, 1 - 1e-12)
        belief = belief + np.log(right) @ given + np.log1p(-right) @ (1 - given)
    weights = np.exp(belief - belief.max())
    weights /= weights.sum()
    value = float(weights @ grid)
    return Ability(value, float(np.sqrt(weights @ (grid - value) ** 2)), len(items))


def _warm(items: Sequence[ItemParameters], given: Floats) -> Ability:
    """The root of score + J / 2I, by halving: T. A. Warm, Psychometrika 54 (1989)."""
    slope = np.array([item.discrimination for item in items])
    low = min(item.difficulty for item in items) - _REACH
    high = max(item.difficulty for item in items) + _REACH
    for _ in range(60):
        middle = (low + high) / 2
        right = probabilities(items, np.array([middle]))[0]
        varying = right * (1 - right)
        known = float(slope**2 @ varying)
        bend = float(slope**3 @ (varying * (1 - 2 * right)))
        rising = float(slope @ (given - right)) + (bend / (2 * known) if known > 1e-300 else 0.0)
        low, high = (middle, high) if rising > 0 else (low, middle)
    value = (low + high) / 2
    known = float(information(items, value).sum())
    return Ability(value, 1 / float(np.sqrt(known)), len(items))
