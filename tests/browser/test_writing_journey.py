"""The editor with its script: it saves by itself, moves parts without a new page, and overwrites nobody."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

TITLES = {"zh": ("大额退款怎么走", "先核对", "再告知"), "en": ("Large refunds", "Check first", "Then tell")}


def begin(page: Page, language: str, title: str, width: int) -> None:
    """A new procedure, its editor open."""
    page.goto("/learn/new/")
    page.locator("input[value=procedure]").check()
    page.locator(f"input[name={language}]").fill(title)
    page.locator("input[name=key]").fill(f"own/large-refunds-{language}-{width}")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/learn/drafts/**")


def saved(page: Page) -> None:
    """Wait until what was typed was saved by itself."""
    expect(page.locator("form[data-editor]")).to_have_attribute("data-state", "saved", timeout=20_000)


def add_step(page: Page, language: str, number: int, title: str) -> None:
    """Add a step and name it."""
    page.locator('button[data-add="f.steps"]').click()
    card = page.locator('[data-list="f.steps"] > .ed-card').nth(number)
    card.locator(f'textarea[name$=".title.{language}"]').fill(title)


@pytest.mark.parametrize(("language", "width"), [("zh", 1440), ("en", 390)])
def test_a_text_saves_itself_and_the_second_of_two_windows_is_shown_both(
    page, sign_in, language, width, check_axe, screenshot
):
    title, first, second = TITLES[language]
    sign_in(page, "service")
    begin(page, language, title, width)
    add_step(page, language, 0, second)
    add_step(page, language, 1, first)
    page.locator('[data-list="f.steps"] > .ed-card').nth(1).locator("> .ed-tools button").first.click()
    saved(page)
    expect(page.locator("[data-preview-body]")).to_contain_text(first)
    check_axe(page)
    screenshot(page, "library-editor")
    page.reload()
    assert page.locator('[data-list="f.steps"] > .ed-card .ed-title').all_inner_texts() == [first, second]

    other = page.context.new_page()
    other.goto(page.url)
    other.locator(f'textarea[name="f.summary.{language}"]').fill("A")
    saved(other)
    page.locator(f'textarea[name="f.summary.{language}"]').fill("B")
    expect(page.locator("form[data-editor]")).to_have_attribute("data-state", "stale", timeout=20_000)
    page.locator(".ed-bar button[value=save]").click()
    expect(page.locator("fieldset.ed-stale")).to_have_count(1)
    check_axe(page)
    screenshot(page, "library-two-wordings")
    page.locator("input[value=stored]").check()
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/learn/drafts/**")
    assert page.locator(f'textarea[name="f.summary.{language}"]').input_value() == "A"
