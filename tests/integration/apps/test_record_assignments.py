"""Assignments: by whom to whom, attempts by rule and pass mark, deadlines, and what becomes of the need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from peilian.flows.wording import say
from support.builders import a_unit, an_employee
from support.company import a_login

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def unit() -> people.Unit:
    return a_unit("team-a")


@pytest.fixture
def lin(unit) -> people.Employee:
    return an_employee("林小禾", unit=unit)


@pytest.fixture
def lead(unit) -> people.User:
    return a_login("lead", "supervisor", unit=unit)


def a_drill(**more: Any) -> record.NewAssignment:
    title = {"zh": "杯子碎了", "en": "A broken cup"}
    return record.NewAssignment(**{"target": "retail/return-broken-cup", "title": title} | more)


def assigned(actor: people.User | None, *employees: people.Employee, needs: Any = (), **more: Any) -> record.Assignment:
    return record.assign(actor=actor, employees=employees, what=a_drill(**more), needs=needs)[0]


def attempt(task: record.Assignment, points: Any, source: str | None = None, **more: Any) -> record.AssignmentResult:
    given = {"points": Decimal(points), "at": NOON, "source_kind": "practice.drill", "source_id": source or str(points)}
    return record.record_attempt(actor=None, assignment=task, attempt=record.Attempt(**given | more))


def standing(task: record.Assignment) -> str:
    task.refresh_from_db()
    return str(task.state_at(timezone.now()))


def test_a_leader_assigns_to_several_people_at_once_and_each_is_told(lin, lead, unit):
    zheng = an_employee("郑凯", unit=unit)
    users = a_login("lin", "agent", employee=lin), a_login("zheng", "agent", employee=zheng)
    people.set_language(user=users[1], language="en")
    users[1].refresh_from_db()
    rows = record.assign(actor=lead, employees=[lin, zheng], what=a_drill(link="/x/"))
    assert {row.employee for row in rows} == {lin, zheng}
    assert len({row.batch for row in rows}) == 1
    messages = [base.inbox_of(user=user).get() for user in users]
    said = [say(Reason(m.key, m.params), language) for m, language in zip(messages, ("zh", "en"), strict=True)]
    assert said == ["给您安排了练习：杯子碎了", "A practice for you: A broken cup"]
    assert messages[0].link == "/x/"


def test_a_deadline_is_told_in_the_companys_time(lin, lead, monkeypatch):
    user = a_login("lin", "agent", employee=lin)
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    assigned(lead, lin, due_at=datetime(2026, 4, 2, 16, tzinfo=UTC))
    message = base.inbox_of(user=user).get()
    assert message.params["due"] == "2026-04-03 00:00"
    assert say(Reason(message.key, message.params), "zh").endswith("请在 2026-04-03 00:00 前完成")


def test_a_deadline_lies_at_most_two_years_ahead(lin, lead, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    latest = NOON + timedelta(days=731)
    assert assigned(lead, lin, due_at=latest).due_at == latest
    for far in (latest + timedelta(seconds=1), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(InputError) as error:
            assigned(lead, lin, due_at=far)
        assert "2028-03-02" in say(error.value.faults[0].reason, "zh")


def test_who_cannot_sign_in_gets_no_message_and_the_assignment_all_the_same(lin, lead):
    assert assigned(lead, lin).employee == lin
    assert not base.InboxMessage.objects.exists()


def test_a_second_click_assigns_nothing_again(lin, lead):
    batch = uuid4()
    first = assigned(lead, lin, batch=batch)
    assert assigned(lead, lin, batch=batch).pk == first.pk
    assert record.Assignment.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [{"target": "retail/other"}, {"note": "先看规则"}, {"pass_mark": Decimal(90)}, {"attempts_allowed": 3},
     {"rule": "last"}, {"due_at": datetime(2026, 12, 31, tzinfo=UTC)}],
)  # fmt: skip
def test_other_content_under_the_same_batch_is_refused_with_what_was_stored(lin, lead, change, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    batch = uuid4()
    first = assigned(lead, lin, batch=batch)
    with pytest.raises(InputError) as error:
        assigned(lead, lin, batch=batch, **change)
    (fault,) = error.value.faults
    assert (fault.field, fault.reason.key) == ("batch", "record.sent_before")
    assert "“杯子碎了”已安排给 林小禾" in say(fault.reason, "zh")
    assert list(record.Assignment.objects.all()) == [first]


def test_other_people_under_the_same_batch_are_refused_too(lin, lead, unit):
    batch, zheng = uuid4(), an_employee("郑凯", unit=unit)
    assigned(lead, lin, batch=batch, due_at=timezone.now() + timedelta(days=3))
    for people_ in ([lin, zheng], [zheng]):
        with pytest.raises(InputError, match="sent_before_due"):
            record.assign(actor=lead, employees=people_, what=a_drill(batch=batch))
    assert record.Assignment.objects.count() == 1


def test_nobody_learns_from_a_batch_what_somebody_else_assigned(lin, lead, unit):
    batch = uuid4()
    assigned(lead, lin, batch=batch)
    with pytest.raises(InputError) as error:
        assigned(a_login("lead_b", "supervisor", unit=unit), lin, batch=batch, note="换一个")
    assert dict(error.value.faults[0].reason.params) == {}


def test_one_person_out_of_reach_and_nobody_gets_anything(lin, lead):
    stranger = an_employee("外人", unit=a_unit("team-b"))
    with pytest.raises(people.NotVisibleError):
        record.assign(actor=lead, employees=[lin, stranger], what=a_drill())
    assert not record.Assignment.objects.exists()


@pytest.mark.parametrize(
    "role", ["agent", "senior_agent", "mentor", "training_committee", "leadership", "administrator"]
)
def test_only_leaders_and_trainers_assign(lin, role):
    user = a_login("somebody", role, employee=lin)
    with pytest.raises(people.NotVisibleError):
        assigned(user, lin)


@pytest.mark.parametrize("role", ["supervisor", "department_head", "service_manager", "trainer"])
def test_leaders_assign_within_their_unit(lin, unit, role):
    assert assigned(a_login("somebody", role, unit=unit), lin).employee == lin


def test_a_training_manager_assigns_to_everybody(lin):
    manager = a_login("manager", "training_manager")
    assert assigned(manager, lin, an_employee("外人", unit=a_unit("team-b")))


def test_a_leader_may_be_among_those_who_practise(unit, lin):
    boss = an_employee("孙主管", unit=unit)
    user = a_login("boss", "supervisor", unit=unit, employee=boss)
    assert len(record.assign(actor=user, employees=[lin, boss], what=a_drill())) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": " "}, "target"),
        ({"kind": "song"}, "kind"),
        ({"rule": "mean"}, "rule"),
        ({"due_at": datetime(2020, 1, 1, tzinfo=UTC)}, "due_at"),
        ({"due_at": datetime(2099, 1, 1, tzinfo=UTC)}, "due_at"),
        ({"due_at": datetime(2027, 1, 1)}, "due_at"),  # noqa: DTZ001
        ({"attempts_allowed": 0}, "attempts_allowed"),
        ({"pass_mark": Decimal(101)}, "pass_mark"),
        ({"note": "长" * 501}, "note"),
        ({"title": {"zh": "长" * 201}}, "title"),
    ],
)
def test_an_assignment_that_makes_no_sense_is_refused(lin, lead, change, field):
    with pytest.raises(InputError) as error:
        assigned(lead, lin, **change)
    assert error.value.faults[0].field == field


def test_nobody_is_no_audience(lead):
    with pytest.raises(InputError, match="nobody_chosen"):
        record.assign(actor=lead, employees=[], what=a_drill())


# attempts: (rule, pass mark, attempts allowed, points) -> (state, points that count, passed, attempts left)
CASES = [
    pytest.param("best", 60, None, [], ("open", None, False, None), id="untouched"),
    pytest.param("best", None, None, [10], ("done", 10, True, None), id="without a mark any result will do"),
    pytest.param("best", 60, None, [59.99], ("open", 59.99, False, None), id="just below"),
    pytest.param("best", 60, None, [60], ("done", 60, True, None), id="the mark itself is enough"),
    pytest.param("best", 60, 3, [40, 50], ("open", 50, False, 1), id="one attempt left"),
    pytest.param("best", 60, 2, [50, 40], ("done", 50, False, 0), id="used up without success"),
    pytest.param("best", 60, None, [70, 30], ("done", 70, True, None), id="the best counts"),
    pytest.param("last", 60, None, [70, 30], ("open", 30, False, None), id="the last counts, even when worse"),
    pytest.param("last", 60, None, [30, 70], ("done", 70, True, None), id="the last counts, when better"),
    pytest.param("last", 60, 2, [70, 30], ("done", 30, False, 0), id="the last of all is final"),
]


@pytest.mark.parametrize(("rule", "mark", "allowed", "points", "expected"), CASES)
def test_where_an_assignment_stands_follows_from_its_attempts(lin, lead, rule, mark, allowed, points, expected):
    pass_mark = None if mark is None else Decimal(mark)
    task = assigned(lead, lin, rule=rule, pass_mark=pass_mark, attempts_allowed=allowed)
    for number, value in enumerate(points):
        attempt(task, str(value), f"d{number}")
    state = standing(task)
    counted = None if task.counted is None else float(task.counted.points)
    assert (state, counted, task.is_passed, task.attempts_left) == expected


def test_a_drill_that_failed_for_another_reason_is_not_passed_by_its_points(lin, lead):
    task = assigned(lead, lin, pass_mark=Decimal(60))
    assert not attempt(task, 95, is_passed=False).is_passed
    assert standing(task) == "open"


def test_the_same_drill_is_one_attempt_and_its_first_result_stands(lin, lead):
    task = assigned(lead, lin, attempts_allowed=1, pass_mark=Decimal(60))
    first = attempt(task, 40, "d1")
    assert attempt(task, 90, "d1") == first
    assert task.results.count() == 1


def test_more_attempts_than_allowed_are_refused(lin, lead):
    task = assigned(lead, lin, attempts_allowed=1, pass_mark=Decimal(60))
    attempt(task, 40)
    with pytest.raises(InputError, match="no_attempts_left"):
        attempt(task, 80)


@pytest.mark.parametrize("points", ["-0.1", "100.1"])
def test_points_off_the_scale_are_refused(lin, lead, points):
    with pytest.raises(InputError, match="points_range"):
        attempt(assigned(lead, lin), points)


def test_only_the_one_who_practised_brings_a_result(lin, lead, unit):
    task = assigned(lead, lin)
    result = record.Attempt(Decimal(80), NOON, "practice.drill", "d1")
    colleague = a_login("zheng", "agent", employee=an_employee("郑凯", unit=unit))
    for user in (colleague, lead):
        with pytest.raises(people.NotVisibleError):
            record.record_attempt(actor=user, assignment=task, attempt=result)
    own = a_login("lin", "agent", employee=lin)
    assert record.record_attempt(actor=own, assignment=task, attempt=result).number == 1


def test_what_is_not_done_in_time_is_overdue_and_can_still_be_done(lin, lead):
    due_at = timezone.now() + timedelta(hours=1)
    task = assigned(lead, lin, due_at=due_at)
    assert task.state_at(due_at) == "open"
    assert task.state_at(due_at + timedelta(seconds=1)) == "overdue"
    late = attempt(task, 80, at=due_at + timedelta(hours=2))
    task.refresh_from_db()
    assert late.is_late
    assert task.state_at(due_at + timedelta(hours=3)) == "done"


def test_a_cancelled_assignment_takes_no_results_and_tells_the_person(lin, lead):
    user = a_login("lin", "agent", employee=lin)
    task = assigned(lead, lin)
    record.cancel_assignment(actor=lead, assignment=task, reason="改为小组练习")
    assert standing(task) == "cancelled"
    assert base.inbox_of(user=user).first().key == "inbox.assignment_cancelled"
    with pytest.raises(InputError, match="assignment_cancelled"):
        attempt(task, 80)
    assert record.cancel_assignment(actor=lead, assignment=task).cancel_reason == "改为小组练习"


def test_what_is_over_cannot_be_cancelled(lin, lead):
    task = assigned(lead, lin)
    attempt(task, 80)
    with pytest.raises(InputError, match="assignment_over"):
        record.cancel_assignment(actor=lead, assignment=task)


def test_a_leader_takes_back_what_was_assigned_to_oneself_and_not_what_others_gave(unit, lead):
    user = a_login("boss", "supervisor", unit=unit, employee=an_employee("孙主管", unit=unit))
    given, own = assigned(lead, user.employee), assigned(user, user.employee)
    with pytest.raises(people.NotVisibleError):
        record.cancel_assignment(actor=user, assignment=given)
    record.cancel_assignment(actor=user, assignment=own)
    assert (standing(given), standing(own)) == ("open", "cancelled")


def test_agents_do_not_cancel(lin, lead):
    task = assigned(lead, lin)
    with pytest.raises(people.NotVisibleError):
        record.cancel_assignment(actor=a_login("lin", "agent", employee=lin), assignment=task)


@pytest.mark.parametrize("role", ["agent", "judge"])
def test_the_own_assignments_are_always_seen(lin, lead, role):
    task = assigned(lead, lin)
    own = a_login("lin", role, employee=lin)
    assert list(record.assignments_of(user=own)) == [task]
    assert list(record.assignments_of(user=own, employee=lin)) == [task]
    assert record.assignment(user=own, pk=task.pk) == task


def test_colleagues_and_other_leaders_get_the_answer_of_an_assignment_that_does_not_exist(lin, lead, unit):
    task = assigned(lead, lin)
    colleague = a_login("zheng", "agent", employee=an_employee("郑凯", unit=unit))
    other = a_login("lead_b", "supervisor", unit=a_unit("team-b"))
    for user in (colleague, other):
        assert not record.assignments_of(user=user).exists()
        for pk in (task.pk, uuid4(), "nonsense"):
            with pytest.raises(people.NotVisibleError):
                record.assignment(user=user, pk=pk)
        with pytest.raises(people.NotVisibleError):
            record.assignments_of(user=user, employee=lin)


def test_lists_can_be_narrowed_by_state(lin, lead):
    tasks = {
        "open": assigned(lead, lin),
        "overdue": assigned(lead, lin, due_at=timezone.now() + timedelta(hours=1)),
        "done": assigned(lead, lin),
        "cancelled": assigned(lead, lin),
    }
    attempt(tasks["done"], 80)
    record.cancel_assignment(actor=lead, assignment=tasks["cancelled"])
    with base.bookkeeping():
        past = timezone.now() - timedelta(seconds=1)
        record.Assignment.objects.filter(pk=tasks["overdue"].pk).update(due_at=past)
    for state, task in tasks.items():
        found = list(record.assignments_of(user=lead, states=[state]))
        assert found == [task]
        assert found[0].state_at(timezone.now()) == state
    assert record.assignments_of(user=lead, states=["open", "overdue"]).count() == 2


def test_listing_takes_the_same_number_of_queries_however_many_there_are(lin, lead, django_assert_max_num_queries):
    for _ in range(5):
        attempt(assigned(lead, lin), 80)
    with django_assert_max_num_queries(8):
        assert all(row.is_passed for row in record.assignments_of(user=lead))


# The need behind it


def a_need(lin: people.Employee, lead: people.User) -> record.Need:
    return record.raise_need(actor=lead, employee=lin, subject="empathy", reason=Reason("record.need_raised"))


def state_of(need: record.Need) -> str:
    need.refresh_from_db()
    return need.state


def test_a_need_is_taken_up_by_an_assignment_and_free_again_when_that_is_cancelled(lin, lead):
    need = a_need(lin, lead)
    task = assigned(lead, lin, needs=[need])
    assert (state_of(need), task.need) == ("assigned", need)
    record.cancel_assignment(actor=lead, assignment=task)
    assert state_of(need) == "open"


def test_a_need_stays_taken_up_while_something_else_is_under_way(lin, lead):
    need = a_need(lin, lead)
    first, _second = (assigned(lead, lin, needs=[need]) for _ in range(2))
    record.cancel_assignment(actor=lead, assignment=first)
    assert state_of(need) == "assigned"


def test_passing_a_drill_does_not_close_a_need_and_failing_for_good_frees_it(lin, lead):
    need = a_need(lin, lead)
    attempt(assigned(lead, lin, needs=[need], pass_mark=Decimal(60)), 90)
    assert state_of(need) == "assigned"
    other = record.raise_need(actor=lead, employee=lin, subject="expression", reason=Reason("record.need_raised"))
    attempt(assigned(lead, lin, needs=[other], pass_mark=Decimal(60), attempts_allowed=1), 30)
    assert state_of(other) == "open"


def test_passing_with_the_last_attempt_is_passing(lin, lead):
    need = a_need(lin, lead)
    task = assigned(lead, lin, needs=[need], pass_mark=Decimal(60), attempts_allowed=2)
    attempt(task, 30)
    attempt(task, 80)
    assert (standing(task), task.is_passed, state_of(need)) == ("done", True, "assigned")


def test_a_closed_need_cannot_be_taken_up(lin, lead):
    need = record.dismiss_need(actor=lead, need=a_need(lin, lead), note="已换岗")
    with pytest.raises(InputError, match="need_closed"):
        assigned(lead, lin, needs=[need])
    assert not record.Assignment.objects.exists()


def test_the_need_of_somebody_else_cannot_be_taken_up(lin, lead, unit):
    need = a_need(an_employee("郑凯", unit=unit), lead)
    with pytest.raises(InputError, match="need_of_another"):
        assigned(lead, lin, needs=[need])


def test_every_step_is_in_the_audit_trail(lin, lead):
    task = assigned(lead, lin, needs=[a_need(lin, lead)], attempts_allowed=1, pass_mark=Decimal(60))
    attempt(task, 40)
    verbs = set(base.AuditEntry.objects.filter(verb__startswith="record.").values_list("verb", flat=True))
    assert verbs == {
        "record.raise_need",
        "record.assign",
        "record.take_up_need",
        "record.record_attempt",
        "record.follow_assignment",
        "record.free_need",
    }


def test_a_reason_that_comes_after_the_assignment_was_cancelled_is_refused(lin, lead):
    task = assigned(lead, lin)
    assert record.cancel_assignment(actor=lead, assignment=task, reason="休\x00假").cancel_reason == "休假"
    assert record.cancel_assignment(actor=lead, assignment=task, reason="休假").cancel_reason == "休假"
    with pytest.raises(InputError, match="cancelled_before"):
        record.cancel_assignment(actor=lead, assignment=task, reason="转岗")


def test_a_word_to_the_trainee_is_kept_without_what_cannot_be_stored(lin, lead):
    assert assigned(lead, lin, note="先看\x00规则").note == "先看规则"


def test_what_is_under_way_is_told_to_its_person_alone_the_newest_first(lin, lead, unit):
    login = a_login("lin", "agent", employee=lin)
    open_, late, done, cancelled = (assigned(lead, lin, target=f"retail/{name}") for name in ("a", "b", "c", "d"))
    others = an_employee("周朗", unit=unit)
    assigned(lead, others)
    with base.bookkeeping():
        record.Assignment.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(days=1))
        record.Assignment.objects.filter(pk=done.pk).update(done_at=timezone.now())
    record.cancel_assignment(actor=lead, assignment=cancelled, reason="不再需要")
    assert record.own_under_way(user=login) == [late, open_]
    states = [record.AssignmentState.OPEN, record.AssignmentState.OVERDUE]
    assert set(record.own_under_way(user=login)) == set(record.assignments_of(user=login, employee=lin, states=states))
    assert record.own_under_way(user=lead) == []
