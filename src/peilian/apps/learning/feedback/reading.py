"""What feedback after lessons says (反馈汇总): how clear each lesson is, over time and team by team, and who says so.

It is seen by those who guide the learning of the people, never by anybody else; one's own is on the lesson's page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from peilian.apps.base.api import company_zone, refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.models import Clarity, LessonFeedback
from peilian.apps.learning.telling import tell_person
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, Membership, NotVisibleError, Permission, Unit, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

LONGEST_ANSWER = 1000


@dataclass(frozen=True, slots=True)
class Clear:
    """How many said that it is clear, partly clear, not yet clear; ``n`` of them all, ``n_waiting`` of whom it is not
    yet clear to and nobody has answered."""

    clear: int = 0
    partly: int = 0
    not_yet: int = 0
    n_waiting: int = 0

    @property
    def n(self) -> int:
        """How many answered."""
        return self.clear + self.partly + self.not_yet


@dataclass(frozen=True, slots=True)
class LessonClear:
    """A lesson with how clear it is to those who answered."""

    content: library.Content
    clear: Clear
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LessonFeedbackView:
    """What was said about a lesson: all of it, by month (the first day of each, the latest first) and by the team in
    which who answered was on that day, ``None`` for nobody's."""

    content: library.Content
    all: Clear
    by_month: Sequence[tuple[date, Clear]]
    by_unit: Sequence[tuple[Unit | None, Clear]]


def feedback_by_lesson(*, user: User) -> list[LessonClear]:
    """Every lesson that people whom the user guides said something about, what is least clear first."""
    rows = _visible(user).order_by().values_list("round__version__content", "clarity", "answered_at", "given_at")
    found: dict[UUID, list[tuple[str, datetime | None, datetime]]] = {}
    for content, clarity, answered_at, given_at in rows:
        found.setdefault(content, []).append((clarity, answered_at, given_at))
    contents = library.Content.objects.in_bulk(list(found))
    lines = [
        LessonClear(contents[pk], _clear((one[0], one[1]) for one in said), max(one[2] for one in said))
        for pk, said in found.items()
    ]
    return sorted(lines, key=lambda one: (-one.clear.n_waiting, -one.clear.not_yet / one.clear.n, one.content.key))


def feedback_of_lesson(*, user: User, lesson: str) -> LessonFeedbackView:
    """What people whom the user guides said about a lesson; ``NotVisibleError`` for a lesson that there is not."""
    rows = list(_of(user, lesson).order_by().values_list("clarity", "answered_at", "given_at", "employee"))
    content = library.content(user=user, kind="lesson", key=lesson)
    zone = company_zone()
    days = [at.astimezone(zone).date() for _clarity, _answered, at, _who in rows]
    units = _units_then([(who, day) for (*_rest, who), day in zip(rows, days, strict=True)])
    months: dict[date, list[tuple[str, datetime | None]]] = {}
    teams: dict[UUID | None, list[tuple[str, datetime | None]]] = {}
    for (clarity, answered_at, _at, _who), day, unit in zip(rows, days, units, strict=True):
        months.setdefault(day.replace(day=1), []).append((clarity, answered_at))
        teams.setdefault(unit, []).append((clarity, answered_at))
    named = Unit.objects.select_related("parent").in_bulk([pk for pk in teams if pk is not None])
    by_unit = [(named.get(pk) if pk is not None else None, _clear(said)) for pk, said in teams.items()]
    return LessonFeedbackView(
        content=content,
        all=_clear((clarity, answered) for clarity, answered, _at, _who in rows),
        by_month=[(month, _clear(said)) for month, said in sorted(months.items(), reverse=True)],
        by_unit=sorted(by_unit, key=lambda one: (-_share(one[1]), str(one[0].code) if one[0] is not None else "")),
    )


