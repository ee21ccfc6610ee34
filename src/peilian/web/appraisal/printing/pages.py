"""The papers as HTML documents: what WeasyPrint sets, and what a browser prints without it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, Literal

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from peilian.engine._kernel import Language
from peilian.web.appraisal.printing.documents import (
    Adjustment,
    PlanDocument,
    PrintedPerson,
    RankedPerson,
    RankingDocument,
    SheetDocument,
    SheetGroup,
    SheetLine,
)
from peilian.web.appraisal.printing.numerals import change_text, day_text, moment_text, out_of_hundred, points_text
from peilian.web.shell.formats import DASH
from peilian.web.shell.languages import DJANGO_CODES, HTML_CODES

Document = SheetDocument | RankingDocument | PlanDocument
# What of a sheet stands on a page of its own behind it.
Annex = Literal["nothing", "reasons", "reasons and remarks"]
Pair = tuple[str, str]

STYLESHEET = Path(__file__).parents[2] / "static" / "appraisal-print.css"


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """How a score sheet is laid out.

    ``is_merged`` has a group beside its lines, in one tall cell; a sheet that is known to run over several pages has
    it above them. ``is_dense`` keeps no line breaks within a cell and little room around it.
    """

    annex: Annex = "nothing"
    is_dense: bool = False
    is_merged: bool = True


PLAIN = SheetLayout()
FEWEST_STEPS = 4  # rows of a plan, so that more can be written by hand


def sheet_html(
    document: SheetDocument,
    *,
    blank: bool = False,
    layout: SheetLayout = PLAIN,
    stylesheet: str | None = None,
) -> str:
    """A score sheet. ``blank`` leaves the score column, totals and remarks empty, for rating by hand.

    ``stylesheet`` is the address of the style sheet; without one the page has no looks, and whoever sets it has them.
    """
    with translation.override(DJANGO_CODES[document.language]):
        content = _sheet(document, blank, layout)
        return _page("sheet", document, content, stylesheet, kind="fitted dense" if layout.is_dense else "fitted")


def ranking_html(document: RankingDocument, *, stylesheet: str | None = None) -> str:
    """The summary of a cycle, on A4 across."""
    with translation.override(DJANGO_CODES[document.language]):
        return _page("ranking", document, _ranking(document), stylesheet, kind="wide")


def plan_html(document: PlanDocument, *, stylesheet: str | None = None) -> str:
    """The record of a feedback talk with its improvement plan."""
    with translation.override(DJANGO_CODES[document.language]):
        return _page("plan", document, _plan(document), stylesheet, kind="roomy")


def person_facts(person: PrintedPerson, period: str) -> list[list[Pair]]:
    """Who a paper is about and when, as two rows of label and value."""
    return [
        [(_("Name"), person.name), (_("Employee number"), person.number), (_("Appraisal period"), period)],
        [(_("Team"), person.team), (_("Post"), person.post), (_("Direct supervisor"), person.supervisor)],
    ]


def sheet_columns() -> list[str]:
    """The heads of a score sheet's columns."""
    return [
        pgettext("score sheet", "Group"),
        pgettext("score sheet", "Indicator"),
        _("Weight"),
        _("Evaluation standard"),
        _("Actual figures and reasons"),
        pgettext("score sheet", "Score"),
    ]


def sheet_signatures() -> list[str]:
    """Who signs a score sheet."""
    return [_("Signature of the person appraised"), _("Signature of the direct supervisor"), _("Reviewer's signature")]


def sheet_origin(document: SheetDocument) -> str:
    """Which version of a result a paper shows, and what it rests on."""
    parts = [_("Version %(n)d") % {"n": document.version}]
    if document.published_at is not None:
        parts.append(_("Published %(when)s") % {"when": moment_text(document.published_at, document.language)})
    if document.inputs_hash:
        parts.append(_("Data fingerprint %(hash)s") % {"hash": document.inputs_hash})
    return " · ".join(parts)


