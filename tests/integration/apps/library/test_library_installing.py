"""Packs come into the library: every way in which ours and theirs can meet, and nothing that was written is lost."""

from __future__ import annotations

import pytest
import yaml

from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.library import a_pack, a_publisher, a_writer, an_article, installed, published, the_content

pytestmark = pytest.mark.django_db
LINES = "第一条\n第二条\n第三条\n"


@pytest.fixture
def pack(tmp_path):
    """The folder of a pack with one article, installed once."""
    installed(tmp_path, an_article(body=LINES))
    return tmp_path


@pytest.fixture
def writer(db):
    return a_writer()


def body_of(content: library.Content) -> str:
    content.refresh_from_db()
    assert content.current is not None
    return content.current.body["body"]["zh"]


def the_draft() -> library.Draft:
    return library.Draft.objects.get(state__in=library.OPEN_DRAFTS)


def test_what_is_new_appears_published_as_the_pack_has_it(tmp_path):
    report = installed(tmp_path, an_article(tags=["售后"], competencies=["empathy"], review_by="2027-01-01"))
    assert report == {
        "new": ["article:mine/returns"], "advanced": [], "drafted": [], "conflicts": [], "gone": [], "same": 0
    }  # fmt: skip
    content = the_content()
    assert (content.state, content.pack, content.tags) == ("published", "mine", ["售后"])
    assert content.title == {"zh": "退货", "en": "Returns"}
    assert content.review_by is not None
    assert content.current is not None
    assert (content.current.number, content.current.origin, content.current.pack_version) == (1, "pack", "1")


def test_installing_the_same_again_does_nothing(pack):
    n_audits = base.AuditEntry.objects.count()
    assert library.install_packs(roots=(pack,)) == []
    assert (library.ContentVersion.objects.count(), base.AuditEntry.objects.count()) == (1, n_audits)


def test_a_new_number_of_the_pack_alone_changes_no_text(pack):
    report = installed(pack, an_article(body=LINES), version="2")
    assert (report["same"], report["advanced"]) == (1, [])
    assert library.ContentVersion.objects.count() == 1


def test_what_nobody_edited_advances(pack):
    report = installed(pack, an_article(body="新的\n"), version="2")
    assert report["advanced"] == ["article:mine/returns"]
    content = the_content()
    assert body_of(content) == "新的\n"
    assert content.current.number == 2
    assert content.current.base.number == 1


def test_what_was_edited_here_stays_and_the_change_of_the_pack_comes_as_a_draft(pack, writer):
    published(writer, the_content(), body={"zh": "我们的第一条\n第二条\n第三条\n"})
    report = installed(pack, an_article(body="第一条\n第二条\n第三条改\n"), version="2")
    assert (report["drafted"], report["conflicts"], report["advanced"]) == (["article:mine/returns"], [], [])
    assert body_of(the_content()) == "我们的第一条\n第二条\n第三条\n"
    draft = the_draft()
    assert draft.body["body"]["zh"] == "我们的第一条\n第二条\n第三条改\n"
    merged = library.publish(actor=a_publisher(), draft=draft)
    assert (merged.origin, body_of(the_content())) == ("merge", "我们的第一条\n第二条\n第三条改\n")


def test_where_both_changed_the_same_ours_stays_and_the_conflict_is_told(pack, writer):
    published(writer, the_content(), body={"zh": "我们改的\n第二条\n第三条\n"})
    report = installed(pack, an_article(body="包里改的\n第二条\n第三条\n"), version="2")
    assert report["conflicts"] == ["article:mine/returns"]
    draft = the_draft()
    assert draft.body["body"]["zh"].startswith("我们改的")
    (conflict,) = draft.conflicts
    assert (conflict["base"], conflict["ours"], conflict["theirs"]) == ("第一条\n", "我们改的\n", "包里改的\n")
    with pytest.raises(InputError, match="conflicts_left"):
        library.publish(actor=None, draft=draft)


@pytest.mark.parametrize(
    ("take", "expected"), [("ours", "我们改的\n第二条\n第三条改\n"), ("theirs", "包里改的\n第二条\n第三条改\n")]
)
def test_a_settled_conflict_can_be_published(pack, writer, take, expected):
    published(writer, the_content(), body={"zh": "我们改的\n第二条\n第三条\n"})
    installed(pack, an_article(body="包里改的\n第二条\n第三条改\n"), version="2")
    draft = the_draft()
    draft = library.settle_conflict(actor=writer, draft=draft, place=0, take=take, edition=draft.edition)
    assert draft.conflicts == []
    library.publish(actor=None, draft=library.submit(actor=writer, draft=draft))
    assert body_of(the_content()) == expected


def test_after_a_merge_the_next_upgrade_starts_from_what_the_pack_last_said(pack, writer):
    published(writer, the_content(), body={"zh": "我们改的\n第二条\n第三条\n"})
    installed(pack, an_article(body="包里改的\n第二条\n第三条\n"), version="2")
    draft = the_draft()
    draft = library.settle_conflict(actor=writer, draft=draft, place=0, take="ours", edition=draft.edition)
    drop = library.submit(actor=writer, draft=library.save_draft(
        actor=writer, draft=draft, body={**draft.body, "tags": ["售后"]}, edition=draft.edition
    ))  # fmt: skip
    library.publish(actor=None, draft=drop)
    report = installed(pack, an_article(body="包里改的\n第二条\n第三条新\n"), version="3")
    assert (report["drafted"], report["conflicts"]) == (["article:mine/returns"], [])
    assert the_draft().body["body"]["zh"] == "我们改的\n第二条\n第三条新\n"


