"""The daily round (每日五分钟): one a day, at most ten questions or five minutes, answered and explained at once.

What is due comes first, then at most three new questions. A day that was missed is no debt: what is due waits, and the
round stays as short as ever. All times are by the server's clock; the first answer to a question of a round stands.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import DateField, F, UUIDField

from peilian.apps.base.api import Argument, Prepared, bookkeeping, company_zone, refuse, remembered
from peilian.apps.learning import clock
from peilian.apps.learning.exams.answers import checked
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.exams.papers import Question, field_of, item_of, questions_of, questions_of_items
from peilian.apps.learning.exams.reviewing import Asked
from peilian.apps.learning.models import Card, CardAnswer, DailyRound
from peilian.apps.learning.rounds.days import monday_of
from peilian.apps.learning.rounds.gathering import (
    Barred,
    Origin,
    askable,
    due_items,
    in_running_exams,
    new_items,
    next_due,
    weakest_first,
)
from peilian.apps.people.api import Employee, NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import Language
from peilian.engine.assessment import Grade, grade, review
from peilian.engine.assessment.spacing import pace

if TYPE_CHECKING:
    from peilian.apps.people.api import User

MOST_CARDS = 10
MOST_NEW = 3
MOST_SECONDS = 300
_MOST_OF_ONE = 120
"""Seconds that one answer counts at most towards the five minutes: a customer may have come in between."""
_COMPARED = 50
_BREAK = timedelta(days=3)
"""Rounds follow each other as long as no more days lie between them: weekends and days off are no breaks."""
_PAST_MIDNIGHT = timedelta(minutes=30)
_SEEDS = 2**31
_TODAY = Prepared(
    lambda: DailyRound.objects.filter(employee=Argument("employee", UUIDField()), day=Argument("day", DateField()))
)


@dataclass(frozen=True, slots=True)
class CardView:
    """A question of a round, where it came from, and the answer to it when there is one. ``is_barred``: it stands in an
    exam that the person is taking now, so nothing of it is shown."""

    number: int
    asked: Asked
    origin: Origin
    answer: CardAnswer | None
    is_barred: bool


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round as its person has it. ``next`` is the question to answer, ``None`` when the round is over, because all is
    answered or the five minutes are (``is_time_up``). ``in_a_row`` counts the rounds that follow each other."""

    round: DailyRound
    language: Language
    cards: tuple[CardView, ...]
    next: CardView | None
    is_time_up: bool
    in_a_row: int

    @property
    def answered(self) -> tuple[CardView, ...]:
        """The questions that were answered."""
        return tuple(one for one in self.cards if one.answer is not None)


@dataclass(frozen=True, slots=True)
class RoundWaits:
    """How many questions today's round still has, and whether it was begun. ``next_on`` is the day on which questions
    come back next, when any do."""

    n: int
    is_begun: bool = False
    next_on: date | None = None


def round_waiting(*, user: User) -> RoundWaits:
    """What of today's round waits for the user; nothing is begun by asking."""
    employee = candidate(user)
    row = _of_today(employee)
    due = next_due(employee, _end_of_today())
    next_on = due.astimezone(company_zone()).date() if due is not None else None
    if row is None:
        return RoundWaits(len(_drawn(user, employee, 0, is_ordered=False)[1]), next_on=next_on)
    view = _view(row)
    left = sum(one.answer is None and not one.is_barred for one in view.cards)
    return RoundWaits(left if view.next is not None else 0, is_begun=True, next_on=next_on)


def daily_round(*, user: User) -> RoundView | None:
    """Today's round of the user, drawn when it was not; ``None`` when there is nothing to ask."""
    employee = candidate(user)
    row = _of_today(employee) or _opened(user, employee)
    return None if row is None else _view(row)


def round_of(*, user: User, round_id: UUID) -> RoundView:
    """A round of the user, of whatever day."""
    return _view(_own(user, round_id))


