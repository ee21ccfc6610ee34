"""What each KPI gives in small cases computed by hand, the known traps of the field among them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peilian.adapters.lake.measures import query_kpis
from peilian.adapters.lake.scratch import measured
from peilian.adapters.lake.visibility import AccountSpan, Visibility
from peilian.adapters.packs.calendar import load_calendars
from peilian.engine.kpi import Rules
from peilian.engine.kpi.query import KpiQuery, RosterSpan, choose_measures
from support.chats import chat

DAY = 24 * 3600 * 1000
EVERYTHING = Visibility.everything()


def ms(clock: str, tz: str = "Asia/Shanghai") -> int:
    return int(datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(tz)).timestamp() * 1000)


NOON = ms("2026-11-02T12:00")


def chats(*lines, start_ms=NOON, **more):
    return [chat(line, f"k{n}", start_ms=start_ms, **more) for n, line in enumerate(lines)]


def ask(conversations, key, by=(), *, visible=EVERYTHING, now_ms=None, rules=None, **query):
    """{group: value} of one KPI; a group is a tuple, or the value itself for one dimension."""
    with measured(conversations) as connection:
        rows = query_kpis(
            connection,
            KpiQuery(measures=choose_measures([key]), by=by, **query),
            visible=visible,
            now_ms=now_ms,
            rules=rules or Rules(),
        )
    values = {tuple(row.group.values()): row.cells[key].value for row in rows}
    return {(group[0] if len(group) == 1 else group): value for group, value in values.items()}


def total(conversations, key, **more):
    return ask(conversations, key, **more)[()]


@pytest.mark.parametrize(
    ("key", "lines", "expected"),
    [
        pytest.param("conversations", ["c@0", "a@0", "o@0"], 3, id="bots' and outreach conversations count"),
        pytest.param("messages", ["c@0 o@1 at@2 ai@3 y@4", "a@0"], 6, id="every stored message"),
        pytest.param(
            "agent_messages", ["af@0 c@1 at@2 ai@3 a@4 s@5 o@6 n@7"], 4, id="words of humans, faulty clock too"
        ),
        pytest.param("agent_messages", ["c@0"], 0, id="none are 0, since the conversation exists"),
        pytest.param("rounds", ["c@0 c@1 a@2 a@3 c@4", "a@0"], 2, id="an open round counts"),
        pytest.param("answer_rate", ["c@0 a@1", "c@0 o@1", "a@0"], 0.5, id="outreach without a reply has no question"),
        pytest.param("answer_rate", ["a@0"], None, id="no question, no rate"),
        pytest.param("answer_rate", ["af@0 c@1"], 0, id="a clock fault is no answer"),
        pytest.param("answer_rate", ["c a", "c"], 0.5, id="untimed transcripts have an answer rate"),
        pytest.param("first_response_seconds_mean", ["c@0 a@10", "c@0 a@30", "c@0"], 20, id="unanswered are left out"),
        pytest.param("first_response_seconds_mean", ["c a"], None, id="untimed have no time, and that is not 0"),
        pytest.param("first_response_seconds_mean", ["c@5 a@5"], 0, id="0 seconds is a time"),
        pytest.param("first_response_seconds_p50", ["c@0 a@10", "c@0 a@20"], 15, id="between the two nearest"),
        pytest.param("first_response_seconds_p90", ["c@0 a@10", "c@0 a@20", "c@0 a@100"], 84, id="20 + 0.8 x 80"),
        pytest.param(
            "first_response_within_30s_ratio", ["c@0 a@30", "c@0 a@31", "c@0"], 1 / 3, id="unanswered: not within"
        ),
        pytest.param(
            "first_response_within_30s_ratio", ["c@0 a@30", "c a", "a@0"], 1, id="untimed and outreach: outside"
        ),
        pytest.param("response_seconds_mean", ["c@0 a@10 c@20 a@40", "c@0 a@90"], 40, id="no mean of means"),
        pytest.param("response_seconds_mean", ["c@0 a@10 c@20"], 10, id="open rounds are left out"),
        pytest.param(
            "response_within_180s_ratio", ["c@0 a@180 c@200 a@381 c@400"], 1 / 3, id="180 is within, open is not"
        ),
        pytest.param(
            "handling_seconds_mean", ["c@0 a@10 c@60 o@99", "c@0"], 60, id="bots do not prolong, open left out"
        ),
        pytest.param("transfer_ratio", ["c@0 a@1 b@2", "c@0 a@1", "c@0"], 0.5, id="of answered ones"),
        pytest.param("max_concurrent", ["c@0 a@1 a@9", "c@0 a@5 a@20", "c@0 a@9 a@30"], 3, id="touching ends overlap"),
        pytest.param("max_concurrent", ["c@0 a@1 a@9", "c@0 a@10 a@20"], 1, id="one after the other"),
        pytest.param("max_concurrent", ["c@0 a@1 a@9", "c@0 b@5 b@20", "c@0 b@6"], 2, id="the busiest agent, no sum"),
        pytest.param("max_concurrent", ["c@0 a@1"], 1, id="a single answer is one conversation"),
        pytest.param("max_concurrent", ["c a"], None, id="untimed spans have no moment"),
        pytest.param("max_concurrent", ["c@0 o@1"], None, id="bots are nobody"),
    ],
)
def test_a_kpi_of_a_few_conversations(key, lines, expected):
    assert total(chats(*lines), key) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("key", "known", "expected"),
    [
        pytest.param("resolution_ratio", [{"is_resolved": True}, {"is_resolved": False}, {}], 0.5, id="known only"),
        pytest.param("resolution_ratio", [{}, {}], None, id="nothing known"),
        pytest.param("reopen_ratio", [{"reopened_count": 2}, {"reopened_count": 0}, {}], 0.5, id="known only"),
        pytest.param("complaint_ratio", [{"has_complaint": True}, {"has_complaint": False}, {}], 0.5, id="known only"),
        pytest.param("transfer_ratio", [{"transferred_from": "night desk"}, {}], 0.5, id="the source says so"),
        pytest.param("csat_mean", [{"csat": 4.0}, {"csat": 8.0, "csat_max": 10.0}, {}], 4, id="on a scale of five"),
        pytest.param("csat_mean", [{"csat": 0.0}, {"csat": 5.0}], 2.5, id="a rating of 0 is a rating"),
        pytest.param(
            "csat_ratio", [{"csat": 4.0}, {"csat": 7.0, "csat_max": 10.0}, {}], 0.5, id="80 % of the greatest"
        ),
        pytest.param("csat_ratio", [{"csat": 1.0, "csat_max": 0.0}], None, id="a scale of nothing"),
        pytest.param("csat_n", [{"csat": 1.0}, {}], 1, id="how many rated"),
        pytest.param("csat_n", [{}], 0, id="nobody rated: 0 ratings"),
    ],
)
def test_what_the_source_knows(key, known, expected):
    conversations = [chat("c@0 a@10", f"k{n}", start_ms=NOON, **more) for n, more in enumerate(known)]
    assert total(conversations, key) == (None if expected is None else pytest.approx(expected))


AGENTS = ["c@0 a@10 b@50 c@60", "c@0 b@30", "c@0"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param("conversations", {"agent-a": 1, "agent-b": 2, None: 1}, id="each account that took part"),
        pytest.param("answer_rate", {"agent-a": 1, "agent-b": 1, None: 0}, id="what nobody answered is nobody's"),
        pytest.param("messages", {"agent-a": 4, "agent-b": 6, None: 1}, id="all messages of its conversations"),
        pytest.param("agent_messages", {"agent-a": 1, "agent-b": 2, None: 0}, id="only its own messages"),
        pytest.param("rounds", {"agent-a": 1, "agent-b": 2, None: 1}, id="an open round is its last writer's"),
        pytest.param("first_response_seconds_mean", {"agent-a": 10, "agent-b": 30, None: None}, id="who gave it"),
        pytest.param("handling_seconds_mean", {"agent-a": 60, "agent-b": 45, None: None}, id="the whole span for each"),
    ],
)
def test_whose_number_it_is(key, expected):
    assert ask(chats(*AGENTS), key, by=("agent",)) == expected


def test_messages_with_a_wrong_clock_are_still_their_agents():
    found = ask(chats("af@0 c@10 b@20"), "agent_messages", by=("agent",))
    assert found == {"agent-a": 1, "agent-b": 1}


def test_a_team_counts_a_conversation_of_two_of_its_agents_once():
    roster = (RosterSpan("agent-a", team="north"), RosterSpan("agent-b", team="north"))
    assert ask(chats(*AGENTS), "conversations", by=("team",), roster=roster) == {"north": 2, None: 1}


def test_a_team_is_the_one_at_the_start_of_the_conversation():
    move = ms("2026-11-03T00:00")
    roster = (RosterSpan("agent-a", team="north", to_ms=move), RosterSpan("agent-a", team="south", from_ms=move))
    late = chat("c@0 a@60", "late", start_ms=move - 1)
    early = chat("c@0 a@60", "early", start_ms=move)
    assert ask([late, early], "conversations", by=("team", "conversation"), roster=roster) == {
        ("north", "late"): 1,
        ("south", "early"): 1,
    }


def test_filters_by_person_follow_the_attribution():
    assert total(chats(*AGENTS), "rounds", agents=("agent-b",)) == 2
    assert total(chats(*AGENTS), "first_response_seconds_mean", agents=("agent-b",)) == 30
    roster = (RosterSpan("agent-a", team="north"), RosterSpan("agent-a", team="guild"))
    assert total(chats(*AGENTS), "rounds", teams=("north", "guild"), roster=roster) == 1


def test_filters_by_channel_and_topic():
    conversations = [
        chat("c@0", "k1", start_ms=NOON, channel="chat", topic="refund"),
        chat("c@0", "k2", start_ms=NOON, channel="chat"),
        chat("c@0", "k3", start_ms=NOON, channel="phone", topic="refund"),
    ]
    assert total(conversations, "conversations", channels=("chat",)) == 2
    assert total(conversations, "conversations", channels=("chat",), topics=("refund",)) == 1
    assert ask(conversations, "conversations", by=("topic",)) == {"refund": 2, None: 1}
    assert ask(conversations, "conversations", channels=("fax",)) == {}


def test_a_filter_is_a_value_and_never_a_piece_of_a_statement():
    assert ask(chats("c@0", channel="chat"), "conversations", channels=("') or true --",)) == {}


@pytest.mark.parametrize(
    ("tz", "start", "by", "group"),
    [
        pytest.param("Asia/Shanghai", "2026-11-02T23:59:59.999", "day", "2026-11-02", id="the last moment of a day"),
        pytest.param("Asia/Shanghai", "2026-11-03T00:00", "day", "2026-11-03", id="the first moment of a day"),
        pytest.param("Asia/Shanghai", "2026-12-31T23:00", "week", "2026-W53", id="a year of 53 weeks"),
        pytest.param("Asia/Shanghai", "2027-01-03T12:00", "week", "2026-W53", id="a Sunday of the old ISO year"),
        pytest.param("Asia/Shanghai", "2024-02-29T12:00", "day", "2024-02-29", id="a leap day"),
        pytest.param("Asia/Kathmandu", "2026-11-02T00:10", "hour", 0, id="a zone of 5:45"),
        pytest.param(
            "Europe/London", "2026-10-31T23:30", "month", "2026-10", id="October ends after the clocks change"
        ),
        pytest.param("Europe/Berlin", "2026-03-29T01:30", "hour", 1, id="before the skipped hour"),
        pytest.param("Europe/Berlin", "2026-03-29T03:30", "hour", 3, id="after the skipped hour"),
        pytest.param("Europe/Berlin", "2026-10-25T02:30", "hour", 2, id="in the repeated hour"),
        pytest.param("America/New_York", "2026-11-01T23:30", "day", "2026-11-01", id="a day of 25 hours"),
    ],
)
def test_time_groups_are_those_of_the_wall_clock(tz, start, by, group):
    conversations = [
        chat("c@0", "k1", start_ms=ms(start, tz)),
        # others far away make the lake span every change of the clock in between
        chat("c@0", "k2", start_ms=ms("2020-06-01T12:00", tz)),
        chat("c@0", "k3", start_ms=ms("2028-06-01T12:00", tz)),
    ]
    found = ask(conversations, "conversations", by=("conversation", by), tz=tz)
    assert ("k1", group) in found


def test_the_hour_that_comes_twice_is_one_group():
    first, second = (ms("2026-10-25T00:30", "UTC"), ms("2026-10-25T01:30", "UTC"))
    conversations = [chat("c@0", "k1", start_ms=first), chat("c@0", "k2", start_ms=second)]
    assert ask(conversations, "conversations", by=("hour",), tz="Europe/Berlin") == {2: 2}


def test_a_conversation_over_midnight_stays_whole_on_its_first_day():
    found = ask(chats("c@0 a@20 c@120 a@180", start_ms=ms("2026-11-02T23:59")), "rounds", by=("day",))
    assert found == {"2026-11-02": 2}


def test_untimed_conversations_have_no_day_and_pass_no_filter_of_days():
    conversations = chats("c a", "c@0")
    assert ask(conversations, "conversations", by=("day",)) == {"2026-11-02": 1, None: 1}
    assert ask(conversations, "conversations", from_=date(2000, 1, 1)) == {(): 1}


def test_days_of_a_filter_are_both_included():
    conversations = [chat("c@0", f"k{n}", start_ms=ms(f"2026-11-0{n}T00:00")) for n in range(1, 6)]
    assert total(conversations, "conversations", from_=date(2026, 11, 2), to=date(2026, 11, 4)) == 3


def returning(*starts, **more):
    return [
        chat("c@0 a@60", f"k{n}", start_ms=NOON + int(start * DAY), customer="u", **more)
        for n, start in enumerate(starts)
    ]


FCR = "first_contact_resolution_7d_ratio"
LATER = NOON + 100 * DAY


@pytest.mark.parametrize(
    ("conversations", "expected"),
    [
        pytest.param(returning(0), 1, id="never came back"),
        pytest.param(returning(0, 3), 0.5, id="came back after three days"),
        pytest.param(returning(0, 8), 1, id="came back after a week"),
        pytest.param(returning(0, 3, 6), 1 / 3, id="each of several contacts is judged by the next"),
        pytest.param(returning(0, 0.0001), 1, id="a conversation beside it is no return"),
        pytest.param(returning(0, is_resolved=False), 0, id="marked unresolved"),
        pytest.param(returning(0, is_resolved=True), 1, id="marked resolved"),
        pytest.param([chat("c@0", "k", start_ms=NOON, customer="u")], 0, id="never answered"),
        pytest.param([chat("c@0 a@1", "k", start_ms=NOON)], None, id="an unknown customer cannot be followed"),
        pytest.param([chat("c a", "k", customer="u")], None, id="untimed"),
    ],
)
def test_first_contact_resolution(conversations, expected):
    assert total(conversations, FCR, now_ms=LATER) == (None if expected is None else pytest.approx(expected))


def test_the_week_counts_from_the_end_to_the_millisecond():
    first = chat("c@0 a@60", "k1", start_ms=NOON, customer="u")
    end = NOON + 60_000
    within = chat("c@0", "k2", start_ms=end + 7 * DAY, customer="u")
    beyond = chat("c@0", "k2", start_ms=end + 7 * DAY + 1, customer="u")
    assert ask([first, within], FCR, by=("conversation",), now_ms=LATER)["k1"] == 0
    assert ask([first, beyond], FCR, by=("conversation",), now_ms=LATER)["k1"] == 1


def test_the_next_contact_is_found_outside_of_the_days_asked_for():
    assert total(returning(0, 3), FCR, to=date(2026, 11, 3), now_ms=LATER) == 0


def provisional(conversations, now_ms):
    with measured(conversations) as connection:
        query = KpiQuery(measures=choose_measures([FCR]))
        [row] = query_kpis(connection, query, visible=EVERYTHING, now_ms=now_ms)
    return row.cells[FCR].value, row.is_provisional


def test_a_conversation_is_judged_only_when_a_week_has_passed():
    old_and_new = returning(0, 20)
    end = NOON + 20 * DAY + 60_000
    assert provisional(old_and_new, end + 7 * DAY - 1) == (1, True)
    assert provisional(old_and_new, end + 7 * DAY) == (1, False)
    assert provisional(returning(0), NOON + DAY) == (None, True)


def test_now_is_the_last_message_when_nobody_says_otherwise():
    assert provisional(returning(0), None) == (None, True)
    assert provisional([*returning(0), *chats("o@0", start_ms=NOON + 8 * DAY)], None) == (1, False)


def test_a_restricted_reader_sees_conversations_of_the_accounts_and_only_these_accounts():
    visible = Visibility.of([AccountSpan("agent-a")])
    assert total(chats(*AGENTS), "conversations", visible=visible) == 1
    assert ask(chats(*AGENTS), "conversations", by=("agent",), visible=visible) == {"agent-a": 1}
    assert ask(chats(*AGENTS), "rounds", by=("agent",), visible=visible) == {"agent-a": 1}
    assert ask(chats(*AGENTS), "rounds", visible=Visibility.nothing()) == {}


def test_what_an_account_did_before_it_was_ones_own_stays_hidden():
    move = ms("2026-11-03T00:00")
    visible = Visibility.of([AccountSpan("agent-a", from_ms=move)])
    before = chat("c@0 a@1", "before", start_ms=NOON)
    after = chat("c@0 a@1", "after", start_ms=move)
    across = chat("c@0 a@1 a@90000", "across", start_ms=NOON)
    assert set(ask([before, after, across], "conversations", by=("conversation",), visible=visible)) == {
        "after",
        "across",
    }


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["c", "a", "b", "at", "af"]), min_size=1, max_size=6), max_size=5), st.data())
def test_other_rules_give_what_measuring_the_messages_by_them_gives(lines, data):
    conversations = []
    for n, flags in enumerate(lines):
        times = sorted(data.draw(st.lists(st.integers(0, 200_000), min_size=len(flags), max_size=len(flags))))
        line = " ".join(f"{flag}@{time}" for flag, time in zip(flags, times, strict=True))
        conversations.append(chat(line, f"k{n}", start_ms=NOON))
    rules = Rules(load_calendars()["service-8-23"].working_ms, 600_000, data.draw(st.booleans()))
    query = KpiQuery(choose_measures(["all"]), by=("conversation",))
    with measured(conversations) as connection:
        again = query_kpis(connection, query, visible=EVERYTHING, now_ms=LATER, rules=rules)
    with measured(conversations, rules) as connection:
        assert again == query_kpis(connection, query, visible=EVERYTHING, now_ms=LATER)


def test_a_question_at_night_waits_from_the_morning_on():
    rules = Rules(load_calendars()["service-8-23"].working_ms)
    night = chats("c@0 a@33600", start_ms=ms("2026-11-02T22:50"))  # answered at 08:10
    assert total(night, "first_response_seconds_mean", rules=rules) == 20 * 60
    assert total(night, "response_seconds_mean", rules=rules) == 20 * 60
    assert total(night, "handling_seconds_mean", rules=rules) == 33600


@pytest.mark.parametrize(
    ("hours", "kept"),
    [
        pytest.param((8 * 60, 23 * 60), {"08:00", "22:59"}, id="within a day"),
        pytest.param((22 * 60, 8 * 60), {"07:59", "22:59", "23:00"}, id="over midnight"),
    ],
)
def test_conversations_that_start_outside_of_the_hours_are_left_out(hours, kept):
    conversations = [
        chat("c@0", clock, start_ms=ms(f"2026-11-02T{clock}")) for clock in ("07:59", "08:00", "22:59", "23:00")
    ]
    assert set(ask(conversations, "conversations", by=("conversation",), start_minutes=hours)) == kept


def test_days_are_cut_without_the_databases_time_zones():
    # A session of the lake may load no extension, and the extension is where the database keeps its zones.
    with measured(chats("c@0")) as connection:
        connection.execute("set enable_external_access = false")
        query = KpiQuery(choose_measures(["conversations"]), by=("day",), tz="Europe/Berlin")
        assert len(query_kpis(connection, query, visible=EVERYTHING, rules=Rules(reply_cap_ms=600_000))) == 1
    with pytest.raises(duckdb.Error):
        connection.execute("select 1")
