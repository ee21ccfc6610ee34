"""How a month goes: open, collect, rate, look, freeze, publish."""

from __future__ import annotations

from decimal import Decimal

import pytest

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say, say_fault
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
    reviewed,
    sheet_of,
)
from support.builders import an_employee
from support.company import a_login


def keys_of(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    for fault in error.value.faults:
        assert say_fault(fault, "zh")
        assert say_fault(fault, "en")
    return [fault.reason.key for fault in error.value.faults]


def test_the_worked_example_comes_out_to_the_point(firm):
    cycle = published(firm)
    result = result_of(cycle, firm.lin)
    assert result.raw.quantize(Decimal("0.001")) == Decimal("92.083")
    assert result.normalised.quantize(Decimal("0.01")) == Decimal("87.70")
    assert (result.max, result.version, result.cause, result.grade) == (105, 1, "freeze", "good")


def test_collecting_twice_adds_nothing(firm):
    cycle = a_cycle(firm)
    first = appraisal.collect(actor=firm.manager, cycle=cycle)
    again = appraisal.collect(actor=firm.manager, cycle=cycle)
    assert first.people == 2
    assert first.new > 20
    assert (again.new, again.same) == (0, first.new)


def test_only_what_changed_is_appended_and_the_former_value_stays(firm):
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    firm.figures.own[firm.lin.employee_id] = {"responses": "371"}
    assert appraisal.collect(actor=firm.manager, cycle=cycle).new == 1
    history = appraisal.input_history(user=firm.manager, appraisee=sheet_of(cycle, firm.lin), indicator="responses")
    assert [(row.revision, row.value) for row in history] == [(1, 371), (0, 400)]


def test_what_somebody_typed_is_left_alone_by_collecting_until_it_is_taken_back(firm):
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    row = sheet_of(cycle, firm.lin)
    appraisal.enter_input(actor=firm.lead, appraisee=row, indicator="responses", value="420", note="漏了两天的电话")
    assert appraisal.collect(actor=firm.manager, cycle=cycle).kept == 1
    assert appraisal.inputs_of(user=firm.lead, appraisee=row)["responses"].value == 420
    appraisal.forget_input(actor=firm.lead, appraisee=row, indicator="responses", note="后台数据已补")
    assert appraisal.inputs_of(user=firm.lead, appraisee=row)["responses"].value == 400


def test_every_input_leads_to_what_it_stands_on(firm):
    cycle = reviewed(firm)
    row = sheet_of(cycle, firm.lin)
    (orders,) = appraisal.evidence_for(user=firm.lead, appraisee=row, indicator="sales_completion_ratio")
    assert (orders["table"], orders["imports"]) == ("orders", ["i1"])
    (event,) = appraisal.evidence_for(user=firm.lead, appraisee=row, indicator="complaints")
    assert event["kind"] == "event"
    assert appraisal.event(user=firm.lead, pk=event["id"]).kind == "complaint"


def test_what_lacks_is_named_with_who_can_give_it(firm):
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    lacking = appraisal.missing(user=firm.manager, cycle=cycle, appraisee=sheet_of(cycle, firm.lin))
    assert {item.indicator for item in lacking} == set(LEVELS)
    assert {item.from_whom for item in lacking} == {("lead",)}
    assert {item.source for item in lacking} == {"level"}


def test_a_figure_without_data_lacks_but_one_that_has_nothing_to_measure_does_not(firm):
    firm.figures.common |= {"featured_ratio": None, "sales_growth_ratio": None}
    firm.figures.notes = {
        "featured_ratio": "business.no_featured_target",
        "sales_growth_ratio": "business.no_month_before",
    }
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    lacking = {item.indicator: item for item in appraisal.missing(user=firm.manager, cycle=cycle)}
    assert "sales_growth_ratio" not in lacking
    assert say(lacking["featured_ratio"].reason, "zh") == "没有给本人设主推单品目标"
    assert lacking["featured_ratio"].from_whom == ("manager",)


def test_the_supervisor_of_a_person_is_asked_before_others_who_may_rate(firm):
    second = people.add_user(actor=None, username="second", name="second", password=None)
    people.grant_role(actor=None, user=second, role="supervisor", unit=firm.team, starts_on=last_month())
    people.set_guide(
        actor=None,
        employee=firm.lin.employee,
        guide=firm.lead.employee,
        kind=people.GuidanceKind.SUPERVISOR,
        starts_on=last_month(),
    )
    cycle = a_cycle(firm)
    asked = {
        user.name: {name for item in found for name in item.from_whom if item.source == "level"}
        for user in (firm.lin, firm.zhou)
        if (found := appraisal.missing(user=firm.manager, cycle=cycle, appraisee=sheet_of(cycle, user)))
    }
    assert asked == {"lin": {"lead"}, "zhou": {"lead", "second"}}


def test_freezing_is_refused_while_something_lacks_and_names_everything(firm):
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    with pytest.raises(InputError) as error:
        appraisal.freeze(actor=firm.manager, cycle=cycle)
    keys = keys_of(error)
    assert keys[0] == "appraisal.inputs_missing"
    assert keys[1:] == ["appraisal.lacks"] * 10
    params = error.value.faults[1].reason.params
    assert set(params["indicator"]) == {"zh", "en"}
    assert f"“{params['indicator']['zh']}”" in say(error.value.faults[1].reason, "zh")
    assert f"lacks {params['indicator']['en']};" in say(error.value.faults[1].reason, "en")
    assert not appraisal.Appraisal.objects.exists()


def test_what_lacks_can_be_left_out_with_a_reason_that_everybody_reads(firm):
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    appraisal.freeze(actor=firm.manager, cycle=cycle, leave_out="主管休假，等级未评")
    result = result_of(cycle, firm.lin)
    assert result.note == "主管休假，等级未评"
    assert result.max == 105 - 18
    assert result.inputs["knowledge_level"]["note_key"] == "appraisal.note.left_out"
    assert result.normalised is not None


def test_nobody_leaves_out_what_lacks_on_the_own_sheet(firm):
    runner = a_login("runner", "service_manager", unit=firm.service, employee=an_employee("钱经理", unit=firm.team))
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    with pytest.raises(InputError) as error:
        appraisal.freeze(actor=runner, cycle=cycle, leave_out="等级未评")
    assert keys_of(error) == ["appraisal.own_left_out"]
    appraisal.freeze(actor=firm.manager, cycle=cycle, leave_out="等级未评")
    assert result_of(cycle, runner).note == "等级未评"


def test_a_preview_says_the_same_as_the_frozen_sheet(firm):
    cycle = reviewed(firm)
    row = sheet_of(cycle, firm.lin)
    before = appraisal.sheet(user=firm.lead, appraisee=row)
    assert before.is_provisional
    assert before.version is None
    appraisal.freeze(actor=firm.manager, cycle=cycle)
    after = appraisal.sheet(user=firm.lead, appraisee=row)
    assert (after.version, after.is_provisional) == (1, False)
    assert after.stored == before.stored
    assert after.inputs == before.inputs


def test_the_sheet_is_in_words_in_both_languages_with_the_way_to_the_total(firm):
    cycle = published(firm)
    view = appraisal.sheet(user=firm.lin, appraisee=sheet_of(cycle, firm.lin))
    for language in ("zh", "en"):
        said = view.in_language(language)
        assert said["normalised"] == 87.7
        assert all(line["reason"] for line in said["lines"])
    assert "投诉" in str(view.in_language("zh"))
    end = Decimal(view.waterfall("zh")[-1]["end"])
    assert end.quantize(Decimal("1e-12")) == result_of(cycle, firm.lin).raw


def test_frozen_inputs_give_the_same_result_again(firm):
    from peilian.apps.appraisal.evaluation import evaluate, fingerprint

    cycle = published(firm)
    for result in appraisal.Appraisal.objects.all():
        assert fingerprint(result.inputs) == result.inputs_sha256
        assert evaluate(cycle, result.inputs).stored == result.result


def test_reopening_before_publishing_keeps_the_rows_and_the_next_freeze_says_why(firm):
    cycle = frozen(firm)
    appraisal.reopen(actor=firm.manager, cycle=cycle, reason="漏导了 31 日的订单")
    firm.figures.common["responses"] = "300"
    appraisal.collect(actor=firm.manager, cycle=cycle)
    appraisal.freeze(actor=firm.manager, cycle=cycle)
    versions = appraisal.Appraisal.objects.filter(appraisee=sheet_of(cycle, firm.lin)).order_by("version")
    assert [row.version for row in versions] == [1, 2]
    assert versions[1].note == "漏导了 31 日的订单"
    view = appraisal.sheet(user=firm.lead, appraisee=sheet_of(cycle, firm.lin))
    (change,) = view.versions[1].changes
    assert (change.line, change.before, change.after) == ("responses", 5, 3)
    (given,) = view.versions[1].inputs
    assert (given.indicator, given.before, given.after) == ("responses", 400, 300)


def test_publishing_tells_everybody_once(firm):
    cycle = published(firm)
    appraisal.publish(actor=firm.manager, cycle=cycle)
    (message,) = base.inbox_of(user=firm.lin).filter(key="inbox.appraisal_published")
    assert message.link == f"/assess/sheets/{sheet_of(cycle, firm.lin).pk}/"


def test_closing_waits_for_the_end_of_appeals(firm):
    cycle = published(firm)
    with pytest.raises(InputError) as error:
        appraisal.close(actor=firm.manager, cycle=cycle)
    assert keys_of(error) == ["appraisal.appeals_possible"]
    end = appraisal.appeal_ends_at(appraisal=result_of(cycle, firm.lin))
    assert appraisal.close(actor=firm.manager, cycle=cycle, now=end).state == "closed"


def test_many_people_are_frozen_by_the_worker(firm, monkeypatch):
    from peilian.apps.appraisal import publishing

    monkeypatch.setattr(publishing, "MANY_PEOPLE", 1)
    cycle = reviewed(firm)
    job = appraisal.freeze(actor=firm.manager, cycle=cycle)
    assert isinstance(job, base.Job)
    assert appraisal.freeze(actor=firm.manager, cycle=cycle) == job
    assert base.run_next_job()
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"people": 2})
    cycle.refresh_from_db()
    assert cycle.state == "frozen"
    appraisal.publish(actor=firm.manager, cycle=cycle)
    assert base.run_next_job()
    assert appraisal.Appraisal.objects.count() == 2


