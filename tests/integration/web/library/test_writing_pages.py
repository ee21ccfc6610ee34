"""Writing, reviewing and publishing on pages: who may, what is kept, and that nobody overwrites anybody."""

from __future__ import annotations

import json

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from peilian.adapters.packs.uploads import PAGES as ADDRESSES
from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.engine._kernel import Fault, Reason
from peilian.flows import contents
from peilian.flows.wording import say
from peilian.web.library import urls
from peilian.web.library.editor_shape import shape_of_kind
from support.library import a_pack, a_policy, a_publisher, a_writer, an_article, installed, published, the_content
from support.library_pages import client_of, form_of, see, send, send_data, send_form

pytestmark = pytest.mark.django_db
NASTY = "<script>alert(1)</script>"
PROCEDURE = {
    "kind": "procedure",
    "schema_version": 1,
    "key": "own/refund",
    "title": {"zh": "退款"},
    "steps": [{"id": "check", "title": {"zh": "核对"}}, {"id": "tell", "title": {"zh": "告知"}}],
}


@pytest.fixture
def writer(db):
    return a_writer()


@pytest.fixture
def article(tmp_path):
    installed(tmp_path, an_article(), a_policy())
    return the_content()


@pytest.fixture
def draft(writer, article):
    return library.start_draft(actor=writer, content=article)


def a_draft(writer, body):
    made = library.new_content(actor=writer, kind=body["kind"], key=body["key"], title=body["title"])
    return library.save_draft(actor=writer, draft=made, body=body, edition=made.edition)


def fresh(draft):
    return library.Draft.objects.select_related("content").get(pk=draft.pk)


# Beginning


def test_a_new_text_is_begun_with_a_title_and_gets_a_key(writer):
    page = send(writer, "library_new", kind="procedure", zh="大额退款", en="Large refunds", key="")
    (row,) = library.drafts(user=writer)
    assert (row.content.kind, row.content.key) == ("procedure", "own/large-refunds")
    assert "大额退款" in page
    send(writer, "library_new", kind="procedure", zh="大额退款", en="Large refunds", key="")
    assert {one.content.key for one in library.drafts(user=writer)} == {"own/large-refunds", "own/large-refunds-2"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "article", "zh": "", "en": ""}, say(Reason("base.empty"), "zh")),
        ({"kind": "article", "zh": "题", "key": "No Spaces!"}, "编号用小写"),
        ({"kind": "no-such-kind", "zh": "题"}, "no-such-kind"),
    ],
)
def test_what_a_new_text_lacks_is_said_at_its_field(writer, fields, said):
    page = send(writer, "library_new", status=422, **fields)
    assert said in page
    assert not library.drafts(user=writer).exists()


def test_editing_begins_with_a_post_and_leads_to_the_draft_that_is_there(writer, article):
    page = see(writer, "library_edit", "article", article.key)
    assert not library.drafts(user=writer).exists()
    assert "开始修订" in page
    send(writer, "library_edit", "article", article.key)
    (row,) = library.drafts(user=writer)
    response = client_of(writer).get(reverse("library_edit", args=["article", article.key]))
    assert response["Location"] == reverse("library_draft", args=[row.pk])


def test_a_retired_text_is_not_edited(writer, article):
    library.retire(actor=None, content=article, why="过时")
    send(writer, "library_edit", "article", article.key)
    assert not library.drafts(user=writer).exists()


# The form


def test_a_form_that_nobody_touched_changes_nothing(writer, draft):
    data = form_of(writer, draft)
    assert send_form(writer, draft, data).status_code == 302
    assert fresh(draft).edition == draft.edition


def test_what_is_typed_is_kept_also_when_it_does_not_fit_yet(writer):
    row = a_draft(writer, PROCEDURE)
    data = form_of(writer, row)
    data["f.title.zh"], data["f.steps.0.title.zh"] = "", "先查"
    send_form(writer, row, data)
    kept = fresh(row)
    assert "title" not in kept.body
    assert kept.body["steps"][0]["title"] == {"zh": "先查"}
    page = see(writer, "library_draft", row.pk)
    assert "提交前还有 1 处要填写或修改" in page
    assert 'href="#f-title"' in page


