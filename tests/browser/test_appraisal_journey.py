"""A month of appraisal: from a table with a wrong value to the answer on an appeal, and its pages for every reader."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdf
import pytest
import python_calamine
from playwright.sync_api import Locator, Page, expect

from support.browser import open_page, settle
from support.product import Product

PERSON, NUMBER, USERNAME = "郑凯", "H205", "zhengkai"
REASON = "当月休长假，应变能力没有机会看到"
ACCEPTED, DECLINED = "attendance", "knowledge"
TEAM = tuple(f"H20{n}" for n in range(2, 10))
# What the product says of the month of a cycle: read by its own door, not by its pages.
LOOK = """
from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
user = people.User.objects.get(username=sys.argv[1])
wanted = dict(cycle__starts_on=sys.argv[2], employee__number=sys.argv[3])
row = appraisal.Appraisee.objects.select_related("cycle").get(**wanted)
view = appraisal.sheet(user=user, appraisee=row)
said = view.in_language("zh")
answer = {
    "cycle": str(row.cycle_id), "sheet": str(row.pk), "version": view.version,
    "appeals": [str(one.pk) for one in view.appeals],
    "raw": str(said["raw"]), "normalised": str(said["normalised"]),
    "points": {line["line"]: None if line["points"] is None else str(line["points"]) for line in said["lines"]},
}
"""
# Whatever people wrote or are called by: it stands on pages of either language as it is.
WRITTEN = """
from django.apps import apps
def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
models = (
    "people.Employee", "people.User", "appraisal.Event", "appraisal.Remark", "appraisal.Appeal", "appraisal.Talk",
    "appraisal.PlanItem", "appraisal.Suggestion", "appraisal.SuggestionStep", "appraisal.Input", "appraisal.Appraisal",
    "appraisal.TemplateVersion", "contacts.TableImport",
)
plain = ("CharField", "TextField")
answer = []
for name in models:
    model = apps.get_model(name)
    names = [field.attname for field in model._meta.concrete_fields if field.get_internal_type() in plain]
    names += ["points", "decisions"] if name == "appraisal.Appeal" else []
    for row in model.objects.values_list(*names):
        answer.extend(texts(list(row)))
"""
# What a page says that is not marked as Chinese: its texts, and what stands only in attributes.
SAID = """() => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (!parent.closest("script, style, [lang^=zh]")) found.push(walker.currentNode.textContent.trim());
    }
    for (const attribute of ["title", "aria-label", "placeholder", "alt"])
        for (const one of document.querySelectorAll(`[${attribute}]`)) found.push(one.getAttribute(attribute));
    return found;
}"""
CHINESE = re.compile("[\\u4e00-\\u9fff]")
THEMES = {1440: "dark", 390: "light"}


@dataclass(frozen=True)
class Month:
    """The month under review: its addresses, and what the product computes of the agent now."""

    product: Product

    def now(self, reader: str = "service", month: str = "2026-10-01") -> dict[str, Any]:
        """Addresses, total and points as the product's own door gives them to ``reader``."""
        answer: dict[str, Any] = self.product.python(LOOK, reader, month, NUMBER)
        return answer


@pytest.fixture
def people(page, launch, product, elsewhere, sign_in, language) -> Iterator[Callable[[str, int], Page]]:
    """``people(username, width)``: a window of somebody who has signed in."""
    with ExitStack() as windows:

        def enter(username: str, width: int = 1440) -> Page:
            window = open_page(launch(product.port), product.url, elsewhere, language=language, width=width)
            own = windows.enter_context(window)
            sign_in(own, username)
            return own

        yield enter


def fits(page: Page) -> None:
    """The page is not wider than its window."""
    over = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{page.url} is {over} px wider than the window"


@contextmanager
def leaving(page: Page) -> Iterator[None]:
    """What is done within leads to a page that has arrived."""
    with page.expect_navigation():
        yield
    settle(page)


