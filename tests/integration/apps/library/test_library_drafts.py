"""From the draft to the published text: who may, what is refused, and that nobody overwrites anybody."""

from __future__ import annotations

import pytest
from django.db import transaction

from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.library import reading
from peilian.engine._kernel import InputError
from support.library import a_pack, a_policy, a_publisher, a_writer, an_article, installed, published, the_content

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(db):
    return a_writer()


@pytest.fixture
def draft(writer):
    """A new article, written and not yet submitted."""
    made = library.new_content(actor=writer, kind="article", key="own/returns", title={"zh": "退货"})
    return library.save_draft(actor=writer, draft=made, body=an_article("own/returns"), edition=made.edition)


def test_a_new_text_is_seen_by_who_writes_and_by_nobody_else_until_it_is_published(draft, writer):
    reader = a_writer("lin", role="agent")
    with pytest.raises(LookupError):
        library.content(user=reader, kind="article", key="own/returns")
    assert not library.browse(user=reader).exists()
    assert library.browse(user=writer, states=["new"]).count() == 1
    library.submit(actor=writer, draft=draft)
    library.publish(actor=a_publisher(), draft=library.draft(user=writer, pk=draft.pk))
    assert library.content(user=reader, kind="article", key="own/returns").state == "published"
    assert [content.key for content in library.browse(user=reader, text="退货 own")] == ["own/returns"]


def test_two_people_who_write_at_once_do_not_overwrite_each_other(draft, writer):
    other = a_writer("other")
    mine = {**draft.body, "body": {"zh": "我写的"}}
    library.save_draft(actor=other, draft=draft, body={**draft.body, "body": {"zh": "别人写的"}}, edition=draft.edition)
    with pytest.raises(library.StaleDraftError) as caught:
        library.save_draft(actor=writer, draft=draft, body=mine, edition=draft.edition)
    assert caught.value.draft.body["body"] == {"zh": "别人写的"}
    assert caught.value.body == mine
    assert library.draft(user=writer, pk=draft.pk).body["body"] == {"zh": "别人写的"}


def test_an_unfinished_document_may_be_saved_and_not_submitted(writer):
    draft = library.new_content(actor=writer, kind="article", key="own/half", title={"zh": "写到一半"})
    draft = library.save_draft(
        actor=writer, draft=draft, body={**draft.body, "form": "novel", "tags": ["", "退款"]}, edition=1
    )
    assert draft.body["tags"] == ["退款"]
    assert {fault.field for fault in library.faults_of(draft=draft)} == {"form"}
    with pytest.raises(InputError):
        library.submit(actor=writer, draft=draft)
    assert library.draft(user=writer, pk=draft.pk).state == "writing"


def test_references_that_lead_nowhere_keep_a_draft_from_being_submitted(draft, writer):
    body = {**draft.body, "related": ["article:own/nothing"], "competencies": ["flying"]}
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    assert {fault.field for fault in library.faults_of(draft=draft)} == {"related", "competencies"}


def test_nobody_publishes_what_one_has_written_in(writer):
    manager = a_publisher()
    draft = library.new_content(actor=manager, kind="article", key="own/returns", title={"zh": "退货"})
    draft = library.save_draft(actor=manager, draft=draft, body=an_article("own/returns"), edition=draft.edition)
    draft = library.submit(actor=manager, draft=draft)
    with pytest.raises(InputError, match="second_eyes"):
        library.publish(actor=manager, draft=draft)
    assert library.publish(actor=a_publisher("another"), draft=draft).made_by == manager


def test_one_pair_of_eyes_is_enough_where_the_installation_says_so(settings):
    settings.LIBRARY_NEEDS_SECOND_EYES = False
    manager = a_publisher()
    draft = library.new_content(actor=manager, kind="article", key="own/returns", title={"zh": "退货"})
    draft = library.save_draft(actor=manager, draft=draft, body=an_article("own/returns"), edition=draft.edition)
    assert library.publish(actor=manager, draft=draft).number == 1


def test_what_was_not_submitted_is_not_published(draft):
    with pytest.raises(InputError, match="not_in_review"):
        library.publish(actor=a_publisher(), draft=draft)


