"""The review of a conversation before it is told: who opens it, what it shows and sends, and what becomes of it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from peilian.apps.contacts.models import Extraction
from peilian.apps.library import api as library
from peilian.apps.people.api import set_language
from support.company import SCRIPT, TALKS


def address(conversation_id: str = "a-good", query: str = "") -> str:
    return f"/insight/conversations/{conversation_id}/extract/{query}"


def page(client, conversation_id: str = "a-good", query: str = "") -> str:
    return client.get(address(conversation_id, query)).content.decode()


def seen(html: str) -> str:
    return re.search(r'name="seen" value="([^"]*)"', html)[1]


def sent(html: str, **more) -> dict:
    """What the form sends when it is made as it was shown."""
    return {
        "kind": "case",
        "hide": re.findall(r'name="hide" value="([^"]*)" checked', html),
        "offered": re.findall(r'name="offered" value="([^"]*)"', html),
        "told.0.of": re.search(r'name="told\.0\.of" value="([^"]*)"', html)[1],
        "told.0": re.findall(r'name="told\.0" value="(\d+)" checked', html),
        "seen": seen(html),
        "confirmed": "1",
        "do": "make",
        **more,
    }


@pytest.fixture
def lead(company_with_conversations, signed_in):
    return signed_in(company_with_conversations.lead_a)


@pytest.mark.parametrize(
    ("who", "conversation_id", "status"),
    [
        ("manager", "a-good", 200),
        ("manager", "b/one", 200),
        ("lead_a", "a-good", 200),
        ("lead_b", "a-good", 404),
        ("lead_b", "b/one", 200),
        ("lin", "a-good", 404),
        ("admin", "a-good", 404),
        ("leadership", "a-good", 404),
        ("lecturer", "a-good", 404),
        ("manager", "nothing", 404),
    ],
)
def test_the_review_opens_for_writers_whose_people_took_part(
    company_with_conversations, signed_in, who, conversation_id, status
):
    client = signed_in(getattr(company_with_conversations, who))
    assert client.get(address(conversation_id)).status_code == status
    assert client.post(address(conversation_id), {"do": "make", "confirmed": "1"}).status_code in (status, 400)
    assert not Extraction.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(lead, method):
    assert getattr(lead, method)(address()).status_code == 405


@pytest.mark.parametrize(("who", "is_there"), [("lead_a", True), ("lin", False)])
def test_the_conversation_leads_to_the_review_for_those_who_may(company_with_conversations, signed_in, who, is_there):
    client = signed_in(getattr(company_with_conversations, who))
    assert (address() in client.get("/insight/conversations/a-good/").content.decode()) == is_there


def test_every_message_is_shown_with_a_box_and_templates_unticked(lead):
    html = page(lead)
    assert len(re.findall(r'name="told\.0" value="\d+"', html)) == len(TALKS["a-good"][2])
    assert re.findall(r'name="told\.0" value="(\d+)" checked', html) == ["0", "2", "3", "4", "5"]


def test_suspicious_words_are_marked_and_ticked(lead):
    html = page(lead)
    assert 'name="hide" value="order:YS2026" checked' in html
    assert re.search(r'class="extract-word is-hidden" for="w0"[^>]*>YS2026</label>', html)


def test_words_stay_words(company_with_conversations, signed_in):
    html = page(signed_in(company_with_conversations.lead_b), "b/one")
    assert SCRIPT not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_what_it_would_become_is_told_with_reasons_that_lead_to_messages(lead):
    case, drill = page(lead), page(lead, query="?kind=scenario")
    assert re.search(r'<a href="#x0-\d+">#\d+</a>', case)
    assert "看看会变成什么样" in case
    assert "必备要素" in drill or "好的回答要有什么" in drill
    assert "生成场景草稿" in drill


def test_a_typed_word_is_hidden_and_stays_with_a_box(lead):
    html = lead.post(address(), sent(page(lead), do="look", more="催促派送\n ")).content.decode()
    assert 'name="hide" value="other:催促派送" checked' in html
    assert re.search(r'class="extract-word is-hidden"[^>]*>催促派送</label>', html)


def test_an_unticked_word_stays_in_the_draft(lead):
    draft = made(lead, sent(page(lead), hide=[]))
    assert "YS2026" in str(draft.body)
    assert Extraction.objects.get().kept == {"order": 1}


def made(client, data) -> library.Draft:
    response = client.post(address(data["told.0.of"]), data)
    assert response.status_code == 302, response.content.decode()
    row = Extraction.objects.latest("id")
    assert response["Location"] == reverse("library_draft", args=[row.draft_id])
    return row.draft


def test_a_confirmed_review_opens_the_draft_in_the_editor(lead):
    draft = made(lead, sent(page(lead), title="三分钟安抚一位着急的客户"))
    assert draft.body["title"] == {"zh": "三分钟安抚一位着急的客户"}
    assert "YS2026" not in str(draft.body)
    assert lead.get(reverse("library_draft", args=[draft.pk])).status_code == 200


def test_the_editor_says_where_a_draft_comes_from_and_leads_back_only_who_may_go(company_with_conversations, signed_in):
    company = company_with_conversations
    client = signed_in(company.lead_a)
    draft = made(client, sent(page(client)))
    editor, back = reverse("library_draft", args=[draft.pk]), "/insight/conversations/a-good/"
    assert back in client.get(editor).content.decode()
    other = signed_in(company.lead_b).get(editor).content.decode()
    assert "来自真实会话" in other
    assert "隐去 1 处" in other
    assert "a-good" not in other


def test_unticked_messages_are_not_told(lead):
    draft = made(lead, sent(page(lead), **{"told.0": ["0", "2", "5"]}))
    assert len(draft.body["telling"]["messages"]) == 3


def test_a_drill_is_made_with_the_answers_that_were_typed(lead):
    html = page(lead, "a-hard", "?kind=scenario")
    assert 'name="answer.time"' in html
    draft = made(lead, sent(html, kind="scenario", **{"answer.time": "明天18点前"}))
    assert "最晚明天18点前会有结果" in str(draft.body)


def test_without_a_confirmation_nothing_is_made_and_nothing_is_lost(lead):
    data = sent(page(lead), more="催促派送", title="我的标题")
    del data["confirmed"]
    response = lead.post(address(), data)
    html = response.content.decode()
    assert response.status_code == 400
    assert "请先看完每一条" in html
    assert 'value="我的标题"' in html
    assert 'value="other:催促派送" checked' in html
    assert not Extraction.objects.exists()


def test_what_changed_since_it_was_looked_at_is_looked_at_again(lead):
    response = lead.post(address(), sent(page(lead), seen="0" * 32))
    assert response.status_code == 400
    assert "再看一遍" in response.content.decode()


def test_words_of_a_second_conversation_are_seen_before_anything_is_made(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.lead_a)
    response = client.post(address("a-hard"), sent(page(client, "a-hard"), second="a-good"))
    html = response.content.decode()
    assert response.status_code == 400
    assert 'value="order:YS2026" checked' in html
    assert not Extraction.objects.exists()
    second = {"told.1.of": "a-good", "told.1": ["0", "2", "4", "5"], "second": "a-good"}
    draft = made(client, sent(html, **second, **{"answer.lesson": "先查再答"}))
    assert draft.body["form"] == "pair"
    assert len(draft.body["efficient"]["messages"]) == 4


def test_a_second_conversation_that_one_may_not_see_is_told_as_absent(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.lead_b)
    html = page(client, "b/one", "?with=a-good")
    assert "找不到会话 a-good" in html
    assert "我的快递三天没动了" not in html


def test_boxes_of_a_conversation_that_is_no_longer_compared_are_not_taken_for_another(lead):
    data = sent(page(lead, "a-hard"), do="look", second="a-good", **{"told.1.of": "a-open", "told.1": ["0"]})
    html = lead.post(address("a-hard"), data).content.decode()
    assert re.findall(r'name="told\.1" value="(\d+)" checked', html) == ["0", "2", "3", "4", "5"]


def test_too_little_left_says_so_and_offers_no_confirmation(lead):
    html = lead.post(address(), sent(page(lead), do="look", **{"told.0": ["0"]})).content.decode()
    assert "至少要留下客户和客服各一条消息" in html
    assert 'value="make"' not in html


def test_conversations_of_the_same_matter_are_offered_to_compare_with(lead):
    assert '<option value="a-open"' not in page(lead)  # nobody answered it
    assert "<datalist" in page(lead)


@pytest.mark.parametrize(
    "hostile",
    [
        {"hide": ["x", ":", "name:", "nothing:云", "name:\0", "name:" + "长" * 5000]},
        {"told.0": ["-1", "x", "9" * 5000, "²", "\0"], "told.0.of": "a-good"},
        {"kind": "song", "efficient": "9"},
        {"second": "' OR 1=1 --"},
        {"title": SCRIPT, "answer.lesson": SCRIPT, "answer." + SCRIPT: SCRIPT},
        {"more": "\n".join(f"词{n}" for n in range(1000))},
    ],
)
def test_hostile_input_is_answered_with_a_page(lead, hostile):
    data = {"kind": "case", "do": "look", **hostile}
    response = lead.post(address(), data)
    assert response.status_code in (200, 400)
    assert SCRIPT not in response.content.decode()


def test_the_page_speaks_english_too(company_with_conversations, signed_in):
    set_language(user=company_with_conversations.lead_a, language="en")
    html = page(signed_in(company_with_conversations.lead_a), query="?kind=scenario")
    assert "I have looked through every message" in html
    assert "Order and other numbers" in html
