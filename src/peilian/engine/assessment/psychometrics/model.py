"""The logistic models of an answer (Rasch 模型、双参数模型): parameters of a question, probability, information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np

from peilian.engine.assessment.psychometrics.values import Floats

Model = Literal["rasch", "2pl"]
"""Which parameters a question has of its own: its difficulty, or its discrimination too."""


@dataclass(frozen=True, slots=True)
class ItemParameters:
    """A calibrated question: ``P(right | ability) = 1 / (1 + exp(-discrimination * (ability - difficulty)))``.

    Ability and difficulty (难度) share one scale, in logits where the discrimination (区分度) is 1. Standard errors are
    ``None`` for parameters that were set and not estimated. ``n`` are the people it was calibrated on.
    """

    difficulty: float
    discrimination: float = 1.0
    difficulty_error: float | None = None
    discrimination_error: float | None = None
    n: int = 0

    def to_json(self) -> dict[str, Any]:
        """The parameters as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        return cls(**data)


def probabilities(items: Sequence[ItemParameters], ability: Floats) -> Floats:
    """Probability of a right answer; shape abilities x items."""
    slope = np.array([item.discrimination for item in items], dtype=float)
    place = np.array([item.difficulty for item in items], dtype=float)
    return logistic(slope * (np.asarray(ability, dtype=float)[:, None] - place))


def logistic(x: Floats) -> Floats:
    """``1 / (1 + exp(-x))`` without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), dtype=float)


def information(items: Sequence[ItemParameters], ability: float) -> Floats:
    """Fisher's information of each question about people of this ability."""
    right = probabilities(items, np.array([ability]))[0]
    slope = np.array([item.discrimination for item in items], dtype=float)
    return np.asarray(slope**2 * right * (1 - right), dtype=float)
