"""What is published stays: every door by which somebody could try to change a result, and what each says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.appraisals import LEVELS, Firm, frozen, last_month, published, result_of, reviewed, sheet_of

GUARDED_MODELS = (appraisal.Appraisal, appraisal.Input, appraisal.TemplateVersion, appraisal.Remark)


def all_rows() -> list[tuple[str, list[dict[str, Any]]]]:
    """Everything that results consist of, as it is stored."""
    return [(model.__name__, list(model.objects.order_by("pk").values())) for model in GUARDED_MODELS]


@pytest.fixture
def cycle(firm: Firm) -> appraisal.Cycle:
    cycle = published(firm)
    cycle.refresh_from_db()
    return cycle


@pytest.fixture
def result(firm: Firm, cycle: appraisal.Cycle) -> appraisal.Appraisal:
    return result_of(cycle, firm.lin)


def through_api(firm: Firm, cycle: appraisal.Cycle) -> dict[str, Any]:
    """Every function of the door that puts something into a cycle, with arguments that would change the result."""
    row = sheet_of(cycle, firm.lin)
    return {
        "collect": lambda: appraisal.collect(actor=firm.manager, cycle=cycle),
        "refresh_people": lambda: appraisal.refresh_people(actor=firm.manager, cycle=cycle),
        "enter_input": lambda: appraisal.enter_input(actor=firm.lead, appraisee=row, indicator="responses", value="9"),
        "forget_input": lambda: appraisal.forget_input(
            actor=firm.lead, appraisee=row, indicator="knowledge_level", note="x"
        ),
        "rate": lambda: appraisal.rate(actor=firm.lead, appraisee=row, levels=dict.fromkeys(LEVELS, 1)),
        "remark": lambda: appraisal.remark(actor=firm.lead, appraisee=row, text="再补一句"),
        "self_comment": lambda: appraisal.self_comment(actor=firm.lin, appraisee=row, text="再补一句"),
        "start_review": lambda: appraisal.start_review(actor=firm.manager, cycle=cycle),
        "freeze": lambda: appraisal.freeze(actor=firm.manager, cycle=cycle, leave_out="再来一次"),
        "reopen": lambda: appraisal.reopen(actor=firm.manager, cycle=cycle, reason="数据有误"),
        "set_aside": lambda: appraisal.set_aside(actor=firm.manager, appraisee=row, reason="不考核"),
        "change_cycle": lambda: appraisal.change_cycle(actor=firm.manager, cycle=cycle, grades=[]),
    }


@pytest.mark.parametrize(
    "name",
    [
        "collect",
        "refresh_people",
        "enter_input",
        "forget_input",
        "rate",
        "remark",
        "self_comment",
        "start_review",
        "freeze",
        "reopen",
        "set_aside",
        "change_cycle",
    ],
)
def test_no_function_of_the_door_changes_what_is_published(firm, cycle, name):
    before, state = all_rows(), cycle.state
    firm.figures.common["responses"] = "9"
    with pytest.raises(InputError):
        through_api(firm, cycle)[name]()
    cycle.refresh_from_db()
    assert (all_rows(), cycle.state) == (before, state)


@pytest.mark.parametrize("name", ["collect", "enter_input", "freeze", "reopen"])
def test_not_even_the_product_itself_does(firm, cycle, name):
    row = sheet_of(cycle, firm.lin)
    doors = {
        "collect": lambda: appraisal.collect(actor=None, cycle=cycle),
        "enter_input": lambda: appraisal.enter_input(actor=None, appraisee=row, indicator="responses", value="9"),
        "freeze": lambda: appraisal.freeze(actor=None, cycle=cycle, leave_out="x"),
        "reopen": lambda: appraisal.reopen(actor=None, cycle=cycle, reason="x"),
    }
    before = all_rows()
    with pytest.raises(InputError):
        doors[name]()
    assert all_rows() == before


def test_publishing_again_changes_nothing(firm, cycle):
    before, at = all_rows(), cycle.published_at
    assert appraisal.publish(actor=firm.manager, cycle=cycle).published_at == at
    assert all_rows() == before


def test_events_exemptions_and_new_rules_come_too_late(firm, cycle, result):
    before = all_rows()
    event = appraisal.events_of(user=firm.lead, kinds=["complaint"]).get()
    appraisal.withdraw_event(actor=firm.lead, event=event, reason="客户撤诉")
    late = appraisal.register_event(
        actor=firm.inspector, employee=firm.lin.employee, on=last_month(), kind="dispute", text="纠纷"
    )
    appraisal.confirm_event(actor=firm.lead, event=late)
    appraisal.exempt(
        actor=firm.manager,
        employee=firm.lin.employee,
        starts_on=cycle.starts_on,
        ends_on=cycle.ends_on,
        reason="产假",
    )
    assert all_rows() == before
    view = appraisal.sheet(user=firm.lin, appraisee=result.appraisee)
    assert (view.stored, view.is_exempt) == (result.result, False)


def test_a_new_version_of_the_rules_never_touches_it(firm, cycle, result):
    template = cycle.template_version.template
    appraisal.add_version(
        actor=firm.trainer_in_chief,
        template=template,
        settings={"report_points": "scaled"},
        effective_from=cycle.starts_on,
        note="报告改为放大",
    )
    fresh = appraisal.Appraisal.objects.get(pk=result.pk)
    assert (fresh.result, fresh.template_version_id) == (result.result, result.template_version_id)
    assert appraisal.sheet(user=firm.lin, appraisee=fresh.appraisee).stored == result.result
    appeal = appraisal.appeal(actor=firm.lin, appraisal=fresh, points=[{"line": "responses", "text": "少算了"}])
    appraisal.decide_appeal(
        actor=firm.head,
        appeal=appeal,
        decisions=[{"line": "responses", "accepted": True, "value": "300"}],
        answer="核对后更正",
    )
    assert result_of(cycle, firm.lin).template_version_id == result.template_version_id


def test_tables_of_a_final_month_take_no_other_rows(firm, cycle):
    first, last = cycle.starts_on, cycle.ends_on
    reasons = [guard(first, last, "orders", frozenset({firm.lin.employee_id})) for guard in contacts.month_guards]
    assert [reason.key for reason in reasons if reason] == ["appraisal.frozen_month"]
    shop = [guard(first, last, "shop_days", frozenset()) for guard in contacts.month_guards]
    assert any(shop)
    for employees, day in (({firm.zheng.employee_id}, first), ({firm.lin.employee_id}, last + timedelta(days=1))):
        assert not any(guard(day, day, "orders", frozenset(employees)) for guard in contacts.month_guards)


@pytest.mark.parametrize("model", GUARDED_MODELS)
def test_rows_are_neither_saved_nor_updated_nor_deleted(firm, cycle, model):
    row = model.objects.first()
    attempts = (
        row.save,
        row.delete,
        lambda: model.objects.filter(pk=row.pk).update(id=base.new_id()),
        lambda: model.objects.all().delete(),
        lambda: model.objects.bulk_update([row], [model._meta.concrete_fields[1].name]),
    )
    before = all_rows()
    for attempt in attempts:
        with pytest.raises((TypeError, DatabaseError)), base.bookkeeping(), transaction.atomic():
            attempt()
    assert all_rows() == before


STATEMENTS = (
    "UPDATE appraisal_appraisal SET raw = 105",
    "UPDATE appraisal_appraisal SET result = '{}'",
    "DELETE FROM appraisal_appraisal",
    "UPDATE appraisal_input SET value = 1",
    "DELETE FROM appraisal_input",
    "UPDATE appraisal_templateversion SET body = '{}'",
    "DELETE FROM appraisal_templateversion",
    "UPDATE appraisal_cycle SET state = 'reviewing'",
    "UPDATE appraisal_cycle SET state = 'frozen'",
    "UPDATE appraisal_cycle SET starts_on = '2020-01-01'",
    "UPDATE appraisal_cycle SET published_at = NULL, state = 'collecting'",
    "DELETE FROM appraisal_cycle",
    "DELETE FROM appraisal_appraisee",
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_refuses_what_goes_past_the_product(cycle, statement):
    def attempt() -> None:
        with base.bookkeeping(), connection.cursor() as cursor:
            cursor.execute(statement)
            connection.check_constraints()

    before = all_rows()
    with pytest.raises(DatabaseError):
        attempt()
    assert all_rows() == before


def test_the_database_takes_no_second_freeze_of_a_published_cycle(cycle, result):
    copy = appraisal.Appraisal(
        **{
            field.attname: getattr(result, field.attname)
            for field in result._meta.concrete_fields
            if field.name not in ("id", "version")
        },
        version=2,
    )
    with pytest.raises(DatabaseError), base.bookkeeping():
        copy.save(force_insert=True)
    with pytest.raises(DatabaseError), base.bookkeeping():
        appraisal.Appraisal.objects.bulk_create([copy])
    assert appraisal.Appraisal.objects.filter(appraisee=result.appraisee_id).count() == 1


def test_a_closed_cycle_stays_closed(firm, cycle):
    end = appraisal.appeal_ends_at(appraisal=result_of(cycle, firm.lin))
    appraisal.close(actor=firm.manager, cycle=cycle, now=end)
    with pytest.raises(DatabaseError), base.bookkeeping():
        appraisal.Cycle.objects.filter(pk=cycle.pk).update(state="published")


def test_who_was_set_aside_after_an_earlier_freezing_gets_no_result(firm: Firm) -> None:
    cycle = frozen(firm)
    appraisal.reopen(actor=firm.manager, cycle=cycle, reason="有一张表要重导")
    cycle.refresh_from_db()
    appraisal.set_aside(actor=firm.manager, appraisee=sheet_of(cycle, firm.lin), reason="产假")
    appraisal.freeze(actor=firm.manager, cycle=cycle)
    cycle.refresh_from_db()
    appraisal.publish(actor=firm.manager, cycle=cycle)
    cycle.refresh_from_db()
    assert [row.appraisee.employee for row in appraisal.results(cycle=cycle)] == [firm.zhou.employee]
    assert [row.appraisee.employee for row in appraisal.ranking(user=firm.lead, cycle=cycle)] == [firm.zhou.employee]
    view = appraisal.sheet(user=firm.lin, appraisee=sheet_of(cycle, firm.lin))
    assert view.is_exempt
    assert view.appraisal is None


def test_a_result_that_was_given_up_before_publishing_is_not_read_by_the_person(firm: Firm) -> None:
    cycle = frozen(firm)
    appraisal.reopen(actor=firm.manager, cycle=cycle, reason="有一张表要重导")
    sheet = sheet_of(cycle, firm.lin)
    with pytest.raises(people.NotVisibleError):
        appraisal.sheet(user=firm.lin, appraisee=sheet, version=1)
    assert appraisal.sheet(user=firm.lin, appraisee=sheet).versions == []
    assert appraisal.sheet(user=firm.lead, appraisee=sheet, version=1).version == 1


def test_a_month_is_frozen_when_it_is_over(firm: Firm) -> None:
    today = base.today_in_company()
    cycle = reviewed(firm, period=(today.replace(day=1), today))
    with pytest.raises(InputError) as error:
        appraisal.freeze(actor=firm.manager, cycle=cycle)
    assert error.value.faults[0].reason.key == "appraisal.not_over"


def test_levels_are_taken_back_only_by_who_may_rate(firm: Firm) -> None:
    cycle = reviewed(firm)
    sheet = sheet_of(cycle, firm.lin)
    with pytest.raises(people.NotVisibleError):
        appraisal.forget_input(actor=firm.manager, appraisee=sheet, indicator="knowledge_level", note="不对")
    appraisal.forget_input(actor=firm.lead, appraisee=sheet, indicator="knowledge_level", note="重新评")
