"""The world behind a drill (业务世界): tools that look things up and change things, under the rules of the house."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from peilian.engine._expression import Value
from peilian.engine._kernel import Param, Reason
from peilian.engine.drill.conditions import compiled, holds, plain
from peilian.engine.drill.scenario import Argument, PanelRow, Scenario, Tool, WorldValue
from peilian.engine.drill.state import State

Panels = list[tuple[str, list[tuple[str, str]]]]  # title, rows of label and text
_BRACES = re.compile(r"\{([A-Za-z_][\w.]*)\}")


class ToolError(ValueError):
    """A call that is not understood: no such tool, an argument missing, unknown, or out of bounds."""

    def __init__(self, key: str, **params: Param) -> None:
        self.reason = Reason(f"drill.tool.{key}", params)
        super().__init__(f"{key}: {params}")


@dataclass(frozen=True, slots=True)
class Used:
    """What a tool answered to which arguments. ``is_done`` tells whether it was allowed."""

    tool: str
    text: str
    is_done: bool
    args: Mapping[str, WorldValue] = field(default_factory=dict)


def use(scenario: Scenario, state: State, name: str, args: Mapping[str, str | float]) -> Used:
    """Use a tool: check its arguments, ask the rules, change the world. ``ToolError`` on a call that makes no sense."""
    tool = next((tool for tool in scenario.tools if tool.name == name), None)
    if tool is None:
        raise ToolError("unknown", tool=name, known=", ".join(tool.name for tool in scenario.tools))
    given = _arguments(tool, args)
    values: dict[str, Value] = {key: plain(value) for key, value in state.world.items()}
    values |= {f"arg.{key}": plain(value) for key, value in given.items()}
    if not holds(tool.when, values):
        return Used(name, filled(tool.refusal, values), is_done=False, args=given)
    changed = {variable: _world_value(compiled(source).evaluate(values)) for variable, source in tool.sets.items()}
    state.world.update(changed)
    values |= {key: plain(value) for key, value in changed.items()}
    state.done.append(name)
    state.tools.append(name)
    return Used(name, filled(tool.result, values), is_done=True, args=given)


def panels_of(scenario: Scenario, world: Mapping[str, WorldValue]) -> Panels:
    """What the agent sees of ``world``: panels with their titles, each with rows of label and text."""
    values: dict[str, Value] = {key: plain(value) for key, value in world.items()}
    return [(panel.title, [(row.label, _row_text(row, values)) for row in panel.rows]) for panel in scenario.panels]


def _row_text(row: PanelRow, values: Mapping[str, Value]) -> str:
    texts = [row.text, *(text for when, text in row.later if holds(when, values))]
    return filled(texts[-1], values)


def filled(template: str, values: Mapping[str, Value]) -> str:
    """The template with the names in braces replaced by their values; an unknown one stays."""
    return _BRACES.sub(lambda match: _shown(values.get(match[1]), match[0]), template)


def _shown(value: Value, otherwise: str) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return otherwise if value is None else str(value)


def _arguments(tool: Tool, args: Mapping[str, str | float]) -> dict[str, WorldValue]:
    known = {argument.name: argument for argument in tool.arguments}
    for name in args:
        if name not in known:
            raise ToolError("unknown_argument", tool=tool.name, argument=str(name), known=", ".join(known))
    return {name: _argument(tool, argument, args.get(name)) for name, argument in known.items()}


def _argument(tool: Tool, argument: Argument, value: str | float | None) -> WorldValue:
    if value is None or value == "":
        raise ToolError("missing_argument", tool=tool.name, argument=argument.name)
    if argument.kind == "text":
        text = str(value)
        if argument.choices and text not in argument.choices:
            allowed = ", ".join(argument.choices)
            raise ToolError("not_a_choice", tool=tool.name, argument=argument.name, choices=allowed)
        return text[:200]
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        amount = float("nan")
    least = argument.least if argument.least is not None else 0.0
    most = argument.most if argument.most is not None else 1e9
    if not least <= amount <= most:
        raise ToolError("out_of_bounds", tool=tool.name, argument=argument.name, least=least, most=most)
    return round(amount, 2)


def _world_value(value: Value) -> WorldValue:
    if isinstance(value, Decimal):
        return float(value)
    return "" if value is None else value
