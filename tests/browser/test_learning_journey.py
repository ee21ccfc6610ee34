"""A lesson from the next step to its end: with a mouse on a desktop, with the keyboard alone on a phone."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from support.browser import settle
from support.curriculum import a_course, a_lesson
from support.exam_pages import SECRET, a_whole_bank
from support.product import TESTS, Product

SETTER = f"""
import pathlib, tempfile
sys.path.insert(0, {str(TESTS)!r})
from support.library import installed
from peilian.apps.learning import api as learning
from peilian.apps.people.api import User
installed(pathlib.Path(tempfile.mkdtemp()), *json.loads(sys.argv[1]))
user = User.objects.get(username=sys.argv[2])
learning.enrol(actor=None, employees=[user.employee], what="course:mine/course")
answer = ""
"""
BANK = "mine/bank"


def assigned(product: Product, user: str) -> None:
    """A course of one lesson with a choice, steps to put in order and a line to say better."""
    both = lambda zh, en: {"zh": zh, "en": en}  # noqa: E731
    lesson = a_lesson(
        title=both("先接住再办事", "Take it up first"),
        body=both("## 正文\n\n先说一句。", "## Matter\n\nOne sentence."),
        goals=[both("先接住客户", "Take the customer up")], keep=[both("先接住", "Take it up")],
        check={"items": [f"{BANK}#single", f"{BANK}#order"]}, rewrite=f"{BANK}#rewrite",
        reflect=both("哪一步漏了？", "Which step was missing?"),
    )  # fmt: skip
    course = a_course(title=both("课程", "Course"), goal=both("能接待", "Serve"))
    product.python(SETTER, json.dumps([a_whole_bank(), lesson, course]), user)


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_a_lesson_is_learnt_on_a_desktop(page: Page, product, sign_in, check_axe, screenshot):
    assigned(product, "zhengkai")
    sign_in(page, "zhengkai")
    page.goto("/learn/")
    check_axe(page)
    screenshot(page, "learn")
    page.locator(".next-step .btn-primary").click()
    page.wait_for_url("**/learn/lessons/**")
    assert SECRET not in page.content()
    check_axe(page)
    page.locator("#q1 .option", has_text="请您耐心等待").click()
    page.click("#q1 .btn-primary")
    expect(page.locator("#q1 .lesson-verdict")).to_contain_text("还不对")
    expect(page.locator("#q2")).to_be_visible()
    check_axe(page)
    screenshot(page, "lesson-answered")
    page.locator("#q1 a", has_text="再答一次").click()
    settle(page)
    page.locator("#q1 .option", has_text="让您久等了").click()
    page.click("#q1 .btn-primary")
    expect(page.locator("#q1 .lesson-verdict")).to_contain_text("答对了")
    for wanted in ("听客户说完", "致歉"):  # up, until they stand in their order
        place = 0 if wanted == "听客户说完" else 1
        for _ in range(3):
            steps = page.locator("#q2 .steps > li")
            at = [wanted in text for text in steps.all_inner_texts()].index(True)
            if at == place:
                break
            before = steps.all_inner_texts()
            steps.nth(at).locator("[data-up]").click()
            page.wait_for_function(
                "before => JSON.stringify([...document.querySelectorAll('#q2 .steps > li')].map(e => e.innerText)) "
                "!== JSON.stringify(before)",
                arg=before,
            )
    page.locator("#q2 button.btn-primary").click()
    expect(page.locator("#q2 .lesson-verdict")).to_contain_text("答对了")
    page.fill("#q0 textarea", "让您久等了，我这就帮您查物流")
    page.click("#q0 .btn-primary")
    expect(page.locator("#left")).to_contain_text("学完了")
    check_axe(page)
    screenshot(page, "lesson-over")
    page.goto("/learn/courses/mine/course/")
    expect(page.locator("main")).to_contain_text("这门课您已经完成")
    check_axe(page)


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.parametrize("width", [390])
def test_a_lesson_is_learnt_on_a_phone_by_keyboard_alone(page: Page, product, sign_in, check_axe, screenshot):
    assigned(product, "gaolan")
    sign_in(page, "gaolan")
    page.goto("/learn/lessons/mine/first/")
    check_axe(page)
    screenshot(page, "lesson")
    page.locator("#q1 .option input").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#q1 .option:nth-of-type(2) input")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("#q1 .lesson-verdict")).to_contain_text("Right")
    assert page.evaluate("document.activeElement.id") == "q1"  # what was answered is read out, the next one follows
    page.goto("/learn/courses/")
    check_axe(page)
    page.goto("/learn/courses/mine/course/")
    check_axe(page)
    screenshot(page, "course")
