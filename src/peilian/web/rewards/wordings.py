"""Words of the reward pages for what the app names by keys."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = Mapping[str, str | Promise]

KINDS: Words = {
    "recognition": _("recognition"),
    "points": pgettext_lazy("reward", "points"),
    "bonus": _("bonus proposal"),
    "promotion": _("promotion nomination"),
    "retraining": _("re-training"),
}
SIDES: Words = {"material": _("material reward"), "spiritual": _("reward in honour")}
AWARD_STATES: Words = {
    "proposed": _("waits for a decision"),
    "approved": _("approved"),
    "declined": _("declined"),
    "revoked": _("revoked"),
}
SUBJECTS: Words = {
    "product": _("product"),
    "service": _("service"),
    "process": _("process"),
    "tool": _("tools and systems"),
    "training": _("training"),
    "other": _("something else"),
}
SUGGESTION_STATES: Words = {
    "received": _("received"),
    "looked_into": _("being looked into"),
    "accepted": _("taken up"),
    "done": _("done"),
    "declined": _("declined"),
}
