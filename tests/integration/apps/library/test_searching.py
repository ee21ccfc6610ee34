from __future__ import annotations

import sqlite3
from datetime import date, timedelta

import pytest

from peilian.adapters.search_index import Group
from peilian.apps.base import api as base
from peilian.apps.base.api import bookkeeping
from peilian.apps.library import api as library
from peilian.apps.library import indexing
from peilian.apps.library.indexing import the_index
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import InputError
from peilian.flows import playing
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


def test_texts_are_found_by_the_language_they_are_written_in(tmp_path):
    both, english = {"zh": "七天内可退。", "en": "Within seven days."}, {"en": "Ask for the invoice first."}
    phrases = some_phrases()
    phrases["phrases"][0]["text"] = {"zh": "我马上查。", "en": "I am looking at it."}
    installed(
        tmp_path,
        an_article(zh="退货"),
        an_article("mine/both") | {"body": both},
        an_article("mine/invoice") | {"body": english},
        phrases,
    )
    user = a_writer()
    found = library.search(user=user, written_in="en")
    assert sorted(keys(found)) == ["mine/both", "mine/invoice"]
    assert found.facets["language"] == {"zh": 3, "en": 2}, "as if there were no choice of language"
    assert keys(library.search(user=user, query="快递", pieces=True, written_in="en")) == ["mine/phrases"]
    assert library.search(user=user, query="快递", pieces=True, written_in="en").items[0].piece == "where"


def test_where_there_is_no_index_texts_are_told_apart_by_language_too(tmp_path, monkeypatch):
    installed(tmp_path, an_article(zh="退货"), an_article("mine/invoice") | {"body": {"en": "Ask first."}})
    monkeypatch.setattr("peilian.apps.library.searching._by_index", lambda *_: (None, None))
    found = library.search(user=a_writer(), written_in="en")
    assert keys(found) == ["mine/invoice"]
    assert found.facets["language"] == {"zh": 1, "en": 1}


def test_an_index_that_was_lost_or_damaged_is_made_again(tmp_path, home):
    installed(tmp_path / "pack", an_article(zh="退换货"))
    user = a_writer()
    assert library.search(user=user, query="退换货").total == 1
    (home / "search" / "library.db").write_bytes(b"nonsense" * 200)
    assert library.search(user=user, query="退换货").total == 1
    assert library.rebuild_search() == 1
    assert library.refresh_search() == 0


def test_an_index_that_is_damaged_in_the_middle_mends_itself(tmp_path, home):
    installed(tmp_path / "pack", *(an_article(f"mine/a{number}", zh=f"退换货{number}") for number in range(30)))
    user = a_writer()
    assert library.search(user=user, query="退换货").total == 30
    path = home / "search" / "library.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + bytes([165]) * (len(data) - 4096))
    assert library.search(user=user, query="退换货").total == 30
    path.write_bytes(data[:4096] + bytes([165]) * (len(data) - 4096))
    assert library.rebuild_search() == 30
    assert library.search(user=user, query="退换货").total == 30


def _published(content: library.Content, **changes: object) -> None:
    """Another wording of a text, published by the product itself."""
    draft = library.start_draft(actor=None, content=content)
    draft = library.save_draft(actor=None, draft=draft, body={**draft.body, **changes}, edition=draft.edition)
    library.publish(actor=None, draft=draft)


def _revised(zh: str, **changes: object) -> None:
    _published(the_content(), body={"zh": zh}, **changes)


