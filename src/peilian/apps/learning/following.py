"""What follows from the result of an exam (考后跟进), and the ways to a result that see to it.

A result is stored first, whatever comes after it. Then each step is taken, in a transaction of its own; steps find what
they have done before, so that they may be taken again. What could not be finished is done by the worker's round.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F, Q

from peilian.apps.base.api import bookkeeping
from peilian.apps.learning import clock
from peilian.apps.learning.credentials.issuing import issue_for
from peilian.apps.learning.curriculum import after, granting
from peilian.apps.learning.exams import adapting, attempts, correcting, marking
from peilian.apps.learning.models import Attempt, AttemptState, Contest, Response

if TYPE_CHECKING:
    from peilian.apps.people.api import User

STEPS: tuple[Callable[[Attempt], None], ...] = (after.credit, after.remedial, granting.tell_used_up, issue_for)
"""What is done with each result, in this order. A step may meet the same result again."""

_MOST_AT_ONCE = 50
_ROUNDS_OF_REST = 20
_resting: dict[UUID, int] = {}  # results that could not be followed here, and for how many rounds they are left alone
log = logging.getLogger(__name__)


def follow(attempt: Attempt) -> bool:
    """Take the steps of a result that is settled; a step that fails is logged and left to the worker. Whether nothing
    failed."""
    if attempt.state != AttemptState.MARKED:
        return True
    marked_at = attempt.marked_at
    try:
        for step in STEPS:
            step(attempt)
    except Exception:  # the result stands; the worker's round tries again
        log.exception("exam attempt %s: what follows from it is not done yet", attempt.pk)
        return False
    with bookkeeping():
        # A result that changed meanwhile is followed anew.
        Attempt.objects.filter(pk=attempt.pk, state=AttemptState.MARKED, marked_at=marked_at).update(
            followed_at=clock.now()
        )
    return True


def follow_due() -> int:
    """Follow results that nothing has followed yet, the oldest first, a bounded number at once; returns how many. One
    that failed rests for some rounds, so that those after it have their turn."""
    for pk, left in list(_resting.items()):
        if left > 1:
            _resting[pk] = left - 1
        else:
            del _resting[pk]
    waiting = Attempt.objects.filter(Q(followed_at=None) | Q(followed_at__lt=F("marked_at")), state=AttemptState.MARKED)
    waiting = waiting.exclude(pk__in=list(_resting)).select_related("sitting__version", "employee")
    rows = list(waiting.order_by("marked_at")[:_MOST_AT_ONCE])
    for row in rows:
        if not follow(row):
            _resting[row.pk] = _ROUNDS_OF_REST
    return len(rows)


def hand_in(
    *, user: User, attempt_id: UUID, client_id: UUID | None = None, ends_drills: bool = False
) -> Attempt:  # fmt: skip
    """See ``exams.attempts.hand_in``."""
    attempt = attempts.hand_in(user=user, attempt_id=attempt_id, client_id=client_id, ends_drills=ends_drills)
    follow(attempt)
    return attempt


def answer_adaptive(
    *, user: User, attempt_id: UUID, number: int, answer: Mapping[str, Any] | None, client_id: UUID
) -> bool:
    """See ``exams.adapting.answer_adaptive``; the last answer hands the attempt in."""
    goes_on = adapting.answer_adaptive(
        user=user, attempt_id=attempt_id, number=number, answer=answer, client_id=client_id
    )  # fmt: skip
    if not goes_on:
        hand_in(user=user, attempt_id=attempt_id)
    return goes_on


def close_due() -> int:
    """See ``exams.attempts.close_due``; what follows from every result that waits for it is done too."""
    n_closed = attempts.close_due()
    follow_due()
    return n_closed


def mark(*, actor: User, response_id: UUID, points: marking.Points, note: str = "") -> marking.Marked:
    """See ``exams.marking.mark``."""
    return _followed(marking.mark(actor=actor, response_id=response_id, points=points, note=note))


def settle_marks(*, actor: User, response_id: UUID, reason: str) -> marking.Marked:
    """See ``exams.marking.settle_marks``."""
    return _followed(marking.settle_marks(actor=actor, response_id=response_id, reason=reason))


def decide_contest(*, actor: User, contest_id: UUID, points: marking.Points | None, decision: str) -> Contest:
    """See ``exams.correcting.decide_contest``."""
    decided = correcting.decide_contest(actor=actor, contest_id=contest_id, points=points, decision=decision)
    _follow_again(decided.response.attempt_id)
    return decided


def correct_answer(*, actor: User, response_id: UUID, points: marking.Points, reason: str) -> Response:
    """See ``exams.correcting.correct_answer``."""
    response = correcting.correct_answer(actor=actor, response_id=response_id, points=points, reason=reason)
    _follow_again(response.attempt_id)
    return response


def _follow_again(attempt_id: UUID) -> None:
    rows = Attempt.objects.filter(pk=attempt_id, followed_at=None).select_related("sitting__version", "employee")
    if (found := rows.first()) is not None:
        follow(found)


def _followed(marked: marking.Marked) -> marking.Marked:
    if marked.is_settled:
        follow(Attempt.objects.select_related("sitting__version", "employee").get(pk=marked.response.attempt_id))
    return marked
