"""One input as text: its value in the unit of its indicator."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from peilian.engine._kernel import Language
from peilian.engine.scorecard import Measure
from peilian.web.shell.formats import DASH, Unit, format_score, format_value

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
    if measure is not None and measure.unit == "ratio":
        return f"{_plain(value * 100)}%"
    return _plain(value)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"