def test_steps_are_added_moved_and_removed_without_a_script(writer):
    row = a_draft(writer, PROCEDURE)
    data = form_of(writer, row)
    send_form(writer, row, data, do="down:f.steps:0")
    assert [one["id"] for one in fresh(row).body["steps"]] == ["tell", "check"]
    data = form_of(writer, row)
    response = send_form(writer, row, data, do="add:f.steps")
    assert response["Location"].endswith("#f-steps")
    assert len(fresh(row).body["steps"]) == 3
    data = form_of(writer, row)
    send_form(writer, row, data, do="remove:f.steps:2")
    assert [one["id"] for one in fresh(row).body["steps"]] == ["tell", "check"]


def test_a_step_that_ends_is_not_one_that_leads_on(writer):
    row = a_draft(writer, PROCEDURE)
    data = form_of(writer, row)
    data["f.steps.1.next.set"] = "1"
    send_form(writer, row, data)
    steps = fresh(row).body["steps"]
    assert "next" not in steps[0]
    assert steps[1]["next"] == []
    assert form_of(writer, row).get("f.steps.1.next.set") == "1"


def test_hostile_text_is_text(writer, draft):
    data = form_of(writer, draft)
    data["f.title.zh"] = data["f.body.zh"] = f"{NASTY}</textarea>{NASTY}"
    send_form(writer, draft, data)
    raw = client_of(writer).get(reverse("library_draft", args=[draft.pk])).content.decode()
    assert NASTY not in raw
    assert "&lt;/textarea&gt;" in raw
    preview = send_data(writer, "library_draft_preview", draft.pk, data=form_of(writer, draft))
    assert NASTY not in preview.content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"edition": "x" * 50, "fields": "title", "f.title.zh": "a"},
        {"edition": "-1", "fields": "no,such,fields", "do": "add:"},
        {"fields": "body", "y.f.body": "[" * 500},
        {"source_text": "kind: article\nkey: other/key\ntitle: {zh: a}"},
        {"source_text": "a: &x [1]\nb: *x"},
        {"mine": "not json"},
        {"mine": "[1, 2]"},
        {"do": "up:f.steps"},
    ],
)
def test_a_form_that_makes_no_sense_is_answered_and_changes_nothing(writer, draft, fields):
    response = client_of(writer).post(reverse("library_draft", args=[draft.pk]), {"edition": draft.edition, **fields})
    assert response.status_code in (302, 409, 422)
    assert fresh(draft).body["key"] == draft.body["key"]
    assert fresh(draft).body["title"] == draft.body["title"]


def test_a_name_that_only_looks_like_a_number_is_told_at_its_place(writer, draft):
    data = form_of(writer, draft, source=1)
    data["source_text"] += '"²": 1\nsections: {"²": 1}\n'
    response = send_form(writer, draft, data)
    assert response.status_code < 500
    page = client_of(writer).get(reverse("library_draft", args=[draft.pk]))
    assert page.status_code == 200


def test_a_nul_is_not_stored(writer, draft):
    data = form_of(writer, draft)
    data["f.title.zh"] = "退\x00货"
    send_form(writer, draft, data)
    assert fresh(draft).body["title"]["zh"] == "退货"


def test_the_source_is_the_same_draft(writer):
    row = a_draft(writer, PROCEDURE)
    data = form_of(writer, row, source=1)
    assert "退款" in data["source_text"]
    data["source_text"] = data["source_text"].replace("核对", "先核对")
    send_form(writer, row, data)
    assert fresh(row).body["steps"][0]["title"] == {"zh": "先核对"}


def test_source_that_cannot_be_read_stays_on_the_page(writer, draft):
    data = form_of(writer, draft, source=1)
    data["source_text"] = "title: [unclosed\nmy words"
    response = send_form(writer, draft, data)
    assert response.status_code == 422
    assert "my words" in response.content.decode()
    assert fresh(draft).edition == draft.edition


