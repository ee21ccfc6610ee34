"""Rating (评定): what supervisors judge, what they write, and what people say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from peilian.apps.appraisal.checks import is_own, permit_on, refuse, short
from peilian.apps.appraisal.evaluation import (
    appraised,
    card_for,
    exempt_indicators,
    hides_lines,
    indicators_used,
    newest_inputs,
)
from peilian.apps.appraisal.inputs import NewInput, append, checked_value, open_and_unlocked, rater_in
from peilian.apps.appraisal.models import Appraisee, Cycle, CycleState, Input, InputSource, Remark, RemarkKind
from peilian.apps.appraisal.seen import appraisee_for, cycle_for, own_appraisees
from peilian.apps.appraisal.sources import origin_of
from peilian.apps.base.api import Audit, today_in_company, write
from peilian.apps.people.api import NotVisibleError, visible_to
from peilian.engine.scorecard import Scorecard

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class RatingTask:
    """What a rater has to judge on one sheet, and how much of it is done."""

    appraisee: Appraisee
    indicators: tuple[str, ...]
    done: int
    total: int


def to_rate(*, user: User, cycle: Cycle) -> list[RatingTask]:
    """The sheets of a cycle that ``user`` rates, with what is to be judged on each; never the own one."""
    cycle = cycle_for(user, cycle)
    units = visible_to(user).units(rater_in(cycle))
    reached = set(units.values_list("pk", flat=True))
    people = [row for row in appraised(cycle) if row.unit_id in reached and not is_own(user, row)]
    card = card_for(cycle.template_version)
    judged, exempt, newest = judged_by_people(card), exempt_indicators(cycle), newest_inputs(people)
    tasks = []
    for row in people:
        free = exempt.get(row.employee_id, {})
        names = tuple(name for name in judged if name not in free)
        given = newest[row.pk]
        done = sum(name in given and given[name].value is not None for name in names)
        tasks.append(RatingTask(row, names, done, len(names)))
    return tasks


def judged_by_people(card: Scorecard) -> tuple[str, ...]:
    """The indicators that supervisors judge."""
    return tuple(name for name in indicators_used(card) if origin_of(card, name) is InputSource.LEVEL)


def rate(
    *,
    actor: User | None,
    appraisee: Appraisee,
    levels: Mapping[str, int | Decimal | str | None],
    remark: str = "",
    remarks: Mapping[str, str] | None = None,
) -> list[Input]:
    """Judge a person's levels, with words on the whole (``remark``) and on lines (``remarks``). Whole levels only; what
    is left out or ``None`` stays as it is."""
    permit_on(actor, rater_in(appraisee.cycle), appraisee)
    words = {"": remark, **(remarks or {})}
    with write(actor=actor, verb="appraisal.rate") as audit:
        cycle = open_and_unlocked(actor, appraisee)
        card = card_for(cycle.template_version)
        judged = judged_by_people(card)
        values = []
        for name, level in levels.items():
            if name not in judged:
                raise refuse("appraisal.not_a_level", name, value=str(name)[:80], known=", ".join(judged))
            if level is None or level == "":
                continue
            found = checked_value(card, name, level)
            values.append(NewInput(appraisee, name, found, InputSource.LEVEL, n=1))
        rows = append(audit, actor, values)
        for line, text in words.items():
            if text.strip():
                _remark(audit, actor, appraisee, RemarkKind.SUPERVISOR, _line(card, line), text)
    return rows


def remark(*, actor: User | None, appraisee: Appraisee, text: str, line: str = "") -> Remark:
    """Write something on a sheet, or on one line of it, as who rates it."""
    permit_on(actor, rater_in(appraisee.cycle), appraisee)
    with write(actor=actor, verb="appraisal.remark") as audit:
        cycle = open_and_unlocked(actor, appraisee)
        key = _line(card_for(cycle.template_version), line)
        return _remark(audit, actor, appraisee, RemarkKind.SUPERVISOR, key, text)


def self_comment(*, actor: User, appraisee: Appraisee, text: str, line: str = "", today: date | None = None) -> Remark:
    """Say something on the own sheet while it is reviewed, until the last day for it."""
    if not own_appraisees(actor).filter(pk=appraisee.pk).exists():
        raise NotVisibleError
    with write(actor=actor, verb="appraisal.self_comment") as audit:
        cycle = open_and_unlocked(actor, appraisee)
        if not may_comment(cycle, today or today_in_company()):
            raise refuse("appraisal.comment_over", "text")
        key = _line(card_for(cycle.template_version), line)
        return _remark(audit, actor, appraisee, RemarkKind.SELF, key, text)


def may_comment(cycle: Cycle, today: date) -> bool:
    """Whether people may comment on themselves on this day."""
    last = cycle.self_comment_until
    return cycle.state == CycleState.REVIEWING and (last is None or today <= last)


def remarks_of(*, user: User, appraisee: Appraisee) -> QuerySet[Remark]:
    """What was written on a sheet, in order. The person reads the supervisor's words with the result."""
    row = appraisee_for(user, appraisee)
    found = Remark.objects.filter(appraisee=row).select_related("by")
    if is_own(user, row) and (not row.cycle.is_public or hides_lines(user, row)):
        return found.filter(kind=RemarkKind.SELF)
    return found


def _remark(audit: Audit, actor: User | None, appraisee: Appraisee, kind: RemarkKind, line: str, text: str) -> Remark:
    row = Remark(
        appraisee=appraisee,
        kind=kind,
        line=line,
        text=short(text, "text", limit=_LONGEST, is_needed=True),
        at=timezone.now(),
        by=actor,
    )
    row.save(force_insert=True)
    audit.created(row)
    return row


def _line(card: Scorecard, line: str) -> str:
    if line and card.line(line) is None:
        known = ", ".join(item.key for item in card.lines)
        raise refuse("appraisal.unknown_line", "line", value=line[:80], known=known)
    return line