def test_a_second_upgrade_keeps_the_conflicts_of_the_first(pack, writer):
    published(writer, the_content(), body={"zh": "我们改的\n第二条\n第三条\n"})
    installed(pack, an_article(body="包里改的\n第二条\n第三条\n"), version="2")
    report = installed(pack, an_article(body="包里改的\n第二条\n第三条新\n"), version="3")
    assert report["conflicts"] == ["article:mine/returns"]
    draft = the_draft()
    assert [conflict["theirs"] for conflict in draft.conflicts] == ["包里改的\n"]
    assert draft.body["body"]["zh"] == "我们改的\n第二条\n第三条新\n"
    assert draft.upgrade.number == 4


def test_a_change_that_both_made_needs_no_draft(pack, writer):
    published(writer, the_content(), body={"zh": "同样的\n"})
    report = installed(pack, an_article(body="同样的\n"), version="2")
    assert (report["advanced"], report["drafted"]) == (["article:mine/returns"], [])
    installed(pack, an_article(body="再改\n"), version="3")
    assert body_of(the_content()) == "再改\n"


def test_what_is_being_written_follows_an_upgrade_and_is_not_lost(pack, writer):
    draft = library.start_draft(actor=writer, content=the_content())
    body = {**draft.body, "body": {"zh": "写到一半\n第二条\n第三条\n"}}
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    draft = library.submit(actor=writer, draft=draft)
    installed(pack, an_article(body="第一条\n第二条\n第三条新\n"), version="2")
    assert body_of(the_content()) == "第一条\n第二条\n第三条新\n"
    fresh = the_draft()
    assert fresh.body["body"]["zh"] == "写到一半\n第二条\n第三条新\n"
    assert (fresh.state, fresh.base.number) == ("writing", 2)
    with pytest.raises(library.StaleDraftError):
        library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)


def test_a_dropped_upgrade_leaves_ours_and_does_not_come_back(pack, writer):
    published(writer, the_content(), body={"zh": "我们的\n"})
    installed(pack, an_article(body="包里的\n"), version="2")
    library.drop_draft(actor=a_publisher(), draft=the_draft(), why="不适用")
    assert library.install_packs(roots=(pack,)) == []
    report = installed(pack, an_article(body="包里的\n", tags=["新"]), version="3")
    assert report["drafted"] == ["article:mine/returns"]
    assert the_draft().body == {**the_content().current.body, "tags": ["新"]}


def test_what_the_pack_no_longer_holds_is_kept_and_told(pack):
    other = an_article("mine/other")
    report = installed(pack, other, version="2")
    assert (report["new"], report["gone"]) == (["article:mine/other"], ["article:mine/returns"])
    assert the_content().state == "published"
    back = installed(pack, other, an_article(body=LINES), version="3")
    assert (back["gone"], back["same"]) == ([], 2)


def test_an_older_pack_brings_the_older_wording_as_a_new_version(pack):
    installed(pack, an_article(body="新的\n"), version="2")
    report = installed(pack, an_article(body=LINES), version="1")
    assert report["advanced"] == ["article:mine/returns"]
    numbers = library.ContentVersion.objects.order_by("number").values_list("number", "pack_version")
    assert list(numbers) == [(1, "1"), (2, "2"), (3, "1")]
    assert body_of(the_content()) == LINES


def test_what_was_retired_here_stays_retired(pack):
    library.retire(actor=None, content=the_content(), why="过时")
    installed(pack, an_article(body="新的\n"), version="2")
    content = the_content()
    assert (content.state, body_of(content)) == ("retired", "新的\n")


def test_a_text_of_our_own_under_the_key_of_the_pack_is_not_overwritten(tmp_path, writer):
    draft = library.new_content(actor=writer, kind="article", key="mine/returns", title={"zh": "我们的退货"})
    draft = library.save_draft(actor=writer, draft=draft, body=an_article(zh="我们的退货"), edition=draft.edition)
    library.publish(actor=None, draft=library.submit(actor=writer, draft=draft))
    report = installed(tmp_path, an_article())
    assert report["conflicts"] == ["article:mine/returns"]
    content = the_content()
    assert (content.current.body["title"]["zh"], content.pack) == ("我们的退货", "mine")


def test_two_packs_do_not_share_a_key(pack, tmp_path):
    with pytest.raises(InputError, match="key_of_another_pack"):
        library.install_packs(roots=(a_pack(tmp_path / "b", an_article(body="别的"), key="theirs"),))
    assert library.ContentVersion.objects.count() == 1


def test_a_faulty_file_keeps_the_whole_pack_out(pack):
    folder = a_pack(pack, an_article(body="新的"), version="2")
    bad = {**an_article("mine/bad"), "form": "novel"}
    (folder / "bad.yaml").write_text(yaml.safe_dump(bad), encoding="utf-8")
    with pytest.raises(InputError):
        library.install_packs(roots=(folder,))
    assert body_of(the_content()) == LINES
    assert library.PackInstall.objects.count() == 1


def test_who_publishes_hears_of_drafts_and_of_what_is_gone(pack, writer):
    manager = a_publisher()
    published(writer, the_content(), body={"zh": "我们的\n"})
    installed(pack, an_article(body="包里的\n"), version="2")
    (message,) = base.inbox_of(user=manager).filter(key="inbox.library_pack")
    assert message.params["drafted"] == 1
    assert not base.inbox_of(user=writer).filter(key="inbox.library_pack").exists()


def test_only_who_publishes_everything_installs(pack, writer):
    with pytest.raises(people.NotVisibleError):
        library.install_packs(actor=writer, roots=(pack,))
    assert library.install_packs(actor=a_publisher(), roots=(pack,)) == []
