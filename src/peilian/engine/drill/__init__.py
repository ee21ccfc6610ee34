"""Drill (演练): a simulated customer with a world, needs and feelings, who explains every change of them."""

from peilian.engine.drill.scenario import Scenario, Turn
from peilian.engine.drill.session import ENGINE_VERSION, Cast, Drill, Step, conversation_of
from peilian.engine.drill.state import Change, Gauge, Line
from peilian.engine.drill.understanding import Understanding
from peilian.engine.drill.world import ToolError

__all__ = [
    "ENGINE_VERSION",
    "Cast",
    "Change",
    "Drill",
    "Gauge",
    "Line",
    "Scenario",
    "Step",
    "ToolError",
    "Turn",
    "Understanding",
    "conversation_of",
]
