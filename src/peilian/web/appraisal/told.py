"""A sheet as a reader sees it: answer, waterfall, lines with inputs, reasons, origin and evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from peilian.apps.appraisal import api as appraisal
from peilian.engine._kernel import Language, Reason
from peilian.flows.appraisal_texts import Outdated
from peilian.flows.wording import say
from peilian.web.appraisal import rule_texts
from peilian.web.appraisal.wordings import EVENT_KINDS, INPUT_SOURCES, TABLES, period_name
from peilian.web.shell import charts
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import DASH, MINUS, Unit, format_change, format_score, format_value

_UNITS: Mapping[str, Unit] = {"ratio": "ratio", "count": "count", "money": "money", "number": "count"}
# Formulas of business figures: those of a change keep now and before, those of shares two ratios.
_OF_CHANGE, _OF_SHARES = ("sales_growth",), ("featured_share_by_target_share",)
_MOST_LOSSES = 3
# Of a line's weight: below this it is coloured, with a word.
_ZERO = Decimal(0)
_LOW, _FULL = Decimal("0.6"), Decimal(1)


@dataclass(frozen=True, slots=True)
class Proof:
    """Something an input stands on, with its page when the reader may open one."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """One measured value of a line: what it says, how it was computed, who gave it, and what it stands on."""

    label: str
    value: str
    n: int | None
    source: str
    by: str = ""
    at: datetime | None = None
    formula: str = ""
    notes: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet."""

    key: str
    label: str
    points: Figure
    weight: Figure
    status: str
    reason: str
    reasons: tuple[tuple[str, str], ...]
    standard: str
    out_of_reach: str
    source_note: str
    origins: tuple[Origin, ...]
    remarks: tuple[appraisal.Remark, ...] = ()
    left_behind: tuple[str, ...] = ()  # what its standard says that the rule does not


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together, with their sum."""

    key: str
    label: str
    points: Figure | None
    most: Figure | None
    lines: list[Line] = field(default_factory=list)


@dataclass
class ToldSheet:
    """A sheet in words of ``language``."""

    view: appraisal.SheetView
    language: Language
    may_open_business: bool = False

    @cached_property
    def said(self) -> dict[str, Any]:
        """The sheet as the flow words it."""
        return self.view.in_language(self.language) if self.view.stored else {}

    @property
    def raw(self) -> str:
        """The total in points."""
        return format_score(Decimal(str(self.said["raw"])))

    @property
    def most(self) -> str:
        """Full points of the lines that count."""
        return format_score(Decimal(str(self.said["max"])))

    @property
    def is_open(self) -> bool:
        """Whether there is no total on the scale of 100 yet."""
        return self.said["normalised"] is None

    @property
    def normalised(self) -> str:
        """The total on the scale of 100."""
        value = self.said["normalised"]
        return DASH if value is None else format_score(Decimal(str(value)))

    @property
    def grade(self) -> str:
        """The grade; empty without one."""
        return str(self.said["grade"]["label"]) if self.said.get("grade") else ""

    @property
    def period(self) -> str:
        """Its month."""
        return period_name(self.view.cycle, self.language)

    @property
    def losses(self) -> list[tuple[str, str]]:
        """The lines that cost most, with what they cost."""
        steps = self.view.waterfall(self.language)
        costs = [
            (step["label"], -Decimal(step["points"]) - self._out_of_reach.get(step["key"], _ZERO)) for step in steps
        ]
        lost = sorted((cost for cost in costs if cost[1] > 0), key=lambda cost: -cost[1])
        return [(label, format_score(points)) for label, points in lost[:_MOST_LOSSES]]

    @cached_property
    def _out_of_reach(self) -> dict[str, Decimal]:
        """What of a line's weight nobody can have by its rule, by line."""
        reach = ((line, line.rule.reach(line.weight)) for line in self.view.card.lines)
        return {line.key: line.weight - most for line, most in reach if most is not None and most < line.weight}

    @property
    def lost_most(self) -> str:
        """The same in a sentence; empty when nothing was lost."""
        if not self.losses:
            return ""
        joint = "、" if self.language == "zh" else ", "
        lines = joint.join(f"{label} −{points}" for label, points in self.losses)
        return _("Most was lost on %(lines)s.") % {"lines": lines}

    def chart(self) -> charts.Chart | None:
        """The way from full points to the total; nothing where lines are not shown."""
        steps = [
            charts.Step(
                label=step["label"],
                start=Decimal(step["start"]),
                end=Decimal(step["end"]),
                is_whole=step["kind"] in ("full", "total"),
                href=f"#line-{step['key']}" if step["kind"] == "line" else "",
            )
            for step in self.view.waterfall(self.language)
        ]
        if not steps:
            return None
        title = _("From full points to the total")
        return charts.waterfall("waterfall", title, steps, unit="score", language=self.language)

    @cached_property
    def groups(self) -> list[Group]:
        """Lines by group, in the order of the sheet."""
        sums = {one["group"]: one for one in self.said.get("groups", ())}
        found: dict[str, Group] = {}
        for line in self.said.get("lines", ()):
            key = line["group"] or ""
            if key not in found:
                total = sums.get(key)
                found[key] = Group(
                    key,
                    line["group_label"] or "",
                    None if total is None else _points(total["points"]),
                    None if total is None else _points(total["max"]),
                )
            found[key].lines.append(self._line(line))
        return list(found.values())

    @property
    def adjustments(self) -> list[tuple[str, str]]:
        """What limits and gates changed, in words and points."""
        changes = [*self.said.get("limits", ()), *self.said.get("gates", ())]
        return [(one["text"], self._change(one["points"])) for one in changes]

    def _line(self, line: Mapping[str, Any]) -> Line:
        return Line(
            key=line["line"],
            label=line["label"],
            points=_points(line["points"], line["note"] or ""),
            weight=_points(line["weight"]),
            status=_status(line),
            reason=line["reason"],
            reasons=tuple((one["text"], self._change(one["points"])) for one in line["reasons"]),
            standard=line["standard"] or "",
            out_of_reach=self._said_out_of_reach(line["line"], Decimal(str(line["weight"]))),
            source_note=line["source_note"] or "",
            origins=tuple(self._origin(name, one) for name, one in line["inputs"].items()),
            remarks=tuple(one for one in self.view.remarks if one.line == line["line"]),
            left_behind=tuple(rule_texts.said(one) for one in self._left_behind.get(line["line"], ())),
        )

    def _said_out_of_reach(self, key: str, weight: Decimal) -> str:
        lost = self._out_of_reach.get(key)
        if lost is None:
            return ""
        told = {"most": format_score(weight - lost), "weight": format_score(weight)}
        return _("As the rules are set now, %(most)s of the %(weight)s points are all that can be had.") % told

    @cached_property
    def _left_behind(self) -> Mapping[str, tuple[Outdated, ...]]:
        return rule_texts.texts_left_behind(self.view.cycle.template_version, self.language)

    def _change(self, points: Any) -> str:
        return format_change(Decimal(str(points)), "score", self.language)

    def _origin(self, name: str, one: Mapping[str, Any]) -> Origin:
        kept = self.view.inputs.get(name, {})
        row = self._rows.get(kept.get("input", ""))
        detail = kept.get("detail") or {}
        said, note = one.get("note") or "", kept.get("note") or ""
        notes = [said, "" if note in said else note]  # what somebody wrote may be said already
        return Origin(
            label=one["label"],
            value=self._value(name, one),
            n=one["n"],
            source=str(INPUT_SOURCES.get(kept.get("source", ""), "")),
            by=row.entered_by.name if row is not None and row.entered_by is not None else "",
            at=None if row is None else row.entered_at,
            formula=self._formula(detail),
            notes=tuple(dict.fromkeys(note for note in notes if note)),
            proofs=tuple(proof for item in detail.get("references", ()) for proof in self._proofs(item)),
        )

    @cached_property
    def _rows(self) -> dict[str, appraisal.Input]:
        """The inputs that the sheet rests on, by id."""
        wanted = [kept["input"] for kept in self.view.inputs.values() if kept.get("input")]
        rows = appraisal.Input.objects.filter(pk__in=wanted, appraisee=self.view.appraisee).select_related("entered_by")
        return {str(row.pk): row for row in rows}

    def _value(self, name: str, one: Mapping[str, Any]) -> str:
        value = one["value"]
        if value is None:
            return DASH
        if one["unit"] == "level":
            measure = self.view.card.indicators.get(name)
            levels = measure.levels if measure is not None else ()
            return _("level %(level)s of %(of)s") % {"level": format_score(value), "of": len(levels) or "?"}
        if one["unit"] == "truth":
            return str(_("yes") if value else _("no"))
        return format_value(Decimal(str(value)), _UNITS.get(one["unit"] or "", "score"), self.language)

    def _formula(self, detail: Mapping[str, Any]) -> str:
        if not detail.get("formula"):
            return ""
        said = say(Reason(f"business.formula.{detail['formula']}"), self.language)
        whole = detail.get("denominator")
        if whole is None:
            return said
        unit: Unit = "ratio" if detail["formula"] in _OF_SHARES else "score"
        top, below = (format_value(_decimal(side), unit, self.language) for side in (detail.get("numerator"), whole))
        if detail["formula"] in _OF_CHANGE:
            top = f"({top} {MINUS} {below})" if self.language == "en" else f"（{top} {MINUS} {below}）"
        colon = ": " if self.language == "en" else "："
        return f"{said}{colon}{top} ÷ {below}".replace("） ÷", "）÷")

    def _proofs(self, item: Mapping[str, Any]) -> Iterator[Proof]:
        if item.get("kind") == "event":
            kind = EVENT_KINDS.get(item.get("event_kind", ""), "")
            yield Proof(f"{item.get('on', '')} {kind} {item.get('text', '')}".strip())
        elif item.get("kind") == "measure":
            days = {"period": "custom", "from_day": item.get("from", ""), "to_day": item.get("to", "")}
            person = self.view.appraisee.employee
            address = _address("kpis", {"kpi": item.get("key", ""), "agent": person.name, **days})
            yield Proof(_("The conversations it was measured on"), address)
        elif "table" in item:
            told = {"n": item.get("n", 0), "table": TABLES.get(item["table"], item["table"])}
            imports = item.get("imports") or []
            href = _page("table_report", imports[0]) if imports and self.may_open_business else ""
            yield Proof(_("%(n)s rows of the table “%(table)s”") % told, href)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _points(value: Any, missing: str = "") -> Figure:
    return Figure(None if value is None else Decimal(str(value)), "score", missing=missing)


def _status(line: Mapping[str, Any]) -> str:
    if line["points"] is None:
        return "none"
    share = Decimal(str(line["points"])) / Decimal(str(line["weight"]))
    return "bonus" if share > _FULL else "full" if share == _FULL else "low" if share < _LOW else "part"


def _address(name: str, query: Mapping[str, str]) -> str:
    found = _page(name)
    return f"{found}?{urlencode(query)}" if found else ""


def _page(name: str, *arguments: object) -> str:
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
