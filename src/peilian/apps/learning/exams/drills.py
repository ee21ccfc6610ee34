"""Drills as questions of an exam (演练题): which there are, ended with their attempt, graded by what they have shown.

A drill is never answered by a page: what it is worth is read from its run when the attempt is graded.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import OperationalError

from peilian.adapters.packs.items import AnyItem, CaseField, DrillField
from peilian.apps.base.api import refuse
from peilian.apps.learning.exams.papers import Question, field_of, questions_of
from peilian.apps.learning.models import Attempt, AttemptDrill, AttemptEventKind
from peilian.apps.practice import api as practice
from peilian.engine._kernel import Language
from peilian.flows.blueprints import drills_of

log = logging.getLogger(__name__)
_KINDS = ("drill", "case")


@dataclass(frozen=True, slots=True)
class ItemDrill:
    """A drill of a question as its person has it before them. ``inner`` is its name inside a case; ``face`` is ``None``
    where the scenario is offered no longer; ``runs`` are the tries so far, of which ``live`` goes on."""

    number: int
    inner: str
    field: DrillField
    face: practice.DrillFace | None
    runs: tuple[practice.DrillRun, ...]
    tries_left: int

    @property
    def live(self) -> practice.DrillRun | None:
        """The try that goes on."""
        return next((run for run in self.runs if not run.is_over), None)

    @property
    def is_unfinished(self) -> bool:
        """Whether handing in now would end it, or leave it without points."""
        return not self.runs or self.live is not None


# -- looking ----------------------------------------------------------------------------------------------------------


def has_drills(attempt: Attempt) -> bool:
    """Whether a question of an attempt holds a drill; asks the database for nothing but banks that it has not read."""
    return bool(_places(attempt))


def _places(attempt: Attempt) -> dict[int, list[tuple[str, DrillField]]]:
    """The drills of a paper by question, with their names inside a case."""
    asked = (question for question in questions_of(attempt.paper) if question.kind in _KINDS)
    return {question.number: inner for question in asked if (inner := _named(field_of(question)))}


def drills_in(attempt: Attempt) -> dict[int, tuple[ItemDrill, ...]]:
    """The drills of an attempt by question, with their tries so far."""
    found = _places(attempt)
    if not found:
        return {}
    runs = _runs(attempt)
    faces = practice.drill_faces({field.scenario for inner in found.values() for _name, field in inner})
    more = _given_back(attempt, runs)
    return {
        number: tuple(
            ItemDrill(
                number, name, field, faces.get(field.scenario), tries := tuple(runs.get((number, name), ())),
                max(0, field.tries + more.get((number, name), 0) - len(tries)),
            )
            for name, field in inner
        )
        for number, inner in found.items()
    }  # fmt: skip


def drill_of(attempt: Attempt, number: int, inner: str) -> ItemDrill:
    """One of them; a question without a drill, or of another paper, has none."""
    listed = drills_in(attempt).get(number, ())
    found = next((one for one in listed if one.inner == inner), None)
    if found is None:
        raise refuse("learning.no_such_drill", "number")
    return found


def unfinished(attempt: Attempt) -> list[ItemDrill]:
    """The drills that handing in now would end, or that have not begun."""
    return [one for listed in drills_in(attempt).values() for one in listed if one.is_unfinished]


def _named(field: AnyItem) -> list[tuple[str, DrillField]]:
    return [(one.id if isinstance(field, CaseField) else "", one) for one in drills_of(field)]


def _runs(attempt: Attempt) -> dict[tuple[int, str], list[practice.DrillRun]]:
    found: dict[tuple[int, str], list[practice.DrillRun]] = {}
    rows = AttemptDrill.objects.filter(attempt=attempt).select_related("run").order_by("number_of_try")
    for row in rows:
        found.setdefault((row.number, row.inner), []).append(row.run)
    return found


def _given_back(
    attempt: Attempt, runs: Mapping[tuple[int, str], Sequence[practice.DrillRun]]
) -> dict[tuple[int, str], int]:
    """Tries that the clock of the attempt ended before it was given more time: they are had once more."""
    cut = {place: [run for run in listed if run.remark == practice.CUT] for place, listed in runs.items()}
    if not attempt.is_running or not any(cut.values()):
        return {}
    extended = attempt.events.filter(kind=AttemptEventKind.EXTEND).order_by("-seq").values_list("at", flat=True).first()
    if extended is None:
        return {}
    return {
        place: sum(run.ended_at is not None and run.ended_at <= extended for run in listed)
        for place, listed in cut.items()
    }


# -- ending -----------------------------------------------------------------------------------------------------------


def end_drills(attempt: Attempt) -> None:
    """End the drills of an attempt that go on, each scored as it stands. Outside of a transaction; one that cannot be
    scored ends without a score, and people look at what was said."""
    if not has_drills(attempt):
        return
    for run_id in _live(attempt):
        try:
            practice.end_enclosed(run_ids=[run_id])
        except OperationalError:
            raise
        except Exception:  # whatever it was, the exam is handed in all the same
            log.exception("drill %s of exam attempt %s could not be scored", run_id, attempt.pk)
            practice.give_up_enclosed(run_id=run_id)


def has_live_drills(attempt: Attempt) -> bool:
    """Whether a drill of the attempt goes on."""
    return has_drills(attempt) and bool(_live(attempt))


def _live(attempt: Attempt) -> list[UUID]:
    rows = AttemptDrill.objects.filter(attempt=attempt, run__ended_at=None)
    return list(rows.values_list("run", flat=True))


def move_ends(attempt: Attempt) -> None:
    """Let the drills of an attempt that was given more time go on as long, in the caller's transaction."""
    for listed in drills_in(attempt).values():
        for one in listed:
            if (run := one.live) is None:
                continue
            practice.move_end(run_ids=[run.pk], ends_by=ends_by(attempt, one.field, run.started_at))


