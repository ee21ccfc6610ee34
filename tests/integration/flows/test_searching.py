"""Documents as entries of the search, and suggestions for a customer's message."""

from __future__ import annotations

from datetime import date

import pytest

from peilian.adapters import packs
from peilian.adapters.packs.synonyms import SynonymsDocument
from peilian.adapters.packs.trees import document_of
from peilian.adapters.search_index import Group, SearchIndex
from peilian.engine.search import Entry, Filters
from peilian.flows.answering import Situation, answers, gist_of
from peilian.flows.searching import Shelved, entries_of, synonyms, unmarked
from support.library import an_article
from support.texts import one_of_each

SHELVED = Shelved({"state": ("published",)}, changed_on=date(2026, 11, 1))


def entries(document: dict[str, object]) -> dict[str, Entry]:
    """The entries of a document by the piece that they are."""
    return {one.id.partition("#")[2]: one for one in entries_of(document_of(document), SHELVED)}


def texts(entry: Entry, field: str) -> list[str]:
    return [part.text for part in entry.parts if part.field == field]


PHRASES = {
    "kind": "phrases",
    "schema_version": 1,
    "key": "mine/phrases",
    "title": {"zh": "物流话术"},
    "tags": ["物流"],
    "channels": ["chat"],
    "phrases": [
        {"id": "where", "when": {"zh": "问到哪了"}, "text": {"zh": "我马上查。"}},
        {
            "id": "never",
            "when": {"zh": "催发货"},
            "avoid": [{"text": {"zh": "等着吧"}, "why": {"zh": "冷"}, "say": {"zh": "我来催"}}],
            "customers": ["upset"],
            "channels": ["phone"],
            "valid_until": "2027-01-01",
        },
    ],
}


def test_every_phrase_is_a_piece_with_its_own_situation():
    found = entries(PHRASES)
    assert set(found) == {"", "where", "never"}
    assert found["where"].facets["channel"] == ("chat",)
    assert found["never"].facets["channel"] == ("phone",)
    assert found["never"].facets["customer"] == ("upset",)
    assert found["never"].valid_until == date(2027, 1, 1).toordinal()
    assert texts(found["where"], "questions") == ["问到哪了"]
    assert texts(found["never"], "body") == ["我来催"]  # what is not to be said is no suggestion
    assert "等着吧" in texts(found[""], "body")  # but it can be looked up
    assert {one.group for one in found.values()} == {"phrases:mine/phrases"}


def test_an_article_is_cut_at_its_headings_without_marks_of_markdown():
    body = {
        "zh": "开头**要紧**。\n\n## 怎么退\n- 先[查单](https://example.com)\n\n## 空\n",
        "en": "Start.\n\n## How\nCheck.",
    }
    found = entries(an_article() | {"body": body})
    assert texts(found["s0"], "body") == ["开头要紧。", "Start."]
    assert texts(found["s1"], "title") == ["怎么退", "How"]
    assert texts(found["s1"], "body") == ["先查单", "Check."]
    assert "s2" not in found


def test_the_inside_of_a_scenario_cannot_be_found():
    (shipped, *_) = packs.load("scenario")
    (whole,) = entries_of(shipped.document, SHELVED)
    brief = shipped.document.brief
    assert {part.text for part in whole.parts if part.field == "body"} <= {
        unmarked(brief.zh or ""),
        unmarked(brief.en or ""),
    }


@pytest.mark.parametrize("document", one_of_each(), ids=lambda document: str(document["kind"]))
def test_every_kind_of_text_can_be_found_by_its_title(document, tmp_path):
    index = SearchIndex(tmp_path / "i.db", synonyms())
    made = tuple(entries_of(document_of(document), SHELVED))
    index.put([Group(made[0].group, "1", made)])
    title = next(iter(document["title"].values()))
    hits = index.search(title, Filters(any_of={"level": ("text",)}))
    assert [hit.entry.id for hit in hits.items] == [f"{document['kind']}:{document['key']}"]


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("**粗**", "粗"),
        ("[词](https://a.b)", "词"),
        ("![图](x.png)", "图"),
        ("- 一\n1. 二", "一\n二"),
        ("<!-- 藏 -->", ""),
        ("`a` | b", "a  b"),
    ],
)
def test_marks_of_markdown_are_not_read(marked, plain):
    assert unmarked(marked) == plain


def test_the_shipped_synonyms_are_many_and_every_group_says_one_thing_once():
    groups = [
        group
        for item in packs.load("synonyms")
        if isinstance(item.document, SynonymsDocument)
        for group in item.document.groups
    ]
    assert len(groups) >= 150
    assert sum(any(word.isascii() for word in group) for group in groups) > 100  # Chinese and English together
    assert len({frozenset(group) for group in groups}) == len(groups)


def test_a_long_message_is_cut_to_what_it_asks():
    message = "你好，我上周三在你们店买了一件羽绒服，灰色的，本来说好周五到。我朋友也买了一件，她的早就到了。" * 2
    gist = gist_of(message + "我的快递现在到哪里了？还有别的事情以后再说，先这样吧。")
    assert "到哪里了" in gist
    assert len(gist) < len(message)
    assert gist_of("  到哪了 \n") == "到哪了"
    assert gist_of("") == ""


@pytest.fixture
def shelf(tmp_path):
    index = SearchIndex(tmp_path / "i.db", synonyms())
    for document in (PHRASES, *one_of_each()):
        made = tuple(entries_of(document_of(document), SHELVED))
        index.put([Group(made[0].group, "1", made)])
    return index


def test_suggestions_suit_the_situation(shelf):
    def phrases(**situation):
        return [
            hit.entry.id.partition("#")[2]
            for hit in answers(shelf, "快递到哪了，催发货", Situation(**situation)).phrases
        ]

    assert "where" in phrases(channel="chat")
    assert "never" not in phrases(channel="chat")
    assert "never" in phrases(channel="phone", customer="upset")
    assert "never" not in phrases(channel="phone", customer="new")
    assert "never" not in phrases(channel="phone", day=date(2027, 2, 1).toordinal())


def test_nothing_in_common_is_no_suggestion(shelf):
    assert not answers(shelf, "恐龙化石博物馆", Situation())
    assert not answers(shelf, "😀", Situation())
