"""The pages of one place beside each other; each is offered only to those who may open it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from peilian.apps.people.api import Permission, Sight
from peilian.web.shell.access import sight_of


class Needs(Enum):
    """How far a permission has to reach for a tab to be worth opening."""

    ANYONE = "anyone"
    UNITS = "units"  # whoever reaches only themselves finds nothing there
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Tab:
    """One page: its name among the tabs, the name of its address, its label. Any permission of ``opened_by`` opens it;
    without one it is for all."""

    key: str
    url_name: str
    label: str | Promise
    opened_by: frozenset[Permission] = frozenset()
    needs: Needs = Needs.ANYONE


@dataclass(frozen=True, slots=True)
class TabLink:
    """A tab as one page shows it."""

    key: str
    label: str | Promise
    href: str


def links_of(request: object, tabs: Iterable[Tab]) -> list[TabLink]:
    """The tabs that the reader may open; a page that this installation does not have is left out."""
    if not isinstance(request, HttpRequest):
        return []
    sight = sight_of(request)
    found = []
    for tab in tabs:
        try:
            href = reverse(tab.url_name)
        except NoReverseMatch:
            continue
        if not tab.opened_by or any(_opens(sight, permission, tab.needs) for permission in tab.opened_by):
            found.append(TabLink(tab.key, tab.label, href))
    return found


def _opens(sight: Sight, permission: Permission, needs: Needs) -> bool:
    if needs is Needs.COMPANY:
        return sight.reaches_company(permission)
    return sight.may(permission) and (needs is Needs.ANYONE or sight.units(permission).exists())
