"""What the training loop needs from somebody who leads: where it hurts, and which conversations want a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import User
from peilian.engine._kernel import Language
from peilian.engine.diagnosis import Diagnosis
from peilian.web.conversations.listing import Talk, talks_of
from peilian.web.conversations.pace import FIRST_LIMIT_MS
from peilian.web.conversations.staff import Staff
from peilian.web.shell.figures import Figure
from peilian.web.today.figures import list_address
from peilian.web.today.period import Days

_MOST_POINTS = 3
_MOST_TALKS = 3


@dataclass(frozen=True, slots=True)
class Point:
    """A pain point as today tells it."""

    name: str
    meaning: str
    share: Figure
    href: str


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """A few of the conversations that want a look, how many there are, and the list of all."""

    title: str
    total: int
    talks: tuple[Talk, ...]
    href: str
    note: str = ""


def points_of(diagnosis: Diagnosis, language: Language) -> list[Point]:
    """The pain points that matter most."""
    return [
        Point(
            name=each.name.in_language(language),
            meaning=each.meaning.in_language(language),
            share=Figure(each.rate.value, "ratio", n=each.rate.n, interval=_interval(each.rate)),
            href=_diagnosis_address(each.key),
        )
        for each in diagnosis.pain_points[:_MOST_POINTS]
    ]


def _interval(rate: Any) -> tuple[float, float] | None:
    return None if rate.low is None or rate.high is None else (rate.low, rate.high)


def _diagnosis_address(key: str) -> str:
    try:
        return f"{reverse('diagnosis')}#{key}"
    except NoReverseMatch:
        return ""


def to_look_at(user: User, days: Days, staff: Staff, language: Language) -> list[ToLookAt]:
    """Conversations without an answer, with a complaint, and with a slow first answer; empty kinds are left out."""
    kinds: list[tuple[str, dict[str, str], contacts.Order, Mapping[str, Any]]] = [
        (_("Without an answer"), {"unanswered": "on"}, "newest", {"is_answered": False}),
        (_("Complaints"), {"complaint": "on"}, "newest", {"has_complaint": True}),
        (
            _("Slow first answers"),
            {"slow": "on", "order": "slowest"},
            "slowest",
            {"first_response_over_ms": FIRST_LIMIT_MS},
        ),
    ]
    found = []
    for title, parameters, order, limits in kinds:
        question = contacts.ConversationFilter(from_ms=days.from_ms, to_ms=days.to_ms, **limits)
        page = contacts.conversations(user=user, question=question, limit=_MOST_TALKS, order=order)
        if page.total:
            href = list_address((), days, **parameters)
            talks = talks_of(page.items, staff, language, query=QueryDict(href.partition("?")[2]))
            note = _slow_note() if "slow" in parameters else ""
            found.append(ToLookAt(title, page.total, tuple(talks), href, note))
    return found


def _slow_note() -> str:
    """Why the list of slow first answers is longer than the pain point of that name."""
    return _(
        "More than 30 seconds on any channel. The pain point goes by what each channel promises (a ticket 4 hours), so "
        "the two counts differ."
    )
