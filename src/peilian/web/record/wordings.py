"""What the record says on pages: subjects of needs, origins, kinds of evidence, states."""

from __future__ import annotations

from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from peilian.adapters.packs.pain_points import load_rules
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason, Text
from peilian.flows.wording import say
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Tone

Label = str | Promise

ORIGINS: dict[str, Label] = {
    "gap": _("found by measuring"),
    "diagnosis": _("from the diagnosis"),
    "drill": _("from a drill"),
    "exam": _("from an exam"),
    "review": _("from a quality review"),
    "supervisor": _("raised by a leader"),
    "appraisal": _("from an appraisal"),
}
NEED_STATES: dict[str, Label] = {
    "open": pgettext_lazy("need", "open"),
    "assigned": _("in training"),
    "met": pgettext_lazy("need", "met"),
    "dismissed": pgettext_lazy("need", "dismissed"),
}
TASK_ACTIONS: dict[str, Label] = {
    "drill": _("Start drill"),
    "exam": _("To the exam"),
    "lesson": _("To the lesson"),
    "course": _("To the course"),
    "path": _("To my path"),
}
ASSIGNMENT_STATES: dict[str, Label] = {
    "open": pgettext_lazy("task", "open"),
    "overdue": pgettext_lazy("task", "overdue"),
    "done": pgettext_lazy("task", "done"),
    "cancelled": pgettext_lazy("task", "cancelled"),
}
STATE_TONES: dict[str, Tone] = {"open": "neutral", "overdue": "warn", "done": "good", "cancelled": "neutral"}


def competency_name(key: str) -> str:
    """A competency in the reader's language; one that the model no longer has keeps its name."""
    found = record.competency_text(key)
    return found.in_language(reading_language()) if found is not None else key


def level_name(level: int | None) -> str:
    """A level with its number: ``3 熟练``."""
    if level is None:
        return ""
    return f"{level} {record.competency_model().levels[level - 1].in_language(reading_language())}"


def subject_name(need: record.Need) -> str:
    """What a need is about."""
    if need.subject_kind == record.NeedSubject.PAIN_POINT:
        return pain_point_name(need.subject) or need.subject
    return competency_name(need.subject)


def pain_point_name(key: str) -> str:
    """A pain point or a group of them; empty when there is none such."""
    name = _pain_points().get(key)
    return name.in_language(reading_language()) if name is not None else ""


def kind_name(kind: str) -> str:
    """A kind of evidence."""
    return say(Reason(f"competency.kind.{kind}"), reading_language())


@cache
def _pain_points() -> dict[str, Text]:
    rules = load_rules()
    return {**{group.key: group.name for group in rules.groups}, **{point.key: point.name for point in rules.points}}
