"""Erasing a customer: only administrators, only after a second step, and without a trace of the id."""

from __future__ import annotations

import pytest

from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from support.company import LIN

PAGE = "/settings/erasure/"


@pytest.fixture
def with_customer(company_with_conversations, tmp_path):
    """The small company with a conversation of a known customer."""
    source = tmp_path / "known.csv"
    source.write_text(
        "conversation_id,at,role,author,customer,text\n"
        "e1,2026-02-20T10:00:00+08:00,customer,Kai-1,Kai-1,where is my parcel\n"
        f"e1,2026-02-20T10:00:30+08:00,agent,{LIN},Kai-1,on its way\n"
    )
    contacts.import_now(actor=None, paths=[source])
    return company_with_conversations


def html(response, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()


def words_of(company) -> set[str]:
    view = contacts.conversation(user=company.lin, conversation_id="e1")
    return {message.text for message in view.conversation.messages}


@pytest.mark.parametrize("who", ["manager", "lead_a", "lin", "leadership", "lecturer"])
def test_to_everybody_but_administrators_there_is_no_such_page(with_customer, signed_in, who):
    client = signed_in(getattr(with_customer, who))
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, {"customer": "Kai-1", "do": "erase"}).status_code == 404
    assert "where is my parcel" in words_of(with_customer)


def test_a_guest_is_asked_to_sign_in(with_customer, client):
    assert "/sign-in/" in client.get(PAGE)["Location"]
    assert client.put(PAGE).status_code in (302, 405)


def test_the_first_step_asks_and_erases_nothing(with_customer, signed_in):
    page = html(signed_in(with_customer.admin).post(PAGE, {"customer": "Kai-1"}))
    assert "要删除客户“Kai-1”的信息吗" in page
    assert "无法恢复" in page
    assert "where is my parcel" in words_of(with_customer)


def test_the_second_step_erases_and_tells_how_much(with_customer, signed_in):
    client = signed_in(with_customer.admin)
    page = html(client.post(PAGE, {"customer": " Kai-1 ", "do": "erase"}, follow=True))
    assert "已从 1 条会话里删除" in page
    assert words_of(with_customer) == {""}
    assert "Kai-1" not in page
    entry = base.AuditEntry.objects.get(verb="contacts.erase_customer")
    assert "Kai-1" not in f"{entry.object_id}{entry.object_label}{entry.changes}"
    assert "删除记录" in page


def test_the_page_says_how_many_texts_were_made_of_the_conversations_and_are_to_be_revised(with_customer, signed_in):
    manager, wish = with_customer.manager, contacts.Wish(title="包裹")
    shown = contacts.propose_extraction(user=manager, conversation_id="e1", wish=wish)
    contacts.start_extraction(
        actor=manager, conversation_id="e1", wish=wish, seen=shown.seen, offered=(), is_confirmed=True
    )
    client = signed_in(with_customer.admin)
    assert "标为待修订" in html(client.post(PAGE, {"customer": "Kai-1"}))
    page = html(client.post(PAGE, {"customer": "Kai-1", "do": "erase"}, follow=True))
    assert "整理自这些会话的 1 篇内容已标为待修订" in page
    assert base.AuditEntry.objects.get(verb="contacts.erase_customer").changes["texts"] == [None, 1]


@pytest.mark.parametrize("customer", ["kai-1", "nobody"])
def test_an_unknown_id_is_told_and_nothing_is_lost(with_customer, signed_in, customer):
    page = html(signed_in(with_customer.admin).post(PAGE, {"customer": customer, "do": "erase"}, follow=True))
    assert "无需删除" in page
    assert "where is my parcel" in words_of(with_customer)


@pytest.mark.parametrize("customer", ["", "   ", "x" * 201])
def test_an_id_is_needed(with_customer, signed_in, customer):
    page = html(signed_in(with_customer.admin).post(PAGE, {"customer": customer, "do": "erase"}), 422)
    assert 'class="field has-fault"' in page


def test_an_id_is_never_markup(with_customer, signed_in):
    page = html(signed_in(with_customer.admin).post(PAGE, {"customer": "<script>alert(1)</script>"}))
    assert "<script>alert" not in page


def test_while_somebody_else_writes_nothing_is_erased_and_that_is_said(with_customer, signed_in, home):
    from peilian.adapters.lake import Lake

    with Lake.open(home / "lake").writing():
        page = html(signed_in(with_customer.admin).post(PAGE, {"customer": "Kai-1", "do": "erase"}), 409)
    assert "没有删除成功" in page
    assert "where is my parcel" in words_of(with_customer)


def test_administrators_find_the_page_from_the_settings(with_customer, signed_in):
    assert f'href="{PAGE}"' in html(signed_in(with_customer.admin).get("/settings/"))
    assert f'href="{PAGE}"' not in html(signed_in(with_customer.manager).get("/settings/"))
