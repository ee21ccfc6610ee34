"""Who may do what: every function of the door, tried by every role; and the own sheet, which no role opens earlier."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.appraisals import (
    LEVELS,
    Firm,
    a_cycle,
    a_template,
    an_event,
    frozen,
    last_month,
    published,
    result_of,
    sheet_of,
)
from support.builders import LONG_AGO, an_employee
from support.company import a_login

RATERS = frozenset({"supervisor", "community_manager", "department_head"})
RUNNERS = frozenset({"service_manager", "training_manager"})
RULERS = frozenset({"training_manager", "training_committee"})
DECIDERS = frozenset({"department_head", "service_manager", "training_manager", "training_committee"})
REGISTRARS = RATERS | RUNNERS | {"quality_inspector"}
SEERS = RATERS | RUNNERS | {"training_committee"}
TOTALS = SEERS | {"leadership"}
NOBODY: frozenset[str] = frozenset()


@dataclass
class World:
    """A cycle under review, a published one with an open appeal and a talk, and somebody with each role."""

    firm: Firm
    review: appraisal.Cycle
    row: appraisal.Appraisee  # of the cycle under review
    done: appraisal.Cycle
    result: appraisal.Appraisal
    appeal: appraisal.Appeal
    talk: appraisal.Talk
    event: appraisal.Event
    exemption: appraisal.Exemption
    file: Any
    users: Mapping[str, people.User]


@pytest.fixture
def world(firm: Firm, tmp_path) -> World:
    done = published(firm)
    # Nobody but the supervisor and the inspector had a part in it, so that every decider could decide.
    review = appraisal.open_cycle(
        actor=None, template=done.template_version.template, unit=firm.other_team, period=last_month()
    )
    appraisal.start_review(actor=None, cycle=review)
    review.refresh_from_db()
    result = result_of(done, firm.lin)
    file = tmp_path / "inputs.csv"
    file.write_text(f"person,period,indicator,value\n郑凯,{review.period},responses,410\n", encoding="utf-8")
    row = sheet_of(review, firm.zheng)
    talk = appraisal.hold_talk(
        actor=None,
        appraisal=result,
        held_on=base.today_in_company(),
        strengths="稳定",
        to_improve="安抚",
        items=[{"goal": "练"}],
    )
    return World(
        firm=firm,
        review=review,
        row=row,
        done=done,
        result=result,
        appeal=appraisal.appeal(actor=firm.lin, appraisal=result, points=[{"line": "responses", "text": "少算了"}]),
        talk=talk,
        event=an_event(firm, firm.lin, "dispute", day=15),
        exemption=appraisal.exempt(
            actor=None, employee=firm.zhou.employee, starts_on=LONG_AGO, ends_on=LONG_AGO, reason="产假"
        ),
        file=file,
        users={role: _somebody(firm, role) for role in people.ROLES},
    )


def _somebody(firm: Firm, role: str) -> people.User:
    """Somebody with the role for the whole service; people with a reach of themselves work in the team."""
    reach = people.ROLES[role].reach
    employee = an_employee(role, unit=firm.service) if reach in (people.Reach.SELF, people.Reach.MENTEES) else None
    return a_login(f"some_{role}", role, unit=firm.service if reach is people.Reach.UNIT else None, employee=employee)


Call = Callable[[World, people.User], Any]

# Function -> who may, and a call that only a missing permission can stop.
DOORS: Mapping[str, tuple[frozenset[str], Call]] = {
    "add_template": (
        RULERS,
        lambda w, u: appraisal.add_template(
            actor=u,
            key="new",
            title={"zh": "新"},
            body=w.done.template_version.body,
            effective_from=LONG_AGO,
        ),
    ),
    "add_version": (
        RULERS,
        lambda w, u: appraisal.add_version(
            actor=u, template=w.done.template_version.template, effective_from=last_month() + timedelta(days=90)
        ),
    ),
    "retire_template": (
        RULERS,
        lambda w, u: appraisal.retire_template(actor=u, template=w.done.template_version.template),
    ),
    "template": (TOTALS, lambda w, u: appraisal.template(user=u, pk=w.done.template_version.template_id)),
    "template_version": (TOTALS, lambda w, u: appraisal.template_version(user=u, pk=w.done.template_version_id)),
    "compare_versions": (
        TOTALS,
        lambda w, u: appraisal.compare_versions(user=u, old=w.done.template_version, new=w.done.template_version),
    ),
    "preview_version": (
        RUNNERS | RULERS,
        lambda w, u: appraisal.preview_version(
            user=u,
            body=w.done.template_version.body,
            cycle=w.done,
        ),
    ),
    "open_cycle": (
        RUNNERS,
        lambda w, u: appraisal.open_cycle(
            actor=u,
            template=w.done.template_version.template,
            unit=w.firm.team,
            period=last_month() - timedelta(days=1),
        ),
    ),
    "discard_cycle": (
        RUNNERS,
        lambda w, u: appraisal.discard_cycle(actor=u, cycle=w.review, reason="开错了"),
    ),
    "change_cycle": (RUNNERS, lambda w, u: appraisal.change_cycle(actor=u, cycle=w.review, appeal_days=3)),
    "start_review": (RUNNERS, lambda w, u: appraisal.start_review(actor=u, cycle=w.review)),
    "refresh_people": (RUNNERS, lambda w, u: appraisal.refresh_people(actor=u, cycle=w.review)),
    "set_aside": (RUNNERS, lambda w, u: appraisal.set_aside(actor=u, appraisee=w.row, reason="长假")),
    "take_in": (RUNNERS, lambda w, u: appraisal.take_in(actor=u, appraisee=w.row)),
    "cycle": (TOTALS, lambda w, u: appraisal.cycle(user=u, pk=w.review.pk)),
    "appraisees": (TOTALS, lambda w, u: appraisal.appraisees(user=u, cycle=w.review)),
    "appraisee": (SEERS, lambda w, u: appraisal.appraisee(user=u, pk=w.row.pk)),
    "collect": (RUNNERS, lambda w, u: appraisal.collect(actor=u, cycle=w.review)),
    "start_collect": (RUNNERS, lambda w, u: appraisal.start_collect(actor=u, cycle=w.review)),
    "forget_input": (
        RATERS | RUNNERS,
        lambda w, u: appraisal.forget_input(actor=u, appraisee=w.row, indicator="responses", note="x"),
    ),
    "enter_input": (
        RATERS | RUNNERS,
        lambda w, u: appraisal.enter_input(actor=u, appraisee=w.row, indicator="responses", value="410"),
    ),
    "import_inputs": (RUNNERS, lambda w, u: appraisal.import_inputs(actor=u, cycle=w.review, file=w.file)),
    "preview_inputs": (RUNNERS, lambda w, u: appraisal.preview_inputs(user=u, cycle=w.review, file=w.file)),
    "inputs_of": (SEERS, lambda w, u: appraisal.inputs_of(user=u, appraisee=w.row)),
    "input_history": (SEERS, lambda w, u: list(appraisal.input_history(user=u, appraisee=w.row))),
    "missing": (TOTALS, lambda w, u: appraisal.missing(user=u, cycle=w.review)),
    "rate": (RATERS, lambda w, u: appraisal.rate(actor=u, appraisee=w.row, levels=LEVELS)),
    "to_rate": (TOTALS, lambda w, u: appraisal.to_rate(user=u, cycle=w.review)),
    "remark": (RATERS, lambda w, u: appraisal.remark(actor=u, appraisee=w.row, text="稳定")),
    "self_comment": (NOBODY, lambda w, u: appraisal.self_comment(actor=u, appraisee=w.row, text="稳定")),
    "remarks_of": (SEERS, lambda w, u: list(appraisal.remarks_of(user=u, appraisee=w.row))),
    "sheet": (SEERS, lambda w, u: appraisal.sheet(user=u, appraisee=w.result.appraisee)),
    "evidence_for": (
        SEERS,
        lambda w, u: appraisal.evidence_for(user=u, appraisee=w.result.appraisee, indicator="complaints"),
    ),
    "sheets_of": (SEERS, lambda w, u: appraisal.sheets_of(user=u, employee=w.firm.lin.employee)),
    "freeze": (RUNNERS, lambda w, u: appraisal.freeze(actor=u, cycle=w.review, leave_out="数据不全")),
    "reopen": (RUNNERS, lambda w, u: appraisal.reopen(actor=u, cycle=w.review, reason="x")),
    "publish": (RUNNERS, lambda w, u: appraisal.publish(actor=u, cycle=w.done)),
    "close": (RUNNERS, lambda w, u: appraisal.close(actor=u, cycle=w.done)),
    "correct": (
        DECIDERS,
        lambda w, u: appraisal.correct(actor=u, appraisal=w.result, changes={"responses": "1"}, note="x"),
    ),
    "register_event": (
        REGISTRARS,
        lambda w, u: appraisal.register_event(
            actor=u, employee=w.firm.lin.employee, on=last_month(), kind="complaint", text="投诉"
        ),
    ),
    "confirm_event": (RATERS | RUNNERS, lambda w, u: appraisal.confirm_event(actor=u, event=w.event)),
    "withdraw_event": (RATERS | RUNNERS, lambda w, u: appraisal.withdraw_event(actor=u, event=w.event, reason="x")),
    "count_on": (RATERS | RUNNERS, lambda w, u: appraisal.count_on(actor=u, event=w.event, indicator="disputes")),
    "event": (REGISTRARS | SEERS, lambda w, u: appraisal.event(user=u, pk=w.event.pk)),
    "double_counted": (TOTALS, lambda w, u: appraisal.double_counted(user=u, cycle=w.done)),
    "appeal": (
        NOBODY,
        lambda w, u: appraisal.appeal(actor=u, appraisal=w.result, points=[{"line": "responses", "text": "x"}]),
    ),
    "withdraw_appeal": (NOBODY, lambda w, u: appraisal.withdraw_appeal(actor=u, appeal=w.appeal)),
    "decide_appeal": (
        DECIDERS,
        lambda w, u: appraisal.decide_appeal(
            actor=u, appeal=w.appeal, decisions=[{"line": "responses", "accepted": False}], answer="属实"
        ),
    ),
    "suppose": (
        DECIDERS,
        lambda w, u: appraisal.suppose(user=u, appeal=w.appeal, changes={"responses": "300"}),
    ),
    "suppose_correction": (
        DECIDERS,
        lambda w, u: appraisal.suppose_correction(user=u, appraisal=w.result, changes={"responses": "300"}),
    ),
    "appeal_of": (SEERS | DECIDERS, lambda w, u: appraisal.appeal_of(user=u, pk=w.appeal.pk)),
    "hold_talk": (
        RATERS,
        lambda w, u: appraisal.hold_talk(
            actor=u,
            appraisal=w.result,
            held_on=base.today_in_company(),
            strengths="好",
            to_improve="快",
        ),
    ),
    "answer_talk": (NOBODY, lambda w, u: appraisal.answer_talk(actor=u, talk=w.talk)),
    "finish_item": (RATERS, lambda w, u: appraisal.finish_item(actor=u, item=w.talk.items.get())),
    "exempt": (
        RUNNERS,
        lambda w, u: appraisal.exempt(
            actor=u, employee=w.firm.lin.employee, starts_on=LONG_AGO, ends_on=LONG_AGO, reason="产假"
        ),
    ),
    "end_exemption": (RUNNERS, lambda w, u: appraisal.end_exemption(actor=u, exemption=w.exemption)),
    "sheet_states": (TOTALS, lambda w, u: appraisal.sheet_states(user=u, cycle=w.review)),
    "input_table": (TOTALS, lambda w, u: appraisal.input_table(user=u, cycle=w.review)),
    "doubts_in": (TOTALS, lambda w, u: appraisal.doubts_in(user=u, cycle=w.review, language="zh")),
    "event_lines": (REGISTRARS, lambda w, u: appraisal.event_lines(user=u)),
    "ranking": (TOTALS, lambda w, u: appraisal.ranking(user=u, cycle=w.done)),
    "basis": (TOTALS, lambda w, u: appraisal.basis(user=u, cycle=w.done)),
}
# Lists that are empty instead of forbidden: function -> who finds something there.
LISTS: Mapping[str, tuple[frozenset[str], Call]] = {
    "templates": (TOTALS, lambda w, u: appraisal.templates(user=u)),
    "cycles": (TOTALS, lambda w, u: appraisal.cycles(user=u)),
    "events_of": (REGISTRARS | SEERS, lambda w, u: appraisal.events_of(user=u)),
    "appeals_for": (SEERS | DECIDERS, lambda w, u: appraisal.appeals_for(user=u)),
    "talks_of": (SEERS, lambda w, u: appraisal.talks_of(user=u)),
    "exemptions": (SEERS, lambda w, u: appraisal.exemptions(user=u)),
    "trend": (SEERS, lambda w, u: appraisal.trend(user=u, employee=w.firm.lin.employee)),
    "appraisees": (SEERS, lambda w, u: appraisal.appraisees(user=u, cycle=w.done)),
    "sheet_states": (SEERS, lambda w, u: appraisal.sheet_states(user=u, cycle=w.done)),
    "input_table": (SEERS, lambda w, u: appraisal.input_table(user=u, cycle=w.done).rows),
    "my_sheets": (NOBODY, lambda w, u: appraisal.my_sheets(user=u)),
    "my_standings": (NOBODY, lambda w, u: appraisal.my_standings(user=u)),
}
# Functions that ask nobody, or answer a question about a user.
ASK_NOBODY = {"appeal_ends_at", "results", "shipped_templates", "suggested_grades", "supervisors_named", "version_for"}
ABOUT_USERS = {"can", "can_decide", "own_place"}


def may(world: World, user: people.User, call: Call) -> bool:
    """Whether a call is not forbidden; what it would write is undone."""
    try:
        with transaction.atomic():
            try:
                call(world, user)
            except InputError:
                pass  # permitted, and refused for another reason
            finally:
                transaction.set_rollback(True)
    except people.NotVisibleError:
        return False
    return True


@pytest.mark.parametrize("part", range(4))
def test_every_function_is_open_to_exactly_the_roles_that_are_meant(world, part):
    names = sorted(DOORS)[part::4]
    found = {name: {role for role, user in world.users.items() if may(world, user, DOORS[name][1])} for name in names}
    assert found == {name: set(DOORS[name][0]) for name in names}


def test_lists_hold_something_for_exactly_the_roles_that_are_meant(world):
    def finds(user: people.User, call: Call) -> bool:
        try:
            return bool(len(call(world, user)))
        except people.NotVisibleError:
            return False

    found = {
        name: {role for role, user in world.users.items() if finds(user, call)} for name, (_, call) in LISTS.items()
    }
    assert found == {name: set(roles) for name, (roles, _) in LISTS.items()}


def test_every_function_of_the_door_is_tried():
    # Rewards, honours and suggestions have roles and tests of their own.
    elsewhere = ("rewards", "honours", "suggestions")
    functions = {
        name
        for name in appraisal.__all__
        if inspect.isfunction(getattr(appraisal, name))
        and not getattr(appraisal, name).__module__.rpartition(".")[2].startswith(elsewhere)
    }
    assert functions - set(DOORS) - set(LISTS) - ASK_NOBODY - ABOUT_USERS == set()


def test_a_role_for_another_team_opens_nothing_here(world):
    stranger = world.firm.other_lead
    closed = {name for name in DOORS if may(world, stranger, DOORS[name][1])}
    # The other lead leads the team of the cycle under review, and has nothing to do with the published one.
    for name in ("sheet", "correct", "decide_appeal", "hold_talk", "confirm_event", "register_event", "sheets_of"):
        assert name not in closed
    assert "rate" in closed


def test_somebody_locked_out_is_refused_everywhere(world):
    for user in (world.users["training_manager"], world.users["department_head"], world.firm.lin):
        people.set_active(actor=None, user=user, is_active=False)
        user.refresh_from_db()
        assert not [name for name, (_, call) in DOORS.items() if may(world, user, call)]


# The own sheet


def test_people_see_the_own_sheet_when_it_is_shown_and_nobody_elses(firm):
    cycle = a_cycle(firm)
    row = sheet_of(cycle, firm.lin)
    assert appraisal.my_sheets(user=firm.lin) == []
    appraisal.start_review(actor=firm.manager, cycle=cycle)
    assert appraisal.my_sheets(user=firm.lin) == [row]
    (standing,), view = appraisal.my_standings(user=firm.lin), appraisal.sheet(user=firm.lin, appraisee=row)
    assert standing.appraisee == row
    assert (standing.may, standing.is_exempt, standing.appraisal) == (view.may, view.is_exempt, view.appraisal)
    assert standing.may.self_comment
    assert appraisal.sheet(user=firm.lin, appraisee=row).is_provisional
    with pytest.raises(people.NotVisibleError):
        appraisal.sheet(user=firm.lin, appraisee=sheet_of(cycle, firm.zhou))


def test_a_cycle_can_keep_previews_from_people(firm):
    cycle = a_cycle(firm, shows_preview=False)
    appraisal.start_review(actor=firm.manager, cycle=cycle)
    with pytest.raises(people.NotVisibleError):
        appraisal.sheet(user=firm.lin, appraisee=sheet_of(cycle, firm.lin))


def test_what_is_frozen_is_not_shown_to_the_person_before_it_is_published(firm):
    cycle = frozen(firm)
    row = sheet_of(cycle, firm.lin)
    with pytest.raises(people.NotVisibleError):
        appraisal.sheet(user=firm.lin, appraisee=row)
    with pytest.raises(people.NotVisibleError):
        appraisal.ranking(user=firm.lin, cycle=cycle)
    appraisal.publish(actor=firm.manager, cycle=cycle)
    assert appraisal.sheet(user=firm.lin, appraisee=row).version == 1


def test_the_supervisors_words_come_with_the_result(firm):
    cycle = a_cycle(firm)
    appraisal.start_review(actor=firm.manager, cycle=cycle)
    row = sheet_of(cycle, firm.lin)
    appraisal.self_comment(actor=firm.lin, appraisee=row, text="本月支援了夜班")
    appraisal.remark(actor=firm.lead, appraisee=row, text="夜班支援值得肯定", line="responsibility")
    assert [item.text for item in appraisal.remarks_of(user=firm.lin, appraisee=row)] == ["本月支援了夜班"]
    assert len(appraisal.sheet(user=firm.lead, appraisee=row).remarks) == 2


def test_a_template_can_show_people_totals_only(firm):
    quiet = a_template("totals", settings={"agent_sees": "totals"})
    cycle = published(firm, template=quiet.template)
    view = appraisal.sheet(user=firm.lin, appraisee=sheet_of(cycle, firm.lin))
    assert view.is_totals_only
    assert (view.in_language("zh")["lines"], view.waterfall("zh"), view.inputs, view.versions) == ([], [], {}, [])
    assert view.in_language("zh")["normalised"] == 87.7
    assert view.remarks == []
    row = sheet_of(cycle, firm.lin)
    assert appraisal.inputs_of(user=firm.lin, appraisee=row) == {}
    assert not appraisal.input_history(user=firm.lin, appraisee=row).exists()
    assert not appraisal.remarks_of(user=firm.lin, appraisee=row).exists()
    assert appraisal.evidence_for(user=firm.lin, appraisee=row, indicator="complaints") == []
    assert appraisal.input_table(user=firm.lin, cycle=cycle).rows == []
    assert appraisal.sheet(user=firm.lead, appraisee=row).in_language("zh")["lines"]


def test_a_template_can_let_the_manager_rate(firm):
    cycle = a_cycle(firm, template=a_template("by-manager", settings={"rater": "manager"}).template)
    row = sheet_of(cycle, firm.lin)
    with pytest.raises(people.NotVisibleError):
        appraisal.rate(actor=firm.lead, appraisee=row, levels=LEVELS)
    assert appraisal.rate(actor=firm.manager, appraisee=row, levels=LEVELS)
    lacking = appraisal.missing(user=firm.manager, cycle=cycle, appraisee=sheet_of(cycle, firm.zhou))
    assert {item.from_whom for item in lacking if item.source == "level"} == {("manager",)}


@pytest.fixture
def doubled(firm: Firm) -> people.User:
    """A lead of the team who is appraised in it, with every role there is."""
    user = a_login("doubled", "supervisor", unit=firm.service, employee=an_employee("兼任", unit=firm.team))
    for role in ("service_manager", "department_head", "training_manager", "training_committee", "quality_inspector"):
        unit = firm.service if people.ROLES[role].reach is people.Reach.UNIT else None
        people.grant_role(actor=None, user=user, role=role, unit=unit, starts_on=LONG_AGO)
    return user


def test_no_role_lets_anybody_touch_the_own_sheet(firm, doubled):
    cycle = a_cycle(firm)
    row = sheet_of(cycle, doubled)
    attempts: list[Callable[[], Any]] = [
        lambda: appraisal.rate(actor=doubled, appraisee=row, levels=LEVELS),
        lambda: appraisal.enter_input(actor=doubled, appraisee=row, indicator="responses", value="900"),
        lambda: appraisal.forget_input(actor=doubled, appraisee=row, indicator="responses", note="x"),
        lambda: appraisal.remark(actor=doubled, appraisee=row, text="很好"),
        lambda: appraisal.set_aside(actor=doubled, appraisee=row, reason="x"),
        lambda: appraisal.register_event(
            actor=doubled, employee=doubled.employee, on=last_month(), kind="praise", text="很好"
        ),
        lambda: appraisal.exempt(
            actor=doubled, employee=doubled.employee, starts_on=LONG_AGO, ends_on=LONG_AGO, reason="x"
        ),
    ]
    for attempt in attempts:
        with pytest.raises((people.NotVisibleError, InputError)):
            attempt()
    assert row not in [task.appraisee for task in appraisal.to_rate(user=doubled, cycle=cycle)]
    assert not appraisal.Input.objects.exists()


def test_nobody_decides_or_corrects_the_own_result(firm, doubled):
    cycle = published(firm)
    result = result_of(cycle, doubled)
    appeal = appraisal.appeal(actor=doubled, appraisal=result, points=[{"line": "responses", "text": "x"}])
    decisions = [{"line": "responses", "accepted": True, "value": 900}]
    for attempt in (
        lambda: appraisal.decide_appeal(actor=doubled, appeal=appeal, decisions=decisions, answer="好"),
        lambda: appraisal.correct(actor=doubled, appraisal=result, changes={"responses": "900"}, note="好"),
        lambda: appraisal.hold_talk(
            actor=doubled, appraisal=result, held_on=base.today_in_company(), strengths="好", to_improve="无"
        ),
    ):
        with pytest.raises(people.NotVisibleError):
            attempt()
    assert result_of(cycle, doubled).pk == result.pk


def test_the_own_event_is_confirmed_by_somebody_else(firm, doubled):
    waiting = appraisal.register_event(
        actor=firm.inspector, employee=doubled.employee, on=last_month(), kind="complaint", text="投诉"
    )
    for act in (
        lambda: appraisal.confirm_event(actor=doubled, event=waiting),
        lambda: appraisal.withdraw_event(actor=doubled, event=waiting, reason="x"),
        lambda: appraisal.count_on(actor=doubled, event=waiting, indicator="disputes"),
    ):
        with pytest.raises(people.NotVisibleError):
            act()
    assert not appraisal.events_of(user=doubled).exists()
    appraisal.confirm_event(actor=firm.lead, event=waiting)
    assert appraisal.events_of(user=doubled).exists()