def test_a_freezing_job_that_meets_a_gap_stores_nothing_and_says_what_lacks(firm, monkeypatch):
    from peilian.apps.appraisal import publishing

    monkeypatch.setattr(publishing, "MANY_PEOPLE", 1)
    cycle = reviewed(firm)
    job = appraisal.freeze(actor=firm.manager, cycle=cycle)
    row = sheet_of(cycle, firm.lin)
    appraisal.enter_input(actor=firm.lead, appraisee=row, indicator="disputes", value=None, note="还在核实")
    assert base.run_next_job()
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.faults[0]["reason"]["key"] == "appraisal.inputs_missing"
    assert not appraisal.Appraisal.objects.exists()


def test_the_way_a_figure_is_computed_follows_the_template(firm):
    cycle = a_cycle(firm)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    assert firm.figures.asked[-1] == {"conversion": "agent", "featured": "target"}
    shop = a_template("by-visits", settings={"conversion_meaning": "per_visit"})
    cycle = a_cycle(firm, template=shop.template)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    assert firm.figures.asked[-1]["conversion"] == "shop"


def test_the_grades_of_a_cycle_are_those_of_its_template_unless_it_names_others(firm):
    graded = a_template("graded", settings={"grades": _grades_choice()})
    cycle = a_cycle(firm, template=graded.template, grades=())
    assert [grade["key"] for grade in cycle.grades] == ["below", "pass", "good", "excellent"]
    assert a_cycle(firm, grades=()).grades == []


