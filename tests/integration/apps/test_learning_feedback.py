"""Feedback after lessons through the door: giving it, how clear lessons are, answering, suggesting, and who may."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from peilian.apps.base.api import AuditEntry, InboxMessage
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.builders import LONG_AGO, a_unit, an_employee
from support.company import a_login
from support.exams import ExamClock
from support.feedback import KEY, answers_check, feedback_asked, says
from support.homework import hands_in, homework_set, judges
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def team():
    return a_unit("team-a")


@pytest.fixture
def lin(tmp_path, time, team) -> people.User:
    feedback_asked(tmp_path)
    user = a_trainee("lin", unit=team)
    answers_check(user)
    return user


@pytest.fixture
def lead(team) -> people.User:
    return a_login("lead", "supervisor", unit=team)


@pytest.fixture
def mentor(lin) -> people.User:
    """The mentor of Lin, who leads no team."""
    return a_mentor("mentor", lin)


def a_mentor(name: str, mentee: people.User) -> people.User:
    guide = an_employee(name)
    people.set_guide(
        actor=None, employee=mentee.employee, guide=guide, kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO
    )
    return a_login(name, "mentor", employee=guide)


def refused(call, key: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.faults[0].reason.key == key


def answered(user, **asked) -> list[learning.LessonFeedback]:
    return list(learning.feedback_answers(user=user, lesson=KEY, **asked))


# -- giving it --------------------------------------------------------------------------------------------------------


def test_feedback_is_kept_for_the_round_and_may_be_changed_while_it_goes_on(lin, time) -> None:
    first = says(lin, "not_yet", "")
    time.pass_(minutes=3)
    second = says(lin, "partly", "  我懂了一半。 ")
    assert (second.pk, second.clarity, second.text) == (first.pk, "partly", "我懂了一半。")
    assert second.given_at == first.given_at
    assert second.changed_at is not None
    view = learning.lesson_of(user=lin, key=KEY)
    assert learning.feedback_in(view) == second
    assert learning.may_change_feedback(view, second)


def test_the_same_feedback_twice_is_one_write(lin) -> None:
    says(lin)
    n = AuditEntry.objects.count()
    says(lin)
    assert AuditEntry.objects.count() == n
    assert learning.LessonFeedback.objects.count() == 1


def test_feedback_counts_nowhere(lin) -> None:
    says(lin)
    assert not learning.lesson_of(user=lin, key=KEY).is_over
    assert [one.part for one in learning.lesson_of(user=lin, key=KEY).standing.parts] == ["check", "homework"]


@pytest.mark.parametrize(
    ("clarity", "text", "key"),
    [
        ("", "懂了", "learning.feedback_how_clear"),
        ("crystal", "懂了", "learning.feedback_how_clear"),
        ("clear", "  ", "learning.feedback_empty"),
        ("partly", "", "learning.feedback_empty"),
        ("clear", "字" * 2001, "base.too_long"),
    ],
)
def test_what_says_nothing_is_refused(lin, clarity, text, key) -> None:
    refused(lambda: says(lin, clarity, text), key)
    assert not learning.LessonFeedback.objects.exists()


def test_the_question_comes_after_the_check(tmp_path, time) -> None:
    feedback_asked(tmp_path)
    user = a_trainee()
    refused(lambda: says(user), "learning.feedback_after_check")


def test_a_lesson_that_asks_nothing_takes_no_feedback(tmp_path, time) -> None:
    homework_set(tmp_path)
    user = a_trainee()
    with pytest.raises(people.NotVisibleError):
        says(user)


def test_a_round_that_the_check_completes_still_takes_feedback_once(tmp_path, time) -> None:
    feedback_asked(tmp_path, homework=None)
    user = a_trainee()
    answers_check(user)
    assert learning.lesson_of(user=user, key=KEY).is_over
    says(user, "partly", "一半清楚")
    says(user, "partly", "一半清楚")
    refused(lambda: says(user, "clear", "清楚了"), "learning.feedback_is_over")


def test_a_new_round_asks_again(lin, lead, time) -> None:
    first = says(lin)
    judges(lead, hands_in(lin))
    time.pass_(days=1)
    learning.learn_again(user=lin, lesson=KEY)
    answers_check(lin)
    assert learning.feedback_in(learning.lesson_of(user=lin, key=KEY)) is None
    assert says(lin, "clear", "这回清楚了") != first


# -- reading it -------------------------------------------------------------------------------------------------------


def test_what_is_not_clear_yet_comes_first_and_numbers_lead_to_the_answers(lin, lead, team, time) -> None:
    others = [a_trainee(unit=team) for _ in range(3)]
    for user, clarity in zip(others, ("clear", "not_yet", "clear"), strict=True):
        answers_check(user)
        says(user, clarity)
    says(lin, "partly")
    assert [one.clarity for one in answered(lead)] == ["not_yet", "partly", "clear", "clear"]
    assert {one.employee_id for one in answered(lead, clarity="clear")} == {
        others[0].employee_id, others[2].employee_id,
    }  # fmt: skip
    view = learning.feedback_of_lesson(user=lead, lesson=KEY)
    assert view.all == learning.Clear(2, 1, 1, 1)
    assert view.all.n == 4
    (line,) = learning.feedback_by_lesson(user=lead)
    assert (line.content.key, line.clear) == (KEY, view.all)


def test_it_is_told_by_month_and_by_the_team_of_that_day(lin, lead, team, time) -> None:
    says(lin, "not_yet")
    moved, time_then = a_unit("team-b"), learning.LessonFeedback.objects.get().given_at
    people.end_membership(
        actor=None, membership=people.Membership.objects.get(employee=lin.employee), ends_on=date(2099, 1, 1)
    )
    view = learning.feedback_of_lesson(user=lead, lesson=KEY)
    month = timezone.localtime(time_then).date().replace(day=1)
    assert view.by_month == [(month, learning.Clear(0, 0, 1, 1))]
    assert view.by_unit == [(team, learning.Clear(0, 0, 1, 1))]
    assert len(answered(lead, month=month, unit=team.pk)) == 1
    assert answered(lead, unit=moved.pk) == []
    assert answered(lead, month=date(month.year - 1, month.month, 1)) == []


def test_only_who_guides_the_person_reads_it_and_nobody_the_own(lin, lead, mentor) -> None:
    says(lin)
    assert len(answered(lead)) == len(answered(mentor)) == 1
    other = a_login("other", "supervisor", unit=a_unit())
    assert answered(other) == []
    assert learning.feedback_by_lesson(user=other) == []
    with pytest.raises(people.NotVisibleError):
        answered(lin)
    people.grant_role(actor=None, user=lin, role="supervisor", unit=people.Unit.objects.get(code="team-a"),
                      starts_on=LONG_AGO)  # fmt: skip
    assert answered(lin) == []


# -- what is done with it ---------------------------------------------------------------------------------------------


def test_a_word_reaches_its_person_once_and_closes_the_feedback(lin, lead) -> None:
    row = says(lin, "not_yet", "")
    for _ in range(2):
        learning.answer_feedback(actor=lead, pk=row.pk, answer="先听完再查单，明早我陪您走一遍。")
    (told,) = InboxMessage.objects.filter(recipient=lin)
    assert (told.key, told.params["word"]) == ("inbox.feedback_answered", "先听完再查单，明早我陪您走一遍。")
    assert told.link == f"/learn/lessons/{KEY}/#feedback"
    assert answered(lead)[0].answer
    assert learning.feedback_of_lesson(user=lead, lesson=KEY).all.n_waiting == 0
    refused(lambda: says(lin, "clear", "现在清楚了"), "learning.feedback_answered")


def test_who_answers_second_is_told_what_was_said(lin, lead, mentor) -> None:
    row = says(lin, "not_yet", "")
    learning.answer_feedback(actor=lead, pk=row.pk, answer="明早一起看")
    refused(
        lambda: learning.answer_feedback(actor=mentor, pk=row.pk, answer="我来讲"),
        "learning.feedback_answered_meanwhile",
    )
    refused(lambda: learning.answer_feedback(actor=mentor, pk=row.pk, answer=" "), "base.empty")


def test_feedback_becomes_one_suggestion_for_the_lesson(lin, lead) -> None:
    row = says(lin, "partly", "例子都是快递，我们组做售后")
    for _ in range(2):
        learning.suggest_from_feedback(actor=lead, pk=row.pk, text="加一个售后的例子")
    (made,) = library.Comment.objects.all()
    assert (made.kind, made.text, made.content.key, made.made_by) == ("suggestion", "加一个售后的例子", KEY, lead)
    assert answered(lead)[0].suggestion == made


def test_nobody_else_answers_or_suggests(lin, lead) -> None:
    row = says(lin)
    other = a_login("other", "supervisor", unit=a_unit())
    for user in (other, lin):
        for call in (
            lambda user=user: learning.answer_feedback(actor=user, pk=row.pk, answer="好"),
            lambda user=user: learning.suggest_from_feedback(actor=user, pk=row.pk, text="好"),
            lambda user=user: learning.feedback_one(user=user, pk=row.pk),
        ):
            with pytest.raises(people.NotVisibleError):
                call()
    with pytest.raises(people.NotVisibleError):
        learning.answer_feedback(actor=lead, pk=uuid4(), answer="好")


# -- mentors and homework ---------------------------------------------------------------------------------------------


def test_mentors_judge_the_homework_of_their_mentees_and_are_told_of_it(lin, mentor) -> None:
    row = hands_in(lin)
    assert list(learning.homework_to_judge(user=mentor)) == [row]
    assert InboxMessage.objects.get(recipient=mentor).key == "inbox.homework_submitted"
    judges(mentor, row)
    assert learning.lesson_of(user=lin, key=KEY).is_over


def test_mentors_judge_nobody_else_and_not_themselves(lin, mentor, team) -> None:
    other = a_trainee(unit=team)
    row, own = hands_in(other), hands_in(mentor)
    assert list(learning.homework_to_judge(user=mentor)) == []
    for one in (row, own):
        with pytest.raises(people.NotVisibleError):
            judges(mentor, one)


def test_who_is_mentor_and_supervisor_is_told_once(lin, mentor) -> None:
    people.set_guide(
        actor=None, employee=lin.employee, guide=mentor.employee, kind=people.GuidanceKind.SUPERVISOR,
        starts_on=LONG_AGO,
    )  # fmt: skip
    hands_in(lin)
    assert InboxMessage.objects.filter(recipient=mentor).count() == 1