def send(page: Page, form: Locator, button: Locator | None = None) -> None:
    """Send a form and say yes where the page asks again."""
    asks = form.get_attribute("data-confirm") is not None
    with leaving(page):
        (button or form.get_by_role("button").first).click()
        if asks:
            page.locator("#confirm [data-confirm-yes]").click()


def told(page: Page, words: str) -> None:
    """The page answered with ``words``."""
    expect(page.locator("body")).to_contain_text(words)


def targets(folder: Path, name: str, wrong: str) -> Path:
    """The targets of a team for the month, in GBK as Excel writes it; the agent's amount is ``wrong``."""
    path = folder / name
    with path.open("w", encoding="gbk", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("月份", "员工", "目标金额"))
        for number in TEAM:
            writer.writerow(("2026-10", number, wrong if number == NUMBER else "27000"))
    return path


def bring_in(page: Page, path: Path) -> None:
    page.goto("/tables/new/")
    page.set_input_files("input[type=file]", path)
    with leaving(page):
        page.locator(".upload-form .btn-primary").click()


def a_table_with_a_wrong_value(page: Page, folder: Path, check_axe, screenshot) -> None:
    """The preview names row and column and stores nothing; the corrected file goes in and says what it changed."""
    bring_in(page, targets(folder, "十月目标.csv", "两万六左右"))
    fault = page.locator("section:has(#faults) tbody tr")
    expect(fault).to_have_count(1)
    expect(fault.locator("td, th").nth(0)).to_have_text(str(TEAM.index(NUMBER) + 2))
    expect(fault.locator("td, th").nth(1)).to_have_text("目标金额")
    expect(fault).to_contain_text("两万六左右")
    check_axe(page)
    screenshot(page, "appraisal-table-faults")
    with leaving(page):
        page.locator("button[name=do][value=forget]").click()
    bring_in(page, targets(folder, "十月目标.csv", "26000"))
    expect(page.locator("#faults")).to_have_count(0)
    expect(page.locator(".answer")).to_contain_text("1")
    screenshot(page, "appraisal-table-look")
    with leaving(page):
        page.locator("button[name=do][value=store]").click()
    answer = page.locator(".answer")
    expect(answer).to_be_visible(timeout=60_000)
    expect(answer).to_contain_text(re.compile(r"新增 ?0 ?行.*1 ?行.*7 ?行"))
    check_axe(page)
    screenshot(page, "appraisal-table-report")


def rate_the_rest(page: Page, cycle: str, check_axe, screenshot) -> None:
    """The lead goes from person to person; of the last one there is one thing nobody could see."""
    page.goto(f"/assess/cycles/{cycle}/rating/")
    left = page.locator("tbody tr:has(.tag-warn)").count()
    assert left == 5
    with leaving(page):
        page.locator("main .btn-primary").first.click()
    for place in range(left):
        questions = page.locator("fieldset.level-set")
        assert questions.count() == 5
        for n, question in enumerate(questions.all()):
            if place < left - 1 or n != 3:
                question.locator(f"input[value='{2 + (n + place) % 2}']").check()
        page.locator("#remark").fill(f"这个月接待稳定，第 {place + 1} 条建议见面谈。")
        if place == 0:
            check_axe(page)
            screenshot(page, "appraisal-rating")
        with leaving(page):
            page.locator("button[name=do][value=next]").click()
    # Only the one whom nobody could judge in full is left, so the way leads there again.
    page.goto(f"/assess/cycles/{cycle}/rating/")
    expect(page.locator("tbody tr:has(.tag-warn)")).to_have_count(1)


