"""What the keys of the directory are called on pages."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import ROLES
from peilian.web.shell.languages import reading_language

Label = str | Promise

STAGES: dict[str, Label] = {
    "newcomer": _("Newcomer"),
    "in_service": _("In service"),
    "backbone": _("Backbone"),
    "expert": _("Expert"),
}
AGENT_KINDS: dict[str, Label] = {
    "phone": _("Phone"),
    "online": _("Online chat"),
    "on_site": _("On site"),
    "pre_sale": _("Pre-sale"),
    "after_sale": _("After-sale"),
    "community": _("Community"),
    "showroom": _("Showroom"),
    "mall": _("Mall"),
}
UNIT_KINDS: dict[str, Label] = {
    "company": _("Company"),
    "department": _("Department"),
    "team": _("Team"),
    "shop": _("Shop"),
    "site": _("Site"),
}
GUIDES: dict[str, Label] = {"supervisor": _("Supervisor"), "mentor": _("Mentor")}
# What an import changes about somebody.
CHANGES: dict[str, Label] = {
    "person": _("name or hiring date"),
    "team": _("team or post"),
    "shop": _("shop"),
    "stage": _("stage"),
    "supervisor": _("supervisor"),
    "mentor": _("mentor"),
    "account": _("account"),
    "user": _("sign-in"),
}


def role_name(key: str) -> str:
    """The role in the reader's language; a role that no longer exists keeps its key."""
    return ROLES[key].name.in_language(reading_language()) if key in ROLES else key


def role_choices() -> list[tuple[str, str]]:
    """Every role, in the order in which the directory declares them."""
    return [(key, role_name(key)) for key in ROLES]


def joined(parts: Iterable[Label]) -> str:
    """A short list in words."""
    return ("、" if reading_language() == "zh" else ", ").join(str(part) for part in parts)
