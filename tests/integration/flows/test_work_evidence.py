"""What conversations and KPIs of a period say about people's competencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from peilian.adapters.lake import Lake, Visibility
from peilian.adapters.lake.schemas import READ_TABLES
from peilian.adapters.packs.competency import load_models
from peilian.engine.competency import Evidence
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.kpi.query import RosterSpan
from peilian.flows.evidence import work_evidence
from support.competencies import a_model

DAY_MS = 86_400_000
FIRST_MS = 1_793_462_400_000  # 2026-11-01 00:00 in Shanghai
LATER_MS = FIRST_MS + 90 * DAY_MS
MONTH = {"from_": date(2026, 11, 1), "to": date(2026, 11, 30)}
ROSTER = (RosterSpan("lin", "p-lin"), RosterSpan("wu", "p-wu"))


def talk(
    cid: str, agent: str = "lin", *, day: int = 3, waited: int = 10, channel: str | None = "chat", **more: Any
) -> Conversation:
    """One question on a day of November and its answer."""
    at_ms = FIRST_MS + (day - 1) * DAY_MS + 10 * 3_600_000
    lines = (("customer", "k", 0, "在吗?"), ("agent", agent, waited, "在的"))
    messages = tuple(
        Message(str(n), n, Role(role), text, at_ms + seconds * 1000, author)
        for n, (role, author, seconds, text) in enumerate(lines)
    )
    return Conversation(cid, messages, channel=channel, **more)


def a_lake(folder: Path, *conversations: Conversation) -> Lake:
    lake = Lake.create(folder / "lake")
    with lake.writing() as state:
        writer = lake.writer(state, "test", {FIRST_MS // DAY_MS: (100, 1000)})
        for conversation in conversations:
            writer.put(conversation)
        writer.commit(list(writer.write()), None)
    return lake


def read(lake: Lake, *findings: Mapping[str, Any], upset: Sequence[str] = ()) -> Lake:
    """Everything is read; ``upset`` names the conversations with an upset customer."""
    rows: dict[str, list[Mapping[str, Any]]] = {name: [] for name in READ_TABLES}
    rows["findings"] = list(findings)
    rows["message_readings"] = [
        {"conversation_id": cid, "i": 0, "role": "customer", "valence": -0.6, "emotion": "angry"} for cid in upset
    ]
    for segment in lake.segments:
        stored = lake.iter_conversations(visible=Visibility.everything(), segments=[segment.id])
        rows["conversation_readings"] = [
            {"conversation_id": item.conversation_id, "lexicon_version": "1", "engine_version": "1"} for item in stored
        ]
        tables = {
            name: pa.Table.from_pylist(
                [{column: row.get(column) for column in schema.names} for row in rows[name]], schema=plain(schema)
            )
            for name, schema in READ_TABLES.items()
        }
        assert lake.attach(segment.id, tables)
    return lake


def plain(schema: pa.Schema) -> pa.Schema:
    return pa.schema([f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in schema])


def finding(cid: str, name: str, author: str = "lin") -> dict[str, Any]:
    kind, key = name.split(":")
    place = {"i": 1, "start": 0, "end": 2, "rule": "r"}
    return {"conversation_id": cid, "kind": kind, "key": key, "author": author, **place}


def evidence(lake: Lake, **more: Any) -> dict[tuple[str, str, str], Evidence]:
    """The pieces by person, competency and kind."""
    asked = {"roster": ROSTER, "now_ms": LATER_MS, **MONTH} | more
    model = asked.pop("model", a_model())
    found = work_evidence(lake, model, **asked)
    return {(item.person, item.piece.competency, item.piece.kind): item.piece for item in found}


def test_an_empty_lake_says_nothing(tmp_path):
    assert evidence(Lake.create(tmp_path / "lake")) == {}


def test_the_share_of_upset_customers_met_with_empathy_becomes_a_score(tmp_path):
    lake = a_lake(tmp_path, *(talk(f"c{n}") for n in range(5)))
    read(
        lake,
        finding("c0", "move:empathise"),
        finding("c1", "issue:missing_empathy"),
        finding("c4", "move:empathise"),
        upset=["c0", "c1", "c2", "c3"],
    )
    piece = evidence(lake)["p-lin", "empathy", "conversation"]
    # Of 4 upset customers 1 missed empathy (0.25 -> 0.5) and 1 got it (0.25 -> 0.7); the calm one does not count.
    assert piece.score == pytest.approx((0.5 * 0.5 + 0.25 * 0.7) / 0.75)
    assert (piece.n, piece.weight) == (4, 0.75)


def test_each_person_answers_for_the_own_words_only(tmp_path):
    lake = a_lake(tmp_path, talk("c0"), talk("c1", "wu"))
    read(lake, finding("c0", "move:empathise"), finding("c1", "issue:missing_empathy", "wu"), upset=["c0", "c1"])
    found = evidence(lake)
    assert found["p-lin", "empathy", "conversation"].score > 0.9
    assert found["p-wu", "empathy", "conversation"].score < 0.1


def test_two_accounts_of_one_person_are_one_person(tmp_path):
    lake = read(a_lake(tmp_path, talk("c0"), talk("c1", "lin-2")), upset=["c0", "c1"])
    both = (*ROSTER, RosterSpan("lin-2", "p-lin"))
    assert evidence(lake, roster=both)["p-lin", "empathy", "conversation"].n == 2


def test_an_account_that_changed_hands_speaks_for_whoever_used_it(tmp_path):
    lake = read(a_lake(tmp_path, talk("c0", day=3), talk("c1", day=20)), upset=["c0", "c1"])
    handed_on = FIRST_MS + 10 * DAY_MS
    roster = (RosterSpan("lin", "p-old", to_ms=handed_on), RosterSpan("lin", "p-new", from_ms=handed_on))
    found = evidence(lake, roster=roster)
    assert {person for person, _, kind in found if kind == "conversation"} == {"p-old", "p-new"}
    assert found["p-old", "empathy", "conversation"].n == 1


def test_who_is_in_no_roster_is_left_out(tmp_path):
    lake = read(a_lake(tmp_path, talk("c0", "stranger")), upset=["c0"])
    assert evidence(lake) == {}


def test_conversations_of_other_months_are_left_out(tmp_path):
    lake = read(a_lake(tmp_path, talk("c0", day=1), talk("c1", day=30), talk("c2", day=31)), upset=["c0", "c1", "c2"])
    assert evidence(lake)["p-lin", "empathy", "conversation"].n == 2


def test_an_unread_conversation_speaks_through_kpis_only(tmp_path):
    lake = a_lake(tmp_path, talk("c0", has_complaint=False), talk("c1", has_complaint=True))
    found = evidence(lake)
    assert set(found) == {("p-lin", "empathy", "kpi")}
    assert found["p-lin", "empathy", "kpi"].score == 0.0  # half of the conversations drew a complaint


def test_kpis_are_added_up_over_accounts_and_channels(tmp_path):
    lake = a_lake(
        tmp_path,
        *(talk(f"a{n}", has_complaint=False) for n in range(60)),
        *(talk(f"b{n}", "lin-2", channel="email", has_complaint=n == 0) for n in range(40)),
    )
    piece = evidence(lake, roster=(*ROSTER, RosterSpan("lin-2", "p-lin")))["p-lin", "empathy", "kpi"]
    assert piece.score == pytest.approx(0.75)  # 1 of 100, halfway from 0 to 2 %
    assert piece.n == 100


def test_evidence_is_dated_by_the_end_of_the_period_or_of_the_data(tmp_path):
    early = read(a_lake(tmp_path / "early", talk("c0", day=3)), upset=["c0"])
    (piece, *_) = evidence(early).values()
    assert piece.at_ms == FIRST_MS + 2 * DAY_MS + 36_000_000 + 10_000
    whole = read(a_lake(tmp_path / "whole", talk("c0", day=3), talk("c1", day=40)), upset=["c0", "c1"])
    (piece, *_) = evidence(whole).values()
    assert piece.at_ms == FIRST_MS + 30 * DAY_MS - 1


def shipped(folder: Path, **talked: Any) -> dict[tuple[str, str, str], Evidence]:
    folder.mkdir()
    lake = read(a_lake(folder, *(talk(f"c{n}", **talked) for n in range(4))))
    return evidence(lake, model=load_models()["service-agents"])


def test_pace_is_judged_in_live_chat_only(tmp_path):
    slow = 5 * 3600
    pace = ("p-lin", "response_pace", "kpi")
    assert shipped(tmp_path / "chat", waited=slow)[pace].score == 0
    assert shipped(tmp_path / "quick", waited=10)[pace].score == 1
    assert pace not in shipped(tmp_path / "mail", waited=slow, channel="email")


def test_without_a_channel_pace_is_judged_unless_answers_usually_take_hours(tmp_path):
    pace = ("p-lin", "response_pace", "kpi")
    assert shipped(tmp_path / "quick", waited=100, channel=None)[pace].score < 0.5
    assert pace not in shipped(tmp_path / "tickets", waited=5 * 3600, channel=None)


def test_more_conversations_weigh_more(tmp_path):
    few = read(a_lake(tmp_path / "few", *(talk(f"c{n}") for n in range(3))), upset=["c0", "c1", "c2"])
    many = read(a_lake(tmp_path / "many", *(talk(f"c{n}") for n in range(60))), upset=[f"c{n}" for n in range(60)])
    source = a_model().sources["conversation"]
    small, large = (evidence(lake)["p-lin", "empathy", "conversation"] for lake in (few, many))
    assert source.variance(small.n) > 5 * source.variance(large.n)


def test_the_same_lake_gives_the_same_evidence_in_the_same_order(tmp_path):
    lake = read(a_lake(tmp_path, *(talk(f"c{n}", "lin" if n % 2 else "wu") for n in range(6))), upset=["c1", "c2"])
    asked = {"roster": ROSTER, "now_ms": LATER_MS, **MONTH}
    first, second = (work_evidence(lake, a_model(), **asked) for _ in range(2))
    assert first == second
    assert [item.person for item in first] == sorted(item.person for item in first)
