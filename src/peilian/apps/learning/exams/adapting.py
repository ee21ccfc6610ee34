"""Taking an adaptive exam (自适应作答): one question at a time, by the server's clock, without a way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peilian.apps.base.api import bookkeeping, refuse
from peilian.apps.learning import clock
from peilian.apps.learning.exams.adaptive import Measured, measured, run_of, take
from peilian.apps.learning.exams.answers import checked
from peilian.apps.learning.exams.attempts import candidate, close_if_due, exam_of, hand_in, is_over
from peilian.apps.learning.exams.papers import Question, field_of
from peilian.apps.learning.exams.reviewing import Asked
from peilian.apps.learning.exams.storing import LATE
from peilian.apps.learning.models import Attempt, AttemptEvent, AttemptEventKind
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class AdaptiveRoom:
    """An adaptive attempt as its person has it before them: the question that waits, how many were answered, and how
    many there are at least and at most. ``fault`` says why something that was sent was not taken."""

    attempt: Attempt
    asked: Asked
    n_answered: int
    least: int
    most: int
    seconds_left: float | None
    fault: Reason | None = None


def adaptive_room(*, user: User, attempt_id: UUID) -> AdaptiveRoom | None:
    """The user's own adaptive attempt with its question; ``None`` when it is over. Absent, forbidden and of another
    kind give the same answer."""
    attempt = _own(user, attempt_id)
    now = clock.now()
    if is_over(attempt, now):
        close_if_due(attempt.pk)
        return None
    if not attempt.is_running:
        return None
    run, told = run_of(attempt), measured(attempt)
    if run is None or told is None:
        raise NotVisibleError
    if len(run.steps) == len(run.asked):  # it ended, and whoever was to hand it in was cut off
        hand_in(user=user, attempt_id=attempt_id)
        return None
    question = Question.of(run.asked[-1])
    left = None if attempt.ends_at is None else max(0.0, (attempt.ends_at - now).total_seconds())
    asked = Asked(question, field_of(question), None, 0)
    return AdaptiveRoom(attempt, asked, len(run.steps), told.least, _most(attempt), left)


def answer_adaptive(
    *, user: User, attempt_id: UUID, number: int, answer: Mapping[str, Any] | None, client_id: UUID
) -> bool:
    """Take the answer to the question that waits, and choose the next; whether one follows. ``None`` is an answer too:
    the question counts as wrong. What was sent before under the same id is not taken again, nor is an answer to a
    question that is past. The last answer hands the attempt in."""
    with bookkeeping():
        attempt = _own(user, attempt_id, is_locked=True)
        now = clock.now()
        run = run_of(attempt)
        if run is None:
            raise NotVisibleError
        is_late = attempt.ends_at is not None and now > attempt.ends_at + LATE
        if not attempt.is_running or is_late:
            return False
        if number != len(run.asked) or len(run.steps) == len(run.asked):
            if number > len(run.asked) or number < 1:
                raise refuse("learning.no_such_question", "number", n=len(run.asked))
            return len(run.steps) < len(run.asked)
        if attempt.events.filter(client_id=client_id).exists():
            return True
        given = checked(field_of(Question.of(run.asked[-1])), answer)
        step = take(run, attempt, given)
        attempt.seq += 1
        attempt.answers[str(number)] = {"answer": given, "seq": attempt.seq}
        attempt.save(update_fields=["seq", "answers"])
        AttemptEvent(
            attempt=attempt, seq=attempt.seq, at=now, kind=AttemptEventKind.ANSWER, client_id=client_id, actor=user,
            payload={**step, "answer": given},
        ).save(force_insert=True)  # fmt: skip
    return step["next"] is not None


def adaptive_result(*, attempt: Attempt) -> Measured | None:
    """What an adaptive attempt that the reader may see has told; ``None`` for an exam of another kind."""
    return measured(attempt)


def _own(user: User, attempt_id: UUID, *, is_locked: bool = False) -> Attempt:
    rows = Attempt.objects.select_for_update(of=("self",)) if is_locked else Attempt.objects.all()
    found = rows.filter(pk=attempt_id, employee=candidate(user)).select_related("sitting__version").first()
    if found is None:
        raise NotVisibleError
    return found


def _most(attempt: Attempt) -> int:
    assert attempt.sitting is not None
    rules = exam_of(attempt.sitting).adaptive
    assert rules is not None
    return rules.most
