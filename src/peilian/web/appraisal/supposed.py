"""What other values would make of a result: shown before anybody decides so."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from peilian.engine.scorecard import Measure
from peilian.flows import appraising
from peilian.web.appraisal.values import as_typed, truths
from peilian.web.shell.formats import DASH, format_score
from peilian.web.shell.languages import reading_language

NOTHING = frozenset("-–—−")


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
    return as_typed(Decimal(str(one["value"])), one["unit"] or "")


def field_of(measure: Measure | None, one: Mapping[str, Any]) -> forms.Field:
    """The field for a value of a sheet: a choice where it is a level or either so or not."""
    unit, language = one["unit"], reading_language()
    if unit not in ("level", "truth") or measure is None or (unit == "level" and not measure.levels):
        return forms.CharField(label=one["label"], required=False, max_length=40, initial=typed(one))
    choices = truths()
    if unit == "level":
        texts = (text.in_language(language) for text in measure.levels)
        choices = [(str(n), f"{n} · {text}") for n, text in enumerate(texts, start=1)]
    # What nobody measured stays so unless it is said.
    nothing = ("", "–") if one["value"] is None else (DASH, _("there was nothing to measure"))
    return forms.ChoiceField(label=one["label"], required=False, choices=[*choices, nothing], initial=typed(one))


def changed(sent: str, shown: str) -> tuple[bool, str | None]:
    """Whether a value that was sent differs from the one that was shown, and what it is; ``None``: there was nothing
    to measure, which is said with a dash. ``ValidationError`` when a value was only taken away."""
    sent = sent.strip()
    if sent == shown:
        return False, None
    if sent in NOTHING:
        return bool(shown), None
    if not sent:
        raise forms.ValidationError(_("Write the right value, or – when there was nothing to measure."))
    return True, sent


def _said(points: Any) -> str:
    return "–" if points is None else format_score(Decimal(str(points)))
