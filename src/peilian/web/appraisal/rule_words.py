"""What rules are made of, in words: their parameters, and the places of a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Kind = Literal["number", "edge", "truth", "rows", "each", "levels", "words", "name", "said"]
Label = str | Promise

# Parameters by rule; "rule.parameter" has the columns of its rows. An edge is compared with the value of the indicator.
PARAMS: Mapping[str, Mapping[str, tuple[Kind, Label]]] = {
    "bands": {
        "of": ("number", _("The edges are shares of")),
        "bands": ("rows", _("Bands: the first that holds the value decides")),
    },
    "bands.bands": {
        "at_least": ("edge", _("from")),
        "above": ("edge", _("above")),
        "at_most": ("edge", _("up to")),
        "below": ("edge", _("below")),
        "points": ("number", pgettext_lazy("rule", "points")),
        "change": ("number", _("change from the weight")),
    },
    "steps": {
        "target": ("edge", _("Target")),
        "step": ("edge", _("Step")),
        "deduct": ("number", _("Points lost a step")),
        "bonus": ("number", _("Points gained beyond")),
        "bonus_beyond": ("edge", _("Gained when beyond by more than")),
        "bonus_step": ("edge", _("Gained again for every")),
        "bonus_most": ("number", _("Gained at most")),
        "started": ("truth", _("A step counts once it is begun")),
        "bonus_inclusive": ("truth", _("Gained at exactly that already")),
        "relative": ("truth", _("Steps are shares of the target")),
    },
    "growth": {
        "step": ("edge", _("Step")),
        "add": ("number", _("Points gained a step")),
        "base": ("number", _("Points without growth (empty: the weight)")),
        "additive": ("truth", _("Falls add up")),
        "falls": ("rows", _("Falls")),
    },
    "growth.falls": {
        "beyond": ("edge", _("fall of more than")),
        "deduct": ("number", _("points lost")),
    },
    "per_event": {
        "deduct": ("number", _("Points lost each time")),
        "allowed": ("number", _("Times allowed")),
        "most": ("number", _("Lost at most")),
        "zero_above": ("number", _("No points above this many")),
        "deducts": ("each", _("Points lost each time, by what happened")),
    },
    "met": {
        "scaled": ("truth", _("Stretched to the weight")),
        "each": ("each", _("Points for each that is met")),
    },
    "levels": {
        "from_zero": ("truth", _("The lowest level brings no points")),
        "points": ("levels", _("Points of each level (empty: equal parts)")),
    },
    "share": {
        "zero": ("edge", _("No points at")),
        "full": ("edge", _("Full points at")),
    },
}
UNJUDGED: Mapping[str, Label] = {
    "missing": _("it has to be given or left out with a reason"),
    "drop": _("the line does not count"),
    "full": _("full points"),
}
# Other places in which versions may differ.
PLACES: Mapping[str, Label] = {
    "weight": _("weight"),
    "label": _("name"),
    "standard": _("standard"),
    "note": _("note"),
    "bonus": _("most points beyond the weight"),
    "floor": _("fewest points"),
    "unjudged": _("when there is no value"),
    "method": _("way of computing"),
    "about": _("how it is computed"),
    "levels": _("descriptions of the levels"),
    "zero_when": _("when nothing is left"),
    "prorate": _("proration"),
    "sizes": _("by size of the team"),
    "small_sample": _("when there are few cases"),
    "title": _("title"),
    "process": _("process"),
    "rater": _("who rates"),
    "agent_sees": _("what people see"),
    "double_counting": _("events on several lines"),
    "grades": _("grades of results"),
    "at_least": _("from how many points"),
}
