"""Counting one pain point over conversations in any order, with memory bounded by the number of agents."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from peilian.engine.diagnosis.detectors import Hit, Sight
from peilian.engine.diagnosis.evidence import ConversationEvidence
from peilian.engine.diagnosis.rules import PointRule, Ranking
from peilian.engine.diagnosis.statistics import Mean
from peilian.engine.diagnosis.values import AgentFigure, Effect, Quote, Rate, SatisfactionMeasure, Verdict

_NOBODY = ""
_Candidate = tuple[float, int, str, int, Quote]


@dataclass(slots=True)
class Satisfaction:
    """Ratings and estimates of the same conversations."""

    csat: Mean = field(default_factory=Mean)
    estimate: Mean = field(default_factory=Mean)

    def add(self, conversation: ConversationEvidence) -> None:
        """Take one conversation."""
        self.csat.add(conversation.csat)
        self.estimate.add(conversation.satisfaction)

    def of(self, measure: SatisfactionMeasure) -> Mean:
        """One of the two."""
        return self.csat if measure == "csat" else self.estimate


@dataclass(slots=True)
class PointTally:
    """The counts of one pain point."""

    rule: PointRule
    max_quotes: int
    n: int = 0
    n_affected: int = 0
    n_hits: int = 0
    everyone: Satisfaction = field(default_factory=Satisfaction)
    affected: Satisfaction = field(default_factory=Satisfaction)
    looked_at: dict[str, int] = field(default_factory=dict)
    concerned: dict[str, int] = field(default_factory=dict)
    candidates: dict[str, list[_Candidate]] = field(default_factory=dict)

    def take(self, conversation: ConversationEvidence, sight: Sight) -> None:
        """Count one conversation that was looked at."""
        self.n += 1
        self.everyone.add(conversation)
        concerned = {hit.agent for hit in sight.hits if hit.agent is not None}
        for agent in concerned.union(sight.agents):
            self.looked_at[agent] = self.looked_at.get(agent, 0) + 1
        if not sight.hits:
            return
        self.n_affected += 1
        self.n_hits += len(sight.hits)
        self.affected.add(conversation)
        for agent in concerned:
            self.concerned[agent] = self.concerned.get(agent, 0) + 1
        if not conversation.is_erased:
            self._remember(conversation, sight.hits)

    def _remember(self, conversation: ConversationEvidence, hits: tuple[Hit, ...]) -> None:
        """Keep the conversation's strongest hit as a candidate for a quote.

        The least satisfied customers come first, then the longest waits: the very longest alone would often be nights.
        """
        hit = min(hits, key=lambda hit: (-(hit.waited_ms or 0), hit.i, hit.start or 0))
        quote = Quote(conversation.conversation_id, hit.i, hit.agent, hit.start, hit.end, hit.waited_ms)
        place = (_satisfaction_of(conversation), -(hit.waited_ms or 0), conversation.conversation_id, hit.i)
        kept = self.candidates.setdefault(hit.agent or _NOBODY, [])
        insort(kept, (*place, quote), key=lambda candidate: candidate[:4])
        del kept[self.max_quotes :]

    def quotes(self, first: tuple[str, ...]) -> tuple[Quote, ...]:
        """The quotes, spread over the agents: each agent's strongest in turn, those of ``first`` before the others."""
        order = sorted(self.candidates, key=lambda agent: (agent not in first, self.candidates[agent][0][:4]))
        turns = (
            self.candidates[agent][n]
            for n in range(self.max_quotes)
            for agent in order
            if n < len(self.candidates[agent])
        )
        return tuple(candidate[4] for candidate, _ in zip(turns, range(self.max_quotes), strict=False))

    def effect(self, ranking: Ranking) -> Effect:
        """How much less satisfied the affected customers are."""
        measure, affected, others = self._compared(ranking)
        if self.rule.is_outcome or affected.value is None or others.value is None:
            drop = None
        else:
            drop = others.value - affected.value
        weight = _harmonic(affected.n, others.n) if drop is not None else 0.0
        total = weight + ranking.usual_weight
        shrunk = (weight * (drop or 0.0) + ranking.usual_weight * ranking.usual_drop) / total
        return Effect(
            measure=measure if drop is not None else None,
            mean_affected=affected.value,
            n_affected=affected.n,
            mean_others=others.value,
            n_others=others.n,
            drop=drop,
            shrunk_drop=max(shrunk, ranking.least_drop),
        )

    def _compared(self, ranking: Ranking) -> tuple[SatisfactionMeasure, Mean, Mean]:
        sides: dict[SatisfactionMeasure, tuple[Mean, Mean]] = {
            measure: (self.affected.of(measure), self.everyone.of(measure).without(self.affected.of(measure)))
            for measure in ("csat", "estimate")
        }
        n_rated, n_estimated = (min(mean.n for mean in sides[measure]) for measure in ("csat", "estimate"))
        is_rated_enough = n_rated >= ranking.min_rated or not n_estimated
        measure: SatisfactionMeasure = "csat" if is_rated_enough else "estimate"
        return measure, *sides[measure]

    @property
    def team_rate(self) -> Rate:
        """The rate over pairs of conversation and agent: what an agent's own rate is compared with."""
        return Rate.of(sum(self.concerned.values()), sum(self.looked_at.values()))

    def agent_figures(self, ranking: Ranking, customers: dict[str, Satisfaction]) -> tuple[AgentFigure, ...]:
        """The agents concerned: first those whose rate lies above the team's, then by conversations affected."""
        team = self.team_rate.value
        figures = []
        for agent, n_affected in self.concerned.items():
            rate = Rate.of(n_affected, self.looked_at[agent])
            mean = _shown(customers.get(agent, Satisfaction()), ranking)
            figures.append(AgentFigure(agent, rate, _verdict(rate, team, ranking), mean.value, mean.n))
        figures.sort(key=lambda f: (f.verdict != "above_team", -f.rate.n_affected, f.rate.n, f.agent))
        return tuple(figures[: ranking.max_agents])


def _verdict(rate: Rate, team: float | None, ranking: Ranking) -> Verdict:
    if rate.n < ranking.min_conversations or team is None or rate.low is None or rate.high is None:
        return "few"
    if rate.low > team and rate.n_affected >= ranking.min_affected:
        return "above_team"
    return "below_team" if rate.high < team else "like_team"


def _shown(satisfaction: Satisfaction, ranking: Ranking) -> Mean:
    return satisfaction.csat if satisfaction.csat.n >= ranking.min_rated else satisfaction.estimate


def _satisfaction_of(conversation: ConversationEvidence) -> float:
    if conversation.csat is not None:
        return conversation.csat
    return conversation.satisfaction if conversation.satisfaction is not None else 1.0


def _harmonic(n: int, m: int) -> float:
    """The size of a comparison of ``n`` with ``m``: that of the one-sample mean with the same standard error."""
    return n * m / (n + m)
