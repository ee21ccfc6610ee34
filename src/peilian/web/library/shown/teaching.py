"""Lessons, courses and learning paths: what is learnt, in which order, and what it ends in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peilian.adapters.packs.teaching import CourseDocument, ExamDocument, LessonDocument, PathDocument, UnitField
from peilian.web.library.editor_words import kind_name
from peilian.web.library.markdown import text_address
from peilian.web.library.shown.reading import Reading
from peilian.web.library.words import words_of
from peilian.web.record.wordings import competency_name


@dataclass(frozen=True, slots=True)
class Link:
    """A text that is named: what kind it is, its title, and its page where the reader has one."""

    kind: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a course with its link."""

    unit: UnitField
    link: Link


def lesson(document: LessonDocument, reading: Reading) -> dict[str, Any]:
    """What it ends in."""
    return {
        "drill": linked("scenario", document.drill, reading) if document.drill else None,
        "rewrite": words_of(reading.items.get(document.rewrite or "")),
        "check_items": named_items(document.check.items, reading) if document.check and reading.is_writer else (),
    }


def course(document: CourseDocument, reading: Reading) -> dict[str, Any]:
    """Its units in order, and the courses and exams that it names."""
    units = []
    for unit in document.units:
        kind, _colon, key = unit.what.partition(":")
        units.append(Unit(unit, linked(kind, key, reading)))
    return {
        "units": units,
        "requires": [linked("course", key, reading) for key in document.requires],
        "exam": linked("exam", document.exam, reading) if document.exam else None,
        "test_out": linked("exam", document.test_out, reading) if document.test_out else None,
    }


def path(document: PathDocument, reading: Reading) -> dict[str, Any]:
    """Its courses in order."""
    return {"courses": [linked("course", key, reading) for key in document.courses]}


def exam(document: ExamDocument, reading: Reading) -> dict[str, Any]:
    """What is set, what is drawn and by what, in words; for who writes alone."""
    return {
        "fixed": list(zip(document.fixed, named_items((one.item for one in document.fixed), reading), strict=True)),
        "rules": [
            (rule, [linked("items", key, reading) for key in rule.banks], list(map(competency_name, rule.competencies)))
            for rule in document.drawn
        ],
        "n_drawn": sum(rule.count for rule in document.drawn),
        "remedial": [linked("lesson", key, reading) for key in document.remedial],
    }


def linked(kind: str, key: str, reading: Reading) -> Link:
    """The link to a text; what the reader may not see has its kind for a title and no page."""
    title = reading.titles.get(f"{kind}:{key}")
    if title is None:
        return Link(kind_name(kind), "", "")
    return Link(kind_name(kind), title.in_language(reading.language), text_address(kind, key) or "")


def named_items(names: Iterable[str], reading: Reading) -> list[tuple[str, str]]:
    """Questions of banks with the page that they stand on; what is not there is told by its name."""
    found = []
    for name in names:
        bank, _hash, item = name.partition("#")
        words = words_of(reading.items[name]) if name in reading.items else name
        found.append((words, f"{text_address('items', bank) or ''}#item-{item}"))
    return found
