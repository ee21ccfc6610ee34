"""The drill room in a real browser: a customer answers, nothing typed is lost, the keyboard is enough, stop is stop."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

CALM = "retail/logistics-delay"
START = f"/practise/start/{CALM}/"
SAID = {
    "zh": "陈女士您好，两天没有更新，换谁都会着急，我马上帮您查。",
    "en": "Hello Ms Chen, two days without news would worry anyone. I am looking into it for you now.",
}


def enter(page: Page, *, script: bool = False) -> None:
    """Start a drill, stopping whatever still runs, and wait for the customer's first line."""
    page.goto(START)
    running = page.locator("form[action*='/stop/'] button")
    if running.count():
        running.first.click()
        page.wait_for_url("**/practise/start/**")
    if script:
        page.check("input[name=shows_script]")
    page.click(".start-form button.btn-primary")
    page.wait_for_url("**/practise/drills/**")
    expect(page.locator(".chat-turn.is-customer").first).to_be_visible()


def stop(page: Page) -> None:
    page.click("[data-stop]")
    page.click("[data-stop-now]")
    expect(page.locator("[data-over]")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("zh", 1440, "light"), ("zh", 390, "dark"), ("en", 1440, "dark"), ("en", 390, "light")],
)
def test_a_drill_is_played_to_its_debrief(page, sign_in, check_axe, screenshot, language, width, theme):
    page.emulate_media(color_scheme=theme)
    sign_in(page, "zhengkai")
    enter(page, script=True)
    before = page.get_attribute("[data-gauge=satisfaction]", "aria-valuenow")
    page.fill("#say", SAID[language])
    page.press("#say", "Enter")
    expect(page.locator(".chat-turn.is-agent")).to_have_count(1)
    expect(page.locator(".is-kept")).to_have_count(0)
    expect(page.locator("[data-gauge=satisfaction]")).not_to_have_attribute("aria-valuenow", before or "")
    expect(page.locator("[data-reasons] li").first).to_be_visible()
    check_axe(page)
    if width < 800:
        page.click("[data-open-world]")
        expect(page.locator("#world")).to_be_visible()
        check_axe(page)
    page.locator("form.tool button").first.click()
    expect(page.locator(".tool-answer.is-done").first).to_be_visible()
    screenshot(page, f"room-world-{theme}", full_page=False)
    if width < 800:
        page.click("[data-close-world]")
    expect(page.locator(".chat-turn.is-used")).to_have_count(1)
    screenshot(page, f"room-{theme}", full_page=False)
    page.click("[data-end]")
    page.click("[data-end-now]")
    page.click("[data-debrief]")
    page.wait_for_url("**/debrief/")
    expect(page.locator(".goal-text")).to_be_visible()
    check_axe(page)
    screenshot(page, f"debrief-{theme}")


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [390])
def test_what_was_typed_survives_a_reload_and_a_lost_connection(page, sign_in, language):
    sign_in(page, "zhengkai")
    enter(page)
    page.fill("#say", "写到一半")
    page.reload()
    expect(page.locator("#say")).to_have_value("写到一半")
    expect(page.locator(".chat-turn.is-customer").first).to_be_visible()

    page.context.set_offline(True)
    expect(page.locator("[data-lost]")).to_be_visible()
    page.fill("#say", SAID[language])
    page.press("#say", "Enter")
    expect(page.locator(".is-kept")).to_contain_text("已保留")
    page.context.set_offline(False)
    expect(page.locator(".is-kept")).to_have_count(0, timeout=30_000)
    expect(page.locator("[data-lost]")).to_be_hidden()
    expect(page.locator(".chat-turn.is-agent")).to_have_count(1)
    page.reload()
    expect(page.locator(".chat-turn.is-agent")).to_have_count(1)
    stop(page)


def busy(page: Page, *types: str) -> list[str]:
    """Answer the next text of each of these types with the fault of a busy server; returns what reached the server."""
    waiting, arrived = list(types), []

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(raw: str | bytes) -> None:
            sent = json.loads(raw)
            if sent["type"] in waiting:
                waiting.remove(sent["type"])
                fault = {"type": "fault", "code": "busy", "message": "系统正忙", "id": sent["id"]}
                socket.send(json.dumps(fault))
                return
            arrived.append(sent["type"])
            server.send(raw)

        socket.on_message(pass_on)

    page.route_web_socket("**/ws/drills/**", between)
    return arrived


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_a_stop_is_sent_until_the_server_has_confirmed_it(page, sign_in, language):
    arrived = busy(page, "stop", "act")
    sign_in(page, "zhengkai")
    enter(page)
    page.locator("form.tool button").first.click()
    expect(page.locator(".tool-answer.is-refused").first).to_have_text("系统正忙")
    page.click("[data-stop]")
    page.click("[data-stop-now]")
    expect(page.locator("[data-over-label]")).to_have_text("正在停止…")
    assert "stop" not in arrived
    expect(page.locator("[data-over-label]")).to_have_text("已停止", timeout=10_000)
    assert arrived.count("stop") == 1
    expect(page.locator("[data-debrief]")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_the_keyboard_is_enough(page, sign_in, language):
    sign_in(page, "zhengkai")
    enter(page)
    expect(page.locator("#say")).to_be_focused()
    page.keyboard.type("第一行")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("第二行")
    expect(page.locator("#say")).to_have_value("第一行\n第二行")
    page.keyboard.press("Enter")
    expect(page.locator("#say")).to_have_value("")
    expect(page.locator(".chat-turn.is-agent")).to_have_count(1)

    page.keyboard.press("Control+k")
    expect(page.locator("dialog[data-phrases]")).to_be_visible()
    phrase = page.locator("[data-phrase-list] [role=option]").nth(1).inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#say")).to_have_value(phrase)
    expect(page.locator("#say")).to_be_focused()

    page.keyboard.press("Escape")
    expect(page.locator("[data-paused]")).to_be_visible()
    expect(page.locator("[data-resume]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-paused]")).to_be_hidden()
    expect(page.locator("#say")).to_have_value(phrase)
    expect(page.locator("#say")).to_be_focused()
    stop(page)
    expect(page.locator("[data-debrief]")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_lines_are_read_out_and_the_moving_indices_are_not(page, sign_in, language):
    sign_in(page, "zhengkai")
    enter(page)
    live = page.locator("[aria-live], [role=log], [role=status], [role=alert]")
    kinds = {element.get_attribute("role") for element in live.all()}
    assert "log" in kinds
    assert page.locator("[data-log] li.is-customer").count()
    for moving in ("[data-gauge=satisfaction]", "[data-reasons]", "[data-clock]", "[data-typing]"):
        inside = page.locator(moving).evaluate(
            "element => element.closest('[aria-live]:not([aria-live=off]), [role=log], [role=status]') !== null"
        )
        assert not inside, moving
    stop(page)
