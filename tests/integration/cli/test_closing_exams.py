"""The worker hands in exams whose time is up, whoever has left the page, and goes on after a fault."""

from __future__ import annotations

from peilian.apps.learning import api as learning
from peilian.cli import _service


class Rounds:
    """A stop signal that comes after so many rounds."""

    def __init__(self, n: int) -> None:
        self.left = n

    def wait(self, _seconds: float) -> bool:
        self.left -= 1
        return self.left < 0


def test_each_round_closes_what_is_due_and_a_fault_does_not_end_the_rounds(monkeypatch, caplog):
    closed = []

    def close():
        closed.append(len(closed))
        if len(closed) == 1:
            raise OSError("the database is away")

    monkeypatch.setattr(learning, "close_due", close)
    monkeypatch.setattr("django.db.close_old_connections", lambda: None)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    _service._close_exams(Rounds(3))
    assert closed == [0, 1, 2]
    assert "exams could not be closed" in caplog.text
