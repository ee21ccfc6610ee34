"""From evidence to ranked pain points (痛点诊断)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from peilian.engine._kernel import Reason
from peilian.engine.diagnosis.detectors import Look, Sight, detectors, look_at, thresholds_for
from peilian.engine.diagnosis.evidence import ConversationEvidence, Evidence
from peilian.engine.diagnosis.load import LoadComparison, compare_loads
from peilian.engine.diagnosis.rules import DiagnosisRules, PointRule, Thresholds
from peilian.engine.diagnosis.tally import PointTally, Satisfaction
from peilian.engine.diagnosis.values import (
    Balance,
    Coverage,
    Diagnosis,
    GroupFigure,
    PainPoint,
    QuietPoint,
    Rate,
)

LOAD_DETECTOR = "slower_under_load"
CSAT_POINTS = 5


def diagnose(
    evidence: Evidence, rules: DiagnosisRules, now_ms: int, *, from_ms: int | None = None, to_ms: int | None = None
) -> Diagnosis:
    """Diagnose the conversations of ``evidence``, in one pass, whatever their order.

    What could still happen after the data end, or after ``now_ms``, is not judged. ``from_ms`` and ``to_ms`` are only
    noted: the evidence is what was asked for.
    """
    until = evidence.observed_until_ms
    look = _Pass(evidence, rules, now_ms if until is None else min(now_ms, until))
    for conversation in evidence.conversations:
        look.take(conversation)
    return look.finish(now_ms, from_ms, to_ms)


@dataclass
class _Counts:
    """What is counted of all conversations, whatever is found in them."""

    n: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    agents: dict[str, Satisfaction] = field(default_factory=dict)
    customers: Satisfaction = field(default_factory=Satisfaction)

    def take(self, conversation: ConversationEvidence, agents: tuple[str, ...]) -> None:
        self.n["conversations"] += 1
        self.n["read"] += conversation.is_read
        self.n["untimed"] += not conversation.is_timed
        self.n["answered"] += conversation.is_answered
        self.n["rated"] += conversation.csat is not None
        self.n["with_customer"] += conversation.has_customer
        self.n["without_channel"] += conversation.channel is None
        self.customers.add(conversation)
        for agent in agents:
            self.agents.setdefault(agent, Satisfaction()).add(conversation)


class _Pass:
    """One pass over the evidence: a tally per pain point and per group."""

    def __init__(self, evidence: Evidence, rules: DiagnosisRules, until_ms: int) -> None:
        self.rules = rules
        self.team = evidence.agents
        self.unknown_channel_as = evidence.unknown_channel_as
        self.until_ms = until_ms
        self.thresholds: dict[tuple[str, str | None], Thresholds | None] = {}
        self.tallies = {rule.key: PointTally(rule, rules.ranking.max_quotes) for rule in rules.points}
        self.groups: dict[str, Counter[bool]] = {group.key: Counter() for group in rules.groups}
        self.counts = _Counts()
        self.load, self.loads = self._compare_loads(evidence)

    def _compare_loads(self, evidence: Evidence) -> tuple[LoadComparison, Mapping[str, LoadComparison]]:
        rule = next((rule for rule in self.rules.points if rule.detector == LOAD_DETECTOR), None)
        if rule is None:
            return LoadComparison(None, 0, 0), {}
        return compare_loads(
            evidence.loads, lambda channel: self._thresholds(rule, channel or self.unknown_channel_as), self.team
        )

    def _thresholds(self, rule: PointRule, channel: str | None) -> Thresholds | None:
        name = (rule.key, channel)
        if name not in self.thresholds:
            self.thresholds[name] = thresholds_for(rule, channel)
        return self.thresholds[name]

    def take(self, conversation: ConversationEvidence) -> None:
        self.counts.take(conversation, self._of_the_team(conversation.agents))
        channel = conversation.channel or self.unknown_channel_as
        seen: dict[str, bool] = {}
        is_left_out = False
        for rule in self.rules.points:
            thresholds = self._thresholds(rule, channel)
            if thresholds is None:
                is_left_out = True
                continue
            self.counts.n["live"] += rule.detector == LOAD_DETECTOR and conversation.is_timed
            sight = look_at(conversation, Look(rule, thresholds, self.until_ms, self.loads))
            sight = sight and self._limited(sight)
            if sight is not None:
                self.tallies[rule.key].take(conversation, sight)
                seen[rule.group] = seen.get(rule.group, False) or bool(sight.hits)
        for group, is_affected in seen.items():
            self.groups[group][is_affected] += 1
        if is_left_out and conversation.channel is not None:
            self.counts.left_out[conversation.channel] += 1

    def _of_the_team(self, agents: tuple[str, ...]) -> tuple[str, ...]:
        return agents if self.team is None else tuple(agent for agent in agents if agent in self.team)

    def _limited(self, sight: Sight) -> Sight | None:
        """What of a sight concerns the agents looked at; ``None`` when it is all about others."""
        if self.team is None:
            return sight
        agents = self._of_the_team(sight.agents)
        hits = tuple(hit for hit in sight.hits if hit.agent is None or hit.agent in self.team)
        return Sight(agents, hits) if agents or hits or not sight.agents else None

    def finish(self, now_ms: int, from_ms: int | None, to_ms: int | None) -> Diagnosis:
        found = [self._pain_point(tally) for tally in self.tallies.values() if tally.n_affected]
        found.sort(key=lambda point: (-point.priority, point.key))
        return Diagnosis(
            made_at_ms=now_ms,
            coverage=self._coverage(),
            balance=self._balance(),
            pain_points=tuple(replace(point, rank=rank) for rank, point in enumerate(found, start=1)),
            groups=tuple(self._group_figures()),
            quiet=tuple(
                QuietPoint(tally.rule.key, tally.rule.group, tally.rule.name, Rate.of(0, tally.n))
                for tally in self.tallies.values()
                if not tally.n_affected
            ),
            load=self.load,
            agent_loads=self._agent_loads(),
            notes=tuple(self._notes()),
            from_ms=from_ms,
            to_ms=to_ms,
        )

    def _pain_point(self, tally: PointTally) -> PainPoint:
        rule, ranking = tally.rule, self.rules.ranking
        effect = tally.effect(ranking)
        agents = tally.agent_figures(ranking, self.counts.agents)
        return PainPoint(
            rank=0,
            key=rule.key,
            group=rule.group,
            name=rule.name,
            meaning=rule.meaning,
            training=rule.training,
            kpis=rule.kpis,
            rate=Rate.of(tally.n_affected, tally.n),
            n_hits=tally.n_hits,
            severity=rule.severity,
            effect=effect,
            priority=tally.n_affected * rule.severity * effect.shrunk_drop,
            team_rate=tally.team_rate,
            agents=agents,
            n_agents=len(tally.concerned),
            quotes=tally.quotes(tuple(figure.agent for figure in agents if figure.verdict == "above_team")),
        )

    def _group_figures(self) -> list[GroupFigure]:
        return [
            GroupFigure(
                key=group.key,
                name=group.name,
                meaning=group.meaning,
                rate=Rate.of(self.groups[group.key][True], self.groups[group.key].total()),
                points=tuple(rule.key for rule in self.rules.points if rule.group == group.key),
            )
            for group in self.rules.groups
        ]

    def _agent_loads(self) -> tuple[LoadComparison, ...]:
        compared = [load for load in self.loads.values() if load.ratio is not None]
        compared.sort(key=lambda load: (not load.is_slower, -(load.ratio or 0.0), load.agent or ""))
        return tuple(compared[: self.rules.ranking.max_agents])

    def _coverage(self) -> Coverage:
        n = self.counts.n
        return Coverage(
            n_conversations=n["conversations"],
            n_read=n["read"],
            n_untimed=n["untimed"],
            n_answered=n["answered"],
            n_agents=len(self.counts.agents),
            n_rated=n["rated"],
            n_with_customer=n["with_customer"],
            left_out_channels=dict(sorted(self.counts.left_out.items())),
        )

    def _balance(self) -> Balance:
        customers = self.counts.customers
        return Balance(
            first_in_time=self._unaffected("slow_first_answer"),
            later_in_time=self._unaffected("slow_answers"),
            dissatisfied=self._rate("dissatisfied"),
            csat_mean=None if customers.csat.value is None else customers.csat.value * CSAT_POINTS,
            n_csat=customers.csat.n,
            satisfaction_mean=customers.estimate.value,
            n_satisfaction=customers.estimate.n,
        )

    def _rate(self, detector: str) -> Rate:
        """The rate of the first pain point with this detector."""
        tally = next((tally for tally in self.tallies.values() if tally.rule.detector == detector), None)
        return Rate.of(tally.n_affected, tally.n) if tally else Rate.of(0, 0)

    def _unaffected(self, detector: str) -> Rate:
        rate = self._rate(detector)
        return Rate.of(rate.n - rate.n_affected, rate.n)

    def _notes(self) -> list[Reason]:
        coverage, ranking = self._coverage(), self.rules.ranking
        total = coverage.n_conversations
        notes = []
        if coverage.is_partial:
            notes.append(Reason("diagnosis.partial", {"unread": coverage.n_unread, "total": total}))
        if coverage.n_untimed:
            notes.append(Reason("diagnosis.untimed", {"n": coverage.n_untimed, "total": total}))
        for channel, n in coverage.left_out_channels.items():
            notes.append(Reason("diagnosis.channel_left_out", {"channel": channel, "n": n}))
        if self.unknown_channel_as is not None and self.counts.n["without_channel"]:
            notes.append(Reason("diagnosis.unhurried", {"n": self.counts.n["without_channel"]}))
        if total and coverage.n_rated < ranking.min_rated:
            notes.append(Reason("diagnosis.few_ratings", {"n": coverage.n_rated}))
        if coverage.n_with_customer < total:
            notes.append(Reason("diagnosis.unknown_customers", {"n": total - coverage.n_with_customer, "total": total}))
        if self.counts.n["live"] and self.load.ratio is None:
            notes.append(Reason("diagnosis.load_unknown", self._load_params()))
        if self.team is not None:
            notes.append(Reason("diagnosis.team_view", {"n": len(self.team)}))
        return notes

    def _load_params(self) -> dict[str, int]:
        rule = next((rule for rule in self.rules.points if rule.detector == LOAD_DETECTOR), None)
        thresholds = (rule and self._thresholds(rule, None)) or detectors().get(LOAD_DETECTOR).defaults
        return {"least": int(thresholds["min_answers"]), "high": int(thresholds["high_load"])}
