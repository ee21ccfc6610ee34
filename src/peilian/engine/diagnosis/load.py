"""Weak multitasking (多任务处理弱): whether the same agent answers markedly slower with several conversations open.

Each agent is compared only with himself or herself: answers given with one conversation open against answers given with
``high_load`` or more. Response times are skewed, so means are taken of their logarithms; the difference of these means
is the logarithm of the ratio of typical (geometric mean) response times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from peilian.engine.diagnosis.evidence import LoadEvidence
from peilian.engine.diagnosis.rules import Thresholds
from peilian.engine.diagnosis.statistics import Difference, Mean, pooled

_LEAST_MS = 1000  # a response below a second says nothing about load
_LEAST_VARIANCE = 1e-9


@dataclass(frozen=True, slots=True)
class LoadComparison:
    """Typical response times under load against one conversation at a time, of one agent or, without one, of all.

    ``ratio`` is ``None`` when there are too few answers on either side. ``is_slower``: the ratio reaches the threshold
    and its interval lies above 1.
    """

    agent: str | None
    n_single: int
    n_loaded: int
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    usual_ms: float | None = None
    is_slower: bool = False


@dataclass(slots=True)
class LoadTally:
    """Gathers answers by agent and load."""

    thresholds_of: Callable[[str | None], Thresholds | None]
    single: dict[str, Mean] = field(default_factory=dict)
    loaded: dict[str, Mean] = field(default_factory=dict)

    def take(self, answer: LoadEvidence) -> None:
        """Count one answer, unless its channel is left out or the wait is an absence rather than work."""
        thresholds = self.thresholds_of(answer.channel)
        if thresholds is None or not 0 <= answer.response_ms <= thresholds["max_response_seconds"] * 1000:
            return
        side = None
        if answer.concurrent == 1:
            side = self.single
        elif answer.concurrent >= thresholds["high_load"]:
            side = self.loaded
        if side is not None:
            side.setdefault(answer.agent, Mean()).add(math.log(max(answer.response_ms, _LEAST_MS)))


def compare_loads(
    answers: Iterable[LoadEvidence],
    thresholds_of: Callable[[str | None], Thresholds | None],
    agents: frozenset[str] | None,
) -> tuple[LoadComparison, Mapping[str, LoadComparison]]:
    """The comparison over all agents, and those of the agents who have at least one answer on either side."""
    tally = LoadTally(thresholds_of)
    for answer in answers:
        if agents is None or answer.agent in agents:
            tally.take(answer)
    thresholds = thresholds_of(None) or {}
    found: dict[str, LoadComparison] = {}
    differences = []
    for agent in sorted(tally.single.keys() | tally.loaded.keys()):
        single, loaded = tally.single.get(agent, Mean()), tally.loaded.get(agent, Mean())
        difference = _difference(single, loaded, thresholds)
        found[agent] = _comparison(agent, single, loaded, difference, thresholds)
        if difference is not None:
            differences.append(difference)
    n_single = sum(mean.n for mean in tally.single.values())
    n_loaded = sum(mean.n for mean in tally.loaded.values())
    team = _comparison(
        None, Mean(n_single), Mean(n_loaded), pooled(differences) if differences else None, thresholds, is_team=True
    )
    return team, found


def _difference(single: Mean, loaded: Mean, thresholds: Thresholds) -> Difference | None:
    if min(single.n, loaded.n) < max(2, thresholds.get("min_answers", 2)):
        return None
    assert single.value is not None
    assert loaded.value is not None
    variance = single.variance / single.n + loaded.variance / loaded.n
    return Difference(loaded.value - single.value, max(variance, _LEAST_VARIANCE))


def _comparison(
    agent: str | None,
    single: Mean,
    loaded: Mean,
    difference: Difference | None,
    thresholds: Thresholds,
    is_team: bool = False,
) -> LoadComparison:
    if difference is None:
        return LoadComparison(agent, single.n, loaded.n)
    low, high = difference.interval
    ratio = math.exp(difference.value)
    return LoadComparison(
        agent=agent,
        n_single=single.n,
        n_loaded=loaded.n,
        ratio=ratio,
        low=math.exp(low),
        high=math.exp(high),
        usual_ms=None if is_team or single.value is None else math.exp(single.value),
        is_slower=low > 0 and ratio >= thresholds["min_ratio"],
    )
