"""An agent sees the own conversations and figures, and nothing of anybody else; the keyboard is enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

OWN = "apparel-01"
OF_ANOTHER_TEAM = "telecom-01"
CLOSED = (
    f"/insight/conversations/{OF_ANOTHER_TEAM}/",
    "/insight/diagnosis/",
    "/team/",
    "/team/units/",
    "/settings/",
    "/settings/audit/",
    "/settings/users/",
    "/imports/",
    "/imports/new/",
)


def test_an_agent_sees_only_the_own_conversations(page, sign_in, check_axe, screenshot):
    sign_in(page, "xiaohe")
    check_axe(page)
    screenshot(page, "agent-today")

    page.goto("/insight/conversations/?period=all")
    listed = page.locator("#result a[href*='/insight/conversations/']")
    expect(listed.first).to_be_visible()
    check_axe(page)
    screenshot(page, "agent-conversations")
    addresses = {link.get_attribute("href") or "" for link in listed.all()}
    assert any(OWN in address for address in addresses)
    assert not any(OF_ANOTHER_TEAM in address for address in addresses)

    page.goto(f"/insight/conversations/{OWN}/")
    expect(page.locator("ol.chat .hl").first).to_be_visible()
    check_axe(page)
    screenshot(page, "agent-conversation")

    page.goto("/insight/kpis/?period=all")
    expect(page.locator("figure.chart").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("郑凯")
    check_axe(page)
    screenshot(page, "agent-kpis")

    absent = page.goto("/insight/conversations/there-is-no-such-conversation/")
    assert absent is not None
    assert absent.status == 404
    said = page.locator("main").inner_text()
    for address in CLOSED:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 404, address
        assert page.locator("main").inner_text() == said, address
    check_axe(page)


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_the_keyboard_is_enough_to_find_and_read_a_conversation(page, language):
    from peilian.demo.build import PASSWORD

    page.goto("/sign-in/")
    page.keyboard.type("xiaohe")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip-link")
    page.keyboard.press("Control+k")
    page.keyboard.type("衬衫")
    chosen = page.locator("#palette-results [role=option][aria-selected=true]")
    expect(chosen).to_contain_text("衬衫")
    page.keyboard.press("Enter")
    page.wait_for_url("**/insight/conversations/**")
    expect(page.locator("ol.chat")).to_be_visible()