def test_a_scenario_is_edited_part_by_part_and_the_rest_stays(writer, tmp_path):
    row = a_scenario_draft(writer, tmp_path)
    before = row.body
    data = form_of(writer, row, part="needs")
    assert not any(name.startswith("f.title") for name in data)
    data["f.needs.0.label.zh"] = "知道什么时候到"
    response = send_form(writer, row, data, do="part:lines")
    assert response["Location"].endswith("?part=lines")
    after = fresh(row).body
    assert after["needs"][0]["label"]["zh"] == "知道什么时候到"
    assert {key: one for key, one in after.items() if key != "needs"} == {
        key: one for key, one in before.items() if key != "needs"
    }


def test_an_empty_part_of_a_list_is_made_for_the_script(writer):
    row = a_draft(writer, PROCEDURE)
    piece = see(writer, "library_draft_card", row.pk, name="f.steps", token="n5")
    assert 'name="f.steps" value="n5"' in piece
    assert 'name="f.steps.n5.title.zh"' in piece
    nested = see(writer, "library_draft_card", row.pk, name="f.steps.0.next", token="n6")
    assert 'name="f.steps.0.next.n6.to"' in nested


@pytest.mark.parametrize(
    ("name", "token"), [("f.nothing", "a"), ("steps", "a"), ("f.title", "a"), ("f.steps", '"><b>'), ("f.steps", "")]
)
def test_a_part_of_no_list_is_not_there(writer, name, token):
    see(writer, "library_draft_card", a_draft(writer, PROCEDURE).pk, name=name, token=token, status=404)


def test_the_preview_shows_the_text_without_keeping_it(writer, draft):
    data = form_of(writer, draft)
    data["f.body.zh"] = "## 新的小标题\n\n第一段。"
    answer = send_data(writer, "library_draft_preview", draft.pk, data=data)
    assert "新的小标题" in answer.content.decode()
    assert fresh(draft).edition == draft.edition


def test_the_preview_says_that_a_text_is_shown_plain_and_why(writer, draft):
    data = form_of(writer, draft)
    remark = "读者看到的是没有格式的段落"
    assert remark not in send_data(writer, "library_draft_preview", draft.pk, data=data).content.decode()
    data["f.body.zh"] = "![" * 40_000
    assert remark in send_data(writer, "library_draft_preview", draft.pk, data=data).content.decode()


def test_the_preview_of_what_is_not_whole_yet_shows_its_fields(writer):
    row = a_draft(writer, PROCEDURE)
    data = form_of(writer, row)
    data["f.steps.0.id"] = "Not A Key"
    data["f.steps.0.title.zh"] = f"核对{NASTY}"
    page = send_data(writer, "library_draft_preview", row.pk, data=data).content.decode()
    assert "内容还不完整" in page
    assert NASTY not in page
    assert "核对" in page


# Two at once


def test_keeping_by_itself_tells_the_edition_and_what_is_missing(writer, draft):
    data = form_of(writer, draft)
    data["f.title.zh"] = "退货怎么办"
    answer = send_form(writer, draft, data, **{"X-Autosave": "1"})
    told = json.loads(answer.content)
    assert told["edition"] == fresh(draft).edition == draft.edition + 1
    assert told["faults"] == 0