def correct_an_input(page: Page, sheet: str, check_axe, screenshot) -> None:
    """A count typed wrong shows in the preview of the sheet; put right, its history keeps both."""
    address = f"/assess/sheets/{sheet}/inputs/late_count/"
    line = page.locator(f"#line-{ACCEPTED}")
    for value, note, points in (("31", "考勤机导出", "0"), ("3", "上次多打了一个 1", "1")):
        page.goto(address)
        page.locator("input[name=value]").fill(value)
        page.locator("form.stacked [name=note]").fill(note)
        send(page, page.locator("form.stacked"))
        page.goto(f"/assess/sheets/{sheet}/")
        expect(line.locator(".line-values")).to_contain_text(value)
        expect(line.locator(".line-points strong")).to_have_text(points)
    page.goto(address)
    history = page.locator("section:has(#history) tbody tr")
    expect(history.nth(0)).to_contain_text("上次多打了一个 1")
    expect(history.nth(1)).to_contain_text("31")
    expect(history.nth(2)).to_be_visible()  # what the attendance table said before
    check_axe(page)
    screenshot(page, "appraisal-input")


def publish(page: Page, cycle: str, check_axe, screenshot) -> None:
    """Collect once more, freeze with a reason for what lacks, publish."""
    page.goto(f"/assess/cycles/{cycle}/")
    missing = page.locator(".missing-group")
    expect(missing).to_have_count(1)
    expect(missing).to_contain_text("郭颖")
    expect(missing).to_contain_text("灵活应变")
    check_axe(page)
    screenshot(page, "appraisal-month")
    send(page, page.locator("form[action$='/do/collect/']"))
    told(page, "手工录入的 1 项保持不动")
    freeze = page.locator("form[action$='/do/freeze/']")
    freeze.locator("[name=leave_out]").fill(REASON)
    send(page, freeze)
    expect(page.locator("form[action$='/do/publish/']")).to_be_visible()
    screenshot(page, "appraisal-frozen")
    send(page, page.locator("form[action$='/do/publish/']"))
    expect(page.locator("form[action$='/do/publish/']")).to_have_count(0)


def read_and_contest(page: Page, month: Month, check_axe, screenshot) -> str:
    """The agent reads the result on a phone, follows a line to what it stands on, contests two; returns the appeal."""
    known = month.now(USERNAME)
    page.goto("/assess/mine/")
    with leaving(page):
        page.locator(f"a[href$='/sheets/{known['sheet']}/']").click()
    answer = page.locator(".answer").first
    expect(answer.locator("strong").nth(0)).to_have_text(plain(known["raw"]))
    expect(answer.locator("strong").nth(1)).to_have_text(plain(known["normalised"]))
    expect(page.locator("figure.chart")).to_be_visible()
    line = page.locator(f"#line-{ACCEPTED}")
    line.locator("summary").click()
    expect(line.locator(".line-more")).to_be_visible()
    expect(line.locator(".stands-on")).to_contain_text("方远")
    sales = page.locator("#line-sales_completion")
    sales.locator("summary").click()
    expect(sales.locator(".proofs li").first).to_be_visible()
    expect(sales.locator(".stands-on")).to_contain_text("26,000")  # the target that was put right
    fits(page)
    check_axe(page)
    screenshot(page, "appraisal-own-sheet-phone")
    with leaving(page):
        page.locator("a[href$='/appeal/']").click()
    for key, text in ((ACCEPTED, "10 月 9 日是公司班车晚点，主管知道。"), (DECLINED, "新品培训我都参加了。")):
        field = page.locator(f"[name={key}]")
        page.locator(f"details.contest:has([name={key}]) summary").click()
        field.fill(text)
    fits(page)
    check_axe(page)
    screenshot(page, "appraisal-appeal-phone")
    with leaving(page):
        page.locator("form.stacked-form .btn-primary").click()
    page.wait_for_url("**/assess/appeals/**")
    return page.url


