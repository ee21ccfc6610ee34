"""Results of drills (演练结果): indices, points by the drill card, and the trace, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from peilian.engine._kernel import Language, Reason
from peilian.engine.drill import ENGINE_VERSION, Change, Drill, Line, Step, conversation_of
from peilian.engine.drill.conditions import holds, values_of
from peilian.engine.drill.outcome import (
    RequiredResult,
    completeness,
    efficiency,
    fatal,
    final_satisfaction,
    required_results,
    unresolved,
)
from peilian.engine.scorecard import Evidence, Indicator, Scored
from peilian.flows import scoring
from peilian.flows.wording import say

CARD = "drill-card"
_SHOWN = ("mood", "trust", "patience", "escalation")  # variables whose changes are told


def result_of(drill: Drill, steps: Sequence[Step], language: Language) -> dict[str, Any]:
    """The result of a drill that is over, in the shape that ``docs/howto/drills.md`` promises."""
    scenario, state, customer = drill.cast.scenario, drill.state, drill.customer
    scored = score(drill)
    ended = state.ended_ms or 0
    return {
        "scenario": scenario.key,
        "version": scenario.version,
        "seed": drill.seed,
        "language": scenario.language,
        "mode": drill.mode,
        "engine": ENGINE_VERSION,
        "outcome": state.outcome,
        "ended_at_seconds": _seconds(ended),
        "customers": [
            {
                "name": scenario.persona.name,
                "satisfaction_index": {
                    "final": final_satisfaction(customer),
                    "trace": [[_seconds(step.at_ms), step.gauge.satisfaction] for step in steps if step.gauge],
                },
                "resolution_efficiency": efficiency(customer, ended),
                "required": [_required(item) for item in required(drill)],
                "faults": [
                    {
                        "rule": item.rule,
                        "at_seconds": _seconds(item.at_ms),
                        "quote": item.quote,
                        "fatal": item.is_fatal,
                        "why": say(Reason(f"drill.misstep.{item.rule}"), language),
                    }
                    for item in state.missteps
                ],
            }
        ],
        **_points(scored, language),
        "transcript": [
            {"at_seconds": _seconds(line.at_ms), "role": line.role, "text": line.text}
            for line in sorted(drill.transcript, key=lambda line: line.at_ms)
        ],
        "trace": [told(change, language) for step in steps for change in step.changes if change.variable in _SHOWN],
    }


def required(drill: Drill) -> list[RequiredResult]:
    """The required elements that were due in this drill."""
    values = values_of(drill.state)
    due = [
        element.element_id
        for element in drill.cast.scenario.required
        if holds(element.when, values) or drill.state.elements[element.element_id].share > 0
    ]
    return required_results(drill.cast.scenario, drill.state, due)


def score(drill: Drill) -> Scored:
    """The drill by the drill card: the transcript as at work, and what only the drill knows."""
    conversation = conversation_of(drill.transcript, "drill")
    extra = _indicators(drill)
    return scoring.score_conversation(conversation, scoring.shipped()[CARD], drill.cast.lexicons, extra)


def _indicators(drill: Drill) -> Mapping[str, Indicator]:
    state, results = drill.state, required(drill)
    total = sum(item.weight for item in results) or 1.0
    lost = tuple(
        Evidence(
            Reason("drill.lost.wrong" if item.is_wrong else "drill.lost.half" if item.share else "drill.lost.missing",
                   {"element": item.label}),
            quote=item.quote or None,
            loss=_decimal(item.weight * (1 - item.share) / total),
        )
        for item in results
        if item.share < 1
    )  # fmt: skip
    turns = max(1, state.turn)
    open_needs = unresolved(drill.cast.scenario, state)
    return {
        "completeness": Indicator(_decimal(completeness(results)), len(results), lost),
        "resolution": Indicator(_decimal(efficiency(drill.customer, state.ended_ms or 0) / 100)),
        "fatal_breach": Indicator(Decimal(len(fatal(state)))),
        "critical_unresolved": Indicator(Decimal(len(open_needs))),
        "copied_share": Indicator(_decimal(state.copied / turns)),
        "dump_share": Indicator(_decimal(state.dumped / turns)),
    }


def told(change: Change, language: Language) -> dict[str, Any]:
    """A change of the customer with its reason in words."""
    return {
        "at_seconds": _seconds(change.at_ms),
        "rule": change.rule,
        "variable": change.variable,
        "delta": change.delta,
        "why": why(change, language),
        "quote": change.params.get("quote"),
    }


def why(change: Change, language: Language) -> str:
    """The reason of a change in words."""
    return say(Reason(f"drill.why.{change.rule}", change.params), language)


def _points(scored: Scored, language: Language) -> dict[str, Any]:
    line = scoring.to_line(scored, scoring.shipped()[CARD], language)
    kept = ("total", "max", "passed", "gates", "limits", "warnings")
    return {"scorecard": line["scorecard"], "scores": line["scores"], **{key: line[key] for key in kept}}


def _required(item: RequiredResult) -> dict[str, Any]:
    return {
        "id": item.element_id,
        "label": item.label,
        "met": item.is_met,
        "share": item.share,
        "wrong": item.is_wrong,
        "at_seconds": None if item.at_ms is None else _seconds(item.at_ms),
        "quote": item.quote or None,
        "model": item.model,
        "why": item.why,
    }


def line_of(line: Line) -> dict[str, Any]:
    """A line of the transcript as plain values."""
    return {"at_seconds": _seconds(line.at_ms), "role": line.role, "text": line.text, "act": line.act}


def _seconds(at_ms: int) -> float:
    return round(at_ms / 1000, 3)


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 6)))
