"""Appeals, corrections and talks: who may, until when, and what becomes of the result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from peilian.flows.wording import say, say_fault
from support.appraisals import Firm, a_template, frozen, published, result_of, reviewed, sheet_of


@pytest.fixture
def cycle(firm: Firm) -> appraisal.Cycle:
    return published(firm)


@pytest.fixture
def result(firm: Firm, cycle: appraisal.Cycle) -> appraisal.Appraisal:
    return result_of(cycle, firm.lin)


def appeals_about(firm: Firm, result: appraisal.Appraisal, *lines: str, **more: Any) -> appraisal.Appeal:
    points = [{"line": line, "text": "与事实不符"} for line in lines or ("service_attitude",)]
    return appraisal.appeal(actor=firm.lin, appraisal=result, points=points, **more)


def key_of(error: pytest.ExceptionInfo[InputError]) -> str:
    assert say_fault(error.value.faults[0], "zh")
    assert say_fault(error.value.faults[0], "en")
    return error.value.faults[0].reason.key


def test_an_accepted_point_makes_a_version_and_the_appealed_one_stays(firm, cycle, result):
    appeal = appeals_about(firm, result, "service_attitude", "team_rules")
    decided = appraisal.decide_appeal(
        actor=firm.head,
        appeal=appeal,
        decisions=[
            {"line": "service_attitude", "accepted": True, "indicator": "complaints", "value": 0, "text": "客户撤诉"},
            {"line": "team_rules", "accepted": False, "text": "有监控记录"},
        ],
        answer="投诉已由客户撤回；违规属实",
    )
    assert decided.state == "decided"
    newest = result_of(cycle, firm.lin)
    assert (newest.version, newest.cause, newest.cause_id) == (2, "appeal", str(appeal.pk))
    assert newest.raw - result.raw == 2
    assert appraisal.Appraisal.objects.get(pk=result.pk).result == result.result
    view = appraisal.sheet(user=firm.lin, appraisee=result.appraisee)
    (change,) = view.versions[1].changes
    assert (change.line, change.before, change.after) == ("service_attitude", 3, 5)
    assert view.versions[1].appraisal.note == "投诉已由客户撤回；违规属实"
    assert [
        (item["line"], item["is_accepted"], item["before"], item["after"]) for item in view.appeals[0].decisions
    ] == [
        ("service_attitude", True, "1", "0"),
        ("team_rules", False, "1", None),
    ]
    assert base.inbox_of(user=firm.lin).filter(key="inbox.appraisal_decided").exists()
    old = appraisal.sheet(user=firm.lin, appraisee=result.appraisee, version=1)
    assert old.stored == result.result


def test_the_corrected_value_is_an_input_from_the_appeal(firm, cycle, result):
    appeal = appeals_about(firm, result)
    appraisal.decide_appeal(
        actor=firm.head,
        appeal=appeal,
        decisions=[{"line": "service_attitude", "accepted": True, "indicator": "complaints", "value": "0"}],
        answer="撤诉",
    )
    given = appraisal.inputs_of(user=firm.lin, appraisee=result.appraisee)["complaints"]
    assert (given.value, given.source, given.entered_by, given.revision) == (0, "appeal", firm.head, 1)


def test_what_is_supposed_is_what_a_decision_makes(firm):
    rules = a_template(settings={"return_minimum_orders": 20})
    cycle = published(firm, template=rules.template)
    row = appeals_about(firm, result_of(cycle, firm.lin), "returns", "service_attitude")
    changes = {"return_ratio": "2%", "complaints": 0}
    supposed = appraisal.suppose(user=firm.head, appeal=row, changes=changes)
    accepted = [
        {"line": line, "accepted": True, "indicator": name, "value": changes[name]}
        for line, name in (("returns", "return_ratio"), ("service_attitude", "complaints"))
    ]
    appraisal.decide_appeal(actor=firm.head, appeal=row, decisions=accepted, answer="属实")
    decided = result_of(cycle, firm.lin).result
    assert supposed["total"] == decided["total"]
    points = [[(line["points"], line["reasons"]) for line in one["lines"]] for one in (supposed, decided)]
    assert points[0] == points[1]


def test_an_appeal_that_is_not_accepted_changes_nothing_but_has_an_answer(firm, cycle, result):
    appeal = appeals_about(firm, result)
    decisions = [{"line": "service_attitude", "accepted": False, "text": "录音核实"}]
    appraisal.decide_appeal(actor=firm.head, appeal=appeal, decisions=decisions, answer="投诉属实")
    assert result_of(cycle, firm.lin).pk == result.pk
    assert appraisal.appeal_of(user=firm.lin, pk=appeal.pk).answer == "投诉属实"
    with pytest.raises(InputError) as error:
        appeals_about(firm, result)
    assert key_of(error) == "appraisal.line_decided"
    assert appeals_about(firm, result, "responses").state == "open"


def test_an_appeal_has_its_days(firm, cycle, result):
    end = appraisal.appeal_ends_at(appraisal=result)
    assert end - cycle.published_at == timedelta(days=7)
    with pytest.raises(InputError) as error:
        appeals_about(firm, result, now=end + timedelta(seconds=1))
    assert key_of(error) == "appraisal.appeal_too_late"
    assert appeals_about(firm, result, now=end).state == "open"


def test_a_corrected_result_can_be_appealed_anew(firm, cycle, result):
    later = appraisal.appeal_ends_at(appraisal=result) + timedelta(days=3)
    changed = appraisal.correct(
        actor=firm.head, appraisal=result, changes={"responses": "300"}, note="重复计数", now=later
    )
    assert appraisal.appeal(
        actor=firm.lin, appraisal=changed, points=[{"line": "responses", "text": "没有重复"}], now=later
    )


def test_one_appeal_is_open_at_a_time_and_can_be_taken_back(firm, result):
    appeal = appeals_about(firm, result)
    with pytest.raises(InputError) as error:
        appeals_about(firm, result, "responses")
    assert key_of(error) == "appraisal.appeal_is_open"
    assert appraisal.withdraw_appeal(actor=firm.lin, appeal=appeal).state == "withdrawn"
    assert appeals_about(firm, result, "responses").state == "open"
    with pytest.raises(InputError) as error:
        appraisal.decide_appeal(
            actor=firm.head,
            appeal=appeal,
            decisions=[{"line": "service_attitude", "accepted": False}],
            answer="x",
        )
    assert key_of(error) == "appraisal.appeal_over"


@pytest.mark.parametrize(
    ("points", "key"),
    [
        ([], "appraisal.no_points"),
        ([{"line": "luck", "text": "x"}], "appraisal.unknown_line"),
        ([{"line": "responses", "text": " "}], "base.empty"),
        ([{"line": "responses", "text": "a"}, {"line": "responses", "text": "b"}], "appraisal.line_twice"),
        ([{"line": "responses", "text": "长" * 2001}], "base.too_long"),
    ],
)
def test_an_appeal_that_makes_no_sense_is_refused(firm, result, points, key):
    with pytest.raises(InputError) as error:
        appraisal.appeal(actor=firm.lin, appraisal=result, points=points)
    assert key_of(error) == key
    assert not appraisal.Appeal.objects.exists()


@pytest.mark.parametrize(
    ("decisions", "key"),
    [
        ([], "appraisal.decision_lacks"),
        ([{"line": "returns", "accepted": False}], "appraisal.unknown_line"),
        ([{"line": "service_attitude", "accepted": True, "value": 0}], "appraisal.unknown_indicator"),
        ([{"line": "service_attitude", "accepted": True, "indicator": "complaints"}], "appraisal.accepted_needs_value"),
        (
            [{"line": "service_attitude", "accepted": True, "indicator": "responses", "value": 1}],
            "appraisal.unknown_indicator",
        ),
        (
            [{"line": "service_attitude", "accepted": True, "indicator": "complaints", "value": -1}],
            "appraise.not_a_count",
        ),
        (
            [{"line": "service_attitude", "accepted": True, "indicator": "complaints", "value": 1}],
            "appraisal.nothing_differs",
        ),
        ([{"line": "service_attitude", "accepted": True, "indicator": "complaints", "value": 0}] * 2,
         "appraisal.decided_twice"),
    ],
)  # fmt: skip
def test_a_decision_that_makes_no_sense_is_refused_and_leaves_the_appeal_open(firm, cycle, result, decisions, key):
    appeal = appeals_about(firm, result)
    with pytest.raises(InputError) as error:
        appraisal.decide_appeal(actor=firm.head, appeal=appeal, decisions=decisions, answer="答复")
    assert key_of(error) == key
    appeal.refresh_from_db()
    assert appeal.state == "open"
    assert result_of(cycle, firm.lin).version == 1


def test_nobody_decides_who_had_a_part_in_it(firm, cycle, result):
    appeal = appeals_about(firm, result)
    decisions = [{"line": "service_attitude", "accepted": False}]
    reasons = {name: appraisal.can_decide(user=user, appeal=appeal) for name, user in firm.users.items()}
    assert {name for name, reason in reasons.items() if reason is None} == {"head", "trainer_in_chief", "committee"}
    # The service manager froze and published it; the supervisor rates and has no such permission.
    assert reasons["manager"].key == "appraisal.had_a_part"
    assert reasons["lin"].key == "appraisal.not_own_appeal"
    assert reasons["lead"].key == "appraisal.not_permitted"
    assert all(say(reason, "zh") for reason in reasons.values() if reason)
    for name, reason in reasons.items():
        if reason is not None:
            with pytest.raises(people.NotVisibleError):
                appraisal.decide_appeal(actor=firm.users[name], appeal=appeal, decisions=decisions, answer="x")


def test_who_entered_a_contested_value_or_reported_the_event_does_not_decide(firm):
    cycle = published(firm)
    result = result_of(cycle, firm.lin)
    appeal = appeals_about(firm, result)
    today = base.today_in_company()
    people.grant_role(actor=None, user=firm.inspector, role="department_head", unit=firm.service, starts_on=today)
    assert appraisal.can_decide(user=firm.inspector, appeal=appeal).key == "appraisal.had_a_part"
    appraisal.withdraw_appeal(actor=firm.lin, appeal=appeal)
    other = appeals_about(firm, result, "responses")
    assert appraisal.can_decide(user=firm.inspector, appeal=other) is None


def test_a_department_head_who_rated_does_not_decide(firm):
    cycle = reviewed(firm)
    row = sheet_of(cycle, firm.lin)
    appraisal.rate(actor=firm.head, appraisee=row, levels={"knowledge_level": 4})
    appraisal.freeze(actor=firm.manager, cycle=cycle)
    appraisal.publish(actor=firm.manager, cycle=cycle)
    appeal = appeals_about(firm, result_of(cycle, firm.lin), "responses")
    assert appraisal.can_decide(user=firm.head, appeal=appeal).key == "appraisal.had_a_part"
    assert appraisal.can_decide(user=firm.committee, appeal=appeal) is None


def test_those_who_may_decide_nearest_to_the_team_are_told(firm, result):
    appeals_about(firm, result)
    told = base.InboxMessage.objects.filter(key="inbox.appraisal_appeal").values_list("recipient__name", flat=True)
    assert list(told) == ["head"]


def test_only_the_person_appeals(firm, result):
    for name in ("zhou", "lead", "head", "manager", "admin"):
        with pytest.raises(people.NotVisibleError):
            appraisal.appeal(
                actor=firm.users[name], appraisal=result, points=[{"line": "responses", "text": "替他申诉"}]
            )


def test_a_correction_needs_a_reason_and_somebody_without_a_part(firm, cycle, result):
    for name in ("manager", "lead", "lin", "inspector", "leadership", "admin"):
        with pytest.raises(people.NotVisibleError):
            appraisal.correct(actor=firm.users[name], appraisal=result, changes={"responses": "300"}, note="x")
    with pytest.raises(InputError) as error:
        appraisal.correct(actor=firm.head, appraisal=result, changes={"responses": "300"}, note=" ")
    assert key_of(error) == "base.empty"
    changed = appraisal.correct(actor=firm.head, appraisal=result, changes={"responses": "300"}, note="重复计数")
    assert (changed.version, changed.cause, changed.note, changed.made_by) == (2, "correction", "重复计数", firm.head)
    assert base.inbox_of(user=firm.lin).filter(key="inbox.appraisal_corrected").exists()
    with pytest.raises(InputError) as error:
        appraisal.correct(actor=firm.committee, appraisal=result, changes={"responses": "301"}, note="再改")
    assert key_of(error) == "appraisal.newer_version"


def test_a_corrected_value_keeps_the_number_of_cases_that_it_comes_from(firm, cycle, result):
    before = result.inputs["return_ratio"]["n"]
    changed = appraisal.correct(actor=firm.head, appraisal=result, changes={"return_ratio": "0.5"}, note="漏算了退货")
    assert before is not None
    assert changed.inputs["return_ratio"]["n"] == before


def test_who_corrected_once_does_not_correct_again(firm, cycle, result):
    changed = appraisal.correct(actor=firm.head, appraisal=result, changes={"responses": "300"}, note="重复计数")
    with pytest.raises(people.NotVisibleError):
        appraisal.correct(actor=firm.head, appraisal=changed, changes={"responses": "400"}, note="改回")
    assert (
        appraisal.correct(actor=firm.committee, appraisal=changed, changes={"responses": "400"}, note="复核").version
        == 3
    )


def test_a_correction_waits_for_an_open_appeal(firm, result):
    appeals_about(firm, result)
    with pytest.raises(InputError) as error:
        appraisal.correct(actor=firm.head, appraisal=result, changes={"responses": "300"}, note="重复计数")
    assert key_of(error) == "appraisal.appeal_is_open"


def test_before_publishing_there_is_nothing_to_appeal_or_correct(firm):
    cycle = frozen(firm)
    result = result_of(cycle, firm.lin)
    with pytest.raises(people.NotVisibleError):
        appeals_about(firm, result)
    with pytest.raises(InputError) as error:
        appraisal.correct(actor=firm.head, appraisal=result, changes={"responses": "300"}, note="x")
    assert key_of(error) == "appraisal.not_published"


# What follows from results


def evidence_of(employee: people.Employee) -> dict[str, record.Evidence]:
    return {row.competency: row for row in record.Evidence.objects.current().filter(employee=employee)}


def test_a_published_result_speaks_for_competencies_once(firm, cycle, result):
    found = evidence_of(firm.lin.employee)
    assert found["product_and_rules"].kind == "observation"
    assert found["product_and_rules"].score == pytest.approx((3 - 0.5) / 4)
    assert found["response_pace"].kind == "kpi"
    assert "complaint_handling" not in found
    assert say(found["product_and_rules"].label, "zh") == f"{cycle.period} 考核"
    count = record.Evidence.objects.count()
    appraisal.publish(actor=firm.manager, cycle=cycle)
    assert record.Evidence.objects.count() == count


def test_nothing_is_said_of_anybody_before_publishing(firm):
    frozen(firm)
    assert not record.Evidence.objects.exists()
    assert not record.Need.objects.exists()


def test_a_correction_revises_the_evidence_and_the_need(firm):
    firm.figures.own[firm.lin.employee_id] = {"responses": "100"}
    cycle = published(firm)
    need = record.Need.objects.get(employee=firm.lin.employee, subject="response_pace")
    assert (need.origin, need.state) == ("appraisal", "open")
    assert say(need.reason, "zh").startswith(f"{cycle.period} 考核")
    appraisal.correct(
        actor=firm.head, appraisal=result_of(cycle, firm.lin), changes={"responses": "460"}, note="漏了一个账号"
    )
    piece = evidence_of(firm.lin.employee)["response_pace"]
    assert (piece.score, piece.revision) == (1.0, 1)
    need.refresh_from_db()
    assert (need.state, need.note) == ("dismissed", "漏了一个账号")


def test_points_that_cannot_be_had_raise_no_need(firm, cycle):
    # As printed, the report line gives 2 of its 4 points at most.
    assert not record.Need.objects.filter(subject="data_improvement").exists()


# Talks


def test_a_talk_becomes_a_plan_whose_steps_are_needs(firm, cycle, result):
    today = base.today_in_company()
    talk = appraisal.hold_talk(
        actor=firm.lead,
        appraisal=result,
        held_on=today,
        strengths="销售稳定",
        to_improve="情绪安抚",
        items=[
            {"goal": "每周两场安抚演练", "competency": "empathy", "due_on": today + timedelta(days=30)},
            {"goal": "整理常见问题"},
        ],
    )
    need = record.Need.objects.get(employee=firm.lin.employee, subject="empathy")
    assert talk.items.first().need == need
    assert say(need.reason, "zh").endswith("绩效面谈商定的改进")
    assert base.inbox_of(user=firm.lin).filter(key="inbox.appraisal_talk").exists()
    assert appraisal.sheet(user=firm.lin, appraisee=result.appraisee).may.acknowledge
    answered = appraisal.answer_talk(actor=firm.lin, talk=talk, text="同意，请安排导师")
    assert (answered.answer, answered.acknowledged_at is not None) == ("同意，请安排导师", True)
    with pytest.raises(InputError) as error:
        appraisal.answer_talk(actor=firm.lin, talk=talk)
    assert key_of(error) == "appraisal.talk_answered"
    assert appraisal.finish_item(actor=firm.lin, item=talk.items.last()).done_at is not None
    assert list(appraisal.talks_of(user=firm.lin)) == [talk]
    assert not appraisal.talks_of(user=firm.zhou).exists()


def test_who_may_not_rate_holds_no_talk_and_nobody_answers_for_another(firm, result):
    given = {"appraisal": result, "held_on": base.today_in_company(), "strengths": "好", "to_improve": "快"}
    for name in ("lin", "zhou", "other_lead", "inspector", "committee", "admin"):
        with pytest.raises(people.NotVisibleError):
            appraisal.hold_talk(actor=firm.users[name], **given)
    talk = appraisal.hold_talk(actor=firm.lead, **given)
    for name in ("zhou", "lead", "manager"):
        with pytest.raises(people.NotVisibleError):
            appraisal.answer_talk(actor=firm.users[name], talk=talk)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"strengths": " "}, "base.empty"),
        ({"items": [{"goal": "练", "competency": "flying"}]}, "appraisal.unknown_competency"),
        ({"items": [{"goal": "练", "due_on": "2020-01-01"}]}, "appraisal.due_before_talk"),
        ({"items": [{"goal": ""}]}, "base.empty"),
    ],
)
def test_a_talk_that_makes_no_sense_is_refused(firm, result, change, key):
    given = {"held_on": base.today_in_company(), "strengths": "好", "to_improve": "快"} | change
    with pytest.raises(InputError) as error:
        appraisal.hold_talk(actor=firm.lead, appraisal=result, **given)
    assert key_of(error) == key
    assert not appraisal.Talk.objects.exists()
