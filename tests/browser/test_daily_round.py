"""The daily round on a phone from Today to its end, by thumb and by keys; a reload or a second device lose nothing."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from support.browser import settle
from support.curriculum import a_lesson
from support.exam_pages import SECRET, a_whole_bank
from support.product import TESTS, Product

BANK = "mine/bank"
LEARNER = f"""
import pathlib, tempfile, uuid
sys.path.insert(0, {str(TESTS)!r})
from support.library import installed
from peilian.apps.learning import api as learning
from peilian.apps.people.api import User
installed(pathlib.Path(tempfile.mkdtemp()), *json.loads(sys.argv[1]))
user = User.objects.get(username=sys.argv[2])
for one in learning.lesson_of(user=user, key="mine/first").check:
    right = {{"chosen": [option.id for option in one.asked.field.options if option.right]}}
    learning.answer_check_item(
        user=user, lesson="mine/first", number=one.asked.question.number, answer=right, client_id=uuid.uuid4()
    )
answer = ""
"""


def learnt(product: Product, user: str) -> None:
    """A lesson of two questions that somebody has learnt."""
    lesson = a_lesson(check={"items": [f"{BANK}#single", f"{BANK}#multiple"]})
    product.python(LEARNER, json.dumps([a_whole_bank(), lesson]), user)


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [390])
def test_a_round_is_done_on_a_phone(page: Page, product, sign_in, check_axe, screenshot):
    learnt(product, "yutong")  # whom no other test lets learn this lesson
    sign_in(page, "yutong")
    page.goto("/")
    expect(page.locator(".round-line")).to_contain_text("有 2 道题等您")
    page.locator(".round-line .btn").click()
    page.wait_for_url("**/today/round/")
    settle(page)
    assert SECRET not in page.content()
    check_axe(page)
    screenshot(page, "round")
    go = page.locator("[data-go]").bounding_box()
    assert go is not None
    assert go["height"] >= 44
    assert go["y"] + go["height"] <= 844  # within a thumb's reach however long the question is
    page.locator(".option").first.click()
    page.locator("[data-go]").click()
    expect(page.locator("#verdict")).to_be_focused()
    expect(page.locator("#verdict")).to_contain_text("再来看看您还记不记得")
    check_axe(page)
    screenshot(page, "round-answered")
    page.reload()
    expect(page.locator("#verdict .lesson-verdict")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#q2")).to_be_focused()
    other = page.context.new_page()  # the same round on a second device: it goes on with the same question
    other.goto("/today/round/")
    expect(other.locator("#q2")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_be_focused()
    other.locator(".option").nth(1).click()
    other.locator("[data-go]").click()
    expect(other.locator("#verdict")).to_contain_text("以第一次的答案为准")
    other.close()
    page.keyboard.press("Enter")
    expect(page.locator("#round-end")).to_be_focused()
    expect(page.locator("#round-end")).to_contain_text("再出现")
    check_axe(page)
    screenshot(page, "round-over")
    page.goto("/learn/")
    expect(page.locator(".round-line")).to_contain_text("今天的做完了")
    check_axe(page)
