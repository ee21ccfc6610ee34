"""Who is appraised in a cycle: the people of its unit, in the team that they belonged to when the period ended."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from peilian.apps.appraisal.models import Cycle
from peilian.apps.people.api import Employee, Membership, Post, Unit, UnitKind

_WORKPLACES = (UnitKind.SHOP, UnitKind.SITE)


@dataclass(frozen=True, slots=True)
class Belonging:
    """A person with the team and post at the period's end, and what happened within the period."""

    employee: Employee
    unit: Unit
    post: Post | None
    notes: tuple[dict[str, Any], ...] = ()


def people_in(cycle: Cycle) -> list[Belonging]:
    """The people of the cycle's unit and all below it, in the order of their numbers.

    Somebody who left counts with the team of the last day. Somebody who changed to a team outside of the unit is
    appraised there.
    """
    inside = _within(cycle.unit)
    days = Q(starts_on__lte=cycle.ends_on) & (Q(ends_on=None) | Q(ends_on__gt=cycle.starts_on))
    rows = Membership.objects.filter(days).select_related("employee", "unit", "post")
    concerned = rows.filter(unit__in=inside).values("employee")
    by_person: dict[UUID, list[Membership]] = defaultdict(list)
    for row in rows.filter(employee__in=concerned):
        by_person[row.employee_id].append(row)
    found = []
    for memberships in by_person.values():
        belonging = _belonging(cycle, memberships, inside)
        if belonging is None or (cycle.posts and str(belonging.post and belonging.post.pk) not in cycle.posts):
            continue
        found.append(belonging)
    return sorted(found, key=lambda item: item.employee.number)


def _belonging(cycle: Cycle, memberships: list[Membership], inside: set[UUID]) -> Belonging | None:
    person = memberships[0].employee
    if person.left_on is not None and person.left_on <= cycle.starts_on:
        return None
    if person.hired_on is not None and person.hired_on > cycle.ends_on:
        return None
    last = _last_day(cycle, memberships)
    at_end = [row for row in memberships if row.starts_on <= last and (row.ends_on is None or row.ends_on > last)]
    # A team comes before a workplace such as a shop, and of two teams the one entered last.
    at_end.sort(key=lambda row: (row.unit.kind in _WORKPLACES, -row.starts_on.toordinal()))
    home = at_end[0]
    if home.unit_id not in inside:
        if home.unit.kind not in _WORKPLACES and cycle.unit.kind not in _WORKPLACES:
            return None
        places = [row for row in at_end if row.unit_id in inside]
        if not places:
            return None
        home = places[0]
    return Belonging(person, home.unit, home.post, tuple(_notes(cycle, person, memberships, home)))


def _last_day(cycle: Cycle, memberships: list[Membership]) -> date:
    """The last day of the period on which the person belonged anywhere."""
    ends = [cycle.ends_on if row.ends_on is None else row.ends_on - timedelta(days=1) for row in memberships]
    return min(cycle.ends_on, max(ends))


def _notes(cycle: Cycle, person: Employee, memberships: list[Membership], home: Membership) -> list[dict[str, Any]]:
    notes = []
    if person.hired_on is not None and person.hired_on > cycle.starts_on:
        notes.append({"key": "appraisal.note.joined", "params": {"day": person.hired_on.isoformat()}})
    if person.left_on is not None and person.left_on <= cycle.ends_on:
        notes.append({"key": "appraisal.note.left", "params": {"day": person.left_on.isoformat()}})
    former = [
        row
        for row in memberships
        if row.unit_id != home.unit_id
        and row.unit.kind not in _WORKPLACES
        and row.ends_on
        and row.ends_on > cycle.starts_on
    ]
    if former and home.starts_on > cycle.starts_on and home.unit.kind not in _WORKPLACES:
        before = max(former, key=lambda row: row.ends_on or cycle.ends_on)
        params = {"before": str(before.unit), "now": str(home.unit), "day": home.starts_on.isoformat()}
        notes.append({"key": "appraisal.note.moved", "params": params})
    return notes


def _within(unit: Unit) -> set[UUID]:
    children: dict[UUID | None, list[UUID]] = defaultdict(list)
    for pk, parent in Unit.objects.values_list("pk", "parent_id"):
        children[parent].append(pk)
    found: set[UUID] = set()
    pending = [unit.pk]
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending.extend(children[one])
    return found