def test_the_second_of_two_is_shown_both_and_chooses(writer, draft):
    other = a_writer("other")
    mine, theirs = form_of(writer, draft), form_of(other, draft)
    theirs["f.title.zh"], theirs["f.body.zh"] = "对方的标题", "对方的正文"
    send_form(other, draft, theirs)
    mine["f.title.zh"], mine["f.body.zh"] = "我的标题", "我的正文"
    quiet = send_form(writer, draft, mine.copy(), **{"X-Autosave": "1"})
    assert quiet.status_code == 409
    page = send_form(writer, draft, mine)
    assert page.status_code == 409
    for words in ("对方", "我", "other"):
        assert words in page.content.decode()
    assert fresh(draft).body["title"]["zh"] == "对方的标题"
    body = {**draft.body, "title": {"zh": "我的标题", "en": "Returns"}, "body": {"zh": "我的正文"}}
    fields = {"mine": json.dumps(body), "edition": fresh(draft).edition, "take.0": "stored", "do": "save"}
    client_of(writer).post(reverse("library_draft", args=[draft.pk]), fields)
    assert fresh(draft).body["title"]["zh"] == "对方的标题"
    assert fresh(draft).body["body"] == {"zh": "我的正文"}


def test_what_the_other_added_and_removed_can_be_taken_too(writer):
    row = a_draft(writer, {**PROCEDURE, "tags": ["a", "b"]})
    stale = row.edition
    stored = {**row.body, "steps": [*row.body["steps"], {"id": "new", "title": {"zh": "新"}}], "tags": ["b", "c"]}
    library.save_draft(actor=a_writer("other"), draft=row, body=stored, edition=stale)
    mine = {**row.body, "summary": {"zh": "我加的"}}
    takes = {f"take.{n}": "stored" for n in range(10)}
    fields = {"mine": json.dumps(mine), "edition": fresh(row).edition, **takes}
    client_of(writer).post(reverse("library_draft", args=[row.pk]), fields)
    assert fresh(row).body == stored


# Its life


def test_a_draft_is_submitted_returned_submitted_again_and_published(writer, draft, article):
    publisher = a_publisher()
    data = form_of(writer, draft)
    data["f.body.zh"], data["note"] = "十五天内可退。", "改了天数"
    send_form(writer, draft, data, do="submit")
    assert fresh(draft).state == "in_review"
    page = see(publisher, "library_draft", draft.pk)
    assert "改了天数" in page
    assert "<del>七</del>" in page.replace("\n", "")
    assert "<ins>十五</ins>" in page.replace("\n", "")
    send(publisher, "library_draft_do", draft.pk, "return", decision="请写明例外")
    page = see(writer, "library_draft", draft.pk)
    assert "请写明例外" in page
    send_form(writer, draft, form_of(writer, draft), do="submit")
    row = fresh(draft)
    page = send(publisher, "library_draft_do", draft.pk, "publish", edition=row.edition, note="七天改十五天")
    assert "已发布为第 2 版" in page
    assert the_content().current.body["body"] == {"zh": "十五天内可退。"}


def test_what_lacks_something_is_kept_but_not_submitted(writer):
    row = a_draft(writer, {**PROCEDURE, "steps": []})
    response = send_form(writer, row, form_of(writer, row), do="submit")
    assert response["Location"].endswith("#faults")
    assert fresh(row).state == "writing"


def test_who_wrote_is_told_why_somebody_else_publishes(draft):
    publisher = a_publisher()
    data = form_of(publisher, draft)
    data["f.body.zh"] = "十五天。"
    send_form(publisher, draft, data, do="submit")
    page = see(publisher, "library_draft", draft.pk)
    assert "要由另一位同事看过才能发布" in page
    assert reverse("library_draft_do", args=[draft.pk, "publish"]) not in page
    send(publisher, "library_draft_do", draft.pk, "publish", edition=fresh(draft).edition)
    assert fresh(draft).state == "in_review"
    with override_settings(LIBRARY_NEEDS_SECOND_EYES=False):
        assert reverse("library_draft_do", args=[draft.pk, "publish"]) in see(publisher, "library_draft", draft.pk)


def test_nothing_is_published_that_the_reviewer_has_not_seen(writer, draft):
    publisher = a_publisher()
    data = form_of(writer, draft)
    data["f.body.zh"] = "十五天。"
    send_form(writer, draft, data, do="submit")
    send(publisher, "library_draft_do", draft.pk, "publish", edition=fresh(draft).edition - 1)
    assert fresh(draft).state == "in_review"


