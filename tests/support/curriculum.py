"""What tests of the curriculum share: lessons, courses and paths as data, and somebody who learns them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from peilian.apps.learning import api as learning
from support.exams import BANK, a_bank, an_item
from support.library import installed

RIGHT, WRONG = {"chosen": ["b"]}, {"chosen": ["a"]}


def a_lesson(key: str = "mine/first", **more: Any) -> dict[str, Any]:
    """A lesson of eight minutes with a check of two questions."""
    return {
        "kind": "lesson",
        "schema_version": 1,
        "key": key,
        "title": {"zh": f"课时 {key}"},
        "competencies": ["problem_solving"],
        "minutes": 8,
        "goals": [{"zh": "先接住，再办事"}],
        "body": {"zh": "## 正文\n\n先说一句接住客户的话。"},
        "keep": [{"zh": "先接住"}],
        "check": {"items": [f"{BANK}#q1", f"{BANK}#q2"]},
        **more,
    }


def a_course(key: str = "mine/course", units: Any = ("lesson:mine/first",), **more: Any) -> dict[str, Any]:
    """A compulsory course of some units."""
    return {
        "kind": "course",
        "schema_version": 1,
        "key": key,
        "title": {"zh": f"课程 {key}"},
        "goal": {"zh": "能独立接待"},
        "obligation": "compulsory",
        "hours": 1,
        "units": [unit if isinstance(unit, dict) else {"what": unit} for unit in units],
        **more,
    }


def a_path(*courses: str, **more: Any) -> dict[str, Any]:
    """A path of some courses."""
    return {
        "kind": "path",
        "schema_version": 1,
        "key": "mine/path",
        "title": {"zh": "新人路径"},
        "goal": {"zh": "上岗"},
        "courses": list(courses),
        **more,
    }


def taught(folder: Path, *documents: dict[str, Any], n_items: int = 6) -> None:
    """A library with a bank and these texts in force."""
    installed(folder, a_bank(*(an_item(f"q{n}") for n in range(1, n_items + 1))), *documents)


def answers(user: Any, number: int, answer: Any, lesson: str = "mine/first", **more: Any) -> learning.Answered:
    """One answer to a check."""
    sent = {"client_id": uuid4(), **more}
    return learning.answer_check_item(user=user, lesson=lesson, number=number, answer=answer, **sent)


def learns(user: Any, lesson: str = "mine/first") -> None:
    """Learn a lesson of which the check is all."""
    for one in learning.lesson_of(user=user, key=lesson).check:
        answers(user, one.asked.question.number, RIGHT, lesson)
