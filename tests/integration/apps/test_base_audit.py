"""Every write leaves an entry in the audit trail, or does not happen."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from support.builders import a_company, a_user, an_employee

pytestmark = pytest.mark.django_db


class PowerCutError(BaseException):
    """Ends a write in the middle."""


def entries(verb: str) -> list[base.AuditEntry]:
    return list(base.AuditEntry.objects.filter(verb=verb))


def test_an_entry_names_actor_verb_object_and_the_values_before_and_after():
    boss = a_user("administrator")
    employee = an_employee("周子墨")
    people.change_employee(actor=boss, employee=employee, name="周墨", hired_on=date(2026, 1, 5), left_on=None)
    (entry,) = entries("people.change_employee")
    assert (entry.actor, entry.object_kind, entry.object_id) == (boss, "people.employee", str(employee.pk))
    assert entry.object_label == "周墨"
    assert entry.changes == {"name": ["周子墨", "周墨"], "hired_on": [None, "2026-01-05"]}


def test_a_write_that_changes_nothing_leaves_no_entry():
    employee = an_employee("周子墨")
    people.change_employee(actor=None, employee=employee, name="周子墨", hired_on=None, left_on=None)
    assert entries("people.change_employee") == []


def test_a_write_that_does_not_say_what_was_written_is_undone():
    with pytest.raises(base.UnauditedWriteError), base.write(actor=None, verb="people.forgot"):
        people.Employee.objects.create(number="1", name="无名")
    assert not people.Employee.objects.exists()


def test_a_write_that_fails_leaves_neither_row_nor_entry():
    def work() -> None:
        with base.write(actor=None, verb="people.broken") as audit:
            audit.created(people.Employee.objects.create(number="1", name="无名"))
            raise PowerCutError

    with pytest.raises(PowerCutError):
        work()
    assert not people.Employee.objects.exists()
    assert entries("people.broken") == []


def test_an_outer_write_that_fails_takes_the_inner_ones_with_it():
    def work() -> None:
        with base.write(actor=None, verb="people.outer"):
            an_employee("林小禾")
            raise PowerCutError

    with pytest.raises(PowerCutError):
        work()
    assert not base.AuditEntry.objects.exists()
    assert not people.Employee.objects.exists()


def test_an_entry_can_be_neither_changed_nor_deleted():
    a_company()
    entry = base.AuditEntry.objects.get()
    entry.verb = "people.something_else"
    for attempt in (
        entry.save,
        entry.delete,
        base.AuditEntry.objects.all().delete,
        lambda: base.AuditEntry.objects.update(verb="x"),
    ):
        with pytest.raises(TypeError):
            attempt()
    assert base.AuditEntry.objects.get().verb == "people.add_unit"


def test_a_password_never_reaches_the_trail():
    user = a_user("agent")
    people.set_password(actor=None, user=user, password="another long secret")
    kept = str(list(base.AuditEntry.objects.values_list("changes", flat=True)))
    assert "argon2" not in kept
    assert "another long secret" not in kept


def test_ids_sort_by_creation():
    ids = [base.new_id() for _ in range(500)]
    assert ids == sorted(ids)
    assert {made.version for made in ids} == {7}


def test_the_guard_of_the_tests_refuses_a_write_outside_an_audited_one():
    with pytest.raises(AssertionError, match="outside an audited write"):
        people.Employee.objects.create(number="1", name="无名")


def test_writing_ends_with_the_block():
    with base.bookkeeping():
        assert base.is_writing()
    assert not base.is_writing()
    assert connection.in_atomic_block  # only pytest's own transaction is left
