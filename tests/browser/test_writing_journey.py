"""The editor with its script: it saves by itself, moves parts without a new page, and overwrites nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Page, Request, Route, expect

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


@pytest.mark.parametrize(("language", "width"), [("zh", 390)])
def test_a_part_that_was_just_added_offers_what_it_may_name(page, sign_in, language, width):
    sign_in(page, "service")
    page.goto("/learn/new/")
    page.locator("input[value=exam]").check()
    page.locator("input[name=zh]").fill("退款小考")
    page.locator("input[name=key]").fill("own/refund-quiz")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url("**/learn/drafts/**")
    page.locator('button[data-add="f.fixed"]').click()
    page.locator('[data-list="f.fixed"] input[name$=".item"]').fill("七个工作日")
    offered = page.locator('#text-keys option[value="service-core/wording#plain-explain"]')
    expect(offered).to_have_count(1)


def is_autosave(asked: Request) -> bool:
    """Whether the editor saves by itself with this, which its preview does not."""
    return "x-autosave" in asked.headers


def autosaves(page: Page, answer: Callable[[Route], None]) -> None:
    """Let ``answer`` deal with what the editor saves by itself; everything else goes through."""

    def choose(route: Route) -> None:
        if is_autosave(route.request):
            answer(route)
        else:
            route.continue_()

    page.route("**/learn/drafts/*/*", choose)
    page.route("**/learn/drafts/*/", choose)


@pytest.mark.parametrize(("language", "width"), [("zh", 1440)])
def test_a_button_that_is_pressed_while_a_slow_answer_is_awaited_is_not_taken_for_somebody_else(
    page, sign_in, language, width
):
    sign_in(page, "service")
    begin(page, language, "慢的网络", 1)
    held: list[tuple[Route, APIResponse]] = []
    autosaves(page, lambda route: held.append((route, route.fetch())))  # it is stored; only the answer takes long
    summary = page.locator(f'textarea[name="f.summary.{language}"]')
    summary.fill("先写一句")
    expect(page.locator("form[data-editor]")).to_have_attribute("data-state", "saving", timeout=20_000)
    summary.fill("先写一句，再写一句")
    with page.expect_navigation():
        page.locator(".ed-bar button[value=save]").click()
        page.locator(".ed-bar button[value=save]").click()
        route, answer = held.pop()
        route.fulfill(response=answer)
    expect(page.locator("fieldset.ed-stale")).to_have_count(0)
    expect(page.locator(f'textarea[name="f.summary.{language}"]')).to_have_value("先写一句，再写一句")
    assert held == []


@pytest.mark.parametrize(("language", "width"), [("zh", 1440)])
@pytest.mark.parametrize(
    ("status", "words", "is_tried_again"),
    [(403, "已退出登录", False), (400, "超出", False), (413, "超出", False), (503, "正在重试", True)],
)
def test_what_is_refused_is_told_and_not_sent_again_for_ever(
    page, sign_in, language, width, status, words, is_tried_again
):
    sign_in(page, "service")
    begin(page, language, "被拒绝的保存", status)
    sent: list[str] = []

    def refuse(route: Route) -> None:
        sent.append(route.request.url)
        route.fulfill(status=status, content_type="text/html", body="<h1>no</h1>")

    autosaves(page, refuse)
    page.clock.install()
    page.locator(f'textarea[name="f.summary.{language}"]').fill("一句话")
    page.clock.run_for(3_000)
    expect(page.locator("form[data-editor]")).to_have_attribute("data-state", "failed", timeout=20_000)
    expect(page.locator("[data-status]")).to_contain_text(words)
    if is_tried_again:
        with page.expect_response(lambda response: is_autosave(response.request)):
            page.clock.run_for(15_000)
    else:
        page.clock.run_for(15_000)
    assert len(sent) == (2 if is_tried_again else 1)
    page.locator(f'textarea[name="f.summary.{language}"]').fill("另一句话")
    with page.expect_response(lambda response: is_autosave(response.request)):
        page.clock.run_for(3_000)
    page.wait_for_function("document.querySelector('form[data-editor]').dataset.state === 'failed'")
    assert len(sent) == (3 if is_tried_again else 2)
    page.unroute_all()
    page.locator(".ed-bar button[value=save]").click()
    page.wait_for_url("**/learn/drafts/**")