def test_saving_in_review_takes_a_draft_back_so_that_nobody_approves_what_was_not_seen(draft, writer):
    seen = library.submit(actor=writer, draft=draft)
    library.save_draft(actor=writer, draft=seen, body={**seen.body, "body": {"zh": "改了"}}, edition=seen.edition)
    with pytest.raises(InputError, match="draft_changed"):
        library.publish(actor=a_publisher(), draft=seen)


def test_a_returned_draft_tells_its_writer_why(draft, writer):
    draft = library.submit(actor=writer, draft=draft)
    library.return_draft(actor=a_publisher(), draft=draft, decision="请补充时限")
    (message,) = base.inbox_of(user=writer)
    assert (message.key, message.params["decision"]) == ("inbox.library_returned", "请补充时限")


def test_publishing_the_same_again_is_refused(tmp_path, writer):
    installed(tmp_path, an_article())
    draft = library.start_draft(actor=writer, content=the_content())
    with pytest.raises(InputError, match="nothing_changed"):
        library.submit(actor=writer, draft=draft)


def test_what_is_stored_already_may_be_sent_again(draft, writer):
    """The first answer was lost on the way: the same wording comes once more with the edition of before."""
    body = {**draft.body, "body": {"zh": "改了"}}
    saved = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    again = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    assert (again.edition, again.body) == (saved.edition, saved.body)


def test_a_draft_of_a_retired_text_is_neither_submitted_nor_published(tmp_path, writer):
    installed(tmp_path, an_article())
    draft = library.start_draft(actor=writer, content=the_content())
    draft = library.save_draft(actor=writer, draft=draft, body={**draft.body, "tags": ["新"]}, edition=draft.edition)
    library.retire(actor=None, content=the_content(), why="旧")
    with pytest.raises(InputError, match="is_retired"):
        library.submit(actor=writer, draft=draft)
    library.restore(actor=None, content=the_content())
    draft = library.submit(actor=writer, draft=draft)
    library.retire(actor=None, content=the_content(), why="旧")
    with pytest.raises(InputError, match="is_retired"):
        library.publish(actor=a_publisher(), draft=draft)
    assert (the_content().state, the_content().current.number) == ("retired", 1)


def test_a_text_has_one_open_draft(draft, writer):
    assert library.start_draft(actor=a_writer("other"), content=draft.content).pk == draft.pk


def test_a_published_draft_is_over(draft, writer):
    library.publish(actor=None, draft=library.submit(actor=writer, draft=draft))
    with pytest.raises(InputError, match="draft_is_over"):
        library.save_draft(actor=writer, draft=draft, body=draft.body, edition=draft.edition)


def test_only_the_writer_or_a_publisher_drops_a_draft(draft):
    with pytest.raises(LookupError):
        library.drop_draft(actor=a_writer("other"), draft=draft)
    assert library.drop_draft(actor=a_publisher(), draft=draft).state == "dropped"


def test_a_draft_stays_the_document_that_it_is(draft, writer):
    with pytest.raises(InputError, match="other_document"):
        library.save_draft(actor=writer, draft=draft, body={**draft.body, "key": "own/b"}, edition=draft.edition)


@pytest.mark.parametrize("key", ["", "大写", "A", "../x", "own//x", "own/", "x" * 151, "-x", "own/a b"])
def test_a_key_that_cannot_be_a_file_name_is_refused(writer, key):
    with pytest.raises(InputError):
        library.new_content(actor=writer, kind="article", key=key, title={"zh": "退货"})


def test_a_document_nested_without_end_is_refused(draft, writer):
    deep: dict[str, object] = {}
    for _ in range(60):
        deep = {"x": deep}
    with pytest.raises(InputError, match="too_deep"):
        library.save_draft(actor=writer, draft=draft, body={**draft.body, "extra": deep}, edition=draft.edition)


def test_versions_can_be_compared(tmp_path, writer):
    installed(tmp_path, an_article())
    first = the_content().current
    second = published(writer, the_content(), body={"zh": "十天内可退。"})
    (change,) = library.compare(user=writer, one=first, other=second)
    assert (change.path, change.before, change.after) == (("body", "zh"), "七天内可退。", "十天内可退。")


