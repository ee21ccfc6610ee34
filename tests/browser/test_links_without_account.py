"""Links that are followed without an account: what is filled in on their pages arrives from a real browser, which tells
the server where a form comes from unless the page forbids it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.product import Product

INVITED = """
from uuid import uuid4
from datetime import date
from django.urls import reverse
from peilian.apps.people import api as people
user = people.add_user(actor=None, username=f"new-{uuid4().hex[:8]}", name="新人", password=None)
people.grant_role(actor=None, user=user, role="judge", unit=None, starts_on=date(2020, 1, 1))
(made,) = people.invite(actor=None, users=[user])
answer = reverse("invitation", args=[user.pk, made.token])
"""
GUEST = """
from uuid import uuid4
from datetime import date
from django.urls import reverse
from django.utils import timezone
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
leader, taker = (
    people.add_employee(actor=None, number=f"G{uuid4().hex[:8]}", name=name) for name in ("苏敏", "刘婷")
)
boss = people.add_user(actor=None, username=f"boss-{uuid4().hex[:8]}", name="苏敏", password=None, employee=leader)
people.grant_role(actor=None, user=boss, role="training_manager", unit=None, starts_on=date(2020, 1, 1))
what = learning.NewPanel(
    title="投诉处理实操", kind="role_play", story="收到的杯子碎了。", form="complaint-panel", starts_at=timezone.now(),
    examiners=[boss], guests=["王女士"],
)
answer = reverse("panel_guest", args=[*learning.open_panel(actor=boss, what=what, employees=[taker]).links.values()])
"""
pytestmark = pytest.mark.parametrize("language", ["zh"])


@pytest.mark.parametrize("width", [1440])
def test_somebody_invited_chooses_a_password_and_is_in(empty_product: Product, empty_page: Page) -> None:
    page = empty_page
    page.goto(empty_product.python(INVITED))
    for field in page.locator("input[type=password]").all():
        field.fill("a-long-one-2026-xyz")
    page.get_by_role("button", name="开始使用").click()
    page.wait_for_url(lambda url: "/invitation/" not in url)


@pytest.mark.parametrize("width", [390])
def test_a_guest_scores_and_is_told_what_is_kept(empty_product: Product, empty_page: Page) -> None:
    page = empty_page
    page.goto(empty_product.python(GUEST))
    for field in page.locator(".score-input").all():
        field.fill("7.5")
    page.get_by_role("button", name="保存评分").click()
    expect(page.get_by_role("heading", name="谢谢您")).to_be_visible()
    expect(page.locator("main")).to_contain_text("7.5")
    expect(page.locator(".score-input")).to_have_count(0)
