"""The look keeps its promises: contrast, one source of colours, nothing from outside, nothing inline."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

import peilian.web
from peilian.web.shell.charts.values import SERIES_ON_PAPER

WEB = Path(peilian.web.__file__).parent
STATIC = WEB / "static"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
OWN_FILES = [path for path in sorted(STATIC.rglob("*")) if path.is_file() and "vendor" not in path.parts]
TOKENS_CSS = (STATIC / "tokens.css").read_text()


def _tokens(selector: str) -> dict[str, str]:
    start = TOKENS_CSS.index(selector + " {")
    block = TOKENS_CSS[start : TOKENS_CSS.index("}", start)]
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block))


LIGHT = _tokens(":root")
DARK = _tokens(':root[data-bs-theme="dark"]')
DARK_BY_SYSTEM = _tokens(':root:not([data-bs-theme="light"])')

_TEXTS = ("--ink", "--ink-2", "--ink-3", "--accent", "--accent-strong", "--good", "--warn", "--bad", "--note")
_READ = [(text, ground) for text in _TEXTS for ground in ("--paper", "--surface", "--surface-2")] + [
    ("--accent-ink", "--accent"),
    ("--accent-ink", "--accent-strong"),
    ("--accent-strong", "--accent-soft"),
    ("--surface", "--bad"),
    *((text, f"{text}-soft") for text in ("--good", "--warn", "--bad", "--note")),
    *(("--ink", f"--{kind}-soft") for kind in ("accent", "good", "warn", "bad", "note")),
    *(("--ink-2", f"--{kind}-soft") for kind in ("warn", "bad")),
]
_SEEN = [("--line-strong", ground) for ground in ("--paper", "--surface")] + [
    (f"--series-{slot}", "--surface") for slot in range(1, 9)
]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #rrggbb colours as WCAG 2.1 defines it."""

    def luminance(color: str) -> float:
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_formula_knows_black_on_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), _READ)
def test_what_is_read_has_a_contrast_of_at_least_four_and_a_half(theme, text, ground):
    assert contrast(theme[text], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("sign", "ground"), _SEEN)
def test_lines_and_borders_that_carry_meaning_have_a_contrast_of_at_least_three(theme, sign, ground):
    assert contrast(theme[sign], theme[ground]) >= 3


def test_dark_is_the_same_whether_chosen_or_wished_by_the_system():
    assert DARK == DARK_BY_SYSTEM
    assert DARK.keys() == LIGHT.keys()


def test_paper_has_the_light_colours_of_the_screen():
    assert [LIGHT[f"--series-{slot}"] for slot in range(1, 9)] == list(SERIES_ON_PAPER)


def test_no_colour_is_written_outside_the_tokens():
    for path in OWN_FILES:
        if path.suffix == ".css" and path.name not in {"tokens.css", "print.css"}:
            rest = path.read_text().replace("background: #ffffff;", "")  # a printed drawing stays on white
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(", rest), path.name


def _manifest() -> list[dict[str, str]]:
    return json.loads((STATIC / "vendor" / "manifest.json").read_text())["files"]


@pytest.mark.parametrize("entry", _manifest(), ids=lambda entry: entry["name"])
def test_a_vendored_file_is_the_one_that_was_listed(entry):
    assert hashlib.sha256((STATIC / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (STATIC / entry["licence_text"]).read_text().strip()
    assert entry["version"] in entry["source"]
    assert entry["licence"]


def test_every_vendored_file_is_listed():
    listed = {entry[key] for entry in _manifest() for key in ("file", "licence_text")}
    texts = {"NOTICE", "LICENSE-d3", "manifest.json"}
    there = {p.relative_to(STATIC).as_posix() for p in (STATIC / "vendor").rglob("*") if p.is_file()}
    assert {name for name in there if Path(name).name not in texts} <= listed


def test_nothing_refers_to_another_host():
    namespaces = ("http://www.w3.org/",)
    for path in [*TEMPLATES, *OWN_FILES]:
        for address in re.findall(r"""(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s"'<>)]*""", path.read_text(errors="replace")):
            assert address.startswith(namespaces), f"{path.name}: {address}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_a_template_has_no_inline_script_style_or_handler(path):
    text = path.read_text()
    assert not re.search(r"<[^>]*\sstyle\s*=", text)
    assert "<style" not in text
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert not re.search(r"<[^>]*\shx-on", text)
    assert "javascript:" not in text
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert "src=" in attributes, path.name
        assert not body.strip()


def test_every_icon_that_is_named_is_in_the_sprite():
    there = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())}
    named |= {name for path in TEMPLATES for name in re.findall(r'icon_name="([\w-]+)"', path.read_text())}
    assert named <= there
    assert len(named) > 20


def test_every_static_file_that_a_template_names_exists():
    for path in TEMPLATES:
        for name in re.findall(r"""{% static ['"]([^'"]+)['"]""", path.read_text()):
            assert (STATIC / name).is_file(), f"{path.name}: {name}"


def test_every_component_and_tag_is_documented():
    from peilian.web.shell.tags import register

    page = (WEB.parents[2] / "docs" / "howto" / "interface.md").read_text()
    components = {path.stem for path in (WEB / "templates" / "components").glob("*.html")}
    assert {name for name in components if f"`{name}`" not in page} == set()
    assert {name for name in register.tags if f"{{% {name}" not in page} == set()
