"""Around the texts: files out and in, changes that texts have to follow, suggestions, confirmations."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.engine._kernel import Reason, Text
from peilian.flows.wording import say
from support.builders import a_unit, a_user, an_employee
from support.library import a_policy, a_publisher, a_writer, an_article, installed, published, the_content
from support.library_pages import client_of, see, send

pytestmark = pytest.mark.django_db
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def writer(db):
    return a_writer()


@pytest.fixture
def shelf(tmp_path):
    """Two articles and a policy."""
    installed(
        tmp_path,
        an_article(tags=["退货"]),
        an_article("mine/other", zh="另一篇", related=["article:mine/returns"]),
        a_policy(),
    )


def brought(user, name, data, *, status=302):
    """Send a file and look at the page that shows what it would change."""
    response = client_of(user).post(reverse("library_files"), {"file": SimpleUploadedFile(name, data)})
    assert response.status_code == status, response.status_code
    return response


def looked_at(user, name, data):
    """The page of the file, once the worker has read it."""
    place = brought(user, name, data)["Location"]
    while base.run_next_job():
        pass
    response = client_of(user).get(place)
    return response.status_code, response.content.decode()


def the_check(name):
    """The page where a file is looked at."""
    (job,) = base.Job.objects.filter(kind="library.read_files", parameters__name=name)
    return reverse("library_import", args=[job.pk])


# Files


def test_a_file_with_half_a_character_can_be_looked_at_and_forgotten(shelf):
    writer = a_writer()
    for name, line in (("a.yaml", 'title: {zh: "甲\\ud800"}'), ("b.yaml", 'title: {zh: 甲}\n"odd\\ud800": 1')):
        data = f"kind: article\nschema_version: 1\nkey: own/half\nbody: {{zh: 一}}\n{line}\n".encode()
        _status, page = looked_at(writer, name, data)
        assert name in page
        assert client_of(writer).post(the_check(name), {"do": "forget"}).status_code == 302


def test_chosen_texts_are_taken_out_and_come_back_as_drafts(writer, shelf):
    rows = list(library.browse(user=writer, kinds=["article"]))
    page = see(writer, "library_files", kind="article")
    assert all(str(row.pk) in page for row in rows)
    response = client_of(writer).post(reverse("library_export"), {"chosen": [str(row.pk) for row in rows]})
    assert response["Content-Disposition"].startswith('attachment; filename="library-')
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    (name,) = [name for name in archive.namelist() if name.endswith("returns.md")]
    edited = io.BytesIO()
    with zipfile.ZipFile(edited, "w") as out:
        for each in archive.namelist():
            text = archive.read(each).decode()
            out.writestr(each, text.replace("七天", "十五天") if each == name else text)
    status, page = looked_at(writer, "back.zip", edited.getvalue())
    assert status == 200
    assert "<ins>十五</ins>" in page
    client_of(writer).post(the_check("back.zip"), {"do": "import"})
    client_of(writer).post(the_check("back.zip"), {"do": "import"})  # a second click
    assert base.Job.objects.filter(kind="library.bring_in").count() == 1
    assert base.run_next_job()
    assert "已生成或更新 1 份草稿" in client_of(writer).get(the_check("back.zip")).content.decode()
    assert not base.StoredFile.objects.filter(name__startswith="back.zip").exists()
    (row,) = library.drafts(user=writer)
    assert row.body["body"]["zh"] == "十五天内可退。"


def test_a_file_with_faults_names_file_row_and_field_and_brings_in_nothing(writer, shelf):
    status, page = looked_at(writer, "bad.yaml", b"kind: article\nschema_version: 1\nkey: own/x\ntitle: 7\n")
    assert status == 422
    assert "bad.yaml" in page
    assert "title" in page
    response = client_of(writer).post(the_check("bad.yaml"), {"do": "import"}, follow=True)
    assert response.status_code == 422
    assert "还没有读完，或者没有可导入的修改" in response.content.decode()
    assert not base.run_next_job()
    assert not library.drafts(user=writer).exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.zip", b"PK\x03\x04 broken"),
        ("x.exe", b"MZ"),
        ("x.xlsx", b"not a workbook"),
        ("x.md", b"\xff\xfe\x00"),
        (f"{NASTY}.yaml", b"- a list"),
        ("empty.zip", b"PK\x05\x06" + b"\0" * 18),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_words(writer, name, data):
    status, page = looked_at(writer, name, data)
    assert status == 422
    assert NASTY not in page


def test_a_template_that_was_filled_in_becomes_drafts(writer):
    response = client_of(writer).get(reverse("library_template", args=["phrases"]))
    assert response["Content-Disposition"] == 'attachment; filename="phrases.xlsx"'
    status, page = looked_at(writer, "phrases.xlsx", response.content)
    assert status == 200
    assert "退款话术" in page
    see(writer, "library_template", "scenario", status=404)


def test_nobody_looks_at_the_file_of_another(writer, shelf):
    looked_at(writer, "mine.md", "# 标题\n\n正文".encode())
    assert client_of(a_writer("other")).get(the_check("mine.md")).status_code == 404
    assert client_of(a_writer("third")).post(the_check("mine.md"), {"do": "import"}).status_code == 404
    assert client_of(writer).get(the_check("mine.md")).status_code == 200


def test_while_a_file_is_read_its_page_shows_how_far_it_is_and_looking_reads_nothing_again(writer, monkeypatch):
    place = brought(writer, "mine.md", "# 标题\n\n正文".encode())["Location"]
    page = client_of(writer).get(place).content.decode()
    assert "ws-connect" in page
    assert "导入为草稿" not in page
    assert base.run_next_job()
    monkeypatch.setattr("peilian.apps.library.files.read_upload", None)
    assert "导入为草稿" in client_of(writer).get(place).content.decode()


def test_many_texts_are_shown_in_pages_those_with_faults_first(writer, shelf):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        for n in range(120):
            out.writestr(f"t{n:03}.md", f"# 标题{n:03}\n\n正文")
    status, page = looked_at(writer, "many.zip", target.getvalue())
    assert status == 200
    assert page.count("ed-entry") == 50
    last = client_of(writer).get(the_check("many.zip"), {"page": 3}).content.decode()
    assert last.count("ed-entry") == 20
    assert "标题119" in last


def test_a_file_can_be_forgotten(writer):
    looked_at(writer, "mine.md", "# 标题\n\n正文".encode())
    client_of(writer).post(the_check("mine.md"), {"do": "forget"})
    assert not base.StoredFile.objects.exists()
    assert client_of(writer).get(the_check("mine.md")).status_code == 200
    assert not library.drafts(user=writer).exists()


def test_a_file_that_is_forgotten_before_it_was_read_is_not_read(writer):
    brought(writer, "mine.md", "# 标题\n\n正文".encode())
    client_of(writer).post(the_check("mine.md"), {"do": "forget"})
    assert not base.run_next_job()
    assert not base.StoredFile.objects.exists()


def test_what_is_chosen_to_be_taken_out_is_kept_from_page_to_page_and_nothing_is_ticked_at_first(writer, shelf):
    browser = client_of(writer)
    one, other = the_content(), the_content("mine/other")
    place = reverse("library_files")
    assert "checked" not in browser.get(place, {"kind": "article"}).content.decode()
    kept = {"do": "keep", "kind": "article", "offered": [one.pk, other.pk], "chosen": [other.pk]}
    assert browser.post(reverse("library_export"), kept)["Location"] == f"{place}?kind=article#out"
    page = browser.get(place, {"kind": "policy"}).content.decode()
    assert "已选 1 篇" in page
    browser.post(reverse("library_export"), {"do": "add_all", "kind": "policy"})
    with zipfile.ZipFile(io.BytesIO(browser.post(reverse("library_export"), {"do": "take"}).content)) as archive:
        names = " ".join(archive.namelist())
    assert ("other" in names, "privacy" in names, "returns" in names) == (True, True, False)
    browser.post(reverse("library_export"), {"do": "keep", "offered": [other.pk]})
    browser.post(reverse("library_export"), {"do": "clear"})
    assert "已选" not in browser.get(place).content.decode()


def test_taking_out_nothing_says_so(writer, shelf):
    assert "还没有发布过" in send(writer, "library_export")
    assert "还没有发布过" in send(writer, "library_export", text="no-such-id")


# Changes


CHANGE = {"zh": "退货范围调整", "text": "定制商品要先提示。", "effective_on": "2026-12-01", "tags": "退货"}


def test_a_change_shows_its_texts_before_it_is_announced(writer, shelf):
    page = send(writer, "library_change_new", status=200, do="try", **CHANGE)
    assert "2 份内容需要跟着修订" in page
    assert "另一篇" in page
    assert not library.change_notices(user=writer).exists()


def test_an_announced_change_marks_its_texts_until_somebody_settles_them(writer, shelf):
    reader = a_writer("lin", role="agent")
    page = send(writer, "library_change_new", do="announce", **CHANGE)
    assert "退货范围调整" in page
    assert base.inbox_of(user=reader).filter(key="inbox.library_change").exists()
    one, other = library.revisions_due(user=writer)
    send(writer, "library_revision", one.pk, do="right", note="不涉及")
    response = client_of(writer).post(reverse("library_revision", args=[other.pk]), {"do": "draft"})
    (row,) = library.drafts(user=writer)
    assert response["Location"] == reverse("library_draft", args=[row.pk])
    assert [each.pk for each in library.revisions_due(user=writer)] == [other.pk]
    assert "去草稿" in see(writer, "library_changes")
    send(writer, "library_revision", one.pk, status=404)


def test_a_reader_sees_on_the_text_that_it_is_being_revised_and_for_what(writer, shelf):
    reader = a_writer("lin", role="agent")
    assert "正在修订" not in see(reader, "library_text", "article", "mine/returns")
    send(writer, "library_change_new", do="announce", **CHANGE)
    said = see(reader, "library_text", "article", "mine/returns")
    assert "正在修订" in said
    assert "退货范围调整" in said
    assert "定制商品要先提示。" in said
    published(writer, the_content(), body={"zh": "七天内可退，定制商品除外。"})
    assert "正在修订" not in see(reader, "library_text", "article", "mine/returns")


def test_what_the_product_asks_to_look_at_again_is_not_told_to_readers(writer, shelf):
    reader = a_writer("lin", role="agent")
    words = Text(zh="客户要求删除资料", en="erased")
    library.ask_revision(title=words, text=words, contents=[the_content()])
    assert "客户要求删除资料" not in see(reader, "library_text", "article", "mine/returns")
    assert "客户要求删除资料" in see(writer, "library_text", "article", "mine/returns")


def test_tags_and_texts_of_a_change_are_chosen_by_typing(writer, shelf):
    page = see(writer, "library_change_new", text="article:mine/other")
    assert '<option value="退货">' in page
    assert 'name="named" value="article:mine/other"' in page
    fields = {**CHANGE, "tags": ["", "退货"], "named": ["article:mine/other", "", "article:mine/other"]}
    assert "2 份内容需要跟着修订" in send(writer, "library_change_new", status=200, do="try", **fields)


def test_a_withdrawn_change_asks_for_nothing(writer, shelf):
    send(writer, "library_change_new", do="announce", **CHANGE)
    (notice,) = library.change_notices(user=writer)
    send(writer, "library_change_withdraw", notice.pk)
    assert not library.revisions_due(user=writer).exists()
    send(writer, "library_change_withdraw", notice.pk, status=404)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"zh": ""}, say(Reason("base.empty"), "zh")),
        ({"effective_on": "tomorrow"}, "2026-11-22"),
        ({"named": "article:no/such"}, "找不到 article:no/such"),
        ({"named": f"x:{NASTY}"}, "&lt;script&gt;"),
    ],
)
def test_a_change_that_lacks_something_is_not_announced(writer, shelf, changed, said):
    fields = {**CHANGE, "do": "announce", **changed}
    response = client_of(writer).post(reverse("library_change_new"), fields)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert NASTY not in response.content.decode()
    assert not library.change_notices(user=writer).exists()


def test_a_tag_that_no_text_has_is_refused(writer, shelf):
    fields = {**CHANGE, "do": "announce", "tags": "no such tag"}
    assert client_of(writer).post(reverse("library_change_new"), fields).status_code == 422


def test_texts_whose_day_of_review_has_come_are_listed(writer, shelf):
    yesterday = base.today_in_company() - timedelta(days=1)
    published(writer, the_content(), review_by=yesterday.isoformat())
    page = see(writer, "library_changes")
    assert "到了复查日期" in page
    assert reverse("library_edit", args=["article", "mine/returns"]) in page


# Suggestions


def test_a_suggestion_is_answered_and_whoever_made_it_reads_the_answer(writer, shelf):
    reader = a_writer("lin", role="agent")
    library.add_comment(actor=reader, content=the_content(), text=f"请写例外{NASTY}", kind="suggestion")
    (row,) = library.comments(user=writer)
    raw = client_of(writer).get(reverse("library_suggestions")).content.decode()
    assert "请写例外" in raw
    assert NASTY not in raw
    send(writer, "library_suggestion", row.pk, state="declined", answer="")
    assert library.comments(user=writer).exists()
    send(writer, "library_suggestion", row.pk, state="no-such-state", answer="x")
    assert library.comments(user=writer).exists()
    send(writer, "library_suggestion", row.pk, state="accepted", answer="已写进下一版")
    assert "已写进下一版" in see(reader, "library_suggestions")
    assert "请写例外" in see(writer, "library_suggestions", state="accepted")
    assert "请写例外" not in see(writer, "library_suggestions", state="no-such-state")


def test_remarks_stand_in_the_same_list_and_can_be_told_apart(writer, shelf):
    reader = a_writer("reader", role="agent")
    for kind, text in (("comment", "这段很清楚"), ("suggestion", "请写例外")):
        library.add_comment(actor=reader, content=the_content(), text=text, kind=kind)
    everything = see(writer, "library_suggestions")
    assert "这段很清楚" in everything
    assert "请写例外" in everything
    for kind, there, gone in (("comment", "这段很清楚", "请写例外"), ("suggestion", "请写例外", "这段很清楚")):
        page = see(writer, "library_suggestions", kind=kind)
        assert there in page
        assert gone not in page
        assert there in see(reader, "library_suggestions")
    assert "这段很清楚" in see(writer, "library_suggestions", kind="no-such-kind")
    remark = library.comments(user=writer, kinds=["comment"]).get()
    send(writer, "library_suggestion", remark.pk, state="closed", answer="谢谢")
    assert not library.comments(user=writer, kinds=["comment"]).exists()
    assert "谢谢" in see(reader, "library_suggestions")


def test_who_does_not_write_reads_own_suggestions_alone(writer, shelf):
    reader = a_writer("lin", role="agent")
    library.add_comment(actor=writer, content=the_content(), text="内部的意见", kind="suggestion")
    page = see(reader, "library_suggestions")
    assert "内部的意见" not in page
    assert "您还没有写过意见" in page
    (row,) = library.comments(user=writer)
    send(reader, "library_suggestion", row.pk, status=404, state="accepted")
    see(writer, "library_suggestion", row.pk, status=405)


def test_nobody_decides_the_own_suggestion(writer, shelf):
    library.add_comment(actor=writer, content=the_content(), text="我的意见", kind="suggestion")
    (row,) = library.comments(user=writer)
    assert "由其他同事答复" in see(writer, "library_suggestions")
    send(writer, "library_suggestion", row.pk, status=404, state="accepted", answer="好")


# Confirmations


@pytest.fixture
def team(shelf):
    """A unit with two agents, one of whom has confirmed, and their lead."""
    unit = a_unit(zh="一组", en="Team 1")
    agents = [
        a_user("agent", employee=an_employee(name, unit=unit), username=login)
        for login, name in (("done", "赵一"), ("late", "钱二"))
    ]
    library.confirm_policy(actor=agents[0], version=the_content("mine/privacy", "policy").current)
    return unit, agents, a_user("supervisor", unit=unit, username="lead")


POLICY = ("policy", "mine/privacy")


def test_a_lead_sees_who_has_confirmed_and_who_has_not(team):
    _unit, _agents, lead = team
    page = see(lead, "library_confirmations", *POLICY)
    assert "2 人中 <strong>1</strong> 人已确认" in page
    for words in ("赵一", "钱二", "未确认", "一组"):
        assert words in page
    assert see(lead, "library_confirmations", *POLICY, form="csv").count("\n") == 3
    response = client_of(lead).get(reverse("library_confirmations", args=POLICY), {"form": "xlsx"})
    assert response.content.startswith(b"PK")


def test_who_has_not_confirmed_is_reminded_once(team):
    unit, (done, late), lead = team
    assert "已提醒 1 人" in send(lead, "library_remind", *POLICY, unit=unit.pk)
    assert base.inbox_of(user=late).filter(key="inbox.library_confirm").count() == 1
    assert not base.inbox_of(user=done).filter(key="inbox.library_confirm").exists()
    assert "没有需要提醒的人" in send(lead, "library_remind", *POLICY)
    base.mark_read(user=late)
    assert "已提醒 1 人" in send(lead, "library_remind", *POLICY)


def test_confirmations_are_seen_of_one_s_own_people_alone(team, shelf):
    unit, (done, _late), lead = team
    elsewhere = a_unit(zh="二组", en="Team 2")
    other = a_user("supervisor", unit=elsewhere, username="other_lead")
    page = see(other, "library_confirmations", *POLICY)
    assert "钱二" not in page
    see(other, "library_confirmations", *POLICY, unit=str(unit.pk), status=404)
    send(other, "library_remind", *POLICY, unit=str(unit.pk), status=404)
    see(done, "library_confirmations", *POLICY, status=404)
    send(done, "library_remind", *POLICY, status=404)
    see(lead, "library_confirmations", "article", "mine/returns", status=404)
    see(lead, "library_confirmations", *POLICY, unit="no-such-unit", status=404)
    see(lead, "library_remind", *POLICY, status=405)


def test_a_lead_of_all_sees_everybody(team):
    assert "钱二" in see(a_publisher("boss"), "library_confirmations", *POLICY)


def test_a_file_that_nobody_brought_in_is_dropped_after_a_week(writer):
    looked_at(writer, "old.md", "# 标题\n\n正文".encode())
    with base.bookkeeping():
        base.Job.objects.update(created_at=timezone.now() - timedelta(days=8))
    looked_at(writer, "new.md", "# 标题\n\n正文".encode())
    assert {row.name for row in base.StoredFile.objects.all()} == {"new.md", "new.md.read.zip"}
    assert "读出的内容已经不在了" in client_of(writer).get(the_check("old.md")).content.decode()
