"""What tests of exams share: a bank with an item of each kind, papers of it, people who take and mark them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from peilian.apps.learning import api as learning
from peilian.apps.learning import clock
from peilian.apps.people import api as people
from support.library import installed
from support.practice import a_trainee

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
BANK = "mine/bank"


class ExamClock:
    """The server's time, which stands until it is told to go on."""

    def __init__(self, monkeypatch: Any, at: datetime = NOW) -> None:
        self.at = at
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def pass_(self, **given: float) -> None:
        """Let time go by."""
        self.at += timedelta(**given)


def an_item(item_id: str, **more: Any) -> dict[str, Any]:
    """A single choice of which b is right, unless said otherwise."""
    return {
        "type": "single",
        "id": item_id,
        "stem": {"zh": f"题 {item_id}"},
        "explanation": {"zh": "因为乙"},
        "points": "2",
        "options": [
            {"id": "a", "text": {"zh": "甲"}},
            {"id": "b", "text": {"zh": "乙"}, "right": True},
            {"id": "c", "text": {"zh": "丙"}},
        ],
        **more,
    }


def a_short(item_id: str = "short", **more: Any) -> dict[str, Any]:
    """A short answer that a person marks."""
    return {
        "type": "short",
        "id": item_id,
        "stem": {"zh": "客户收到破损商品怎么办？"},
        "explanation": {"zh": "先安抚"},
        "points": "4",
        "keys": [
            {"id": "sorry", "label": {"zh": "致歉"}, "zh": ["抱歉"]},
            {"id": "resend", "label": {"zh": "补发"}, "zh": ["补发"]},
        ],
        "model": {"zh": "抱歉，给您补发"},
        **more,
    }


def a_bank(*items: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A bank as data."""
    return {
        "kind": "items",
        "schema_version": 1,
        "key": BANK,
        "title": {"zh": "题库"},
        "competencies": ["problem_solving"],
        "items": list(items) or [an_item(f"q{n}") for n in range(1, 7)],
        **more,
    }


def an_exam(**more: Any) -> dict[str, Any]:
    """A paper of twenty minutes: three of the bank, drawn."""
    return {
        "kind": "exam",
        "schema_version": 1,
        "key": "mine/exam",
        "title": {"zh": "月考", "en": "Monthly exam"},
        "minutes": 20,
        "drawn": [{"count": 3}],
        **more,
    }


def a_sitting(folder: Path, exam: dict[str, Any] | None = None, bank: dict[str, Any] | None = None, **more: Any) -> Any:
    """An exam that everybody may take, opened now."""
    installed(folder, bank or a_bank(), exam or an_exam())
    what = learning.NewSitting(exam="mine/exam", **{"is_for_all": True, **more})
    return learning.open_sitting(actor=None, what=what)


def begun(sitting: Any, user: people.User | None = None, **more: Any) -> tuple[people.User, learning.Attempt]:
    """Somebody who has just begun."""
    user = user or a_trainee()
    return user, learning.start_attempt(user=user, sitting_id=sitting.pk, **more)


def answers(user: people.User, attempt: Any, number: int, answer: Any, known: int = 0, **more: Any) -> learning.Saved:
    """One answer is sent."""
    sent = {"client_id": uuid4(), **more}
    return learning.save_answer(
        user=user, attempt_id=attempt.pk, number=number, answer=answer, known=known, **sent
    )  # fmt: skip


def fresh(attempt: Any) -> learning.Attempt:
    """The attempt as it is stored."""
    return learning.Attempt.objects.get(pk=attempt.pk)
