"""How a line of a scorecard turns values into points (计分规则): one rule a file, found by walking this folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import ClassVar, Literal, TypeVar

from peilian.engine._kernel import Reason, Registry
from peilian.engine.scorecard.values import Evidence, PointReason


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule judges: the line's weight, and the values of its indicators in their order with their evidence.

    Only a rule that ``takes_missing`` is given a ``None``.
    """

    weight: Decimal
    values: Mapping[str, Decimal | None]
    evidence_of: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """That of all indicators."""
        if not self.evidence_of:
            return ()
        return tuple(piece for name in self.values for piece in self.evidence_of.get(name, ()))

    @property
    def value(self) -> Decimal:
        """The value of the only indicator."""
        (value,) = self.values.values()
        assert value is not None, "a rule that takes one indicator is not asked about a missing one"
        return value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says: the changes from full points, each with its reason. ``refused`` says why it cannot judge."""

    reasons: tuple[PointReason, ...] = ()
    refused: Reason | None = None


class Rule:
    """A rule with its parameters as the fields of a frozen dataclass; ``ValueError`` from making one names what is
    wrong with them. ``version`` is kept with every result and changes when the same parameters would score otherwise.

    The points of a line are its weight plus its changes, so a rule cannot take a point without a reason.
    """

    key: ClassVar[str]
    version: ClassVar[str] = "1"
    takes_many: ClassVar[bool] = False  # more than one indicator
    # Which of its values may be missing: none, some as long as one is there, or all.
    takes_missing: ClassVar[Literal["none", "some", "all"]] = "none"

    def score(self, given: Given) -> Outcome:
        """Judge the values. Pure; the caller sets the decimal context."""
        raise NotImplementedError

    def doubts(self, weight: Decimal) -> tuple[Reason, ...]:
        """What is allowed but odd about the parameters in a line of that weight."""
        return ()

    def reach(self, weight: Decimal) -> Decimal | None:
        """The most points that it can give in a line of that weight; ``None`` when it knows no such limit."""
        return None

    @property
    def names(self) -> frozenset[str]:
        """The indicators that the parameters themselves name."""
        return frozenset()


_rules: Registry[type[Rule]] = Registry("scorecard rule")
R = TypeVar("R", bound=type[Rule])


def rule(key: str) -> Callable[[R], R]:
    """Register a rule under ``key``."""

    def registered(kind: R) -> R:
        kind.key = key
        _rules.add(key, kind)
        return kind

    return registered


@cache
def known_rules() -> Registry[type[Rule]]:
    """All rules, their modules imported."""
    return _rules.walk(sys.modules[__name__])
