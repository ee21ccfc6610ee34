"""What the pages of writing answer: where a button leads, what is kept, and what is said about what was refused."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from peilian.adapters.packs.source import value_of
from peilian.apps.library import api as library
from peilian.engine._kernel import InputError
from peilian.flows import contents
from peilian.flows.wording import say, say_fault
from peilian.web.library.changes import ChangeForm
from peilian.web.library.files import ExportFilter
from peilian.web.library.places import in_words
from support.library import a_pack, a_publisher, a_writer, an_article, installed, the_content
from support.library_pages import client_of, form_of, see, send, send_form

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_home(home):
    """The search index lies in the home folder."""


@pytest.fixture
def writer():
    return a_writer()


@pytest.fixture
def draft(writer, tmp_path):
    installed(tmp_path, an_article())
    return library.start_draft(actor=writer, content=the_content())


def in_review(writer, draft):
    data = form_of(writer, draft)
    data["f.title.zh"] = "七天无理由"
    send_form(writer, draft, data, do="submit")
    row = library.Draft.objects.select_related("content").get(pk=draft.pk)
    assert row.state == "in_review"
    return row


@pytest.mark.parametrize("do", ["source", "part:about", "form", "save"])
def test_who_edits_a_draft_in_review_stays_in_the_editor(writer, draft, do):
    row = in_review(writer, draft)
    response = send_form(writer, row, form_of(writer, row, edit=1), do=do)
    page = client_of(writer).get(response["Location"]).content.decode()
    assert "data-editor" in page


@pytest.mark.parametrize("do", ["submit", "save"])
def test_a_word_to_the_reviewer_is_kept_when_a_text_is_not_ready(writer, do):
    made = library.new_content(actor=writer, kind="procedure", key="own/refund", title={"zh": "退款"})
    data = form_of(writer, made)
    data["note"] = "新增大额退款"
    send_form(writer, made, data, do=do)
    assert form_of(writer, made)["note"] == "新增大额退款"


def test_the_title_of_a_page_is_plain_also_in_the_other_language(writer):
    made = library.new_content(actor=writer, kind="article", key="own/parcels", title={"en": "Parcels & notes"})
    for page in (see(writer, "library_draft", made.pk), see(writer, "library_draft", made.pk, review=1)):
        (title,) = re.findall(r"<title>(.*?)</title>", page, re.S)
        assert "Parcels & notes" in title
        assert "<span" not in title


def test_a_draft_in_review_says_who_may_publish_it_or_that_nobody_may(draft):
    writer = a_publisher("author")
    row = in_review(writer, draft)
    assert "现在没有人能发布它" in see(writer, "library_draft", row.pk)
    other = a_publisher("second")
    page = see(writer, "library_draft", row.pk)
    assert f"可以审核发布的同事：{other.name}" in page
    assert "现在没有人" not in page
    assert "1 份内容待审核" in client_of(other).get("/").content.decode()
    assert "待审核" not in client_of(writer).get("/").content.decode()


def test_returning_without_a_reason_marks_the_field(writer, draft):
    row = in_review(writer, draft)
    page = send(a_publisher(), "library_draft_do", row.pk, "return", decision=" ", status=422)
    field = page.partition('id="decision"')[2].partition("</form>")[0]
    assert "field-fault" in field
    assert "这一项需要填写" in field
    assert "decision：" not in page


def test_what_is_refused_is_not_said_with_the_names_of_programs(writer, draft):
    send(writer, "library_draft_do", draft.pk, "drop")
    page = send(writer, "library_draft_do", draft.pk, "submit")
    assert not re.search(r"(?:draft|edition|file|name|why)：", page)
    installed_one = the_content()
    page = send(a_publisher(), "library_retire", installed_one.kind, installed_one.key, why=" ")
    assert "原因：这一项需要填写" in page


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([["签收了就是签收了"]], "签收了就是签收了"),
        ([["您好", "请稍等"], "好的"], "您好 | 请稍等\n好的"),
        ([["一"], {"a": "b"}], "- - 一\n- a: b\n"),
    ],
)
def test_lists_of_messages_are_compared_as_lines(value, said):
    assert in_words(value) == said


def test_a_list_with_one_faulty_entry_is_not_called_too_short_besides():
    phrases = {"kind": "phrases", "schema_version": 1, "key": "own/p", "title": {"zh": "话术"}}
    faulty = contents.faults_of({**phrases, "phrases": [{"id": "a"}]}, ())
    assert [fault.field for fault in faulty if fault.field == "phrases"] == []
    assert faulty
    (empty,) = [one for one in contents.faults_of({**phrases, "phrases": []}, ()) if one.field == "phrases"]
    assert say(empty.reason, "zh") == "至少要有 1 项"


def test_a_notice_of_change_offers_competencies_and_findings_by_name(writer, tmp_path):
    installed(tmp_path, an_article(competencies=["missing_empathy"]))
    with translation.override("zh-hans"):
        field = ChangeForm(writer).fields["competencies"]
    assert field.choices == [("missing_empathy", "客户不满时缺少共情 (1)")]


def test_texts_taken_out_are_chosen_by_the_names_of_packs(writer, tmp_path):
    library.install_packs(roots=(a_pack(tmp_path, an_article(), key="retail"),))
    with translation.override("zh-hans"):
        assert ("retail", "零售与电商") in ExportFilter(writer).fields["pack"].choices


def test_nothing_is_said_about_words_where_none_were_looked_for(writer, draft):
    page = see(writer, "library", kind="article")
    assert "七天无理由" in page or draft.content.key in page
    assert "部分字词相同" not in page


@pytest.mark.parametrize(
    ("source", "row", "part"),
    [
        ("title: 退款\nsummary: 记住: 先核对\n", 2, "第 12 列的冒号"),
        ("title:\n\tzh: 退款\n", 2, "制表符"),
        ("a: 1\na: 2\n", 2, "“a”在同一处写了两次"),
        ("a: [1, 2\nb: 3\n", 2, "没有"),
        ('a: "未完\n', None, "引号没有成对"),
        ("a: 2026-13-40\n", None, "日期、数字不成立"),
    ],
)
def test_source_that_cannot_be_read_is_told_in_the_language_of_the_page(source, row, part):
    with pytest.raises(InputError) as caught:
        value_of(source)
    (fault,) = caught.value.faults
    said = say_fault(fault, "zh")
    assert part in said
    assert row is None or fault.row == row
    assert not re.search(r"[a-z]{4,}", said)


def test_a_new_text_is_announced_as_what_it_is(writer):
    page = see(writer, "library_new")
    assert "其他人看不到" not in page
    assert "读者" in page
