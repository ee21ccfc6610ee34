"""Two who act at once: something done beside a test over a connection of its own. SQLite lets one write at a time
anyhow, so such tests run on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections

PATIENCE = 30
"""Seconds after which a test gives up."""
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs two connections that write")


class Beside(threading.Thread):
    """Something that is done at the same time over a connection of its own."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.act = act
        self.pid: int | None = None
        self.result: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Do it, and keep what came of it."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.pid = cursor.fetchone()[0]
            self.result = self.act()
        except BaseException as error:
            self.error = error
        finally:
            connections.close_all()

    def is_waiting(self) -> bool:
        """Whether it comes to wait for a lock, before it ends."""
        pause = threading.Event()
        for _ in range(PATIENCE * 100):
            if not self.is_alive():
                return False
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted", [self.pid])
                if cursor.fetchone()[0]:
                    return True
            pause.wait(0.01)
        raise AssertionError("neither done nor waiting")

    def ended(self) -> Beside:
        """After it is done."""
        self.join(PATIENCE)
        assert not self.is_alive()
        return self
