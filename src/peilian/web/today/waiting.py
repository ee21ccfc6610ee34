"""What waits for the reader: policies to confirm, open appraisal tasks, and what the loop needs from who leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import ngettext

from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people.api import Permission, Sight, User
from peilian.apps.record import api as record
from peilian.web.appraisal.home import tasks_of
from peilian.web.library.worklists import worklists
from peilian.web.people.wordings import joined
from peilian.web.shell.languages import reading_language

_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing to do: what, about what, where, until when."""

    title: str
    href: str
    about: str = ""
    until: date | None = None


def waiting_for(user: User, sight: Sight) -> list[Waiting]:
    """What waits for the reader: first what has an end, then what is to be read, then the team's training."""
    appraisals = [Waiting(task.title, task.href, task.about, task.until) for task in tasks_of(user)]
    judged = (*_homework(user, sight), *_exams(user, sight), *_drafts(user, sight))
    return [*appraisals, *_policies(user), *judged, *(_training(user) if leads(sight) else ())]


def leads(sight: Sight) -> bool:
    """Whether the reader looks after what others train."""
    needed = (Permission.SEE_PEOPLE, Permission.SEE_RECORD, Permission.ASSIGN_TRAINING)
    return all(sight.may(each) for each in needed)


def _policies(user: User) -> Iterator[Waiting]:
    """What is to be read and confirmed."""
    rows = library.to_confirm(user=user)
    if not rows:
        return
    n = len(rows)
    said = ngettext("%(n)d policy to read and confirm", "%(n)d policies to read and confirm", n) % {"n": n}
    names = joined(row.name.in_language(reading_language()) for row in rows[:_MOST_NAMES])
    href = reverse("library_text", args=[rows[0].kind, rows[0].key]) if n == 1 else reverse("learn")
    yield Waiting(said, href, f"{names}…" if n > _MOST_NAMES else names)


def _homework(user: User, sight: Sight) -> Iterator[Waiting]:
    """What people whom the reader leads have handed in."""
    if not sight.may(Permission.GUIDE_LEARNING):
        return
    if n := learning.homework_to_judge(user=user).count():
        said = ngettext("%(n)d piece of homework to judge", "%(n)d pieces of homework to judge", n) % {"n": n}
        yield Waiting(said, reverse("team_homework"))


def _exams(user: User, sight: Sight) -> Iterator[Waiting]:
    """Answers that the reader may mark, and those that somebody contests and the reader may decide about."""
    if not sight.may(Permission.RAISE_NEEDS):
        return
    if n := learning.to_mark(user=user).count():
        said = ngettext("%(n)d exam answer to mark", "%(n)d exam answers to mark", n) % {"n": n}
        yield Waiting(said, reverse("exam_marking"))
    if n := learning.contests_for(user=user).exclude(response__marks__marker=user).count():
        said = ngettext("%(n)d contested answer to decide", "%(n)d contested answers to decide", n) % {"n": n}
        yield Waiting(said, reverse("exam_contests"))


def _drafts(user: User, sight: Sight) -> Iterator[Waiting]:
    """Texts that the reader may publish or return."""
    publishes = sight.may(Permission.PUBLISH_LIBRARY) or sight.may(Permission.PUBLISH_POLICIES)
    if not publishes or not sight.may(Permission.WRITE_LIBRARY):
        return
    if n := worklists(user).named("review").count():
        said = ngettext("%(n)d text to review", "%(n)d texts to review", n) % {"n": n}
        yield Waiting(said, reverse("library_drafts"))


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
