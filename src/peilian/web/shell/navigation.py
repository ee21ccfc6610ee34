"""The places of the product, in the order people go through a day; each is shown only to those who may enter it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from peilian.apps.people.api import Permission

BAR_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the product. Any permission of ``opened_by`` opens it; without one it is open to all. Addresses that
    begin with one of ``holds`` belong to it too."""

    url_name: str
    label: str | Promise
    icon: str
    opened_by: frozenset[Permission] = frozenset()
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A place as one page shows it."""

    label: str
    icon: str
    href: str
    is_current: bool


P = Permission
PLACES = (
    Place("today", _("Today"), "sun", holds=("/today/",)),
    Place("insight", _("Insight"), "chart-line", frozenset({P.SEE_KPIS, P.SEE_CONVERSATIONS, P.SEE_DIAGNOSIS})),
    Place("learn", _("Learn"), "book-2"),
    Place("practise", _("Practise"), "messages"),
    Place("assess", _("Assess"), "clipboard-check", holds=("/exams/",)),
    Place("team", _("Team"), "users-group", frozenset({P.SEE_PEOPLE})),
    Place("settings", _("Settings"), "settings", frozenset({P.MANAGE_SETTINGS, P.IMPORT, P.SEE_JOBS, P.SEE_AUDIT})),
)


def links(may: Callable[[Permission], bool], path: str, places: Iterable[Place] = PLACES) -> list[Link]:
    """The places that the reader may enter; the one whose address is the longest beginning of ``path`` is current.

    A place without an address in this installation is left out, so a switched-off feature leaves no dead link.
    """
    open_places = [place for place in places if not place.opened_by or any(map(may, place.opened_by))]
    addressed = [(place, href) for place in open_places if (href := _address(place.url_name))]
    begins = [(href, begin) for place, href in addressed for begin in (href, *place.holds)]
    begun = [(len(begin), href) for href, begin in begins if path == begin or (begin != "/" and path.startswith(begin))]
    current = max(begun, default=(0, None))[1]
    return [Link(str(place.label), place.icon, href, href == current) for place, href in addressed]


def split_for_bar(found: list[Link]) -> tuple[list[Link], list[Link]]:
    """What a phone's bottom bar shows, and what waits behind its "More"."""
    if len(found) <= BAR_LENGTH:
        return found, []
    return found[: BAR_LENGTH - 1], found[BAR_LENGTH - 1 :]


def _address(url_name: str) -> str | None:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None
