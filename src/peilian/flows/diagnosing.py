"""Diagnosing (诊断): what the lake shows, as ranked pain points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from peilian.adapters.lake import AccountSpan, Lake, Visibility
from peilian.adapters.lake.evidence import EvidenceQuestion, GatheredEvidence
from peilian.adapters.packs.pain_points import load_rules
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.diagnosis import (
    ConversationEvidence,
    Diagnosis,
    DiagnosisRules,
    Evidence,
    LoadEvidence,
    diagnose,
)
from peilian.engine.diagnosis.detectors.need_mining import CLARIFYING, SETTLING
from peilian.engine.kpi.query import KpiQuery, RosterSpan
from peilian.flows.measuring import COMPANY_ZONE

UNHURRIED_MS = 3_600_000
UNHURRIED_CHANNEL = "ticket"
"""Where half of the first answers take longer than ``UNHURRIED_MS`` and no channel is named, nobody is chatting."""

_MOVES = frozenset((*CLARIFYING, *SETTLING, "refuse", "close"))


@cache
def shipped_rules() -> DiagnosisRules:
    """The pain points of the shipped packs."""
    return load_rules()


def rules_of(folder: Path) -> DiagnosisRules:
    """The pain points of a company's own pack. Raises ``InputError`` for every fault of its documents."""
    return load_rules([folder])


def diagnose_lake(
    lake: Lake,
    *,
    visible: Visibility,
    now_ms: int,
    from_: date | None = None,
    to: date | None = None,
    accounts: Sequence[str] | None = None,
    team: str | None = None,
    roster: Iterable[RosterSpan] = (),
    tz: str = COMPANY_ZONE,
    rules: DiagnosisRules | None = None,
) -> Diagnosis:
    """Diagnose the visible conversations dated from ``from_`` to ``to`` (local days of ``tz``, both included).

    ``accounts`` or ``team`` (by ``roster``) limit the view to agents. With a roster, agents go by the employee's name,
    whatever account they used. Conversations that were not read yet make the diagnosis partial. Raises ``InputError``
    for an unknown zone, reversed days, or a team without accounts.
    """
    zone = KpiQuery(measures=(), tz=tz, from_=from_, to=to).zone
    after = to + timedelta(days=1) if to and to < date.max else None
    from_ms, to_ms = _midnight_ms(from_, zone), _midnight_ms(after, zone)
    uses = tuple(roster)
    chosen = _chosen(accounts, team, uses)
    rules = rules or shipped_rules()
    question = EvidenceQuestion(from_ms, to_ms, chosen, _moves(rules))
    names = Names(uses)
    with lake.connect() as connection:
        gathered = GatheredEvidence(connection, question, visible=visible)
        evidence = Evidence(
            conversations=map(names.in_conversation, gathered.conversations()),
            loads=map(names.in_load, gathered.loads()),
            observed_until_ms=gathered.observed_until_ms,
            agents=_looked_at(chosen, visible, names),
            unknown_channel_as=_pace(gathered),
        )
        found = diagnose(evidence, rules, now_ms, from_ms=from_ms, to_ms=to_ms)
        return found.with_texts(gathered.texts(found.quoted_places()))


def _moves(rules: DiagnosisRules) -> tuple[str, ...]:
    """The moves that some rule looks at; most moves of a lake need not be fetched."""
    named = (name.split(":") for rule in rules.points for name in rule.findings)
    return tuple(sorted(_MOVES.union(key for kind, key in named if kind == "move")))


def _pace(gathered: GatheredEvidence) -> str | None:
    usual = gathered.usual_wait_without_channel_ms
    return UNHURRIED_CHANNEL if usual is not None and usual > UNHURRIED_MS else None


def _midnight_ms(day: date | None, zone: ZoneInfo) -> int | None:
    return None if day is None else int(datetime.combine(day, time(), zone).timestamp()) * 1000


def _chosen(
    accounts: Sequence[str] | None, team: str | None, roster: Sequence[RosterSpan]
) -> tuple[AccountSpan, ...] | None:
    """The accounts asked for; ``None`` when everybody is."""
    chosen = None if accounts is None else tuple(AccountSpan(account) for account in accounts)
    if team is None:
        return chosen
    of_team = [span for span in roster if span.team == team]
    if not of_team:
        known = ", ".join(sorted({span.team for span in roster if span.team})) or "–"
        raise InputError(Fault(Reason("diagnosis.unknown_team", {"team": team, "known": known}), field="team"))
    wanted = None if chosen is None else {span.account for span in chosen}
    return tuple(
        AccountSpan(span.account, span.from_ms, span.to_ms)
        for span in of_team
        if wanted is None or span.account in wanted
    )


@dataclass
class Names:
    """Calls agents by the names of a roster, whatever account they used at the time."""

    roster: Sequence[RosterSpan]
    _uses: Mapping[str, list[RosterSpan]] = field(init=False)

    def __post_init__(self) -> None:
        uses: dict[str, list[RosterSpan]] = {}
        for span in self.roster:
            uses.setdefault(span.account, []).append(span)
        self._uses = uses

    def of(self, account: str, at_ms: int | None) -> str:
        """Who used an account at a moment; the account itself when the roster does not know."""
        for span in self._uses.get(account, ()):
            is_open = at_ms is None or (
                (span.from_ms is None or span.from_ms <= at_ms) and (span.to_ms is None or at_ms < span.to_ms)
            )
            if is_open and span.employee:
                return span.employee
        return account

    def during(self, span: AccountSpan) -> Iterator[str]:
        """Everybody who used an account during a span."""
        known = [
            use.employee
            for use in self._uses.get(span.account, ())
            if use.employee and _overlap(use.from_ms, use.to_ms, span.from_ms, span.to_ms)
        ]
        yield from known
        yield span.account

    def in_conversation(self, conversation: ConversationEvidence) -> ConversationEvidence:
        """The same with names."""
        if not self._uses:
            return conversation
        at_ms = conversation.rounds[0].asked_at_ms if conversation.rounds else conversation.ended_at_ms

        def name(account: str | None) -> str | None:
            return None if account is None else self.of(account, at_ms)

        return replace(
            conversation,
            agents=tuple(dict.fromkeys(self.of(account, at_ms) for account in conversation.agents)),
            rounds=tuple(replace(item, agent=name(item.agent)) for item in conversation.rounds),
            findings=tuple(replace(item, agent=name(item.agent)) for item in conversation.findings),
        )

    def in_load(self, load: LoadEvidence) -> LoadEvidence:
        """The same with the name."""
        return replace(load, agent=self.of(load.agent, load.asked_at_ms)) if self._uses else load


def _overlap(first: int | None, last: int | None, other_first: int | None, other_last: int | None) -> bool:
    begins = max((moment for moment in (first, other_first) if moment is not None), default=None)
    ends = min((moment for moment in (last, other_last) if moment is not None), default=None)
    return begins is None or ends is None or begins < ends


def _looked_at(chosen: tuple[AccountSpan, ...] | None, visible: Visibility, names: Names) -> frozenset[str] | None:
    """The agents the view is limited to: those asked for, of those that may be seen; ``None`` is everybody."""
    sides: Iterable[tuple[AccountSpan, ...]] = (
        spans for spans in (chosen, None if visible.is_everything else visible.spans) if spans is not None
    )
    sets = [frozenset(name for span in spans for name in names.during(span)) for spans in sides]
    return frozenset.intersection(*sets) if sets else None