def appeal_text(document: SheetDocument) -> str:
    """Until when the result may be contested; empty where that is not set."""
    if document.appeal_until is None:
        return ""
    return _("You may appeal against this result until %(day)s.") % {
        "day": day_text(document.appeal_until, document.language)
    }


def ranking_columns(document: RankingDocument) -> list[str]:
    """The heads of a ranking's columns."""
    return [
        _("Rank"),
        _("Name"),
        _("Employee number"),
        _("Team"),
        _("Post"),
        *document.groups,
        _("Total (of %(most)s)") % {"most": points_text(document.most)},
        _("Out of 100"),
        pgettext("appraisal", "Grade"),
        _("Remarks"),
    ]


def ranking_summary(document: RankingDocument) -> list[Pair]:
    """How the people of a ranking stand together; people without a result are counted and no more."""
    totals = [one.normalised for one in document.people if one.normalised is not None]
    grades = Counter(one.grade for one in document.people if one.grade)
    mean = sum(totals, Decimal(0)) / len(totals) if totals else None
    return [
        (_("Unit"), document.unit),
        (_("Appraisal period"), document.period),
        (
            _("People appraised"),
            _("%(n)d, of whom %(scored)d with a result") % {"n": len(document.people), "scored": len(totals)},
        ),
        (_("Mean"), out_of_hundred(mean)),
        (_("Median"), out_of_hundred(median(totals) if totals else None)),
        (_("Grades"), _separator(document.language).join(f"{grade} {n}" for grade, n in grades.items()) or DASH),
    ]


def plan_columns() -> list[str]:
    """The heads of an improvement plan's columns."""
    return [
        pgettext("improvement plan", "No."),
        _("Goal and step"),
        _("Ability"),
        pgettext("improvement plan", "By"),
        _("Progress"),
        _("Result when checked"),
    ]


def plan_facts(document: PlanDocument) -> list[list[Pair]]:
    """Who an improvement plan is for, by which result."""
    return [
        *person_facts(document.person, document.period),
        [
            (_("Result out of 100"), out_of_hundred(document.normalised)),
            (pgettext("appraisal", "Grade"), document.grade),
            (_("Date of the talk"), day_text(document.held_on, document.language)),
        ],
    ]


def plan_talk(document: PlanDocument) -> list[Pair]:
    """What was said in the talk."""
    return [(_("Strengths"), document.strengths), (_("Areas to improve"), document.to_improve)]


def plan_answer(document: PlanDocument) -> Pair:
    """What the person says to it, and when it was read."""
    read = day_text(document.acknowledged_on, document.language)
    said = [document.answer, _("Read and acknowledged on %(day)s") % {"day": read} if read else ""]
    return _("Comments of the person appraised"), "\n".join(part for part in said if part)


def plan_signatures() -> list[str]:
    """Who signs an improvement plan."""
    return [_("Signature of the person appraised"), _("Signature of the direct supervisor"), _("Human resources")]


def _page(name: str, document: Document, content: dict[str, Any], stylesheet: str | None, kind: str) -> str:
    about = document.unit if isinstance(document, RankingDocument) else document.person.name
    context = {
        "document": document,
        "lang": HTML_CODES[document.language],
        "kind": kind,
        "footer": " · ".join(part for part in (document.company, document.title, document.period, about) if part),
        "stylesheet": stylesheet,
        **content,
    }
    return render_to_string(f"printing/{name}.html", context)


