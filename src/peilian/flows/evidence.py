"""Work as evidence (工作证据): what real conversations and KPIs of a period say about people's competencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from peilian.adapters.lake import Lake, Visibility
from peilian.adapters.lake.evidence import EvidenceQuestion, GatheredEvidence
from peilian.engine.competency import CompetencyModel, Evidence, Figure, evidence_from
from peilian.engine.competency.model import Feed, SourceKind
from peilian.engine.diagnosis import ConversationEvidence
from peilian.engine.diagnosis.detectors.findings import AMONG
from peilian.engine.kpi.cells import Cell, merge
from peilian.engine.kpi.query import KpiQuery, RosterSpan, choose_measures
from peilian.flows.diagnosing import UNHURRIED_CHANNEL, UNHURRIED_MS, Names
from peilian.flows.measuring import COMPANY_ZONE, measure

_LIVE = "chat"
_GROUP_MOVES = ("refuse", "close")  # what the groups of ``AMONG`` look at


@dataclass(frozen=True, slots=True)
class WorkEvidence:
    """One piece of evidence about a person, who is called as in the roster."""

    person: str
    piece: Evidence


def work_evidence(
    lake: Lake,
    model: CompetencyModel,
    *,
    roster: Sequence[RosterSpan],
    from_: date,
    to: date,
    tz: str = COMPANY_ZONE,
    calendar: str | None = None,
    now_ms: int,
) -> list[WorkEvidence]:
    """What the conversations dated from ``from_`` to ``to`` (local days of ``tz``, both included) say about people.

    ``roster`` tells whose account it was at the time, with anything unique as ``employee``; what nobody of it did is
    left out. One piece a person, competency and kind, as of the end of the period, or of the data when they end
    earlier. Only conversations that were read speak through findings. In order of person, competency and kind.
    """
    zone = KpiQuery(measures=(), tz=tz, from_=from_, to=to).zone
    uses = [replace(span, team=span.employee) for span in roster if span.employee]
    first_ms, after_ms = _midnight_ms(from_, zone), _midnight_ms(to + timedelta(days=1), zone)
    with lake.connect() as connection:
        question = EvidenceQuestion(first_ms, after_ms, None, _moves(model))
        gathered = GatheredEvidence(connection, question, visible=Visibility.everything())
        if not gathered.n_conversations:
            return []
        at_ms = min(after_ms - 1, gathered.observed_until_ms or after_ms - 1)
        unnamed = _unnamed_channel(gathered)
        findings = _findings(gathered, model, uses, unnamed)
    kpis = _kpis(lake, model, uses, unnamed, from_=from_, to=to, tz=tz, calendar=calendar, now_ms=now_ms)
    figures: tuple[tuple[SourceKind, Mapping[str, Mapping[str, Figure]]], ...] = (
        ("conversation", findings),
        ("kpi", kpis),
    )
    found = [
        WorkEvidence(person, piece)
        for kind, by_person in figures
        for person, named in by_person.items()
        for piece in evidence_from(model, kind, named, at_ms=at_ms, source=f"{from_}/{to}")
    ]
    return sorted(found, key=lambda item: (item.person, item.piece.competency, item.piece.kind))


@dataclass(slots=True)
class _Share:
    """How many conversations were looked at, and how many of them show it."""

    n: int = 0
    n_shown: int = 0


@dataclass(slots=True)
class _Shares:
    """Shares by person and feed."""

    by_person: dict[str, dict[str, _Share]] = field(default_factory=dict)

    def take(self, person: str, feed: Feed, is_shown: bool) -> None:
        """Count one conversation."""
        share = self.by_person.setdefault(person, {}).setdefault(feed.name, _Share())
        share.n += 1
        share.n_shown += is_shown

    def figures(self) -> dict[str, dict[str, Figure]]:
        """The shares as figures."""
        return {
            person: {name: Figure(share.n_shown / share.n, share.n) for name, share in shares.items()}
            for person, shares in self.by_person.items()
        }


def _findings(
    gathered: GatheredEvidence, model: CompetencyModel, uses: Sequence[RosterSpan], unnamed: str
) -> dict[str, dict[str, Figure]]:
    """Shares of each person's own conversations, judged by what this person did in them."""
    names, known = Names(uses), {span.employee for span in uses}
    feeds = {feed.name: feed for feed in model.feeds("conversation")}
    shares = _Shares()
    for conversation in map(names.in_conversation, gathered.conversations()):
        if not conversation.is_read:
            continue
        for person in known.intersection(conversation.agents):
            assert person is not None
            own = _own(conversation, person)
            for feed in feeds.values():
                if not _is_of_channel(feed, conversation.channel, unnamed):
                    continue
                kind, _, key = feed.key.partition(":")
                is_shown = bool(own.named(kind, key))
                # A fault or an issue proves that the occasion was there; a move may come without one.
                if AMONG[feed.among](own) or (is_shown and kind != "move"):
                    shares.take(person, feed, is_shown)
    return shares.figures()


def _own(conversation: ConversationEvidence, person: str) -> ConversationEvidence:
    return replace(conversation, findings=tuple(item for item in conversation.findings if item.agent == person))


def _kpis(
    lake: Lake,
    model: CompetencyModel,
    uses: Sequence[RosterSpan],
    unnamed: str,
    *,
    from_: date,
    to: date,
    tz: str,
    calendar: str | None,
    now_ms: int,
) -> dict[str, dict[str, Figure]]:
    """The KPIs of each person, over all accounts the person used. A person is measured as a team of one."""
    feeds = {feed.name: feed for feed in model.feeds("kpi")}
    if not feeds or not uses:
        return {}
    keys = sorted({feed.key for feed in feeds.values()})
    rows = measure(
        lake,
        keys,
        ("team", "channel"),
        visible=Visibility.everything(),
        roster=uses,
        calendar=calendar,
        tz=tz,
        from_=from_,
        to=to,
        now_ms=now_ms,
    )
    aggregates = {item.key: item.aggregate for item in choose_measures(keys)}
    found: dict[str, dict[str, Figure]] = {}
    for person in {row.group["team"] for row in rows} - {None}:
        for name, feed in feeds.items():
            cells = [
                row.cells[feed.key]
                for row in rows
                if row.group["team"] == person and _is_of_channel(feed, _text(row.group["channel"]), unnamed)
            ]
            cell = merge(aggregates[feed.key], cells) if cells else Cell(None, 0)
            if cell.value is not None and cell.n > 0:
                found.setdefault(str(person), {})[name] = Figure(cell.value, cell.n)
    return found


def _moves(model: CompetencyModel) -> tuple[str, ...]:
    """The moves that some feed looks at; most moves of a lake need not be fetched."""
    named = (feed.key.partition(":") for feed in model.feeds("conversation"))
    return tuple(sorted({*_GROUP_MOVES, *(key for kind, _, key in named if kind == "move")}))


def _unnamed_channel(gathered: GatheredEvidence) -> str:
    """What conversations without a channel are taken for."""
    usual = gathered.usual_wait_without_channel_ms
    return UNHURRIED_CHANNEL if usual is not None and usual > UNHURRIED_MS else _LIVE


def _is_of_channel(feed: Feed, channel: str | None, unnamed: str) -> bool:
    return not feed.channels or (channel or unnamed) in feed.channels


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp()) * 1000