def test_a_writer_neither_publishes_nor_returns_nor_drops_what_others_write(writer, draft):
    other = a_writer("other")
    data = form_of(writer, draft)
    data["f.body.zh"] = "十五天。"
    send_form(writer, draft, data, do="submit")
    for what in ("publish", "return", "drop"):
        send(other, "library_draft_do", draft.pk, what, status=404, edition=fresh(draft).edition, decision="不")
    assert fresh(draft).state == "in_review"


def test_a_draft_is_dropped_and_can_still_be_looked_at(writer, draft):
    send(writer, "library_draft_do", draft.pk, "drop")
    assert fresh(draft).state == "dropped"
    page = see(writer, "library_draft", draft.pk)
    assert "已放弃" in page
    assert "data-editor" not in page


def test_a_draft_in_review_is_edited_only_when_asked_for(writer, draft):
    data = form_of(writer, draft)
    data["f.body.zh"] = "十五天。"
    send_form(writer, draft, data, do="submit")
    assert "data-editor" not in see(writer, "library_draft", draft.pk)
    assert "保存会撤回审核" in see(writer, "library_draft", draft.pk, edit=1)


# Conflicts


def test_a_conflict_shows_both_sides_and_is_settled_by_a_choice(writer, tmp_path):
    installed(tmp_path, an_article(body="七天内可退。"))
    published(writer, the_content(), body={"zh": "十天内可退。"})
    installed(tmp_path, an_article(body="十五天内可退。", tags=["新标签"]), version="2")
    (row,) = library.drafts(user=writer)
    page = see(writer, "library_draft", row.pk)
    assert "1 处冲突待处理" in page
    for words in ("<ins>十</ins>", "<ins>十五</ins>", "正文 › 中文"):
        assert words in page
    assert "有冲突的升级和导入" in see(writer, "library_drafts")
    send(writer, "library_draft_do", row.pk, "settle", place=0, take="theirs", edition=row.edition)
    kept = fresh(row)
    assert (kept.conflicts, kept.body["body"], kept.body["tags"]) == ([], {"zh": "十五天内可退。"}, ["新标签"])


def test_what_an_upgrade_changes_besides_is_in_sight(writer, tmp_path):
    installed(tmp_path, an_article(body="七天内可退。"))
    published(writer, the_content(), body={"zh": "十天内可退。"})
    installed(tmp_path, an_article(body="十五天内可退。", tags=["新标签"]), version="2")
    (row,) = library.drafts(user=writer)
    page = see(writer, "library_draft", row.pk, review=1)
    assert "标签" in page
    assert "<ins>新标签</ins>" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"place": "9", "take": "ours"},
        {"place": "x", "take": "ours"},
        {"place": "0", "take": "everything"},
        {"place": "0", "take": "ours", "edition": "99999999999999999999"},
    ],
)
def test_a_conflict_that_is_not_there_is_not_settled(writer, draft, fields):
    send(writer, "library_draft_do", draft.pk, "settle", status=404, **{"edition": str(draft.edition), **fields})


def test_a_stale_settling_is_refused(writer, tmp_path):
    installed(tmp_path, an_article(body="七天内可退。"))
    published(writer, the_content(), body={"zh": "十天内可退。"})
    installed(tmp_path, an_article(body="十五天内可退。"), version="2")
    (row,) = library.drafts(user=writer)
    send(writer, "library_draft_do", row.pk, "settle", place=0, take="theirs", edition=row.edition + 5)
    assert len(fresh(row).conflicts) == 1


# Rehearsal


def a_scenario_draft(writer, tmp_path):
    from peilian.adapters.packs.trees import tree_of
    from peilian.flows import playing
    from support.practice import CALM

    document, _version = playing.scenarios()[CALM]
    library.install_packs(roots=(a_pack(tmp_path, {**tree_of(document), "related": []}, key="retail"),))
    row = library.start_draft(actor=writer, content=the_content(CALM, "scenario"))
    body = {**row.body, "difficulty": 4}
    return library.save_draft(actor=writer, draft=row, body=body, edition=row.edition)


