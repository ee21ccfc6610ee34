"""Playing the drill of a question (考中演练): begun for one attempt, and looked back at once the exam is over.

The run is made in the transaction that links it to the attempt, with the attempt's row locked, so that two clicks begin
one drill. Nothing tells what came of it while the attempt runs; afterwards the exam decides who sees how much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.apps.base.api import refuse, write
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.exams.drills import drill_of, ends_by, run_of
from peilian.apps.learning.exams.marking import one_to_mark
from peilian.apps.learning.exams.reviewing import Reviewed, review_attempt
from peilian.apps.learning.models import Attempt, AttemptDrill, AttemptEvent, AttemptEventKind
from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice import api as practice
from peilian.engine._kernel import Language

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class PlayedDrill:
    """The drill of a question after the exam: what was said, and for whom the exam shows it to, the debrief."""

    reviewed: Reviewed
    number: int
    said: tuple[practice.Said, ...]
    debriefing: practice.Debriefing | None
    is_own: bool


def start_item_drill(
    *, user: User, attempt_id: UUID, number: int, inner: str = "", tried: int = 0, seed: int | None = None
) -> practice.DrillRun:  # fmt: skip
    """Begin the drill of a question, or go on with the one that runs. ``tried`` is how many tries the page knows of: a
    click that comes twice begins one drill. ``InputError`` says why not now; ``practice.AlreadyRunningError`` names
    another drill that the person is in the middle of. ``seed`` plays a customer who is known."""
    employee = candidate(user)
    practice.close_abandoned(employee=employee.pk)
    with write(actor=user, verb="learning.start_item_drill") as audit:
        rows = Attempt.objects.select_for_update(of=("self",)).filter(pk=attempt_id, employee=employee)
        attempt, now = rows.order_by().first(), clock.now()
        if attempt is None:
            raise NotVisibleError
        if not attempt.is_running or (attempt.ends_at is not None and now >= attempt.ends_at):
            raise refuse("learning.too_late_for_drill")
        asked = drill_of(attempt, number, inner)
        if len(asked.runs) > tried or asked.live is not None:
            audit.unchanged()
            return asked.runs[-1]
        if not asked.tries_left:
            raise refuse("learning.no_tries_left", limit=len(asked.runs))
        if asked.face is None or asked.face.is_abuse:
            raise refuse("learning.drill_gone")
        what = practice.NewEnclosed(
            asked.field.scenario, _language(attempt, asked.face), f"/exams/attempts/{attempt.pk}/#q{number}",
            ends_by(attempt, asked.field, now), asked.field.level,
        )  # fmt: skip
        run = practice.start_enclosed(user=user, what=what, seed=seed)
        row = AttemptDrill(
            attempt=attempt, number=number, inner=inner, number_of_try=len(asked.runs) + 1, run=run, begun_at=now
        )
        row.save(force_insert=True)
        audit.created(row)
        attempt.seq += 1
        attempt.save(update_fields=["seq"])
        AttemptEvent(
            attempt=attempt, seq=attempt.seq, at=now, kind=AttemptEventKind.DRILL, actor=user,
            payload={"n": number, "inner": inner, "try": row.number_of_try, "run": str(run.pk)},
        ).save(force_insert=True)  # fmt: skip
    return run


def _language(attempt: Attempt, face: practice.DrillFace) -> Language:
    wanted: Language = "en" if attempt.language == "en" else "zh"
    return wanted if wanted in face.languages else face.languages[0]


def played_drill(*, user: User, attempt_id: UUID, number: int, inner: str = "") -> PlayedDrill:
    """The drill of a question of an attempt that is over, for who may see the attempt: the person sees what was said
    with the points, the debrief only with the key, for it says how to do it; who judges the person sees everything."""
    reviewed = review_attempt(user=user, attempt_id=attempt_id)
    response = reviewed.responses.get(number)
    run_id = run_of(response.chosen, inner) if response is not None else None
    if run_id is None or not reviewed.shows_points:
        raise NotVisibleError
    is_own = reviewed.attempt.employee_id == user.employee_id
    debriefing = None
    if reviewed.shows_key:
        try:
            debriefing = practice.enclosed_debrief(user=user, run_id=run_id)
        except NotVisibleError:  # it could not be scored
            debriefing = None
    said = tuple(practice.conversation_of(run_id=run_id))
    return PlayedDrill(reviewed, number, said, debriefing, is_own)


def drill_to_mark(*, user: User, response_id: UUID, inner: str = "") -> list[practice.Said]:
    """What was said in a drill that a person has to decide about, for who may mark it; empty where there was none."""
    found = one_to_mark(user=user, response_id=response_id)
    run_id = run_of(found.response.chosen, inner) if found is not None else None
    return practice.conversation_of(run_id=run_id) if run_id is not None else []
