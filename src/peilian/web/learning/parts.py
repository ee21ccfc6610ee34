"""Courses and what one is on, as pages show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from peilian.apps.learning import api as learning
from peilian.flows.wording import say
from peilian.web.learning.places import unit_address
from peilian.web.learning.wordings import CAME_BY, HOWS, STATE_ICONS, STATES, Label, action_of, tone_of
from peilian.web.people.forms import name_in
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Tone


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit of a course: where it stands and what there is to do. ``reads``: a button says that it was read."""

    unit: learning.UnitView
    title: str
    state: str
    label: Label
    icon: str
    tone: Tone
    why: str
    how: Label
    href: str
    action: Label
    reads: bool
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class CourseLines:
    """A course with its units."""

    view: learning.CourseView
    title: str
    percent: int
    is_complete: bool
    why: str
    units: tuple[UnitLine, ...]


@dataclass(frozen=True, slots=True)
class Going:
    """Something that one is on. ``next`` is the unit to do now."""

    progress: learning.Progress
    title: str
    percent: int
    due_at: datetime | None
    is_late: bool
    came_by: Label
    came_because: str
    courses: tuple[CourseLines, ...]
    next: UnitLine | None
    next_course: str


def going_of(progress: learning.Progress) -> Going:
    """Something that one is on, in the reader's language."""
    courses = tuple(course_lines(view) for view in progress.courses)
    found = next(_nexts(courses), None)
    return Going(
        progress=progress,
        title=name_in(progress.enrolment.title),
        percent=progress.percent,
        due_at=progress.due_at,
        is_late=progress.is_overdue or progress.n_overdue > 0,
        came_by=CAME_BY.get(progress.enrolment.how, progress.enrolment.how),
        came_because=_because(progress.enrolment.because),
        courses=courses,
        next=found[1] if found else None,
        next_course=found[0].title if found else "",
    )


def course_lines(view: learning.CourseView) -> CourseLines:
    """A course with its units, in the reader's language."""
    standing = view.standing
    return CourseLines(
        view=view,
        title=name_in(view.title),
        percent=int(100 * standing.share),
        is_complete=standing.is_complete,
        why=_said(standing.reason),
        units=tuple(_line(unit, view) for unit in view.units),
    )


def _line(unit: learning.UnitView, view: learning.CourseView) -> UnitLine:
    standing = unit.standing
    is_open = standing.state in ("next", "open")
    course = view.key if view.what.startswith("course:") else ""
    return UnitLine(
        unit=unit,
        title=name_in(unit.title) or unit.key,
        state=standing.state,
        label=STATES[standing.state],
        icon=STATE_ICONS[standing.state],
        tone=tone_of(standing.state, is_overdue=standing.is_overdue),
        why=_said(standing.reason),
        how=HOWS.get(standing.done.how, "") if standing.done is not None else "",
        href=unit_address(unit, course) if standing.state != "locked" and not unit.is_gone else "",
        action=action_of(unit),
        reads=is_open and not unit.is_gone and unit.kind in learning.READ_KINDS and not unit.must_confirm,
        is_overdue=standing.is_overdue,
    )


def _nexts(courses: tuple[CourseLines, ...]) -> Iterator[tuple[CourseLines, UnitLine]]:
    for course in courses:
        for unit in course.units:
            if unit.state == "next":
                yield course, unit


def _because(kept: Mapping[str, Any]) -> str:
    """Of what came of a rule: which one, and why it gave it."""
    if not kept:
        return ""
    language = reading_language()
    reasons = [say(one, language) for one in learning.untold(kept.get("reasons", ()))]
    why = ("；" if language == "zh" else "; ").join(reasons)
    words = {"title": name_in(kept.get("title", {})), "why": why}
    return _("rule “%(title)s”: %(why)s") % words if why else _("rule “%(title)s”") % words


def _said(reason: Any) -> str:
    return say(reason, reading_language()) if reason is not None else ""