def feedback_answers(
    *, user: User, lesson: str, clarity: str = "", month: date | None = None, unit: UUID | None = None
) -> QuerySet[LessonFeedback]:
    """The answers about a lesson of people whom the user guides: to whom it is not clear yet first, and of those who
    nobody has answered; of one clarity, a month of the company's calendar, a team, when given."""
    rows = _of(user, lesson)
    if clarity:
        rows = rows.filter(clarity=clarity)
    if month is not None:
        zone, after = company_zone(), date(month.year + month.month // 12, month.month % 12 + 1, 1)
        begins, ends = (datetime.combine(day, time(), zone) for day in (month.replace(day=1), after))
        rows = rows.filter(given_at__gte=begins, given_at__lt=ends)
    if unit is not None:
        zone = company_zone()
        asked = list(rows.order_by().values_list("pk", "employee", "given_at"))
        then = _units_then([(who, at.astimezone(zone).date()) for _pk, who, at in asked])
        rows = rows.filter(pk__in=[pk for (pk, _who, _at), one in zip(asked, then, strict=True) if one == unit])
    worst = Case(
        When(clarity=Clarity.NOT_YET, answered_at=None, then=Value(0)), When(clarity=Clarity.NOT_YET, then=Value(1)),
        When(clarity=Clarity.PARTLY, then=Value(2)), default=Value(3), output_field=IntegerField(),
    )  # fmt: skip
    rows = rows.select_related("employee", "answered_by", "suggestion", "round__version")
    return rows.order_by(worst, "-given_at", "-pk")


def feedback_one(*, user: User, pk: UUID) -> LessonFeedback:
    """What one person said; ``NotVisibleError`` unless the user guides that person."""
    row = _visible(user).filter(pk=pk).first()
    if row is None:
        raise NotVisibleError
    return row


def answer_feedback(*, actor: User, pk: UUID, answer: str) -> LessonFeedback:
    """Say a word to somebody about the own feedback, who is told; never to oneself. Refused when somebody answered
    something else meanwhile."""
    said = short(answer, "answer", limit=LONGEST_ANSWER, is_needed=True)
    with write(actor=actor, verb="learning.answer_feedback") as audit:
        row = _locked(actor, pk)
        if row.answered_at is not None:
            if (row.answer, row.answered_by_id) != (said, actor.pk):
                raise refuse("learning.feedback_answered_meanwhile", "answer", answer=row.answer)
            audit.unchanged()
            return row
        row.answer, row.answered_at, row.answered_by = said, clock.now(), actor
        row.save(update_fields=["answer", "answered_at", "answered_by"])
        audit.changed(row, answer="")
        title = row.round.version.content.title
        tell_person(
            row.employee, "inbox.feedback_answered", title, link=f"/learn/lessons/{row.lesson}/#feedback", word=said
        )
    return row


def suggest_from_feedback(*, actor: User, pk: UUID, text: str) -> LessonFeedback:
    """Turn somebody's feedback into a suggestion for the lesson, in words of the user's own: those who maintain the
    library answer it. One suggestion is made of one feedback."""
    with write(actor=actor, verb="learning.suggest_from_feedback") as audit:
        row = _locked(actor, pk)
        if row.suggestion_id is not None:
            audit.unchanged()
            return row
        content = row.round.version.content
        row.suggestion = library.add_comment(
            actor=actor, content=content, text=text, kind=library.CommentKind.SUGGESTION
        )  # fmt: skip
        row.save(update_fields=["suggestion"])
        audit.changed(row, suggestion=None)
    return row


def _visible(user: User) -> QuerySet[LessonFeedback]:
    sight = visible_to(user)
    sight.require(Permission.GUIDE_LEARNING)
    guided = sight.employees(Permission.GUIDE_LEARNING).values("pk")
    rows = LessonFeedback.objects.filter(employee__in=guided)
    return rows.exclude(employee=user.employee_id) if user.employee_id is not None else rows


def _of(user: User, lesson: str) -> QuerySet[LessonFeedback]:
    return _visible(user).filter(lesson=lesson)


def _locked(actor: User, pk: UUID) -> LessonFeedback:
    """Somebody's feedback, locked after its person, as learning does it everywhere."""
    seen = _visible(actor).filter(pk=pk).first()
    if seen is None:
        raise NotVisibleError
    Employee.objects.select_for_update(no_key=True).get(pk=seen.employee_id)
    rows = LessonFeedback.objects.select_for_update(of=("self",)).select_related("employee", "round__version__content")
    found: LessonFeedback = rows.get(pk=pk)
    return found


def _clear(said: Iterator[tuple[str, datetime | None]] | Sequence[tuple[str, datetime | None]]) -> Clear:
    listed = list(said)
    n: Mapping[str, int] = Counter(clarity for clarity, _answered in listed)
    waiting = sum(clarity == Clarity.NOT_YET and answered is None for clarity, answered in listed)
    return Clear(n[Clarity.CLEAR], n[Clarity.PARTLY], n[Clarity.NOT_YET], waiting)


def _share(clear: Clear) -> float:
    return clear.not_yet / clear.n


def _units_then(asked: Sequence[tuple[UUID, date]]) -> list[UUID | None]:
    """The unit of each person on each day."""
    rows = Membership.objects.filter(employee__in={who for who, _day in asked}).order_by("starts_on")
    spans: dict[UUID, list[tuple[date, date | None, UUID]]] = {}
    for who, begins, ends, unit in rows.values_list("employee", "starts_on", "ends_on", "unit"):
        spans.setdefault(who, []).append((begins, ends, unit))
    return [
        next(
            (unit for begins, ends, unit in spans.get(who, ()) if begins <= day and (ends is None or day < ends)), None
        )
        for who, day in asked
    ]