def test_a_scenario_is_rehearsed_in_the_background_before_it_is_published(writer, tmp_path, monkeypatch):
    played = []
    monkeypatch.setattr(contents, "rehearse", lambda tree: played.append(tree["difficulty"]) or [])
    row, publisher = a_scenario_draft(writer, tmp_path), a_publisher()
    send_form(writer, row, form_of(writer, row), do="submit")
    page = see(publisher, "library_draft", row.pk)
    assert "还没有自检" in page
    assert "要先通过自检" in page
    page = send(publisher, "library_draft_do", row.pk, "publish", edition=fresh(row).edition)
    assert "请先自检" in page
    page = send(publisher, "library_draft_do", row.pk, "rehearse")
    assert 'hx-trigger="every 2s"' in page
    send(publisher, "library_draft_do", row.pk, "rehearse")
    assert base.Job.objects.filter(kind="library.rehearse").count() == 1
    base.run_next_job()
    page = see(publisher, "library_draft", row.pk)
    assert "已通过" in page
    assert "every 2s" not in page
    send(publisher, "library_draft_do", row.pk, "publish", edition=fresh(row).edition)
    assert fresh(row).state == "published"
    assert played == [4]


def test_what_a_rehearsal_finds_is_told_and_a_changed_text_is_rehearsed_again(writer, tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "rehearse", lambda _tree: [Fault(Reason("base.empty"), field="plays.curt")])
    row = a_scenario_draft(writer, tmp_path)
    send(writer, "library_draft_do", row.pk, "rehearse")
    base.run_next_job()
    page = see(writer, "library_draft", row.pk)
    assert "没有通过" in page
    assert "plays.curt" not in page
    assert "自检用的对话" in page
    library.save_draft(actor=writer, draft=row, body={**row.body, "difficulty": 3}, edition=row.edition)
    assert "上次自检之后内容改过" in see(writer, "library_draft", row.pk)


def test_a_rehearsal_of_an_older_wording_does_not_count(writer, tmp_path, monkeypatch):
    played = []
    monkeypatch.setattr(contents, "rehearse", lambda tree: played.append(tree["difficulty"]) or [])
    row = a_scenario_draft(writer, tmp_path)
    library.start_rehearsal(actor=writer, draft=row)
    library.save_draft(actor=writer, draft=row, body={**row.body, "difficulty": 3}, edition=row.edition)
    base.run_next_job()
    assert played == []
    library.submit(actor=writer, draft=fresh(row))
    library.publish(actor=None, draft=fresh(row))
    assert played == [3]


def test_an_article_is_not_rehearsed(writer, draft):
    assert "只有演练场景需要自检" in send(writer, "library_draft_do", draft.pk, "rehearse")


# Retiring


def test_a_text_is_retired_with_a_word_why_and_restored(article):
    publisher = a_publisher()
    assert "停用" in see(publisher, "library_retire", "article", article.key)
    send(publisher, "library_retire", "article", article.key, why="")
    assert the_content().state == "published"
    send(publisher, "library_retire", "article", article.key, why="流程改了")
    assert (the_content().state, the_content().retired_why) == ("retired", "流程改了")
    send(publisher, "library_restore", "article", article.key)
    assert the_content().state == "published"


# Files of a text


def test_a_file_is_added_to_a_text_and_taken_away(writer, draft):
    from django.core.files.uploadedfile import SimpleUploadedFile

    picture = SimpleUploadedFile("图.png", b"\x89PNG\r\n\x1a\n" + b"0" * 20)
    page = send(writer, "library_draft_attach", draft.pk, files=[picture])
    assert 'data-insert="图.png"' in page
    (row,) = library.attachments_of(user=writer, of=fresh(draft))
    send(writer, "library_draft_detach", draft.pk, row.pk)
    assert not library.attachments_of(user=writer, of=fresh(draft))
    send(writer, "library_draft_detach", draft.pk, row.pk, status=404)


