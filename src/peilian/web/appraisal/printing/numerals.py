"""Points, weights and dates as they stand on paper: as exact as people can check, and no longer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from peilian.engine._kernel import Language
from peilian.web.shell.formats import DASH, MINUS, format_days, format_decimal, format_score

_HUNDREDTH = Decimal("0.01")


def rounded(value: Decimal) -> Decimal:
    """With the decimals it needs, two at most, as on the screen, halves away from zero."""
    found = value.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found.normalize()


def decimals(value: Decimal) -> int:
    """How many decimals ``rounded`` leaves."""
    return max(0, -int(rounded(value).as_tuple().exponent))


def points_text(value: Decimal | None) -> str:
    """Points or a weight: ``29``, ``3.75``, ``1.33``; what is missing is an en dash."""
    return DASH if value is None else format_decimal(value, decimals(value))


def change_text(value: Decimal) -> str:
    """Points added or taken away, with their sign: ``+2``, ``−1.5``."""
    text = points_text(value)
    return text if text.startswith(MINUS) or not value else f"+{text}"


def out_of_hundred(value: Decimal | None) -> str:
    """A normalised total: ``87.7``, as on the screen."""
    return DASH if value is None else format_score(value)


def day_text(day: date | None, language: Language) -> str:
    """A date with its year, for papers are read years later; empty when there is none."""
    return "" if day is None else format_days(day, day, language, date.min)


def moment_text(moment: datetime | None, language: Language) -> str:
    """Date and time to the minute; empty when there is none."""
    return "" if moment is None else f"{day_text(moment.date(), language)} {moment:%H:%M}"
