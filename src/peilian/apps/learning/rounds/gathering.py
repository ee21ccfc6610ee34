"""Which questions a person could be asked in a daily round (题源): those missed in exams, those of lessons learnt.

Nothing of an exam is asked whose key the person may not see yet, and nothing that stands in an exam that the person is
taking: the round tells what is right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import DateTimeField, Q, UUIDField

from peilian.adapters.packs.items import CaseField
from peilian.apps.base.api import Argument, Prepared
from peilian.apps.learning import clock
from peilian.apps.learning.curriculum.lessons import SOURCE_KIND as LESSON
from peilian.apps.learning.exams.attempts import exam_of, may_go_on
from peilian.apps.learning.exams.papers import Question, bank_of, field_of, questions_of, questions_of_items
from peilian.apps.learning.exams.reviewing import reveals_key
from peilian.apps.learning.models import Attempt, AttemptState, Card, Completion, LessonRound, Response
from peilian.apps.people.api import Employee
from peilian.engine._kernel import Language
from peilian.engine.assessment.spacing import remembered

Origin = Literal["exam", "lesson", "again"]
_LOOKED_BACK = timedelta(days=180)
_ENDED_LATELY = timedelta(days=2)
"""Attempts that ended before are not gone on with any more; which of the others are is told one by one."""


_EMPLOYEE, _AT = Argument("employee", UUIDField()), Argument("at", DateTimeField())
_DUE = Prepared(lambda: Card.objects.filter(employee=_EMPLOYEE, due_at__lt=_AT))
_NEXT = Prepared(lambda: Card.objects.filter(employee=_EMPLOYEE, due_at__gte=_AT).order_by("due_at")[:1])
_KNOWN = Prepared(lambda: Card.objects.filter(employee=_EMPLOYEE).order_by().values_list("item", flat=True))
_OPEN = Prepared(
    lambda: (
        Attempt.objects.filter(employee=_EMPLOYEE)
        .filter(Q(state=AttemptState.RUNNING) | Q(handed_in_at__gte=_AT))
        .select_related("sitting__version")
    )
)
_ANSWERED = Prepared(
    lambda: (
        Response.objects.filter(
            attempt__employee=_EMPLOYEE,
            attempt__state=AttemptState.MARKED,
            attempt__sitting__isnull=False,
            attempt__handed_in_at__gte=_AT,
            is_reached=True,
        )
        .order_by("-attempt__handed_in_at", "number")
        .values_list("attempt", "item", "points", "of")
    )
)
_ASKED_ABOUT = Prepared(
    lambda: (
        Attempt.objects.filter(Argument("attempts", UUIDField(), is_many=True).has("pk"))
        .select_related("sitting__version")
        .defer("paper", "answers")
    )
)
_LEARNT = Prepared(
    lambda: (
        Completion.objects.filter(employee=_EMPLOYEE, source_kind=LESSON).standing().values_list("source_id", flat=True)
    )
)


@dataclass(frozen=True, slots=True)
class Barred:
    """Questions that are not to be asked now: some by name, and those of whole banks."""

    items: frozenset[str]
    banks: frozenset[str]

    def __contains__(self, item: str) -> bool:
        return item in self.items or item.partition("#")[0] in self.banks


def due_items(employee: Employee, before: datetime, now: datetime) -> list[str]:
    """Questions that are due before a moment; those that are most likely forgotten come first."""
    rows = _DUE(employee=employee.pk, at=before)
    return [row.item for row in sorted(rows, key=lambda row: (remembered(row.state, now), row.item))]


def next_due(employee: Employee, after: datetime) -> datetime | None:
    """When the first question after a moment is due."""
    row = _NEXT.first(employee=employee.pk, at=after)
    return row.due_at if row is not None else None


def new_items(employee: Employee, now: datetime) -> dict[str, Origin]:
    """Questions that were never asked in a round, with where they come from: those missed in exams first."""
    known = set(_KNOWN(employee=employee.pk))
    found: dict[str, Origin] = dict.fromkeys(_missed(employee, now, known), "exam")
    for name in _learnt(employee):
        if name not in known:
            found.setdefault(name, "lesson")
    return found


def in_running_exams(employee: Employee) -> Barred:
    """The questions of exams that the person is taking, or may be let go on with. Of an adaptive one it is the whole
    bank: any of its questions may come next."""
    since = clock.now() - _ENDED_LATELY
    open_ones = [row for row in _OPEN(employee=employee.pk, at=since) if may_go_on(row)]
    adaptive = [exam_of(row.sitting).adaptive for row in open_ones if row.sitting is not None]
    return Barred(
        frozenset(question.item for row in open_ones for question in questions_of(row.paper)),
        frozenset(rules.bank for rules in adaptive if rules is not None),
    )


def askable(names: Iterable[str], barred: Barred, wanted: Language, seed: int) -> tuple[Language, list[Question]]:
    """The questions of these names that can be asked here and graded at once, in the language that has most of them."""
    listed = [name for name in names if name not in barred]
    other: Language = "en" if wanted == "zh" else "zh"
    found = {
        language: [one for one in questions_of_items(listed, language, seed) if not _is_judged(field_of(one))]
        for language in (wanted, other)
    }
    language = max((wanted, other), key=lambda each: len(found[each]))
    return language, found[language]


def competencies_of(question: Question) -> Sequence[str]:
    """What a question asks about."""
    return tuple(field_of(question).competencies or bank_of(question).competencies)


def weakest_first(
    questions: Sequence[Question], origins: Mapping[str, Origin], means: Mapping[str, float]
) -> list[str]:
    """New questions in the order in which they are taken in: what was missed first, then by the weakest competency."""

    def order(question: Question) -> tuple[bool, float]:
        known = [means[each] for each in competencies_of(question) if each in means]
        return origins[question.item] != "exam", min(known, default=100.0)

    return [question.item for question in sorted(questions, key=order)]


def _missed(employee: Employee, now: datetime, known: Collection[str]) -> list[str]:
    """Questions of exams whose latest answer lacked points, the newest first, without those that are ``known``.

    Whether the key of an attempt may be told takes several looks: only attempts are asked about that a question hangs
    on which was missed at some time.
    """
    rows = [
        (attempt, item, points < of)
        for attempt, item, points, of in _ANSWERED(employee=employee.pk, at=now - _LOOKED_BACK)
        if item not in known
    ]
    missed = {item for _attempt, item, is_missed in rows if is_missed}
    asked_about = {attempt for attempt, item, _is_missed in rows if item in missed}
    if not asked_about:
        return []
    may_tell = {row.pk for row in _ASKED_ABOUT(attempts=asked_about) if reveals_key(row)}
    found: dict[str, bool] = {}
    for attempt, item, is_missed in rows:
        if item in missed and attempt in may_tell:
            found.setdefault(item, is_missed)
    return [item for item, is_missed in found.items() if is_missed]


def _learnt(employee: Employee) -> list[str]:
    """Questions of the checks of lessons that were completed, the newest first."""
    done = _LEARNT(employee=employee.pk)
    if not done:
        return []
    papers = LessonRound.objects.filter(employee=employee, pk__in=done).order_by("-completed_at")
    kept = [each for paper in papers.values_list("paper", flat=True) for each in paper.get("check", ())]
    return list(dict.fromkeys(Question.of(each).item for each in kept))


def _is_judged(field: Any) -> bool:
    """Whether people decide about an answer, or a part of it."""
    inner = field.items if isinstance(field, CaseField) else ()
    return bool(getattr(field, "open", False)) or any(_is_judged(one) for one in inner)
