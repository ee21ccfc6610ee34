"""What can be found wrong with a scenario before anybody plays it (场景检查)."""

from __future__ import annotations

from collections.abc import Iterator

from peilian.engine._expression import ExpressionError, parse
from peilian.engine._kernel import Param, Reason
from peilian.engine.drill.conditions import values_of
from peilian.engine.drill.scenario import Phrases, Scenario
from peilian.engine.drill.state import State


def lint(scenario: Scenario) -> list[Reason]:
    """Every fault of a scenario in its language: names that nothing sets, phrases and lines that are missing."""
    return [*_names(scenario), *_words(scenario), *_plays(scenario)]


def _names(scenario: Scenario) -> Iterator[Reason]:
    known = set(values_of(State.of(scenario)))
    known |= {f"said.{item.element_id}.{part.part_id}" for item in scenario.required for part in item.parts}
    known |= {f"fact.{fact.fact_id}" for fact in scenario.facts}
    known |= {name for tool in scenario.tools for name in tool.sets}
    for where, source, more in _expressions(scenario):
        try:
            unknown = sorted(parse(source).names - known - more)
        except ExpressionError as error:
            yield _fault("expression", where=where, problem=str(error))
            continue
        if unknown:
            yield _fault("unknown_name", where=where, names=", ".join(unknown))


def _expressions(scenario: Scenario) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Where an expression stands, the expression, and the names that only hold there."""
    none: frozenset[str] = frozenset()
    for need in scenario.needs:
        for name in ("understood", "addressed", "resolved"):
            yield f"needs.{need.need_id}.{name}", getattr(need, name), none
    for element in scenario.required:
        yield f"required.{element.element_id}.when", element.when, none
        for part in element.parts:
            if part.slot is not None:
                place = f"required.{element.element_id}.{part.part_id}.slot.must"
                yield place, part.slot.must, frozenset({"value"})
    for claim in scenario.claims:
        yield f"claims.{claim.claim_id}.true_when", claim.true_when, none
    for tool in scenario.tools:
        arguments = frozenset(f"arg.{argument.name}" for argument in tool.arguments)
        yield f"tools.{tool.name}.when", tool.when, arguments
        for variable, source in tool.sets.items():
            yield f"tools.{tool.name}.sets.{variable}", source, arguments
    if scenario.offer is not None:
        yield "offer", scenario.offer, none


def _words(scenario: Scenario) -> Iterator[Reason]:
    language = scenario.language
    if scenario.is_abuse and all(element.element_id != "boundary" for element in scenario.required):
        yield _fault("no_boundary", where="required")
    for element in scenario.required:
        for part in element.parts:
            if _is_empty(part.phrases):
                yield _fault("no_phrases", where=f"required.{element.element_id}.{part.part_id}", language=language)
        if not element.model:
            yield _fault("no_text", where=f"required.{element.element_id}.model", language=language)
    for item in scenario.forbidden:
        if _is_empty(item.phrases):
            yield _fault("no_phrases", where=f"forbidden.{item.forbidden_id}", language=language)
    for claim in scenario.claims:
        if _is_empty(claim.phrases):
            yield _fault("no_phrases", where=f"claims.{claim.claim_id}", language=language)
    for fact in scenario.facts:
        if not fact.lines:
            yield _fault("no_text", where=f"facts.{fact.fact_id}.lines", language=language)
    for need in scenario.needs:
        if need.is_critical and not need.accept:
            yield _fault("no_text", where=f"needs.{need.need_id}.accept", language=language)


def _plays(scenario: Scenario) -> Iterator[Reason]:
    tools = {tool.name for tool in scenario.tools}
    for name, play in scenario.plays.items():
        for turn in play:
            if turn.action is not None and turn.action not in tools:
                yield _fault("unknown_tool", where=f"plays.{name}", tool=turn.action)
        if name != "silent" and not any(turn.text for turn in play):
            yield _fault("no_text", where=f"plays.{name}", language=scenario.language)


def _is_empty(phrases: Phrases) -> bool:
    return not (phrases.any or phrases.like)


def _fault(key: str, **params: Param) -> Reason:
    return Reason(f"drill.lint.{key}", params)
