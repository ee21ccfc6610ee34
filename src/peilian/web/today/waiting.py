"""What waits for the reader: what the loop needs from somebody who leads, and open appraisal tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import ngettext

from peilian.apps.people.api import Permission, Sight, User
from peilian.apps.record import api as record
from peilian.web.appraisal.home import tasks_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing to do: what, about what, where, until when."""

    title: str
    href: str
    about: str = ""
    until: date | None = None


def waiting_for(user: User, sight: Sight) -> list[Waiting]:
    """What waits for the reader: first what has an end, then the team's training."""
    appraisals = [Waiting(task.title, task.href, task.about, task.until) for task in tasks_of(user)]
    return [*appraisals, *(_training(user) if leads(sight) else ())]


def leads(sight: Sight) -> bool:
    """Whether the reader looks after what others train."""
    needed = (Permission.SEE_PEOPLE, Permission.SEE_RECORD, Permission.ASSIGN_TRAINING)
    return all(sight.may(each) for each in needed)


def _training(user: User) -> Iterator[Waiting]:
    needs = record.needs_of(user=user, states=[record.NeedState.OPEN])
    overdue = record.assignments_of(user=user, states=[record.AssignmentState.OVERDUE])
    if user.employee_id is not None:
        needs, overdue = needs.exclude(employee=user.employee_id), overdue.exclude(employee=user.employee_id)
    if n := needs.count():
        n_people = needs.order_by().values("employee").distinct().count()
        said = ngettext("%(n)d need has no training yet", "%(n)d needs have no training yet", n) % {"n": n}
        about = ngettext("%(n)d person", "%(n)d people", n_people) % {"n": n_people}
        yield Waiting(said, f"{reverse('team_needs')}?state=open", about)
    if n := overdue.count():
        said = ngettext("%(n)d assignment is overdue", "%(n)d assignments are overdue", n) % {"n": n}
        yield Waiting(said, f"{reverse('team_tasks')}?state=overdue")
