"""Completions: added once by a source, taken back by a row of their own, never changed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def employee() -> people.Employee:
    return people.add_employee(actor=None, number="E1", name="林晓禾")


def done(source_id: str = "1", percent: int = 90) -> learning.Done:
    how = learning.CompletionHow.LEARNT
    return learning.Done("lesson:x/y", how, AT, "learning.lesson", source_id, minutes=8, percent=Decimal(percent))


def test_the_same_source_completes_a_text_once(employee: people.Employee) -> None:
    first = learning.complete(employee=employee, done=done())
    again = learning.complete(employee=employee, done=done(percent=10))
    assert again == first
    assert again.percent == 90


def test_another_source_completes_it_again(employee: people.Employee) -> None:
    learning.complete(employee=employee, done=done())
    learning.complete(employee=employee, done=done("2"))
    assert learning.Completion.objects.standing().count() == 2


def test_a_withdrawn_completion_stays_to_be_seen_and_does_not_stand(employee: people.Employee) -> None:
    row = learning.complete(employee=employee, done=done())
    withdrawal = learning.withdraw_completion(actor=None, completion=row, note="题目答案有误")
    assert learning.withdraw_completion(actor=None, completion=row, note="再来一次") == withdrawal
    assert not learning.Completion.objects.standing().exists()
    assert learning.Completion.objects.count() == 2
    assert learning.complete(employee=employee, done=done()) == row


def test_a_withdrawal_needs_a_reason_and_is_not_withdrawn_itself(employee: people.Employee) -> None:
    row = learning.complete(employee=employee, done=done())
    with pytest.raises(InputError):
        learning.withdraw_completion(actor=None, completion=row, note=" ")
    withdrawal = learning.withdraw_completion(actor=None, completion=row, note="重复")
    with pytest.raises(InputError):
        learning.withdraw_completion(actor=None, completion=withdrawal, note="重复")


@pytest.mark.parametrize("sql", ["UPDATE learning_completion SET minutes = 1", "DELETE FROM learning_completion"])
def test_the_database_itself_refuses_to_change_a_completion(employee: people.Employee, sql: str) -> None:
    learning.complete(employee=employee, done=done())
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
