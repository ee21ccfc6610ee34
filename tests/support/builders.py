"""Test data through the product's own doors; every builder has sensible defaults."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import Any

from peilian.apps.people import api as people
from peilian.engine.conversation import Conversation, Message, Role

_numbers = itertools.count(1)
LONG_AGO = date(2026, 1, 1)
PASSWORD = "correct horse battery"


def a_unit(
    code: str | None = None, *, parent: people.Unit | None = None, kind: str = "team", **names: str
) -> people.Unit:
    """A unit below ``parent``, else below the company."""
    code = code or f"unit-{next(_numbers)}"
    if parent is None and kind != "company":
        parent = a_company()
    return people.add_unit(
        actor=None, code=code, name=names or {"zh": code, "en": code}, kind=people.UnitKind(kind), parent=parent
    )


def a_company() -> people.Unit:
    """The root of the unit tree."""
    return people.Unit.objects.filter(parent=None).first() or a_unit("company", kind="company", zh="禾一", en="Heyi")


def an_employee(
    name: str = "林小禾", *, unit: people.Unit | None = None, account: str | None = None
) -> people.Employee:
    """An employee, in a unit and with an account when given."""
    employee = people.add_employee(actor=None, number=f"E{next(_numbers):04}", name=name)
    if unit is not None:
        people.place_employee(actor=None, employee=employee, unit=unit, post=None, starts_on=LONG_AGO)
    if account is not None:
        people.assign_account(
            actor=None,
            platform="test",
            account=account,
            employee=employee,
            starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    return employee


def a_user(
    role: str | None = None,
    *,
    unit: people.Unit | None = None,
    employee: people.Employee | None = None,
    username: str | None = None,
    language: str = "zh",
) -> people.User:
    """Somebody who can sign in with ``PASSWORD`` and has one role."""
    username = username or f"user{next(_numbers)}"
    user = people.add_user(
        actor=None, username=username, name=username, password=PASSWORD, employee=employee, language=language
    )
    if role is not None:
        people.grant_role(actor=None, user=user, role=role, unit=unit, starts_on=LONG_AGO)
    return user


def at(clock: str, day: str = "2026-11-02") -> int:
    """Milliseconds of a wall clock time in Shanghai."""
    return int(datetime.fromisoformat(f"{day}T{clock}+08:00").timestamp() * 1000)


def a_message(role: str, text: str = "你好", clock: str | None = "10:00:00", **more: Any) -> Message:
    """One message; ``seq`` counts up when not given."""
    more.setdefault("seq", next(_numbers))
    return Message(
        message_id=str(more["seq"]), role=Role(role), text=text, at_ms=None if clock is None else at(clock), **more
    )


def a_conversation(*lines: Message, conversation_id: str = "c1", **more: Any) -> Conversation:
    """A conversation of these messages."""
    return Conversation(conversation_id=conversation_id, messages=tuple(lines), **more)
