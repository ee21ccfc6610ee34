"""The worker does now and then what nobody asks for, and goes on after a fault."""

from __future__ import annotations

from peilian.apps.contacts.api import read_by_new_lists
from peilian.apps.learning.api import close_due, finish_lessons_due, keep_up_due
from peilian.cli import _service


class Rounds:
    """A stop signal that comes after so many rounds."""

    def __init__(self, n: int) -> None:
        self.left = n

    def wait(self, _seconds: float) -> bool:
        self.left -= 1
        return self.left < 0


def test_each_round_does_what_is_due_and_a_fault_does_not_end_the_rounds(monkeypatch, caplog):
    done = []

    def close():
        done.append("close")
        if len(done) == 1:
            raise OSError("the database is away")

    def rarely():
        done.append("rarely")

    monkeypatch.setattr("django.db.close_old_connections", lambda: None)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    _service._keep_up(Rounds(3), ((close, 0.0), (rarely, 3600.0)))
    assert done == ["close"] * 3
    assert "close failed" in caplog.text


def test_exams_are_closed_learning_is_kept_up_and_lists_are_looked_at():
    tasks = {task for task, _ in _service._tasks()}
    assert tasks >= {close_due, finish_lessons_due, keep_up_due, read_by_new_lists}
