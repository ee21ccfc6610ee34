"""The drill before a panel (评委面前的演练): the candidate plays it, examiners read along, and it stands afterwards.

What the product makes of it has no part in the result, which is the examiners' alone; it is shown when all is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.apps.base.api import refuse, write
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import candidate as candidate_of
from peilian.apps.learning.exams.panels import has_to_score, is_oneself, panels_run_by
from peilian.apps.learning.models import Examiner, PanelCandidate
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.apps.practice import api as practice

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class PanelTalk:
    """The drill of a candidate: what was said so far, whether it goes on, and for whom may see it the debrief."""

    candidate: PanelCandidate
    said: tuple[practice.Said, ...]
    has_begun: bool
    is_live: bool
    debriefing: practice.Debriefing | None = None


def own_panels(*, user: User) -> list[PanelCandidate]:
    """The practical exams that the user is to take, the next one first; none for who is no employee."""
    if user.employee_id is None:
        return []
    rows = PanelCandidate.objects.filter(employee=user.employee_id, decided_at=None).select_related("panel", "run")
    return list(rows.order_by("panel__starts_at", "pk"))


def start_panel_drill(*, user: User, candidate_id: UUID, seed: int | None = None) -> practice.DrillRun:
    """Begin the drill of one's own practical exam, at its beginning or later, or go on with it; there is one only.
    ``InputError`` says why not now; ``practice.AlreadyRunningError`` names another drill that the person is in."""
    employee = candidate_of(user)
    practice.close_abandoned(employee=employee.pk)
    with write(actor=user, verb="learning.start_panel_drill") as audit:
        rows = PanelCandidate.objects.select_for_update(of=("self",)).select_related("panel")
        row = rows.filter(pk=candidate_id, employee=employee).first()
        if row is None or not row.panel.scenario:
            raise NotVisibleError
        if row.run_id is not None:
            audit.unchanged()
            return practice.DrillRun.objects.get(pk=row.run_id)
        if row.decided_at is not None:
            raise refuse("learning.panel_decided")
        if clock.now() < row.panel.starts_at:
            raise refuse("learning.panel_not_begun")
        face = practice.drill_faces([row.panel.scenario]).get(row.panel.scenario)
        if face is None or face.is_abuse:
            raise refuse("learning.drill_gone")
        own = user.reading_language
        language = own if own in face.languages else face.languages[0]
        what = practice.NewEnclosed(row.panel.scenario, language, "/exams/panels/")
        row.run = practice.start_enclosed(user=user, what=what, seed=seed)
        row.save(update_fields=["run"])
        audit.changed(row, run=None)
    return row.run


def talk_for_examiner(*, examiner: Examiner, candidate_id: UUID) -> PanelTalk:
    """The drill of somebody whom an examiner scores, live or over; ``examiner`` comes from ``examiner_of`` or
    ``guest_of``. A guest reads it for as long as anybody is left to score."""
    if examiner.user_id is None and not has_to_score(examiner):
        raise NotVisibleError
    rows = PanelCandidate.objects.filter(pk=candidate_id, panel=examiner.panel_id)
    found = rows.select_related("panel", "employee", "run").first()
    if found is not None and is_oneself(examiner, found):
        raise NotVisibleError
    return _talk(found)


def panel_talk(*, user: User, candidate_id: UUID) -> PanelTalk:
    """The drill of a candidate for who runs the panel and leads the person, and once it is decided for the person; with
    the debrief once it is decided."""
    found = PanelCandidate.objects.filter(pk=candidate_id).select_related("panel", "employee", "run").first()
    if found is None:
        raise NotVisibleError
    is_own = user.employee_id is not None and found.employee_id == user.employee_id and user.has_a_role
    if is_own and found.decided_at is None:
        raise NotVisibleError
    if not is_own:
        runs = panels_run_by(user).filter(pk=found.panel_id).exists()
        leads = visible_to(user).employees(Permission.ASSIGN_TRAINING).filter(pk=found.employee_id).exists()
        if not (runs and leads):
            raise NotVisibleError
    talk = _talk(found)
    if found.decided_at is None or found.run is None or not found.run.is_scored:
        return talk
    debriefing = practice.enclosed_debrief(user=user, run_id=found.run.pk)
    return PanelTalk(found, talk.said, talk.has_begun, talk.is_live, debriefing)


def _talk(found: PanelCandidate | None) -> PanelTalk:
    if found is None or not found.panel.scenario:
        raise NotVisibleError
    run = found.run
    said = () if run is None else tuple(practice.conversation_of(run_id=run.pk))
    return PanelTalk(found, said, run is not None, run is not None and not run.is_over)
