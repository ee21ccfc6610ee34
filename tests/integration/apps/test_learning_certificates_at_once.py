"""Two who do the same with a certificate at once: it is done once. SQLite lets one write at a time anyhow, so these are
tried on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from peilian.apps.base import api as base
from peilian.apps.learning import api as learning
from peilian.apps.learning.credentials import issuing
from support.credentials import a_certificate, held, learns, open_exam
from support.exams import NOW, ExamClock
from support.practice import a_trainee

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("__import__('django.db').db.connection.vendor != 'postgresql'", reason="needs two connections"),
]
PATIENCE = 30
"""Seconds after which a test gives up."""


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> ExamClock:
    return ExamClock(monkeypatch, NOW)


def at_once(act: Callable[[], object], n: int = 4) -> None:
    """Do something over several connections at the same time; every one of them has to come through."""
    start, errors = threading.Barrier(n), list[BaseException]()

    def run() -> None:
        try:
            start.wait(PATIENCE)
            act()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(n)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(PATIENCE)
        assert not one.is_alive()
    assert errors == []


def test_a_certificate_that_several_find_due_is_issued_once(tmp_path: Path, home: Path, time: ExamClock) -> None:
    lin = a_trainee()
    open_exam(tmp_path, a_certificate(requires=["course:x/y"]))
    learns(lin.employee, "course:x/y", time.at)
    (offered,) = learning.offered_certificates()
    at_once(lambda: issuing.issue(offered, lin.employee_id))
    assert [one.serial for one in held(lin)] == ["2026-000001"]


def test_several_who_remind_or_revoke_at_once_tell_and_revoke_once(tmp_path: Path, home: Path, time: ExamClock) -> None:
    lin = a_trainee()
    open_exam(tmp_path, a_certificate(requires=["course:x/y"]))
    learns(lin.employee, "course:x/y", time.at)
    learning.issue_due()
    (row,) = held(lin)
    time.pass_(days=360)
    at_once(learning.remind_due)
    at_once(lambda: learning.revoke_certificate(actor=None, certificate_id=row.pk, reason="代考"))
    keys = [one.key for one in base.inbox_of(user=lin)]
    assert (keys.count("inbox.certificate_ends"), keys.count("inbox.certificate_revoked")) == (1, 1)