def _grades_choice() -> str:
    settings = {item.key: item for item in appraisal.shipped_templates()["ecommerce-monthly"].settings}
    return next(choice.key for choice in settings["grades"].choices if choice.key != settings["grades"].default)


def test_a_measure_of_conversations_counts_when_the_template_asks_for_it(firm, monkeypatch):
    cell = contacts.PersonMeasure(Decimal(1234), 1234)
    asked = []

    def person_measures(**given):
        asked.append((given["keys"], given["first_day"]))
        return {firm.lin.employee_id: {"agent_messages": cell}}

    monkeypatch.setattr(contacts, "person_measures", person_measures)
    cycle = a_cycle(firm, template=a_template("messages", settings={"responses_meaning": "agent_messages"}).template)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    assert asked == [(("agent_messages",), last_month())]
    given = appraisal.inputs_of(user=firm.lead, appraisee=sheet_of(cycle, firm.lin))["responses"]
    assert (given.value, given.source) == (1234, "contacts")
    lacking = appraisal.missing(user=firm.lead, cycle=cycle, appraisee=sheet_of(cycle, firm.zhou))
    assert "responses" in {item.indicator for item in lacking}


def test_conversations_are_read_by_the_worker(firm, monkeypatch):
    monkeypatch.setattr(contacts, "person_measures", lambda **_: {})
    shipped = appraisal.shipped_templates()["business-assessment"]
    cycle = a_cycle(firm, template=a_template("business", body=shipped.body).template)
    job = appraisal.start_collect(actor=firm.manager, cycle=cycle)
    assert isinstance(job, base.Job)
    assert appraisal.start_collect(actor=firm.manager, cycle=cycle) == job
    assert base.run_next_job()
    job.refresh_from_db()
    assert (job.state, job.result["people"]) == ("done", 2)
    given = appraisal.inputs_of(user=firm.lead, appraisee=sheet_of(cycle, firm.lin))["empathy"]
    assert (given.value, given.note_key) == (None, "appraisal.note.no_conversations")
    assert isinstance(appraisal.start_collect(actor=firm.manager, cycle=a_cycle(firm)), appraisal.Collected)