def test_a_wording_that_begins_later_is_found_then_and_the_one_before_until_then(tmp_path):
    installed(tmp_path, an_article(body="七天内可退，运费由买家承担。"))
    begins = base.today_in_company() + timedelta(days=30)
    _revised("十五天内可退，由水獭上门取件。", valid_from=begins.isoformat())
    user = a_writer()

    def found(query: str, day: date | None = None, **more: bool) -> list[str]:
        return [item.excerpts[-1].text for item in library.search(user=user, query=query, day=day, **more).items]

    def said(message: str) -> list[str]:
        return [item.excerpts[-1].text for item in library.answers_for(user=user, message=message).passages]

    assert found("买家承担") == ["七天内可退，运费由买家承担。"]
    assert found("水獭取件") == []
    assert said("退货的运费由谁承担") == ["七天内可退，运费由买家承担。"]
    assert found("水獭取件", begins) == ["十五天内可退，由水獭上门取件。"]
    assert found("买家承担", begins) == []
    assert library.search(user=user, day=begins - timedelta(days=1)).total == 1
    # Whoever asks for all days finds each text once, as it is worded last.
    assert found("水獭取件", any_day=True) == ["十五天内可退，由水獭上门取件。"]
    assert library.search(user=user, any_day=True).total == 1


def test_a_wording_for_some_days_gives_way_to_the_one_before_when_they_are_over(tmp_path):
    installed(tmp_path, an_article(body="七天内可退。"))
    today = base.today_in_company()
    _revised(
        "大促期间三十天内可退。", valid_from=str(today + timedelta(days=5)), valid_until=str(today + timedelta(days=9))
    )
    user = a_writer()
    wanted = {0: 0, 4: 0, 5: 1, 8: 1, 9: 0, 500: 0}
    for days, promotions in wanted.items():
        day = today + timedelta(days=days)
        assert library.search(user=user, query="大促", day=day).total == promotions, days
        assert library.search(user=user, day=day).total == 1, days


def test_what_is_over_is_found_only_by_who_asks_for_all_days(tmp_path):
    installed(tmp_path, an_article(zh="退换货", valid_until="2026-01-01"))
    user = a_writer()
    assert library.search(user=user, query="退换货").total == 0
    assert library.search(user=user, query="退换货", any_day=True).total == 1
    assert library.search(user=user, query="退换货", day=date(2025, 12, 31)).total == 1


def test_a_change_is_found_whatever_the_clock_says(tmp_path):
    installed(tmp_path, an_article(zh="退换货"))
    user, publisher = a_writer(), a_publisher()
    assert library.search(user=user, query="退换货").total == 1
    before = library.Content.objects.get()
    library.retire(actor=publisher, content=before, why="过时")
    library.restore(actor=publisher, content=before)
    with bookkeeping():  # as many texts as before, and no moment later than the last one
        library.Content.objects.update(published_at=before.published_at)
    _revised("水獭上门取件。")
    with bookkeeping():
        library.Content.objects.update(published_at=before.published_at)
    assert keys(library.search(user=user, query="水獭")) == ["mine/returns"]


def test_a_text_that_another_pack_takes_over_is_found_under_that_pack(tmp_path):
    library.new_content(actor=None, kind="article", key="mine/returns", title={"zh": "退换货"})
    _published(the_content(), **an_article(zh="退换货"))
    user = a_writer()
    assert library.search(user=user, query="退换货", pack="").total == 1
    installed(tmp_path, an_article(zh="退换货"))
    assert library.search(user=user, query="退换货", pack="mine").total == 1


def _index_jobs() -> list[base.Job]:
    return list(base.Job.objects.filter(kind="library.index"))


def test_many_changes_are_one_job_and_meanwhile_what_was_there_is_found(tmp_path):
    many = [an_article(f"mine/a{number}", zh=f"退换货{number}") for number in range(60)]
    installed(tmp_path / "one", an_article("mine/a0", zh="退换货0"))
    user = a_writer()
    assert library.search(user=user, query="退换货").total == 1
    installed(tmp_path / "two", *many, version="2")
    found = library.search(user=user, query="退换货")
    assert (found.total, found.remark.key) == (1, "search.behind")
    library.search(user=user, query="退换货")
    library.answers_for(user=user, message="退换货")
    assert len(_index_jobs()) == 1
    base.run_next_job()
    assert [job.state for job in _index_jobs()] == ["done"]
    found = library.search(user=user, query="退换货")
    assert (found.total, found.remark) == (60, None)
    assert len(_index_jobs()) == 1


