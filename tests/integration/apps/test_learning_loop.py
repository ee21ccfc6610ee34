"""The whole loop through the doors: a gap, a path, a test-out, a failed exam, what follows, and the certificate."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from support.builders import a_unit
from support.credentials import a_certificate, held
from support.curriculum import a_course, a_lesson, a_path, learns
from support.exams import BANK, ExamClock, a_bank, an_exam, an_item, answers
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
SOLVE, FEEL = "problem_solving", "empathy"


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def lin(tmp_path) -> people.User:
    solving = [an_item(f"s{n}", competencies=[SOLVE]) for n in range(1, 5)]
    feeling = [an_item(f"f{n}", competencies=[FEEL]) for n in range(1, 5)]
    every = [{"item": f"{BANK}#{one['id']}"} for one in (*solving, *feeling)]
    papers = [
        an_exam(key=f"mine/{name}", fixed=every, drawn=[], attempts=None, shuffles=False, **more)
        for name, more in (("diagnosis", {}), ("final", {"remedial": ["mine/solve", "mine/feel"]}))
    ]
    lessons = [
        a_lesson("mine/solve", competencies=[SOLVE], check={"items": [f"{BANK}#s1", f"{BANK}#s2"]}),
        a_lesson("mine/feel", competencies=[FEEL], check={"items": [f"{BANK}#f1", f"{BANK}#f2"]}),
    ]
    units = ["lesson:mine/solve", "lesson:mine/feel", "exam:mine/final"]
    course = a_course(units=units, test_out="mine/diagnosis", exam="mine/final", ordered=False)
    certificate = a_certificate(requires=["course:mine/course"])
    installed(tmp_path, a_bank(*solving, *feeling), *papers, *lessons, course, a_path("mine/course"), certificate)
    return a_trainee()


@pytest.fixture
def lead(lin) -> people.User:
    unit = a_unit()
    people.place_employee(actor=None, employee=lin.employee, unit=unit, post=None, starts_on=date(2026, 1, 1))
    return a_trainee(role="supervisor", unit=unit)


def sits(user: people.User, sitting: learning.Sitting, *, right: tuple[str, ...]) -> learning.Attempt:
    """Take an exam: what begins with one of ``right`` is answered rightly, all else wrongly."""
    attempt = learning.start_attempt(user=user, sitting_id=sitting.pk)
    for question in attempt.paper:
        is_right = question["item"].partition("#")[2].startswith(right)
        answers(user, attempt, question["n"], {"chosen": ["b" if is_right else "a"]})
    return learning.hand_in(user=user, attempt_id=attempt.pk)


def test_a_gap_becomes_a_path_and_ends_in_a_certificate(time, lin, lead):
    need = record.raise_need(
        actor=lead, employee=lin.employee, subject=SOLVE, reason=Reason("record.need_raised")
    )  # fmt: skip
    trains = [row.reference for row in learning.training({SOLVE})]
    assert trains == ["path:mine/path", "course:mine/course", "lesson:mine/solve"]
    learning.enrol(actor=lead, employees=[lin.employee], what=trains[0], needs=[need])
    assert record.Assignment.objects.get().kind == record.AssignmentKind.PATH

    time.pass_(hours=1)  # one part is known already
    sits(lin, learning.start_test_out(user=lin, course="mine/course"), right=("f",))
    done = {row.what: row.how for row in learning.Completion.objects.standing()}
    assert done == {"lesson:mine/feel": "tested_out"}

    time.pass_(hours=1)
    learns(lin, "mine/solve")
    time.pass_(hours=1)
    final = learning.start_course_exam(user=lin, course="mine/course")
    failed = sits(lin, final, right=("f",))
    assert failed.is_passed is False
    remedial = learning.Enrolment.objects.filter(how="remedial")
    assert [row.what for row in remedial] == ["lesson:mine/solve"]
    assert not held(lin)

    time.pass_(hours=1)  # not before the lesson is learnt once more
    with pytest.raises(InputError) as caught:
        learning.start_attempt(user=lin, sitting_id=final.pk)
    assert "lessons" in str(caught.value.faults[0].reason.key) or "remedial" in str(caught.value.faults[0].reason.key)
    learns(lin, "mine/solve")
    time.pass_(hours=1)
    passed = sits(lin, final, right=("f", "s"))
    assert passed.is_passed is True

    learning.issue_due()
    assert [row.key for row in held(lin)] == ["mine/ready"]
    assert {row.what for row in learning.Completion.objects.standing() if row.how == "passed"} >= {"exam:mine/final"}
    assert learning.Enrolment.objects.get(what="path:mine/path").completed_at is not None
    task = record.Assignment.objects.get(kind=record.AssignmentKind.PATH)
    assert task.done_at is not None
    assert task.is_passed

    archive = learning.archive_of(user=lead, employee=lin.employee)
    kinds = {str(entry.kind) for entry in archive.entries}
    assert {"exam", "certificate"} <= kinds
    weighed = {row.competency for row in record.evidence_of(user=lead, employee=lin.employee)}
    assert {SOLVE, FEEL} <= weighed
