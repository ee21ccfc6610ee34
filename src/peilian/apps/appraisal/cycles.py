"""Cycles (考核周期): opening one, who is in it, and the way from collecting to reviewing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from peilian.apps.appraisal.checks import fitting_day, permit_unit, plain, refuse, short
from peilian.apps.appraisal.evaluation import appraised, card_for
from peilian.apps.appraisal.models import Appraisal, Appraisee, Cycle, CycleState, Template, TemplateVersion
from peilian.apps.appraisal.people_in import people_in
from peilian.apps.appraisal.seen import appraisee_for as _appraisee_for
from peilian.apps.appraisal.seen import appraisees_seen, cycles_seen, own_appraisees
from peilian.apps.appraisal.seen import cycle_for as _cycle_for
from peilian.apps.appraisal.telling import tell
from peilian.apps.appraisal.templates import version_for
from peilian.apps.base.api import Audit, write
from peilian.apps.people.api import Permission, Post, Sight, Unit, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

Period = date | tuple[date, date]


class Keep(Enum):
    """For what can be empty: to be left as it is."""

    AS_IT_IS = "as it is"


_LONGEST_DAYS, _LONGEST_WINDOW, _HIGHEST_MARK = 366, 90, 200


@dataclass(frozen=True, slots=True)
class CycleRights:
    """What a user may do in a cycle: run it, rate somebody in it, decide appeals, see totals."""

    run: bool
    rate: bool
    decide: bool
    totals: bool


def open_cycle(
    *,
    actor: User | None,
    template: Template | TemplateVersion,
    unit: Unit,
    period: Period,
    self_comment_until: date | None = None,
    appeal_days: int = 7,
    shows_preview: bool = True,
    grades: Sequence[Mapping[str, Any]] = (),
    posts: Sequence[Post] = (),
) -> Cycle:
    """Open the appraisal of a unit over a month (any day of it) or a span of days, with everybody who belongs to it.

    The version of the template is the one that holds on the first day. ``posts`` keeps it to people on these posts.
    One template appraises a person once in a period.
    """
    permit_unit(actor, Permission.RUN_APPRAISALS, unit.pk)
    first, last = _span(period)
    version = template if isinstance(template, TemplateVersion) else version_for(template=template, day=first)
    if version is None:
        raise refuse("appraisal.no_version_yet", "template", day=first.isoformat())
    if version.template.retired_at is not None:
        raise refuse("appraisal.template_retired", "template")
    with write(actor=actor, verb="appraisal.open_cycle") as audit:
        # Whoever opens at the same time waits here, so that nobody is appraised twice.
        Template.objects.select_for_update().get(pk=version.template_id)
        cycle = Cycle(
            template_version=version,
            unit=unit,
            starts_on=first,
            ends_on=last,
            posts=[str(post.pk) for post in posts],
            shows_preview=shows_preview,
            self_comment_until=self_comment_until,
            appeal_days=_window(appeal_days),
            grades=_grades(grades) if grades else _own_grades(version),
            opened_at=timezone.now(),
            opened_by=actor,
        )
        cycle.save(force_insert=True)
        audit.created(cycle)
        if not place(audit, cycle):
            raise refuse("appraisal.nobody_there", "unit")
    return cycle


def change_cycle(
    *,
    actor: User | None,
    cycle: Cycle,
    self_comment_until: date | Keep | None = Keep.AS_IT_IS,
    appeal_days: int | None = None,
    shows_preview: bool | None = None,
    grades: Sequence[Mapping[str, Any]] | None = None,
) -> Cycle:
    """Change what is left open when a cycle begins; ``None`` leaves it, but for ``self_comment_until``, which ``None``
    takes away. Grades stay once results are frozen, and nothing changes after publishing."""
    with write(actor=actor, verb="appraisal.change_cycle") as audit:
        row = locked(actor, cycle)
        if row.is_public or (grades is not None and not row.takes_inputs):
            raise refuse("appraisal.cycle_frozen")
        names = ("self_comment_until", "appeal_days", "shows_preview", "grades")
        before = {name: getattr(row, name) for name in names}
        if not isinstance(self_comment_until, Keep):
            if self_comment_until is not None and self_comment_until < row.starts_on:
                raise refuse("appraisal.ends_before_start", "self_comment_until")
            row.self_comment_until = self_comment_until
        if appeal_days is not None:
            row.appeal_days = _window(appeal_days)
        if shows_preview is not None:
            row.shows_preview = shows_preview
        if grades is not None:
            row.grades = _grades(grades)
        row.save()
        audit.changed(row, **before)
    return row


def start_review(*, actor: User | None, cycle: Cycle) -> Cycle:
    """Let people comment on themselves and supervisors rate. Inputs can still be collected."""
    with write(actor=actor, verb="appraisal.start_review") as audit:
        row = locked(actor, cycle)
        if row.state != CycleState.COLLECTING:
            raise refuse(f"appraisal.wrong_state.{row.state}")
        row.state = CycleState.REVIEWING
        row.save()
        audit.changed(row, state=CycleState.COLLECTING)
        if row.shows_preview:
            for appraisee in appraised(row):
                tell(appraisee, "inbox.appraisal_review", period=row.period)
    return row


def discard_cycle(*, actor: User | None, cycle: Cycle, reason: str) -> Cycle:
    """Give up a cycle that was opened by mistake. Nobody sees it any more, and its people can be appraised elsewhere;
    the trail keeps it. One whose results were ever fixed stays: give the results up and put right what is wrong."""
    reason = short(reason, "reason", is_needed=True)
    with write(actor=actor, verb="appraisal.discard_cycle") as audit:
        row = open_and_locked(actor, cycle)
        if Appraisal.objects.filter(appraisee__cycle=row).exists():
            raise refuse("appraisal.was_fixed_before")
        before, row.state = row.state, CycleState.DISCARDED
        row.save()
        audit.note(row, {"state": [before, str(row.state)], "reason": [None, reason]})
    return row


def refresh_people(*, actor: User | None, cycle: Cycle) -> int:
    """Bring the people of an open cycle up to date with the directory; returns how many were added or changed.

    Nobody is taken out: who no longer belongs to it can be set aside.
    """
    with write(actor=actor, verb="appraisal.refresh_people") as audit:
        row = open_and_locked(actor, cycle)
        found = place(audit, row)
        if not found:
            audit.unchanged()
    return found


def set_aside(*, actor: User | None, appraisee: Appraisee, reason: str) -> Appraisee:
    """Appraise a person not at all in this cycle, with a reason."""
    return _exempt(actor, appraisee, short(reason, "reason", is_needed=True), "appraisal.set_aside")


def take_in(*, actor: User | None, appraisee: Appraisee) -> Appraisee:
    """Appraise a person that was set aside after all, unless that is done in another cycle by now."""
    return _exempt(actor, appraisee, "", "appraisal.take_in")


def cycles(*, user: User) -> QuerySet[Cycle]:
    """The cycles that ``user`` has to do with, newest first."""
    return cycles_seen(user)


def cycle(*, user: User, pk: UUID | str) -> Cycle:
    """One cycle; ``NotVisibleError`` when absent or not to be seen."""
    return _cycle_for(user, pk)


def appraisees(*, user: User, cycle: Cycle) -> QuerySet[Appraisee]:
    """Those of a cycle whose sheets ``user`` may see now."""
    return appraisees_seen(user).filter(cycle=_cycle_for(user, cycle))


def appraisee(*, user: User, pk: UUID | str) -> Appraisee:
    """One sheet's row; ``NotVisibleError`` when absent or not to be seen."""
    return _appraisee_for(user, pk)


