"""KPI engine (指标): messages become facts, measures are declared over facts, a query asks for their values."""

from peilian.engine.kpi.algebra import Measure
from peilian.engine.kpi.cells import Cell
from peilian.engine.kpi.facts import (
    ConversationFacts,
    Facts,
    ParticipationFacts,
    RoundFacts,
    Rules,
    measure_facts,
)
from peilian.engine.kpi.query import KpiQuery, KpiRow, RosterSpan, choose_measures

__all__ = [
    "Cell",
    "ConversationFacts",
    "Facts",
    "KpiQuery",
    "KpiRow",
    "Measure",
    "ParticipationFacts",
    "RosterSpan",
    "RoundFacts",
    "Rules",
    "choose_measures",
    "measure_facts",
]
