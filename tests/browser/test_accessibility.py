"""Every main page of every role, light and dark, in both languages and widths, breaks no rule of accessibility."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

PAGES = {
    "manager": (
        "/",
        "/insight/conversations/",
        "/insight/conversations/fresh-05/",
        "/insight/kpis/",
        "/insight/diagnosis/",
        "/team/",
        "/team/units/",
        "/team/radar/",
        "/team/needs/",
        "/team/tasks/",
        "/team/tasks/new/",
        "/team/drills/",
        "/imports/",
        "/imports/new/",
        "/insight/shops/",
        "/tables/",
        "/tables/new/",
        "/assess/",
        "/assess/cycles/",
        "/assess/cycles/new/",
        "/assess/events/",
        "/assess/events/new/",
        "/assess/exemptions/",
        "/assess/appeals/",
        "/assess/rules/",
        "/assess/rewards/",
        "/assess/rewards/new/",
        "/assess/suggestions/",
        "/jobs/",
        "/messages/",
        "/account/",
    ),
    "admin": (
        "/",
        "/settings/",
        "/settings/users/",
        "/settings/company/",
        "/settings/audit/",
        "/settings/erasure/",
        "/team/import/",
    ),
    "lead1": (
        "/",
        "/insight/diagnosis/",
        "/team/",
        "/learn/",
        "/learn/library/scenario/retail/damaged-goods/",
        "/learn/drafts/",
        "/learn/new/",
        "/learn/files/?kind=phrases",
        "/learn/changes/",
        "/learn/changes/new/",
        "/learn/suggestions/",
        "/learn/library/policy/service-core/privacy/confirmations/",
    ),
    "director": ("/", "/insight/kpis/"),
    "xiaohe": (
        "/",
        "/insight/conversations/",
        "/insight/kpis/",
        "/learn/",
        "/learn/library/",
        "/learn/library/policy/service-core/privacy/",
        "/learn/library/procedure/retail/parcel-tracing/",
        "/learn/library/decision-tree/service-core/abusive-customer/",
        "/learn/library/phrases/service-core/apology/",
        "/learn/library/case/retail/pair-logistics-query/",
        "/learn/library/law/service-core/civil-code/",
        "/learn/library/glossary/service-core/service-terms/",
        "/learn/library/manual/retail/robot-vacuum/",
        "/learn/library/article/service-core/tone-in-text/versions/",
        "/practise/",
        "/practise/radar/",
        "/practise/radar/empathy/",
        "/practise/tasks/",
        "/practise/mine/",
        "/practise/start/retail/logistics-delay/",
        "/practise/start/telecom/abusive-customer/",
        "/assess/",
        "/assess/mine/",
        "/assess/rewards/",
        "/assess/suggestions/",
        "/account/",
    ),
}


# Every pair of language, width and theme occurs; all eight triples would look at the same faults twice.
@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("zh", 1440, "light"), ("zh", 390, "dark"), ("en", 1440, "dark"), ("en", 390, "light")],
)
@pytest.mark.parametrize("username", sorted(PAGES))
def test_main_pages_break_no_rule(page, sign_in, check_axe, screenshot, username, theme):
    page.emulate_media(color_scheme=theme)
    sign_in(page, username)
    for path in PAGES[username]:
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        expect(page.locator("h1")).to_be_visible()
        check_axe(page)
        screenshot(page, f"{username}-{path.partition('?')[0].strip('/').replace('/', '-') or 'today'}-{theme}")


def test_sign_in_breaks_no_rule(page, check_axe, screenshot):
    page.goto("/sign-in/")
    check_axe(page)
    screenshot(page, "sign-in")
