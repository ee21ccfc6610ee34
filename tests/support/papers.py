"""Papers of an appraisal for tests of printing: a shop's monthly sheet with 19 lines, in Chinese and in English."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from peilian.engine._kernel import Language
from peilian.engine.scorecard import Indicator
from peilian.flows import appraising
from peilian.flows.appraisal_sheets import to_sheet
from peilian.web.appraisal.printing.documents import (
    PlanDocument,
    PlanStep,
    PrintedPerson,
    RankedPerson,
    RankingDocument,
    SheetDocument,
    SheetGroup,
    SheetLine,
)

D = Decimal
ZERO = D(0)
_FILE = Path(__file__).parents[1] / "fixtures" / "papers" / "october.yaml"


def a_sheet(language: Language = "zh", **changes: Any) -> SheetDocument:
    """The published sheet of October: 92.083 of 105 points."""
    words = _words(language)["sheet"]
    groups = tuple(_group(one) for one in words["groups"])
    raw = sum((one.points or ZERO for one in groups), ZERO)
    made = SheetDocument(
        language=language,
        company=words["company"],
        title=words["title"],
        period=words["period"],
        person=PrintedPerson(**words["person"]),
        groups=groups,
        raw=raw,
        most=D(105),
        normalised=raw / 105 * 100,
        grade=words["grade"],
        warnings=(words["warning"],),
        self_remark=words["self_remark"],
        supervisor_remark=words["supervisor_remark"],
        published_at=datetime(2026, 11, 5, 10, 0),  # noqa: DTZ001 -- as shown in the reader's zone
        appeal_until=date(2026, 11, 12),
        inputs_hash="3fa9c2e1b7d0",
    )
    return replace(made, **changes)


# What the agent of October reached, by indicators of the shipped monthly sheet.
REACHED = {
    "sales_completion_ratio": "0.92", "sales_growth_ratio": "0.12", "conversion_ratio": "0.012",
    "featured_ratio": "0.85", "return_ratio": "0.008", "responses": "400", "disputes": "0",
    "own_deal_ratio": "0.12", "knowledge_level": "3", "guide_level": "3", "communication_level": "2",
    "adaptability_level": "2", "late_count": "1", "etiquette_breaches": "0", "responsibility_level": "3",
    "complaints": "1", "impolite_hits": "0", "report_on_time": "1", "report_quality_met": "1", "rule_breaches": "1",
    "team_events": "0",
}  # fmt: skip


def a_shipped_sheet(language: Language = "zh") -> SheetDocument:
    """The shipped monthly sheet with the levels that its raters choose from, and everything that it says of itself."""
    template = appraising.templates()["ecommerce-monthly"]
    card = appraising.card_of(template.body)
    scored = appraising.appraise(card, {key: Indicator(D(value)) for key, value in REACHED.items()})
    said = to_sheet(scored, card, language)
    points = {line.key: line.points for line in scored.lines}
    levels = {one["key"]: [level[language] for level in one.get("levels", ())] for one in template.body["indicators"]}
    lines: dict[str, list[SheetLine]] = {}
    for one in said["lines"]:
        chosen_from = (f"{n}. {text}" for n, text in enumerate(levels[one["indicator"]], start=1))
        line = SheetLine(
            label=one["label"],
            standard="\n".join([one["standard"] or "", *chosen_from]),
            weight=D(str(one["weight"])),
            points=points[one["line"]],
            measured=", ".join(f"{shown['label']} {shown['value']}" for shown in one["inputs"].values()),
            reasons=tuple(reason["text"] for reason in one["reasons"]),
        )
        lines.setdefault(one["group"], []).append(line)
    groups = (SheetGroup(one["label"], tuple(lines[one["group"]]), D(str(one["points"]))) for one in said["groups"])
    return a_sheet(
        language, title=said["title"], groups=tuple(groups), raw=D(str(said["raw"])), most=D(str(said["max"])),
        normalised=D(str(said["normalised"])), warnings=tuple(said["warnings"]),
    )  # fmt: skip


def with_lines(document: SheetDocument, **changes: Any) -> SheetDocument:
    """The sheet with something changed in every line."""
    groups = (replace(one, lines=tuple(replace(line, **changes) for line in one.lines)) for one in document.groups)
    return replace(document, groups=tuple(groups))


def of_person(document: SheetDocument, **changes: str) -> SheetDocument:
    """The sheet of somebody else."""
    return replace(document, person=replace(document.person, **changes))


def a_ranking(n_people: int = 12, language: Language = "zh") -> RankingDocument:
    """The summary of October: people with falling totals, the last one exempt."""
    sheet, words = a_sheet(language), _words(language)["ranking"]
    people = []
    for number in range(1, n_people):
        person = replace(sheet.person, name=f"{sheet.person.name}{number}", number=f"CS{number:04d}")
        subtotals = (D(65) - D(number) / 8, D(14), D("24.5"))
        raw = sum(subtotals, ZERO)
        grade = words["best"] if number <= n_people // 5 else sheet.grade
        people.append(RankedPerson(person, subtotals, raw, raw / 105 * 100, grade, rank=number))
    last = replace(sheet.person, name=f"{sheet.person.name}{n_people}", number=f"CS{n_people:04d}")
    people.append(RankedPerson(last, (None, None, None), None, None, note=words["exempt"]))
    return RankingDocument(
        language=language,
        company=sheet.company,
        title=words["title"],
        period=sheet.period,
        unit=words["unit"],
        groups=tuple(one.label for one in sheet.groups),
        people=tuple(people),
        most=D(105),
        published_at=sheet.published_at,
    )


def a_plan(language: Language = "zh", **changes: Any) -> PlanDocument:
    """The talk about October's sheet."""
    sheet, words = a_sheet(language), _words(language)["plan"]
    made = PlanDocument(
        language=language,
        company=sheet.company,
        title=words["title"],
        period=sheet.period,
        person=sheet.person,
        normalised=sheet.normalised,
        grade=sheet.grade,
        held_on=date(2026, 11, 6),
        strengths=words["strengths"],
        to_improve=words["to_improve"],
        steps=tuple(PlanStep(**step) for step in words["steps"]),
        answer=words["answer"],
        acknowledged_on=date(2026, 11, 7),
    )
    return replace(made, **changes)


def _group(words: dict[str, Any]) -> SheetGroup:
    lines = tuple(
        SheetLine(
            label=one["label"],
            standard=one["standard"],
            weight=D(one["weight"]),
            points=D(one["points"]),
            measured=one["measured"],
            reasons=(one["reason"],),
        )
        for one in words["lines"]
    )
    return SheetGroup(words["label"], lines, sum((line.points or ZERO for line in lines), ZERO))


@cache
def _words(language: Language) -> Any:
    return _in_language(yaml.safe_load(_FILE.read_text(encoding="utf-8")), language)


def _in_language(found: Any, language: Language) -> Any:
    if isinstance(found, dict):
        if set(found) == {"zh", "en"}:
            return found[language]
        return {key: _in_language(value, language) for key, value in found.items()}
    return [_in_language(one, language) for one in found] if isinstance(found, list) else found
