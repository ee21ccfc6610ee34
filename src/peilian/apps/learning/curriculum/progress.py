"""How far somebody is (学习进度): enrolments with the versions they are on, against what stands completed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from django.db.models import UUIDField

from peilian.adapters.packs.teaching import CourseDocument, PathDocument
from peilian.apps.base.api import Argument, Prepared, company_zone, end_of_day
from peilian.apps.learning import clock
from peilian.apps.learning.curriculum.texts import Shelf, Taught, Text, in_force, pinned
from peilian.apps.learning.models import Completion, Enrolment
from peilian.apps.library import api as library
from peilian.engine._kernel import Bilingual, Language
from peilian.engine.curriculum import CoursePlan, Done, UnitPlan, course_standing, path_standing
from peilian.engine.curriculum.values import CourseStanding, UnitStanding

_DONE = Prepared(
    lambda: (
        Completion.objects.standing()
        .filter(Argument("employees", UUIDField(), is_many=True).has("employee"))
        .order_by("at", "id")
        .only("employee_id", "what", "how", "at")
    )
)


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit as somebody has it before them. ``is_gone``: its text is not in use any more, so it is not needed."""

    standing: UnitStanding
    title: Bilingual
    is_optional: bool
    is_gone: bool
    must_confirm: bool
    languages: tuple[Language, ...]
    due_at: datetime | None

    @property
    def what(self) -> str:
        """``kind:key``."""
        return self.standing.unit.what

    @property
    def kind(self) -> str:
        """The kind of its text."""
        return self.what.partition(":")[0]

    @property
    def key(self) -> str:
        """The key of its text."""
        return self.what.partition(":")[2]


