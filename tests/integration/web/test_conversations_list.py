"""The list of conversations: who sees which, what each filter means, what the address keeps."""

from __future__ import annotations

import pytest

from peilian.apps.base.api import AuditEntry
from peilian.apps.people.api import set_language
from support.company import LIN, SCRIPT

LIST = "/insight/conversations/"
EXPORT = "/insight/conversations.csv"

IDS = {"我的快递三天没动了": "a-good", "退款怎么还没到": "a-hard", "有人吗": "a-open", "杯子碎了": "b/one"}


def found(response) -> set[str]:
    """The conversations that a page lists."""
    assert response.status_code == 200
    html = response.content.decode()
    return {key for words, key in IDS.items() if words in html}


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("manager", {"a-good", "a-hard", "a-open", "b/one"}),
        ("lead_a", {"a-good", "a-hard"}),
        ("lead_b", {"b/one"}),
        ("lin", {"a-good", "a-hard"}),
        ("zheng", {"b/one"}),
    ],
)
def test_everybody_sees_the_conversations_of_the_own_people_only(company_with_conversations, signed_in, who, sees):
    assert found(signed_in(getattr(company_with_conversations, who)).get(LIST)) == sees


@pytest.mark.parametrize("who", ["leadership", "lecturer", "admin"])
def test_whom_no_role_lets_see_conversations_finds_no_such_page(company_with_conversations, signed_in, who):
    client = signed_in(getattr(company_with_conversations, who))
    assert client.get(LIST).status_code == 404
    assert client.get(EXPORT).status_code == 404


def test_the_list_asks_a_guest_to_sign_in(company_with_conversations, client):
    response = client.get(LIST)
    assert response.status_code == 302
    assert "/sign-in/" in response["Location"]


@pytest.mark.parametrize("address", [LIST, EXPORT])
def test_nothing_is_sent_to_the_list(company_with_conversations, signed_in, address):
    assert signed_in(company_with_conversations.manager).post(address).status_code == 405


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=快递", {"a-good"}),
        ("q=INSIDE-NO-MESSAGE", set()),
        (f"agent={LIN}", {"a-good", "a-hard"}),
        ("agent=nobody", {"a-good", "a-hard", "a-open", "b/one"}),
        ("team=二组", {"b/one"}),
        ("channel=phone", {"b/one"}),
        ("topic=物流", {"a-good", "a-open"}),
        ("rating=low", {"a-hard"}),
        ("rating=high", {"a-good", "b/one"}),
        ("rating=none", {"a-open"}),
        ("complaint=on", {"a-hard"}),
        ("unanswered=on", {"a-open"}),
        ("slow=on", {"a-hard"}),
        ("found=fault", {"a-hard"}),
        ("found=overpromise", {"a-hard"}),
        ("found=apologise", {"a-good", "b/one"}),
        ("from=2026-02-11&to=2026-02-11", {"a-hard"}),
        ("from=2026-02-12", {"a-open", "b/one"}),
        ("to=2026-02-10", {"a-good"}),
        ("period=7", {"a-good", "a-hard", "a-open", "b/one"}),
        ("period=nonsense&found=nonsense&rating=1", {"a-good", "a-hard", "a-open", "b/one"}),
        ("channel=chat&topic=物流&rating=none", {"a-open"}),
    ],
)
def test_a_filter_keeps_what_it_says(company_with_conversations, signed_in, query, expected):
    assert found(signed_in(company_with_conversations.manager).get(f"{LIST}?{query}")) == expected


def test_the_last_days_are_counted_back_from_the_last_day_with_data(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    html = client.get(f"{LIST}?period=7").content.decode()
    assert "数据截至" in html
    assert "2月12日" in html


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", ["b/one", "a-open", "a-hard", "a-good"]),
        ("nonsense", ["b/one", "a-open", "a-hard", "a-good"]),
        ("oldest", ["a-good", "a-hard", "a-open", "b/one"]),
        ("slowest", ["a-hard", "b/one", "a-good", "a-open"]),
    ],
)
def test_the_list_stands_in_the_chosen_order_and_its_neighbours_too(
    company_with_conversations, signed_in, order, expected
):
    client = signed_in(company_with_conversations.manager)
    rows = client.get(f"{LIST}?order={order}").context["talks"]
    assert [row.conversation_id for row in rows] == expected
    neighbours = client.get(rows[1].href).context["neighbours"]
    assert (neighbours["previous"], neighbours["next"]) == (rows[0].href, rows[2].href)


def test_a_day_that_cannot_be_read_is_named_and_limits_nothing(company_with_conversations, signed_in):
    response = signed_in(company_with_conversations.manager).get(f"{LIST}?from=yesterday")
    assert found(response) == {"a-good", "a-hard", "a-open", "b/one"}
    assert 'class="filter-faults"' in response.content.decode()


