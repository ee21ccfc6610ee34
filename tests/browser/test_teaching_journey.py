"""From a gap to the certificate, on a phone and by the keyboard alone: a path is assigned for a need, one part is
tested out of, the exam is failed, the lesson is learnt once more, the exam is passed, and the archive shows it all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import settle
from support.credentials import a_certificate
from support.curriculum import a_course, a_lesson, a_path
from support.exams import a_bank, an_exam, an_item
from support.product import TESTS, Product

SETTER = f"""
import pathlib, tempfile
sys.path.insert(0, {str(TESTS)!r})
from support.library import installed
from peilian.apps.people.api import User
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
home = pathlib.Path(tempfile.mkdtemp())
installed(home, *json.loads(sys.argv[1]), pack=sys.argv[3])
employee = User.objects.get(username=sys.argv[2]).employee
need = record.raise_need(
    actor=None, employee=employee, subject="problem_solving", reason=Reason("record.need_raised")
)
answer = str(need.pk)
"""


def both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def item(name: str, competency: str) -> dict[str, Any]:
    options = [("a", both("甲", "A"), False), ("b", both("乙", "B"), True), ("c", both("丙", "C"), False)]
    return an_item(
        name, stem=both(f"题 {name}", f"Question {name}"), explanation=both("因为乙", "Because of B"), fixed=True,
        competencies=[competency], options=[{"id": key, "text": text, "right": right} for key, text, right in options],
    )  # fmt: skip


def texts(pack: str) -> list[dict[str, Any]]:
    """A path of one course: two lessons, a test-out, an exam, and the certificate for it."""
    bank = f"{pack}/bank"
    parts = {"solve": "problem_solving", "feel": "empathy"}
    items = [item(f"{part}{n}", competency) for part, competency in parts.items() for n in (1, 2)]
    every = [{"item": f"{bank}#{one['id']}"} for one in items]
    titles = {"solve": both("把事办成", "Get it done"), "feel": both("接住情绪", "Take feelings up")}
    lessons = [
        a_lesson(
            f"{pack}/{part}", title=titles[part], competencies=[competency],
            goals=[both("先接住", "Take it up")], body=both("先说一句。", "One sentence."),
            keep=[both("先接住", "First")],
            check={"items": [f"{bank}#{part}{n}" for n in (1, 2)]},
        )
        for part, competency in parts.items()
    ]  # fmt: skip
    exams = [
        an_exam(
            key=f"{pack}/{name}", title=title, fixed=every, drawn=[], attempts=None, shuffles=False, **more
        )
        for name, title, more in (
            ("known", both("摸底", "What you know"), {}),
            ("final", both("结业考试", "Final exam"), {"remedial": [f"{pack}/solve", f"{pack}/feel"]}),
        )
    ]  # fmt: skip
    units = [f"lesson:{pack}/solve", f"lesson:{pack}/feel", f"exam:{pack}/final"]
    course = a_course(
        f"{pack}/course", units, title=both("接待课程", "Serving"), goal=both("能独立接待", "Serve alone"),
        ordered=False, test_out=f"{pack}/known", exam=f"{pack}/final",
    )  # fmt: skip
    path = a_path(
        f"{pack}/course", key=f"{pack}/path", title=both("接待路径", "Path to serving"), goal=both("上岗", "Work")
    )
    certificate = a_certificate(
        key=f"{pack}/ready", requires=[f"exam:{pack}/final"], attests=both("可以独立接待。", "Serves alone.")
    )  # fmt: skip
    return [a_bank(*items, key=bank, title=both("题库", "Bank")), *lessons, *exams, course, path, certificate]


def press(target: Locator, key: str = "Enter") -> None:
    """Go to something and press a key on it."""
    target.focus()
    target.page.keyboard.press(key)


def assign(page: Page, need: str, what: str, check_axe: Any) -> None:
    """From the need to the path that trains it."""
    page.goto("/team/needs/")
    group = page.locator("section.need-group", has=page.locator(f"input[value='{need}']"))
    for box in group.locator("input.need-box").all():
        if box.is_checked() != (box.get_attribute("value") == need):
            press(box, "Space")
    press(group.locator("button[formaction]"))
    page.wait_for_url("**/team/learning/new/**")
    check_axe(page)
    chosen = page.locator("select[name=what]")
    chosen.focus()
    for _ in range(80):
        if chosen.input_value() == what:
            break
        page.keyboard.press("ArrowDown")
    expect(chosen).to_have_value(what)
    press(page.locator(".assign-form .btn-primary"))
    page.wait_for_url("**/team/learning/")


def sit(page: Page, right: tuple[str, ...], check_axe: Any) -> None:
    """Take the exam whose first page is open, by the keyboard: rightly what begins with one of ``right``."""
    press(page.locator(".start-form .btn-primary"))
    page.wait_for_url("**/exams/attempts/*/")
    expect(page.locator(".is-live")).to_be_visible()
    for number in range(1, 5):
        question = page.locator(f"#q{number}")
        is_right = any(f" {part}" in question.locator(".stem").inner_text() for part in right)
        press(question.locator(".option input").nth(1 if is_right else 0), "Space")
        if number == 1:
            check_axe(page)
        if number < 4:
            press(question.locator("[data-step='1']"))
            expect(page.locator(f"#q{number + 1}")).to_be_focused()
    expect(page.locator(".exam-palette a.is-answered")).to_have_count(4)
    expect(page.locator(".exam-saved")).to_contain_text(":")
    press(page.locator(".exam-bar [data-to-end]"))
    press(page.locator("[data-hand-in]"))
    page.wait_for_url("**/review/")


def learn(page: Page, check_axe: Any) -> None:
    """Answer the check of the lesson that is open."""
    for number in (1, 2):
        press(page.locator(f"#q{number} .option input").nth(1), "Space")
        press(page.locator(f"#q{number} button.btn-primary"))
        expect(page.locator(f"#q{number} .lesson-verdict")).to_be_visible()
        settle(page)
        expect(page.locator(f"#q{number}")).to_be_focused()
    check_axe(page)


@pytest.mark.parametrize(("language", "user"), [("zh", "zhengkai"), ("en", "gaolan")])
@pytest.mark.parametrize("width", [390])
def test_a_gap_leads_to_a_certificate(page: Page, product: Product, sign_in, check_axe, screenshot, language, user):
    pack = f"loop{language}"
    need = str(product.python(SETTER, json.dumps(texts(pack)), user, pack))
    sign_in(page, "manager")
    assign(page, need, f"path:{pack}/path", check_axe)
    page.context.clear_cookies()
    sign_in(page, user)
    course = f"/learn/courses/{pack}/course/"

    page.goto("/learn/")
    check_axe(page)
    screenshot(page, "loop-learn")
    page.goto(course)
    press(page.locator("button[value=test_out]"))
    sit(page, ("feel",), check_axe)
    page.goto(course)
    expect(page.locator(".shown-list li")).to_have_count(2)
    check_axe(page)
    screenshot(page, "loop-tested-out")

    press(page.locator(".next-step .btn-primary"))
    page.wait_for_url(f"**/learn/lessons/{pack}/solve/**")
    learn(page, check_axe)
    page.goto(course)
    press(page.locator(".next-step button[value=exam]"))
    page.wait_for_url("**/exams/*/")
    exam = page.url
    sit(page, ("feel",), check_axe)
    page.goto(exam)
    lesson = page.locator(f"[role=alert] a[href*='/learn/lessons/{pack}/solve/']")
    expect(lesson).to_be_visible()
    expect(page.locator(".start-form .btn-primary")).to_have_count(0)
    check_axe(page)
    screenshot(page, "loop-remedial")
    press(lesson)
    page.wait_for_url(f"**/learn/lessons/{pack}/solve/**")
    learn(page, check_axe)
    page.goto(exam)
    sit(page, ("feel", "solve"), check_axe)

    title, exam_title = ("上岗证", "结业考试") if language == "zh" else ("Ready for work", "Final exam")
    page.goto("/learn/certificates/")
    press(page.locator("main a[href^='/learn/certificates/'][href$='/']").filter(has_text=title).first)
    page.wait_for_url("**/learn/certificates/*-*/")
    check_axe(page)
    screenshot(page, "loop-certificate")
    page.goto(course)
    expect(page.locator(".next-step")).to_have_count(0)
    page.goto("/practise/radar/problem_solving/")
    expect(page.locator("main")).to_contain_text(exam_title)
    page.goto("/learn/archive/")
    expect(page.locator("main")).to_contain_text(title)
    expect(page.locator("main")).to_contain_text(exam_title)
    check_axe(page)
    screenshot(page, "loop-archive")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
