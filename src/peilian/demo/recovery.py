"""Whether measuring finds out what the demo's agents can do: their known skills beside what the product measures.

Skills are known because the season was made with them; what is measured comes from the conversations alone, the way it
comes from any import. The rank correlation over all agents says how well the one recovers the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from peilian.adapters.lake import Lake, Visibility
from peilian.demo.agents import SKILLS, agents
from peilian.engine.reading import Reading
from peilian.flows import measuring, reading

_UPSET = -0.5
_FAULTS = ("overpromise", "blame", "rude", "privacy")
_HALFWAY = 0.5  # of the season: skills that drift are taken as they are in between

COUNTERPARTS: Mapping[str, str] = {
    "speed": "first_response_seconds_p50, the lower the better",
    "empathy": "share of conversations with an upset customer in which empathy was shown",
    "ownership": "share of conversations in which the matter was taken over",
    "concrete": "times named for each answer",
    "completeness": "resolution_ratio",
    "explaining": "causes and rules explained in a conversation",
    "closing": "share of conversations in which the agent asked for anything else",
    "concision": "share of conversations without padding or repetition in a message",
    "compliance": "mean number of faults a conversation, the lower the better",
}
"""Skill -> what measures it."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one conversation shows."""

    keys: Counter[str]
    is_upset: bool
    n_reasons: int
    n_answers: int


def measured(lake: Lake) -> dict[str, dict[str, float]]:
    """For every skill, its counterpart by account; higher is better throughout."""
    seen = _seen(lake)
    found = {name: _by_account(seen, look) for name, look in _LOOKS.items()}
    found["speed"] = {account: -value for account, value in _kpi(lake, "first_response_seconds_p50").items()}
    found["completeness"] = _kpi(lake, "resolution_ratio")
    return found


def recovered(lake: Lake) -> dict[str, float]:
    """Spearman's rank correlation of every skill with its counterpart, over all agents of the demo in the lake."""
    values = measured(lake)
    correlations = {}
    for skill in SKILLS:
        pairs = [
            (agent.skill(skill, _HALFWAY), values[skill][agent.account])
            for agent in agents()
            if agent.account in values[skill]
        ]
        correlations[skill] = spearman([known for known, _ in pairs], [value for _, value in pairs])
    return correlations


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's rank correlation, ties with the mean of their ranks; 0 when either does not vary."""
    a, b = _ranks(first), _ranks(second)
    mean_a, mean_b = fmean(a), fmean(b)
    together = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    return together / spread**0.5 if spread else 0.0


def _ranks(values: Sequence[float]) -> list[float]:
    places: dict[float, list[int]] = defaultdict(list)
    for place, value in enumerate(sorted(values)):
        places[value].append(place)
    return [fmean(places[value]) for value in values]


def _seen(lake: Lake) -> dict[str, list[_Seen]]:
    """What the conversations of each account show, in those that only this account answered."""
    known = {agent.account for agent in agents()}
    authors = {
        conversation.conversation_id: {message.author for message in conversation.messages if message.is_human_answer}
        for conversation in lake.iter_conversations(visible=Visibility.everything())
    }
    found: dict[str, list[_Seen]] = defaultdict(list)
    for one in reading.read(lake.iter_conversations(visible=Visibility.everything())):
        own = authors[one.conversation_id]
        if len(own) == 1 and (account := own.pop()) in known:
            assert account is not None
            found[account].append(_of(one))
    return found


def _of(one: Reading) -> _Seen:
    findings = [finding for message in one.messages for finding in message.findings]
    keys = Counter(finding.key for finding in findings)
    valences = [message.emotion.valence for message in one.messages if message.emotion is not None]
    reasons = ("explain.cause", "explain.rule")
    return _Seen(
        keys=keys,
        is_upset=min(valences, default=0.0) <= _UPSET or bool(keys["missing_empathy"]),
        n_reasons=sum(finding.rule.endswith(reasons) for finding in findings),
        n_answers=sum(message.is_answer for message in one.messages),
    )


def _by_account(
    seen: Mapping[str, Sequence[_Seen]], look: Callable[[_Seen], float | None]
) -> dict[str, float]:  # fmt: skip
    found = {}
    for account, items in seen.items():
        values = _known(map(look, items))
        if values:
            found[account] = fmean(values)
    return found


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


_LOOKS: Mapping[str, Callable[[_Seen], float | None]] = {
    "empathy": lambda one: float(one.keys["empathise"] > 0) if one.is_upset else None,
    "ownership": lambda one: float(one.keys["own"] > 0),
    "concrete": lambda one: one.keys["time"] / one.n_answers if one.n_answers else None,
    "explaining": lambda one: float(one.n_reasons),
    "closing": lambda one: float(one.keys["check_more"] > one.keys["premature_closing"]),
    "concision": lambda one: -float(one.keys["redundant"] > 0),
    "compliance": lambda one: -float(sum(one.keys[key] for key in _FAULTS)),
}


def _kpi(lake: Lake, key: str) -> dict[str, float]:
    rows = measuring.measure(lake, [key], ("agent",), visible=Visibility.everything())
    found = ((row.group["agent"], row.cells[key].value) for row in rows)
    return {str(account): value for account, value in found if account is not None and value is not None}
