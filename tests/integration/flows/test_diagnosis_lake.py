"""Diagnosing what lies in a lake: who may see what, what came after, how much an agent bore."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from peilian.adapters.lake import AccountSpan, Lake, Visibility
from peilian.adapters.lake import evidence as gathering
from peilian.adapters.lake.evidence import EvidenceQuestion, GatheredEvidence
from peilian.adapters.lake.schemas import READ_TABLES
from peilian.engine._kernel import InputError
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.diagnosis import Diagnosis, FindingEvidence
from peilian.engine.kpi.query import RosterSpan
from peilian.flows.diagnosing import diagnose_lake, shipped_rules

DAY_MS = 86_400_000
MONDAY_MS = 1_793_548_800_000  # 2026-11-02 00:00 in Shanghai
LATER_MS = MONDAY_MS + 90 * DAY_MS
ALL = Visibility.everything()
VERSION = {"lexicon_version": "1", "engine_version": "1"}

Line = tuple[str, str, float | None, str]


def talk(cid: str, *lines: Line, **more: Any) -> Conversation:
    """A conversation of (role, author, seconds after Monday began, text)."""
    return Conversation(
        cid,
        tuple(
            Message(str(n), n, Role(role), text, None if at is None else MONDAY_MS + round(at * 1000), author)
            for n, (role, author, at, text) in enumerate(lines)
        ),
        **more,
    )


def short(cid: str, agent: str = "lin", *, at: float | None = 0, waited: float = 10, **more: Any) -> Conversation:
    """One question and its answer."""
    answered = None if at is None else at + waited
    return talk(cid, ("customer", "k", at, "在吗?"), ("agent", agent, answered, "在的"), **more)


def a_lake(folder: Path, *conversations: Conversation) -> Lake:
    """A lake that holds these conversations, unread."""
    lake = Lake.create(folder / "lake")
    with lake.writing() as state:
        writer = lake.writer(state, "test", {MONDAY_MS // DAY_MS: (100, 1000)})
        for conversation in conversations:
            writer.put(conversation)
        writer.commit(list(writer.write()), None)
    return lake


def read(lake: Lake, rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> Lake:
    """Attach a reading: every conversation is read; ``rows`` are findings and readings of messages."""
    for segment in lake.segments:
        ids = [item.conversation_id for item in lake.iter_conversations(visible=ALL, segments=[segment.id])]
        given: dict[str, list[Mapping[str, Any]]] = {
            name: [row for row in (rows or {}).get(name, ()) if row["conversation_id"] in ids] for name in READ_TABLES
        }
        given["conversation_readings"] = [
            {"conversation_id": cid, "satisfaction": 0.5, "satisfaction_label": "neutral"} | VERSION for cid in ids
        ]
        tables = {
            name: pa.Table.from_pylist(
                [{column: row.get(column) for column in schema.names} for row in given[name]], schema=plain(schema)
            )
            for name, schema in READ_TABLES.items()
        }
        assert lake.attach(segment.id, tables)
    return lake


def plain(schema: pa.Schema) -> pa.Schema:
    """The schema with words as text."""
    return pa.schema([f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in schema])


def finding(cid: str, name: str, i: int = 1, author: str = "lin") -> dict[str, Any]:
    kind, key = name.split(":")
    return {
        "conversation_id": cid,
        "i": i,
        "kind": kind,
        "key": key,
        "start": 0,
        "end": 2,
        "rule": "r",
        "author": author,
    }


def seen(lake: Lake, visible: Visibility = ALL, **more: Any) -> Diagnosis:
    return diagnose_lake(lake, visible=visible, now_ms=LATER_MS, **more)


def affected(diagnosis: Diagnosis) -> dict[str, tuple[int, int]]:
    return {point.key: (point.rate.n_affected, point.rate.n) for point in diagnosis.pain_points}


def evidence_of(lake: Lake, visible: Visibility = ALL, **question: Any) -> dict[str, Any]:
    with lake.connect() as connection:
        gathered = GatheredEvidence(connection, EvidenceQuestion(**question), visible=visible)
        return {item.conversation_id: item for item in gathered.conversations()}


def test_an_empty_lake_shows_nothing(tmp_path):
    found = seen(Lake.create(tmp_path / "lake"))
    assert (found.coverage.n_conversations, found.pain_points) == (0, ())


def test_what_the_lake_knows_of_a_conversation_becomes_evidence(tmp_path):
    lake = a_lake(
        tmp_path,
        talk(
            "c1",
            ("customer", "k", 0, "还没到?"),
            ("agent", "lin", 50, "查一下"),
            ("agent", "wu", 60, "我来"),
            ("customer", "k", 70, "快点!"),
            ("customer", "k", 75, "什么时候到?"),
            customer="p",
            channel="chat",
            csat=2,
        ),
        short("c2", at=DAY_MS / 1000, customer="p"),
        short("c3", at=None),
        talk("c4", ("customer", "k", 0, "有人吗"), ("bot", "b", 1, "我是机器人")),
    )
    read(
        lake,
        {
            "findings": [
                finding("c1", "move:ask"),
                finding("c1", "move:thank"),
                finding("c1", "issue:redundant", 2, "wu"),
            ],
            "message_readings": [
                {"conversation_id": "c1", "i": 0, "role": "customer", "valence": -0.25, "emotion": "anxious"},
                {"conversation_id": "c2", "i": 0, "role": "customer", "valence": 0.5, "emotion": "grateful"},
                {"conversation_id": "c1", "i": 3, "role": "customer", "valence": -0.75},
                {"conversation_id": "c1", "i": 4, "role": "customer", "valence": -0.5},
            ],
        },
    )
    found = evidence_of(lake, moves=("ask",))
    c1 = found["c1"]
    assert (c1.agents, c1.csat, c1.channel, c1.is_read, c1.is_timed) == (("lin", "wu"), 0.4, "chat", True, True)
    assert [(r.asked_i, r.answered_i, r.agent, r.response_ms) for r in c1.rounds] == [
        (0, 1, "lin", 50_000),
        (3, None, "wu", None),
    ]
    assert c1.findings == (
        FindingEvidence("move", "ask", 1, 0, 2, "lin"),
        FindingEvidence("issue", "redundant", 2, 0, 2, "wu"),
    )
    assert (c1.lowest_valence, c1.lowest_i, c1.open_valence) == (-0.75, 3, -0.75)
    assert c1.open_texts == ("快点!", "什么时候到?")
    assert (c1.has_customer, c1.next_contact_ms) == (True, MONDAY_MS + DAY_MS)
    assert (c1.satisfaction, c1.satisfaction_label) == (0.5, "neutral")
    assert (found["c2"].csat, found["c2"].next_contact_ms, found["c2"].open_texts) == (None, None, ())
    assert (c1.rounds[0].is_thanks, found["c2"].rounds[0].is_thanks) == (False, True)
    assert (found["c3"].is_timed, found["c3"].rounds[0].response_ms) == (False, None)
    assert (found["c4"].is_bot_answered, found["c4"].is_answered, found["c4"].agents) == (True, False, ())


@pytest.mark.parametrize(
    ("csat", "csat_max", "share"),
    [(4, None, 0.8), (1, 3, 1 / 3), (0, 1, 0.0), (7, 5, 1.0), (None, 5, None), (3, 0, None)],
)
def test_a_rating_is_a_share_of_the_greatest(tmp_path, csat, csat_max, share):
    lake = a_lake(tmp_path, short("c1", csat=csat, csat_max=csat_max))
    assert evidence_of(lake)["c1"].csat == (None if share is None else pytest.approx(share))


def concurrent_by_hand(conversations: Iterable[Conversation]) -> dict[tuple[str, int], int]:
    """For each answered question, how many conversations its agent was working on."""
    spans: list[tuple[str, str, int, int]] = []
    questions: list[tuple[str, int, str, int]] = []
    for conversation in conversations:
        asked: tuple[int, int] | None = None
        for i, message in enumerate(conversation.messages):
            if message.role is Role.CUSTOMER:
                asked = asked or (i, message.at_ms)
            elif asked is not None:
                questions.append((conversation.conversation_id, asked[0], message.author, asked[1]))
                spans.append((conversation.conversation_id, message.author, asked[1], message.at_ms))
                asked = None
    whole: dict[tuple[str, str], tuple[int, int]] = {}
    for cid, agent, first, last in spans:
        known = whole.get((cid, agent), (first, last))
        whole[cid, agent] = (min(known[0], first), max(known[1], last))
    return {
        (cid, i): sum(1 for (_, who), (first, last) in whole.items() if who == agent and first <= at <= last)
        for cid, i, agent, at in questions
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_load_of_an_agent_is_what_counting_by_hand_gives(tmp_path, seed):
    rng = random.Random(seed)
    conversations = []
    for n in range(40):
        at, lines = rng.randrange(600), []
        agent = rng.choice(["lin", "wu"])
        for _ in range(rng.randrange(1, 4)):
            waited = rng.randrange(1, 60)
            lines += [("customer", "k", at, "?"), ("agent", agent, at + waited, "!")]
            agent = rng.choice([agent, agent, "he"])
            at += waited + rng.randrange(60)
        conversations.append(talk(f"c{n:02}", *lines))
    found = evidence_of(a_lake(tmp_path, *conversations))
    measured = {(cid, item.asked_i): item.concurrent for cid, one in found.items() for item in one.rounds}
    assert measured == concurrent_by_hand(conversations)


def test_load_counts_what_lies_outside_the_days_asked_for(tmp_path):
    late = [short(f"c{n}", at=86_399 - n, waited=30) for n in range(3)]
    lake = a_lake(tmp_path, *late, short("next", at=86_401, waited=30))
    rounds = evidence_of(lake, from_ms=MONDAY_MS + DAY_MS)["next"].rounds
    assert rounds[0].concurrent == 4


def test_days_are_local_and_both_included(tmp_path):
    lake = a_lake(tmp_path, *(short(f"c{n}", at=86_400 * n) for n in range(3)))
    found = seen(lake, from_=date(2026, 11, 3), to=date(2026, 11, 3))
    assert found.coverage.n_conversations == 1
    assert (found.from_ms, found.to_ms) == (MONDAY_MS + DAY_MS, MONDAY_MS + 2 * DAY_MS)


def test_coming_back_is_seen_beyond_the_days_asked_for(tmp_path):
    lake = a_lake(
        tmp_path,
        short("c1", customer="p"),
        short("c2", at=3 * 86_400, customer="p"),
        short("end", at=30 * 86_400),
    )
    assert affected(seen(lake, to=date(2026, 11, 2)))["repeat_contact"] == (1, 1)


def test_nobody_sees_more_than_is_visible(tmp_path):
    lake = a_lake(
        tmp_path, short("c1", "lin", waited=90), short("c2", "wu", waited=90), talk("c3", ("customer", "k", 0, "?"))
    )
    assert affected(seen(lake))["slow_first_answer"] == (2, 2)
    limited = seen(lake, Visibility.of([AccountSpan("lin")]))
    assert affected(limited) == {"slow_first_answer": (1, 1)}
    assert [quote.conversation_id for point in limited.pain_points for quote in point.quotes] == ["c1"]
    assert seen(lake, Visibility.nothing()).coverage.n_conversations == 0
    assert seen(lake, Visibility.of([AccountSpan("lin", from_ms=MONDAY_MS + DAY_MS)])).coverage.n_conversations == 0


def test_asking_for_an_account_opens_nothing_that_is_not_visible(tmp_path):
    lake = a_lake(tmp_path, short("c1", "lin"), short("c2", "wu"))
    assert seen(lake, Visibility.of([AccountSpan("lin")]), accounts=["wu"]).coverage.n_conversations == 0


def test_a_colleague_of_another_team_is_not_shown_beside_ours(tmp_path):
    shared = talk(
        "c1", ("customer", "k", 0, "?"), ("agent", "lin", 9, "!"), ("customer", "k", 10, "?"), ("agent", "wu", 99, "!")
    )
    found = seen(a_lake(tmp_path, shared), Visibility.of([AccountSpan("lin")]))
    assert affected(found) == {}
    assert found.coverage.n_agents == 1


ROSTER = (
    RosterSpan("lin", "林小禾", "售后一组"),
    RosterSpan("lin-2", "林小禾", "售后一组"),
    RosterSpan("wu", "吴桐", "售前", None, MONDAY_MS + DAY_MS),
    RosterSpan("wu", "何青", "售后一组", MONDAY_MS + DAY_MS, None),
)


def test_agents_go_by_the_name_of_the_time_whatever_account_they_used(tmp_path):
    lake = a_lake(
        tmp_path,
        short("c1", "lin", waited=90),
        short("c2", "lin-2", waited=90),
        short("c3", "wu", waited=90),
        short("c4", "wu", at=90_000, waited=90),
        short("c5", "stranger", waited=90),
    )
    (point,) = [p for p in seen(lake, roster=ROSTER).pain_points if p.key == "slow_first_answer"]
    assert {figure.agent: figure.rate.n for figure in point.agents} == {
        "林小禾": 2,
        "吴桐": 1,
        "何青": 1,
        "stranger": 1,
    }


def test_a_team_is_its_accounts_at_the_time(tmp_path):
    lake = a_lake(
        tmp_path, short("c1", "lin", waited=90), short("c3", "wu", waited=90), short("c4", "wu", at=90_000, waited=90)
    )
    found = seen(lake, team="售后一组", roster=ROSTER)
    assert affected(found)["slow_first_answer"] == (2, 2)
    assert "diagnosis.team_view" in [note.key for note in found.notes]


def test_a_company_can_look_for_a_move_of_its_own(tmp_path):
    shipped = shipped_rules()
    first = next(rule for rule in shipped.points if rule.key == "redundant")
    own = replace(first, findings=("move:apologise",), thresholds={"min_count": 2})
    lake = read(
        a_lake(tmp_path, short("c1"), short("c2")),
        {"findings": [finding("c1", "move:apologise", i) for i in (0, 1)] + [finding("c2", "move:apologise")]},
    )
    assert affected(seen(lake, rules=replace(shipped, points=(own,)))) == {"redundant": (1, 2)}


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"team": "不存在", "roster": ROSTER}, "diagnosis.unknown_team"),
        ({"tz": "Mars/Base"}, "kpi.unknown_zone"),
        ({"from_": date(2026, 11, 3), "to": date(2026, 11, 2)}, "kpi.dates_reversed"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(tmp_path, asked, key):
    with pytest.raises(InputError) as caught:
        seen(Lake.create(tmp_path / "lake"), **asked)
    assert [fault.reason.key for fault in caught.value.faults] == [key]


def test_a_lake_that_nobody_read_gives_a_partial_diagnosis(tmp_path):
    lake = a_lake(tmp_path, short("c1"), short("c2"))
    assert seen(lake).coverage.n_unread == 2
    found = seen(read(lake, {"findings": [finding("c1", "fault:rude")]}))
    assert not found.coverage.is_partial
    assert affected(found)["rude"] == (1, 2)
    (quote,) = found.pain_points[0].quotes
    assert (quote.role, quote.text, quote.start, quote.end) == ("agent", "在的", 0, 2)


def test_what_was_erased_counts_and_is_not_quoted(tmp_path):
    lake = a_lake(tmp_path, short("c1", waited=90), short("c2", waited=95))
    with lake.writing() as state:
        writer = lake.writer(state, "more", {MONDAY_MS // DAY_MS: (100, 1000)})
        writer.put(short("c3", waited=99, customer=lake.pseudonym("13800000000")))
        writer.commit(list(writer.write()), None)
    assert lake.erase_customer("13800000000", now_ms=LATER_MS).conversations == 1
    (point,) = [p for p in seen(lake).pain_points if p.key == "slow_first_answer"]
    assert point.rate.n_affected == 3
    assert [quote.conversation_id for quote in point.quotes] == ["c2", "c1"]


def test_without_a_channel_the_pace_decides(tmp_path):
    lake = a_lake(
        tmp_path, *(short(f"c{n}", at=n, waited=7000) for n in range(3)), short("chat", waited=90, channel="chat")
    )
    found = seen(lake)
    assert affected(found)["slow_first_answer"] == (1, 4)
    assert ("diagnosis.unhurried", {"n": 3}) in [(note.key, note.params) for note in found.notes]


def test_a_large_lake_is_gathered_in_parts(tmp_path, monkeypatch):
    lake = read(a_lake(tmp_path, *(short(f"c{n}", at=100 * n, waited=n) for n in range(1, 50))))
    whole = seen(lake)
    monkeypatch.setattr(gathering, "_PART", 7)
    assert seen(lake) == whole
