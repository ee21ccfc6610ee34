"""Addresses as nobody would type them: every page answers with a page, and none with a script of the address."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from support.company import SCRIPT, SmallCompany

NAMES = (
    "q", "period", "from", "to", "from_day", "to_day", "first", "last", "agent", "team", "unit", "channel", "topic",
    "rating", "estimate", "found", "unanswered", "slow", "complaint", "order", "page", "at", "by", "next", "verb",
    "actor", "object", "preset", "calendar", "stage", "post", "language", "kpi", "before", "day", "industry",
    "difficulty", "need", "person", "drill", "card", "state", "scenario", "how", "again", "assignment", "month", "wage",
    "shop", "on", "course", "clarity", "seen", "kind", "tag", "competency", "pack", "find", "path",
)  # fmt: skip
VALUES = (
    "-1", "9999999999999", "0001-01-01", "9999-12-31", "2026-02-30", "\0", "x" * 10_000, "' or 1=1 --", SCRIPT,
    "*[", "²", "NaN", "//evil.example/", "\r\nX-Evil: 1", "019aa6f5-0000-7000-8000-000000000000",
)  # fmt: skip


def addresses() -> Iterator[str]:
    """Every page of the product, with something in the place of each id."""

    def under(patterns: list[Any]) -> Iterator[URLPattern]:
        return chain.from_iterable(
            under(item.url_patterns) if isinstance(item, URLResolver) else (item,) for item in patterns
        )

    for pattern in under(get_resolver().url_patterns):
        text = str(pattern.pattern)
        for name in pattern.pattern.converters:
            text = text.replace(f"<uuid:{name}>", str(uuid4()))
            text = text.replace(f"<str:{name}>", "a").replace(f"<path:{name}>", "a-good")
            text = text.replace(f"<slug:{name}>", "a").replace(f"<int:{name}>", "7")
        yield f"/{text}"


def test_there_are_addresses_to_try():
    assert {"/", "/search/", "/insight/conversations/a-good/", "/settings/audit/"} < set(addresses())
    assert not [address for address in addresses() if "<" in address]


def test_no_text_of_an_address_holds_what_a_database_cannot_be_asked_for(
    signed_in, company_with_conversations: SmallCompany
):
    client = signed_in(company_with_conversations.manager)
    assert client.get("/learn/library/policy/a\0b/").status_code == 404
    for address in ("/assess/events/new/?person=%00", "/learn/drafts/references/?kind=policy&find=%00"):
        found = client.get(address)
        assert found.status_code < 500
        assert "\0" not in "".join(found.wsgi_request.GET.values())


@pytest.mark.parametrize("who", ["manager", "admin"])
@pytest.mark.parametrize("value", VALUES, ids=[value[:12].encode("unicode_escape").decode() for value in VALUES])
def test_no_value_of_an_address_breaks_a_page(
    value, who, signed_in, client: Client, company_with_conversations: SmallCompany
):
    client.raise_request_exception = False
    signed_in(getattr(company_with_conversations, who))
    for address in addresses():
        found = client.get(address, dict.fromkeys(NAMES, value))
        body = found.getvalue() if found.streaming else found.content
        assert found.status_code < 500, address
        assert "X-Evil" not in found.headers
        if "html" in found.headers.get("Content-Type", ""):
            assert SCRIPT.encode() not in body, address
