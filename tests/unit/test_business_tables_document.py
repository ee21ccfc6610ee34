"""The page about business tables lists every kind and column as the product reads them.

Run this file to print what the page has to say: ``python tests/unit/test_business_tables_document.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from peilian.flows.tables import KINDS, Column, TableKind

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "howto" / "business-data.md"
WORDS = ROOT / "src" / "peilian" / "packs" / "core" / "words" / "business.yaml"


def section(kind: TableKind) -> str:
    """What the page says of one kind."""
    head = f"### {kind.title.en} {kind.title.zh}\n\n{_sentence(kind.about.en)} Key: {_named(kind, kind.identity)}.\n"
    lines = [_line(column, kind) for column in kind.columns]
    return "\n".join([head, "| column | 列 | needed | holds |", "|---|---|---|---|", *lines])


def _line(column: Column, kind: TableKind) -> str:
    needed = "yes" if column.is_required else "one of them" if any(column.key in g for g in kind.needs_one_of) else ""
    holds = str(column.about.en).replace("|", "/")
    if column.choices:
        holds += ": " + ", ".join(f"{text.en} {text.zh}" for text in column.choices.values())
    return f"| {column.title.en} | {column.title.zh} | {needed} | {holds} |"


def _named(kind: TableKind, keys: tuple[str, ...]) -> str:
    return ", ".join(str(kind.column(key).title.en).lower() for key in keys)


def _sentence(text: str | None) -> str:
    assert text is not None
    return f"{text[0].upper()}{text[1:]}."


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_the_page_lists_every_kind_and_column(kind):
    assert section(kind) in PAGE.read_text(encoding="utf-8")


def test_the_page_says_every_formula():
    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))["words"]
    page = PAGE.read_text(encoding="utf-8")
    unsaid = [
        text["en"] for key, text in words.items() if key.startswith("business.formula.") and text["en"] not in page
    ]
    assert not unsaid


if __name__ == "__main__":
    print("\n\n".join(section(kind) for kind in KINDS.values()))
