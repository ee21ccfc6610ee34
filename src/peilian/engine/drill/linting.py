"""What can be found wrong with a scenario before anybody plays it (场景检查)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from peilian.engine._expression import ExpressionError, Kind, parse
from peilian.engine._kernel import Param, Reason
from peilian.engine.drill.conditions import values_of
from peilian.engine.drill.scenario import Phrases, Scenario
from peilian.engine.drill.state import State


def lint(scenario: Scenario) -> list[Reason]:
    """Every fault of a scenario in its language: names that nothing sets, phrases and lines that are missing."""
    return [*_names(scenario), *_conditions(scenario), *_words(scenario), *_plays(scenario)]


@dataclass(frozen=True, slots=True)
class _Stated:
    """An expression of a scenario: where it stands, names that hold only there, whether it sees nothing but the world,
    and whether it has to be a condition."""

    where: str
    source: str
    more: Mapping[str, Kind] = field(default_factory=dict)
    is_of_world: bool = False
    is_condition: bool = True


def _names(scenario: Scenario) -> Iterator[Reason]:
    world = {*scenario.world, *(name for tool in scenario.tools for name in tool.sets)}
    known = world | set(values_of(State.of(scenario)))
    known |= {f"said.{item.element_id}.{part.part_id}" for item in scenario.required for part in item.parts}
    known |= {f"fact.{fact.fact_id}" for fact in scenario.facts}
    for stated in _expressions(scenario):
        try:
            unknown = parse(stated.source).names - (world if stated.is_of_world else known) - set(stated.more)
        except ExpressionError as error:
            yield Reason(error.reason.key, {**error.reason.params, "where": stated.where})
            continue
        if unknown:
            yield _fault("unknown_name", where=stated.where, names=", ".join(sorted(unknown)))


def _conditions(scenario: Scenario) -> Iterator[Reason]:
    """Conditions that can never be true, because they yield a number or a text."""
    kinds = _kinds(scenario)
    for stated in _expressions(scenario):
        try:
            kind = parse(stated.source).kind or parse(stated.source, {**kinds, **stated.more}).kind
        except ExpressionError:  # wrong in itself, which is told above, or over names whose kinds nobody knows yet
            continue
        if stated.is_condition and kind in ("number", "text"):
            yield _fault("not_a_truth", where=stated.where, expression=stated.source)


def _kinds(scenario: Scenario) -> dict[str, Kind]:
    """What kind of value each name holds, as far as it can be told before a drill."""
    found: dict[str, Kind] = {
        name: "truth" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
        for name, value in values_of(State.of(scenario)).items()
    }
    found |= {f"said.{item.element_id}.{part.part_id}": "number" for item in scenario.required for part in item.parts}
    found |= {f"fact.{fact.fact_id}": "truth" for fact in scenario.facts}
    for stated in _expressions(scenario):
        variable = stated.where.partition(".sets.")[2]
        if stated.is_of_world and variable and variable not in found:
            with suppress(ExpressionError):
                if kind := parse(stated.source).kind or stated.more.get(stated.source):
                    found[variable] = kind
    return found


def _expressions(scenario: Scenario) -> Iterator[_Stated]:
    for need in scenario.needs:
        for name in ("understood", "addressed", "resolved"):
            yield _Stated(f"needs.{need.need_id}.{name}", getattr(need, name))
    for element in scenario.required:
        yield _Stated(f"required.{element.element_id}.when", element.when)
        for part in element.parts:
            if part.slot is not None:
                where = f"required.{element.element_id}.{part.part_id}.slot.must"
                yield _Stated(where, part.slot.must, {"value": "number"})
    for claim in scenario.claims:
        yield _Stated(f"claims.{claim.claim_id}.true_when", claim.true_when)
    for tool in scenario.tools:
        arguments: dict[str, Kind] = {f"arg.{argument.name}": argument.kind for argument in tool.arguments}
        yield _Stated(f"tools.{tool.name}.when", tool.when, arguments, is_of_world=True)
        for variable, source in tool.sets.items():
            where = f"tools.{tool.name}.sets.{variable}"
            yield _Stated(where, source, arguments, is_of_world=True, is_condition=False)
    for panel in scenario.panels:
        for row in panel.rows:
            for when, _text in row.later:
                yield _Stated(f"panels.{panel.title}.{row.label}.later", when, is_of_world=True)
    if scenario.offer is not None:
        yield _Stated("offer", scenario.offer, is_condition=False)


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
