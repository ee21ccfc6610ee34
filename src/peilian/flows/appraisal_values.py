"""One value of an appraisal as somebody wrote it (考核数值): what it says in the unit of its indicator, or why not.

A ratio is 0.92 or 92%. Without the sign, 92 is asked about and not guessed, and so is 1.2 where nothing passes 1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Literal, NoReturn

from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.scorecard import Measure
from peilian.engine.scorecard.values import shown

Ratios = Literal["percent", "fraction"]

UNCLEAR = "appraise.unclear_ratio"
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[+-]?\.\d+")
_LARGEST = Decimal(10) ** 15
_MOST_PLACES = 12
_MOST_SHOWN = 40  # characters of a wrong value that a message repeats
_TRUTHS = {"是": 1, "yes": 1, "true": 1, "y": 1, "否": 0, "no": 0, "false": 0, "n": 0}
# A ratio without a percent sign beyond this is as likely a percentage; those that may pass 1 are told apart here.
_CLEARLY_FRACTION = Decimal(2)
# Of two values, as nearly as not the same, one of which was written as a percentage: the middle between 1 and 100.
_APART = 10


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it was written, before anybody says what it means; ``is_percentage`` when it bears the sign."""

    number: Decimal
    is_percentage: bool


def value_of(measure: Measure, text: str, ratios: Ratios | None = None) -> Decimal:
    """What somebody typed as a value of ``measure``; ``InputError`` with one fault says what was expected.

    ``ratios`` says how a ratio without a percent sign is meant where that could be doubted, and only there.
    """
    if measure.unit == "truth":
        return _truth(_plain(text))
    written = written_as(measure, text)
    is_percentage = written.is_percentage
    if measure.unit == "ratio" and not is_percentage and abs(written.number) > largest_fraction(measure):
        if ratios is None:
            raise InputError(Fault(unclear(written.number)))
        is_percentage = ratios == "percent"
    return bounded(measure, written.number / 100 if is_percentage else written.number)


def written_as(measure: Measure, text: str) -> Written:
    """The number that ``text`` writes down; ``InputError`` when it is none, or a percentage of what is no ratio."""
    text = _plain(text)
    is_percentage = text.endswith("%")
    number = number_of(text.removesuffix("%"))
    if number is None:
        refuse("appraise.not_a_number", value=short(text))
    if is_percentage and measure.unit not in ("ratio", None):
        refuse("appraise.no_percentage", value=short(text))
    return Written(number, is_percentage)


def number_of(text: str) -> Decimal | None:
    """The number that ``text`` writes down, if a value can be as large and as exact as that."""
    plain = _plain(text)
    if not _NUMBER.fullmatch(plain):
        return None
    value = Decimal(plain.replace(",", ""))
    if abs(value) >= _LARGEST or -int(value.as_tuple().exponent) > _MOST_PLACES:
        return None
    return value


def largest_fraction(measure: Measure) -> Decimal:
    """Up to which number a ratio without a percent sign is a fraction beyond doubt, as long as it stands alone."""
    return _CLEARLY_FRACTION if measure.most is None else measure.most


def unclear(number: Decimal) -> Reason:
    """Asks which of its two meanings a number has."""
    written = shown(number, _MOST_PLACES)
    return Reason(
        UNCLEAR, {"value": written, "percent": f"{written}%", "fraction": f"{shown(number * 100, _MOST_PLACES)}%"}
    )


def mixed(small: Sequence[Decimal], large: Sequence[Decimal]) -> list[bool]:
    """Which of the ``small`` ratios of an indicator cannot be of the same writing as the ``large`` ones.

    All of them without a percent sign: ``large`` ones are no fractions beyond doubt, ``small`` ones may be. Beside 88
    and 92, 0.9 is nearer to them as a fraction than as 0.9%, whatever the others mean; beside 1.4 and 3 it is not.
    """
    middle = median(abs(number) for number in large)
    return [abs(number) * _APART < middle for number in small]


def bounded(measure: Measure, value: Decimal) -> Decimal:
    """``value`` if the indicator can have it; else ``InputError``."""
    if measure.unit == "count" and (value < 0 or value != value.to_integral_value()):
        refuse("appraise.not_a_count", value=shown(value))
    if measure.unit == "level" and not (value == value.to_integral_value() and 1 <= value <= len(measure.levels)):
        refuse("appraise.no_level", value=shown(value), of=len(measure.levels))
    if measure.least is not None and value < measure.least:
        refuse("appraise.too_small", value=shown(value), limit=shown(measure.least))
    if measure.most is not None and value > measure.most:
        refuse("appraise.too_large", value=shown(value), limit=shown(measure.most))
    return value


def short(text: str) -> str:
    """A wrong value as a message repeats it."""
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def refuse(key: str, **params: Param) -> NoReturn:
    """Raise ``InputError`` with one fault that knows no place."""
    named: Mapping[str, Param] = params
    raise InputError(Fault(Reason(key, named)))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _truth(text: str) -> Decimal:
    if text in ("0", "1", "0.0", "1.0"):
        return Decimal(text[0])
    if text.lower() not in _TRUTHS:
        refuse("appraise.not_a_truth", value=short(text))
    return Decimal(_TRUTHS[text.lower()])
