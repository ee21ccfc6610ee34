"""Where things of learning are: the page of a unit, of a path, a course, a lesson."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from peilian.apps.learning import api as learning

_LISTS = {"path": "learn", "panel": "exam_panels"}  # what has no page of its own
_BY_KIND = {"lesson": "lesson", "course": "course", "scenario": "drill_start"}


def address_of(what: str, course: str = "") -> str:
    """The page on which ``kind:key`` is learnt, read or done, coming from a course; empty when there is none here."""
    kind, _colon, key = what.partition(":")
    if kind in _LISTS:
        return reverse(_LISTS[kind])
    try:
        if kind in _BY_KIND:
            return _from(reverse(_BY_KIND[kind], args=[key]), course if kind == "lesson" else "")
        if kind == "exam":
            return _from(reverse("course", args=[course]), "") + "#exam" if course else reverse("exams")
        return _from(reverse("library_text", args=[kind, key]), course)
    except NoReverseMatch:
        return ""


def unit_address(unit: learning.UnitView, course: str) -> str:
    """The page of a unit of a course."""
    return address_of(unit.what, course)


def _from(address: str, course: str) -> str:
    return f"{address}?{urlencode({'course': course})}" if course else address