def week_of_rounds(*, user: User, monday: date) -> list[RoundView]:
    """The rounds of the user in the week of a Monday that have an answer, in order; nobody else sees what was answered.
    ``NotVisibleError`` when there are none."""
    rows = DailyRound.objects.filter(
        employee=candidate(user), day__gte=monday, day__lt=monday + timedelta(days=7), answers__isnull=False
    )
    found = list(rows.select_related("employee").prefetch_related("answers").distinct().order_by("day"))
    if monday != monday_of(monday) or not found:
        raise NotVisibleError
    return [_view(row) for row in found]


def ask_next(*, user: User) -> RoundView | None:
    """Today's round with its next question before the user: the time of the answer runs from the first such call."""
    view = daily_round(user=user)
    if view is None or view.next is None or view.round.shown == view.next.number:
        return view
    with bookkeeping():
        row = DailyRound.objects.select_for_update().get(pk=view.round.pk)
        if row.shown != view.next.number and not row.answers.filter(number=view.next.number).exists():
            row.shown, row.shown_at = view.next.number, clock.now()
            row.save(update_fields=["shown", "shown_at"])
    return _view(row)


def answer_card(*, user: User, round_id: UUID, number: int, answer: Mapping[str, Any] | None) -> RoundView:
    """Answer the question that is before the user. It is graded at once, and says when it is met again. An answer that
    is sent once more changes nothing."""
    row = _own(user, round_id)
    employee = row.employee
    questions = list(questions_of(row.paper))
    if not 1 <= number <= len(questions):
        raise refuse("learning.no_such_question", "number", n=len(questions))
    question = questions[number - 1]
    if row.answers.filter(number=number).exists():
        return _view(row)
    if row.day != clock.today() and not _is_just_asked(row, number):
        raise refuse("rounds.of_another_day", "round")
    if question.item in in_running_exams(employee):
        raise refuse("rounds.in_an_exam", "number")
    stored = checked(field_of(question), answer)
    if stored is None:
        raise refuse("curriculum.nothing_answered", "answer")
    graded = grade(item_of(question, _language(row)), stored)
    with bookkeeping():
        locked = DailyRound.objects.select_for_update().get(pk=row.pk)
        if not locked.answers.filter(number=number).exists():
            if locked.shown != number or locked.shown_at is None:
                raise refuse("rounds.not_asked", "number")
            _take_in(locked, employee, question, stored, graded)
    return _view(locked)


def _is_just_asked(row: DailyRound, number: int) -> bool:
    """Whether a question stands open since a little while: midnight takes nobody's answer away."""
    return row.shown == number and row.shown_at is not None and clock.now() - row.shown_at <= _PAST_MIDNIGHT


def _take_in(row: DailyRound, employee: Employee, question: Question, stored: dict[str, Any], graded: Grade) -> None:
    """Store an answer with what the memory model makes of it."""
    now = clock.now()
    assert row.shown_at is not None
    seconds = max(0.0, (now - row.shown_at).total_seconds())
    card = Card.objects.select_for_update().filter(employee=employee, item=question.item).first()
    before = card.state if card is not None else None
    found = pace(seconds, _times(employee, question.kind))
    share = float(graded.points / graded.of) if graded.of else 0.0
    after = review(before, share, now, was_slow=found == "slow", was_fast=found == "fast")
    card = card or Card(employee=employee, item=question.item)
    card.state, card.due_at, card.answered_at = dict(after.state), after.due_at, now
    card.save()
    CardAnswer(
        round=row, card=card, number=question.number, kind=question.kind, answer=stored,
        points=graded.points, of=graded.of, parts=_parts(graded), seconds=seconds, rating=after.rating,
        before=before, after=dict(after.state), due_at=after.due_at, at=now,
    ).save(force_insert=True)  # fmt: skip


def _times(employee: Employee, kind: str) -> list[float]:
    """How long the person took for the latest right answers to questions of a kind."""
    rows = CardAnswer.objects.filter(card__employee=employee, kind=kind, points=F("of")).order_by("-at")
    return list(rows.values_list("seconds", flat=True)[:_COMPARED])


def _parts(graded: Grade) -> list[dict[str, Any]]:
    return [
        asdict(part)
        | {
            "points": str(part.points), "of": str(part.of),
            "reason": {"key": part.reason.key, "params": dict(part.reason.params)},
        }
        for part in graded.parts
    ]  # fmt: skip