def _sheet(document: SheetDocument, blank: bool, layout: SheetLayout) -> dict[str, Any]:
    columns, is_merged = sheet_columns(), layout.is_merged
    annex: Annex = "nothing" if blank else layout.annex
    shows_reasons = annex == "nothing"
    remarks = [(_("Self-appraisal"), document.self_remark), (_("Supervisor's remark"), document.supervisor_remark)]
    behind = remarks if annex == "reasons and remarks" else []
    return {
        "facts": person_facts(document.person, document.period),
        "preview": document.published_at is None and not blank,
        "is_merged": is_merged,
        "columns": columns if is_merged else columns[1:],
        "groups": [_group(group, blank, shows_reasons) for group in document.groups],
        "adjustments": [] if blank else [_adjustment(one) for one in document.adjustments],
        "totals": _totals(document, blank),
        "warnings": () if blank else document.warnings,
        "remarks": [
            (label, "" if blank else _("See the annex") if behind and text else text) for label, text in remarks
        ],
        "corrections": () if blank else document.corrections,
        "signatures": sheet_signatures(),
        "appeal": "" if blank else appeal_text(document),
        "origin": "" if blank else sheet_origin(document),
        "colon": "：" if document.language == "zh" else ": ",
        "annex": [] if shows_reasons else [_line(line, False, True) for one in document.groups for line in one.lines],
        "annex_columns": [columns[1], _("Points / weight"), columns[4]],
        "annex_remarks": [pair for pair in behind if pair[1]],
    }


def _group(group: SheetGroup, blank: bool, shows_reasons: bool) -> dict[str, Any]:
    adjustments = [] if blank else [_adjustment(one) for one in group.adjustments]
    return {
        "label": group.label,
        "heading": _("%(group)s (weight %(weight)s)") % {"group": group.label, "weight": points_text(group.weight)},
        "weight": points_text(group.weight),
        "points": "" if blank else points_text(group.points),
        "lines": [_line(line, blank, shows_reasons) for line in group.lines],
        "adjustments": adjustments,
        "n_rows": len(group.lines) + len(adjustments) + 1,
    }


def _line(line: SheetLine, blank: bool, shows_reasons: bool) -> dict[str, Any]:
    explains = shows_reasons and not blank
    return {
        "label": line.label,
        "standard": line.standard,
        "weight": points_text(line.weight),
        "points": "" if blank else points_text(line.points),
        "measured": "" if blank else line.measured,
        "reasons": line.reasons if explains else (),
        "note": line.note if explains else "",
    }


def _adjustment(one: Adjustment) -> dict[str, str]:
    return {"label": one.label, "points": change_text(one.points)}


def _totals(document: SheetDocument, blank: bool) -> list[Pair]:
    total = _("Total (of %(most)s)") % {"most": points_text(document.most)}
    return [
        (total, "" if blank else points_text(document.raw)),
        (_("Out of 100"), "" if blank else out_of_hundred(document.normalised)),
        (pgettext("appraisal", "Grade"), "" if blank else document.grade),
    ]


def _ranking(document: RankingDocument) -> dict[str, Any]:
    summary = ranking_summary(document)
    published = moment_text(document.published_at, document.language)
    return {
        "facts": [summary[:3], summary[3:]],
        "preview": document.published_at is None,
        "columns": ranking_columns(document),
        "column_kinds": ["rank", "name", "id", "team", "post", *["points"] * (len(document.groups) + 3), "left"],
        "rows": [_ranked(one) for one in document.people],
        "signatures": [_("Prepared by"), _("Head of department"), _("Human resources")],
        "origin": _("Published %(when)s") % {"when": published} if published else "",
    }


def _ranked(one: RankedPerson) -> list[Pair]:
    person = one.person
    words = ["–" if one.rank is None else str(one.rank), person.name, person.number, person.team, person.post]
    numbers = [*map(points_text, one.subtotals), points_text(one.raw), out_of_hundred(one.normalised)]
    return [
        *(("", text) for text in words),
        *(("number", text) for text in numbers),
        ("", one.grade),
        ("left", one.note),
    ]


def _plan(document: PlanDocument) -> dict[str, Any]:
    steps = [
        {
            "serial": str(number),
            "goal": step.goal,
            "ability": step.ability,
            "due": day_text(step.due_on, document.language),
            "state": step.state,
        }
        for number, step in enumerate(document.steps, start=1)
    ]
    return {
        "facts": plan_facts(document),
        "talk": plan_talk(document),
        "columns": plan_columns(),
        "steps": steps + [{"serial": str(n)} for n in range(len(steps) + 1, FEWEST_STEPS + 1)],
        "answer": plan_answer(document),
        "signatures": plan_signatures(),
    }


def _separator(language: Language) -> str:
    return "、" if language == "zh" else ", "
