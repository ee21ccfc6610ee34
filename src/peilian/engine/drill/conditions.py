"""Expressions of scenarios over the state of the drill (条件表达式)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from peilian.engine._expression import Expression, Value, parse
from peilian.engine.drill.scenario import WorldValue
from peilian.engine.drill.state import State

_FEELINGS = ("mood", "trust", "distributive", "procedural", "interactional")
_COUNTS = ("escalation", "abused", "turn", "redundant")
_TAKEN = frozenset({*_FEELINGS, *_COUNTS, "promised", "value"})
_TAKEN_FAMILIES = ("met.", "said.", "need.", "fact.", "arg.")


def is_taken(name: str) -> bool:
    """Whether ``name`` means something in every scenario, so that no variable of a world can be called so."""
    return name in _TAKEN or name.startswith(_TAKEN_FAMILIES)


@lru_cache(maxsize=4096)
def compiled(source: str) -> Expression:
    """The parsed expression; every drill of a scenario asks the same ones again and again."""
    return parse(source)


def plain(value: WorldValue | None) -> Value:
    """A value of the world as expressions take it: numbers are decimal."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return Decimal(str(value))


def holds(source: str, values: Mapping[str, Value], **more: WorldValue) -> bool:
    """Whether the expression is true; what is missing makes it false."""
    env = {**values, **{name: plain(value) for name, value in more.items()}} if more else values
    return compiled(source).evaluate(env) is True


def number(source: str, values: Mapping[str, Value]) -> float:
    """The number that the expression yields; missing is nothing."""
    found = compiled(source).evaluate(values)
    return float(found) if isinstance(found, Decimal) else 0.0


def values_of(state: State) -> dict[str, Value]:
    """What expressions of a scenario see: the world, ``met.<element>`` (0, 0.5 or 1), ``said.<element>.<part>`` (the
    figure named), ``fact.<id>``, ``need.<id>`` (0 to 4), and the customer's own variables."""
    found: dict[str, Value] = {name: plain(value) for name, value in state.world.items()}
    for element_id, element in state.elements.items():
        found[f"met.{element_id}"] = plain(element.share)
        for part_id, figure in element.parts.items():
            found[f"said.{element_id}.{part_id}"] = plain(figure)
    found |= {f"need.{need_id}": Decimal(status) for need_id, status in state.needs.items()}
    found |= {f"fact.{fact_id}": True for fact_id in state.facts}
    for name in _FEELINGS:
        found[name] = plain(round(getattr(state, name), 4))
    for name in _COUNTS:
        found[name] = Decimal(getattr(state, name))
    found["promised"] = len(state.promises) > 0
    return found
