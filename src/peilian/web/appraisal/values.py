"""One input as text: its value in the unit of its indicator."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal

from django.utils.translation import gettext as _

from peilian.engine._kernel import Language
from peilian.engine.scorecard import Measure
from peilian.web.shell.formats import DASH, Unit, format_score, format_value

_SIX = Context(prec=6)
_UNITS: Mapping[str, Unit] = {"ratio": "ratio", "count": "count", "money": "money", "number": "count"}


def said_value(measure: Measure | None, value: Decimal | None, language: Language) -> str:
    """The value in words; missing is a dash."""
    if value is None:
        return DASH
    unit = (measure.unit if measure else None) or ""
    if unit == "truth":
        return str(_("yes") if value else _("no"))
    if unit == "level":
        of = len(measure.levels) if measure else 0
        return f"{format_score(value)} / {of}" if of else format_score(value)
    return format_value(value, _UNITS.get(unit, "score"), language)


def typed_value(measure: Measure | None, value: Decimal | None) -> str:
    """The value as somebody would type it: ratios in percent."""
    if value is None:
        return ""
    return as_typed(value, (measure.unit if measure else None) or "")


def as_typed(value: Decimal, unit: str) -> str:
    """A value as somebody would type it: with six digits, which is as many as anybody checks; ratios in percent.

    Whoever leaves it as it is shown means the exact value that it stands for.
    """
    if unit == "ratio":
        return f"{_plain(_SIX.create_decimal(value * 100))}%"
    return _plain(_SIX.create_decimal(value)) if value % 1 else _plain(value)


def truths() -> list[tuple[str, str]]:
    """The answers to what is either so or not, as they are typed and as they are said."""
    return [("1", _("yes")), ("0", _("no"))]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"
