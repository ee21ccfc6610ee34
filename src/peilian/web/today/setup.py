"""The first steps of an installation, each done or not yet."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from peilian.apps.base.api import company
from peilian.apps.contacts.api import is_empty
from peilian.apps.people.api import AgentAccount, Employee, Membership, Unit, User


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is to be done, why, whether it is done, and where."""

    label: str
    purpose: str
    is_done: bool
    href: str = ""


def steps() -> list[Step]:
    """The steps in the order in which they are best done."""
    return [
        Step(
            _("Name the company"),
            _("Its name, time zone and working hours stand behind every figure."),
            any(company().name.values()),
            _address("company"),
        ),
        Step(
            _("Draw the units"),
            _("Departments and teams decide who sees whom."),
            Unit.objects.exclude(parent=None).exists(),
            _address("units"),
        ),
        Step(
            _("Bring in the people"),
            _("A roster file is enough: names, teams, posts."),
            Employee.objects.exists() and Membership.objects.exists(),
            _address("roster_import"),
        ),
        Step(
            _("Say who uses which account"),
            _("So that each conversation finds its agent, also when an account changes hands."),
            AgentAccount.objects.exists(),
            _address("roster_import"),
        ),
        Step(
            _("Let them sign in"),
            _("Every leader and every agent gets a sign-in and a role."),
            User.objects.filter(is_active=True).count() > 1,
            _address("users"),
        ),
        Step(
            _("Import conversations"),
            _("They are masked, measured and read; then insight begins."),
            not is_empty(),
            _address("import_start"),
        ),
    ]


def _address(name: str) -> str:
    """Where the step is done; nothing when this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
