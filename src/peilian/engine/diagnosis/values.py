"""What a diagnosis says (诊断结果). Every figure carries the numbers it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from peilian.engine._kernel import Reason, Text, wilson_interval
from peilian.engine.diagnosis.load import LoadComparison

Verdict = Literal["above_team", "like_team", "below_team", "few"]
SatisfactionMeasure = Literal["csat", "estimate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """``n_affected`` of ``n``, with the 95 % Wilson interval; value and interval are ``None`` when ``n`` is 0."""

    n_affected: int
    n: int
    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, n_affected: int, n: int) -> Rate:
        """The rate of two counts."""
        interval = wilson_interval(n_affected, n)
        if interval is None:
            return cls(n_affected, n, None, None, None)
        return cls(n_affected, n, n_affected / n, *interval)


@dataclass(frozen=True, slots=True)
class Quote:
    """A place that shows the pain point. ``role`` and ``text`` say what stands there; ``agent`` whose work it concerns,
    which may differ from who wrote it. ``start`` and ``end`` are ``None`` when the whole message is meant."""

    conversation_id: str
    i: int
    agent: str | None = None
    start: int | None = None
    end: int | None = None
    waited_ms: int | None = None
    role: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class AgentFigure:
    """One agent's own rate of a pain point next to the team's, and the satisfaction of his or her customers.

    ``above_team`` (``below_team``) only when the whole interval lies above (below) the team's rate; ``few`` marks a
    sample too small to compare.
    """

    agent: str
    rate: Rate
    verdict: Verdict
    satisfaction: float | None
    n_satisfaction: int


@dataclass(frozen=True, slots=True)
class Effect:
    """How much less satisfied affected customers are than the others who were looked at, on a scale from 0 to 1.

    ``drop`` is the difference of the means; ``shrunk_drop`` draws it towards what is usual, the more the fewer
    conversations there are. A difference is no proof of a cause.
    """

    measure: SatisfactionMeasure | None
    mean_affected: float | None
    n_affected: int
    mean_others: float | None
    n_others: int
    drop: float | None
    shrunk_drop: float


@dataclass(frozen=True, slots=True)
class PainPoint:
    """One pain point (痛点) that was found. ``priority`` = affected conversations x severity x shrunk drop."""

    rank: int
    key: str
    group: str
    name: Text
    meaning: Text
    training: Text
    kpis: tuple[str, ...]
    rate: Rate
    n_hits: int
    severity: float
    effect: Effect
    priority: float
    team_rate: Rate
    agents: tuple[AgentFigure, ...]
    n_agents: int
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class QuietPoint:
    """A pain point that was looked for and not found, or (``rate.n`` is 0) could not be looked for."""

    key: str
    group: str
    name: Text
    rate: Rate


@dataclass(frozen=True, slots=True)
class GroupFigure:
    """A group of pain points (痛点类别): conversations affected by any of them."""

    key: str
    name: Text
    meaning: Text
    rate: Rate
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """Speed next to quality (效率与体验): neither is to be read without the other.

    ``csat_mean`` is in points of five, as the KPI of that name; ``satisfaction_mean`` is the estimate, from 0 to 1.
    """

    first_in_time: Rate
    later_in_time: Rate
    dissatisfied: Rate
    csat_mean: float | None
    n_csat: int
    satisfaction_mean: float | None
    n_satisfaction: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the diagnosis rests on."""

    n_conversations: int
    n_read: int
    n_untimed: int
    n_answered: int
    n_agents: int
    n_rated: int
    n_with_customer: int
    left_out_channels: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_unread(self) -> int:
        """Conversations without a reading: nothing of what is said in them is known."""
        return self.n_conversations - self.n_read

    @property
    def is_partial(self) -> bool:
        """Whether some conversations are unread."""
        return self.n_unread > 0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Ranked pain points, their groups, what was looked for in vain, and what the figures rest on."""

    made_at_ms: int
    coverage: Coverage
    balance: Balance
    pain_points: tuple[PainPoint, ...]
    groups: tuple[GroupFigure, ...]
    quiet: tuple[QuietPoint, ...]
    load: LoadComparison
    agent_loads: tuple[LoadComparison, ...]
    notes: tuple[Reason, ...]
    from_ms: int | None = None
    to_ms: int | None = None

    def quoted_places(self) -> tuple[tuple[str, int], ...]:
        """Conversation and message of every quote, each once."""
        return tuple(dict.fromkeys((q.conversation_id, q.i) for point in self.pain_points for q in point.quotes))

    def with_texts(self, texts: Mapping[tuple[str, int], tuple[str, str]]) -> Diagnosis:
        """The same with role and text of the quoted messages filled in; a quote whose text is gone is dropped."""
        points = tuple(
            replace(
                point,
                quotes=tuple(
                    replace(quote, role=texts[place][0], text=texts[place][1])
                    for quote in point.quotes
                    if (place := (quote.conversation_id, quote.i)) in texts
                ),
            )
            for point in self.pain_points
        )
        return replace(self, pain_points=points)