def test_events_count_once_confirmed_and_praise_never(firm: Firm):
    cycle = a_cycle(firm)
    row = sheet_of(cycle, firm.lin)
    day = last_month().replace(day=5)
    waiting = appraisal.register_event(
        actor=firm.inspector, employee=firm.lin.employee, on=day, kind="complaint", text="客户投诉回复慢"
    )
    an_event(firm, firm.lin, "praise")
    appraisal.collect(actor=firm.manager, cycle=cycle)
    assert appraisal.inputs_of(user=firm.lead, appraisee=row)["complaints"].value == 0
    appraisal.confirm_event(actor=firm.lead, event=waiting)
    appraisal.collect(actor=firm.manager, cycle=cycle)
    assert appraisal.inputs_of(user=firm.lead, appraisee=row)["complaints"].value == 1
    appraisal.withdraw_event(actor=firm.lead, event=waiting, reason="客户撤诉")
    appraisal.collect(actor=firm.manager, cycle=cycle)
    assert appraisal.inputs_of(user=firm.lead, appraisee=row)["complaints"].value == 0


def test_one_happening_on_several_lines_is_shown_and_put_on_one(firm):
    cycle = a_cycle(firm)
    both = an_event(firm, firm.lin, "dispute", counts_on=["disputes", "complaints"])
    talk = ("conversation", "c-77")
    an_event(firm, firm.zhou, "impolite", reference=talk)
    an_event(firm, firm.zhou, "etiquette", reference=talk)
    an_event(firm, firm.zhou, "complaint", day=12)
    found = {item.employee.name: item.indicators for item in appraisal.double_counted(user=firm.lead, cycle=cycle)}
    assert found == {"林小禾": ("disputes", "complaints"), "周舟": ("impolite_hits", "etiquette_breaches")}
    appraisal.count_on(actor=firm.lead, event=both, indicator="disputes")
    assert [item.employee.name for item in appraisal.double_counted(user=firm.lead, cycle=cycle)] == ["周舟"]


def test_a_template_can_insist_that_every_event_has_one_line(firm):
    version = a_template("strict", settings={"double_counting": "once"})
    an_event(firm, firm.lin, "dispute", counts_on=["disputes", "complaints"])
    cycle = reviewed(firm, template=version.template)
    with pytest.raises(InputError) as error:
        appraisal.freeze(actor=firm.manager, cycle=cycle)
    assert keys_of(error) == ["appraisal.counted_twice"]


def test_a_cycle_opened_by_mistake_is_discarded_and_its_people_can_be_appraised_elsewhere(firm):
    cycle = a_cycle(firm)
    with pytest.raises(InputError) as error:
        appraisal.discard_cycle(actor=firm.manager, cycle=cycle, reason=" ")
    assert keys_of(error) == ["base.empty"]
    for user in (firm.lin, firm.lead, firm.other_lead, firm.leadership):
        with pytest.raises(people.NotVisibleError):
            appraisal.discard_cycle(actor=user, cycle=cycle, reason="选错了月份")
    appraisal.discard_cycle(actor=firm.manager, cycle=cycle, reason="选错了月份")
    for user in firm.users.values():
        assert not appraisal.cycles(user=user).exists()
        with pytest.raises(people.NotVisibleError):
            appraisal.cycle(user=user, pk=cycle.pk)
    entry = base.AuditEntry.objects.get(verb="appraisal.discard_cycle")
    assert entry.changes["reason"] == [None, "选错了月份"]
    assert a_cycle(firm).appraisees.count() == 2
    with pytest.raises(InputError):
        appraisal.collect(actor=firm.manager, cycle=cycle)


def test_a_cycle_whose_results_were_fixed_is_not_discarded(firm):
    cycle = frozen(firm)
    with pytest.raises(InputError) as error:
        appraisal.discard_cycle(actor=firm.manager, cycle=cycle, reason="选错了月份")
    assert keys_of(error) == ["appraisal.cycle_frozen"]
    appraisal.reopen(actor=firm.manager, cycle=cycle, reason="数据有误")
    with pytest.raises(InputError) as error:
        appraisal.discard_cycle(actor=firm.manager, cycle=cycle, reason="选错了月份")
    assert keys_of(error) == ["appraisal.was_fixed_before"]
