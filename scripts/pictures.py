"""Takes the pictures of the README from a running demo: ``make pictures`` beside ``make demo``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.browser import ARGUMENTS, LOCALES, chromium  # noqa: E402

PAGES = {"home": "/", "conversation": "/insight/conversations/fresh-05/"}


def main() -> None:
    """Sign in as the training manager, in each language, and photograph the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--password", default="peilian-demo-2026", help="the demo's")
    options = parser.parse_args()
    target = ROOT / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        for language in LOCALES:
            page = browser.new_page(viewport={"width": 1280, "height": 860}, locale=LOCALES[language])
            page.goto(f"{options.url}/sign-in/")
            page.fill("#id_username", "manager")
            page.fill("#id_password", options.password)
            page.press("#id_password", "Enter")
            page.wait_for_url(f"{options.url}/")
            _choose(page, language)
            for name, path in PAGES.items():
                page.goto(options.url + path)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=target / f"{name}-{language}.png")
            _choose(page, "zh")
            page.close()
        browser.close()


def _choose(page: Page, language: str) -> None:
    page.evaluate(
        """language => fetch("/language/", {method: "POST", body: "language=" + language, headers: {
            "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content,
            "Content-Type": "application/x-www-form-urlencoded"}})""",
        language,
    )


if __name__ == "__main__":
    main()
