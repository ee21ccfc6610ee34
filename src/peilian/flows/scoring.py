"""Scoring (计分): conversations by a scorecard, and points with their reasons in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from peilian.adapters import packs
from peilian.adapters.packs.scorecard import load_scorecards as load_documents
from peilian.engine._kernel import Fault, InputError, Language, Param, Reason, Text
from peilian.engine.conversation import Conversation
from peilian.engine.reading import Lexicons, Reading, read_conversation
from peilian.engine.reading.indicators import ServiceIndicator, service_indicators
from peilian.engine.scorecard import Evidence, Indicator, PointReason, Scorecard, Scored, ScoredLine, score
from peilian.engine.scorecard.values import rounded
from peilian.flows.wording import say

Line = dict[str, Any]
Labels = Mapping[str, Mapping[str, Text]]


@cache
def shipped() -> Mapping[str, Scorecard]:
    """The scorecards of the shipped packs for conversations, by key."""
    loaded = load_documents((packs.SHIPPED,))
    return {key: card for key, card in loaded.cards.items() if loaded.purpose(key) == "conversation"}


def load_scorecards(roots: Iterable[Path]) -> Mapping[str, Scorecard]:
    """The scorecards of the packs below ``roots`` by key; ``InputError`` carries every fault."""
    return load_documents(roots).cards


def find_scorecard(name: str) -> Scorecard:
    """The shipped scorecard ``name``, or that of the file at the path ``name``, which may use lines of shipped ones."""
    if name in shipped():
        return shipped()[name]
    path = Path(name)
    if path.suffix not in (".yaml", ".yml") and not path.is_file():
        known = ", ".join(sorted(shipped()))
        raise InputError(Fault(Reason("scorecard.unknown", {"key": name, "known": known}), field="--scorecard"))
    key = packs.load_file(path).document.key
    return load_documents(file=path).cards[key]


def score_conversation(
    conversation: Conversation,
    scorecard: Scorecard,
    lexicons: Lexicons,
    extra_indicators: Mapping[str, Indicator] | None = None,
    *,
    reading: Reading | None = None,
) -> Scored:
    """Score one conversation by its own indicators of service, and by ``extra_indicators`` that only the caller knows.

    ``reading`` is that of the conversation when the caller has it already.
    """
    read = read_conversation(conversation, lexicons) if reading is None else reading
    found = {key: _indicator(one) for key, one in service_indicators(conversation, read).items()}
    return score(scorecard, {**found, **(extra_indicators or {})})


def _indicator(found: ServiceIndicator) -> Indicator:
    evidence = tuple(Evidence(one.reason, one.i, one.start, one.end, one.quote, one.loss) for one in found.signs)
    return Indicator(found.value, found.n, evidence, found.note)


def to_line(scored: Scored, scorecard: Scorecard, language: Language) -> Line:
    """A result as an object for JSON, its reasons said in ``language``. Totals are rounded, points are not."""
    names = Names(labels_of(scorecard), language)
    return {
        "scorecard": scored.scorecard,
        "version": scored.version,
        "engine_version": scored.engine_version,
        "title": scorecard.title.in_language(language),
        "total": _rounded(scored.total, 3),
        "max": _number(scored.max),
        "normalised": _rounded(scored.normalised, 2),
        "passed": scored.passed,
        "scores": [_scored_line(line, names) for line in scored.lines],
        "groups": [
            {
                "group": one.key,
                "label": names.label("group", one.key),
                "points": _number(one.points),
                "max": _number(one.max),
            }
            for one in scored.groups
        ],
        "gates": [
            {
                "gate": gate.key,
                "label": names.label("gate", gate.key),
                "cap": _number(gate.cap),
                "fails": gate.fails,
                **_reason(gate.reason, names),
                "evidence": [_evidence(piece, names) for piece in gate.reason.evidence],
            }
            for gate in scored.gates
        ],
        "limits": [_reason(limit, names) for limit in scored.limits],
        "warnings": [names.say(warning) for warning in scored.warnings],
    }


def labels_of(scorecard: Scorecard) -> Labels:
    """The labels of a scorecard's parts: by kind of part, by key."""
    zeros = {line.zero_when.condition.source: line.zero_when.label for line in scorecard.lines if line.zero_when}
    return {
        "line": {line.key: line.label for line in scorecard.lines},
        "group": {group.key: group.label for group in scorecard.groups},
        "gate": {gate.key: gate.label for gate in scorecard.gates},
        "indicator": {key: measure.label for key, measure in scorecard.indicators.items()},
        "condition": zeros,
    }


