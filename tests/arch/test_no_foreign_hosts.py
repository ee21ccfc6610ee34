"""The product loads nothing from elsewhere, and the project names no place of one machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arch.tree import PACKAGE, ROOT, written_files

WEB = PACKAGE / "web"
# What makes a browser fetch: attributes of elements, and url() or @import of style sheets.
FETCHES = re.compile(
    r"""(?:\b(?:src|srcset|href|action|poster|data|hx-(?:get|post|put|delete|patch)|ws-connect)\s*=\s*["']?\s*"""
    r"""|url\(\s*["']?|@import\s+["'])((?:https?:|wss?:)?//[^\s"')>]+)""",
    re.IGNORECASE,
)
# Homes, scratch folders and work folders of somebody's machine. Spelled so that this file does not find itself.
MACHINE_PLACES = re.compile(r"(?<![\w.~$}/-])/(?:home/\w|Users/\w|root/|work/|tmp/|private/var/)")
TEXT_ENDINGS = {
    "",
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
    ".html",
    ".css",
    ".js",
    ".sh",
    ".cfg",
    ".json",
    ".po",
}


def pages_and_styles() -> list[Path]:
    found = [*(WEB / "templates").rglob("*.html"), *(WEB / "static").rglob("*.css"), *(WEB / "static").rglob("*.svg")]
    return sorted(found)


def test_pages_and_styles_fetch_nothing_from_elsewhere():
    foreign = [
        f"{path.relative_to(ROOT)}: {found[1]}"
        for path in pages_and_styles()
        for found in FETCHES.finditer(path.read_text(encoding="utf-8"))
        if not _is_link_for_people(path, found)
    ]
    assert not foreign, "\n".join(foreign)


def test_no_page_hides_where_its_forms_come_from():
    """With ``no-referrer`` browsers send forms with ``Origin: null``, and every one is refused as forged. A page whose
    address is a secret asks for ``strict-origin``."""
    sources = [path for path in WEB.rglob("*") if path.suffix in {".py", ".html"}]
    hiding = [path for path in sources if "no-referrer" in path.read_text(encoding="utf-8")]
    assert not hiding, "\n".join(str(path.relative_to(ROOT)) for path in hiding)


def _is_link_for_people(path: Path, found: re.Match[str]) -> bool:
    """A plain ``<a href>`` is followed by a person, not fetched by the page."""
    before = found.string[: found.start()].rpartition("<")[2]
    return path.suffix == ".html" and before.startswith("a ") and found[0].startswith("href")


def test_the_project_names_no_place_of_one_machine():
    named = []
    for path in written_files():
        if path.suffix not in TEXT_ENDINGS or path.stat().st_size > 1_000_000 or "vendor" in path.parts:
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        named += [f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if MACHINE_PLACES.search(line)]
    assert not named, "\n".join(named)


@pytest.mark.parametrize(
    ("text", "is_foreign"),
    [
        ('<script src="https://cdn.example/x.js">', True),
        ("<img src=//cdn.example/x.png>", True),
        ("a { background: url('http://cdn.example/x.png') }", True),
        ('@import "https://fonts.example/x.css"', True),
        ('<div hx-get="https://elsewhere.example/">', True),
        ("<script src=\"{% static 'x.js' %}\">", False),
        ('<svg xmlns="http://www.w3.org/2000/svg">', False),
        ('<a href="/people/">', False),
    ],
)
def test_a_fetch_from_elsewhere_is_recognised(text, is_foreign):
    assert bool(FETCHES.search(text)) is is_foreign


@pytest.mark.parametrize(
    ("text", "is_machine_place"),
    [
        ("see " + "/".join(["", "home", "ann", "x"]), True),
        ("/".join(["", "tmp", "x"]), True),
        ("src/home/x", False),
        ("/".join(["https://example.org", "home", "x"]), False),
        ("/".join(["~", "home", "x"]), False),
    ],
)
def test_a_place_of_a_machine_is_recognised(text, is_machine_place):
    assert bool(MACHINE_PLACES.search(text)) is is_machine_place