def my_sheets(*, user: User) -> list[Appraisee]:
    """The user's own sheets that are shown by now, newest first."""
    return list(own_appraisees(user))


def can(*, user: User, cycle: Cycle) -> CycleRights:
    """What ``user`` may do in a cycle."""
    sight = visible_to(user)
    inside = set(cycle.appraisees.values_list("unit_id", flat=True))
    return CycleRights(
        run=_reaches(sight, Permission.RUN_APPRAISALS, {cycle.unit_id}),
        rate=_reaches(sight, Permission.RATE_APPRAISALS, inside),
        decide=_reaches(sight, Permission.DECIDE_APPEALS, inside),
        totals=_reaches(sight, Permission.SEE_APPRAISAL_TOTALS, inside),
    )


def suggested_grades() -> list[dict[str, Any]]:
    """Grades to begin with. No company has to use them, and none hold unless chosen."""
    return [
        {"key": "excellent", "label": {"zh": "优秀", "en": "Excellent"}, "at_least": "90"},
        {"key": "good", "label": {"zh": "良好", "en": "Good"}, "at_least": "75"},
        {"key": "pass", "label": {"zh": "合格", "en": "Pass"}, "at_least": "60"},
        {"key": "below", "label": {"zh": "待改进", "en": "To improve"}, "at_least": "0"},
    ]


def locked(actor: User | None, cycle: Cycle) -> Cycle:
    """The row as it is now, kept from others until the write ends; only for who runs the cycle."""
    row = Cycle.objects.select_for_update(of=("self",)).select_related("template_version", "unit").get(pk=cycle.pk)
    permit_unit(actor, Permission.RUN_APPRAISALS, row.unit_id)
    return row


