"""The way of nearly every answer (作答入库): from a page into the database, by three short statements.

The most frequent thing that an exam asks of the server, and the only one that many people ask of it at the same moment.
What is out of the ordinary in any way is left to ``attempts.save_answer``, which knows every case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection

from peilian.apps.base.api import bookkeeping, new_id
from peilian.apps.learning.exams.answers import checked
from peilian.apps.learning.exams.papers import Question, field_of, questions_of
from peilian.apps.learning.models import Attempt, AttemptEventKind, AttemptState

MOST_EVENTS = 5000
"""Of one attempt: nobody changes answers so often, and each change is kept for good."""

LATE = timedelta(seconds=2)
"""What an answer may be late that was sent before the time was up: the way to the server takes time."""

# By hand: the ORM puts a statement together anew each time, which takes longer than all the rest.
_READ = "SELECT state, seq, ends_at, answers FROM learning_attempt WHERE id = %s AND employee_id = %s"
_STAND = "UPDATE learning_attempt SET seq = %s, answers = %s WHERE id = %s AND seq = %s AND state = %s"
_ADD = (
    "INSERT INTO learning_attemptevent (id, attempt_id, seq, at, kind, client_id, actor_id, payload, schema_version)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 1)"
)


def store(
    *, attempt_id: UUID, employee_id: UUID, actor_id: UUID, number: int, answer: Any, known: int, client_id: UUID,
    now: datetime,
) -> tuple[int, datetime | None] | None:  # fmt: skip
    """Store an answer that comes as expected: to a question of the person's own attempt that runs, in time, on top of
    what the page knows of. The number of its event and when the attempt ends; ``None`` when anything is otherwise, and
    then nothing is stored. ``InputError`` for what is no answer to the question."""
    try:
        with bookkeeping(), connection.cursor() as cursor:
            cursor.execute(_READ, [_id(attempt_id), _id(employee_id)])
            if (row := cursor.fetchone()) is None or row[0] != AttemptState.RUNNING:
                return None
            seq, ends_at, answers = row[1], _aware(row[2]), json.loads(row[3])
            stands: Mapping[str, Any] = answers.get(str(number), {})
            if stands.get("seq", 0) != known or (ends_at is not None and now > ends_at + LATE) or seq >= MOST_EVENTS:
                return None
            questions = _questions(attempt_id)
            if not 1 <= number <= len(questions):
                return None
            given = checked(field_of(questions[number - 1]), answer)
            if known and given == stands.get("answer"):
                return None
            seq += 1
            answers[str(number)] = {"answer": given, "seq": seq}
            mine = _id(attempt_id)
            cursor.execute(_STAND, [seq, _json(answers), mine, seq - 1, str(AttemptState.RUNNING)])
            if cursor.rowcount != 1:  # somebody else has written to the attempt meanwhile
                return None
            add_event(
                attempt_id=attempt_id, seq=seq, at=now, kind=AttemptEventKind.ANSWER, client_id=client_id,
                actor_id=actor_id, payload={"n": number, "answer": given},
            )  # fmt: skip
    except IntegrityError:  # the page has used this id before
        return None
    return seq, ends_at


def add_event(
    *, attempt_id: UUID, seq: int, at: datetime, kind: AttemptEventKind, client_id: UUID | None, actor_id: UUID | None,
    payload: Mapping[str, Any],
) -> None:  # fmt: skip
    """Add an event to an attempt, in the caller's transaction."""
    stated = connection.ops.adapt_datetimefield_value(at)
    by, sent = (_id(one) if one is not None else None for one in (actor_id, client_id))
    values = [_id(new_id()), _id(attempt_id), seq, stated, str(kind), sent, by, _json(dict(payload))]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, values)


@lru_cache(maxsize=2048)
def _questions(attempt_id: UUID) -> tuple[Question, ...]:
    """What an attempt asks. It never changes while the attempt runs, and one that was graded anew runs no more."""
    return tuple(questions_of(Attempt.objects.values_list("paper", flat=True).get(pk=attempt_id)))


def _id(value: UUID) -> Any:
    return value if connection.features.has_native_uuid_field else value.hex


def _json(value: Any) -> Any:
    return connection.ops.adapt_json_value(value, None)


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
