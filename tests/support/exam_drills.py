"""What tests of drills in exams share: both clocks, a bank with a drill, and its beginning."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from peilian.apps.learning import api as learning
from peilian.apps.practice import api as practice
from support.exams import NOW, ExamClock, a_bank, a_sitting, an_exam, an_item
from support.practice import CALM, Clock


class BothClocks:
    """The clocks of exams and of drills, which go on together."""

    def __init__(self, monkeypatch: Any, at: datetime = NOW) -> None:
        self.exam = ExamClock(monkeypatch, at)
        self.drill = Clock(round(at.timestamp() * 1000)).patch(monkeypatch)

    def pass_(self, seconds: float) -> None:
        """Let time go by."""
        self.exam.pass_(seconds=seconds)
        self.drill.pass_(seconds)


def a_drill_item(**more: Any) -> dict[str, Any]:
    """A drill of ten points."""
    return {
        "type": "drill", "id": "call", "scenario": CALM, "points": "10",
        "stem": {"zh": "接待这位客户"}, "explanation": {"zh": "先接住着急"}, **more,
    }  # fmt: skip


def a_drill_sitting(folder: Path, item: Any = None, exam: Any = None, **more: Any) -> Any:
    """An exam of half an hour: a choice, then a drill."""
    fixed = [{"item": "mine/bank#q1"}, {"item": "mine/bank#call"}]
    paper = an_exam(fixed=fixed, drawn=[], shuffles=False, minutes=30, **(exam or {}))
    return a_sitting(folder, paper, a_bank(an_item("q1"), item or a_drill_item()), **more)


def calls(user: Any, attempt: Any, tried: int = 0, **more: Any) -> practice.DrillRun:
    """The drill of the second question begins."""
    return learning.start_item_drill(user=user, attempt_id=attempt.pk, number=2, tried=tried, seed=7, **more)
