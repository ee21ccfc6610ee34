"""Homework through the door: handing it in, judging it, versions, what it does to the lesson, and who may."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.base.api import AuditEntry, InboxMessage, StoredFile
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.builders import LONG_AGO, a_unit, an_employee
from support.company import a_login
from support.curriculum import RIGHT, a_course, a_lesson, answers, learns, taught
from support.exams import BANK, ExamClock
from support.homework import HALF, KEY, MET, PNG, TASK, a_workbook, hands_in, homework_set, judges
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


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
def task(tmp_path, time) -> None:
    homework_set(tmp_path)


def is_over(user) -> bool:
    return learning.lesson_of(user=user, key=KEY).is_over


def waiting(user) -> list[learning.Homework]:
    return list(learning.homework_to_judge(user=user))


# -- the whole way ----------------------------------------------------------------------------------------------------


def test_homework_that_is_accepted_completes_the_lesson_and_its_person_is_told(task, lin, lead) -> None:
    row = hands_in(lin, files=[("照片.png", PNG), ("表.xlsx", a_workbook())])
    assert not is_over(lin)
    assert waiting(lead) == [row]
    judges(lead, row)
    assert is_over(lin)
    assert waiting(lead) == []
    assert learning.Completion.objects.get().what == f"lesson:{KEY}"
    told = InboxMessage.objects.get(recipient=lin)
    assert (told.key, told.params["title"], told.link) == (
        "inbox.homework_accepted", f"课时 {KEY}", f"/learn/homework/{row.pk}/",
    )  # fmt: skip


def test_what_else_the_lesson_asks_for_is_still_asked_for(tmp_path, time, lin, lead) -> None:
    homework_set(tmp_path, check={"items": [f"{BANK}#q1", f"{BANK}#q2"]})
    judges(lead, hands_in(lin))
    assert not is_over(lin)
    assert [one.part for one in learning.lesson_of(user=lin, key=KEY).standing.lacking] == ["check"]
    learns(lin)
    assert is_over(lin)


def test_homework_comes_back_with_what_is_missing_and_every_version_stays(task, time, lin, lead) -> None:
    first = hands_in(lin, "第一稿", files=[("a.png", PNG), ("b.png", PNG + b"b")])
    judges(lead, first, accepts=False)
    assert not is_over(lin)
    assert InboxMessage.objects.get(recipient=lin).params["word"] == "第二句还差时间"
    kept = learning.homework_of(user=lin, pk=first.pk).versions[0].files[1]
    time.pass_(minutes=5)
    assert hands_in(lin, "第二稿", keep=[kept.pk]) == first
    latest, oldest = learning.homework_of(user=lead, pk=first.pk).versions
    assert (latest.version.text, [one.name for one in latest.files], latest.decision) == ("第二稿", ["b.png"], None)
    assert (oldest.version.text, [one.name for one in oldest.files]) == ("第一稿", ["a.png", "b.png"])
    assert [one.decided for one in oldest.criteria] == list(HALF)
    judges(lead, first, number=2)
    assert is_over(lin)


def test_a_new_round_of_the_lesson_asks_for_its_homework_again(task, time, lin, lead) -> None:
    first = hands_in(lin)
    judges(lead, first)
    time.pass_(days=1)
    learning.learn_again(user=lin, lesson=KEY)
    second = hands_in(lin)
    assert second != first
    judges(lead, second)
    assert learning.Completion.objects.count() == 2


def test_supervisors_are_told_that_something_waits(task, lin) -> None:
    boss = an_employee("主管")
    user = a_login("boss", "supervisor", unit=a_unit(), employee=boss)
    people.set_guide(
        actor=None, employee=lin.employee, guide=boss, kind=people.GuidanceKind.SUPERVISOR, starts_on=LONG_AGO
    )
    hands_in(lin)
    assert InboxMessage.objects.get(recipient=user).key == "inbox.homework_submitted"


# -- the same again ---------------------------------------------------------------------------------------------------


def test_the_same_click_hands_in_once(task, lin) -> None:
    click = uuid4()
    for _ in range(2):
        hands_in(lin, client_id=click)
    assert learning.HomeworkVersion.objects.count() == 1


def test_deciding_twice_the_same_is_done_once(task, lin, lead) -> None:
    row = hands_in(lin)
    for _ in range(2):
        judges(lead, row)
    assert learning.HomeworkDecision.objects.count() == 1
    assert InboxMessage.objects.filter(recipient=lin).count() == 1


def test_a_version_that_was_followed_or_decided_otherwise_is_not_decided(task, lin, lead) -> None:
    row = hands_in(lin)
    hands_in(lin, "再改一稿")
    with pytest.raises(InputError, match="homework_changed_meanwhile"):
        judges(lead, row)
    judges(lead, row, accepts=False, number=2)
    with pytest.raises(InputError, match="homework_changed_meanwhile"):
        judges(lead, row, number=2)
    assert not is_over(lin)


def test_what_is_accepted_is_not_handed_in_again(task, lin, lead) -> None:
    judges(lead, hands_in(lin))
    with pytest.raises(InputError, match="homework_is_over"):
        hands_in(lin)


def test_an_acceptance_that_the_lesson_cannot_take_leaves_nothing_behind(task, lin, lead, monkeypatch) -> None:
    row = hands_in(lin)

    def fails(**_given: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr("peilian.apps.learning.homework.judging.lesson_part_done", fails)
    with pytest.raises(RuntimeError):
        judges(lead, row)
    row.refresh_from_db()
    assert row.state == "submitted"
    assert not learning.HomeworkDecision.objects.exists()
    assert not AuditEntry.objects.filter(verb="learning.decide_homework").exists()


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "key"),
    [
        ({"text": "  \n"}, "homework_empty"),
        ({"text": "字" * (learning.LONGEST_HOMEWORK + 1)}, "too_long"),
        ({"files": [("x.png", b"<svg onload=alert(1)>")]}, "homework_file_kind"),
        ({"files": [("x.pdf", b"MZ\x90\x00")]}, "homework_file_kind"),
        ({"files": [("good.png", PNG), ("x.txt", b"text")]}, "homework_file_kind"),
        ({"files": [("x.png", PNG + b"\0" * learning.MOST_HOMEWORK_BYTES)]}, "homework_file_too_large"),
        ({"files": [("x.png", PNG)] * (learning.MOST_HOMEWORK_FILES + 1)}, "homework_too_many_files"),
        ({"text": "", "keep": [uuid4()]}, "homework_empty"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_nothing_is_kept(task, lin, what, key) -> None:
    with pytest.raises(InputError, match=key):
        hands_in(lin, **what)
    assert not learning.Homework.objects.exists()
    assert not StoredFile.objects.exists()


def test_homework_in_files_needs_one(tmp_path, time, lin) -> None:
    homework_set(tmp_path, files=True)
    with pytest.raises(InputError, match="homework_needs_file"):
        hands_in(lin)
    assert hands_in(lin, "", files=[("a.png", PNG)]).n_versions == 1


def test_files_of_others_cannot_be_kept(task, lin) -> None:
    other = hands_in(a_trainee(), files=[("theirs.png", PNG)])
    theirs = learning.HomeworkFile.objects.get(version__homework=other)
    row = hands_in(lin, keep=[theirs.pk])
    assert learning.homework_of(user=lin, pk=row.pk).versions[0].files == ()


def test_a_lesson_without_homework_takes_none(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson())
    with pytest.raises(people.NotVisibleError):
        hands_in(lin)


def test_homework_of_a_locked_lesson_waits_for_what_comes_first(tmp_path, time, lin) -> None:
    taught(
        tmp_path, a_lesson("mine/before"), a_lesson(check=None, homework=TASK),
        a_course(units=["lesson:mine/before", "lesson:mine/first"]),
    )  # fmt: skip
    learning.enrol(actor=None, employees=[lin.employee], what="course:mine/course")
    with pytest.raises(InputError, match=r"curriculum\.first"):
        hands_in(lin)
    answers(lin, 1, RIGHT, "mine/before")
    answers(lin, 2, RIGHT, "mine/before")
    assert hands_in(lin).n_versions == 1


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"criteria": MET[:1]}, "homework_each_criterion"),
        ({"criteria": (*MET, *MET)}, "homework_each_criterion"),
        ({"criteria": HALF}, "homework_not_all_met"),
        ({"accepts": False, "criteria": MET}, "homework_all_met"),
        ({"accepts": False, "note": "  "}, "base.empty"),
        ({"note": "字" * (learning.LONGEST_HOMEWORK_NOTE + 1)}, "too_long"),
        ({"number": 0}, "homework_changed_meanwhile"),
        ({"number": 2}, "homework_changed_meanwhile"),
    ],
)
def test_a_decision_that_does_not_hold_together_is_refused(task, lin, lead, more, key) -> None:
    row = hands_in(lin)
    with pytest.raises(InputError, match=key):
        judges(lead, row, **more)
    assert waiting(lead) == [row]
    assert not learning.HomeworkDecision.objects.exists()


# -- who may ----------------------------------------------------------------------------------------------------------


def test_only_its_person_and_who_judges_the_person_see_it(task, lin, lead) -> None:
    row = hands_in(lin, files=[("a.png", PNG)])
    file = learning.HomeworkFile.objects.get()
    for user in (lin, lead):
        assert learning.homework_of(user=user, pk=row.pk).homework == row
        opened = learning.homework_file(user=user, pk=file.pk)
        assert opened.path.read_bytes() == PNG
    for user in (a_trainee(), a_login("stranger", "supervisor", unit=a_unit())):
        with pytest.raises(people.NotVisibleError):
            learning.homework_of(user=user, pk=row.pk)
        with pytest.raises(people.NotVisibleError):
            learning.homework_file(user=user, pk=file.pk)
        with pytest.raises(people.NotVisibleError):
            judges(user, row)


def test_seeing_a_person_is_not_judging_the_person(task, lin, unit) -> None:
    row = hands_in(lin)
    for user in (a_login("lecturer", "internal_lecturer", unit=unit), a_trainee(), lin):
        with pytest.raises(people.NotVisibleError):
            learning.homework_to_judge(user=user)
        with pytest.raises(people.NotVisibleError):
            judges(user, row)


def test_nobody_judges_the_own_homework(task, unit) -> None:
    user = a_login("self", "supervisor", unit=unit, employee=an_employee("主管", unit=unit))
    row = hands_in(user)
    assert waiting(user) == []
    assert not learning.homework_of(user=user, pk=row.pk).may_judge
    with pytest.raises(people.NotVisibleError):
        judges(user, row)


def test_homework_of_who_has_left_waits_for_nobody(task, lin, lead) -> None:
    hands_in(lin)
    gone = base.today_in_company() - timedelta(days=1)
    people.change_employee(actor=None, employee=lin.employee, name=lin.employee.name, hired_on=None, left_on=gone)
    assert waiting(lead) == []


@pytest.mark.parametrize("table", ["homeworkversion", "homeworkfile", "homeworkdecision"])
@pytest.mark.parametrize("statement", ["DELETE FROM learning_{}", "UPDATE learning_{} SET id = id"])
def test_the_database_itself_refuses_to_change_what_was_handed_in_and_said(task, lin, lead, table, statement) -> None:
    judges(lead, hands_in(lin, files=[("a.png", PNG)]))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
