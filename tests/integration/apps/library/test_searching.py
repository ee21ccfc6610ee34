from __future__ import annotations

import pytest

from peilian.apps.base.api import bookkeeping
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError
from support.library import a_policy, a_publisher, a_writer, an_article, installed, the_content

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_home(home):
    """The index lies in the home folder."""


def keys(found: library.Found) -> list[str]:
    return [item.content.key for item in found.items]


def some_phrases() -> dict[str, object]:
    def phrase(name: str, when: str, text: str, **more: object) -> dict[str, object]:
        return {"id": name, "when": {"zh": when}, "text": {"zh": text}, **more}

    return {
        "kind": "phrases",
        "schema_version": 1,
        "key": "mine/phrases",
        "title": {"zh": "物流话术"},
        "tags": ["物流"],
        "phrases": [
            phrase("where", "客户催快递，问到哪了", "我马上查【单号】。"),
            phrase("phone", "客户在电话里催快递，问到哪了", "您稍等，我查一下。", channels=["phone"]),
        ],
    }


def test_a_text_is_found_as_people_type(tmp_path):
    installed(tmp_path, an_article(zh="退换货流程", tags=["售后"]), an_article("mine/other", zh="发票"))
    found = library.search(user=a_writer(), query="tuihuanhuo", language="zh")
    assert keys(found) == ["mine/returns"]
    assert found.meant == "退换货"
    assert found.facets["kind"] == {"article": 1}
    (title, *_) = found.items[0].excerpts
    assert [title.text[start:end] for start, end in title.spans] == ["退换货"]


def test_what_is_published_retired_and_restored_is_found_or_not_by_the_next_search(tmp_path):
    installed(tmp_path, an_article(zh="退换货"))
    writer, publisher = a_writer(), a_publisher()
    assert keys(library.search(user=writer, query="水獭")) == []
    draft = library.start_draft(actor=writer, content=the_content())
    body = {**draft.body, "title": {"zh": "水獭的退换"}}
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    library.submit(actor=writer, draft=draft)
    assert keys(library.search(user=publisher, query="水獭")) == []  # a draft is no text yet
    library.publish(actor=publisher, draft=library.draft(user=publisher, pk=draft.pk))
    assert keys(library.search(user=writer, query="水獭")) == ["mine/returns"]
    library.retire(actor=publisher, content=the_content(), why="过时")
    assert keys(library.search(user=writer, query="水獭")) == []
    library.restore(actor=publisher, content=the_content())
    assert keys(library.search(user=writer, query="水獭")) == ["mine/returns"]


def test_retired_texts_are_found_by_those_who_write_when_they_ask(tmp_path):
    installed(tmp_path, an_article(zh="退换货"))
    publisher, agent = a_publisher(), a_writer("agent", "agent")
    library.retire(actor=publisher, content=the_content(), why="过时")
    states = ("published", "retired")
    assert keys(library.search(user=publisher, query="退换货", states=states)) == ["mine/returns"]
    assert keys(library.search(user=agent, query="退换货", states=states)) == []


def test_who_may_not_see_the_library_finds_nothing(tmp_path):
    installed(tmp_path, an_article())
    outsider = a_writer("outsider", "legal_adviser")
    with pytest.raises(NotVisibleError):
        library.search(user=outsider, query="退货")
    with pytest.raises(NotVisibleError):
        library.answers_for(user=outsider, message="退货")


def test_choices_narrow_down_and_facets_count_the_others(tmp_path):
    installed(tmp_path, an_article(zh="退款一", tags=["售后"]), a_policy(title={"zh": "退款二"}, tags=["售后", "制度"]))
    user = a_writer()
    found = library.search(user=user, query="退款", kinds=["policy"])
    assert keys(found) == ["mine/privacy"]
    assert found.facets["kind"] == {"article": 1, "policy": 1}
    assert keys(library.search(user=user, query="退款", tags=["售后", "制度"])) == ["mine/privacy"]
    assert keys(library.search(user=user, query="退款", pack="")) == []
    assert len(keys(library.search(user=user, query="退款", pack="mine"))) == 2
    assert library.search(user=user).total == 2


def test_an_index_that_was_lost_or_damaged_is_made_again(tmp_path, home):
    installed(tmp_path / "pack", an_article(zh="退换货"))
    user = a_writer()
    assert library.search(user=user, query="退换货").total == 1
    (home / "search" / "library.db").write_bytes(b"nonsense" * 200)
    assert library.search(user=user, query="退换货").total == 1
    assert library.rebuild_search() == 1
    assert library.refresh_search() == 0


def test_what_the_database_no_longer_has_is_not_found(tmp_path):
    installed(tmp_path, an_article(zh="退换货"))
    user = a_writer()
    assert library.search(user=user, query="退换货").total == 1
    with bookkeeping():
        library.Content.objects.filter(key="mine/returns").update(key="mine/renamed")
    assert keys(library.search(user=user, query="退换货")) == []


def test_a_message_finds_phrases_that_suit_the_channel(tmp_path):
    installed(
        tmp_path, some_phrases(), an_article(zh="快递丢失", body="快递到哪了，先查轨迹。\n\n## 赔付\n快递丢了就赔。")
    )
    user = a_writer()
    pieces = {
        channel: [
            item.piece for item in library.answers_for(user=user, message="我的快递到哪了", channel=channel).phrases
        ]
        for channel in ("chat", "phone")
    }
    assert pieces["chat"] == ["where"]
    assert set(pieces["phone"]) == {"where", "phone"}
    suggested = library.answers_for(user=user, message="快递丢了要赔付")
    assert suggested.passages[0].content.key == "mine/returns"
    assert suggested.passages[0].piece == "s1"
    assert suggested.passages[0].why


def test_a_message_without_words_suggests_nothing(tmp_path):
    installed(tmp_path, some_phrases())
    assert not library.answers_for(user=a_writer(), message="  \n😀 ")


def test_the_inside_of_a_scenario_is_not_found():
    library.install_packs()
    found = library.search(user=a_writer("agent", "agent"), kinds=["scenario"], limit=100)
    assert found.total > 5
    for item in found.items:
        assert {part.field for part in item.entry.parts} <= {"title", "body", "tags", "summary"}
        brief = item.content.current.body["brief"]
        assert {part.text for part in item.entry.parts if part.field == "body"} <= set(brief.values())
