"""The KPI board: who sees whose numbers, what filters mean, where figures lead, what is taken home."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, timedelta
from html import unescape

import pytest

from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.web.kpis import board
from peilian.web.kpis.questions import DIMENSIONS, Period, step_of, within
from support.company import LIN, ZHENG, a_login

BOARD = "/insight/kpis/"
LIST = "/insight/conversations/"


def html(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def main(response) -> str:
    """The board itself, without the frame."""
    return html(response).partition('id="board"')[2]


def lines(response) -> dict[str, dict[str, str]]:
    """A taken-home table by its first column."""
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    return {next(iter(row.values())): row for row in rows}


@pytest.mark.parametrize("who", ["manager", "lead_a", "lead_b", "lin", "zheng", "leadership"])
def test_the_board_opens_to_whom_a_role_gives_measures(company_with_conversations, signed_in, who):
    assert "首次响应时间中位数" in main(signed_in(getattr(company_with_conversations, who)).get(BOARD))


@pytest.mark.parametrize("who", ["lecturer", "admin"])
@pytest.mark.parametrize("query", ["", "?as=csv", "?agent=shop:lin"])
def test_to_others_there_is_no_such_page(company_with_conversations, signed_in, who, query):
    assert signed_in(getattr(company_with_conversations, who)).get(BOARD + query).status_code == 404


def test_a_guest_is_asked_to_sign_in(company_with_conversations, client):
    response = client.get(BOARD)
    assert response.status_code == 302
    assert "/sign-in/" in response["Location"]


def test_nothing_is_sent_to_the_board(company_with_conversations, signed_in):
    assert signed_in(company_with_conversations.manager).post(BOARD).status_code == 405


@pytest.mark.parametrize(
    ("who", "query", "names"),
    [
        ("leadership", "", {"林小禾", "郑凯", "无人"}),
        ("manager", "", {"林小禾", "郑凯"}),
        ("leadership", "&team=二组", {"郑凯"}),
        ("leadership", f"&agent={LIN}", {"林小禾"}),
        ("leadership", "&channel=phone", {"郑凯"}),
        ("leadership", "&topic=退款", {"林小禾"}),
    ],
)
def test_the_table_holds_the_own_people_and_follows_the_filters(
    company_with_conversations, signed_in, who, query, names
):
    client = signed_in(getattr(company_with_conversations, who))
    found = lines(client.get(f"{BOARD}?by=agent&period=all&as=csv{query}"))
    assert set(found) - {"无人"} == names - {"无人"}
    assert "无人" in found or "无人" not in names


@pytest.mark.parametrize(
    ("who", "other"), [("lead_b", "林小禾"), ("zheng", "林小禾"), ("lin", "郑凯"), ("lead_a", "郑凯")]
)
def test_another_teams_people_and_numbers_are_nowhere_on_the_page(company_with_conversations, signed_in, who, other):
    page = html(signed_in(getattr(company_with_conversations, who)).get(f"{BOARD}?period=all"))
    assert other not in page
    assert (ZHENG if other == "郑凯" else LIN) not in page


@pytest.mark.parametrize(
    ("who", "query", "topics"),
    [
        ("lead_a", "", {"物流", "退款"}),
        ("lead_b", "", {"<b>质量</b>"}),
        ("lead_b", "&team=一组", {"<b>质量</b>"}),
        ("lead_b", f"&agent={LIN}", {"<b>质量</b>"}),
        ("lead_b", "&by=agent", {"<b>质量</b>"}),  # there is only one, so agents are no comparison
    ],
)
def test_a_lead_gets_the_own_team_whatever_the_address_asks(company_with_conversations, signed_in, who, query, topics):
    client = signed_in(getattr(company_with_conversations, who))
    assert set(lines(client.get(f"{BOARD}?period=all&as=csv{query}"))) == topics


def test_an_agent_is_not_asked_for_agent_or_team(company_with_conversations, signed_in):
    page = html(signed_in(company_with_conversations.lin).get(BOARD))
    assert 'name="agent"' not in page
    assert 'name="team"' not in page
    assert 'name="topic"' in page
    assert set(lines(signed_in(company_with_conversations.lin).get(f"{BOARD}?as=csv"))) == {"物流", "退款"}


def test_without_a_choice_the_last_thirty_days_end_on_the_last_day_with_data(company_with_conversations, signed_in):
    page = main(signed_in(company_with_conversations.manager).get(BOARD))
    assert re.search(r"1月14日至(2026年)?2月12日", page) or "2026年1月14日至2月12日" in page


@pytest.mark.parametrize(
    ("query", "n"),
    [
        ("period=all", 4),
        ("period=7", 4),
        ("from=2026-02-11&to=2026-02-11", 1),
        ("from=2026-02-12", 2),
        ("period=custom&to=2026-02-10", 1),
        ("period=custom&from=2026-02-12&to=2026-02-11", 3),  # the wrong way round
        ("period=all&from=2026-02-11&to=2026-02-11", 4),  # given days count when chosen days are wanted
        ("period=nonsense", 4),
        ("from=yesterday", 4),
        ("from=0001-01-01&to=9999-12-31", 4),
        ("from=9999-12-31", 0),
        ("to=0001-01-01", 0),
    ],
)
def test_periods_mean_their_days(company_with_conversations, signed_in, query, n):
    client = signed_in(company_with_conversations.leadership)
    found = lines(client.get(f"{BOARD}?{query}&by=channel&as=csv"))
    assert sum(int(float(row["会话量"])) for row in found.values()) == n


def test_every_measure_opens_by_every_dimension(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    for number, measure in enumerate(contacts.measures()):
        by = DIMENSIONS[number % len(DIMENSIONS)][0]
        page = main(client.get(f"{BOARD}?kpi={measure.key}&by={by}&period=all"))
        assert measure.definition.zh[:20] in unescape(page)


@pytest.mark.parametrize(
    "query", ["kpi=nonsense", "by=conversation", "by=drop%20table", "team=x", "sort=-nonsense", "sort=-", "page=9"]
)
def test_an_address_with_unknown_values_still_opens(company_with_conversations, signed_in, query):
    assert "首次响应时间中位数" in main(signed_in(company_with_conversations.manager).get(f"{BOARD}?{query}"))


@pytest.mark.parametrize("sort", ["name", "-name", "csat_ratio", "-first_response_seconds_p50", "complaint_ratio"])
def test_the_table_is_sorted_by_the_address_with_missing_values_last(company_with_conversations, signed_in, sort):
    client = signed_in(company_with_conversations.leadership)
    response = client.get(f"{BOARD}?by=agent&period=all&as=csv&sort={sort}")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    if "name" in sort:
        names = [next(iter(row.values())) for row in rows]
        assert names == sorted(names, reverse=sort.startswith("-"))
        return
    label = next(each.label.zh for each in contacts.measures() if each.key == sort.removeprefix("-"))
    values = [row[label] for row in rows]
    known = [float(value) for value in values if value]
    assert known == sorted(known, reverse=sort.startswith("-"))
    assert values == [*[value for value in values if value], *[value for value in values if not value]]


def test_a_figure_leads_to_exactly_its_conversations(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    page = main(client.get(f"{BOARD}?by=topic&period=all"))
    (address,) = {
        unescape(found) for found in re.findall(r'data-href="([^"]+)"', page) if "%E9%80%80%E6%AC%BE" in found
    }
    listed = html(client.get(address))
    assert "退款怎么还没到" in listed
    assert "我的快递" not in listed


def test_a_slow_measure_leads_to_its_slow_conversations(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    page = main(client.get(f"{BOARD}?period=all"))
    address = unescape(re.search(r'href="([^"]+slow=on[^"]*)"', page)[1])
    listed = html(client.get(address))
    assert "退款怎么还没到" in listed
    assert "我的快递" not in listed


def test_a_point_of_the_course_leads_to_its_days(company_with_conversations, signed_in):
    page = unescape(main(signed_in(company_with_conversations.manager).get(f"{BOARD}?from=2026-02-10&to=2026-02-12")))
    assert f"{LIST}?from=2026-02-11&to=2026-02-11" in page


def test_who_may_not_open_conversations_gets_no_way_to_them(company_with_conversations, signed_in):
    page = main(signed_in(company_with_conversations.leadership).get(f"{BOARD}?period=all"))
    assert LIST not in page
    assert "无人" in page


def test_speed_is_shown_beside_quality_and_quality_beside_speed(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    assert "同一批会话的满意率" in main(client.get(f"{BOARD}?kpi=response_seconds_mean"))
    assert "同一批会话的首次响应时间中位数" in main(client.get(f"{BOARD}?kpi=csat_ratio"))


def test_few_cases_are_marked_with_their_number_and_interval(company_with_conversations, signed_in):
    page = main(signed_in(company_with_conversations.manager).get(f"{BOARD}?kpi=csat_ratio&period=all"))
    assert "is-small" in page
    assert "n=3" in page


def test_the_period_before_is_compared_only_when_there_is_one(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    assert "上一时段" in main(client.get(f"{BOARD}?from=2026-02-12&to=2026-02-12"))
    assert '<span class="answer-rest">' not in main(client.get(f"{BOARD}?period=all"))


def test_the_table_taken_home_holds_values_and_the_cases_they_stand_on(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    row = lines(client.get(f"{BOARD}?by=agent&period=all&as=csv&kpi=first_response_seconds_mean"))["林小禾"]
    assert float(row["平均首次响应时间"]) == 56.0
    assert row["n (平均首次响应时间)"] == "2"
    book = client.get(f"{BOARD}?by=agent&period=all&as=xlsx")
    assert book["Content-Disposition"] == 'attachment; filename="kpis-agent.xlsx"'
    assert zipfile.is_zipfile(io.BytesIO(book.content))


def test_words_from_files_and_people_are_never_markup(company_with_conversations, signed_in):
    zheng = company_with_conversations.zheng.employee
    people.change_employee(actor=None, employee=zheng, name="<script>alert(9)</script>", hired_on=None, left_on=None)
    client = signed_in(company_with_conversations.manager)
    for by in ("topic", "agent"):
        page = html(client.get(f"{BOARD}?by={by}&period=all"))
        assert "<b>质量</b>" not in page
        assert "<script>alert" not in page
    assert "&lt;script&gt;alert(9)" in page


def test_filters_without_a_conversation_say_so_and_how_to_go_on(company_with_conversations, signed_in):
    page = main(signed_in(company_with_conversations.manager).get(f"{BOARD}?from=2020-01-01&to=2020-01-02"))
    assert "没有符合" in page or "state-empty" in page
    assert "<table" not in page


@pytest.mark.parametrize(("role", "has_button"), [("training_manager", True), ("leadership", False)])
def test_without_any_import_the_board_says_what_it_is_for(db, home, signed_in, role, has_button):
    page = html(signed_in(a_login("somebody", role)).get(BOARD))
    assert "看板统计已导入的会话" in page
    assert ("/imports/new/" in page) is has_button


def test_the_board_speaks_english(company_with_conversations, signed_in):
    people.set_language(user=company_with_conversations.manager, language="en")
    page = main(signed_in(company_with_conversations.manager).get(f"{BOARD}?period=all"))
    assert "Median first response time" in page
    assert "How this is measured" in page


@pytest.mark.parametrize(
    ("days", "n", "grain"),
    [(30, 300, "day"), (30, 20, "week"), (7, 2, "day"), (90, 9999, "week"), (365, 9999, "month")],
)
def test_the_course_has_steps_that_conversations_fall_on(days, n, grain):
    last = date(2026, 11, 22)
    assert Period(last - timedelta(days=days - 1), last).grain(n) == grain
    assert Period().grain(n) == "month"


@pytest.mark.parametrize(
    ("grain", "value", "first", "last"),
    [
        ("day", "2026-11-22", "2026-11-22", "2026-11-22"),
        ("week", "2026-W01", "2025-12-29", "2026-01-04"),
        ("week", "2020-W53", "2020-12-28", "2021-01-03"),
        ("month", "2024-02", "2024-02-01", "2024-02-29"),
        ("month", "2025-12", "2025-12-01", "2025-12-31"),
    ],
)
def test_a_step_of_the_course_is_its_days(grain, value, first, last):
    step = step_of(grain, value)
    assert (step.first.isoformat(), step.last.isoformat()) == (first, last)
    assert within(step, Period()) == step


@pytest.mark.parametrize(
    ("values", "n_bins", "beyond"),
    [
        ([1.0] * 4, None, None),
        ([0.0] * 9, None, None),
        ([10.0] * 20, 20, 0),
        ([5.0] * 99 + [86_400.0], 10, 1),
        ([float(n) for n in range(100)], 19, 4),
        ([600.0 * n for n in range(1, 41)], 19, 2),
    ],
)
def test_a_spread_ends_where_nearly_all_lie_and_tells_what_is_beyond(values, n_bins, beyond):
    chart = board.distribution(values, board.Names({}, "en", date(2026, 11, 22)))
    if n_bins is None:
        assert chart is None
        return
    assert len(chart.table.rows) == n_bins
    assert re.findall(r"\d+", chart.note) == ([str(beyond)] if beyond else [])
