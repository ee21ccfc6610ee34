"""What tests of certificates share: certificates as data, people who earn them, and the server's time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from support.exams import a_bank, a_sitting, an_exam, answers
from support.library import installed

KEY = "mine/ready"


def a_certificate(**more: Any) -> dict[str, Any]:
    """A certificate of a year that asks for one exam."""
    return {
        "kind": "certificate",
        "schema_version": 1,
        "key": KEY,
        "title": {"zh": "上岗证", "en": "Ready for work"},
        "attests": {"zh": "可以独立接待。"},
        "requires": ["exam:mine/exam"],
        "months": 12,
        **more,
    }


def open_exam(folder: Path, *certificates: dict[str, Any], **more: Any) -> learning.Sitting:
    """An exam that everybody may take, and certificates that ask for it."""
    a_sitting(folder, an_exam(attempts=None, **more))
    installed(folder, a_bank(), an_exam(attempts=None, **more), *certificates, version="2")
    return learning.Sitting.objects.get()


def passes(user: people.User, sitting: learning.Sitting, *, wrong: bool = False) -> learning.Attempt:
    """Somebody takes the exam: all right, or all wrong."""
    attempt = learning.start_attempt(user=user, sitting_id=sitting.pk)
    for number in range(1, len(attempt.paper) + 1):
        answers(user, attempt, number, {"chosen": ["a" if wrong else "b"]})
    return learning.hand_in(user=user, attempt_id=attempt.pk)


def learns(employee: people.Employee, what: str, at: Any, source: str = "1", **more: Any) -> learning.Completion:
    """Somebody completes a text."""
    how = more.pop("how", learning.CompletionHow.LEARNT)
    done = learning.Done(what, how, at, "learning.lesson", source, title={"zh": what}, **more)
    return learning.complete(employee=employee, done=done)


def held(user: people.User) -> list[learning.Certificate]:
    """The certificates of a person, the first first."""
    return list(learning.Certificate.objects.filter(employee=user.employee_id).order_by("issued_at", "pk"))