@dataclass(frozen=True, slots=True)
class CourseView:
    """A course, or a lesson by itself, as somebody has it before them."""

    what: str
    title: Bilingual
    version: library.ContentVersion
    document: Taught
    standing: CourseStanding
    units: tuple[UnitView, ...]

    @property
    def key(self) -> str:
        """The key of the course."""
        return self.what.partition(":")[2]

    @property
    def next(self) -> UnitView | None:
        """The unit to do now."""
        return next((one for one in self.units if one.standing.state == "next"), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """An enrolment with where it stands. ``share`` of what is needed is done; ``newer`` is a version in force that is
    not the one it is on; ``has_newer`` tells the same of one of its courses."""

    enrolment: Enrolment
    courses: tuple[CourseView, ...]
    share: Fraction
    is_complete: bool
    due_at: datetime | None
    is_overdue: bool
    has_newer: bool

    @property
    def next(self) -> UnitView | None:
        """The next thing to do."""
        return next((course.next for course in self.courses if course.next is not None), None)

    @property
    def n_overdue(self) -> int:
        """How many units are overdue."""
        return sum(course.standing.n_overdue for course in self.courses)

    @property
    def percent(self) -> int:
        """The share in whole percent, never rounded up to the end."""
        return int(100 * self.share)


def done_of(employees: Collection[UUID]) -> Mapping[UUID, list[Completion]]:
    """What stands completed of each of some people, the oldest first."""
    found: dict[UUID, list[Completion]] = defaultdict(list)
    for row in _DONE(employees=employees):
        found[row.employee_id].append(row)
    return found


def counting(rows: Iterable[Completion], since: datetime | None) -> dict[str, Done]:
    """The latest completion of each text, of those that count for an enrolment."""
    return {
        row.what: Done(row.what, row.how, _ms(row.at)) for row in rows if since is None or row.at >= since
    }  # fmt: skip


def progress_of(enrolments: Sequence[Enrolment], now: datetime | None = None) -> list[Progress]:
    """Where each of some enrolments stands, whosever they are; a few queries for all of them."""
    if not enrolments:
        return []
    moment = now or clock.now()
    versions = {row.version_id for row in enrolments} | {pk for row in enrolments for pk in row.courses.values()}
    documents = pinned(versions)
    completed = done_of({row.employee_id for row in enrolments})
    names = {name for _version, document in documents.values() for name in _named(document)}
    shelf = Shelf(
        names | {row.what for row in enrolments} | {f"course:{key}" for row in enrolments for key in row.courses}
    )
    return [
        _progress(row, documents, counting(completed.get(row.employee_id, ()), row.counts_from), shelf, moment)
        for row in enrolments
    ]


def preview_of(what: str, done: Mapping[str, Done], now: datetime) -> CourseView:
    """A course as it would be for somebody who is not on it: the version in force, without times."""
    version, document = in_force(what)
    assert isinstance(document, CourseDocument)
    shelf = Shelf({what, *_named(document)})
    plan = _plan(what, document, None, shelf)
    return _view(plan, version, document, course_standing(plan, done, _ms(now)), shelf)


def _progress(
    row: Enrolment,
    documents: Mapping[str, tuple[library.ContentVersion, Taught]],
    done: Mapping[str, Done],
    shelf: Shelf,
    now: datetime,
) -> Progress:
    version, document = documents[str(row.version_id)]
    listed = [(row.what, version, document)]
    if isinstance(document, PathDocument):
        listed = [(f"course:{key}", *documents[row.courses[key]]) for key in document.courses if key in row.courses]
    plans: list[CoursePlan] = []
    start: datetime | None = row.started_at
    for what, _version, each in listed:
        plan = _plan(what, each, start, shelf)
        plans.append(plan)
        start = _ended(plan, done, start) if start is not None else None
    standing = path_standing(plans, done, _ms(now))
    views = tuple(
        _view(plan, found[1], found[2], one, shelf)
        for plan, found, one in zip(plans, listed, standing.courses, strict=True)
    )
    due_at = row.due_at or _path_due(row, document)
    is_complete = row.completed_at is not None or standing.is_complete
    newer = any(
        shelf[what].current not in (None, each.pk) for what, each, _document in [(row.what, version, None), *listed]
    )
    return Progress(
        row, views, Fraction(1) if is_complete else standing.share, is_complete, due_at,
        not is_complete and due_at is not None and due_at < now, newer and not is_complete,
    )  # fmt: skip


def _plan(what: str, document: Taught, start: datetime | None, shelf: Shelf) -> CoursePlan:
    """A course as the engine takes it; a lesson by itself is a course of one unit. Surveys are asked, never needed, and
    a text that is not in use any more holds nobody back."""
    title = shelf[what].title
    if not isinstance(document, CourseDocument):
        return CoursePlan(what, (UnitPlan(what, title=title),), title=title)
    units = []
    for unit in document.units:
        text = shelf[unit.what]
        is_needed = not unit.optional and text.is_in_use and not unit.what.startswith("survey:")
        units.append(UnitPlan(unit.what, is_needed, _due_ms(start, unit.days), title=text.title))
    exam = f"exam:{document.exam}"
    if document.exam is not None and shelf[exam].is_in_use and all(unit.what != exam for unit in units):
        units.append(UnitPlan(exam, is_last=True, title=shelf[exam].title))
    requires = {name: shelf[name].title for key in document.requires if shelf[name := f"course:{key}"].is_in_use}
    return CoursePlan(what, tuple(units), document.ordered, requires, title)


def _view(
    plan: CoursePlan, version: library.ContentVersion, document: Taught, standing: CourseStanding, shelf: Shelf
) -> CourseView:
    optional = (
        {unit.what for unit in document.units if unit.optional} if isinstance(document, CourseDocument) else set()
    )
    units = tuple(_unit(one, shelf[one.unit.what], one.unit.what in optional) for one in standing.units)
    return CourseView(plan.what, plan.title or document.title.to_text().both, version, document, standing, units)


def _unit(standing: UnitStanding, text: Text, is_optional: bool) -> UnitView:
    due = standing.unit.due_ms
    return UnitView(
        standing=standing,
        title=text.title,
        is_optional=is_optional or not standing.unit.is_needed,
        is_gone=not text.is_in_use,
        must_confirm=text.must_confirm,
        languages=text.languages,
        due_at=None if due is None else datetime.fromtimestamp(due / 1000, tz=company_zone()),
    )


def _named(document: Taught) -> set[str]:
    if isinstance(document, PathDocument):
        return {f"course:{key}" for key in document.courses}
    if not isinstance(document, CourseDocument):
        return set()
    names = {unit.what for unit in document.units} | {f"course:{key}" for key in document.requires}
    return names | {f"exam:{key}" for key in (document.exam, document.test_out) if key}


def _ended(plan: CoursePlan, done: Mapping[str, Done], start: datetime) -> datetime | None:
    """When a course of a path was complete, which is when the next one began; ``None`` before that."""
    needed = [unit.what for unit in plan.units if unit.is_needed] or [unit.what for unit in plan.units]
    if plan.what in done:
        ends = [done[plan.what].at_ms]
    elif all(name in done for name in needed):
        ends = [done[name].at_ms for name in needed]
    else:
        return None
    return max(start, datetime.fromtimestamp(max(ends) / 1000, tz=company_zone()))


def _path_due(row: Enrolment, document: Taught) -> datetime | None:
    days = document.days if isinstance(document, PathDocument) else None
    if isinstance(document, CourseDocument):
        days = max((unit.days for unit in document.units if unit.days is not None), default=None)
    return None if days is None else _day_end(row.started_at, days)


def _due_ms(start: datetime | None, days: int | None) -> int | None:
    return None if start is None or days is None else _ms(_day_end(start, days))


def _day_end(start: datetime, days: int) -> datetime:
    """The end of the company's day so many days after the start."""
    day = start.astimezone(company_zone()).date() + timedelta(days=days)
    return end_of_day(day)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
