"""Results of drills (演练结果): indices, points by the drill card, and the trace, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from peilian.engine._kernel import Language, Reason
from peilian.engine.conversation import Role
from peilian.engine.drill import ENGINE_VERSION, Change, Drill, Step, conversation_of
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
from peilian.engine.drill.scenario import Tool
from peilian.engine.drill.state import RESOLVED
from peilian.engine.drill.world import Used
from peilian.engine.reading import Reading, read_conversation
from peilian.engine.reading.indicators import ServiceIndicator, service_indicators
from peilian.engine.scorecard import Evidence, Indicator, Scored
from peilian.flows import scoring
from peilian.flows.wording import say

CARD = "drill-card"
_LEAST_TOLD = 0.005  # share of the efficiency below which nobody is told what it was lost for
_FEELING = 2.0  # valence of words per unit of mood: a mood of -0.25 is where a customer counts as upset
_MISSTEPS = {"forbidden": Decimal("0.4"), "false_report": Decimal("0.3"), "wrong_fact": Decimal("0.2")}  # of compliance
_SHOWN = ("mood", "trust", "patience", "escalation", "distributive", "interactional", "procedural")  # changes told
_TWO_WAYS = frozenset({"needs", "outcome", "treatment", "process"})  # rules that move a customer up or down


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
        "ended_at_seconds": seconds(ended),
        "customers": [
            {
                "name": scenario.persona.name,
                "satisfaction_index": {
                    "final": final_satisfaction(customer),
                    "trace": [[seconds(step.at_ms), step.gauge.satisfaction] for step in steps if step.gauge],
                },
                "resolution_efficiency": efficiency(customer, ended),
                "live": _live(steps),
                "required": [_required(item) for item in required(drill)],
                "faults": [
                    {
                        "rule": item.rule,
                        "at_seconds": seconds(item.at_ms),
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
            {"at_seconds": seconds(line.at_ms), "role": line.role, "text": line.text}
            for line in sorted(drill.transcript, key=lambda line: line.at_ms)
        ],
        "actions": actions_of(steps, scenario.tools),
        "trace": [told(change, language) for step in steps for change in step.changes if change.variable in _SHOWN],
    }


def actions_of(steps: Iterable[Step], tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """What was done with tools, in order of time: their labels, the arguments by label, and what came of it."""
    named = {tool.name: tool for tool in tools}
    return [_action(step.at_ms, step.used, named.get(step.used.tool)) for step in steps if step.used is not None]


def _action(at_ms: int, used: Used, tool: Tool | None) -> dict[str, Any]:
    labels = {argument.name: argument.label for argument in tool.arguments} if tool else {}
    return {
        "at_seconds": seconds(at_ms),
        "tool": used.tool,
        "label": tool.label if tool else used.tool,
        "args": {labels.get(name, name): value for name, value in used.args.items()},
        "text": used.text,
        "is_done": used.is_done,
    }


def _live(steps: Iterable[Step]) -> dict[str, float] | None:
    """The indices as they stood last while the contact went on: the final ones look at the whole of it."""
    last = [step.gauge for step in steps if step.gauge is not None]
    return {"satisfaction": last[-1].satisfaction, "efficiency": last[-1].efficiency} if last else None


def required(drill: Drill) -> list[RequiredResult]:
    """The required elements that were due in this drill."""
    values = values_of(drill.state)
    due = [
        element.element_id
        for element in drill.cast.scenario.required
        if holds(element.when, values) or drill.state.elements[element.element_id].share > 0
    ]
    return required_results(drill.cast.scenario, drill.state, due)


def score(drill: Drill, card: str = CARD) -> Scored:
    """The drill by a scorecard: the transcript as at work, and what only the drill knows.

    At work the customer's feelings are estimated from the words; here they are known, and take the estimate's place.
    """
    conversation = conversation_of(drill.transcript, "drill", drill.state.ended_ms)
    reading = _with_known_world(read_conversation(conversation, drill.cast.lexicons), drill)
    extra = _indicators(drill)
    if card == CARD:
        compliance = service_indicators(conversation, reading)["compliance"]
        extra["compliance"] = _with_missteps(compliance, drill)
    return scoring.score_conversation(
        conversation, scoring.shipped()[card], drill.cast.lexicons, extra, reading=reading
    )


def _with_known_world(reading: Reading, drill: Drill) -> Reading:
    """With the customer's feelings as they are, and without promises that the world makes sure of."""
    sure = {(number, (start, end)) for number, start, end in drill.state.confirmed}
    messages, n_said = [], 0
    for read in _with_known_feelings(reading, drill).messages:
        if read.role == Role.AGENT:
            kept = tuple(
                one for one in read.findings
                if one.key != "overpromise" or (n_said, (one.start, one.end)) not in sure
            )  # fmt: skip
            read, n_said = replace(read, findings=kept), n_said + 1
        messages.append(read)
    return replace(reading, messages=tuple(messages))


