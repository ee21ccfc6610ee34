"""What tests of item statistics share: many people who answered the questions of a bank, by ability and chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from peilian.apps.base import api as base
from peilian.apps.learning import api as learning
from peilian.apps.people.api import Employee
from support.exams import BANK, NOW, a_bank, an_exam, an_item
from support.library import a_publisher, installed, the_content
from support.practice import a_trainee


def many_answers(
    folder: Path,
    *,
    n_people: int = 120,
    n_items: int = 8,
    wrong_key: str = "",
    unreached: int = 0,
    seed: int = 5,
    more: Sequence[Mapping[str, Any]] = (),
) -> learning.Sitting:
    """A sitting that ``n_people`` took: question k is of difficulty -1.5 to 1.5. Of ``wrong_key`` strong people choose
    option a, which is not the key. The last ``unreached`` people had no time for their last two questions."""
    names = [f"q{n}" for n in range(n_items)]
    bank = a_bank(*(an_item(name) for name in names))
    installed(folder, bank, an_exam(drawn=[{"count": n_items}]), *more)
    what = learning.NewSitting(exam="mine/exam", is_for_all=True)
    sitting = learning.open_sitting(actor=None, what=what)
    version = the_content(BANK, "items").current
    user, rng = a_trainee("asker"), Random(seed)
    with base.bookkeeping():
        people = Employee.objects.bulk_create([Employee(number=f"S{n:04}", name=f"学员{n}") for n in range(n_people)])
    attempts, responses = [], []
    for number, person in enumerate(people):
        ability = rng.gauss(0, 1)
        order = rng.sample(range(n_items), n_items)
        attempt = learning.Attempt(
            employee=person, started_by=user, sitting=sitting, language="zh", seed=number, paper=[], state="marked",
            started_at=NOW, handed_in_at=NOW + timedelta(minutes=9), marked_at=NOW, points=Decimal(0),
            of=Decimal(2 * n_items), is_passed=True,
        )  # fmt: skip
        attempts.append(attempt)
        is_late = number >= n_people - unreached
        for place, item in enumerate(order):
            hard = -1.5 + 3 * item / max(n_items - 1, 1)
            is_right = rng.random() < 1 / (1 + math.exp(-1.7 * (ability - hard)))
            if names[item] == wrong_key:
                is_right = False
            chosen = "b" if is_right else "a" if ability > 0 or rng.random() < 0.3 else "c"
            is_reached = not (is_late and place >= n_items - 2)
            responses.append(
                learning.Response(
                    attempt=attempt, number=place + 1, item=f"{BANK}#{names[item]}", version=version, kind="single",
                    chosen={"chosen": [chosen]} if is_reached else None, points=Decimal(2 if is_right else 0),
                    of=Decimal(2), is_answered=is_reached, is_reached=is_reached,
                )
            )  # fmt: skip
    with base.bookkeeping():
        learning.Attempt.objects.bulk_create(attempts)
        learning.Response.objects.bulk_create(responses)
    return sitting


def run_jobs() -> None:
    """Let the worker do what waits."""
    while base.run_next_job():
        pass


def the_statistics(user: Any, of: str, subject: str) -> Any:
    """The statistics of a bank or a sitting, computed now."""
    learning.start_statistics(actor=user, of=of, subject=subject)
    run_jobs()
    found = learning.statistics_of(user=user, of=of, subject=subject)
    assert found.last is not None
    return found.last


def an_adaptive_exam(**rules: Any) -> dict[str, Any]:
    """An adaptive exam of the bank of tests, of four to eight questions."""
    adaptive = {"bank": BANK, "least": 4, "most": 8, "error": "0.6", "exposure": "1", **rules}
    exam = an_exam(key="mine/adaptive", adaptive=adaptive, attempts=None)
    return {name: value for name, value in exam.items() if name != "drawn"}


def a_frozen_bank(folder: Path, *exams: Mapping[str, Any], n_items: int = 20) -> None:
    """A bank whose parameters are frozen, from answers of 150 people."""
    many_answers(folder, n_people=150, n_items=n_items, more=exams)
    publisher = a_publisher("freezer")
    learning.propose_calibration(actor=publisher, bank=BANK)
    run_jobs()
    learning.freeze_calibration(actor=publisher, bank=BANK, number=1)


def an_adaptive_sitting(folder: Path, **rules: Any) -> learning.Sitting:
    """An adaptive exam that everybody may take, opened now."""
    a_frozen_bank(folder, an_adaptive_exam(**rules))
    return learning.open_sitting(actor=None, what=learning.NewSitting(exam="mine/adaptive", is_for_all=True))
