"""Collecting (采集): what business tables, conversations and the event register say of a period becomes inputs.

Collecting again changes nothing where nothing has changed, and leaves alone what somebody gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from peilian.apps.appraisal.checks import permit_on, refuse, short
from peilian.apps.appraisal.cycles import open_and_locked, place
from peilian.apps.appraisal.evaluation import appraised, card_for, is_typed, newest_inputs
from peilian.apps.appraisal.inputs import NewInput, append, open_and_unlocked, permit_entering, rater_in
from peilian.apps.appraisal.models import Appraisee, Cycle, Input, InputSource
from peilian.apps.appraisal.sources import Found, gather, reads_conversations
from peilian.apps.base import api as base

if TYPE_CHECKING:
    from peilian.apps.people.api import User

COLLECT_JOB = "appraisal.collect"
# More people than this are worked on by the worker, and not while somebody waits for a page.
MANY_PEOPLE = 200


@dataclass(frozen=True, slots=True)
class Collected:
    """What collecting did: people looked at, values new or changed, the same as before, and left as somebody gave
    them."""

    people: int
    new: int
    same: int
    kept: int


def collect(*, actor: User | None, cycle: Cycle) -> Collected:
    """Bring the people and the inputs of an open cycle up to date with their sources."""
    with base.write(actor=actor, verb="appraisal.collect") as audit:
        row = open_and_locked(actor, cycle)
        audit.unchanged()
        place(audit, row)
    # Measuring a month of conversations takes its time; nobody has to wait for the database meanwhile.
    people = appraised(row)
    found = gather(row, card_for(row.template_version), people)
    with base.write(actor=actor, verb="appraisal.collect") as audit:
        open_and_locked(actor, cycle)
        newest = newest_inputs(people)
        kept = {(pk, name) for pk, values in found.items() for name in values if is_typed(newest[pk].get(name))}
        values = [
            _as_new(person, name, item)
            for person in people
            for name, item in found[person.pk].items()
            if (person.pk, name) not in kept
        ]
        before = {former.pk for by_name in newest.values() for former in by_name.values()}
        # Measured by the product: nobody is the author of these values. The trail tells who collected.
        rows = append(audit, None, values)
        new = sum(one.pk not in before for one in rows)
    return Collected(people=len(people), new=new, same=len(rows) - new, kept=len(kept))


def start_collect(*, actor: User | None, cycle: Cycle) -> Collected | base.Job:
    """``collect``, or a job that does it where that takes longer than somebody waits for a page: when conversations
    have to be read for it, or people are many. One that waits already is returned instead."""
    with base.write(actor=actor, verb="appraisal.start_collect") as audit:
        row = open_and_locked(actor, cycle)
        audit.unchanged()
    card = card_for(row.template_version)
    if not reads_conversations(card) and row.appraisees.count() <= MANY_PEOPLE:
        return collect(actor=actor, cycle=row)
    parameters = {"cycle": str(row.pk)}
    waiting = base.Job.objects.filter(
        kind=COLLECT_JOB, parameters=parameters, state__in=(base.JobState.QUEUED, base.JobState.RUNNING)
    )
    return waiting.first() or base.start_job(actor=actor, kind=COLLECT_JOB, parameters=parameters)


@base.handlers.register(COLLECT_JOB)
def collect_in_background(context: base.JobContext) -> Mapping[str, Any]:
    """Collect a cycle as who asked for it."""
    cycle = Cycle.objects.get(pk=context.parameters["cycle"])
    context.progress(0, None, "appraisal.collect")
    return asdict(collect(actor=context.actor, cycle=cycle))


def forget_input(*, actor: User | None, appraisee: Appraisee, indicator: str, note: str) -> Input:
    """Take back a value that somebody gave: what the source says counts again, with a word why. Where no source says
    anything, the value lacks."""
    permit_entering(actor, appraisee)
    note = short(note, "note", is_needed=True)
    with base.write(actor=actor, verb="appraisal.forget_input") as audit:
        cycle = open_and_unlocked(actor, appraisee)
        given = newest_inputs([appraisee])[appraisee.pk].get(indicator)
        if given is None or not is_typed(given):
            raise refuse("appraisal.not_typed", "indicator", value=indicator)
        if given.source == InputSource.LEVEL:
            permit_on(actor, rater_in(cycle), appraisee)
        found = gather(cycle, card_for(cycle.template_version), [appraisee])[appraisee.pk].get(indicator)
        item = found or Found(InputSource.TYPED, None, note_key="appraisal.note.taken_back")
        new = _as_new(appraisee, indicator, item, note)
        return append(audit, actor, [new])[0]


def _as_new(appraisee: Appraisee, name: str, item: Found, note: str = "") -> NewInput:
    return NewInput(
        appraisee,
        name,
        item.value,
        item.source,
        n=item.n,
        detail=item.detail,
        note_key=item.note_key,
        note_params=item.note_params,
        note=note,
    )