def _with_known_feelings(reading: Reading, drill: Drill) -> Reading:
    ordered = sorted(drill.transcript, key=lambda line: line.at_ms)
    messages = [
        replace(read, emotion=replace(read.emotion, valence=max(-1.0, min(1.0, _FEELING * line.mood))))
        if read.emotion is not None and line.mood is not None
        else read
        for read, line in zip(reading.messages, ordered, strict=True)
    ]
    return replace(reading, messages=tuple(messages))


def _with_missteps(found: ServiceIndicator, drill: Drill) -> Indicator:
    """Compliance as at work, less what only the drill can know: words forbidden here, wrong figures, false reports."""
    evidence = [Evidence(one.reason, one.i, one.start, one.end, one.quote, one.loss) for one in found.signs]
    value = found.value
    if value is None:
        return Indicator(None, found.n, tuple(evidence), found.note)
    for item in drill.state.missteps:
        loss = min(value, _MISSTEPS.get(item.rule, Decimal(0)) if not item.is_fatal else value)
        if loss:
            reason = Reason(f"drill.misstep.{item.rule}")
            evidence.append(Evidence(reason, quote=item.quote, loss=loss))
            value -= loss
    return Indicator(value, found.n, tuple(evidence), found.note)


def _indicators(drill: Drill) -> dict[str, Indicator]:
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
        "resolution": _resolution(drill),
        "fatal_breach": Indicator(
            Decimal(len(fatal(state))),
            evidence=tuple(Evidence(Reason(f"drill.misstep.{item.rule}"), quote=item.quote) for item in fatal(state)),
        ),
        "critical_unresolved": Indicator(
            Decimal(len(open_needs)),
            evidence=tuple(
                Evidence(Reason("drill.lost.need", {"need": need.label}))
                for need in drill.cast.scenario.needs
                if need.need_id in open_needs
            ),
        ),
        "copied_share": Indicator(_decimal(state.copied / turns)),
        "dump_share": Indicator(_decimal(state.dumped / turns)),
    }


def _resolution(drill: Drill) -> Indicator:
    """Problem-solving efficiency, with what it lost: the needs that stayed open, and the time and messages it took."""
    needs, statuses = drill.cast.scenario.needs, drill.state.needs
    total = sum(need.weight for need in needs)
    value = efficiency(drill.customer, drill.state.ended_ms or 0) / 100
    lost = [
        Evidence(Reason("drill.lost.need", {"need": need.label}), loss=_decimal(need.weight / total))
        for need in needs
        if statuses[need.need_id] != RESOLVED
    ]
    pace = drill.customer.needs_worth(only_resolved=True) - value
    if not unresolved(drill.cast.scenario, drill.state) and pace >= _LEAST_TOLD:
        lost.append(Evidence(Reason("drill.lost.pace"), loss=_decimal(pace)))
    return Indicator(_decimal(value), evidence=tuple(lost))


def told(change: Change, language: Language) -> dict[str, Any]:
    """A change of the customer with its reason in words."""
    return {
        "at_seconds": seconds(change.at_ms),
        "rule": change.rule,
        "variable": change.variable,
        "delta": change.delta,
        "points": round(change.points, 2),
        "why": why(change, language),
        "quote": change.params.get("quote"),
    }


def why(change: Change, language: Language) -> str:
    """The reason of a change in words."""
    way = ("_better" if change.delta > 0 else "_worse") if change.rule in _TWO_WAYS else ""
    return say(Reason(f"drill.why.{change.rule}{way}", change.params), language)


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
        "at_seconds": None if item.at_ms is None else seconds(item.at_ms),
        "quote": item.quote or None,
        "model": item.model,
        "why": item.why,
    }


def seconds(at_ms: int) -> float:
    """A time of the drill for people and JSON; whoever shows minutes and seconds cuts off the rest."""
    return round(at_ms / 1000, 3)


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 6)))