def test_readers_see_what_was_published_and_not_what_local_edits_kept_out(tmp_path, writer):
    installed(tmp_path, an_article())
    published(writer, the_content(), body={"zh": "我们的"})
    installed(tmp_path, an_article(body="包里的"), version="2")
    reader = a_writer("lin", role="agent")
    assert [row.number for row in library.versions(user=reader, content=the_content())] == [2, 1]
    assert [row.number for row in library.versions(user=writer, content=the_content())] == [3, 2, 1]


def test_until_a_new_wording_takes_effect_the_old_one_is_in_force(tmp_path, writer):
    installed(tmp_path, a_policy())
    content = the_content("mine/privacy", "policy")
    published(writer, content, effective_from="2999-01-01", body={"zh": "以后的规定"})
    ((_row, version, document),) = library.current_documents(kind="policy")
    assert (version.number, document.body.zh) == (1, "不得外传客户信息。")
    ((_row, later, _document),) = library.current_documents(kind="policy", day=the_day("2999-01-02"))
    assert later.number == 2


def test_what_is_in_force_is_the_same_object_until_something_of_the_kind_changes(tmp_path, writer):
    installed(tmp_path, an_article(), a_policy())
    first = library.in_force(kind="article")
    assert [(one.key, one.version.number) for one in first] == [(the_content().key, 1)]
    published(writer, the_content("mine/privacy", "policy"), body={"zh": "不得外传客户的信息。"})
    assert library.in_force(kind="article") is first
    published(writer, the_content(), body={"zh": "十天内可退。"})
    second = library.in_force(kind="article")
    assert [one.document.body.zh for one in second] == ["十天内可退。"]
    library.retire(actor=a_publisher(), content=the_content(), why="没有人用了")
    assert library.in_force(kind="article") == ()
    assert library.in_force(kind="policy")[0].document.body.zh == "不得外传客户的信息。"


def test_what_was_rolled_back_was_never_in_force(tmp_path, writer):
    installed(tmp_path, an_article())
    before = library.in_force(kind="article")
    with transaction.atomic():
        published(writer, the_content(), body={"zh": "十天内可退。"})
        assert [one.document.body.zh for one in library.in_force(kind="article")] == ["十天内可退。"]
        transaction.set_rollback(True)
    after = library.in_force(kind="article")
    assert [one.document.body.zh for one in after] == [one.document.body.zh for one in before] == ["七天内可退。"]


def test_a_text_that_holds_for_some_days_is_in_force_on_these_days_alone(tmp_path, writer, monkeypatch):
    installed(tmp_path, an_article())
    published(writer, the_content(), body={"zh": "元旦十天内可退。"}, valid_from="2030-01-01", valid_until="2030-01-04")
    found = {}
    for day in ("2029-12-31", "2030-01-01", "2030-01-03", "2030-01-04"):
        monkeypatch.setattr(reading, "today_in_company", lambda day=day: the_day(day))
        found[day] = [one.document.body.zh for one in library.in_force(kind="article")]
    assert found == {
        "2029-12-31": ["七天内可退。"], "2030-01-01": ["元旦十天内可退。"], "2030-01-03": ["元旦十天内可退。"],
        "2030-01-04": ["七天内可退。"],
    }  # fmt: skip


def test_a_wording_that_takes_effect_later_is_not_in_force_today(tmp_path, writer):
    installed(tmp_path, a_policy())
    published(writer, the_content("mine/privacy", "policy"), effective_from="2999-01-01", body={"zh": "以后的规定"})
    assert [one.version.number for one in library.in_force(kind="policy")] == [1]


def test_facets_count_what_one_sees(tmp_path, writer):
    installed(tmp_path, an_article(tags=["退款"]), an_article("mine/b", tags=["退款", "时效"]))
    found = library.facets(user=writer)
    assert (found["tag"], found["kind"]) == ({"退款": 2, "时效": 1}, {"article": 2})
    assert [row.key for row in library.browse(user=writer, tags=["时效", "退款"])] == ["mine/b"]


def test_what_a_pack_brought_one_publisher_may_approve(tmp_path, writer):
    installed(tmp_path, an_article())
    published(writer, the_content(), tags=["我们的"])
    library.install_packs(roots=(a_pack(tmp_path, an_article(body="包里的"), version="2"),))
    draft = library.drafts(user=writer).get()
    assert library.publish(actor=a_publisher(), draft=draft).origin == "merge"


def the_day(text: str):
    from datetime import date

    return date.fromisoformat(text)
