"""The lake's SQL gives what the slow reference gives, on random conversations, for every measure."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peilian.adapters.lake.measures import query_kpis
from peilian.adapters.lake.scratch import measured
from peilian.adapters.lake.visibility import AccountSpan, Visibility
from peilian.engine.kpi import measure_facts
from peilian.engine.kpi.algebra import Attribution, Count, Grain, Sum
from peilian.engine.kpi.facts import is_agent_message
from peilian.engine.kpi.query import KpiQuery, RosterSpan, choose_measures
from peilian.engine.kpi.reference import concurrent, measure_rows, next_contact_ms
from support.chats import chat

ALL = choose_measures(["all"])
HOUR = 3600 * 1000
START = 1_729_900_000_000  # a day before clocks go back in Berlin
NOW = START + 40 * 24 * HOUR

words = st.sampled_from(["c", "c", "c", "a", "a", "b", "s", "o", "y", "at", "ai", "ci", "af", "n"])
optional = lambda values: st.none() | values  # noqa: E731


@st.composite
def chats(draw, conversation_id):
    flags = draw(st.lists(words, min_size=1, max_size=8))
    start = START + draw(st.integers(0, 30 * 24)) * HOUR
    if draw(st.integers(0, 5)):
        gaps = draw(
            st.lists(st.sampled_from([0, 1, 29, 30, 31, 3600, 90000]), min_size=len(flags), max_size=len(flags))
        )
        line = " ".join(f"{flag}@{sum(gaps[: n + 1])}" for n, flag in enumerate(flags))
    else:
        line = " ".join(flag for flag in flags if "f" not in flag) or "c"
    return chat(
        line,
        conversation_id,
        start_ms=start,
        customer=draw(optional(st.sampled_from(["u1", "u2", "u3"]))),
        channel=draw(optional(st.sampled_from(["chat", "phone"]))),
        topic=draw(optional(st.sampled_from(["refund", "delivery"]))),
        is_resolved=draw(optional(st.booleans())),
        has_complaint=draw(optional(st.booleans())),
        reopened_count=draw(optional(st.integers(0, 2))),
        csat=draw(optional(st.integers(0, 10).map(float))),
        csat_max=draw(optional(st.sampled_from([0.0, 5.0, 10.0]))),
        transferred_from=draw(optional(st.just("queue-1"))),
    )


@st.composite
def lakes(draw):
    return [draw(chats(f"k{n}")) for n in range(draw(st.integers(0, 8)))]


ROSTER = (
    RosterSpan("agent-a", team="north", to_ms=START + 10 * 24 * HOUR),
    RosterSpan("agent-a", team="south", from_ms=START + 10 * 24 * HOUR),
    RosterSpan("agent-b", team="north"),
)


def local(at_ms, tz):
    return None if at_ms is None else (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone(tz)


def team_of(account, at_ms):
    for span in ROSTER:
        after = span.from_ms is None or (at_ms is not None and at_ms >= span.from_ms)
        before = span.to_ms is None or (at_ms is not None and at_ms < span.to_ms)
        if span.account == account and after and before:
            return span.team
    return None


class Reference:
    """The whole query done slowly: rows per grain, attributed, grouped, measured."""

    def __init__(self, conversations, now_ms, tz):
        self.tz = ZoneInfo(tz)
        self.all = [(item, measure_facts(item)) for item in conversations]
        starts = [(item.customer, facts.conversation.started_at_ms) for item, facts in self.all]
        self.conversations = {item.conversation_id: self.whole(item, facts, starts, now_ms) for item, facts in self.all}
        self.parts = [part for _, facts in self.all for part in facts.participations]

    def whole(self, item, facts, starts, now_ms):
        whole = asdict(facts.conversation)
        greatest = 5.0 if item.csat_max is None else item.csat_max
        share = item.csat / greatest if item.csat is not None and greatest > 0 else None
        ended = whole["ended_at_ms"]
        return whole | {
            "customer": item.customer,
            "channel": item.channel,
            "topic": item.topic,
            "is_resolved": item.is_resolved,
            "has_complaint": item.has_complaint,
            "reopened_count": item.reopened_count,
            "transferred_from": item.transferred_from,
            "csat_share": share,
            "csat_points": None if share is None else share * 5,
            "settled_ms": None if ended is None or now_ms is None else now_ms - ended,
            "next_contact_ms": next_contact_ms(item.customer, ended, starts),
        }

    def rows(self, measure, has_persons):
        """(conversation, account, row) of the measure's grain."""
        match measure.grain, measure.attribution:
            case Grain.CONVERSATION, Attribution.FIRST_RESPONSE:
                return [(key, row["first_agent"], row) for key, row in self.conversations.items()]
            case Grain.CONVERSATION, _:
                found = []
                for key, row in self.conversations.items():
                    agents = [part.agent for part in self.parts if part.conversation_id == key] if has_persons else []
                    found += [(key, agent, row) for agent in agents or [None]]
                return found
            case Grain.ROUND, _:
                return [(r.conversation_id, r.agent, asdict(r)) for _, facts in self.all for r in facts.rounds]
            case Grain.PARTICIPATION, _:
                return [(p.conversation_id, p.agent, {"concurrent": self.at_once(p)}) for p in self.parts]
            case _:
                counted = defaultdict(int)
                for item, _facts in self.all:
                    for message in item.messages:
                        if is_agent_message(message):
                            counted[item.conversation_id, message.author] += 1
                return [(key, agent, {"n_agent_messages": n}) for (key, agent), n in counted.items()]

    def at_once(self, part):
        spans = [(other.first_at_ms, other.last_at_ms) for other in self.parts if other.agent == part.agent]
        return concurrent(part.first_at_ms, spans)

    def group(self, by, key, agent):
        whole = self.conversations[key]
        start = local(whole["started_at_ms"], self.tz)
        values = {
            "day": start and start.date().isoformat(),
            "week": start and "{}-W{:02}".format(*start.isocalendar()),
            "month": start and f"{start:%Y-%m}",
            "hour": start and start.hour,
            "agent": agent,
            "team": team_of(agent, whole["started_at_ms"]),
            "channel": whole["channel"],
            "topic": whole["topic"],
            "conversation": key,
        }
        return tuple(values[name] for name in by)

    def answer(self, by):
        has_persons = bool({"agent", "team"} & set(by))
        found = defaultdict(dict)
        for measure in (next(item for item in ALL if item.key == "conversations"), *ALL):
            grouped = defaultdict(dict)
            for place, (key, agent, row) in enumerate(self.rows(measure, has_persons)):
                group = self.group(by, key, agent)
                name = (key, *group) if measure.attribution is Attribution.TOOK_PART else place
                grouped[group][name] = row
            for group, rows in grouped.items():
                found[group][measure.key] = measure_rows(measure, list(rows.values()))
        for cells in found.values():
            for measure in ALL:
                cells.setdefault(measure.key, measure_rows(measure, []))
        return found


