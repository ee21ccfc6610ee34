"""Whatever somebody writes is brought into the index, in a time that grows with its length."""

from __future__ import annotations

import pytest

from peilian.adapters.packs.trees import document_of
from peilian.adapters.search_index import Group, SearchIndex
from peilian.engine.search import Filters
from peilian.flows import searching
from peilian.flows.searching import Shelved, entries_of, unmarked
from support.library import an_article

# What backtracks, or begins again at every place; two million characters of it would take hours.
PIECES = (
    "[",
    "![",
    "[a](",
    "[a](b",
    "]",
    "<!--",
    "<!-- x",
    "*",
    "`",
    "_",
    "|",
    "# a      ",
    "1",
    "1. ",
    "- ",
    " ",
    "\t",
)


@pytest.mark.parametrize("piece", PIECES)
def test_marks_without_an_end_take_no_longer_than_their_length(piece):
    text = "退款" + piece * (2_000_000 // len(piece))
    (whole, *pieces) = entries_of(document_of(an_article(body=text)), Shelved({}))
    assert sum(len(part.text) for part in whole.parts) <= searching._LONGEST
    assert all(len(part.text) <= searching._LONGEST for entry in pieces for part in entry.parts)


@pytest.mark.parametrize("piece", ["# a" + " " * 2_000_000, "# a\n" * 2_000, "#" * 2_000_000, "a" * 2_000_000])
def test_headings_without_an_end_do_not_either(piece):
    assert entries_of(document_of(an_article(body=piece)), Shelved({}))


def test_a_text_as_long_as_a_book_is_found_by_its_beginning_and_its_title(tmp_path):
    document = document_of(an_article(zh="退换货手册", body="水獭饲养。" + "退款流程，" * 200_000))
    entries = tuple(entries_of(document, Shelved({})))
    index = SearchIndex(tmp_path / "i.db")
    index.put([Group(entries[0].group, "1", entries)])
    assert index.search("水獭", Filters()).total > 0
    assert index.search("退换货手册", Filters()).total > 0


def test_what_a_mark_surrounds_is_kept_also_beside_marks_without_an_end():
    assert unmarked("[[词](https://a.b)") == "[词"
    assert unmarked("<!-- 开着 <!-- 藏 --> 后") == "<!-- 开着  后"
