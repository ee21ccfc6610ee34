"""Addresses that messages kept from earlier releases."""

from __future__ import annotations

import pytest
from django.test import Client

from support.company import a_login

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/appraisal/", "/assess/"),
        ("/appraisal/sheets/7/", "/assess/sheets/7/"),
        ("/appraisal/events/?state=open&page=2", "/assess/events/?state=open&page=2"),
        ("/appraisal//example.org/x", "/assess//example.org/x"),
        ("/appraisal/%E6%9C%88/", "/assess/%E6%9C%88/"),
    ],
)
def test_an_old_link_leads_to_where_the_page_lies_now(old, new):
    client = Client()
    client.force_login(a_login("lin", "agent"))
    response = client.get(old)
    assert response.status_code == 301
    assert response["Location"] == new


def test_whoever_is_not_signed_in_is_asked_to_sign_in():
    assert "/sign-in/" in Client().get("/appraisal/sheets/7/")["Location"]


def test_nothing_can_be_sent_to_an_old_address():
    client = Client()
    client.force_login(a_login("lin", "agent"))
    assert client.post("/appraisal/sheets/7/").status_code == 405
