"""Drills inside something else (随附演练): an exam sets one, or a panel has one played, and that alone tells of it.

Who calls here has asked for permission; the run knows nothing of what it is part of but when that ends and where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peilian.apps.base.api import write
from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice import offered
from peilian.apps.practice.live import closing_time, turn
from peilian.apps.practice.models import LIVE_RUNS, DrillRun, EventKind, RunMode
from peilian.apps.practice.recording import all_steps
from peilian.apps.practice.results import stop
from peilian.apps.practice.rules import refuse
from peilian.apps.practice.runs import Debriefing, debriefing_of
from peilian.apps.practice.starting import begin, new_run, trainee
from peilian.apps.practice.turns import catch_up, end_as_it_stands
from peilian.engine._kernel import Language, Text

if TYPE_CHECKING:
    from peilian.apps.people.api import User

ENDED = "practice.note.ended_outside"
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class DrillFace:
    """What somebody is told of a drill before it begins: what it is about, who calls over which channel, and how long
    it takes at most. ``is_abuse``: the customer is abusive, which nobody is made to bear."""

    key: str
    title: Text
    brief: Text
    customer: Text
    channel: str
    limit_seconds: int
    languages: tuple[Language, ...]
    is_abuse: bool


@dataclass(frozen=True, slots=True)
class NewEnclosed:
    """A drill that something else has played: in which language and how hard, until when at the latest, and the address
    of what it is part of."""

    scenario: str
    language: Language
    leads_back_to: str
    ends_by: datetime | None = None
    mode: str = RunMode.NORMAL


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a conversation, in milliseconds since its first one; ``kind`` is who speaks, or ``tool``."""

    at_ms: int
    kind: str
    text: str


def drill_faces(scenarios: Iterable[str]) -> dict[str, DrillFace]:
    """What may be told of these scenarios, as far as they are offered now."""
    there = offered.scenarios()
    return {key: _face(there[key][0]) for key in scenarios if key in there}


def _face(document: Any) -> DrillFace:
    return DrillFace(
        key=document.key,
        title=document.title.to_text(),
        brief=document.brief.to_text(),
        customer=document.persona.name.to_text(),
        channel=document.channel,
        limit_seconds=document.time_limit_seconds,
        languages=document.languages,
        is_abuse=document.is_abuse,
    )


def start_enclosed(*, user: User, what: NewEnclosed, seed: int | None = None) -> DrillRun:
    """Start a drill that is part of something else, in the caller's transaction. ``InputError`` says why not now, and
    ``AlreadyRunningError`` names the other drill that the person is in the middle of."""
    employee = trainee(user)
    if what.mode not in RunMode.values:
        raise refuse("practice.unknown_mode", "mode", known=", ".join(RunMode.values))
    cast = offered.cast(what.scenario, what.language)
    if cast.scenario.is_abuse:
        raise refuse("practice.no_abuse_inside", "scenario")
    with write(actor=user, verb="practice.start_drill") as audit:
        run = new_run(cast, what.mode, seed)
        run.is_enclosed, run.is_exam = True, True
        run.ends_by, run.leads_back_to = what.ends_by, what.leads_back_to
        begin(audit, user, employee, run, cast, has_consent=False)
    return run


def end_enclosed(*, run_ids: Sequence[UUID]) -> None:
    """End drills with what encloses them: each is scored as it stands. What is over already stays as it is. Not inside
    a transaction, for a drill is entered by one at a time."""
    for run_id in run_ids:
        with turn(run_id) as visit:
            catch_up(visit)
            if not visit.run.is_over:
                end_as_it_stands(visit, ENDED, "outside")


def give_up_enclosed(*, run_id: UUID) -> None:
    """End a drill whose end fails, without a score: people look at what was said."""
    with turn(run_id) as visit:
        if not visit.run.is_over:
            stop(visit, "practice.note.failed", None)


def move_end(*, run_ids: Sequence[UUID], ends_by: datetime | None) -> None:
    """Let drills that go on end at another time, in the caller's transaction."""
    for run in DrillRun.objects.select_for_update().filter(pk__in=run_ids, state__in=LIVE_RUNS, is_enclosed=True):
        run.ends_by = ends_by
        run.closes_at = closing_time(run)
        run.save(update_fields=["ends_by", "closes_at"])


def percent_of(run: DrillRun) -> Decimal | None:
    """What came of a drill, of 100; ``None`` without a score. Who said and did nothing has reached nothing."""
    result = (run.result or {}).get("zh")
    if run.total is None or result is None:
        return None
    if not run.events.filter(kind__in=[EventKind.SAY, EventKind.ACT]).exists():
        return Decimal(0)
    return percent_of_points(Decimal(str(result["total"])), result["max"])


def percent_of_points(total: Decimal | None, most: float | str | None) -> Decimal | None:
    """The points of a drill in percent of the most there are, which its debrief tells, from 0 to 100 (演练得分率);
    ``None`` without points."""
    if total is None or not most:
        return None
    return min(max(100 * total / Decimal(str(most)), Decimal(0)), Decimal(100)).quantize(_CENT)


def shown_by(run: DrillRun, language: Language) -> Mapping[str, Any]:
    """What a drill has shown, in short and as plain values: how it ended, the points by dimension, which required
    elements were said, and what was said that must not be."""
    result = (run.result or {}).get(language)
    if result is None:
        return {"outcome": run.outcome}
    customer = result["customers"][0]
    return {
        "outcome": run.outcome,
        "is_passed": run.passed,
        "scores": [
            {name: score[name] for name in ("dimension", "label", "points", "max")} for score in result["scores"]
        ],
        "required": [{"id": one["id"], "is_met": one["met"], "quote": one["quote"]} for one in customer["required"]],
        "faults": [{"rule": one["rule"], "quote": one["quote"]} for one in customer["faults"]],
    }


def enclosed_debrief(*, user: User, run_id: UUID) -> Debriefing:
    """The debrief of a drill that is part of something else, for whom that shows it to."""
    found = DrillRun.objects.select_related("employee").filter(pk=run_id, is_enclosed=True).first()
    if found is None:
        raise NotVisibleError
    return debriefing_of(found, user)


def conversation_of(*, run_id: UUID) -> list[Said]:
    """What was said and done in an enclosed drill so far, without what it was worth; for whom what encloses it shows it
    to."""
    run = DrillRun.objects.get(pk=run_id, is_enclosed=True)
    found = []
    for step in all_steps(run.events.order_by("seq")):
        found += [Said(line.at_ms, line.role, line.text) for line in step.lines]
        if step.used is not None:
            found.append(Said(step.at_ms, "tool", step.used.text))
    return sorted(found, key=lambda one: one.at_ms)
