"""What the daily rounds of a week show of a person (练习证据): little, and once a week for each competency."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from peilian.apps.base.api import bookkeeping
from peilian.apps.learning import clock
from peilian.apps.learning.exams.papers import questions_of
from peilian.apps.learning.models import DailyRound
from peilian.apps.learning.rounds.days import monday_of
from peilian.apps.learning.rounds.gathering import competencies_of
from peilian.apps.people.api import Employee
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason

log = logging.getLogger(__name__)
SOURCE_KIND = "learning.round"
WEIGHT = 0.2
"""Of questions whose answers were explained before, answered alone with everything at hand: less than a lesson says."""
LEAST_ANSWERS = 3
"""Fewer answers to a competency in a week say nothing."""
_MOST_AT_ONCE = 500


def witness_rounds_due() -> int:
    """Add what rounds show whose week is over; for the worker's round. How many weeks of people were counted."""
    rows = DailyRound.objects.filter(witnessed_at=None, day__lt=monday_of(clock.today())).order_by("day")
    weeks = dict.fromkeys(
        (employee, monday_of(day)) for employee, day in rows.values_list("employee", "day")[:_MOST_AT_ONCE]
    )
    n_done = 0
    for employee, monday in weeks:
        try:
            _witness(employee, monday)
            n_done += 1
        except Exception:  # a week that cannot be counted keeps nobody else's back
            log.exception("daily rounds of %s in the week of %s could not be counted", employee, monday)
    return n_done


def _witness(employee_id: Any, monday: date) -> None:
    week = DailyRound.objects.filter(employee=employee_id, day__gte=monday, day__lt=monday + timedelta(days=7))
    with bookkeeping():
        employee = Employee.objects.select_for_update(no_key=True).get(pk=employee_id)
        rows = list(week.prefetch_related("answers"))
        _bear_witness(employee, rows, monday)
        week.update(witnessed_at=clock.now())


def _bear_witness(employee: Employee, rows: list[DailyRound], monday: date) -> None:
    got: dict[str, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    at = None
    for row in rows:
        questions = {question.number: question for question in questions_of(row.paper)}
        for answer in row.answers.all():
            at = answer.at if at is None else max(at, answer.at)
            for competency in competencies_of(questions[answer.number]):
                got[competency].append((answer.points, answer.of))
    known = record.competency_model().competencies
    if at is None:
        return
    pieces = [
        record.NewEvidence(
            employee=employee,
            competency=competency,
            kind=record.EvidenceKind.EXAM,
            score=float(sum(points for points, _ in pairs) / sum(of for _, of in pairs)),
            at=at,
            source_kind=SOURCE_KIND,
            source_id=f"{employee.pk}/{monday.isoformat()}",
            label=Reason("rounds.evidence", {"day": monday.isoformat()}),
            n=len(pairs),
            weight=WEIGHT,
        )
        for competency, pairs in got.items()
        if competency in known and len(pairs) >= LEAST_ANSWERS
    ]
    if pieces:
        record.add_evidence(actor=None, pieces=pieces)
