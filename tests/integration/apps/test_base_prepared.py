"""Queries that are put together once read what is there at each use, in every thread and transaction."""

from __future__ import annotations

from datetime import date
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import CharField, DateField, UUIDField
from django.test.utils import CaptureQueriesContext

from peilian.apps.base.api import bookkeeping
from peilian.apps.base.prepared import Argument, Prepared
from peilian.apps.people.models import Employee, RoleGrant, User

BY_NUMBER = Argument("number", CharField())


def employee(number: str, name: str) -> Employee:
    with bookkeeping():
        return Employee.objects.create(number=number, name=name)


def people() -> Prepared[Employee]:
    return Prepared(lambda: Employee.objects.filter(number=BY_NUMBER))


@pytest.fixture
def lin(db: None) -> Employee:
    return employee("E1", "Lin")


def test_a_prepared_query_reads_what_changed_since_it_was_put_together(lin):
    found = people()
    assert found(number="E1") == [lin]
    assert found(number="E2") == []
    wang = employee("E2", "Wang")
    with bookkeeping():
        Employee.objects.filter(pk=lin.pk).update(name="Lin Mo")
    assert found(number="E2") == [wang]
    assert [row.name for row in found(number="E1")] == ["Lin Mo"]


def test_it_is_put_together_once(lin):
    made = []

    def make() -> Any:
        made.append(1)
        return Employee.objects.filter(number=BY_NUMBER)

    found = Prepared(make)
    with CaptureQueriesContext(connection) as asked:
        for number in ("E1", "E2", "E1"):
            found(number=number)
    assert made == [1]
    assert len(asked) == 3


def test_an_argument_may_stand_at_several_places_and_rows_come_with_their_relations(lin):
    with bookkeeping():
        user = User.objects.create(username="lin", name="Lin", employee=lin)
        RoleGrant.objects.create(user=user, role="agent", starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 1))
    found = Prepared(
        lambda: (
            RoleGrant.objects.on(Argument("day", DateField()))
            .filter(user=Argument("user", UUIDField()))
            .select_related("user__employee")
        )
    )
    assert found(day=date(2025, 12, 31), user=user.pk) == []
    assert found(day=date(2026, 2, 1), user=user.pk) == []
    (held,) = found(day=date(2026, 1, 31), user=user.pk)
    with CaptureQueriesContext(connection) as asked:
        assert held.user.employee == lin
    assert len(asked) == 0


def test_lists_of_values_are_read_as_such_and_text_of_an_id_is_as_good_as_the_id(lin):
    found = Prepared(lambda: Employee.objects.filter(pk=Argument("pk", UUIDField())).values_list("name", "number"))
    assert found(pk=lin.pk) == found(pk=str(lin.pk)) == [("Lin", "E1")]
    assert found.first(pk=uuid4()) is None


def test_nothing_is_compared_with_null(lin):
    with pytest.raises(ValueError, match="number of a prepared query is None"):
        people()(number=None)


def test_a_value_that_is_not_given_is_told(lin):
    with pytest.raises(KeyError, match="number"):
        people()()


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_within_a_transaction_alone():
    employee("E1", "Lin")
    found = Prepared(lambda: Employee.objects.select_for_update().filter(number=BY_NUMBER))
    with transaction.atomic():
        assert len(found(number="E1")) == 1
    with pytest.raises(transaction.TransactionManagementError):
        found(number="E1")


@pytest.mark.django_db(transaction=True)
def test_threads_share_it_with_a_connection_each():
    employee("E1", "Lin")
    found, seen = people(), []

    def look() -> None:
        try:
            seen.append([row.name for row in found(number="E1")])
        finally:
            connection.close()

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [["Lin"]] * 4


def test_an_argument_of_many_takes_as_many_values_as_a_use_gives(lin):
    wang, zhou = employee("E2", "Wang"), employee("E3", "Zhou")
    numbers = Argument("numbers", CharField(), is_many=True)
    found = Prepared(lambda: Employee.objects.filter(numbers.has("number"), name__startswith="W").order_by("number"))
    assert found(numbers=["E1", "E2", "E3"]) == [wang]
    assert found(numbers={"E2"}) == [wang]
    assert found(numbers=(zhou.number,)) == []
    assert found(numbers=[]) == []


def test_an_argument_of_many_refuses_nothing_among_its_values(lin):
    found = Prepared(lambda: Employee.objects.filter(Argument("pks", UUIDField(), is_many=True).has("pk")))
    with pytest.raises(ValueError, match="pks"):
        found(pks=[lin.pk, None])


def test_an_argument_of_many_follows_relations(lin):
    with bookkeeping():
        user = User.objects.create(username="lin", employee=lin)
    found = Prepared(lambda: User.objects.filter(Argument("people", UUIDField(), is_many=True).has("employee__pk")))
    assert found(people=[lin.pk]) == [user]
    assert found(people=[uuid4()]) == []


def test_values_come_back_as_what_their_columns_hold_with_every_use(lin):
    wang = employee("E2", "Wang")
    found = Prepared(lambda: Employee.objects.filter(number=BY_NUMBER).values_list("pk", "number", "hired_on"))
    assert found(number="E1") == [(lin.pk, "E1", lin.hired_on)]
    assert found(number="E2") == [(wang.pk, "E2", wang.hired_on)]
