"""The honour board (光荣榜): recognitions by month, of those who like to stand there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from peilian.apps.appraisal.models import Award, AwardDecision, AwardState, HonourOptOut, RewardKind
from peilian.apps.base.api import company_zone, write
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class Honour:
    """One recognition on the board."""

    award: Award
    at: datetime


def honour_board(*, user: User, months: int = 6) -> list[tuple[date, list[Honour]]]:
    """Recognitions that count, by month of their approval, newest first; without those who do not want to stand there.
    No points and no amounts."""
    visible_to(user).require(Permission.SEE_REWARDS)
    zone = company_zone()
    absent = HonourOptOut.objects.values("employee")
    wanted = Award.objects.filter(kind__in=(RewardKind.RECOGNITION, RewardKind.PROMOTION)).exclude(employee__in=absent)
    newest: dict[object, AwardDecision] = {}
    rows = AwardDecision.objects.filter(award__in=wanted.values("pk")).select_related("award__employee")
    for row in rows.order_by("id"):
        newest[row.award_id] = row
    board: dict[date, list[Honour]] = {}
    for row in newest.values():
        if row.state == AwardState.APPROVED:
            month = row.at.astimezone(zone).date().replace(day=1)
            board.setdefault(month, []).append(Honour(row.award, row.at))
    return [(month, board[month]) for month in sorted(board, reverse=True)[:months]]


def is_on_board(*, user: User) -> bool:
    """Whether the user stands on the board when there is a recognition."""
    return user.employee_id is not None and not HonourOptOut.objects.filter(employee=user.employee_id).exists()


def choose_board(*, actor: User, is_shown: bool) -> None:
    """Say whether one likes to stand on the board; at once, for past and future."""
    if actor.employee_id is None or not actor.is_active:
        raise NotVisibleError
    with write(actor=actor, verb="rewards.choose_board") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=actor.employee_id)
        row = HonourOptOut.objects.filter(employee=actor.employee_id).first()
        if is_shown and row is not None:
            audit.note(row, {"is_shown": [False, True]})
            row.delete()
        elif not is_shown and row is None:
            made = HonourOptOut.objects.create(employee_id=actor.employee_id, since=timezone.now())
            audit.created(made)
        else:
            audit.unchanged()
