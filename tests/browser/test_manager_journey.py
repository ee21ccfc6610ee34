"""A training manager brings in conversations, sees them measured, and follows a pain point to the words behind it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

COLUMNS = ("conversation_id", "message_id", "at", "role", "author", "text", "channel", "topic")
LINES = (
    ("10:00:00", "customer", "k-{n}", "我的快递一个星期了还没到，你们到底管不管！"),
    ("10:02:30", "agent", "journey:mei", "您好，这个我们处理不了，不支持查询。"),
    ("10:03:00", "customer", "k-{n}", "太让人生气了，我已经问了三遍了"),
    ("10:03:20", "agent", "journey:mei", "是您自己填错地址了。祝您生活愉快，再见。"),
)


def a_file(folder: Path, prefix: str) -> Path:
    """Six conversations of one agent, as Excel in China saves them: in GBK."""
    path = folder / f"{prefix}.csv"
    with path.open("w", encoding="gbk", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for n in range(6):
            for place, (clock, role, author, text) in enumerate(LINES):
                name = f"{prefix}-{n}"
                at = f"2026-11-0{n + 1}T{clock}+08:00"
                row = (name, f"{name}-{place}", at, role, author.format(n=n), text, "chat", "物流")
                writer.writerow(row)
    return path


def test_a_manager_imports_and_diagnoses(page, sign_in, check_axe, screenshot, tmp_path, language, width):
    prefix = f"journey-{language}-{width}"
    sign_in(page, "manager")
    check_axe(page)
    screenshot(page, "manager-today")

    page.goto("/imports/new/")
    check_axe(page)
    page.set_input_files("input[type=file]", a_file(tmp_path, prefix))
    page.click("form.upload-form button.btn-primary")
    expect(page.locator(".file-look")).to_contain_text("GB")
    expect(page.locator(".file-look")).to_contain_text("我的快递一个星期了还没到")
    check_axe(page)
    screenshot(page, "manager-import-check")
    page.click("button[name=do][value=start]")
    see_measures = page.locator("a.btn-primary[href*='/insight/kpis/']")
    expect(see_measures).to_be_visible(timeout=60_000)
    expect(page.locator(".answer")).to_contain_text("6")
    expect(page.locator(".answer")).to_contain_text("24")
    check_axe(page)
    screenshot(page, "manager-import-report")

    see_measures.click()
    expect(page.locator("figure.chart").first).to_be_visible()
    expect(page.locator("main table").last).to_contain_text("journey:mei")
    check_axe(page)
    screenshot(page, "manager-kpis")

    page.click("nav.tabs a[href='/insight/diagnosis/']")
    expect(page.locator("ul.quotes a").first).to_be_visible(timeout=30_000)
    check_axe(page)
    screenshot(page, "manager-diagnosis")
    page.click("main table a[href='#blame']")
    quote = page.locator("#blame ul.quotes a").first
    expect(quote).to_be_in_viewport()
    place = (quote.get_attribute("href") or "").partition("#")[2]
    quote.click()
    page.wait_for_url(f"**/insight/conversations/**#{place}")

    blame = page.locator(f"#{place} a.hl:has(mark.hl-fault)").first
    expect(blame).to_be_in_viewport()
    blame.click()
    explanation = page.locator("#why")
    expect(explanation).to_be_visible()
    expect(explanation).to_contain_text("推责" if language == "zh" else "blam", ignore_case=True)
    check_axe(page)
    screenshot(page, "manager-conversation")


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_a_file_without_a_needed_column_is_refused_and_leaves_nothing(page, sign_in, tmp_path):
    path = tmp_path / "no-role.csv"
    path.write_text("conversation_id,text\nx1,你好\n", encoding="utf-8")
    sign_in(page, "manager")
    page.goto("/imports/new/")
    page.set_input_files("input[type=file]", path)
    page.click("form.upload-form button.btn-primary")
    expect(page.locator(".state-error")).to_contain_text("role")
    expect(page.locator("button[name=do][value=start]")).to_have_count(0)
    assert page.goto("/insight/conversations/x1/").status == 404
