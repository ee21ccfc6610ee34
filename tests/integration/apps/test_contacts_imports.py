"""Importing through the door of contacts: what becomes of rows, uploads and jobs, whatever happens on the way."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from peilian.adapters.lake import Lake
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.contacts import work
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError
from peilian.engine.reading.lexicon import Ban
from peilian.flows import reading
from support.builders import a_company, a_unit
from support.company import a_login
from support.messages import COLUMNS, ROWS

# Files are dropped when a transaction is over, so it has to be a real one.
pytestmark = pytest.mark.django_db(transaction=True)


def a_table(rows=ROWS) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows((COLUMNS, *rows))
    return text.getvalue().encode()


@pytest.fixture
def manager(home):
    return a_login("manager", "training_manager")


def prepared(user, *files: tuple[str, bytes]):
    return contacts.prepare_import(actor=user, uploads=[(name, [data]) for name, data in files])


def run_jobs() -> None:
    while base.run_next_job():
        pass


def imported(user, *files: tuple[str, bytes]):
    row = contacts.start_import(actor=user, row=prepared(user, *files))
    run_jobs()
    row.refresh_from_db()
    return row


def kept_bytes(home: Path) -> list[Path]:
    return [path for path in (home / "files").rglob("*") if path.is_file()]


def n_stored(home: Path) -> int:
    return sum(segment.n_messages for segment in Lake.open(home / "lake").segments)


class KilledError(BaseException):
    """Stands for the death of the worker: nothing that follows is run."""


def killed(*_args, **_kwargs):
    raise KilledError


def give_the_lease_up() -> None:
    with base.bookkeeping():
        base.Job.objects.filter(state="running").update(heartbeat_at=timezone.now() - timedelta(minutes=5))


def test_an_upload_waits_and_is_no_import_yet(manager, home):
    row = prepared(manager, ("a.csv", a_table()))
    assert not contacts.imports(user=manager).exists()
    assert not base.Job.objects.exists()
    assert len(kept_bytes(home)) == 1
    assert contacts.prepared_import(user=manager, pk=row.pk) == row


def test_nobody_else_finds_what_somebody_has_uploaded(manager):
    row = prepared(manager, ("a.csv", a_table()))
    colleague = a_login("colleague", "training_manager")
    with pytest.raises(NotVisibleError):
        contacts.prepared_import(user=colleague, pk=row.pk)


def test_an_import_stores_reads_and_drops_what_was_uploaded(manager, home):
    row = imported(manager, ("a.csv", a_table()))
    assert row.job.state == "done"
    assert row.report["conversations"] == {"read": 3, "stored": 3, "duplicate": 0, "rejected": 0}
    assert row.report["messages"]["stored"] == 6
    assert row.job.result == {"conversations": 3, "messages": 6, "duplicate": 0, "rejected": 0}
    assert kept_bytes(home) == []
    assert not row.files.exists()
    assert all(segment.lexicon_version for segment in Lake.open(home / "lake").segments)


def test_importing_the_same_twice_stores_it_once(manager, home):
    imported(manager, ("a.csv", a_table()))
    again = imported(manager, ("a.csv", a_table()))
    assert again.report["conversations"] == {"read": 3, "stored": 0, "duplicate": 3, "rejected": 0}
    assert n_stored(home) == 6


def test_gbk_is_read_as_gbk(manager, home):
    row = imported(manager, ("会话.csv", a_table().decode().encode("gb18030")))
    assert row.report["messages"]["stored"] == 6
    view = contacts.conversation(user=manager, conversation_id="c1")
    assert view is not None
    assert view.conversation.messages[0].text == "你好,杯子到的时候碎了"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.csv", b"id,when\n1,2\n", "import.missing_column"),
        ("a.parquet", b"PAR1 no parquet PAR1", "import.not_parquet"),
        (
            "a.csv",
            b"conversation_id,role,text\n" + b"1,customer,\xff\xfe\xff\x81\x20\xff\n" * 9,
            "import.wrong_encoding",
        ),
    ],
)
def test_a_file_that_cannot_be_used_fails_the_import_and_leaves_nothing(manager, home, name, data, reason):
    row = imported(manager, (name, data))
    assert row.job.state == "failed"
    assert {fault["reason"]["key"] for fault in row.job.faults} == {reason}
    assert row.report is None
    assert n_stored(home) == 0
    assert kept_bytes(home) == []


def test_one_bad_file_keeps_the_good_one_out_as_well(manager, home):
    row = imported(manager, ("good.csv", a_table()), ("bad.csv", b"id,when\n1,2\n"))
    assert row.job.state == "failed"
    assert n_stored(home) == 0


def test_bad_rows_are_kept_with_file_row_and_field_and_nothing_else_of_them(manager, home):
    bad = ("c9", "1", "yesterday", "customer", "k9", "secret words", "k9", "chat", "refund")
    row = imported(manager, ("a.csv", a_table((*ROWS, bad))))
    assert row.report["conversations"]["rejected"] == 1
    assert row.report["conversations"]["stored"] == 3
    (fault,) = contacts.rejects(user=manager, row=row)
    assert (fault["file"], fault["row"], fault["field"], fault["key"]) == ("a.csv", 7, "at", "import.not_a_time")
    assert "secret words" not in "".join(path.read_text() for path in kept_bytes(home))


def test_an_import_cancelled_in_the_queue_drops_its_uploads(manager, home):
    row = contacts.start_import(actor=manager, row=prepared(manager, ("a.csv", a_table())))
    base.cancel_job(actor=manager, job=row.job)
    run_jobs()
    row.refresh_from_db()
    assert row.job.state == "cancelled"
    assert kept_bytes(home) == []
    assert not (home / "lake" / "lake.json").exists() or n_stored(home) == 0


def test_an_import_cancelled_while_it_stores_leaves_nothing(manager, home, monkeypatch):
    row = contacts.start_import(actor=manager, row=prepared(manager, ("a.csv", a_table())))
    told = base.JobContext.progress

    def cancelling(self, done, total, phase):
        if phase == "import.assemble":
            base.cancel_job(actor=manager, job=row.job)
        self._saved_at = 0.0
        told(self, done, total, phase)

    monkeypatch.setattr(base.JobContext, "progress", cancelling)
    run_jobs()
    row.refresh_from_db()
    assert row.job.state == "cancelled"
    assert row.report is None
    assert n_stored(home) == 0
    assert kept_bytes(home) == []


def test_a_cancel_while_reading_keeps_what_is_stored_and_the_rest_can_be_read(manager, home, monkeypatch):
    row = contacts.start_import(actor=manager, row=prepared(manager, ("a.csv", a_table())))
    told = base.JobContext.progress

    def cancelling(self, done, total, phase):
        if phase == "read":
            base.cancel_job(actor=manager, job=row.job)
        self._saved_at = 0.0
        told(self, done, total, phase)

    with monkeypatch.context() as patch:
        patch.setattr(base.JobContext, "progress", cancelling)
        assert base.run_next_job()
    row.refresh_from_db()
    assert row.job.state == "cancelled"
    assert row.report["conversations"]["stored"] == 3
    assert not contacts.conversation(user=manager, conversation_id="c1").reading

    job = contacts.start_reading(actor=manager)
    assert contacts.start_reading(actor=manager) == job
    run_jobs()
    assert contacts.conversation(user=manager, conversation_id="c1").reading


def test_conversations_are_read_again_once_after_a_list_of_forbidden_wording_changed(manager, home, monkeypatch):
    contacts.start_import(actor=manager, row=prepared(manager, ("a.csv", a_table(ROWS))))
    run_jobs()
    assert contacts.read_by_new_lists() is None, "read by the lists of today"
    other = reading.lexicons().forbidding([Ban("phrases:mine/words#one.1.zh", "zh", ("退款",))])
    monkeypatch.setattr(library, "lexicons_at_work", lambda: other)
    assert contacts.read_by_new_lists() is not None
    assert contacts.read_by_new_lists() is None, "it waits already"
    run_jobs()
    assert not work.lake().unread_segments(other.version)
    monkeypatch.setattr(library, "lexicons_at_work", reading.lexicons)  # changed once more
    assert contacts.read_by_new_lists() is None, "not twice within an hour"


def test_a_worker_that_dies_between_storing_and_reporting_doubles_nothing(manager, home, monkeypatch):
    bad = ("c9", "1", "yesterday", "customer", "k9", "words", "k9", "chat", "refund")
    row = contacts.start_import(actor=manager, row=prepared(manager, ("a.csv", a_table((*ROWS, bad)))))
    with monkeypatch.context() as patch:
        patch.setattr(work, "finish_import", killed)
        with pytest.raises(KilledError):
            base.run_next_job()
    assert n_stored(home) == 6
    row.refresh_from_db()
    assert row.report is None
    assert row.files.exists()

    give_the_lease_up()
    run_jobs()
    row.refresh_from_db()
    assert row.job.state == "done"
    assert n_stored(home) == 6
    assert row.report["conversations"] == {"read": 4, "stored": 3, "duplicate": 0, "rejected": 1}
    assert row.report["faults"][0]["key"] == "import.not_a_time"
    assert row.report["clock_fault_conversations"] is None
    assert not row.files.exists()
    assert contacts.conversation(user=manager, conversation_id="c1").reading


def test_a_worker_that_dies_while_reading_is_followed_by_one_that_reads_on(manager, home, monkeypatch):
    row = contacts.start_import(actor=manager, row=prepared(manager, ("a.csv", a_table())))
    with monkeypatch.context() as patch:
        patch.setattr(work, "read_unread", killed)
        with pytest.raises(KilledError):
            base.run_next_job()
    give_the_lease_up()
    run_jobs()
    row.refresh_from_db()
    assert row.job.state == "done"
    assert row.report["conversations"]["stored"] == 3
    assert contacts.conversation(user=manager, conversation_id="c1").reading


def test_a_later_import_of_the_same_files_is_not_taken_for_the_one_that_died(manager, home):
    imported(manager, ("a.csv", a_table()))
    again = imported(manager, ("a.csv", a_table()))
    assert again.report["conversations"]["duplicate"] == 3


def test_a_second_click_starts_no_second_import(manager):
    row = prepared(manager, ("a.csv", a_table()))
    first = contacts.start_import(actor=manager, row=row)
    second = contacts.start_import(actor=manager, row=row)
    assert first.job == second.job
    assert base.Job.objects.filter(kind="contacts.import").count() == 1


def test_an_upload_that_nobody_starts_is_gone_after_a_day(manager, home):
    row = prepared(manager, ("a.csv", a_table()))
    contacts.drop_leftovers(now=row.created_at + timedelta(hours=23))
    assert len(kept_bytes(home)) == 1
    contacts.drop_leftovers(now=row.created_at + timedelta(hours=25))
    assert kept_bytes(home) == []
    with pytest.raises(NotVisibleError):
        contacts.prepared_import(user=manager, pk=row.pk)


def test_the_next_upload_clears_old_ones_away(manager, home):
    row = prepared(manager, ("old.csv", a_table()))
    with base.bookkeeping():
        contacts.ConversationImport.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=2))
    prepared(manager, ("new.csv", a_table(ROWS[:3])))
    assert [file.name for file in base.StoredFile.objects.all()] == ["new.csv"]
    assert len(kept_bytes(home)) == 1


def test_a_forgotten_import_is_gone_at_once(manager, home):
    contacts.forget_import(actor=manager, row=prepared(manager, ("a.csv", a_table())))
    assert kept_bytes(home) == []
    assert not contacts.ConversationImport.objects.exists()


def test_an_upload_that_breaks_off_leaves_no_file(manager, home):
    def broken():
        yield b"conversation_id"
        raise OSError("connection lost")

    with pytest.raises(OSError, match="connection lost"):
        contacts.prepare_import(actor=manager, uploads=[("a.csv", [a_table()]), ("b.csv", broken())])
    assert kept_bytes(home) == []
    assert not base.StoredFile.objects.exists()


def test_a_very_long_name_is_no_obstacle(manager):
    row = imported(manager, ("很长" * 60 + ".csv", a_table()))
    assert row.job.state == "done", row.job.faults


def test_an_import_waits_for_another_writer_of_the_lake(manager, home, monkeypatch):
    lake = work.lake()
    pen = lake.writing()
    pen.__enter__()
    monkeypatch.setattr(work.time, "sleep", lambda _seconds: pen.__exit__(None, None, None))
    row = imported(manager, ("a.csv", a_table()))
    assert row.job.state == "done", row.job.faults


@pytest.mark.parametrize("role", ["agent", "supervisor", "quality_inspector", "leadership", None])
def test_who_may_not_import_finds_no_door_to_it(home, role):
    unit = a_unit("team", parent=a_company())
    user = (
        a_login("somebody", role, unit=unit if role in ("supervisor", "quality_inspector") else None) if role else None
    )
    if user is None:
        from django.contrib.auth.models import AnonymousUser

        user = AnonymousUser()
    with pytest.raises(NotVisibleError):
        contacts.prepare_import(actor=user, uploads=[("a.csv", [a_table()])])
    with pytest.raises(NotVisibleError):
        contacts.imports(user=user)
    with pytest.raises(NotVisibleError):
        contacts.start_reading(actor=user)
    assert not base.StoredFile.objects.exists()


def test_every_step_leaves_its_trace_in_the_audit_trail(manager):
    imported(manager, ("a.csv", a_table()))
    verbs = set(base.AuditEntry.objects.values_list("verb", flat=True))
    assert {
        "contacts.prepare_import",
        "contacts.start_import",
        "contacts.finish_import",
        "contacts.drop_uploads",
    } <= verbs