def test_each_active_filter_is_a_chip_that_takes_only_itself_away(company_with_conversations, signed_in):
    response = signed_in(company_with_conversations.manager).get(f"{LIST}?topic=物流&rating=low&page=3")
    queries = [chip.query for chip in response.context["chips"]]
    assert [chip.text for chip in response.context["chips"]] == ["物流", "低分"]
    assert queries == ["rating=low", "topic=%E7%89%A9%E6%B5%81"]


def test_given_days_are_one_chip_and_silence_the_choice_of_a_period(company_with_conversations, signed_in):
    response = signed_in(company_with_conversations.manager).get(f"{LIST}?period=7&from=2026-02-10&to=2026-02-12")
    assert [chip.text for chip in response.context["chips"]] == ["2月10日至12日"]


def test_a_line_says_words_people_waiting_rating_and_what_was_noticed(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(f"{LIST}?complaint=on").content.decode()
    for words in ("退款怎么还没到", "林小禾", "在线聊天", "退款", "1分40秒", "偏慢", "1/5", "投诉", "过度承诺"):
        assert words in html, words


def test_htmx_gets_the_result_alone(company_with_conversations, signed_in):
    response = signed_in(company_with_conversations.manager).get(f"{LIST}?topic=退款", headers={"HX-Request": "true"})
    html = response.content.decode()
    assert html.lstrip().startswith('<section id="result"')
    assert "<html" not in html
    assert "HX-Request" in response["Vary"]


def test_pages_keep_the_filters_and_beyond_the_last_one_there_is_nothing_to_fear(
    company_with_conversations, signed_in, monkeypatch
):
    monkeypatch.setattr("peilian.web.conversations.views.PAGE_SIZE", 1)
    client = signed_in(company_with_conversations.manager)
    second = client.get(f"{LIST}?topic=物流&page=2")
    assert found(second) == {"a-good"}
    assert "topic=%E7%89%A9%E6%B5%81&amp;page=1" in second.content.decode()
    assert found(client.get(f"{LIST}?topic=物流&page=99")) == {"a-good"}
    for page in ("-1", "x", "9" * 30, "0"):
        assert found(client.get(f"{LIST}?topic=物流&page={page}")) == {"a-open"}


def test_without_any_conversation_those_who_may_are_led_to_the_import(db, home, signed_in):
    from support.company import a_small_company

    company = a_small_company()
    html = signed_in(company.manager).get(LIST).content.decode()
    assert "还没有会话" in html
    assert 'id="result"' not in html


def test_filters_without_a_hit_offer_to_be_cleared(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(f"{LIST}?q=zzzzzz").content.decode()
    assert "没有符合条件的会话" in html
    assert "清除全部筛选" in html


def test_words_of_customers_and_topics_are_shown_and_never_run(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(f"{LIST}?q=%3Cscript%3Ealert").content.decode()
    assert SCRIPT not in html
    assert "<b>质量</b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_an_english_reader_reads_english(company_with_conversations, signed_in):
    set_language(user=company_with_conversations.manager, language="en")
    html = signed_in(company_with_conversations.manager).get(f"{LIST}?complaint=on").content.decode()
    for words in ("Conversations", "1 conversation", "Overpromise", "slow", "complaint"):
        assert words in html, words


def test_the_export_holds_the_filtered_list_and_leaves_a_trace(company_with_conversations, signed_in):
    response = signed_in(company_with_conversations.manager).get(f"{EXPORT}?topic=物流")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    lines = text.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("会话,开始时间,")
    assert "a-good,2026-02-10 10:00:00+08:00," in lines[2]
    assert ",12.0,是,5.0,5.0,否," in lines[2]
    entry = AuditEntry.objects.get(verb="contacts.export")
    assert entry.actor == company_with_conversations.manager
    assert entry.changes == {"filters": [None, {"topic": "物流"}]}


def test_the_export_holds_no_more_than_the_list(company_with_conversations, signed_in):
    response = signed_in(company_with_conversations.zheng).get(EXPORT)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert len(text.splitlines()) == 2
    assert "b/one" in text


def test_the_export_is_made_page_by_page(company_with_conversations, signed_in, monkeypatch):
    monkeypatch.setattr("peilian.web.conversations.export._AT_ONCE", 3)
    response = signed_in(company_with_conversations.manager).get(EXPORT)
    chunks = list(response.streaming_content)
    assert len(chunks) == 2
    assert len(b"".join(chunks).decode("utf-8-sig").splitlines()) == 5
