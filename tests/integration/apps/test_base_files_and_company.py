"""Files by content, company settings, inbox."""

from __future__ import annotations

import pytest

from peilian.apps.base import api as base
from peilian.engine._kernel import InputError
from support.builders import a_user

pytestmark = pytest.mark.django_db


def keep(name: str, *chunks: bytes) -> base.StoredFile:
    return base.keep_file(actor=None, name=name, chunks=chunks)


def test_a_file_lies_under_the_hash_of_its_content(home):
    row = keep("../../etc/名单.csv", b"ab", b"c")
    assert row.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (row.name, row.size) == ("名单.csv", 3)
    assert base.file_path(row).read_bytes() == b"abc"
    assert base.file_path(row).is_relative_to(home / "files")


def test_the_same_bytes_are_kept_once(home):
    first, second = keep("a.csv", b"same"), keep("b.csv", b"same")
    assert base.file_path(first) == base.file_path(second)
    assert len([path for path in (home / "files").rglob("*") if path.is_file()]) == 1


def test_dropping_a_file_keeps_bytes_that_another_one_names(home, django_capture_on_commit_callbacks):
    first, second = keep("a.csv", b"same"), keep("b.csv", b"same")
    with django_capture_on_commit_callbacks(execute=True):
        base.drop_file(actor=None, row=first)
    assert base.file_path(second).exists()
    with django_capture_on_commit_callbacks(execute=True):
        base.drop_file(actor=None, row=second)
    assert not base.file_path(second).exists()


def test_a_drop_that_is_undone_keeps_the_bytes(home, django_capture_on_commit_callbacks):
    row = keep("a.csv", b"precious")

    def drop_and_fail() -> None:
        with base.write(actor=None, verb="test.outer"):
            base.drop_file(actor=None, row=base.StoredFile.objects.get(pk=row.pk))
            raise OSError("no space left")

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(OSError, match="no space left"):
        drop_and_fail()
    assert base.file_path(row).read_bytes() == b"precious"
    assert base.StoredFile.objects.filter(pk=row.pk).exists()


def test_an_upload_that_breaks_off_leaves_nothing(home):
    def broken():
        yield b"half"
        raise OSError("connection lost")

    with pytest.raises(OSError, match="connection lost"):
        base.keep_file(actor=None, name="a.csv", chunks=broken())
    assert not base.StoredFile.objects.exists()
    assert [path for path in (home / "files").rglob("*") if path.is_file()] == []


def test_the_company_has_settings_from_the_first_question_on():
    assert base.company().time_zone == "Asia/Shanghai"
    assert base.company().pk == base.company().pk
    assert base.Company.objects.count() == 1


def test_changed_settings_hold_and_are_audited():
    base.change_company(actor=None, name={"zh": " 禾一 ", "en": ""}, time_zone="Asia/Tokyo", calendar="always")
    assert base.company().name == {"zh": "禾一"}
    assert str(base.company_zone()) == "Asia/Tokyo"
    entry = base.AuditEntry.objects.get(verb="base.change_company")
    assert entry.changes["time_zone"] == ["Asia/Shanghai", "Asia/Tokyo"]


@pytest.mark.parametrize(
    ("name", "time_zone", "field"),
    [({"zh": "  "}, "Asia/Shanghai", "name"), ({"zh": "禾一"}, "Mars/Base", "time_zone")],
)
def test_settings_that_make_no_sense_are_refused(name, time_zone, field):
    with pytest.raises(InputError) as error:
        base.change_company(actor=None, name=name, time_zone=time_zone, calendar="always")
    assert error.value.faults[0].field == field


def test_an_inbox_shows_its_owner_the_newest_message_first_and_nobody_elses():
    own, other = a_user("agent"), a_user("agent")
    for number in (1, 2):
        base.send(recipient=own, key="inbox.job_done", params={"number": number})
    base.send(recipient=other, key="inbox.job_failed", params={})
    assert [message.params for message in base.inbox_of(user=own)] == [{"number": 2}, {"number": 1}]


def test_a_file_name_keeps_no_control_characters(db, home):
    kept = base.keep_file(actor=None, name="a\x00b\x07.csv", chunks=[b"x"])
    assert kept.name == "ab.csv"