def ends_by(attempt: Attempt, field: DrillField, started_at: datetime) -> datetime | None:
    """When a drill ends at the latest: with the attempt, or after the minutes of its question where that is sooner."""
    own = None if field.minutes is None else started_at + timedelta(minutes=field.minutes)
    return min((moment for moment in (own, attempt.ends_at) if moment is not None), default=None)


# -- what they are worth ----------------------------------------------------------------------------------------------


def played_in(attempt: Attempt) -> dict[int, dict[str, dict[str, Any]]]:
    """What the drills of an attempt have shown, by question and by name inside a case, as it is graded and kept; the
    best try of each."""
    if not has_drills(attempt):
        return {}
    language: Language = "en" if attempt.language == "en" else "zh"
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for (number, inner), runs in _runs(attempt).items():
        found.setdefault(number, {})[inner] = _shown(_best(runs), language)
    return found


def with_drills(answer: Any, played: Mapping[str, Mapping[str, Any]]) -> Any:
    """The answer to a question with what its drills have shown."""
    if not played:
        return answer
    if "" in played:
        return dict(played[""])
    return {"items": {**(answer or {}).get("items", {}), **played}}


def _best(runs: Iterable[practice.DrillRun]) -> practice.DrillRun:
    return max(runs, key=lambda run: (run.total is not None, run.total or Decimal(0)))


def _shown(run: practice.DrillRun, language: Language) -> dict[str, Any]:
    reached = practice.percent_of(run)
    points = None if reached is None else str(reached)
    return {"run": str(run.pk), "points": points, **practice.shown_by(run, language)}


def run_of(chosen: Any, inner: str = "") -> UUID | None:
    """The drill that an answer was given by."""
    given = (chosen or {}).get("items", {}).get(inner) if inner else chosen
    found = (given or {}).get("run")
    return UUID(found) if isinstance(found, str) else None


def same_drills(before: Question, now: AnyItem) -> bool:
    """Whether an item plays the same scenarios as when it was set."""
    old = {name: (one.scenario, one.level) for name, one in _named(field_of(before))}
    return old == {name: (one.scenario, one.level) for name, one in _named(now)}
