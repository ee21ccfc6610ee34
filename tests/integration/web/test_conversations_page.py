"""One conversation: who may open it, what its page says and explains, and that words stay words."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from peilian.apps.people.api import set_language
from support.company import SCRIPT, TALKS

LIST = "/insight/conversations/"


def address(conversation_id: str, query: str = "") -> str:
    return f"{LIST}{conversation_id}/{query}"


class Bubbles(HTMLParser):
    """The words in each bubble."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.depth = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "div" and (dict(attrs).get("class") or "").startswith("chat-bubble"):
            self.texts.append("")
            self.depth = 1
        elif self.depth and tag == "div":
            self.depth += 1

    def handle_endtag(self, tag):
        if self.depth and tag == "div":
            self.depth -= 1

    def handle_data(self, data):
        if self.depth:
            self.texts[-1] += data


def turn(html: str, i: int) -> str:
    """The part of the page that shows one message."""
    return html.split(f'id="m{i}"', 1)[1].split("</li>", 1)[0]


@pytest.mark.parametrize(
    ("who", "conversation_id", "status"),
    [
        ("manager", "a-good", 200),
        ("manager", "a-open", 200),
        ("lead_a", "a-good", 200),
        ("lin", "a-good", 200),
        ("lead_b", "a-good", 404),
        ("zheng", "a-good", 404),
        ("lin", "b/one", 404),
        ("zheng", "b/one", 200),
        ("leadership", "a-good", 404),
        ("lecturer", "a-good", 404),
        ("manager", "no-such-conversation", 404),
        ("manager", "a-good' OR 1=1 --", 404),
    ],
)
def test_a_conversation_opens_for_those_whose_people_took_part(
    company_with_conversations, signed_in, who, conversation_id, status
):
    assert signed_in(getattr(company_with_conversations, who)).get(address(conversation_id)).status_code == status


def test_absent_and_forbidden_are_the_same_answer(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.zheng)
    absent, forbidden = client.get(address("nothing")), client.get(address("a-good"))

    def plain(response):
        return re.sub(r'(csrf-token" content|value)="[^"]+"|nothing|a-good', "", response.content.decode())

    assert plain(absent) == plain(forbidden)


def test_a_guest_is_asked_to_sign_in(company_with_conversations, client):
    assert client.get(address("a-good")).status_code == 302


def test_nothing_is_sent_to_a_conversation(company_with_conversations, signed_in):
    assert signed_in(company_with_conversations.manager).post(address("a-good")).status_code == 405


@pytest.mark.parametrize("conversation_id", list(TALKS))
def test_every_message_is_there_word_for_word(company_with_conversations, signed_in, conversation_id):
    html = signed_in(company_with_conversations.manager).get(address(conversation_id)).content.decode()
    assert Bubbles(html).texts == [text for _at, _letter, text in TALKS[conversation_id][2]]


def test_markup_in_words_and_names_is_shown_and_never_run(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(address("b/one")).content.decode()
    assert SCRIPT not in html
    assert "<img src=x" not in html
    assert "<b>质量</b>" not in html
    assert "&lt;script&gt;" in html


def test_the_page_begins_with_the_answer(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(address("a-hard")).content.decode()
    answer = html.split('class="answer"', 1)[1].split("</p>", 1)[0]
    plain = re.sub(r"<[^>]+>", "", answer)
    for words in ("1分40秒后首次回复", "评分 1/5", "估计不满意", "之后有投诉", "1 处失误：过度承诺"):
        assert words in plain, words


def test_an_unanswered_conversation_says_so(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(address("a-open")).content.decode()
    assert "没有人工回复" in html
    assert "客户未评价" in html


def test_who_spoke_is_told_apart_in_words(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(address("a-hard")).content.decode()
    assert "机器人" in turn(html, 1)
    assert "系统" in turn(html, 2)
    assert "林小禾" in turn(html, 3)
    assert "内部备注，客户看不到" in turn(html, 4)
    good = signed_in(company_with_conversations.manager).get(address("a-good")).content.decode()
    assert "自动发送" in turn(good, 1)


def test_waiting_stands_before_each_answer_and_slow_ones_say_so(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    assert "偏慢：客户等了 1分40秒" in turn(client.get(address("a-hard")).content.decode(), 3)
    good = client.get(address("a-good")).content.decode()
    assert "12秒后回复" in turn(good, 2)
    assert "25秒后回复" in turn(good, 4)
    assert "偏慢" not in good


def test_a_long_silence_is_a_line_of_its_own(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(address("b/one")).content.decode()
    assert "30分之后" in html or "29分40秒之后" in html


def test_the_customer_s_emotion_is_a_word(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(address("a-hard")).content.decode()
    assert "愤怒" in turn(html, 0)
    good = signed_in(company_with_conversations.manager).get(address("a-good")).content.decode()
    assert "感谢" in turn(good, 5)


def test_a_highlight_leads_to_its_name_meaning_words_and_rule(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(address("a-hard")).content.decode()
    link = re.search(r'<a class="hl" href="#(f3-\d+)"[^>]*aria-describedby="([^"]+)"', turn(html, 3))
    assert link is not None
    assert '<mark class="hl-fault">' in turn(html, 3)
    place = html.split(f'id="{link[1]}"', 1)[1].split("</li>", 1)[0]
    assert "规则 <code>" in place
    assert "<q>" in place
    assert 'href="#m3"' in place
    assert "name-overpromise" in link[2]
    assert 'id="name-overpromise">过度承诺<' in html
    assert "保证了自己无法确定的结果" in html


def test_kinds_of_highlights_can_be_switched_off(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(address("a-hard")).content.decode()
    for kind in ("fault", "emotion"):
        assert f'id="show-{kind}"' in html


def test_the_course_of_satisfaction_is_a_picture_and_a_table(company_with_conversations, signed_in):
    html = signed_in(company_with_conversations.manager).get(address("a-good")).content.decode()
    assert 'data-chart="trend"' in html
    assert "满意度估计的变化" in html
    assert '<a href="#m0">#0</a>' in html


def test_from_a_filtered_list_one_goes_on_to_the_one_before_and_after(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    rows = client.get(f"{LIST}?channel=chat").context["talks"]
    assert [row.conversation_id for row in rows] == ["a-open", "a-hard", "a-good"]
    context = client.get(rows[1].href).context["neighbours"]
    assert context["previous"] == rows[0].href
    assert context["next"] == rows[2].href
    assert (context["number"], context["total"]) == (2, 3)
    assert "channel=chat" in context["back"]
    assert client.get(rows[0].href).context["neighbours"]["previous"] == ""
    assert client.get(rows[2].href).context["neighbours"]["next"] == ""


@pytest.mark.parametrize("query", ["", "?at=0", "?at=77", "?at=x&channel=chat"])
def test_without_its_list_a_conversation_stands_alone(company_with_conversations, signed_in, query):
    response = signed_in(company_with_conversations.manager).get(address("a-good", query))
    assert response.status_code == 200
    assert response.context["neighbours"] is None


def test_an_english_reader_reads_english(company_with_conversations, signed_in):
    set_language(user=company_with_conversations.manager, language="en")
    html = signed_in(company_with_conversations.manager).get(address("a-hard")).content.decode()
    for words in (
        "First answer after 1 min 40 s",
        "rating 1/5",
        "estimated dissatisfied",
        "1 fault: Overpromise",
        "slow: the customer waited 1 min 40 s",
        "internal: the customer does not see this",
        "Guarantees an outcome that cannot be known.",
    ):
        assert words in html, words
