"""What other values would make of a result: shown before anybody decides so."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from peilian.flows import appraising
from peilian.web.shell.formats import format_score
from peilian.web.shell.languages import reading_language

_NOTHING = frozenset("-–—−")


def difference(result: Mapping[str, Any], supposed: Mapping[str, Any]) -> dict[str, Any]:
    """The totals of two results as they are stored, and the lines whose points differ with the new reason."""
    now, then = (appraising.from_stored(item, reading_language()) for item in (result, supposed))
    before = {line["line"]: line for line in now["lines"]}
    lines = [
        (line["label"], _said(before[line["line"]]["points"]), _said(line["points"]), line["reason"])
        for line in then["lines"]
        if line["points"] != before[line["line"]]["points"]
    ]
    return {"before": _said(now["raw"]), "after": _said(then["raw"]), "lines": lines}


def typed(one: Mapping[str, Any]) -> str:
    """A value as people type it: ratios as a percentage, so that nobody has to guess which is meant."""
    if one["value"] is None:
        return ""
    value = Decimal(str(one["value"]))
    return f"{(value * 100).normalize():f}%" if one["unit"] == "ratio" else f"{value.normalize():f}"


def changed(sent: str, shown: str) -> tuple[bool, str | None]:
    """Whether a value that was sent differs from the one that was shown, and what it is; ``None``: there was nothing
    to measure, which is said with a dash. ``ValidationError`` when a value was only taken away."""
    sent = sent.strip()
    if sent == shown:
        return False, None
    if sent in _NOTHING:
        return bool(shown), None
    if not sent:
        raise forms.ValidationError(_("Write the right value, or – when there was nothing to measure."))
    return True, sent


def _said(points: Any) -> str:
    return "–" if points is None else format_score(Decimal(str(points)))