def test_before_there_is_an_index_texts_are_found_by_their_titles(tmp_path):
    installed(tmp_path, *(an_article(f"mine/a{number}", zh=f"退换货{number}") for number in range(60)))
    found = library.search(user=a_writer(), query="退换货", limit=7, offset=7)
    assert (found.total, len(found.items), found.remark.key) == (60, 7, "search.begins")
    assert found.facets["kind"] == {"article": 60}
    assert len(_index_jobs()) == 1


def test_while_somebody_else_takes_changes_in_the_old_index_answers(tmp_path):
    installed(tmp_path, an_article(zh="退换货"))
    user = a_writer()
    assert library.search(user=user, query="退换货").total == 1
    _revised("水獭上门取件。")

    def groups():
        assert library.search(user=user, query="水獭").total == 0
        assert library.search(user=user, query="退换货").total == 1
        assert library.answers_for(user=user, message="水獭") is not None
        yield Group("other", "1", ())

    the_index().put(groups())
    assert library.search(user=user, query="水獭").total == 1


def test_an_index_that_cannot_be_used_takes_nothing_else_down(tmp_path, home):
    installed(tmp_path, an_article(zh="退换货"), an_article("mine/other", zh="发票"))
    (home / "search").write_text("a file where the folder should be")
    user = a_writer()
    found = library.search(user=user, query="退换货")
    assert (keys(found), found.remark.key) == (["mine/returns"], "search.unavailable")
    assert not library.answers_for(user=user, message="退换货怎么办")
    library.prepare_search()
    with pytest.raises(InputError) as caught:
        library.rebuild_search()
    assert caught.value.faults[0].reason.key == "search.not_written"


def test_a_text_is_found_by_its_key_too(tmp_path):
    installed(tmp_path, an_article("mine/returns", zh="退换货"))
    assert keys(library.search(user=a_writer(), query="mine/ret")) == ["mine/returns"]


def test_single_pieces_are_found_by_whom_they_suit(tmp_path):
    installed(tmp_path, some_phrases())
    user = a_writer()

    def pieces(**more: str) -> list[str]:
        return [item.piece for item in library.search(user=user, query="催快递", pieces=True, **more).items]

    assert set(pieces()) == {"where", "phone"}
    assert pieces(channel="chat") == ["where"]


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
    library.refresh_search()
    found = library.search(user=a_writer("agent", "agent"), kinds=["scenario"], limit=100)
    assert found.total > 5
    assert found.remark is None
    for item in found.items:
        assert {part.field for part in item.entry.parts} <= {"title", "body", "tags", "summary"}
        brief = item.content.current.body["brief"]
        assert {part.text for part in item.entry.parts if part.field == "body"} <= set(brief.values())


def test_synonyms_of_the_installation_s_own_packs_are_searched_by(tmp_path, monkeypatch):
    pack = tmp_path / "own"
    pack.mkdir()
    header = 'kind: pack\nschema_version: 1\nkey: own\ntitle: {zh: 自己的}\nversion: "1"\nlicence: proprietary\n'
    (pack / "pack.yaml").write_text(header, encoding="utf-8")
    words = (
        "kind: synonyms\nschema_version: 1\nkey: own/synonyms\ntitle: {zh: 同义词}\ngroups:\n  - [小黄鸭服务, 退货]\n"
    )
    (pack / "synonyms.yaml").write_text(words, encoding="utf-8")
    monkeypatch.setattr(playing, "_house", [(*playing.SHIPPED, pack)])
    indexing._opened.cache_clear()
    installed(tmp_path / "library", an_article())
    try:
        assert library.search(user=a_writer(), query="小黄鸭服务").total == 1
    finally:
        indexing._opened.cache_clear()
