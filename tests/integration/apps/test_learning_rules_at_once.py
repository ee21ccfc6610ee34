"""Several who run a rule at once give it to nobody twice. Tried on PostgreSQL, where two write."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from peilian.apps.learning import api as learning
from peilian.apps.record import api as record
from support.company import a_login
from support.rules import hired, ruled, switched_on

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("__import__('django.db').db.connection.vendor != 'postgresql'", reason="needs two connections"),
]


def test_a_rule_that_several_run_at_once_serves_everybody_once(tmp_path) -> None:
    ruled(tmp_path)
    manager = a_login("boss", "training_manager", employee=hired("boss", 900))
    for number in range(5):
        hired(f"p{number}", 3)
    switched_on(manager)
    gate = threading.Barrier(3)

    def run(_number: int) -> int:
        try:
            gate.wait(30)
            return learning.apply_rules_due()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(run, range(3))) == 5
    assert learning.RuleServing.objects.count() == learning.Enrolment.objects.count() == 5
    assert record.Assignment.objects.count() == 5
