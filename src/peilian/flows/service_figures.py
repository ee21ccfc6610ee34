"""Service figures of people (个人服务指标): speed, empathy, concision and compliance of a person's conversations.

They are the means of the indicators that score single conversations, so a monthly figure and the points of a drill are
about the same thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

from peilian.adapters.lake import Lake, Visibility
from peilian.adapters.lake.visibility import AccountSpan
from peilian.engine._expression import ARITHMETIC
from peilian.engine.conversation import Conversation
from peilian.engine.kpi.query import RosterSpan
from peilian.engine.reading import Lexicons, read_conversation
from peilian.engine.reading.indicators import SERVICE_INDICATORS, service_indicators

__all__ = ["SERVICE_INDICATORS", "ServiceFigure", "service_figures"]


@dataclass(frozen=True, slots=True)
class ServiceFigure:
    """The mean of an indicator, from 0 to 1, over ``n`` conversations in which there was something to judge."""

    value: Decimal
    n: int


def service_figures(
    lake: Lake, words: Lexicons, *, roster: Sequence[RosterSpan], from_: date, to: date, tz: str
) -> dict[str, dict[str, ServiceFigure]]:
    """By employee of ``roster`` and indicator, over the conversations dated from ``from_`` to ``to`` (local days of
    ``tz``, both included), read by ``words``.

    A conversation counts for a person who answered it alone: where several people answered, nobody can be given the
    whole of it. What nobody could judge is left out.
    """
    zone = ZoneInfo(tz)
    first, after = (_midnight_ms(day, zone) for day in (from_, to + timedelta(days=1)))
    uses: dict[str, list[RosterSpan]] = defaultdict(list)
    for span in roster:
        if span.employee is not None:
            uses[span.account].append(span)
    spans = [_cut(span, first, after) for some in uses.values() for span in some]
    visible = Visibility.of(span for span in spans if span is not None)
    if not visible.spans:
        return {}
    found: dict[str, dict[str, list[Decimal]]] = {}
    for conversation in lake.iter_conversations(visible=visible, segments=_segments(lake, from_, to)):
        started = conversation.started_at_ms
        person = _alone(conversation, uses)
        if person is None or started is None or not first <= started < after:
            continue
        read = read_conversation(conversation, words)
        values = found.setdefault(person, defaultdict(list))
        for name, one in service_indicators(conversation, read).items():
            if one.value is not None:
                values[name].append(one.value)
    return {person: _means(values) for person, values in found.items()}


def _means(values: Mapping[str, Sequence[Decimal]]) -> dict[str, ServiceFigure]:
    with localcontext(ARITHMETIC):
        return {name: ServiceFigure(sum(some, Decimal(0)) / len(some), len(some)) for name, some in values.items()}


def _alone(conversation: Conversation, uses: Mapping[str, Sequence[RosterSpan]]) -> str | None:
    """Who answered the conversation, when it was one person of the roster and nobody else."""
    people = {
        _user_of(uses.get(message.author or "", ()), message.at_ms)
        for message in conversation.messages
        if message.is_human_answer
    }
    return people.pop() if len(people) == 1 else None


def _user_of(spans: Sequence[RosterSpan], at_ms: int | None) -> str | None:
    """Who used the account at that time."""
    if at_ms is None:
        return None
    return next(
        (
            span.employee
            for span in spans
            if (span.from_ms is None or span.from_ms <= at_ms) and (span.to_ms is None or at_ms < span.to_ms)
        ),
        None,
    )


def _cut(span: RosterSpan, first: int, after: int) -> AccountSpan | None:
    """The part of a use that lies in the period."""
    begins = first if span.from_ms is None else max(first, span.from_ms)
    ends = after if span.to_ms is None else min(after, span.to_ms)
    return AccountSpan(span.account, begins, ends) if begins < ends else None


def _segments(lake: Lake, from_: date, to: date) -> Collection[str]:
    """The segments that can hold a conversation of these days; days of segments are UTC, so a day more on each side."""
    first, last = (from_ - timedelta(days=1)).isoformat(), (to + timedelta(days=1)).isoformat()
    return {
        segment.id
        for segment in lake.segments
        if (segment.first_day or first) <= last and (segment.last_day or last) >= first
    }


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp()) * 1000