def decide(page: Page, appeal: str, month: Month, check_axe, screenshot) -> None:
    """Who had no part sees what a decision changes before it is made, accepts one line and declines the other."""
    before = month.now()
    page.goto("/assess/")
    with leaving(page):
        page.locator(f"main a[href='/{appeal.partition('//')[2].partition('/')[2]}']").click()
    page.locator(f"[name=accepted-{ACCEPTED}][value=yes]").check()
    page.locator(f"[name=value-{ACCEPTED}-late_count]").fill("2")
    page.locator(f"[name=words-{ACCEPTED}]").fill("班车晚点属实。")
    page.locator(f"[name=accepted-{DECLINED}][value=no]").check()
    page.locator(f"[name=words-{DECLINED}]").fill("等级看的是讲解，不看培训次数。")
    page.locator("[name=answer]").fill("迟到按两次计；专业知识维持原评定。")
    with leaving(page):
        page.locator("button[name=preview]").click()
    change = page.locator("section[aria-live=polite]")
    expect(change).to_contain_text(f"{plain(before['raw'])} → {plain(str(float(before['raw']) + 1))}")
    assert month.now()["version"] == 1
    check_axe(page)
    screenshot(page, "appraisal-decide")
    with leaving(page):
        page.locator(".decide-form .btn-primary").click()
    told(page, "等级看的是讲解，不看培训次数。")
    after = month.now()
    assert after["version"] == 2
    assert float(after["raw"]) == float(before["raw"]) + 1
    screenshot(page, "appraisal-decided")


def read_the_answer(page: Page, appeal: str, first: dict[str, Any], second: dict[str, Any], screenshot) -> None:
    """The agent finds the answer and the new version, and can still read the first one."""
    page.goto(appeal)
    for words in ("班车晚点属实。", "等级看的是讲解", "迟到按两次计"):
        told(page, words)
    fits(page)
    screenshot(page, "appraisal-answer-phone")
    page.goto(f"/assess/sheets/{second['sheet']}/")
    total = page.locator(".answer").first.locator("strong").first
    expect(total).to_have_text(plain(second["raw"]))
    with leaving(page):
        page.locator(".versions a[href$='version=1']").click()
    expect(total).to_have_text(plain(first["raw"]))
    expect(page.locator(".state-note").first).to_be_visible()
    screenshot(page, "appraisal-version-1-phone")


def plain(number: str) -> str:
    """Points as pages show them."""
    text = f"{float(number):.2f}"
    return text.rstrip("0").rstrip(".")


def downloaded(page: Page, address: str) -> bytes:
    """What a click on the link to ``address`` saves."""
    with page.expect_download() as caught:
        page.locator(f"a[href='{address}']").click()
    return Path(caught.value.path()).read_bytes()


def cells_of(body: bytes) -> dict[str, list[Any]]:
    """Every filled cell of a workbook, by sheet."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
    return {
        name: [cell for row in book.get_sheet_by_name(name).to_python() for cell in row if cell != ""]
        for name in book.sheet_names
    }


def open_the_papers(page: Page, known: dict[str, Any]) -> None:
    """Sheet as PDF on one page and as a workbook, and the workbook of everybody: the same name, the same total."""
    total = plain(known["raw"])
    page.goto(f"/assess/sheets/{known['sheet']}/")
    page.locator("details[data-menu]:has(a[href$='paper.pdf']) summary").click()
    paper = pypdf.PdfReader(io.BytesIO(downloaded(page, f"/assess/sheets/{known['sheet']}/paper.pdf")))
    assert len(paper.pages) == 1
    text = paper.pages[0].extract_text()
    assert PERSON in text
    assert total in text
    page.locator("details[data-menu]:has(a[href$='paper.pdf'])").evaluate("menu => { menu.open = true }")
    (cells,) = cells_of(downloaded(page, f"/assess/sheets/{known['sheet']}/paper.xlsx")).values()
    assert PERSON in " ".join(map(str, cells))
    assert any(isinstance(cell, float) and plain(str(cell)) == total for cell in cells)
    page.goto(f"/assess/cycles/{known['cycle']}/ranking/")
    book = cells_of(downloaded(page, f"/assess/cycles/{known['cycle']}/ranking.xlsx"))
    assert PERSON in book
    assert PERSON in next(iter(book.values()))
    assert len(book) == 17  # the summary and one sheet each


def looked_at(page: Page, path: str, written: list[str]) -> None:
    """The page is there, fits its window, and says what it says in the reader's language."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok, f"{path}: {answer.status}"
    expect(page.locator("h1")).to_be_visible()
    settle(page)
    fits(page)
    foreign = sorted({text for text in page.evaluate(SAID) if has_foreign(text, written)})
    assert not foreign, f"{path} says in Chinese: {foreign}"