class Names:
    """Words for reasons, with the labels of a scorecard in place of its keys, and ratios as percentages."""

    def __init__(self, labels: Labels, language: Language) -> None:
        self.language = language
        self._labels = labels

    def say(self, reason: Reason, *, is_ratio: bool = False) -> str:
        """In words; ``is_ratio``: the values of the line that it belongs to are ratios."""
        params: dict[str, Param] = dict(reason.params)
        if reason.key.startswith("scorecard.limit.group."):
            params["key"] = self.label("group", str(params["key"]))
        for kind in ("gate", "indicator", "condition", "line"):
            if kind in params:
                params[kind] = self.label(kind, str(params[kind]))
        if reason.key == "scorecard.incomplete":
            joint = "、" if self.language == "zh" else ", "
            params["lines"] = joint.join(self.label("line", key) for key in str(params["lines"]).split(", "))
        for name in (*_SHARES, *(_MEASURED if is_ratio else ())):
            if name in params:
                params[name] = _NUMBER.sub(_percentage, str(params[name]))
        signed = {name: _MINUS.sub("−", one) if isinstance(one, str) else one for name, one in params.items()}
        return say(Reason(reason.key, signed), self.language)

    def doubt(self, reason: Reason, line: str | None, *, is_ratio: bool = False) -> str:
        """In words that begin with the line that it concerns."""
        said = self.say(reason, is_ratio=is_ratio)
        if line is None or "line" in reason.params:
            return said
        return f"{self.label('line', line)}{'：' if self.language == 'zh' else ': '}{said}"

    def label(self, kind: str, key: str) -> str:
        """The label of a part of that kind, else its key."""
        return self._labels[kind].get(key, Text()).in_language(self.language) or key


# Parameters of reasons that hold values of the indicator, or edges that it is compared with.
_MEASURED = ("value", "target", "step", "beyond", "band", "zero", "full", "worse", "better", "standard", "margin")
_SHARES = ("presence", "least", "share", "margin_share", "beyond_share", "step_share")
_MINUS = re.compile(r"(?<![\w.])-(?=\d)")  # of a number, not of a date
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _percentage(found: re.Match[str]) -> str:
    """A ratio as a percentage of two decimals; of more, where rounding would lift it onto a whole per cent, because
    that is where rules have their edges."""
    number = Decimal(found[0]) * 100
    for places in (2, 4, 6):
        shown = rounded(number, places)
        if shown == number or shown != shown.to_integral_value():
            break
    return f"{shown.normalize():f}%" if shown else "0%"


def _scored_line(line: ScoredLine, names: Names) -> Line:
    return {
        "dimension": line.key,
        "label": names.label("line", line.key),
        "points": _number(line.points),
        "max": _number(line.max),
        "status": line.status,
        "rule": line.rule.key,
        "rule_version": line.rule.version,
        "inputs": {name: {"value": _number(one.value), "n": one.n} for name, one in line.inputs.items()},
        "note": None if line.note is None else names.say(line.note),
        "reasons": [_reason(reason, names) for reason in line.reasons],
    }


def _reason(reason: PointReason, names: Names) -> Line:
    """A reason with the place of its evidence, when it has one alone."""
    line: Line = {"text": names.say(reason.reason), "points": _number(reason.points)}
    return line | _place(reason.evidence[0]) if len(reason.evidence) == 1 else line


def _evidence(piece: Evidence, names: Names) -> Line:
    return {"text": names.say(piece.reason), **_place(piece)}


def _place(piece: Evidence) -> Line:
    return {
        "quote": piece.quote,
        "i": piece.i,
        "span": None if piece.start is None else [piece.start, piece.end],
    }


def _number(value: Decimal | None) -> float | int | None:
    """A number of JSON; a whole one without a decimal point."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _rounded(value: Decimal | None, places: int) -> float | int | None:
    return None if value is None else _number(rounded(value, places))
