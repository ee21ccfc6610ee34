"""Certificates: who gets one, once; how it ends, is renewed, put in doubt and taken back; what a code tells."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import Error, connection, transaction

from peilian.apps.base import api as base
from peilian.apps.learning import api as learning
from peilian.apps.learning.credentials import issuing
from peilian.apps.learning.credentials.issuing import ALPHABET, new_code
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.builders import a_unit
from support.company import a_login
from support.credentials import KEY, a_certificate, held, learns, open_exam, passes
from support.exams import NOW, ExamClock, a_bank, an_exam
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, NOW)


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


@pytest.fixture
def lead(lin) -> people.User:
    """Who leads the team of Lin and is named as supervisor."""
    unit = a_unit()
    people.place_employee(actor=None, employee=lin.employee, unit=unit, post=None, starts_on=date(2026, 1, 1))
    boss = a_trainee()
    people.grant_role(actor=None, user=boss, role="supervisor", unit=unit, starts_on=date(2026, 1, 1))
    people.set_guide(
        actor=None, employee=lin.employee, guide=boss.employee, kind="supervisor", starts_on=date(2026, 1, 1)
    )  # fmt: skip
    return boss


def messages(user) -> list[str]:
    return [
        one.key for one in base.inbox_of(user=user).order_by("pk") if one.key.startswith(("inbox.cert", "inbox.ext"))
    ]


# -- issuing ----------------------------------------------------------------------------------------------------------


def test_who_passes_the_exam_gets_the_certificate_and_is_told(tmp_path, time, lin):
    sitting = open_exam(tmp_path, a_certificate())
    attempt = passes(lin, sitting)
    (row,) = held(lin)
    assert (row.key, row.serial, row.issued_on, row.expires_on) == (
        KEY,
        "2026-000001",
        date(2026, 3, 2),
        date(2027, 3, 1),
    )
    assert [(one.what, one.attempt_id, one.title) for one in row.grounds.all()] == [
        ("exam:mine/exam", attempt.pk, {"zh": "月考", "en": "Monthly exam"})
    ]
    assert messages(lin) == ["inbox.certificate"]


def test_who_fails_or_stays_below_its_grade_gets_none(tmp_path, time, lin):
    sitting = open_exam(tmp_path, a_certificate(grade="excellent"))
    passes(lin, sitting, wrong=True)
    assert not held(lin)
    passes(lin, sitting)
    assert len(held(lin)) == 1


def test_following_a_result_again_and_every_later_pass_issue_nothing_more(tmp_path, time, lin):
    sitting = open_exam(tmp_path, a_certificate())
    attempt = passes(lin, sitting)
    issuing.issue_for(attempt)
    passes(lin, sitting)
    learning.issue_due()
    assert len(held(lin)) == 1


def test_what_is_completed_counts_in_the_round_of_the_worker(tmp_path, time, lin):
    sitting = open_exam(tmp_path, a_certificate(requires=["exam:mine/exam", "course:x/y"]))
    passes(lin, sitting)
    assert learning.issue_due() == 0
    assert not held(lin)
    learns(lin.employee, "course:x/y", time.at)
    assert learning.issue_due() == 1
    assert learning.issue_due() == 0
    assert {ground.completion_id is None for ground in held(lin)[0].grounds.all()} == {True, False}


def test_a_certificate_that_is_new_comes_to_who_has_all_of_it_already(tmp_path, time, lin):
    passes(lin, open_exam(tmp_path))
    assert learning.issue_due() == 0
    installed(tmp_path, a_bank(), an_exam(attempts=None), a_certificate(), version="3")
    assert learning.issue_due() == 1


def test_who_has_left_gets_none_in_the_round(tmp_path, time, lin):
    open_exam(tmp_path, a_certificate(requires=["course:x/y"]))
    learns(lin.employee, "course:x/y", time.at)
    people.change_employee(actor=None, employee=lin.employee, name="林", left_on=date(2026, 2, 1), hired_on=None)
    assert learning.issue_due() == 0


def test_a_withdrawn_completion_earns_nothing(tmp_path, time, lin):
    open_exam(tmp_path, a_certificate(requires=["course:x/y"]))
    row = learns(lin.employee, "course:x/y", time.at)
    learning.withdraw_completion(actor=None, completion=row, note="记错了人")
    assert learning.issue_due() == 0


def test_serial_numbers_run_on_without_a_gap(tmp_path, time):
    sitting = open_exam(tmp_path, a_certificate(), a_certificate(key="mine/other"))
    for _ in range(2):
        passes(a_trainee(), sitting)
    serials = sorted(learning.Certificate.objects.values_list("serial", flat=True))
    assert serials == [f"2026-00000{n}" for n in (1, 2, 3, 4)]


def test_codes_have_a_hundred_bits_of_signs_that_nobody_mixes_up():
    assert len(set(ALPHABET)) == len(ALPHABET) == 32
    assert not set("01OI") & set(ALPHABET)
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == learning.CODE_LENGTH == 20 for code in codes)


@pytest.mark.parametrize("table", ["learning_certificate", "learning_certificateground"])
def test_the_database_itself_refuses_to_change_a_certificate(tmp_path, time, lin, table):
    passes(lin, open_exam(tmp_path, a_certificate()))
    for sql in (f"UPDATE {table} SET title = '{{}}'", f"DELETE FROM {table}"):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_the_guard_taken_from_one_ledger_stays_on_the_others(tmp_path, time, lin):
    passes(lin, open_exam(tmp_path, a_certificate()))
    removed = base.guard.lifted(connection, ("learning_completion",))
    with removed, pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM learning_certificate")
    assert len(held(lin)) == 1


# -- its end ----------------------------------------------------------------------------------------------------------


def test_it_is_renewed_by_what_renews_it_within_the_window_and_follows_on_without_a_gap(tmp_path, time, lin):
    sitting = open_exam(
        tmp_path, a_certificate(requires=["exam:mine/exam", "course:x/y"], renew_by="exam:mine/exam")
    )  # fmt: skip
    learns(lin.employee, "course:x/y", time.at)
    passes(lin, sitting)
    time.pass_(days=100)
    passes(lin, sitting)
    assert len(held(lin)) == 1
    time.pass_(days=230)  # a month before the end
    passes(lin, sitting)
    first, second = held(lin)
    assert second.renewed_from == first
    assert (first.expires_on, second.expires_on) == (date(2027, 3, 1), date(2028, 3, 1))


def test_reminders_come_once_each_and_at_the_end_who_leads_is_told_too(tmp_path, time, lin, lead):
    passes(lin, open_exam(tmp_path, a_certificate(reminders=[{"days": 60}, {"days": 14}])))
    for days in (300, 6, 1, 45, 1, 12, 1, 1, 30):
        time.pass_(days=days)
        learning.remind_due()
        learning.remind_due()
    assert messages(lin) == [
        "inbox.certificate",
        "inbox.certificate_ends",
        "inbox.certificate_ends",
        "inbox.certificate_ended",
    ]
    assert messages(lead) == ["inbox.certificate_ended_of"]


def test_what_was_missed_while_nothing_ran_is_told_once(tmp_path, time, lin):
    passes(lin, open_exam(tmp_path, a_certificate()))
    time.pass_(days=360)
    assert learning.remind_due() == 1
    assert messages(lin).count("inbox.certificate_ends") == 1
    assert learning.remind_due() == 0


def test_a_renewed_or_revoked_certificate_reminds_nobody(tmp_path, time, lin):
    sitting = open_exam(tmp_path, a_certificate(renew_by="exam:mine/exam"))
    passes(lin, sitting)
    time.pass_(days=330)
    passes(lin, sitting)
    time.pass_(days=60)
    assert learning.remind_due() == 0
    learning.revoke_certificate(actor=None, certificate_id=held(lin)[-1].pk, reason="代考")
    time.pass_(days=3000)
    assert learning.remind_due() == 0


# -- doubts and decisions ---------------------------------------------------------------------------------------------


def in_doubt(tmp_path, time, lin) -> learning.Certificate:
    open_exam(tmp_path, a_certificate(requires=["course:x/y"]))
    row = learns(lin.employee, "course:x/y", time.at)
    learning.issue_due()
    learning.withdraw_completion(actor=None, completion=row, note="成绩有误")
    learning.issue_due()
    learning.issue_due()
    return held(lin)[0]


def test_a_ground_that_is_gone_puts_it_in_doubt_once_and_takes_nothing_back(tmp_path, time, lin, lead):
    row = in_doubt(tmp_path, time, lin)
    opened = learning.certificate_of(user=lead, certificate_id=row.pk)
    assert (opened.standing, len(opened.doubts), opened.may_decide) == ("valid", 1, True)
    assert messages(lead) == ["inbox.certificate_in_doubt"]


def test_a_result_that_is_no_longer_passed_puts_it_in_doubt(tmp_path, time, lin, lead):
    attempt = passes(lin, open_exam(tmp_path, a_certificate()))
    attempt.is_passed, attempt.grade = False, ""
    with base.bookkeeping():
        attempt.save()
    issuing.issue_for(attempt)
    issuing.issue_for(attempt)
    (row,) = held(lin)
    assert len(learning.certificate_of(user=lead, certificate_id=row.pk).doubts) == 1


def test_a_grade_that_falls_below_what_the_certificate_asks_puts_it_in_doubt(tmp_path, time, lin, lead):
    attempt = passes(lin, open_exam(tmp_path, a_certificate(grade="good")))
    attempt.grade = "qualified"
    with base.bookkeeping():
        attempt.save()
    issuing.issue_for(attempt)
    (row,) = held(lin)
    assert len(learning.certificate_of(user=lead, certificate_id=row.pk).doubts) == 1


def test_a_certificate_that_could_not_be_issued_is_tried_again_in_the_next_round(tmp_path, time, lin, monkeypatch):
    open_exam(tmp_path, a_certificate(requires=["course:x/y"]))
    learns(lin.employee, "course:x/y", time.at)
    with monkeypatch.context() as broken:
        broken.setattr(issuing, "issue", lambda *_: 1 / 0)
        assert learning.issue_due() == 0
    assert learning.issue_due() == 1


def test_doubts_beyond_those_of_one_round_are_looked_at_in_the_next(tmp_path, time, monkeypatch):
    monkeypatch.setattr(issuing, "_MOST_AT_ONCE", 2)
    open_exam(tmp_path, a_certificate(requires=["course:x/y"]))
    rows = [learns(a_trainee().employee, "course:x/y", time.at) for _ in range(3)]
    for _ in range(3):
        learning.issue_due()
    assert learning.Certificate.objects.count() == 3
    for row in rows:
        learning.withdraw_completion(actor=None, completion=row, note="成绩有误")
    for _ in range(3):
        learning.issue_due()
    assert learning.CredentialEvent.objects.filter(kind="questioned").count() == 3


def test_upholding_settles_the_doubt_with_a_reason(tmp_path, time, lin, lead):
    row = in_doubt(tmp_path, time, lin)
    with pytest.raises(InputError):
        learning.uphold_certificate(actor=lead, certificate_id=row.pk, reason=" ")
    learning.uphold_certificate(actor=lead, certificate_id=row.pk, reason="现场复核合格")
    assert not learning.certificate_of(user=lead, certificate_id=row.pk).doubts
    with pytest.raises(InputError):
        learning.uphold_certificate(actor=lead, certificate_id=row.pk, reason="再来一次")
    learning.issue_due()
    assert not learning.certificate_of(user=lead, certificate_id=row.pk).doubts


def test_revoking_needs_a_reason_happens_once_and_is_told(tmp_path, time, lin, lead):
    passes(lin, open_exam(tmp_path, a_certificate()))
    (row,) = held(lin)
    with pytest.raises(InputError):
        learning.revoke_certificate(actor=lead, certificate_id=row.pk, reason="")
    for _ in range(2):
        learning.revoke_certificate(actor=lead, certificate_id=row.pk, reason="代考")
    opened = learning.certificate_of(user=lin, certificate_id=row.pk)
    assert (opened.standing, [event.reason for event in opened.events]) == ("revoked", ["代考"])
    assert messages(lin).count("inbox.certificate_revoked") == 1
    assert learning.issue_due() == 0  # what it rested on counts no more
    time.pass_(days=1)
    passes(lin, learning.Sitting.objects.get())
    assert len(held(lin)) == 2


def test_nobody_decides_about_the_own_certificate_or_one_of_another_team(tmp_path, time, lin, lead):
    sitting = open_exam(tmp_path, a_certificate())
    passes(lead, sitting)
    passes(lin, sitting)
    other = a_login("other", "supervisor", unit=a_unit())
    for actor, owner in ((lead, lead), (other, lin), (lin, lin)):
        with pytest.raises(people.NotVisibleError):
            learning.revoke_certificate(actor=actor, certificate_id=held(owner)[0].pk, reason="代考")
    with pytest.raises(people.NotVisibleError):
        learning.certificate_of(user=other, certificate_id=held(lin)[0].pk)


# -- looking ----------------------------------------------------------------------------------------------------------


def test_the_own_page_tells_what_is_held_what_ends_and_what_is_missing(tmp_path, time, lin):
    second = a_certificate(key="mine/other", requires=["exam:mine/exam", "course:x/y"])
    sitting = open_exam(tmp_path, a_certificate(), second)
    passes(lin, sitting)
    ready, other = learning.certificates_of(user=lin)
    assert (ready.standing, ready.renewable_on) == ("valid", date(2027, 3, 1) - timedelta(days=60))
    assert [(one.what, one.is_met) for one in other.asked] == [("exam:mine/exam", True), ("course:x/y", False)]
    assert other.latest is None


def test_a_lead_sees_who_has_it_whose_ends_soon_and_who_lacks_it(tmp_path, time, lin, lead):
    passes(lin, open_exam(tmp_path, a_certificate()))
    time.pass_(days=310)
    lines = {one.employee.pk: one for one in learning.team_certificates(user=lead, key=KEY)}
    assert (lines[lin.employee_id].standing, lines[lin.employee_id].ends_soon) == ("valid", True)
    assert lines[lead.employee_id].latest is None
    assert learning.team_certificates(user=lin, key=KEY)[0].employee == lin.employee


def test_the_team_list_takes_as_many_queries_for_many_as_for_one(
    tmp_path, time, lin, lead, django_assert_max_num_queries
):
    sitting = open_exam(tmp_path, a_certificate())
    unit = lin.employee.memberships.order_by("pk").last().unit
    for _ in range(6):
        user = a_trainee()
        people.place_employee(actor=None, employee=user.employee, unit=unit, post=None, starts_on=date(2026, 1, 1))
        passes(user, sitting)
    with django_assert_max_num_queries(8):
        assert sum(one.standing == "valid" for one in learning.team_certificates(user=lead, key=KEY)) == 6


def test_a_code_tells_the_little_that_an_outsider_may_know(tmp_path, time, lin, lead):
    passes(lin, open_exam(tmp_path, a_certificate()))
    (row,) = held(lin)
    typed = "-".join(row.code[at : at + 5].lower() for at in range(0, 20, 5))
    found = learning.verify_code(code=f" {typed} ")
    assert found is not None
    assert (found.standing, found.name, found.expires_on) == ("valid", lin.employee.name, date(2027, 3, 1))
    time.pass_(days=400)
    assert learning.verify_code(code=row.code).standing == "expired"  # type: ignore[union-attr]
    learning.revoke_certificate(actor=lead, certificate_id=row.pk, reason="代考")
    assert learning.verify_code(code=row.code).standing == "revoked"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "code", ["", "x", "2" * 20, "2" * 4000, "'; DROP TABLE learning_certificate; --", "\x00", "二三四"]
)
def test_every_code_that_there_is_not_gets_the_same_answer(db, code):
    assert learning.verify_code(code=code) is None