def test_a_file_that_is_too_large_is_not_read(writer, draft, monkeypatch):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from peilian.web.library import editing

    monkeypatch.setattr(editing, "_MOST_BYTES", 10)
    page = send(writer, "library_draft_attach", draft.pk, files=[SimpleUploadedFile("a.txt", b"0123456789abc")])
    assert "一个附件最多" in page
    assert not library.attachments_of(user=writer, of=fresh(draft))


def test_a_file_that_could_do_harm_is_refused_in_words(writer, draft):
    from django.core.files.uploadedfile import SimpleUploadedFile

    page = send(writer, "library_draft_attach", draft.pk, files=[SimpleUploadedFile("x.svg", b"<svg onload=alert(1)>")])
    assert "x.svg 这种文件打开时会被当作网页或程序运行" in page


def test_who_reviews_sees_which_files_were_added_replaced_and_taken_away(writer, article):
    old = library.attach(actor=None, content=article, name="旧.png", data=b"\x89PNG\r\n\x1a\n1")
    library.attach(actor=None, content=article, name="表.txt", data=b"1")
    library.publish(actor=None, draft=library.start_draft(actor=None, content=article))
    library.attach(actor=writer, content=article, name="旧.png", data=b"\x89PNG\r\n\x1a\n2")
    library.remove_attachment(actor=writer, attachment=library.Attachment.objects.get(name="表.txt"))
    new = library.attach(actor=writer, content=article, name="新.png", data=b"\x89PNG\r\n\x1a\n3")
    draft = library.submit(actor=writer, draft=library.start_draft(actor=writer, content=article))
    page = see(a_publisher(), "library_draft", draft.pk)
    assert "改动 3 处" in page
    for words in ("旧.png", "已替换", "表.txt", "删除", "新.png", "新增", str(old.pk), str(new.pk)):
        assert words in page
    library.publish(actor=None, draft=draft)
    assert "已替换" in see(a_writer("lin", role="agent"), "library_compare", "article", article.key)


# Comparing


def test_two_versions_stand_beside_each_other_with_their_words_marked(writer, article):
    published(writer, article, body={"zh": "十五天内可退。"})
    page = see(a_writer("lin", role="agent"), "library_compare", "article", article.key)
    assert "<del>七</del>" in page
    assert "<ins>十五</ins>" in page
    assert "正文 › 中文" in page
    same = see(writer, "library_compare", "article", article.key, one="2", other="2")
    assert "没有不同" in same
    see(writer, "library_compare", "article", article.key, one="99", other="<b>")


# Who may


PAGES = ("library_drafts", "library_new", "library_files", "library_changes", "library_change_new")


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_writing_open_for_writers_alone(name, writer):
    see(writer, name)
    see(a_writer("lin", role="agent"), name, status=404)
    assert Client().get(reverse(name)).status_code == 302


def test_a_draft_is_not_there_for_who_does_not_write(draft):
    reader = a_writer("lin", role="agent")
    see(reader, "library_draft", draft.pk, status=404)
    see(reader, "library_draft_card", draft.pk, name="f.passages", token="a", status=404)
    send(reader, "library_draft", draft.pk, status=404)
    send(reader, "library_draft_preview", draft.pk, status=404)
    send(reader, "library_draft_attach", draft.pk, status=404)
    for what in ("submit", "publish", "return", "drop", "rehearse", "settle", "no-such-thing"):
        send(reader, "library_draft_do", draft.pk, what, status=404)
    see(reader, "library_edit", "article", "mine/returns", status=404)
    send(reader, "library_edit", "article", "mine/returns", status=404)
    see(reader, "library_retire", "article", "mine/returns", status=404)
    send(reader, "library_restore", "article", "mine/returns", status=404)


