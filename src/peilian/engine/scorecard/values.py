"""What goes into scoring and what comes out (计分的输入与结果). Points are decimal, and every one has a reason."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from peilian.engine._expression import ARITHMETIC
from peilian.engine._kernel import Reason

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows that something was lost or won (依据): the message ``i`` of a conversation and a half-open span of its
    code points, with the words; or, without a place, an event. ``loss`` is its part of what the indicator lost."""

    reason: Reason
    i: int | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    loss: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One measured value (指标值). ``value`` is ``None`` where there was nothing to measure, and ``note`` says why;
    ``n`` is how many cases it rests on, ``None`` when that is unknown. ``is_excused``: it may not count (豁免), and the
    lines that need it leave the card whatever they say about missing values."""

    value: Decimal | None
    n: int | None = None
    evidence: tuple[Evidence, ...] = ()
    note: Reason | None = None
    is_excused: bool = False

    def __post_init__(self) -> None:
        if self.is_excused and self.value is not None:
            raise ValueError("what is excused has no value")
        if self.value is not None and not self.value.is_finite():
            raise ValueError(f"an indicator is a finite number or missing, not {self.value}")


@dataclass(frozen=True, slots=True)
class PointReason:
    """Why points were lost (negative) or won; 0 where the reason only says why nothing changed."""

    reason: Reason
    points: Decimal
    evidence: tuple[Evidence, ...] = ()


def rounded(number: Decimal, places: int) -> Decimal:
    """``number`` with so many decimals, half up; one too large for that stays as it is."""
    found = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=ARITHMETIC)
    return found if found.is_finite() else number


def shown(number: Decimal, places: int = 4) -> str:
    """A number for a reason's parameters: plain digits, at most ``places`` decimals, no trailing zeros."""
    text = f"{number:f}"
    _whole, point, decimals = text.partition(".")
    if len(decimals) <= places:  # nothing to round; far the quickest for what a sheet holds
        text = text.rstrip("0").rstrip(".") if point else text
        return "0" if text == "-0" else text
    found = rounded(number, places)
    return f"{found.normalize(ARITHMETIC):f}" if found else "0"


def exact(number: Decimal) -> str:
    """A number that is compared with an edge, for a reason's parameters: as many digits as decide, at most twelve."""
    return shown(number, 12)
