"""The sheet of an appraisal (考核表): what is stored of a result, and the same in words.

The stored form is the only source of every view, so what is shown is what was frozen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from peilian.engine._expression import ARITHMETIC
from peilian.engine._kernel import Language, Reason, Text
from peilian.engine.scorecard import Evidence, Indicator, Line, PointReason, Scorecard, Scored, ScoredLine
from peilian.engine.scorecard.doubting import doubts
from peilian.engine.scorecard.values import rounded
from peilian.flows.scoring import Labels, Names, labels_of

SCHEMA = 1  # of the stored form

Json = dict[str, Any]


def to_stored(scored: Scored, card: Scorecard) -> Json:
    """A result as JSON that can be frozen: no language chosen, decimals as text in full, keys in a fixed order.

    ``card`` is the one it was scored by. The same result always gives the same bytes.
    """
    frame = _frame(card)
    grade = card.grade(scored.normalised)
    return {
        **frame.head,
        "engine_version": scored.engine_version,
        "lines": [_stored_line(frame.lines[line.key], line) for line in scored.lines],
        "groups": [{"group": one.key, "points": str(one.points), "max": str(one.max)} for one in scored.groups],
        "limits": [_stored_reason(limit) for limit in scored.limits],
        "gates": [{"gate": gate.key, "fails": gate.fails, **_stored_reason(gate.reason)} for gate in scored.gates],
        "total": str(scored.total),
        "max": str(scored.max),
        "normalised": None if scored.normalised is None else str(scored.normalised),
        "passed": scored.passed,
        "grade": None if grade is None else grade.key,
        "warnings": [*frame.warnings, *map(_reason_as_json, scored.warnings)],
    }


class _Frame:
    """What is the same in every result of a card."""

    def __init__(self, card: Scorecard) -> None:
        labels = {**labels_of(card), "grade": {grade.key: grade.label for grade in card.grades}}
        units = {key: measure.unit for key, measure in card.indicators.items() if measure.unit}
        self.head: Json = {
            "schema": SCHEMA,
            "scorecard": card.key,
            "version": card.version,
            "title": _text(card.title),
            "labels": {kind: {key: _text(text) for key, text in some.items()} for kind, some in labels.items()},
            "units": units,
            "weights": str(card.max),
        }
        self.lines = {line.key: _line_frame(line) for line in card.lines}
        self.warnings = [{**_reason_as_json(reason), **({"of": key} if key else {})} for key, reason in doubts(card)]


@lru_cache(maxsize=32)
def _frame(card: Scorecard) -> _Frame:
    return _Frame(card)


def _line_frame(line: Line) -> Json:
    return {
        "line": line.key,
        "group": line.group,
        "indicators": list(line.indicators),
        "standard": _text(line.standard),
        "source_note": _text(line.source_note),
        "competency": line.competency,
    }


def _stored_line(frame: Json, line: ScoredLine) -> Json:
    return {
        **frame,
        "weight": str(line.max),
        "rule": line.rule.key,
        "rule_version": line.rule.version,
        "inputs": {name: _stored_input(one) for name, one in line.inputs.items()},
        "points": None if line.points is None else str(line.points),
        "status": line.status,
        "note": None if line.note is None else _reason_as_json(line.note),
        "reasons": [_stored_reason(reason) for reason in line.reasons],
    }


def _stored_input(one: Indicator) -> Json:
    stored: Json = {"value": None if one.value is None else str(one.value), "n": one.n}
    if one.note is not None:
        stored["note"] = _reason_as_json(one.note)
    if one.is_excused:
        stored["excused"] = True
    return stored


def _stored_reason(reason: PointReason) -> Json:
    stored: Json = {
        "key": reason.reason.key,
        "params": dict(reason.reason.params),
        "points": str(reason.points),
    }
    if reason.evidence:
        stored["evidence"] = [_stored_evidence(piece) for piece in reason.evidence]
    return stored


def _stored_evidence(piece: Evidence) -> Json:
    span = None if piece.start is None else [piece.start, piece.end]
    return {**_reason_as_json(piece.reason), "i": piece.i, "span": span, "quote": piece.quote}


def _reason_as_json(reason: Reason) -> Json:
    return {"key": reason.key, "params": dict(reason.params)}


def _text(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {name: said for name, said in (("zh", text.zh), ("en", text.en)) if said}


def to_sheet(scored: Scored, card: Scorecard, language: Language) -> Json:
    """A result in words; the same as that of its stored form."""
    return from_stored(to_stored(scored, card), language)


def from_stored(stored: Mapping[str, Any], language: Language) -> Json:
    """The sheet in words: points at full precision, totals rounded for show (3 decimals, 2 on the scale of 100)."""
    names = Names(_labels(stored), language)
    grade = stored["grade"]
    return {
        "scorecard": stored["scorecard"],
        "version": stored["version"],
        "engine_version": stored["engine_version"],
        "title": _said(stored["title"], language),
        "lines": [_line_in_words(line, stored, names) for line in stored["lines"]],
        "groups": [
            {
                "group": one["group"],
                "label": names.label("group", one["group"]),
                "points": _number(one["points"]),
                "max": _number(one["max"]),
            }
            for one in stored["groups"]
        ],
        "limits": [_in_words(limit, names) for limit in stored["limits"]],
        "gates": [
            {"gate": gate["gate"], "label": names.label("gate", gate["gate"]), "fails": gate["fails"]}
            | _in_words(gate, names)
            for gate in stored["gates"]
        ],
        "raw": _rounded(stored["total"], 3),
        "max": _number(stored["max"]),
        "weights": _number(stored["weights"]),
        "normalised": _rounded(stored["normalised"], 2),
        "passed": stored["passed"],
        "grade": None if grade is None else {"key": grade, "label": names.label("grade", grade)},
        "warnings": [_warning(one, stored, names) for one in stored["warnings"]],
    }


def _labels(stored: Mapping[str, Any]) -> Labels:
    return {
        kind: {key: Text(text.get("zh"), text.get("en")) for key, text in some.items()}
        for kind, some in stored["labels"].items()
    }


def _line_in_words(line: Mapping[str, Any], stored: Mapping[str, Any], names: Names) -> Json:
    is_ratio = _is_ratio(line, stored)
    reasons = [_in_words(reason, names, is_ratio=is_ratio) for reason in line["reasons"]]
    note = None if line["note"] is None else names.say(_reason(line["note"]), is_ratio=is_ratio)
    texts = [reason["text"] for reason in reasons] or [note or names.say(Reason("scorecard.full"))]
    group = line["group"]
    return {
        "line": line["line"],
        "indicator": line["indicators"][0],
        "indicators": line["indicators"],
        "label": names.label("line", line["line"]),
        "group": group,
        "group_label": None if group is None else names.label("group", group),
        "inputs": {key: _input_in_words(key, one, stored, names) for key, one in line["inputs"].items()},
        "weight": _number(line["weight"]),
        "points": _number(line["points"]),
        "rule": line["rule"],
        "rule_version": line["rule_version"],
        "reason": ("；" if names.language == "zh" else "; ").join(texts),
        "reasons": reasons,
        "status": line["status"],
        "note": note,
        "standard": _said(line["standard"], names.language),
        "source_note": _said(line["source_note"], names.language),
        "competency": line["competency"],
    }


def _input_in_words(key: str, one: Mapping[str, Any], stored: Mapping[str, Any], names: Names) -> Json:
    said = {
        "label": names.label("indicator", key),
        "value": _number(one["value"]),
        "n": one["n"],
        "unit": stored["units"].get(key),
    }
    return said | ({"note": names.say(_reason(one["note"]))} if one.get("note") else {})


def _is_ratio(line: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    return any(stored["units"].get(name) == "ratio" for name in line["indicators"])


def _warning(one: Mapping[str, Any], stored: Mapping[str, Any], names: Names) -> str:
    line = next((line for line in stored["lines"] if line["line"] == one.get("of")), None)
    return names.doubt(_reason(one), one.get("of"), is_ratio=line is not None and _is_ratio(line, stored))


def _in_words(reason: Mapping[str, Any], names: Names, *, is_ratio: bool = False) -> Json:
    said: Json = {"text": names.say(_reason(reason), is_ratio=is_ratio), "points": _number(reason["points"])}
    if reason.get("evidence"):
        said["evidence"] = [
            {"text": names.say(_reason(piece)), "i": piece["i"], "span": piece["span"], "quote": piece["quote"]}
            for piece in reason["evidence"]
        ]
    return said


def waterfall(stored: Mapping[str, Any], language: Language) -> list[Json]:
    """The way from full points to the total (得分瀑布图): each step with its change and where it begins and ends.

    Lines that keep their full points are no step. Numbers are exact decimals as text; the last ``end`` is the total.
    """
    with localcontext(ARITHMETIC):
        return list(_steps(stored, Names(_labels(stored), language)))


def _steps(stored: Mapping[str, Any], names: Names) -> Iterator[Json]:
    at = Decimal(stored["max"])
    yield _step("max", names.say(Reason("scorecard.full_points")), "full", at, Decimal(0))
    for key, label, kind, points in _changes(stored, names):
        if points:
            yield _step(key, label, kind, points, at)
            at += points
    yield _step("total", names.say(Reason("scorecard.total")), "total", Decimal(stored["total"]), Decimal(0))


def _changes(stored: Mapping[str, Any], names: Names) -> Iterator[tuple[str, str, str, Decimal]]:
    for line in stored["lines"]:
        if line["points"] is not None:
            change = Decimal(line["points"]) - Decimal(line["weight"])
            yield line["line"], names.label("line", line["line"]), "line", change
    for limit in stored["limits"]:
        yield limit["key"], names.say(_reason(limit)), "limit", Decimal(limit["points"])
    for gate in stored["gates"]:
        yield gate["gate"], names.label("gate", gate["gate"]), "gate", Decimal(gate["points"])


def _step(key: str, label: str, kind: str, points: Decimal, start: Decimal) -> Json:
    return {
        "key": key,
        "label": label,
        "kind": kind,
        "points": str(points),
        "start": str(start),
        "end": str(start + points),
    }


def _reason(stored: Mapping[str, Any]) -> Reason:
    return Reason(stored["key"], stored["params"])


def _said(text: Mapping[str, str] | None, language: Language) -> str | None:
    return None if text is None else Text(text.get("zh"), text.get("en")).in_language(language)


def _number(text: str | None) -> float | int | None:
    """A number of JSON; a whole one without a decimal point."""
    if text is None:
        return None
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


def _rounded(text: str | None, places: int) -> float | int | None:
    return None if text is None else _number(str(rounded(Decimal(text), places)))