def test_what_changes_something_is_not_done_by_looking(writer, draft):
    see(writer, "library_draft_do", draft.pk, "submit", status=405)
    see(writer, "library_draft_preview", draft.pk, status=405)
    see(writer, "library_draft_attach", draft.pk, status=405)
    see(writer, "library_restore", "article", "mine/returns", status=405)
    see(writer, "library_export", status=405)
    send(writer, "library_drafts", status=405)
    send(writer, "library_compare", "article", "mine/returns", status=405)


def test_a_form_without_its_token_is_not_taken(writer, draft):
    client = Client(enforce_csrf_checks=True)
    client.force_login(writer)
    answer = client.post(reverse("library_draft", args=[draft.pk]), {"edition": 1, "fields": "title"})
    assert answer.status_code == 403


# What no form would send


@pytest.mark.parametrize("value", [5, True, -1.5, "steps", {"a": 1}, [5, None]])
@pytest.mark.parametrize("field", ["steps", "nodes"])
def test_a_draft_whose_steps_are_no_list_can_still_be_opened(writer, field, value):
    kind = {"steps": "procedure", "nodes": "decision-tree"}[field]
    body = {"kind": kind, "schema_version": 1, "key": "own/odd", "title": {"zh": "怪"}, field: value}
    row = a_draft(writer, body)
    for query in ({}, {"source": "1"}, {"review": "1"}):
        see(writer, "library_draft", row.pk, **query)


@pytest.mark.parametrize("value", [5, [5], {"a": [5]}], ids=str)
@pytest.mark.parametrize("kind", library.kinds_to_begin())
def test_a_draft_whose_every_field_is_of_another_kind_can_still_be_opened(writer, kind, value):
    row = library.new_content(actor=writer, kind=kind, key="own/odd", title={"zh": "怪"})
    fixed = {"kind", "schema_version", "key"}
    fields = {name: value for name, _shape in shape_of_kind(kind).fields if name not in fixed}
    row = library.save_draft(actor=writer, draft=row, body={**row.body, **fields}, edition=row.edition)
    for query in ({}, {"source": "1"}, {"review": "1"}):
        see(writer, "library_draft", row.pk, **query)
    send(writer, "library_draft_preview", row.pk, status=200)


@pytest.mark.parametrize("number", ["0x" + "f" * 4000, "1:" + ":".join(["10"] * 3000), "9" * 5000, str(1 << 63)])
@pytest.mark.parametrize("do", ["library_draft", "library_draft_preview"])
def test_a_number_that_nobody_can_hold_is_refused(writer, draft, number, do):
    for line in (f"summary: {number}", f"? {number}\n: x", f"tags: [{{? {number} : x}}]"):
        source = f"kind: article\nschema_version: 1\nkey: mine/returns\ntitle: {{zh: 一}}\n{line}\n"
        fields = {"do": "save", "edition": str(draft.edition), "source_text": source}
        page = send(writer, do, draft.pk, status=422 if do == "library_draft" else 200, **fields)
        assert "第 5 行" in page
    assert fresh(draft).edition == draft.edition


@pytest.mark.parametrize(
    "mine", ["[" * 3000, '{"a":' * 3000, '{"a":' + "[" * 900 + "]" * 900 + "}", '{"summary": ' + "9" * 4000 + "}"]
)
def test_a_wording_of_ones_own_that_no_page_sends_is_refused(writer, draft, mine):
    send(writer, "library_draft", draft.pk, status=422, do="save", mine=mine, edition=str(draft.edition))
    assert fresh(draft).edition == draft.edition


def test_no_key_ends_as_the_address_of_another_page(writer):
    routes = [str(one.pattern).partition("<path:key>/")[2] for one in urls.urlpatterns]
    assert {part for route in routes for part in route.split("/") if part} == ADDRESSES
    for name in sorted(ADDRESSES):
        send(writer, "library_new", status=422, kind="article", zh="题", en="", key=f"own/{name}")
    assert not library.drafts(user=writer).exists()
    send(writer, "library_new", kind="article", zh="题", en="Compare", key="")
    assert [row.content.key for row in library.drafts(user=writer)] == ["own/text-compare"]
