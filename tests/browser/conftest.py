"""A running product with the demo company, and a real browser that looks at it.

A test that takes ``page`` runs four times: in Chinese and English, on a desktop and on a phone. To run it once, fix the
fixtures: ``@pytest.mark.parametrize("language", ["zh"])``, ``@pytest.mark.parametrize("width", [1440])``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from support.browser import MISSING, PATIENCE, Sink, arguments, chromium, open_page, settle, sink
from support.product import Product

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser; without one it is skipped, with one line that says what to install."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what the product wrote down last."""
    report = yield
    product = getattr(item, "funcargs", {}).get("product")
    if report.failed and product is not None:
        lines = product.log.read_text(encoding="utf-8", errors="replace").splitlines()
        report.sections.append(("what the product wrote last", "\n".join(lines[-40:])))
    return report


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The demo company, served with its worker. It is built once for all tests: tests leave what they find."""
    made = Product(tmp_path_factory.mktemp("product"))
    built = made.run("demo", "--build-only", "--contacts", "300", seconds=600)
    assert built.returncode == 0, built.stderr
    yield made.start()
    made.end()


@pytest.fixture(scope="session")
def empty_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product in which nobody has done anything yet; sign in as ``admin`` with the demo's password."""
    made = Product(tmp_path_factory.mktemp("empty")).migrate()
    made.python(
        "from datetime import date\n"
        "from peilian.apps.people import api as people\n"
        "from peilian.demo.build import PASSWORD\n"
        "user = people.add_user(actor=None, username='admin', name='Admin', password=PASSWORD)\n"
        "people.grant_role(actor=None, user=user, role='administrator', unit=None, starts_on=date(2020, 1, 1))\n"
    )
    yield made.start()
    made.end()


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Sink]:
    """Where everything ends that the browser asks of anybody but the product."""
    with sink() as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers; there can be only one at a time."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def launch(playwright: Playwright, elsewhere: Sink) -> Iterator[Callable[[int], Browser]]:
    """``launch(port)``: a Chromium that reaches that port only; one browser a port, each with a fresh profile."""
    browsers: dict[int, Browser] = {}

    def browser_for(port: int) -> Browser:
        if port not in browsers:
            browsers[port] = playwright.chromium.launch(
                executable_path=chromium(), args=arguments(sink_port=elsewhere.port, product_port=port)
            )
        return browsers[port]

    yield browser_for
    for browser in browsers.values():
        browser.close()


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    """The reader's language."""
    return str(request.param)


@pytest.fixture(params=[1440, 390], ids=["desktop", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    """The width of the window in CSS pixels."""
    return int(request.param)


@pytest.fixture
def page(
    launch: Callable[[int], Browser], product: Product, elsewhere: Sink, language: str, width: int
) -> Iterator[Page]:
    """A page of the demo company, nobody signed in."""
    with open_page(launch(product.port), product.url, elsewhere, language=language, width=width) as opened:
        yield opened


@pytest.fixture
def empty_page(
    launch: Callable[[int], Browser], empty_product: Product, elsewhere: Sink, language: str, width: int
) -> Iterator[Page]:
    """A page of the product in which nothing has happened yet, nobody signed in."""
    with open_page(launch(empty_product.port), empty_product.url, elsewhere, language=language, width=width) as opened:
        yield opened


@pytest.fixture
def sign_in(language: str) -> Callable[[Page, str], None]:
    """``sign_in(page, username)``: signs in as one of the demo's logins and sets the language of the test."""
    from peilian.demo.build import PASSWORD

    def enter(page: Page, username: str) -> None:
        page.goto("/sign-in/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.click("form:has(input[name=password]) button")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        # The account remembers the language of its last reader.
        if not (page.get_attribute("html", "lang") or "").startswith(language):
            cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
            answer = page.request.post(
                "/language/",
                form={
                    "language": language,
                    "csrfmiddlewaretoken": cookies["csrftoken"],
                    "next": urlsplit(page.url).path,
                },
                headers={"Referer": page.url},
            )
            assert answer.ok, answer.status_text
            page.reload()

    return enter


@pytest.fixture(scope="session")
def check_axe() -> Callable[[Page], None]:
    """``check_axe(page)``: fails with rule and element when the page breaks a rule of accessibility (WCAG 2.2 AA)."""
    import axe_playwright_python

    source = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

    def check(page: Page, *, within: str = "html") -> None:
        settle(page)
        window = page.viewport_size
        assert window is not None
        # What happens to lie half under a bar in this window would be told as too small a target: nothing may.
        height = page.evaluate("() => document.documentElement.scrollHeight")
        page.set_viewport_size({"width": window["width"], "height": max(window["height"], height)})
        # Evaluated by the debugger, not added as a script: the product's content security policy refuses scripts.
        page.evaluate(f"() => {{ {source} }}")
        found = page.evaluate(
            """within => axe.run(within, {
                runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]
            }).then(result => result.violations.map(v => ({
                rule: v.id, help: v.help,
                elements: v.nodes.map(n => n.target.join(" ") + " " + n.html.slice(0, 160) + " | "
                    + n.any.concat(n.all, n.none).map(c => c.message).join("; "))
            })))""",
            within,
        )
        page.set_viewport_size(window)
        assert not found, f"{page.url}:\n" + json.dumps(found, ensure_ascii=False, indent=1)

    return check


@pytest.fixture
def screenshot(language: str, width: int) -> Callable[..., Path]:
    """``screenshot(page, "today")``: saves ``screenshots/today-zh-1440.png``; the picture shows the whole page."""

    def save(page: Page, name: str, *, full_page: bool = True) -> Path:
        settle(page)
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}-{language}-{width}.png"
        page.screenshot(path=path, full_page=full_page, animations="disabled")
        return path

    return save
