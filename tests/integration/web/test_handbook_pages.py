"""The pages of the handbook: one press keeps, finding, writing, order, undo, papers, proposing, counts."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.base.audit import bookkeeping
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.practice import api as practice
from peilian.web.shell import pdf
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exams import ExamClock, a_sitting, answers, begun
from support.handbook import LESSON, keeps, shelved, writes
from support.practice import Clock, a_run, a_trainee, plays

pytestmark = pytest.mark.django_db
HANDBOOK, KEEP, PAPER = reverse("handbook"), reverse("handbook_keep"), reverse("handbook_paper")
POINTS = {"from": "text", "source": f"lesson:{LESSON}", "place": "keep"}


@pytest.fixture
def team():
    return a_unit("team-a", zh="一组", en="Team A")


@pytest.fixture
def lin(tmp_path, monkeypatch, team):
    ExamClock(monkeypatch, timezone.now())
    shelved(tmp_path)
    return a_trainee("lin", unit=team)


def read(response) -> str:
    return html.unescape(response.content.decode())


def page(client, address, status=200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return read(response)


def of(name, row) -> str:
    return reverse(name, args=[row.pk])


# -- keeping ----------------------------------------------------------------------------------------------------------


def test_one_press_in_a_lesson_keeps_its_points(lin, signed_in):
    client = signed_in(lin)
    text = page(client, reverse("lesson", args=[LESSON]))
    assert 'value="keep"' in text
    assert 'value="examples.1"' in text
    response = client.post(KEEP, POINTS, headers={"HX-Request": "true"})
    assert "已记入" in read(response)
    row = learning.HandbookEntry.objects.get()
    assert of("handbook_entry", row) in read(response)
    assert row.heading == "课时"
    text = page(client, reverse("lesson", args=[LESSON]))
    assert 'value="keep"' not in text


def test_a_text_whose_name_no_database_can_be_asked_for_is_not_there(lin, signed_in):
    client = signed_in(lin)
    for source in ("\0", "lesson:a\0b", "\0:\0"):
        assert client.post(KEEP, {"from": "text", "source": source, "place": "keep"}).status_code == 404


def test_without_javascript_the_page_comes_back(lin, signed_in):
    client, back = signed_in(lin), reverse("lesson", args=[LESSON])
    assert client.post(KEEP, {**POINTS, "back": back}).url == back
    assert client.post(KEEP, {**POINTS, "back": "https://evil.example/"}).url == HANDBOOK
    assert client.post(KEEP, {**POINTS, "back": "//evil.example/"}).url == HANDBOOK


def test_phrases_and_marked_words_are_kept_from_the_library(lin, signed_in):
    client = signed_in(lin)
    assert 'value="phrases.busy"' in page(client, reverse("library_text", args=["phrases", "mine/waiting"]))
    assert "data-words" in page(client, reverse("library_text", args=["article", "mine/refunds"]))
    client.post(KEEP, {"from": "text", "source": "phrases:mine/waiting", "place": "phrases.busy"})
    client.post(KEEP, {"from": "text", "source": "article:mine/refunds", "place": "text", "words": "三天内到账"})
    assert set(learning.HandbookEntry.objects.values_list("text", flat=True)) == {
        "> 前面还有两位，三分钟内轮到您", "三天内到账",
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"from": "text", "source": "lesson:none", "place": "keep"},
        {"from": "text", "source": "", "place": ""},
        {"from": "drill", "source": "no-id", "place": "goal"},
        {"from": "drill", "source": str(uuid4()), "place": "goal"},
        {"from": "exam", "source": str(uuid4()), "place": "q1"},
        {"from": "moon", "source": "x", "place": "y"},
    ],
)
def test_what_is_not_there_is_not_kept(lin, signed_in, data):
    assert signed_in(lin).post(KEEP, data).status_code == 404
    assert not learning.HandbookEntry.objects.exists()


def test_too_many_words_are_refused_with_a_word(lin, signed_in):
    response = signed_in(lin).post(KEEP, {**POINTS, "words": "字" * 8001}, headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert response["HX-Redirect"]


def test_who_is_no_employee_gets_no_buttons(lin, signed_in):
    client = signed_in(a_login("lecturer", "internal_lecturer", unit=a_unit()))
    assert KEEP not in page(client, reverse("library_text", args=["phrases", "mine/waiting"]))
    assert "手册属于员工" in page(client, HANDBOOK)
    assert client.post(KEEP, POINTS).status_code == 404


def test_moments_of_an_own_drill_are_kept_from_its_debrief(lin, signed_in, monkeypatch, team):
    time = Clock().patch(monkeypatch)
    run = plays(lin, a_run(lin), time, "policy_breaking")
    client, debrief = signed_in(lin), of("drill_debrief", run)
    text = page(client, debrief)
    places = set(re.findall(r'name="place" value="([a-z0-9.]+)"', text))
    assert {"goal", "turn.1", "required.1"} <= places
    assert any(place.startswith("line.") for place in places)
    for place in places:
        response = client.post(KEEP, {"from": "drill", "source": str(run.pk), "place": place, "back": debrief})
        assert response.url == debrief, place
    assert learning.HandbookEntry.objects.count() == len(places)
    assert all(row.title == run.title for row in learning.HandbookEntry.objects.all())
    assert 'name="place"' not in page(client, debrief)
    for place in ("", "goal.1", "turn.99", "line.1", "required.0", "line.x"):
        assert client.post(KEEP, {"from": "drill", "source": str(run.pk), "place": place}).status_code == 404
    lead = a_login("lead", "supervisor", unit=team, employee=an_employee("主管"))
    client = signed_in(lead)
    assert KEEP not in page(client, debrief)
    assert client.post(KEEP, {"from": "drill", "source": str(run.pk), "place": "goal"}).status_code == 404


def test_an_explanation_is_kept_once_the_exam_shows_it_and_stays_in_the_own_handbook(
    tmp_path, monkeypatch, signed_in
):  # fmt: skip
    time = ExamClock(monkeypatch, timezone.now())
    user, attempt = begun(a_sitting(tmp_path))
    data = {"from": "exam", "source": str(attempt.pk), "place": "q1"}
    client = signed_in(user)
    assert client.post(KEEP, data).status_code == 404
    time.pass_(minutes=1)
    for number in (1, 2, 3):
        answers(user, attempt, number, {"chosen": ["b"]})
    learning.hand_in(user=user, attempt_id=attempt.pk)
    assert 'value="q1"' in page(client, of("exam_review", attempt))
    client.post(KEEP, data)
    row = learning.HandbookEntry.objects.get()
    assert "> 乙" in row.text
    assert "因为乙" in row.text
    assert "只留在自己的手册里" in page(client, of("handbook_propose", row))
    sent = {"title": "题", "text": "字", "is_clean": "on"}
    assert client.post(of("handbook_propose", row), sent).status_code == 422
    assert not learning.HandbookProposal.objects.exists()


# -- looking ----------------------------------------------------------------------------------------------------------


def test_an_empty_handbook_says_how_to_fill_it(lin, signed_in):
    assert "还没有记下什么" in page(signed_in(lin), HANDBOOK)


def test_the_handbook_shows_entries_under_headings_and_finds_them(lin, signed_in):
    keeps(lin, heading="课时")
    writes(lin, "催单三句", "先报**时间**", note="高峰用", heading="我的", tags=["催单"])
    client = signed_in(lin)
    text = page(client, HANDBOOK)
    for said in ("先接住", "<strong>时间</strong>", "高峰用", "课时", "我的", reverse("lesson", args=[LESSON])):
        assert said in text, said
    assert "先接住" not in page(client, f"{HANDBOOK}?q=cuidan")
    assert "先接住" not in page(client, f"{HANDBOOK}?heading=我的")
    assert "先接住" not in page(client, f"{HANDBOOK}?tag=催单")
    assert "没有合适的" in page(client, f"{HANDBOOK}?q=没有的")


def test_markdown_that_could_do_harm_is_text(lin, signed_in):
    writes(lin, "<b>题</b>", "<script>alert(1)</script> [a](javascript:alert(1))")
    text = signed_in(lin).get(HANDBOOK).content.decode()
    assert "<script>alert" not in text
    assert 'href="javascript:' not in text
    assert "<b>题" not in text


def test_the_palette_finds_own_entries(lin, signed_in, team):
    row = writes(lin, "催单三句")
    address = f"{reverse('search')}?q=催单三句"
    assert of("handbook_entry", row) in page(signed_in(lin), address)
    assert of("handbook_entry", row) not in page(signed_in(a_trainee(unit=team)), address)


# -- writing, order, undo ---------------------------------------------------------------------------------------------


def test_a_note_is_written_and_changed(lin, signed_in):
    client = signed_in(lin)
    page(client, reverse("handbook_new"))
    sent = {"title": "催单", "text": "先报时间", "heading": "高峰", "tags": "催单，时间 #急", "click": str(uuid4())}
    for _ in range(2):
        assert client.post(reverse("handbook_new"), sent).url == HANDBOOK
    row = learning.HandbookEntry.objects.get()
    assert row.tags == ["催单", "时间", "急"]
    assert "先报时间" in page(client, of("handbook_entry", row))
    client.post(of("handbook_entry", row), {"title": "催单", "text": "", "note": "我的话"})
    row.refresh_from_db()
    assert (row.text, row.note) == ("", "我的话")


def test_what_is_missing_is_said_and_what_was_typed_stays(lin, signed_in):
    response = signed_in(lin).post(reverse("handbook_new"), {"title": "写了很久", "text": " "})
    assert response.status_code == 422
    assert "请写下内容" in read(response)
    assert "写了很久" in read(response)


def test_an_entry_is_deleted_and_brought_back_with_one_press(lin, signed_in):
    row, client = writes(lin, "催单三句"), signed_in(lin)
    response = client.post(of("handbook_act", row), {"do": "delete"})
    text = page(client, response.url)
    assert "“催单三句”已删除" in text
    client.post(of("handbook_act", row), {"do": "restore"})
    assert learning.handbook_of(user=lin).n_all == 1


def test_entries_and_headings_move(lin, signed_in):
    rows = [writes(lin, title, heading=heading) for title, heading in (("一", "甲"), ("二", "甲"), ("三", "乙"))]
    client = signed_in(lin)
    client.post(of("handbook_act", rows[1]), {"do": "up"})
    client.post(reverse("handbook_order"), {"heading": "乙", "do": "up"})
    assert [one.title for one in learning.handbook_of(user=lin).entries] == ["三", "二", "一"]
    assert client.post(reverse("handbook_order"), {"heading": "丙", "do": "up"}).status_code == 404


def test_a_newer_wording_stands_beside_the_own_and_is_taken(lin, signed_in):
    row = keeps(lin, "keep.1")
    content = library.Content.objects.get(kind="lesson", key=LESSON)
    draft = library.start_draft(actor=None, content=content)
    body = {**draft.body, "keep": [{"zh": "先接住情绪"}]}
    library.publish(actor=None, draft=library.save_draft(actor=None, draft=draft, body=body, edition=draft.edition))
    client = signed_in(lin)
    assert "有新的写法" in page(client, HANDBOOK)
    text = page(client, of("handbook_entry", row))
    for said in ("先接住情绪", "您记下的", "?one=1&other=2"):
        assert said in text, said
    client.post(of("handbook_act", row), {"do": "take"})
    row.refresh_from_db()
    assert row.text == "先接住情绪"


# -- taking along -----------------------------------------------------------------------------------------------------


def test_the_handbook_is_taken_along(lin, signed_in):
    writes(lin, "催单三句", "先报时间", heading="高峰")
    client = signed_in(lin)
    response = client.get(f"{HANDBOOK}?form=md")
    assert response["Content-Type"].startswith("text/markdown")
    assert "## 高峰\n\n### 催单三句\n\n先报时间" in response.content.decode()
    assert "催单三句" in page(client, f"{HANDBOOK}?form=print")
    if pdf.why_no_pdf() is None:
        made = client.post(PAPER, {"heading": "高峰"})
        assert made.content.startswith(b"%PDF")
        assert quote("我的手册_lin") in made["Content-Disposition"]


@pytest.fixture
def short_is_long(monkeypatch):
    """Every handbook is one for a job."""
    monkeypatch.setattr("peilian.web.learning.handbook_paper._LONG", 1)


@pytest.mark.skipif(pdf.why_no_pdf() is not None, reason="no PDF can be made here")
def test_a_long_handbook_is_written_by_a_job_and_fetched_by_its_person_alone(lin, signed_in, short_is_long):
    writes(lin, "催单三句", "先报时间", heading="高峰")
    client = signed_in(lin)
    first, second = client.post(PAPER), client.post(PAPER)
    job = base.Job.objects.get()
    assert first.url == second.url == reverse("job", args=[job.pk])
    assert 'ws-connect="/ws/jobs/' in page(client, first.url)
    base.run_next_job()
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 1)
    fetch = reverse("job_file", args=[job.pk])
    assert fetch in page(client, first.url)
    made = client.get(fetch)
    assert b"".join(made.streaming_content).startswith(b"%PDF")
    assert quote("我的手册_lin") in made["Content-Disposition"]
    assert client.post(fetch).status_code == 405
    other, watching = a_trainee("zheng"), a_login("watching", "administrator")
    assert signed_in(other).get(fetch).status_code == 404
    assert fetch not in page(signed_in(watching), first.url)
    assert signed_in(watching).get(fetch).status_code == 404


@pytest.mark.skipif(pdf.why_no_pdf() is not None, reason="no PDF can be made here")
def test_the_job_of_a_handbook_stops_between_pages(lin, signed_in, short_is_long, monkeypatch):
    writes(lin, "催单三句", "先报时间")
    address = signed_in(lin).post(PAPER).url
    monkeypatch.setattr(base.JobContext, "is_cancelled", lambda self: True)
    told = []

    def progress(self, done, total, phase):
        told.append(done)
        self._is_cancelled = True

    monkeypatch.setattr(base.JobContext, "progress", progress)
    base.run_next_job()
    assert told == [1]
    assert base.Job.objects.get().state == "cancelled"
    assert not base.StoredFile.objects.exists()
    assert "/file/" not in page(signed_in(lin), address)


@pytest.mark.skipif(pdf.why_no_pdf() is not None, reason="no PDF can be made here")
def test_what_was_written_is_kept_for_a_day_or_until_it_is_written_anew(lin, signed_in, short_is_long):
    writes(lin)
    client = signed_in(lin)
    client.post(PAPER)
    base.run_next_job()
    first = base.Job.objects.get()
    client.post(PAPER)
    base.run_next_job()
    assert client.get(reverse("job_file", args=[first.pk])).status_code == 404
    assert base.StoredFile.objects.count() == 1
    second = base.Job.objects.exclude(pk=first.pk).get()
    with bookkeeping():
        base.Job.objects.filter(pk=second.pk).update(finished_at=timezone.now() - timedelta(days=2))
    assert client.get(reverse("job_file", args=[second.pk])).status_code == 404
    other = a_trainee("zheng")
    writes(other)
    signed_in(other).post(PAPER)
    assert not base.StoredFile.objects.exists(), "what nobody fetched is dropped"


def test_an_empty_handbook_makes_no_paper_and_nothing_is_made_by_looking(lin, signed_in):
    client = signed_in(lin)
    assert client.post(PAPER).url == HANDBOOK
    assert client.get(PAPER).status_code == 405
    assert signed_in(a_login("nobody", "administrator")).post(PAPER).status_code == 404


def test_where_no_pdf_can_be_made_the_page_to_print_comes(lin, signed_in, monkeypatch):
    from peilian.engine._kernel import Reason

    monkeypatch.setattr("peilian.web.learning.handbook.why_no_pdf", lambda: Reason("printing.pdf.no_library"))
    writes(lin)
    assert signed_in(lin).post(PAPER, {"q": "单号"}).url == f"{HANDBOOK}?q={quote('单号')}&form=print"


# -- proposing --------------------------------------------------------------------------------------------------------


def test_an_entry_is_proposed_and_its_way_is_told(lin, signed_in, team):
    row, client = writes(lin, "催单三句", "先报时间", note="高峰用"), signed_in(lin)
    assert "高峰用" in page(client, of("handbook_propose", row))
    refused = client.post(of("handbook_propose", row), {"title": "催单", "text": "先报时间"})
    assert refused.status_code == 422
    assert "请再读一遍并打勾" in read(refused)
    sent = {"title": "催单", "text": "先报时间", "is_clean": "on"}
    assert client.post(of("handbook_propose", row), sent).url == reverse("handbook_proposals")
    assert "等待审核" in page(client, reverse("handbook_proposals"))
    trainer = a_login("trainer", "trainer", unit=team)
    draft = library.draft(user=trainer, pk=learning.HandbookProposal.objects.get().draft_id)
    library.return_draft(actor=trainer, draft=draft, decision="补一个例子")
    text = page(client, reverse("handbook_proposals"))
    assert "补一个例子" in text
    assert of("handbook_propose", row) in text
    assert "补一个例子" in page(client, of("handbook_entry", row))


def test_the_team_sees_counts_and_not_a_word(lin, signed_in, team):
    writes(lin, "只有我看")
    client = signed_in(a_login("lead", "supervisor", unit=team))
    text = page(client, reverse("team_handbooks"))
    assert lin.employee.name in text
    assert "只有我看" not in text
    page(signed_in(lin), reverse("team_handbooks"), status=404)


def test_others_find_nothing(lin, signed_in, team):
    row = writes(lin)
    client = signed_in(a_trainee(unit=team))
    for name in ("handbook_entry", "handbook_propose"):
        page(client, of(name, row), status=404)
        assert client.post(of(name, row), {"title": "题", "text": "字", "is_clean": "on"}).status_code == 404
    for do in ("up", "delete", "restore", "take"):
        assert client.post(of("handbook_act", row), {"do": do}).status_code == 404
    assert client.get(of("handbook_act", row)).status_code == 405
    assert client.get(KEEP).status_code == 405
    assert client.get(reverse("handbook_order")).status_code == 405
    assert not practice.DrillRun.objects.exists()
