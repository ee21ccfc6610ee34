"""The whole loop: from a need to an assigned drill, its debrief, and the radar that moved."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from peilian.engine.drill import Turn
from peilian.flows import playing
from support.browser import open_page

AGENTS = {"林小禾": "xiaohe", "郑凯": "zhengkai", "高岚": "gaolan", "刘婷": "liuting"}
DRILL = "retail/logistics-delay"


def assign(page: Page, note: str) -> str:
    """The manager finds somebody among the needs and assigns the drill for one of them; returns who it is."""
    page.goto("/team/needs/")
    page.locator("form[action*='/needs/gaps/'] button").click()
    expect(page.locator(".need-group").first).to_be_visible()
    known = re.compile("|".join(AGENTS))
    group = page.locator(".need-group").filter(has=page.locator("li a", has_text=known)).first
    name = group.locator("li a", has_text=known).first.inner_text()
    for line in group.locator("li").all():
        line.locator("input.need-box").set_checked(name in line.inner_text())
    if group.locator(f"option[value='{DRILL}']").count():
        group.locator("select").select_option(DRILL)
    group.locator(".need-foot .btn-primary").click()
    page.wait_for_url("**/team/tasks/new/**")
    page.locator("[name=drill]").select_option(DRILL)
    page.locator("[name=note]").fill(note)
    page.locator(".assign-form .btn-primary").click()
    page.wait_for_url(re.compile(r"/team/tasks/(\?|$)"))
    expect(page.locator("main")).to_contain_text(name)
    return AGENTS[name]


def begin(page: Page, language: str) -> None:
    """The agent finds the task on the start page and begins."""
    page.goto("/")
    expect(page.locator(f"main a[href*='{DRILL}']").first).to_be_visible()
    page.locator(f"main a[href*='{DRILL}']").first.click()
    page.wait_for_url("**/practise/start/**")
    chosen = page.locator(f"input[name=language][value={language}]")
    if chosen.count():
        chosen.check()
    page.locator(".start-form .btn-primary").click()
    page.wait_for_url("**/practise/drills/**")
    expect(page.locator("[data-log] li").first).to_be_visible(timeout=30_000)  # the first drill loads the lexicons


def answer(page: Page, text: str) -> None:
    """Write a line, wait until the server has it and the customer has reacted."""
    customer = page.locator("[data-log] li.is-customer")
    heard = customer.count()
    page.locator("[data-say]").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("[data-log] li.is-agent").filter(has_text=text)).to_be_visible()
    expect(page.locator("[data-log] .is-kept")).to_have_count(0)
    expect(customer.nth(heard)).to_be_visible(timeout=15_000)


def use(page: Page, turn: Turn, is_phone: bool) -> None:
    """Use a tool, in the drawer on a phone."""
    if is_phone:
        page.locator("[data-open-world]").click()
    tool: Locator = page.locator(f"form[data-tool='{turn.action}']")
    for name, value in turn.args.items():
        tool.locator(f"[name={name}]").fill(str(value))
    tool.get_by_role("button").click()
    expect(tool.locator(".tool-answer.is-done")).to_be_visible()
    if is_phone:
        page.locator("[data-close-world]").click()


def estimates(page: Page) -> list[str]:
    """The figures of the radar's table."""
    page.goto("/practise/radar/")
    return page.locator("#profile-part table td:nth-child(2)").all_inner_texts()


@pytest.mark.parametrize(("language", "width"), [("zh", 1440), ("en", 390)])
def test_a_need_becomes_a_drill_and_the_drill_moves_the_radar(
    page, launch, product, elsewhere, sign_in, language, width, check_axe, screenshot
):
    is_phone = width < 600
    sign_in(page, "manager")
    agent = assign(page, f"{language}-{width}")
    screenshot(page, "loop-assigned")
    with open_page(launch(product.port), product.url, elsewhere, language=language, width=width) as own:
        sign_in(own, agent)
        before = estimates(own)
        begin(own, language)
        check_axe(own)
        for turn in playing.cast(DRILL, "zh" if language == "zh" else "en").scenario.plays["ideal"]:
            if turn.action is not None:
                use(own, turn, is_phone)
            else:
                answer(own, turn.text or "")
        expect(own.locator("[data-over]")).to_be_visible(timeout=30_000)
        screenshot(own, "loop-room", full_page=False)
        own.locator("[data-debrief]").click()
        own.wait_for_url("**/debrief/**")
        expect(own.locator("figure.chart").first).to_be_visible()
        check_axe(own)
        screenshot(own, "loop-debrief")
        after = estimates(own)
        assert after != before
        own.goto("/practise/radar/?before=drill")
        expect(own.locator("figure.chart").first).to_be_visible()
        check_axe(own)
        screenshot(own, "loop-radar")
        own.locator("#profile-part table a[href*='/practise/radar/']").first.click()
        expect(own.locator("main")).to_contain_text("物流延误" if language == "zh" else "Delayed parcel")
        screenshot(own, "loop-why")


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_a_drill_is_played_by_keyboard_alone(page, sign_in, language, width):
    sign_in(page, "gaolan")
    page.goto(f"/practise/start/{DRILL}/")
    page.locator(".start-form .btn-primary").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/practise/drills/**")
    expect(page.locator("[data-log] li").first).to_be_visible(timeout=30_000)  # the first drill loads the lexicons
    expect(page.locator("[data-say]")).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.locator("[data-phrases]")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-say]")).to_be_focused()
    expect(page.locator("[data-say]")).not_to_have_value("")
    page.keyboard.press("Enter")
    expect(page.locator("[data-log] li.is-agent")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("[data-paused]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[data-paused]")).to_be_hidden()
    page.locator("[data-end]").focus()
    page.keyboard.press("Enter")
    if page.locator("[data-leave]").is_visible():
        page.locator("[data-end-now]").focus()
        page.keyboard.press("Enter")
    expect(page.locator("[data-over]")).to_be_visible()
    page.locator("[data-debrief]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/debrief/**")
