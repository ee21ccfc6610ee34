"""Invitations (邀请): whoever is added without a password chooses it at the first sign-in, by a link of one's own.

The link holds a signed token of Django's kind: it needs no row, runs out (``PASSWORD_RESET_TIMEOUT`` of the settings),
and stops working with the first password that is set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from peilian.apps.base.api import write
from peilian.apps.people.checks import permit, refuse
from peilian.apps.people.models import User
from peilian.apps.people.roles import Permission
from peilian.apps.people.users import check_password

if TYPE_CHECKING:
    from django.db.models import QuerySet


class _Tokens(PasswordResetTokenGenerator):
    key_salt = "peilian.invitation"


_tokens = _Tokens()


@dataclass(frozen=True, slots=True)
class Invitation:
    """The way in for one user: ``user.pk`` and ``token`` make the link."""

    user: User
    token: str


def waiting_users() -> QuerySet[User]:
    """Users who may sign in and have no password yet, by sign-in name."""
    rows = User.objects.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return rows.select_related("employee").order_by("username")


def invite(*, actor: User | None, users: Iterable[User]) -> list[Invitation]:
    """Invitations for users who have no password yet; who has one is left out. Making them is on record; links made
    before go on working until they run out."""
    permit(actor, Permission.GRANT_ROLES)
    made = [
        Invitation(user, _tokens.make_token(user))
        for user in users
        if user.is_active and not user.has_usable_password()
    ]
    with write(actor=actor, verb="people.invite") as audit:
        for one in made:
            audit.note(one.user, {"invited": [None, True]})
        if not made:
            audit.unchanged()
    return made


def invited(*, user_id: UUID, token: str) -> User | None:
    """Whom a link invites; ``None`` when it is none, has run out, or was taken up."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or user.has_usable_password() or not _tokens.check_token(user, token):
        return None
    return user


def accept_invitation(*, user_id: UUID, token: str, password: str) -> User:
    """Set the first password. ``InputError`` when the link does not work any more, or the password is too weak."""
    user = invited(user_id=user_id, token=token)
    if user is None:
        raise refuse("people.invitation_over")
    check_password(user, password)
    hashed = User(password="")
    hashed.set_password(password)  # takes time: before anything is locked
    with write(actor=user, verb="people.accept_invitation") as audit:
        row = User.objects.select_for_update().get(pk=user.pk)
        if row.has_usable_password() or not row.is_active:
            raise refuse("people.invitation_over")
        row.password = hashed.password
        row.save(update_fields=["password"])
        audit.note(row, {"password": ["***", "***"]})
    return row