def open_and_locked(actor: User | None, cycle: Cycle) -> Cycle:
    """The same, refused when its inputs are fixed already."""
    row = locked(actor, cycle)
    if not row.takes_inputs:
        raise refuse("appraisal.cycle_frozen")
    return row


def _reaches(sight: Sight, permission: Permission, unit_ids: Iterable[UUID]) -> bool:
    return sight.units(permission).filter(pk__in=set(unit_ids)).exists()


def _span(period: Period) -> tuple[date, date]:
    first, last = _ends(period)
    if last < first:
        raise refuse("appraisal.ends_before_start", "period")
    if (last - first).days >= _LONGEST_DAYS:
        raise refuse("appraisal.too_long_period", "period", days=_LONGEST_DAYS)
    return first, last


def _ends(period: Period) -> tuple[date, date]:
    if not isinstance(period, date):
        return fitting_day(period[0], "period"), fitting_day(period[1], "period")
    first = fitting_day(period, "period").replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _window(days: int) -> int:
    if not 0 <= days <= _LONGEST_WINDOW:
        raise refuse("appraisal.window_range", "appeal_days", most=_LONGEST_WINDOW)
    return days


def _own_grades(version: TemplateVersion) -> list[dict[str, Any]]:
    return [
        {"key": grade.key, "label": {"zh": grade.label.zh, "en": grade.label.en}, "at_least": str(grade.at_least)}
        for grade in card_for(version).grades
    ]


def _grades(grades: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for grade in grades:
        at_least = _mark(grade.get("at_least"))
        label = {key: short(str(grade.get("label", {}).get(key) or ""), "grades", limit=40) for key in ("zh", "en")}
        key = short(str(grade.get("key", "")), "grades", limit=40, is_needed=True)
        found.append({"key": key, "label": label, "at_least": plain(at_least)})
    for name in ("key", "at_least"):
        if len({grade[name] for grade in found}) < len(found):
            raise refuse("appraisal.grade_twice", "grades")
    return found


def _mark(value: Any) -> Decimal:
    """Where a grade begins; normalised points may pass 100 by what lines give beyond their full points."""
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not (found.is_finite() and 0 <= found <= _HIGHEST_MARK and found == round(found, 6)):
        raise refuse("appraisal.grade_range", "grades", value=str(value)[:40], most=_HIGHEST_MARK)
    return found


def place(audit: Audit, cycle: Cycle) -> int:
    """Put the people into the cycle; returns how many are new or changed."""
    known = {row.employee_id: row for row in cycle.appraisees.select_related("employee")}
    elsewhere = _appraised_elsewhere(cycle)
    changed = 0
    for item in people_in(cycle):
        row = known.get(item.employee.pk) or Appraisee(cycle=cycle, employee=item.employee)
        if item.employee.pk in elsewhere and not row.exempt_reason:
            raise refuse("appraisal.appraised_elsewhere", "unit", person=item.employee.name)
        before = {"unit_id": row.unit_id, "post_id": row.post_id, "notes": row.notes}
        row.unit, row.post, row.notes = item.unit, item.post, list(item.notes)
        if row._state.adding:
            row.save(force_insert=True)
            audit.created(row)
            changed += 1
        elif any(getattr(row, name) != value for name, value in before.items()):
            row.save()
            audit.note(row, {name: [before[name], getattr(row, name)] for name in before})
            changed += 1
    return changed


def _appraised_elsewhere(cycle: Cycle) -> set[UUID]:
    """Who is appraised by the same template over some of the same days in another cycle."""
    others = Appraisee.objects.filter(
        cycle__template_version__template=cycle.template_version.template_id,
        cycle__starts_on__lte=cycle.ends_on,
        cycle__ends_on__gte=cycle.starts_on,
        exempt_reason="",
    ).exclude(cycle=cycle.pk)
    others = others.exclude(cycle__state=CycleState.DISCARDED)
    return set(others.values_list("employee_id", flat=True))


def _exempt(actor: User | None, appraisee: Appraisee, reason: str, verb: str) -> Appraisee:
    with write(actor=actor, verb=verb) as audit:
        open_and_locked(actor, appraisee.cycle)
        row = Appraisee.objects.select_for_update().get(pk=appraisee.pk)
        if actor is not None and actor.employee_id == row.employee_id:
            raise refuse("appraisal.own_sheet")
        if not reason and row.employee_id in _appraised_elsewhere(row.cycle):
            raise refuse("appraisal.appraised_elsewhere", person=row.employee.name)
        before = {"exempt_reason": row.exempt_reason, "exempted_by": row.exempted_by_id}
        row.exempt_reason, row.exempted_by = reason, None
        row.save()
        audit.changed(row, **before)
    return row
