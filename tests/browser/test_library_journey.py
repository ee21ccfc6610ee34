"""From a real conversation to a case and a drill that somebody finds by initials and plays."""

from __future__ import annotations

import re

import pytest
import yaml
from playwright.sync_api import Page, expect

from peilian.engine._kernel import InputError
from support.browser import open_page

TITLES = {"zh": ("换货登门案例", "换货登门演练", "hhdm"), "en": ("破损换货案例", "破损换货演练", "pshh")}
ADDRESS = re.compile(r"/insight/conversations/([^/?]+)/(?:\?|$)")
_MOST_TRIED = 12


def a_telling_conversation(page: Page) -> str:
    """One of the newest conversations of which a drill can be made without a gap; the address of its page."""
    page.goto("/insight/conversations/")
    links = [link.get_attribute("href") or "" for link in page.locator("main a[href*='/insight/conversations/']").all()]
    found = [match[1] for link in links if (match := ADDRESS.search(link))]
    for name in dict.fromkeys(found[: 3 * _MOST_TRIED]):
        page.goto(f"/insight/conversations/{name}/extract/")
        choose_drill(page)
        if page.locator("[name^='ask']").count() == 0 and page.locator("[name=confirmed]").count():
            return f"/insight/conversations/{name}/"
    raise AssertionError("no conversation tells a whole story")


def choose_drill(page: Page) -> None:
    """Look at what a drill would hold."""
    with page.expect_response(lambda answer: answer.url.endswith("/extract/") and answer.request.method == "POST"):
        page.locator("[name=kind][value=scenario]").check()
    expect(page.locator("[name=kind][value=scenario]")).to_be_checked()
    expect(page.locator("#extract.htmx-request, #extract-form.htmx-request")).to_have_count(0)


def make_draft(page: Page, title: str) -> str:
    """Name the draft, confirm that nobody can be recognised, and make it; returns its address."""
    page.locator("#title").fill(title)
    with page.expect_response(lambda answer: answer.url.endswith("/extract/") and answer.request.method == "POST"):
        page.locator("#title").blur()
    expect(page.locator("#extract-form.htmx-request")).to_have_count(0)
    page.locator("[name=confirmed]").check()
    page.locator("button[value=make]").click()
    page.wait_for_url("**/learn/drafts/**")
    return page.url


def save_source(page: Page, draft: str, text: str | None) -> str:
    """Open the draft as a file and, with ``text``, save that; returns what it held."""
    page.goto(draft)
    page.locator("button[value=source]").click()
    held = page.locator("#source").input_value()
    if text is not None:
        page.locator("#source").fill(text)
        page.locator(".ed-bar button[value=save]").click()
        page.wait_for_load_state()
    return held


def rehearse(page: Page) -> None:
    """Let the drill play its own answers, and wait for what comes out."""
    page.locator("#rehearsal form button").click()
    expect(page.locator("#rehearsal .badge, #rehearsal .tag").first).to_be_visible(timeout=60_000)
    expect(page.locator("#rehearsal .progress-card")).to_have_count(0, timeout=60_000)


def publish(page: Page, draft: str) -> str:
    """Somebody who did not write in it publishes it; returns the address of the text."""
    page.goto(draft)
    page.locator("form[action$='/do/publish/'] button").click()
    page.wait_for_url("**/learn/library/**")
    return page.url


def without_model_answer(source: str) -> str:
    """The scenario with a model answer that says nothing."""
    body = yaml.safe_load(source)
    if not isinstance(body, dict):
        raise InputError
    body["plays"]["ideal"] = [{"at": 10, "say": {"zh": "好的，请稍等。"}}]
    return yaml.safe_dump(body, allow_unicode=True, sort_keys=False)


@pytest.mark.parametrize(("language", "width"), [("zh", 1440), ("en", 390)])
def test_a_conversation_becomes_a_case_and_a_drill_that_an_agent_finds_by_initials_and_plays(
    page, launch, product, elsewhere, sign_in, language, width, check_axe, screenshot
):
    case_title, drill_title, initials = TITLES[language]
    sign_in(page, "lead1")
    conversation = a_telling_conversation(page)
    check_axe(page)
    screenshot(page, "library-extract")
    drill = make_draft(page, drill_title)
    expect(page.locator("h1")).to_contain_text(drill_title)
    check_axe(page)
    screenshot(page, "library-draft")

    # The self-test rejects an answer that helps nobody; the former one is put back.
    good = save_source(page, drill, None)
    save_source(page, drill, without_model_answer(good))
    rehearse(page)
    expect(page.locator("#rehearsal .faults li").first).to_be_visible()
    screenshot(page, "library-rehearsal")
    save_source(page, drill, good)
    rehearse(page)
    expect(page.locator("#rehearsal .faults")).to_have_count(0)
    page.goto(drill)
    page.locator("button[value=submit]").click()
    expect(page.locator("#faults")).to_have_count(0)

    # The same conversation as a case; what nobody but the author knows is filled in.
    page.goto(conversation)
    page.locator("a[href$='/extract/']").click()
    case = make_draft(page, case_title)
    for place in page.locator("#faults a").all():
        anchor = (place.get_attribute("href") or "").rpartition("#")[2]
        page.locator(f"#{anchor} textarea[data-lang=zh]").first.fill("先把能办的办法和时间说清楚，再解释原因。")
    screenshot(page, "library-case-draft")
    page.locator("button[value=submit]").click()
    expect(page.locator("#faults")).to_have_count(0)

    with open_page(launch(product.port), product.url, elsewhere, language=language, width=width) as reviewing:
        sign_in(reviewing, "manager")
        reviewing.goto(drill)
        check_axe(reviewing)
        screenshot(reviewing, "library-review")
        text = publish(reviewing, drill)
        with open_page(launch(product.port), product.url, elsewhere, language=language, width=width) as own:
            sign_in(own, "gaolan")
            own.goto(f"/learn/library/?q={initials}")
            check_axe(own)
            screenshot(own, "library-found")
            own.locator("main a", has_text=drill_title).first.click()
            own.wait_for_url("**/learn/library/scenario/**")
            expect(own.locator("h1")).to_contain_text(drill_title)
            own.locator("main a[href*='/practise/start/']").first.click()
            own.wait_for_url("**/practise/start/**")
            own.locator(".start-form .btn-primary").click()
            own.wait_for_url("**/practise/drills/**")
            expect(own.locator("[data-log] li").first).to_be_visible(timeout=30_000)
            own.locator("[data-say]").fill("您好，我在，换谁遇上都着急，这件事我来办。")
            own.keyboard.press("Enter")
            expect(own.locator("[data-log] li.is-agent").first).to_be_visible()
            expect(own.locator("[data-log] li.is-customer").nth(1)).to_be_visible(timeout=15_000)
            screenshot(own, "library-drilled", full_page=False)
            # Nobody plays two drills at once: this one is ended, for whoever signs in next.
            own.locator("[data-end]").click()
            expect(own.locator("[data-leave], [data-over]").locator("visible=true").first).to_be_visible()
            if own.locator("[data-leave]").is_visible():
                own.locator("[data-end-now]").click()
            expect(own.locator("[data-over]")).to_be_visible(timeout=30_000)
        texts = [text, publish(reviewing, case)]
        check_axe(reviewing)
        screenshot(reviewing, "library-case")
        # What was made here is taken out of use again, so that other tests find what they know.
        for made in texts:
            reviewing.goto(f"{made}retire/")
            reviewing.locator("#why").fill("只用来试一遍")
            reviewing.locator("main form .btn-bad").click()
            reviewing.wait_for_url("**/learn/library/**")
