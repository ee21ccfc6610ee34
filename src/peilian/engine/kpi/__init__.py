"""KPI engine (指标): messages become facts, measures are declared over facts."""

from peilian.engine.kpi.facts import (
    ConversationFacts,
    Facts,
    ParticipationFacts,
    RoundFacts,
    Rules,
    measure_facts,
)

__all__ = [
    "ConversationFacts",
    "Facts",
    "ParticipationFacts",
    "RoundFacts",
    "Rules",
    "measure_facts",
]
