"""The pages of certificates, certificates of others, class hours, the archive, and verifying."""

from __future__ import annotations

import html
import io
import re
from datetime import date
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from peilian.apps.base.api import StoredFile, file_path
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.web.credentials import verify
from peilian.web.shell.pdf import why_no_pdf
from support.builders import a_unit
from support.company import a_login
from support.credentials import KEY, a_certificate, held, learns, open_exam, passes
from support.exams import NOW, ExamClock
from support.pictures import a_photo
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
needs_pdf = pytest.mark.skipif(why_no_pdf() is not None, reason="no PDF on this machine")
LONG_AGO = date(2026, 1, 1)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    cache.clear()
    return ExamClock(monkeypatch, NOW)


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


@pytest.fixture
def unit(lin) -> people.Unit:
    found = a_unit()
    people.place_employee(actor=None, employee=lin.employee, unit=found, post=None, starts_on=LONG_AGO)
    return found


@pytest.fixture
def lead(unit) -> people.User:
    return a_login("lead", "supervisor", unit=unit)


@pytest.fixture
def certified(tmp_path, time, lin) -> learning.Certificate:
    passes(lin, open_exam(tmp_path, a_certificate()))
    return held(lin)[0]


def page(client, name, *arguments, status=200, **query):
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status, response.status_code
    return html.unescape(response.content.decode())


# -- certificates -----------------------------------------------------------------------------------------------------


def test_my_page_shows_what_i_hold_and_what_is_missing_for_the_next(tmp_path, time, lin, signed_in):
    other = a_certificate(key="mine/other", title={"zh": "投诉证"}, requires=["exam:mine/exam", "lesson:x/y"])
    sitting = open_exam(tmp_path, a_certificate(), other)
    text = page(signed_in(lin), "certificates")
    assert "可以取得" in text
    passes(lin, sitting)
    text = page(signed_in(lin), "certificates")
    for said in ("您持有 1 张有效证书", "上岗证", "投诉证", "已达到 1 / 2 项"):
        assert said in text, said


def test_what_is_missing_leads_to_where_it_can_be_done_and_else_says_who_opens_it(tmp_path, time, lin, signed_in):
    other = a_certificate(key="mine/other", title={"zh": "投诉证"}, requires=["exam:x/closed"])
    sitting = open_exam(tmp_path, a_certificate(), other)
    text = page(signed_in(lin), "certificates")
    assert f'href="{reverse("exam_sitting", args=[sitting.pk])}"' in text
    assert text.count("由培训负责人开放") == 1


def test_a_login_without_an_employee_is_told_so_on_each_of_the_own_pages(db, signed_in):
    client = signed_in(a_login("chief", "training_manager"))
    for name in ("certificates", "own_archive", "own_hours"):
        assert "没有关联员工" in page(client, name)


def test_a_certificate_shows_its_grounds_and_its_code(certified, lin, signed_in):
    text = page(signed_in(lin), "certificate", certified.pk)
    ground = certified.grounds.get()
    assert reverse("exam_review", args=[ground.attempt_id]) in text
    assert "-".join(certified.code[at : at + 5] for at in range(0, 20, 5)) in text
    assert "撤销证书" not in text


def test_who_leads_revokes_with_a_reason_and_others_do_not_even_see_it(certified, lin, lead, signed_in):
    text = page(signed_in(lead), "certificate", certified.pk)
    assert "撤销证书" in text
    address = reverse("certificate_revoke", args=[certified.pk])
    for user in (a_login("other", "supervisor", unit=a_unit()), lin):
        assert signed_in(user).post(address, {"reason": "代考"}).status_code == 404
    page(signed_in(a_login("other2", "supervisor", unit=a_unit())), "certificate", certified.pk, status=404)
    client = signed_in(lead)
    assert client.get(address).status_code == 405
    client.post(address, {"reason": ""})
    assert learning.certificate_of(user=lin, certificate_id=certified.pk).standing == "valid"
    client.post(address, {"reason": "代考"})
    assert "已撤销：代考" in page(signed_in(lin), "certificate", certified.pk).replace(": ", "：")