def close(left, right):
    return left is right is None or (
        None not in (left, right) and math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    )


GROUPINGS = [
    (),
    ("day",),
    ("week",),
    ("month",),
    ("hour",),
    ("agent",),
    ("team",),
    ("channel", "topic"),
    ("conversation",),
    ("day", "agent"),
    ("team", "agent", "month"),
]


@settings(max_examples=40, deadline=None)
@given(lakes(), st.sampled_from(GROUPINGS), st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu"]))
def test_sql_gives_what_the_reference_gives(conversations, by, tz):
    with measured(conversations) as connection:
        query = KpiQuery(measures=ALL, by=by, tz=tz, roster=ROSTER)
        rows = query_kpis(connection, query, visible=Visibility.everything(), now_ms=NOW)
    expected = Reference(conversations, NOW, tz).answer(by)
    assert {tuple(row.group.values()) for row in rows} == set(expected)
    for row in rows:
        for measure in ALL:
            cell, other = row.cells[measure.key], expected[tuple(row.group.values())][measure.key]
            assert close(cell.value, other.value), (row.group, measure.key, cell, other)
            assert close(cell.numerator, other.numerator), (row.group, measure.key, cell, other)
            assert (cell.n, cell.denominator, cell.is_provisional) == (other.n, other.denominator, other.is_provisional)


@settings(max_examples=20, deadline=None)
@given(lakes())
def test_a_restricted_reader_gets_what_a_lake_of_the_visible_conversations_gives(conversations):
    seen = [item for item in conversations if "agent-a" in item.agents]
    # Without a customer there is no next contact, which is looked up in the whole lake on purpose.
    measures = tuple(item for item in ALL if item.key not in ("first_contact_resolution_7d_ratio", "max_concurrent"))
    visible = Visibility.of([AccountSpan("agent-a")])
    query = KpiQuery(measures=measures, by=("day",))
    with measured(conversations) as connection:
        rows = query_kpis(connection, query, visible=visible, now_ms=NOW)
    with measured(seen) as connection:
        assert rows == query_kpis(connection, query, visible=Visibility.everything(), now_ms=NOW)


@settings(max_examples=20, deadline=None)
@given(lakes())
def test_parts_of_the_whole_add_up(conversations):
    from peilian.engine.kpi.cells import merge

    mergeable = tuple(item for item in ALL if not item.key.endswith(("p50", "p90")))
    with measured(conversations) as connection:
        whole = query_kpis(connection, KpiQuery(measures=mergeable), visible=Visibility.everything(), now_ms=NOW)
        parts = query_kpis(connection, KpiQuery(mergeable, by=("day",)), visible=Visibility.everything(), now_ms=NOW)
    for measure in mergeable:
        merged = merge(measure.aggregate, [row.cells[measure.key] for row in parts])
        if not whole:
            assert not parts
            continue
        assert close(merged.value, whole[0].cells[measure.key].value), measure.key
        assert merged.n == whole[0].cells[measure.key].n


@pytest.mark.parametrize("measure", [m for m in ALL if not isinstance(m.aggregate, Count | Sum)], ids=lambda m: m.key)
def test_without_anything_to_measure_a_value_is_missing_and_not_0(measure):
    with measured([chat("o@0")]) as connection:
        [row] = query_kpis(connection, KpiQuery(measures=(measure,)), visible=Visibility.everything())
    assert row.cells[measure.key].value is None


def test_an_empty_lake_has_no_rows():
    with measured([]) as connection:
        assert query_kpis(connection, KpiQuery(measures=ALL), visible=Visibility.everything()) == []
