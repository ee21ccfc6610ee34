"""Messages of the inbox as pages tell them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from peilian.apps.base.api import InboxMessage, company_zone, today_in_company
from peilian.engine._kernel import Language, Reason
from peilian.flows.wording import say
from peilian.web.jobs.wordings import kind_name
from peilian.web.shell.formats import format_day, format_moment

# What tells of an assignment that has a page of its own.
ASSIGNED = ("inbox.assignment", "inbox.assignment_due")
JOBS = "inbox.job_"
_DUE = "%Y-%m-%d %H:%M"


def said(message: InboxMessage, language: Language) -> str:
    """The message in words, with its deadline as pages write moments. One that outlived its words says its key."""
    params: dict[str, Any] = dict(message.params)
    if isinstance(params.get("due"), str):
        params["due"] = _moment(params["due"], language)
    if isinstance(params.get("day"), str):
        params["day"] = _day(params["day"], language)
    if message.key.startswith(JOBS):
        params["job"] = kind_name(str(params.get("kind", "")))
    try:
        return say(Reason(message.key, params), language)
    except KeyError:
        return str(message.key)


def address_of(message: InboxMessage) -> str:
    """Where the message leads: its own link; for an assignment without one, the list of assignments."""
    return message.link or (reverse("own_tasks") if message.key in ASSIGNED else "")


def _day(text: str, language: Language) -> str:
    """A stored day in the reader's form; as it stands when it is none."""
    try:
        return format_day(date.fromisoformat(text), language, today_in_company())
    except ValueError:
        return text


def _moment(text: str, language: Language) -> str:
    """A stored local moment in the reader's form; as it stands when it is none."""
    try:
        moment = datetime.strptime(text, _DUE).replace(tzinfo=company_zone())
    except ValueError:
        return text
    return format_moment(moment, language, timezone.localtime(timezone=company_zone()))
