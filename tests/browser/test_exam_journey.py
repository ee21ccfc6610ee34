"""An exam from my exams to the review: with a mouse on a desktop, with the keyboard alone on a phone, and when the
connection is lost or a second page answers."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from support.browser import settle
from support.exam_pages import SECRET, a_whole_bank, a_whole_exam
from support.product import TESTS, Product

SETTER = f"""
import pathlib, tempfile
sys.path.insert(0, {str(TESTS)!r})
from support.library import installed
from peilian.apps.learning import api as learning
bank, exam = json.loads(sys.argv[1])
if not learning.Sitting.objects.filter(exam=exam["key"]).exists():
    installed(pathlib.Path(tempfile.mkdtemp()), bank, exam)
    learning.open_sitting(actor=None, what=learning.NewSitting(exam=exam["key"], is_for_all=True))
answer = str(learning.Sitting.objects.get(exam=exam["key"]).pk)
"""
REVIEW = "**/review/"


@pytest.fixture(scope="session")
def sitting(product: Product) -> str:
    """An exam that everybody may take as often as they like, with a question of every kind."""
    documents = [a_whole_bank(), a_whole_exam(attempts=None, minutes=30)]
    return str(product.python(SETTER, json.dumps(documents)))


def begin(page: Page, sitting: str) -> str:
    """Start an attempt; its address."""
    page.goto(f"/exams/{sitting}/")
    page.click(".start-form .btn-primary")
    page.wait_for_url("**/exams/attempts/*/")
    expect(page.locator(".is-live")).to_be_visible()
    return page.url


def wait_until_saved(page: Page) -> None:
    """Until everything that was answered is stored."""
    expect(page.locator(".exam-saved")).to_contain_text(":")


def hand_in(page: Page) -> None:
    """Go to the end and hand in."""
    page.locator(".exam-bar [data-to-end]").click()
    page.click("[data-hand-in]")
    page.wait_for_url(REVIEW)


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_an_exam_is_taken_on_a_desktop(page: Page, sign_in, sitting, check_axe, screenshot):
    sign_in(page, "zhengkai")
    page.goto("/assess/")
    page.click(".tabs >> text=考试")
    check_axe(page)
    screenshot(page, "exams")
    page.goto(f"/exams/{sitting}/")
    check_axe(page)
    screenshot(page, "exam-start")
    room = begin(page, sitting)
    assert SECRET not in page.content()
    check_axe(page)
    page.check("#q1 .option:nth-of-type(2) input")
    for box in (1, 2):
        page.check(f"#q2 .option:nth-of-type({box}) input")
    page.fill("#q4 [data-gap] >> nth=0", "7")
    page.select_option("#q6 select >> nth=0", label="财务")
    page.select_option("#q6 select >> nth=1", label="仓库")
    page.fill("#q7 textarea", "非常抱歉，马上补发")
    page.locator("#q7 textarea").blur()
    page.click("#q3 [data-mark]")
    wait_until_saved(page)
    expect(page.locator(".exam-palette a.is-answered")).to_have_count(5)
    expect(page.locator(".exam-palette a.is-marked")).to_have_count(1)
    screenshot(page, "exam-room")
    page.reload()
    expect(page.locator("#q4 [data-gap]").first).to_have_value("7")
    expect(page.locator("#q7 textarea")).to_have_value("非常抱歉，马上补发")
    assert page.url == room
    page.locator(".exam-bar [data-to-end]").click()
    expect(page.locator("[data-summary]")).to_have_text("没有作答的题：3、5、8、9、10")
    hand_in(page)
    expect(page.locator(".answer")).to_contain_text("/ 20 分")
    check_axe(page)
    screenshot(page, "exam-review")
    page.goto(room)  # the room of an exam that is over leads to its review
    page.wait_for_url(REVIEW)


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.parametrize("width", [390])
def test_an_exam_is_taken_on_a_phone_by_keyboard_alone(page: Page, sign_in, sitting, check_axe, screenshot):
    sign_in(page, "zhengkai")
    page.goto(f"/exams/{sitting}/")
    page.check("input[name=language][value=en]")
    begin(page, sitting)
    check_axe(page)
    screenshot(page, "exam-room", full_page=False)
    expect(page.locator(".question:visible")).to_have_count(1)
    page.locator("#q1 .option input").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#q1 .option:nth-of-type(2) input")).to_be_checked()
    for number in range(1, 5):
        step = page.locator(f"#q{number} [data-step='1']")
        step.focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"#q{number + 1}")).to_be_focused()
    first = page.locator("#q5 .step-text").first.inner_text()
    page.locator("#q5 [data-down]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#q5 .step-text").nth(1)).to_have_text(first)
    expect(page.locator("#q5 li:nth-of-type(2) [data-down]")).to_be_focused()
    expect(page.locator("[data-told]")).to_have_text("Now at place 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wait_until_saved(page)
    page.locator(".exam-bar [data-to-end]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-end]")).to_be_focused()
    expect(page.locator("[data-summary]")).to_contain_text("Not answered yet: 2, 3, 4, 6")
    screenshot(page, "exam-end")
    page.locator("[data-hand-in]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(REVIEW)
    check_axe(page)
    screenshot(page, "exam-review")


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [390])
def test_answers_survive_a_lost_connection(page: Page, sign_in, sitting):
    sign_in(page, "zhengkai")
    begin(page, sitting)
    page.context.set_offline(True)
    expect(page.locator("[data-lost]")).to_be_visible()
    page.check("#q1 .option:nth-of-type(2) input")
    expect(page.locator(".exam-saved")).to_have_text("未连接，先保留在这里")
    page.check("#q1 .option:nth-of-type(3) input")
    page.context.set_offline(False)
    expect(page.locator("[data-lost]")).to_be_hidden(timeout=30_000)
    wait_until_saved(page)
    page.reload()
    expect(page.locator("#q1 .option:nth-of-type(3) input")).to_be_checked()
    hand_in(page)


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_two_pages_of_one_attempt_ask_which_answer_is_to_stand(page: Page, sign_in, sitting, check_axe):
    sign_in(page, "zhengkai")
    address = begin(page, sitting)
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator(".is-live")).to_be_visible()
    settle(other)
    page.check("#q1 .option:nth-of-type(1) input")
    wait_until_saved(page)
    other.check("#q1 .option:nth-of-type(2) input")
    conflict = other.locator("#q1 [data-conflict]")
    expect(conflict).to_be_visible()
    expect(conflict.locator("[data-there]")).to_have_text("请您耐心等待")
    expect(conflict.locator("[data-here]")).to_have_text("让您久等了，我马上查")
    check_axe(other)
    conflict.locator("[data-keep-here]").click()
    expect(conflict).to_be_hidden()
    wait_until_saved(other)
    page.reload()
    expect(page.locator("#q1 .option:nth-of-type(2) input")).to_be_checked()
    other.close()
    hand_in(page)