def has_foreign(text: str, written: list[str]) -> bool:
    """Whether Chinese is left in ``text`` without what people wrote; written texts come longest first."""
    start = text.rstrip("…")
    if start != text and any(one.startswith(start) for one in written):
        return False
    for one in written:
        text = text.replace(one, "")
    return CHINESE.search(text) is not None


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.parametrize("width", [1440, 390], ids=["desktop", "phone"])
def test_the_pages_of_a_month_are_said_in_english(people, product, width, check_axe, screenshot):
    month = Month(product)
    over, under = month.now(month="2026-09-01"), month.now()
    written = sorted({one for one in product.python(WRITTEN) if CHINESE.search(one)}, key=len, reverse=True)
    pages = {
        "manager": {
            "home": "/assess/",
            "cycles": "/assess/cycles/",
            "cycle": f"/assess/cycles/{over['cycle']}/",
            "ranking": f"/assess/cycles/{over['cycle']}/ranking/",
            "inputs": f"/assess/cycles/{over['cycle']}/inputs/",
            "input": f"/assess/sheets/{under['sheet']}/inputs/late_count/",
            "sheet": f"/assess/sheets/{over['sheet']}/",
            "events": "/assess/events/",
            "exemptions": "/assess/exemptions/",
            "month": f"/assess/cycles/{under['cycle']}/",
            "appeals": "/assess/appeals/",
            "appeal": f"/assess/appeals/{over['appeals'][0]}/",
            "rules": "/assess/rules/",
            "rewards": "/assess/rewards/",
            "suggestions": "/assess/suggestions/",
            "tables": "/tables/",
            "table-new": "/tables/new/",
        },
        "lead2": {
            "rating": f"/assess/cycles/{under['cycle']}/rating/",
            "rating-person": f"/assess/cycles/{under['cycle']}/rating/{under['sheet']}/",
        },
        USERNAME: {"mine": "/assess/mine/", "own-sheet": f"/assess/sheets/{over['sheet']}/"},
    }
    for username, addresses in pages.items():
        page = people(username, width)
        page.emulate_media(color_scheme=THEMES[width])
        for name, path in addresses.items():
            looked_at(page, path, written)
            screenshot(page, f"appraisal-{name}")
            # Pages whose addresses everybody knows are swept for accessibility with all others.
            if re.search("[0-9a-f]{8}-", path):
                check_axe(page)


@pytest.mark.parametrize("language", ["zh"])
@pytest.mark.parametrize("width", [1440])
def test_a_month_goes_from_a_wrong_table_to_the_answer_on_an_appeal(people, product, tmp_path, check_axe, screenshot):
    month = Month(product)
    begun = month.now()
    service, agent, manager = people("service"), people(USERNAME, 390), people("manager")
    a_table_with_a_wrong_value(service, tmp_path, check_axe, screenshot)
    service.goto(f"/assess/cycles/{begun['cycle']}/")
    expect(service.locator(".missing-group").first).to_contain_text("郭颖")
    rate_the_rest(people("lead2"), begun["cycle"], check_axe, screenshot)
    correct_an_input(service, begun["sheet"], check_axe, screenshot)
    publish(service, begun["cycle"], check_axe, screenshot)
    first = month.now(USERNAME)
    assert first["points"][ACCEPTED] == "1"
    appeal = read_and_contest(agent, month, check_axe, screenshot)
    decide(manager, appeal, month, check_axe, screenshot)
    second = month.now(USERNAME)
    read_the_answer(agent, appeal, first, second, screenshot)
    open_the_papers(manager, second)
