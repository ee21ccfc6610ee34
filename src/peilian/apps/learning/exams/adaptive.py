"""Adaptive exams (自适应考试): each question is chosen by the answers before it, from a bank with frozen parameters.

The server chooses; the page holds one question and there is no way back. What an answer told is kept with it, so an
attempt goes on after any break where it was, and nothing of it is ever computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Count

from peilian.adapters.packs.teaching import ExamDocument
from peilian.apps.base.api import refuse
from peilian.apps.learning.exams.calibrated import Pool, pool_in_force, pool_of
from peilian.apps.learning.exams.papers import Question, item_of, question_for
from peilian.apps.learning.models import AdaptiveRun, Attempt, Response
from peilian.apps.library import api as library
from peilian.engine._kernel import Language, Reason
from peilian.engine.assessment import grade
from peilian.engine.assessment.psychometrics import AdaptiveState
from peilian.engine.assessment.psychometrics.model import probabilities

if TYPE_CHECKING:
    from peilian.engine.assessment.psychometrics import AdaptiveTest

OF = Decimal(100)
"""Points of an adaptive exam: its result is a percentage."""
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Measured:
    """What an adaptive exam tells: the ability and its standard error on the scale of the bank, the percentage of the
    bank's points that somebody of this ability is expected to get, in all and by competency, and why it ended.

    ``percent`` is 0 when there are fewer answers than a test has at least: too few to say anything.
    """

    n: int
    least: int
    ability: float | None
    error: float | None
    percent: Decimal
    by_competency: Mapping[str, Decimal]
    stopped: Reason | None

    @property
    def is_enough(self) -> bool:
        """Whether there are as many answers as a test has at least."""
        return self.n >= self.least


def begin(attempt: Attempt, exam: ExamDocument) -> None:
    """Ask the first question, in the transaction that begins an attempt."""
    assert exam.adaptive is not None
    pool = pool_in_force(exam.adaptive, _language(attempt))
    if pool is None:
        raise refuse("learning.no_frozen_parameters", banks=exam.adaptive.bank)
    run = AdaptiveRun(attempt=attempt, calibration_id=pool.calibration, version_id=pool.version)
    state = pool.test(exam.adaptive).next_item(AdaptiveState(), _rng(attempt, 0), exposure=_exposure(attempt))
    _ask(run, attempt, state)
    run.save(force_insert=True)


def take(run: AdaptiveRun, attempt: Attempt, answer: Mapping[str, Any] | None) -> dict[str, Any]:
    """Take the answer to the question that waits and ask the next one, in the caller's transaction; what is kept of it.
    ``is_over`` says whether none follows."""
    question = Question.of(run.asked[-1])
    test, state = _test(run, attempt), AdaptiveState.from_json(run.state)
    found = grade(item_of(question, _language(attempt)), answer)
    state = test.answer(state, float(found.points / found.of) if found.of else 0.0)
    told = test.ability(state)
    step = {
        "n": question.number, "item": question.item, "share": state.answers[-1][1], "ability": told.value,
        "error": told.standard_error,
    }  # fmt: skip
    state = test.next_item(state, _rng(attempt, question.number), exposure=_exposure(attempt))
    _ask(run, attempt, state)
    step["next"] = state.pending
    run.steps = [*run.steps, step]
    run.save(update_fields=["asked", "state", "steps"])
    return step


def run_of(attempt: Attempt) -> AdaptiveRun | None:
    """The adaptive side of an attempt; ``None`` for an exam of another kind."""
    if attempt.sitting is None or _exam(attempt).adaptive is None:
        return None
    return AdaptiveRun.objects.filter(attempt=attempt.pk).first()


def asked_in(attempt: Attempt) -> list[dict[str, Any]]:
    """The questions of an attempt: those of its paper, or those that an adaptive exam has asked so far."""
    if attempt.paper:
        return list(attempt.paper)
    run = run_of(attempt)
    return list(run.asked) if run is not None else []


def measured(attempt: Attempt, responses: Iterable[Response] | None = None) -> Measured | None:
    """What an adaptive exam tells by now; ``None`` for an exam of another kind. Once it is over the points of its
    answers count as they stand, which are those of ``responses`` where they are given."""
    run = run_of(attempt)
    if run is None:
        return None
    test, pool = _test(run, attempt), _pool(run, attempt)
    state = _as_it_stands(AdaptiveState.from_json(run.state), attempt, responses)
    told, n = test.ability(state), len(state.answers)
    if n < test.least_items or told.value is None:
        return Measured(n, test.least_items, told.value, told.standard_error, Decimal(0), {}, None)
    shares = dict(zip(pool.parameters, _expected(pool, told.value), strict=True))
    every = sorted({key for trains in pool.competencies.values() for key in trains})
    by_competency = {
        key: _percent([shares[item] for item, trains in pool.competencies.items() if key in trains]) for key in every
    }
    percent = _percent(list(shares.values()))
    return Measured(n, test.least_items, told.value, told.standard_error, percent, by_competency, test.stopped(state))


def _as_it_stands(state: AdaptiveState, attempt: Attempt, responses: Iterable[Response] | None) -> AdaptiveState:
    """The answers with the points that they have after corrections; what was taken out of the exam is none."""
    if responses is None:
        responses = Response.objects.filter(attempt=attempt.pk) if not attempt.is_running else ()
    now = {one.item: float(one.points / one.of) if one.of else None for one in responses}
    found = ((item, now.get(item, share)) for item, share in state.answers)
    return AdaptiveState(tuple((item, share) for item, share in found if share is not None), state.pending)


def _expected(pool: Pool, ability: float) -> list[float]:
    """The share of the points of each question that somebody of this ability is expected to get."""
    return [float(one) for one in probabilities(list(pool.parameters.values()), np.array([ability]))[0]]


def _percent(shares: list[float]) -> Decimal:
    return (OF * Decimal(sum(shares) / len(shares))).quantize(_CENT)


def _ask(run: AdaptiveRun, attempt: Attempt, state: AdaptiveState) -> None:
    run.state = state.to_json()
    if state.pending is None:
        return
    number = len(state.answers) + 1
    question = question_for(state.pending, run.version_id, number, _rng(attempt, -number))
    run.asked = [*run.asked, question.as_json()]


def _test(run: AdaptiveRun, attempt: Attempt) -> AdaptiveTest:
    rules = _exam(attempt).adaptive
    assert rules is not None
    return _pool(run, attempt).test(rules)


def _pool(run: AdaptiveRun, attempt: Attempt) -> Pool:
    rules = _exam(attempt).adaptive
    assert rules is not None
    return pool_of(
        run.calibration_id, run.version_id, rules.bank, frozenset(rules.competencies), _language(attempt)
    )  # fmt: skip


def _exam(attempt: Attempt) -> ExamDocument:
    assert attempt.sitting is not None
    found = library.document_of(attempt.sitting.version, user=None)
    assert isinstance(found, ExamDocument)
    return found


def _exposure(attempt: Attempt) -> Mapping[str, float]:
    """In which share of former attempts at this exam each question was asked, as of the hour."""
    assert attempt.sitting is not None
    return _asked_lately(attempt.sitting.exam, attempt.started_at.replace(minute=0, second=0, microsecond=0))


@lru_cache(maxsize=32)
def _asked_lately(exam: str, _hour: datetime) -> Mapping[str, float]:
    rows = Response.objects.filter(attempt__sitting__exam=exam, attempt__adaptive_run__isnull=False).order_by()
    n = rows.values("attempt").distinct().count()
    return (
        {item: k / n for item, k in rows.values("item").annotate(k=Count("pk")).values_list("item", "k")} if n else {}
    )


def _language(attempt: Attempt) -> Language:
    return "en" if attempt.language == "en" else "zh"


def _rng(attempt: Attempt, step: int) -> Random:
    return Random(f"{attempt.seed}/{step}")  # noqa: S311 - nothing is kept secret by it
