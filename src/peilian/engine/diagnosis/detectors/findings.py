"""Pain points that the reading has found already: faults and issues of the agent's messages."""

from __future__ import annotations

from collections.abc import Callable

from peilian.engine.diagnosis.detectors import Hit, Look, Sight, detector
from peilian.engine.diagnosis.evidence import UPSET, ConversationEvidence

AMONG: dict[str, Callable[[ConversationEvidence], bool]] = {
    "answered": lambda conversation: True,
    "upset": lambda conversation: conversation.lowest_valence is not None and conversation.lowest_valence <= UPSET,
    "refused": lambda conversation: bool(conversation.named("move", "refuse")),
    "closed": lambda conversation: bool(conversation.named("move", "close")),
}
"""The conversations among which a finding is counted; one that shows the finding always belongs to them."""


@detector("finding", needs_reading=True, min_count=1)
def find_findings(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected with at least ``min_count`` findings of one agent."""
    if not conversation.is_answered:
        return None
    wanted = [name.split(":") for name in look.rule.findings]
    found = [item for kind, key in wanted for item in conversation.named(kind, key)]
    counts: dict[str | None, int] = {}
    for item in found:
        counts[item.agent] = counts.get(item.agent, 0) + 1
    hits = tuple(
        Hit(item.i, item.agent, item.start, item.end)
        for item in found
        if counts[item.agent] >= look.thresholds["min_count"]
    )
    if not hits and not AMONG[look.rule.among](conversation):
        return None
    return Sight(conversation.agents, hits)
