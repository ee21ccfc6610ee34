"""Business tables in the database: all or nothing, the same key replaces, imports are undone, frozen months stay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.contacts.business_models import (
    AttendanceDay,
    CustomerOrder,
    FormerRow,
    ReportSubmission,
    Review,
    SalesTarget,
    ShopDay,
    ShopSnapshot,
    TableState,
)
from peilian.apps.people import api as people
from peilian.engine._kernel import Fault, InputError, Reason, Text
from support.builders import a_company, a_unit, a_user, an_employee
from support.business import a_shop, a_table

# Files are dropped when a transaction is over, so it has to be a real one.
pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = "订单号,付款时间,店铺,客服账号,实付金额,订单状态,商品\n"


@pytest.fixture(autouse=True)
def _staff(home):
    a_company()
    an_employee("林小禾", account="shop:lin")
    a_shop()


@pytest.fixture
def manager():
    return a_user("training_manager")


@pytest.fixture
def guards():
    before = list(contacts.month_guards)
    yield contacts.month_guards
    contacts.month_guards[:] = before


def keys_of(refused) -> list[str]:
    return [fault.reason.key for fault in refused.value.faults]


def test_orders_are_stored_and_credited_to_who_used_the_account():
    row = a_table(ORDERS + "A1,2026-11-22 15:06,旗舰店,shop:lin,￥1234.50,交易成功,QH\n")
    order = CustomerOrder.objects.get()
    assert (order.number, order.day, order.amount, order.item) == ("A1", date(2026, 11, 22), D("1234.5"), "QH")
    assert order.employee.name == "林小禾"
    assert str(order.shop) == "旗舰店"
    assert order.paid_at == datetime(2026, 11, 22, 7, 6, tzinfo=UTC)
    assert order.source == row
    assert row.report == {"new": 1, "changed": 0, "same": 0, "rows": 1, "left_out": 0, "skipped": 0}
    assert (row.state, row.first_day, row.last_day, row.kind) == ("stored", order.day, order.day, "orders")


def test_an_order_is_credited_by_the_moment_when_an_account_was_handed_on():
    other = an_employee("郑凯")
    use = people.AgentAccount.objects.get(account="shop:lin")
    noon = datetime(2026, 11, 22, 4, tzinfo=UTC)
    people.end_account(actor=None, use=use, ends_at=noon)
    people.assign_account(actor=None, platform="test", account="shop:lin", employee=other, starts_at=noon)
    a_table(ORDERS + "A1,2026-11-22 11:59,,shop:lin,1,done,\nA2,2026-11-22 12:00,,shop:lin,1,done,\n")
    assert [order.employee.name for order in CustomerOrder.objects.order_by("number")] == ["林小禾", "郑凯"]
    with pytest.raises(InputError) as refused:
        a_table(ORDERS + "A3,2026-11-22,,shop:lin,1,done,\n")
    assert keys_of(refused) == ["tables.ambiguous_account"]


def test_customers_are_kept_as_pseudonyms():
    a_table("订单号,付款时间,金额,状态,买家昵称\nA,2026-11-22,5,done,张三丰\nB,2026-11-22,5,done,张三丰\n")
    first, second = CustomerOrder.objects.order_by("number")
    assert first.customer == second.customer
    assert first.customer.startswith("p_")


def test_an_erased_customer_has_no_orders(manager):
    a_table("订单号,付款时间,金额,状态,买家昵称\nA,2026-11-22,5,done,张三丰\nB,2026-11-22,5,done,李四\n")
    a_table("订单号,付款时间,金额,状态,买家昵称\nA,2026-11-22,6,done,王五\n")
    admin = a_user("administrator")
    contacts.erase_customer(actor=admin, customer="张三丰")
    assert FormerRow.objects.get().values["customer"] == ""
    contacts.erase_customer(actor=admin, customer="李四")
    assert [bool(order.customer) for order in CustomerOrder.objects.order_by("number")] == [True, False]


def test_one_faulty_row_keeps_the_whole_file_out():
    with pytest.raises(InputError) as refused:
        a_table(ORDERS + "A1,2026-11-22,旗舰店,shop:lin,1,done,\nA2,2026-11-22,旗舰店,nobody,1,done,\n")
    (fault,) = refused.value.faults
    assert (fault.reason.key, fault.row, fault.field, fault.file) == (
        "tables.unknown_account", 3, "客服账号", "table.csv",
    )  # fmt: skip
    assert not CustomerOrder.objects.exists()
    assert not contacts.TableImport.objects.exists()
    assert not base.StoredFile.objects.exists()


def test_faulty_rows_may_be_left_out_knowingly_and_are_listed(manager):
    text = ORDERS + "A1,2026-11-22,旗舰店,shop:lin,1,done,\nA2,某天,旗舰店,shop:lin,1,done,\n"
    row = a_table(text, leaves_faulty=True)
    assert (CustomerOrder.objects.count(), row.report["left_out"], row.leaves_faulty) == (1, 1, True)
    (reject,) = contacts.table_rejects(user=manager, row=row)
    assert (reject["key"], reject["row"], reject["field"]) == ("tables.not_a_moment", 3, "付款时间")


def test_the_same_file_twice_changes_nothing():
    text = ORDERS + "A1,2026-11-22 15:06,旗舰店,shop:lin,1.25,done,QH\n"
    first = a_table(text)
    again = a_table(text)
    assert again.report["same"] == 1
    assert CustomerOrder.objects.get().source == first
    assert first.sha256 == again.sha256


def test_a_row_of_the_same_key_is_replaced_and_remembers_what_it_was():
    a_table(ORDERS + "A1,2026-11-22,旗舰店,shop:lin,10,paid,QH\nA2,2026-11-22,旗舰店,shop:lin,20,paid,\n")
    second = a_table(ORDERS + "A1,2026-11-22,旗舰店,shop:lin,10,returned,QH\nA3,2026-11-23,,,5,paid,\n")
    assert second.report["new"] == 1
    assert second.report["changed"] == 1
    assert CustomerOrder.objects.get(number="A1").state == "returned"
    assert FormerRow.objects.get().values["state"] == "paid"


def test_a_column_that_a_file_lacks_leaves_what_is_known():
    a_table(ORDERS + "A1,2026-11-22 15:00,旗舰店,shop:lin,10,paid,QH\n")
    a_table("订单号,下单时间,金额,状态\nA1,2026-11-21 09:00,10,returned\n")
    order = CustomerOrder.objects.get()
    assert (order.state, order.item, order.employee.name, order.day) == (
        "returned", "QH", "林小禾", date(2026, 11, 22),
    )  # fmt: skip
    assert order.ordered_at is not None


def test_an_import_is_undone_whole(manager):
    first = a_table(ORDERS + "A1,2026-11-22 15:06,旗舰店,shop:lin,10,paid,QH\n")
    second = a_table(ORDERS + "A1,2026-10-22 15:06,,,99.5,returned,\nA3,2026-11-23,,,5,paid,\n")
    undone = contacts.undo_table(actor=manager, row=second)
    assert (undone.state, undone.undone_by) == ("undone", manager)
    order = CustomerOrder.objects.get()
    assert (order.state, order.amount, order.day, order.item) == ("paid", 10, date(2026, 11, 22), "QH")
    assert order.employee.name == "林小禾"
    assert order.source == first
    assert not FormerRow.objects.exists()
    contacts.undo_table(actor=manager, row=first)
    assert not CustomerOrder.objects.exists()
    with pytest.raises(InputError) as refused:
        contacts.undo_table(actor=manager, row=first)
    assert keys_of(refused) == ["tables.already_undone"]


def test_an_import_that_a_later_one_changed_is_not_undone(manager):
    first = a_table(ORDERS + "A1,2026-11-22,,,10,paid,\nA2,2026-11-22,,,10,paid,\n")
    second = a_table(ORDERS + "A1,2026-11-22,,,12,paid,\n")
    with pytest.raises(InputError) as refused:
        contacts.undo_table(actor=manager, row=first)
    assert refused.value.faults[0].reason == Reason("tables.changed_since", {"n": 1})
    contacts.undo_table(actor=manager, row=second)
    contacts.undo_table(actor=manager, row=first)
    assert not CustomerOrder.objects.exists()


def test_a_frozen_month_refuses_what_would_change_it_and_names_the_rows(guards, manager):
    november = a_table(ORDERS + "A1,2026-11-22,,shop:lin,10,paid,\n")
    lin = people.Employee.objects.get(name="林小禾").pk

    def guard(first, last, kind, employees):
        is_frozen = (first, last) == (date(2026, 11, 1), date(2026, 11, 30)) and kind == "orders" and lin in employees
        return Reason("tables.nothing_to_store") if is_frozen else None

    guards.append(guard)
    text = (
        ORDERS + "A1,2026-11-22,,shop:lin,10,paid,\nA2,2026-10-31,,shop:lin,7,paid,\nA3,2026-11-30,,shop:lin,5,paid,\n"
    )
    with pytest.raises(InputError) as refused:
        a_table(text, leaves_faulty=True)
    assert [(fault.reason.key, fault.row) for fault in refused.value.faults] == [("tables.nothing_to_store", 4)]
    # What is the same touches nothing, other months and other people are free, moving a row away is a change.
    a_table(ORDERS + "A1,2026-11-22,,shop:lin,10,paid,\nA2,2026-10-31,,shop:lin,7,paid,\nA4,2026-11-30,,,5,paid,\n")
    with pytest.raises(InputError):
        a_table(ORDERS + "A1,2026-10-22,,shop:lin,10,paid,\n")
    with pytest.raises(InputError):
        contacts.undo_table(actor=manager, row=november)
    assert CustomerOrder.objects.get(number="A1").day == date(2026, 11, 22)


def test_every_kind_finds_its_shelf():
    number = people.Employee.objects.get().number
    a_table(f"月份,员工,目标\n2026-11,{number},5万\n")
    a_table(
        f"日期,员工,考勤状态,出勤天数\n2026-11-02,{number},迟到,\n2026-11-03,{number},请假,0.5\n2026-11-04,林小禾,旷工,\n"
    )
    a_table("日期,店铺,访客数,咨询人次,应答量,销售额\n2026-11-02,旗舰店,4200,216,210,1.2万\n")
    a_table("月份,店铺,客服人数,日均咨询,客服工资,工资口径,月销售额\n2026-11,旗舰店,3,650,8000,合计,50W\n")
    a_table(
        f"员工,报告,截止时间,提交时间,质量评分\n{number},月报,2026-11-30,2026-11-30,2\n{number},周报,2026-11-30,,\n"
    )
    a_table(f"评价编号,评价时间,员工,评分,好中差评,评价内容\n1,2026-11-25,{number},1,差评,电话13812345678\n")
    assert SalesTarget.objects.get().amount == 50_000
    assert SalesTarget.objects.get().source.last_day == date(2026, 11, 30)
    assert [(day.state, day.worked) for day in AttendanceDay.objects.order_by("day")] == [
        ("late", 1), ("leave", D("0.5")), ("absent", 0),
    ]  # fmt: skip
    assert (ShopDay.objects.get().visits, ShopDay.objects.get().sales) == (4200, 12_000)
    assert (ShopSnapshot.objects.get().wage_reading, ShopSnapshot.objects.get().sales) == ("total", 500_000)
    monthly = ReportSubmission.objects.get(title="月报")
    assert monthly.due_at == datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
    assert monthly.received_at <= monthly.due_at
    assert "13812345678" not in Review.objects.get().text


def test_two_people_of_one_name_are_told_apart_by_number():
    an_employee("林小禾")
    with pytest.raises(InputError) as refused:
        a_table("月份,员工,目标\n2026-11,林小禾,5万\n")
    assert keys_of(refused) == ["tables.ambiguous_person"]
    assert refused.value.faults[0].reason.params["numbers"].count("E") == 2


def test_two_shops_of_one_name_are_told_apart_by_code():
    a_shop()
    with pytest.raises(InputError) as refused:
        a_table(ORDERS + "A1,2026-11-22,旗舰店,,1,done,\n")
    assert keys_of(refused) == ["tables.ambiguous_shop"]


class Register:
    """An event register that keeps what it is given."""

    def __init__(self):
        self.rows = []

    def kinds(self):
        return {"wording": Text(zh="用语不规范", en="Wording")}

    def check(self, actor, rows):
        return [Fault(Reason("tables.empty"), row=row.row, field="说明") for row in rows if row.text == "坏"]

    def store(self, actor, rows, source):
        self.rows += rows
        return len(rows), 0

    def undo(self, actor, source):
        self.rows.clear()


@pytest.fixture
def register(monkeypatch):
    found = Register()
    monkeypatch.setattr(contacts.violation_sink, "sink", found)
    return found


def test_without_an_event_register_violations_are_not_offered(monkeypatch):
    monkeypatch.setattr(contacts.violation_sink, "sink", None)
    assert "violations" not in contacts.table_kinds()


def test_violations_go_to_the_event_register(register, manager):
    text = "日期,员工,类型,说明,凭证\n2026-11-22,林小禾,用语不规范,没有称呼,TK1\n"
    row = a_table(text, kind="violations")
    (kept,) = register.rows
    assert (kept.kind, kept.text, kept.reference, kept.on) == ("wording", "没有称呼", "TK1", date(2026, 11, 22))
    assert row.report["new"] == 1
    contacts.undo_table(actor=manager, row=row)
    assert not register.rows
    with pytest.raises(InputError):
        a_table("日期,员工,类型,说明\n2026-11-22,林小禾,用语不规范,坏\n", kind="violations")


def an_upload(actor, text, name="table.csv") -> contacts.TableImport:
    return contacts.prepare_table(actor=actor, name=name, chunks=[text.encode()])


def test_a_look_shows_what_would_change_and_stores_nothing(manager):
    a_table(ORDERS + "A1,2026-11-22,,,10,paid,\nA2,2026-11-22,,,10,paid,\n")
    row = an_upload(manager, ORDERS + "A1,2026-11-22,,,10,paid,\nA2,2026-11-22,,,11,paid,\nA3,x,,,11,paid,\n")
    look = contacts.look_at_table(user=manager, row=row)
    assert (look.kinds[0], look.mapped.columns["order"]) == ("orders", "订单号")
    assert look.plan.counts == {"new": 0, "changed": 1, "same": 1}
    assert look.faulty_rows == 1
    assert CustomerOrder.objects.count() == 2


def test_who_may_not_import_is_refused():
    agent = a_user("agent")
    with pytest.raises(people.NotVisibleError):
        an_upload(agent, ORDERS)
    with pytest.raises(people.NotVisibleError):
        contacts.table_imports(user=agent)
    with pytest.raises(people.NotVisibleError):
        a_table(ORDERS + "A1,2026-11-22,,,10,paid,\n", actor=agent)


def test_an_upload_belongs_to_who_made_it(manager):
    row = an_upload(manager, ORDERS + "A1,2026-11-22,,,10,paid,\n")
    assert contacts.prepared_table(user=manager, pk=row.pk) == row
    with pytest.raises(people.NotVisibleError):
        contacts.prepared_table(user=a_user("training_manager"), pk=row.pk)


def stored(actor, row, **more):
    look = contacts.look_at_table(user=actor, row=row)
    mapped = look.mapped
    return contacts.store_table(
        actor=actor, row=row, kind=mapped.kind, columns=mapped.columns, answers=mapped.answers, **more
    )


def test_storing_drops_the_file_and_a_second_click_changes_nothing(manager):
    row = stored(manager, an_upload(manager, ORDERS + "A1,2026-11-22,,,10,paid,\n"))
    assert (row.state, row.file, row.created_by) == ("stored", None, manager)
    assert not base.StoredFile.objects.exists()
    again = contacts.store_table(actor=manager, row=row, kind="orders", columns={}, answers={})
    assert again.report == row.report


def test_an_open_question_stores_nothing(manager):
    row = an_upload(manager, "月份,主推单品,员工,目标占比\n2026-11,QH,林小禾,92\n")
    with pytest.raises(InputError) as refused:
        stored(manager, row)
    assert "tables.open_questions" in keys_of(refused)
    assert contacts.prepared_table(user=manager, pk=row.pk)


def many_orders(n=6000, bad="") -> str:
    return (
        ORDERS
        + "".join(f"A{i},2026-11-{i % 28 + 1:02} 10:00:00,旗舰店,shop:lin,{i}.5,交易成功,QH-200\n" for i in range(n))
        + bad
    )


def test_a_long_file_is_stored_by_the_worker(manager):
    row = an_upload(manager, many_orders())
    look = contacts.look_at_table(user=manager, row=row)
    assert not look.checked.is_whole
    row = stored(manager, row)
    assert row.state == TableState.STORING
    while base.run_next_job():
        pass
    row.refresh_from_db()
    assert (row.state, row.report["new"], row.file) == ("stored", 6000, None)
    assert CustomerOrder.objects.count() == 6000


def test_a_long_file_with_a_fault_stores_nothing_and_may_be_looked_at_again(manager):
    row = stored(manager, an_upload(manager, many_orders(bad="A,某天,旗舰店,shop:lin,1,done,\n")))
    while base.run_next_job():
        pass
    row.refresh_from_db()
    assert (row.state, row.report["left_out"]) == ("failed", 1)
    assert row.job.state == base.JobState.FAILED
    assert [fault["row"] for fault in contacts.table_rejects(user=manager, row=row)] == [6002]
    assert not CustomerOrder.objects.exists()
    row = stored(manager, contacts.prepared_table(user=manager, pk=row.pk), leaves_faulty=True)
    while base.run_next_job():
        pass
    row.refresh_from_db()
    assert (row.state, CustomerOrder.objects.count()) == ("stored", 6000)


def test_a_cancelled_import_stores_nothing(manager):
    row = stored(manager, an_upload(manager, many_orders()))
    base.cancel_job(actor=manager, job=row.job)
    while base.run_next_job():
        pass
    assert not CustomerOrder.objects.exists()
    assert contacts.prepared_table(user=manager, pk=row.pk) == row


def test_uploads_that_nobody_goes_on_with_are_forgotten(manager):
    row = an_upload(manager, ORDERS + "A1,2026-11-22,,,10,paid,\n")
    with base.bookkeeping():
        contacts.TableImport.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert contacts.drop_table_leftovers() == 1
    assert not base.StoredFile.objects.exists()
    assert not contacts.TableImport.objects.exists()


def test_an_import_leaves_an_entry_in_the_trail(manager):
    a_table(ORDERS + "A1,2026-11-22,,,10,paid,\n", actor=manager)
    entry = base.AuditEntry.objects.get(verb="contacts.store_table")
    assert entry.actor == manager
    assert entry.changes["report"][1]["new"] == 1


def test_units_are_no_shops():
    a_unit("team-x", zh="小组")
    with pytest.raises(InputError) as refused:
        a_table(ORDERS + "A1,2026-11-22,小组,,1,done,\n")
    assert keys_of(refused) == ["tables.unknown_shop"]
