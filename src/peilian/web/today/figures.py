"""The few figures that today tells, of one person or of everybody who may be seen."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import Permission, User, visible_to
from peilian.web.conversations.pace import FIRST_LIMIT_MS, is_unhurried
from peilian.web.shell.figures import Figure
from peilian.web.today.period import Days

TARGET_SECONDS = FIRST_LIMIT_MS / 1000
_KEYS = ("conversations", "first_response_seconds_p50", "csat_mean", "csat_ratio")


@dataclass(frozen=True, slots=True)
class Figures:
    """How many conversations, how fast the first answer came, how customers rated: speed never without quality.

    ``is_in_time`` is ``None`` where the target means nothing: without a time, and where answers are letters.
    """

    conversations: Figure
    first_response: Figure
    is_in_time: bool | None
    rating: Figure
    satisfied: Figure


def figures_of(user: User, days: Days, accounts: tuple[str, ...] = ()) -> Figures | None:
    """The figures of the period; ``None`` without a conversation."""
    question = contacts.KpiQuestion(keys=_KEYS, from_day=days.first, to_day=days.last, agents=accounts)
    rows = contacts.kpis(user=user, question=question)
    if not rows or not rows[0].cells["conversations"].value:
        return None
    cells = rows[0].cells
    waited = cells["first_response_seconds_p50"]
    href = list_address(accounts, days) if visible_to(user).may(Permission.SEE_CONVERSATIONS) else ""
    return Figures(
        conversations=Figure(cells["conversations"].value, "count", href=href),
        first_response=Figure(waited.value, "seconds", n=waited.n),
        is_in_time=_in_time(waited.value),
        rating=Figure(cells["csat_mean"].value, "points", n=cells["csat_mean"].n),
        satisfied=Figure(cells["csat_ratio"].value, "ratio", n=cells["csat_ratio"].n),
    )


def _in_time(waited: float | None) -> bool | None:
    if waited is None or is_unhurried(None, int(waited * 1000)):
        return None
    return waited <= TARGET_SECONDS


def list_address(accounts: tuple[str, ...], days: Days, **more: str) -> str:
    """The list of the conversations behind the figures."""
    parameters = {"from": days.first.isoformat(), "to": days.last.isoformat(), **more}
    if len(accounts) == 1:
        parameters["agent"] = accounts[0]
    return f"{reverse('conversations')}?{urlencode(parameters)}"