def test_a_certificate_in_doubt_is_upheld_on_its_page(tmp_path, time, lin, lead, signed_in):
    open_exam(tmp_path, a_certificate(requires=["course:x/y"]))
    row = learns(lin.employee, "course:x/y", time.at)
    learning.issue_due()
    learning.withdraw_completion(actor=None, completion=row, note="成绩有误")
    learning.issue_due()
    (found,) = held(lin)
    client = signed_in(lead)
    text = page(client, "certificate", found.pk)
    assert "依据待核实" in text
    assert "已不成立" in text
    client.post(reverse("certificate_uphold", args=[found.pk]), {"reason": "现场复核合格"})
    assert "依据待核实" not in page(client, "certificate", found.pk)


def test_a_grade_that_fell_below_what_was_asked_shows_as_a_ground_that_is_gone(tmp_path, time, lin, lead, signed_in):
    attempt = passes(lin, open_exam(tmp_path, a_certificate(grade="good")))
    assert "已不成立" not in page(signed_in(lead), "certificate", held(lin)[0].pk)
    learning.Attempt.objects.filter(pk=attempt.pk).update(grade="qualified")
    assert "已不成立" in page(signed_in(lead), "certificate", held(lin)[0].pk)


@needs_pdf
@pytest.mark.parametrize(
    ("language", "words"), [("zh", ("兹证明", "上岗证", "2027年3月1日")), ("en", ("Ready for work", "1 Mar 2027"))]
)
def test_the_paper_is_one_page_in_either_language_with_the_address_to_verify(
    certified, lin, signed_in, language, words
):
    response = signed_in(lin).get(reverse("certificate_pdf", args=[certified.pk, language]))
    assert response["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(response.content)).pages
    text = "".join(pages[0].extract_text().split())
    assert len(pages) == 1
    for said in (*words, lin.employee.name, certified.serial, certified.code[:5]):
        assert "".join(said.split()) in text, said


def test_the_page_to_print_draws_the_code_and_no_other_language_is_known(certified, lin, signed_in):
    text = page(signed_in(lin), "certificate_paper", certified.pk, "zh")
    assert "<svg" in text
    assert f"/verify/{certified.code}/" in text
    page(signed_in(lin), "certificate_paper", certified.pk, "fr", status=404)
    page(signed_in(a_trainee()), "certificate_paper", certified.pk, "zh", status=404)


def test_what_people_are_called_stays_text_on_paper(certified, lin, signed_in):
    people.change_employee(actor=None, employee=lin.employee, name="<script>x</script>", hired_on=None, left_on=None)
    raw = signed_in(lin).get(reverse("certificate_paper", args=[certified.pk, "zh"])).content.decode()
    assert "<script>" not in raw


def test_the_team_page_tells_who_has_it_and_who_lacks_it(certified, lin, unit, lead, signed_in):
    other = a_trainee()
    people.place_employee(actor=None, employee=other.employee, unit=unit, post=None, starts_on=LONG_AGO)
    client = signed_in(lead)
    assert "2 人中 1 人持证" in page(client, "team_certificates")
    assert learning.n_holders(user=lead) == {KEY: 1}
    assert learning.n_holders(user=a_login("nobody", "supervisor", unit=a_unit())) == {}
    assert other.employee.name in page(client, "team_certificates", show="missing")
    assert f"{lin.employee.name}</a>" not in page(client, "team_certificates", show="missing")
    page(signed_in(lin), "team_certificates", status=404)
    assert "0 人中" in page(signed_in(a_login("other", "supervisor", unit=a_unit())), "team_certificates")


# -- verifying --------------------------------------------------------------------------------------------------------


def test_anybody_verifies_a_code_without_signing_in_and_learns_nothing_else(certified, lin, client):
    response = client.get(reverse("verify_code", args=[certified.code]))
    text = html.unescape(response.content.decode())
    for said in ("有效", lin.employee.name, "上岗证", certified.serial, "2027-03-01"):
        assert said in text, said
    for hidden in (lin.employee.number, str(lin.pk), str(lin.employee_id), str(certified.pk), "月考"):
        assert hidden not in text
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Cache-Control"] == "no-store"


def test_the_form_leads_to_the_address_of_the_code_however_it_is_typed(certified, client):
    typed = f" {certified.code[:5].lower()}-{certified.code[5:]} "
    assert client.get(reverse("verify"), {"code": typed}).url == reverse("verify_code", args=[certified.code])
    assert client.get(reverse("verify")).status_code == 200
    assert client.post(reverse("verify")).status_code == 405


def test_a_revoked_certificate_says_so_and_never_why(certified, client):
    learning.revoke_certificate(actor=None, certificate_id=certified.pk, reason="代考")
    text = client.get(reverse("verify_code", args=[certified.code])).content.decode()
    assert "已撤销" in text
    assert "代考" not in text


def test_every_code_that_there_is_not_gets_the_same_page(certified, client):
    def shown(code: str) -> str:
        response = client.get(reverse("verify_code", args=[code]))
        assert response.status_code == 404
        token = r'(name="csrfmiddlewaretoken" value|name="csrf-token" content)="[^"]*"'
        return re.sub(token, "", response.content.decode().replace(code, ""))

    assert shown("2" * 20) == shown("A") == shown(certified.code[:-1] + ("A" if certified.code[-1] != "A" else "B"))


def test_look_ups_of_one_address_are_bounded(certified, client, monkeypatch):
    monkeypatch.setattr(verify, "A_MINUTE", 3)
    address = reverse("verify_code", args=["2" * 20])
    answers = [client.get(address, REMOTE_ADDR="10.0.0.9").status_code for _ in range(5)]
    assert answers[:3] == [404, 404, 404]
    assert answers[-1] == 429
    assert client.get(address, REMOTE_ADDR="10.0.0.10").status_code == 404


# -- certificates of others -------------------------------------------------------------------------------------------


def sent(**changes) -> dict[str, object]:
    first = {
        "name": "普通话二级甲等", "issuer": "语委", "number": "P-1", "issued_on": "2025-05-01", "expires_on": "",
        "client_id": str(uuid4()), "file": SimpleUploadedFile("证书.png", PNG),
    }  # fmt: skip
    return first | changes


def entered(client, **changes) -> learning.ExternalCertificate:
    client.post(reverse("external_new"), sent(**changes))
    return learning.ExternalCertificate.objects.get()


def test_one_is_entered_with_its_picture_and_confirmed_by_who_leads(time, lin, lead, signed_in):
    row = entered(signed_in(lin))
    client = signed_in(lead)
    assert "等您确认" in page(client, "team_certificates")
    response = client.get(reverse("external_file", args=[row.pk, row.file_name]))
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "sandbox" in response["Content-Security-Policy"]
    client.post(reverse("external_decide", args=[row.pk]), {"do": "confirm", "edition": "1"})
    row.refresh_from_db()
    assert row.state == "confirmed"
    assert "已确认" in page(signed_in(lin), "certificates")


def test_a_second_click_enters_nothing_twice(time, lin, signed_in):
    client, click = signed_in(lin), str(uuid4())
    for _ in range(2):
        client.post(reverse("external_new"), sent(client_id=click))
    assert learning.ExternalCertificate.objects.count() == 1


def test_one_is_returned_with_a_word_mended_and_handed_in_again(time, lin, lead, signed_in):
    row = entered(signed_in(lin))
    signed_in(lead).post(reverse("external_decide", args=[row.pk]), {"do": "return", "edition": "1", "note": ""})
    row.refresh_from_db()
    assert row.state == "submitted"  # a word is needed
    signed_in(lead).post(
        reverse("external_decide", args=[row.pk]), {"do": "return", "edition": "1", "note": "照片看不清"}
    )
    text = page(signed_in(lin), "external_edit", row.pk)
    assert "照片看不清" in text
    data = sent(name="普通话一级乙等", edition="1")
    data.pop("file")
    assert signed_in(lin).post(reverse("external_edit", args=[row.pk]), data).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.edition, row.name, row.file_name) == ("submitted", 2, "普通话一级乙等", "证书.png")
    address = reverse("external_decide", args=[row.pk])
    signed_in(lead).post(address, {"do": "confirm", "edition": "1"})  # from the page as it was before
    row.refresh_from_db()
    assert row.state == "submitted"
    signed_in(lead).post(address, {"do": "confirm", "edition": "2"})
    row.refresh_from_db()
    assert row.state == "confirmed"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"file": SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")}, "不是图片或 PDF"),
        ({"file": SimpleUploadedFile("x.pdf", b"MZ\x90\x00")}, "不是图片或 PDF"),
        ({"issued_on": "2999-01-01"}, "不晚于今天"),
        ({"expires_on": "2020-01-01"}, "不能早于发证日期"),
        ({"issued_on": "gestern"}, "2026-11-22"),
        ({"name": "  "}, "这里要填"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_nothing_is_kept(time, lin, signed_in, changes, said):
    response = signed_in(lin).post(reverse("external_new"), sent(**changes))
    assert response.status_code == 422
    if said != "这里要填":
        assert said in html.unescape(response.content.decode())
    assert not learning.ExternalCertificate.objects.exists()


def test_a_file_that_is_too_large_is_refused(time, lin, signed_in):
    large = SimpleUploadedFile("x.png", PNG + b"\0" * learning.MOST_BYTES)
    response = signed_in(lin).post(reverse("external_new"), sent(file=large))
    assert response.status_code == 422
    assert "10 MB" in response.content.decode()


def test_a_file_is_kept_only_with_the_certificate_that_it_belongs_to(time, lin, lead, signed_in):
    row = entered(signed_in(lin))
    n_before = StoredFile.objects.count()
    fresh = {"file": SimpleUploadedFile("x.png", PNG + b"other"), "edition": "1"}
    assert signed_in(lead).post(reverse("external_edit", args=[row.pk]), sent(**fresh)).status_code == 404
    what = learning.NewExternal("证", "语委", date(2025, 5, 1), uuid4(), file=("x.png", PNG + b"other"))
    with pytest.raises(people.NotVisibleError):
        learning.change_external(actor=lead, pk=row.pk, what=what, edition=1)
    assert StoredFile.objects.count() == n_before


def test_a_picture_is_kept_without_where_and_with_what_it_was_taken(time, lin, signed_in):
    row = entered(signed_in(lin), file=SimpleUploadedFile("证书.jpg", a_photo("JPEG", turned=6)))
    with Image.open(io.BytesIO(file_path(row.file).read_bytes())) as kept:
        assert dict(kept.getexif()) == {0x0112: 6}


def test_others_neither_see_nor_decide_nor_change_it(time, lin, lead, signed_in):
    row = entered(signed_in(lin))
    stranger = signed_in(a_login("other", "supervisor", unit=a_unit()))
    assert stranger.get(reverse("external", args=[row.pk])).status_code == 404
    assert stranger.get(reverse("external_file", args=[row.pk, "x.png"])).status_code == 404
    for name in ("external_decide", "external_withdraw"):
        assert stranger.post(reverse(name, args=[row.pk]), {"do": "confirm", "edition": "1"}).status_code == 404
        assert stranger.get(reverse(name, args=[row.pk])).status_code == 405
    own = signed_in(lin).post(reverse("external_decide", args=[row.pk]), {"do": "confirm", "edition": "1"})
    assert own.status_code == 404
    assert signed_in(lead).get(reverse("external_edit", args=[row.pk])).status_code == 404


def test_one_that_was_taken_out_is_gone_from_every_page(time, lin, lead, signed_in):
    row = entered(signed_in(lin))
    signed_in(lin).post(reverse("external_withdraw", args=[row.pk]))
    assert row.name not in page(signed_in(lin), "certificates")
    page(signed_in(lead), "external", row.pk, status=404)


# -- archive and class hours ------------------------------------------------------------------------------------------


def test_my_archive_holds_what_i_learnt_took_and_was_awarded_each_with_its_page(certified, lin, signed_in):
    learns(lin.employee, "lesson:x/y", NOW, minutes=12)
    text = page(signed_in(lin), "own_archive")
    for said in ("lesson:x/y", "月考", "上岗证", "优秀", reverse("certificate", args=[certified.pk])):
        assert said in text, said
    assert "lesson:x/y" not in page(signed_in(lin), "own_archive", kind="exam")
    assert "月考" not in page(signed_in(lin), "own_archive", year="2019")


def test_the_archive_of_others_takes_the_right_to_see_their_record(certified, lin, lead, signed_in):
    assert "月考" in page(signed_in(lead), "person_archive", lin.employee_id)
    for user in (a_login("other", "supervisor", unit=a_unit()), a_trainee()):
        page(signed_in(user), "person_archive", lin.employee_id, status=404)
        page(signed_in(user), "person_hours", lin.employee_id, status=404)
    assert signed_in(lead).post(reverse("person_archive", args=[lin.employee_id])).status_code == 405


def test_the_archive_is_taken_home_as_a_workbook(certified, lin, signed_in):
    response = signed_in(lin).get(reverse("own_archive"), {"form": "xlsx"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in rows[1:]] == ["上岗证", "月考"]
    assert rows[2][4] == 100


@needs_pdf
def test_the_archive_is_taken_home_on_paper(certified, lin, signed_in):
    response = signed_in(lin).get(reverse("own_archive"), {"form": "pdf"})
    text = "".join(PdfReader(io.BytesIO(response.content)).pages[0].extract_text().split())
    for said in ("培训档案", lin.employee.name, "月考", "优秀"):
        assert said in text, said
    assert "培训档案" in page(signed_in(lin), "own_archive", form="print")


def test_ten_years_of_a_person_take_as_many_queries_as_a_day(time, lin, signed_in):
    with CaptureQueriesContext(connection) as before:
        learning.archive_of(user=lin, employee=lin.employee)
    for n in range(120):
        learns(lin.employee, f"lesson:x/{n}", NOW.replace(year=2016 + n % 10), source=str(n), minutes=10)
    with CaptureQueriesContext(connection) as after:
        archive = learning.archive_of(user=lin, employee=lin.employee)
    assert (len(archive.entries), len(archive.years)) == (120, 10)
    assert len(after) <= len(before) < 25
    text = page(signed_in(lin), "own_archive", page="3")
    assert text.count("archive-line") == 20


def test_my_hours_show_the_quota_what_counted_and_why_not_more(time, lin, signed_in):
    people.set_stage(actor=None, employee=lin.employee, stage="in_service", starts_on=date(2025, 1, 1))
    learns(lin.employee, "lesson:x/y", NOW, minutes=90)
    learns(lin.employee, "lesson:x/y", NOW, source="2", minutes=90)
    text = page(signed_in(lin), "own_hours")
    for said in ("已完成 2 / 16 学时", "本期已计过一次", "按进度今天应达 10.7"):
        assert said in text, said
    assert "已完成 0 / 16 学时" in page(signed_in(lin), "own_hours", on="2025-12-31")
    for day in ("gestern", "0001-01-01", "9999-12-31"):
        page(signed_in(lin), "own_hours", on=day)


def test_who_leads_sees_who_is_behind_and_takes_the_list_home(time, lin, lead, signed_in):
    people.set_stage(actor=None, employee=lin.employee, stage="newcomer", starts_on=date(2026, 1, 20))
    client = signed_in(lead)
    text = page(client, "team_hours")
    assert "1 人中 1 人进度落后" in text
    assert "已完成 0 / 40 学时" in page(client, "person_hours", lin.employee_id)
    response = client.get(reverse("team_hours"), {"form": "xlsx"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
    assert rows[1][5:8] == [0, 40, 20]
    page(signed_in(lin), "team_hours", status=404)
