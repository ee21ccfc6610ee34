"""The import wizard: choose, look, start, watch, read the report; and that files of customers do not stay behind."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from support.company import a_login
from support.messages import COLUMNS, ROWS

NEW = "/imports/new/"
# Files are dropped when a transaction is over, so it has to be a real one.
pytestmark = pytest.mark.django_db(transaction=True)


def a_table(rows=ROWS) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows((COLUMNS, *rows))
    return text.getvalue().encode()


def a_row(**values: str) -> tuple[str, ...]:
    row = dict(zip(COLUMNS, ROWS[0], strict=True)) | values
    return tuple(row[name] for name in COLUMNS)


@pytest.fixture
def client_of_manager(home, signed_in):
    """Signed in as somebody who may import and read everything."""
    return signed_in(a_login("manager", "training_manager"))


def html(response, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()


def uploaded(client, *files: tuple[str, bytes]) -> str:
    """The address of the second step, after choosing files."""
    response = client.post(NEW, {"upload": [SimpleUploadedFile(name, data) for name, data in files]})
    assert response.status_code == 302, html(response, 422)
    return response["Location"]


def started(client, *files: tuple[str, bytes]) -> str:
    """The address of the report, after starting the import."""
    return client.post(uploaded(client, *files), {"do": "start"})["Location"]


def run_jobs() -> None:
    while base.run_next_job():
        pass


def kept_bytes(home) -> list:
    return [path for path in (home / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("address", ["/imports/", NEW])
@pytest.mark.parametrize("role", ["agent", "leadership", "mentor", "external_lecturer"])
def test_to_who_may_not_import_there_is_no_such_page(home, signed_in, role, address):
    client = signed_in(a_login("somebody", role))
    assert client.get(address).status_code == 404
    assert client.post(NEW, {"upload": SimpleUploadedFile("a.csv", a_table())}).status_code == 404
    assert client.post("/imports/read/").status_code == 404
    assert not base.StoredFile.objects.exists()


def test_a_guest_is_asked_to_sign_in(home, client):
    for address in ("/imports/", NEW):
        assert "/sign-in/" in client.get(address)["Location"]


def test_each_page_answers_to_its_own_methods_only(client_of_manager):
    assert client_of_manager.post("/imports/").status_code == 405
    assert client_of_manager.get("/imports/read/").status_code == 405
    assert client_of_manager.put(NEW).status_code == 405


def test_the_administrator_imports_and_is_not_led_where_it_may_not_go(home, signed_in):
    client = signed_in(a_login("admin", "administrator"))
    address = started(client, ("a.csv", a_table()))
    run_jobs()
    page = html(client.get(address))
    assert "已入库" in page
    assert "/insight/" not in page


def test_files_lead_from_choice_to_report(client_of_manager, home):
    look = uploaded(client_of_manager, ("a.csv", a_table()))
    page = html(client_of_manager.get(look))
    assert "a.csv" in page
    assert "还没有存入" in page
    assert "杯子到的时候碎了" in page
    assert "2026-11-02 10:00:00" in page
    assert contacts.is_empty()

    report = client_of_manager.post(look, {"do": "start"})["Location"]
    waiting = html(client_of_manager.get(report))
    assert "正在导入" in waiting
    assert "/ws/jobs/" in waiting
    assert "/cancel/" in waiting

    run_jobs()
    page = html(client_of_manager.get(report))
    assert "<strong>3</strong> 条会话、<strong>6</strong> 条消息" in page
    assert "/ws/jobs/" not in page
    assert kept_bytes(home) == []
    assert "a.csv" in html(client_of_manager.get("/imports/"))
    assert client_of_manager.get(look)["Location"] == report


def test_several_files_are_looked_at_one_by_one(client_of_manager):
    about = b"conversation_id,csat,csat_max\nc1,5,5\n"
    page = html(client_of_manager.get(uploaded(client_of_manager, ("a.csv", a_table()), ("b.csv", about))))
    assert page.count('class="file-look"') == 2
    assert 'value="start"' in page


def test_a_table_of_conversations_alone_is_told_to_lack_messages(client_of_manager):
    about = b"conversation_id,csat,csat_max\nc1,5,5\n"
    assert "没有消息表" in html(client_of_manager.get(uploaded(client_of_manager, ("b.csv", about))))


def test_what_identifies_people_is_masked_before_anybody_looks(client_of_manager):
    row = a_row(text="我的电话13812345678，邮箱 a.b@example.com", customer="kai-secret", author="kai-secret")
    page = html(client_of_manager.get(uploaded(client_of_manager, ("a.csv", a_table((row,))))))
    for secret in ("13812345678", "a.b@example.com", "kai-secret"):
        assert secret not in page


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_common_encodings_are_recognised(client_of_manager, encoding):
    page = html(client_of_manager.get(uploaded(client_of_manager, ("a.csv", a_table().decode().encode(encoding)))))
    assert "杯子到的时候碎了" in page


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"id,when\n1,2\n", "缺少这一列"),
        ("a.csv", ",".join(COLUMNS).encode() + b"\n", "没有一行数据"),
        ("a.parquet", b"PAR1 this is none PAR1", "不是可读的 Parquet"),
        ("a.csv", b"conversation_id,role,text\n" + b"1,customer,\xff\xfe\xff\x81\x20\xff\n" * 9, "另存为 UTF-8"),
        ("a.jsonl", b'[{"conversation_id": 1}]\n', ""),
        ("a.csv", b"\x00\x01\x02\x03" * 50, ""),
        ("a.csv", b'"unfinished\n' * 3, ""),
    ],
)
def test_a_file_that_cannot_be_used_is_told_apart_and_cannot_be_started(client_of_manager, home, name, data, words):
    look = uploaded(client_of_manager, ("good.csv", a_table()), (name, data))
    page = html(client_of_manager.get(look))
    assert "这个文件无法导入" in page
    assert words in page
    assert 'value="start"' not in page
    assert contacts.is_empty()
    assert client_of_manager.post(look, {"do": "forget"})["Location"] == NEW
    assert kept_bytes(home) == []
    assert client_of_manager.get(look).status_code == 404


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "请至少选择一个文件"),
        ([("a.csv", b"")], "a.csv 是空文件"),
        ([("good.csv", a_table()), ("a.exe", b"MZ")], "a.exe"),
        ([("noending", b"x")], "noending"),
        ([(f"{n}.csv", b"x") for n in range(13)], "一次最多选 12 个文件"),
    ],
)
def test_a_choice_that_makes_no_sense_is_said_at_once_and_nothing_is_kept(client_of_manager, home, files, words):
    response = client_of_manager.post(NEW, {"upload": [SimpleUploadedFile(*file) for file in files]})
    assert words in html(response, 422)
    assert kept_bytes(home) == []


def test_names_of_files_and_what_is_in_them_are_never_markup(client_of_manager):
    name = "<img src=x onerror=alert(1)>.csv"
    row = a_row(text="<script>alert(2)</script>", topic="<b>topic</b>")
    bad = a_row(conversation_id="<i>c9</i>", role="<u>role</u>")
    look = uploaded(client_of_manager, (name, a_table((row, bad))))
    report = client_of_manager.post(look, {"do": "start"})["Location"]
    look = uploaded(client_of_manager, (name, a_table((row, bad))))
    run_jobs()
    for address in (look, report, "/imports/"):
        page = html(client_of_manager.get(address))
        for markup in ("<img src=x", "<script>alert", "<b>topic", "<i>c9", "<u>role"):
            assert markup not in page, address
    assert "&lt;i&gt;c9&lt;/i&gt;" in html(client_of_manager.get(report))


def test_nobody_else_can_look_at_start_or_forget_an_upload(client_of_manager, home, client, signed_in):
    look = uploaded(client_of_manager, ("a.csv", a_table()))
    colleague = signed_in(a_login("colleague", "training_manager"))
    assert colleague.get(look).status_code == 404
    assert colleague.post(look, {"do": "start"}).status_code == 404
    assert colleague.post(look, {"do": "forget"}).status_code == 404
    assert not base.Job.objects.exists()
    assert len(kept_bytes(home)) == 1


def test_an_import_that_was_never_made_is_no_page(client_of_manager):
    nowhere = "/imports/01a201d5-a037-7610-bb1c-0f1475f68328/"
    for address in (nowhere, f"{nowhere}check/", f"{nowhere}rejects.csv"):
        assert client_of_manager.get(address).status_code == 404


def test_a_second_click_on_import_leads_to_the_same_report(client_of_manager):
    look = uploaded(client_of_manager, ("a.csv", a_table()))
    first = client_of_manager.post(look, {"do": "start"})["Location"]
    assert client_of_manager.post(look, {"do": "start"})["Location"] == first
    assert base.Job.objects.filter(kind="contacts.import").count() == 1


def test_rows_that_cannot_be_used_are_shown_with_their_place_and_taken_home(client_of_manager):
    bad = [a_row(conversation_id="c8", at="昨天"), a_row(conversation_id="=1+1", role="buyer")]
    address = started(client_of_manager, ("a.csv", a_table((*ROWS, *bad))))
    run_jobs()
    page = html(client_of_manager.get(address))
    assert "另有 2 条会话因数据问题未导入" in page
    assert "“昨天”不是时间" in page
    response = client_of_manager.get(f"{address}rejects.csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["文件"], row["行"], row["字段"]) for row in rows] == [("a.csv", "7", "at"), ("a.csv", "8", "role")]
    assert rows[1]["会话"] == "'=1+1"


def test_rejects_are_told_in_the_readers_language(client_of_manager):
    address = started(client_of_manager, ("a.csv", a_table((*ROWS, a_row(conversation_id="c8", at="soon")))))
    run_jobs()
    people.set_language(user=people.User.objects.get(username="manager"), language="en")
    text = b"".join(client_of_manager.get(f"{address}rejects.csv").streaming_content).decode("utf-8-sig")
    assert text.startswith("File,Row,Field")
    assert "is no time" in text


def test_answers_before_their_question_are_told(client_of_manager):
    rows = (
        a_row(),
        a_row(message_id="0", at="2026-11-02T09:59:00+08:00", role="agent", author="a1", text="您好"),
    )
    address = started(client_of_manager, ("a.csv", a_table(rows)))
    run_jobs()
    assert "回复时间早于提问" in html(client_of_manager.get(address))


def test_files_without_news_are_told_to_hold_none(client_of_manager):
    started(client_of_manager, ("a.csv", a_table()))
    address = started(client_of_manager, ("a.csv", a_table()))
    run_jobs()
    assert "没有新内容" in html(client_of_manager.get(address))


def test_an_import_that_was_stopped_says_what_was_kept(client_of_manager, home):
    address = started(client_of_manager, ("a.csv", a_table()))
    stop = re.search(r'hx-post="([^"]+/cancel/)"', html(client_of_manager.get(address)))[1]
    assert client_of_manager.post(stop).status_code == 302
    run_jobs()
    page = html(client_of_manager.get(address))
    assert "导入已停止" in page
    assert contacts.is_empty()
    assert kept_bytes(home) == []


def test_an_import_that_failed_says_why_and_what_to_do(client_of_manager, home):
    address = started(client_of_manager, ("a.csv", b"id,when\n1,2\n"))
    run_jobs()
    page = html(client_of_manager.get(address))
    assert "导入没有成功" in page
    assert "缺少这一列" in page
    assert f'href="{NEW}"' in page
    assert kept_bytes(home) == []


def test_a_reading_that_was_stopped_can_be_taken_up(client_of_manager, monkeypatch):
    address = started(client_of_manager, ("a.csv", a_table()))
    told = base.JobContext.progress

    def cancelling(self, done, total, phase):
        if phase == "read":
            base.cancel_job(actor=None, job=base.Job.objects.get(pk=self.job_id))
        self._saved_at = 0.0
        told(self, done, total, phase)

    with monkeypatch.context() as patch:
        patch.setattr(base.JobContext, "progress", cancelling)
        assert base.run_next_job()
    page = html(client_of_manager.get(address))
    assert "<strong>3</strong> 条会话" in page
    assert 'action="/imports/read/"' in page
    client_of_manager.post("/imports/read/")
    run_jobs()
    assert contacts.conversation(user=people.User.objects.get(username="manager"), conversation_id="c1").reading


def test_the_first_visit_says_what_importing_is_for(client_of_manager):
    page = html(client_of_manager.get("/imports/"))
    assert "还没有导入过" in page
    assert f'href="{NEW}"' in page


def test_the_wizard_speaks_english(client_of_manager):
    people.set_language(user=people.User.objects.get(username="manager"), language="en")
    look = uploaded(client_of_manager, ("a.csv", a_table()))
    assert "Nothing is stored yet." in html(client_of_manager.get(look))
    address = client_of_manager.post(look, {"do": "start"})["Location"]
    run_jobs()
    assert "<strong>3</strong> conversations with <strong>6</strong> messages" in html(client_of_manager.get(address))


def test_a_large_file_is_passed_on_in_pieces(client_of_manager, monkeypatch):
    """Whatever its size, only a piece of it is in memory at a time."""
    pieces = []
    keep = base.keep_file

    def watching(*, actor, name, chunks):
        def passed():
            for chunk in chunks:
                pieces.append(len(chunk))
                yield chunk

        return keep(actor=actor, name=name, chunks=passed())

    monkeypatch.setattr(base, "keep_file", watching)
    rows = tuple(a_row(conversation_id=f"c{n}", text="x" * 900) for n in range(6000))
    data = a_table(rows)
    assert len(data) > 5_000_000
    uploaded(client_of_manager, ("big.csv", data))
    assert sum(pieces) == len(data)
    assert max(pieces) <= 1 << 16