def _opened(user: User, employee: Employee) -> DailyRound | None:
    """The round of today, drawn now; ``None`` when there is nothing to ask."""
    seed = secrets.randbelow(_SEEDS)
    language, origins = _drawn(user, employee, seed)
    if not origins:
        return None
    paper = questions_of_items(list(origins), language, seed)
    with bookkeeping():
        Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
        row = _of_today(employee)
        if row is None:
            row = DailyRound(
                employee=employee, day=clock.today(), language=language, started_at=clock.now(),
                paper=[one.as_json() for one in paper], origins={str(one.number): origins[one.item] for one in paper},
            )  # fmt: skip
            row.save(force_insert=True)
    return row


def _drawn(user: User, employee: Employee, seed: int, *, is_ordered: bool = True) -> tuple[Language, dict[str, Origin]]:
    """The questions of a round by name, with where each comes from, and the language they are asked in."""
    # A page asks more than once what there is: it is looked up once a request, and anew after each write.
    barred, due, fresh = remembered(("cards to ask", employee.pk), lambda: _to_ask(employee))
    if not due and not fresh:
        return user.reading_language, {}
    language, found = askable([*due, *fresh], barred, user.reading_language, seed)
    old = [one.item for one in found if one.item not in fresh][:MOST_CARDS]
    new = [one for one in found if one.item in fresh]
    means = _means(user, employee) if new and is_ordered else {}
    names = weakest_first(new, fresh, means)[: min(MOST_NEW, MOST_CARDS - len(old))]
    return language, {**dict.fromkeys(old, "again"), **{name: fresh[name] for name in names}}


def _to_ask(employee: Employee) -> tuple[Barred, Sequence[str], Mapping[str, Origin]]:
    """What running exams bar, what is due today, and what was not asked yet."""
    now = clock.now()
    return in_running_exams(employee), due_items(employee, _end_of_today(), now), new_items(employee, now)


def _means(user: User, employee: Employee) -> dict[str, float]:
    """Where the person stands on each competency, 0 to 100."""
    estimates = record.profile_of(user=user, employee=employee, at=clock.now()).profile.estimates
    return {name: one.mean for name, one in estimates.items()}


def _view(row: DailyRound) -> RoundView:
    barred = in_running_exams(row.employee)
    answers = {one.number: one for one in row.answers.all()}
    cards = tuple(_card(row, one, answers.get(one.number), barred) for one in questions_of(row.paper))
    is_time_up = sum(min(one.seconds, _MOST_OF_ONE) for one in answers.values()) >= MOST_SECONDS
    following = next((one for one in cards if one.answer is None and not one.is_barred), None)
    return RoundView(
        round=row,
        language=_language(row),
        cards=cards,
        next=None if is_time_up else following,
        is_time_up=is_time_up and following is not None,
        in_a_row=_in_a_row(row.employee, row.day),
    )


def _card(row: DailyRound, question: Question, answer: CardAnswer | None, barred: Barred) -> CardView:
    given = answer.answer if answer is not None else None
    asked = Asked(question, field_of(question), given, 0)
    return CardView(question.number, asked, row.origins[str(question.number)], answer, question.item in barred)


def _in_a_row(employee: Employee, day: date) -> int:
    """How many rounds with an answer follow each other up to a day."""
    rows = DailyRound.objects.filter(employee=employee, day__lte=day, answers__isnull=False)
    n, last = 0, day
    for each in rows.values_list("day", flat=True).distinct().order_by("-day"):
        if last - each > _BREAK:
            break
        n, last = n + 1, each
    return n


def _own(user: User, round_id: UUID) -> DailyRound:
    rows = DailyRound.objects.filter(pk=round_id, employee=candidate(user)).select_related("employee")
    found: DailyRound | None = rows.first()
    if found is None:
        raise NotVisibleError
    return found


def _of_today(employee: Employee) -> DailyRound | None:
    return _TODAY.first(employee=employee.pk, day=clock.today())


def _end_of_today() -> datetime:
    """What is due at any hour of today is due: who comes earlier than yesterday meets the same questions."""
    return datetime.combine(clock.today() + timedelta(days=1), time(), company_zone())


def _language(row: DailyRound) -> Language:
    return "en" if row.language == "en" else "zh"
