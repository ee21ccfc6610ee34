"""What tests of rules share: rules as data, who switches them on, and people whom they reach."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from peilian.apps.base.api import today_in_company
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from support.builders import an_employee
from support.curriculum import a_course, a_lesson, taught

KEY = "mine/newcomers"


def a_rule(key: str = KEY, **more: Any) -> dict[str, Any]:
    """A rule that puts newcomers of the last 30 days on a course."""
    return {
        "kind": "assignment-rule",
        "schema_version": 1,
        "key": key,
        "title": {"zh": "新人上课", "en": "Newcomers to the course"},
        "assigns": "course:mine/course",
        "hired": {"most_days": 30},
        "due_days": 14,
        **more,
    }


def ruled(folder: Path, *rules: dict[str, Any], **more: Any) -> None:
    """A course of a lesson, and rules in force."""
    taught(folder, a_lesson(), a_course(), *(rules or (a_rule(),)), **more)


def hired(name: str, days_ago: int, *, unit: people.Unit | None = None) -> people.Employee:
    """Somebody who was hired so many days ago."""
    person = an_employee(name, unit=unit)
    return people.change_employee(
        actor=None, employee=person, name=name, hired_on=today() - timedelta(days=days_ago), left_on=None
    )


def today() -> date:
    """The company's day."""
    return today_in_company()


def switched_on(manager: people.User, key: str = KEY) -> learning.RuleSwitch:
    """Somebody who has looked switches a rule on."""
    line = learning.rule_line(user=manager, key=key)
    assert line.text is not None
    return learning.switch_rule_on(actor=manager, key=key, number=str(line.text.version.number))
