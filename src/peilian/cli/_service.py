"""The running product: one process serves pages and WebSockets, a child of it runs background jobs.

The child reads a pipe whose other end only the parent holds. When the parent ends, however it ends, the pipe closes
and the child stops; so no worker is ever left behind.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

import click
import uvicorn

log = logging.getLogger(__name__)

APPLICATION = "peilian.config.asgi:application"
# After this long, what still runs is cut off: a request is answered with an error, a job is left to its lease.
GRACE_SECONDS = 5
_LOOK_EVERY_SECONDS = 0.1
_WARM_AFTER_SECONDS = 5.0  # the first pages come first, and whoever starts a server to stop it pays nothing
_LONGEST_PAUSE_SECONDS = 30.0
_CLOSE_EXAMS_EVERY_SECONDS = 15.0
_LOOK_AT_LEARNING_EVERY_SECONDS = 120.0
_LOOK_AT_LISTS_EVERY_SECONDS = 300.0
_LOOK_AT_CERTIFICATES_EVERY_SECONDS = 60.0
_COLLECTED_AFTER = (50_000, 20, 20)  # objects that came; a page makes and drops some thousands
_Task = tuple[Callable[[], object], float]  # what is done, and the seconds between two times


def run(listener: socket.socket, *, has_worker: bool, on_start: Callable[[], None]) -> None:
    """Serve on ``listener`` until SIGTERM or SIGINT; then stop server and worker within seconds."""
    server = uvicorn.Server(
        uvicorn.Config(
            APPLICATION,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            ws_per_message_deflate=False,  # texts of some hundred bytes: to pack them costs more than to send them
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn raises the signal once more when it has stopped; this handler then finds everything done.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    attendant = threading.Thread(target=_attend, args=(server, has_worker, on_start))
    attendant.start()
    try:
        server.run(sockets=[listener])
    finally:
        server.should_exit = True
        attendant.join()


def _attend(server: uvicorn.Server, has_worker: bool, on_start: Callable[[], None]) -> None:
    """Tell when the server has started; keep a worker alive until the server is told to stop."""
    worker = _Worker() if has_worker else None
    gc.set_threshold(*_COLLECTED_AFTER)
    started_at: float | None = None
    is_warm = False
    while not server.should_exit:
        if server.started and started_at is None:
            started_at = time.monotonic()
            _keep_for_good()
            on_start()
        if started_at is not None and not is_warm and time.monotonic() - started_at >= _WARM_AFTER_SECONDS:
            is_warm = True
            threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
        if worker is not None:
            worker.revive()
        time.sleep(_LOOK_EVERY_SECONDS)
    if worker is not None:
        worker.stop()


def _warm_up() -> None:
    """Load what the first drill needs while nobody waits for it; without it that drill only begins later."""
    from django.db import connections

    from peilian.apps.practice.api import warm_up

    try:
        warm_up()
        _keep_for_good()
    except Exception:
        log.exception("drills could not be made ready")
    finally:
        connections.close_all()  # those of this thread, which ends now


def _keep_for_good() -> None:
    """Leave what is loaded by now out of all later collections: it lives as long as the process, and to look through it
    again and again took a third of the time of serving pages."""
    gc.collect()
    gc.freeze()


class _Worker:
    """The child process that runs jobs. A worker that dies is replaced; one that keeps dying, ever more slowly."""

    def __init__(self) -> None:
        self._pause = 0.5
        self._start()

    def _start(self) -> None:
        self._started_at = time.monotonic()
        # A session of its own: Ctrl+C in the terminal reaches the parent only, which then stops the worker in order.
        self._process = subprocess.Popen(  # noqa: S603  (no word of it comes from outside)
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def revive(self) -> None:
        """Start a new worker when there is none and the pause since the last start is over."""
        if self._process.poll() is None:
            return
        age = time.monotonic() - self._started_at
        if age > 2 * _LONGEST_PAUSE_SECONDS:
            self._pause = 0.5
        if age < self._pause:
            return
        click.echo(f"peilian: the worker ended ({self._process.returncode}), starting another", err=True)
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        self._start()

    def stop(self) -> None:
        """Ask the worker to stop; it ends by itself within the grace, else it is killed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(GRACE_SECONDS + 2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def work() -> None:
    """Run jobs until the parent closes the pipe on standard input (or SIGTERM comes)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peilian.config.settings")
    stop, is_working = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    threading.Thread(target=_watch_parent, args=(stop, is_working), daemon=True).start()

    import django

    django.setup()
    from peilian.apps.base.api import run_worker

    is_working.set()
    threading.Thread(target=_keep_up, args=(stop, _tasks()), name="keeping up", daemon=True).start()
    run_worker(stop=stop)


def _tasks() -> tuple[_Task, ...]:
    """What is done now and then: exams whose time is up are handed in when their people have left, lessons and
    courses are completed by drills and confirmations made elsewhere, and conversations are read again when the lists
    changed that they are read by; certificates are issued, and told before they end; rounds of a past week are
    counted; rules that are switched on assign what they say; what was deleted from handbooks is cleared away."""
    from peilian.apps.contacts.api import read_by_new_lists
    from peilian.apps.learning.api import (
        apply_rules_due,
        close_due,
        finish_lessons_due,
        forget_deleted_due,
        issue_due,
        keep_up_due,
        remind_due,
        witness_rounds_due,
    )

    return (
        (close_due, _CLOSE_EXAMS_EVERY_SECONDS),
        (finish_lessons_due, _LOOK_AT_LEARNING_EVERY_SECONDS),
        (keep_up_due, _LOOK_AT_LEARNING_EVERY_SECONDS),
        (read_by_new_lists, _LOOK_AT_LISTS_EVERY_SECONDS),
        (issue_due, _LOOK_AT_CERTIFICATES_EVERY_SECONDS),
        (remind_due, _LOOK_AT_CERTIFICATES_EVERY_SECONDS),
        (witness_rounds_due, _LOOK_AT_LEARNING_EVERY_SECONDS),
        (apply_rules_due, _LOOK_AT_LEARNING_EVERY_SECONDS),
        (forget_deleted_due, _LOOK_AT_LEARNING_EVERY_SECONDS),
    )


def _keep_up(stop: threading.Event, tasks: tuple[_Task, ...]) -> None:
    """Do each of ``tasks`` again after its seconds, until the worker stops."""
    from django.db import close_old_connections, connections

    due = [time.monotonic() + pause for _, pause in tasks]
    while not stop.wait(max(0.0, min(due) - time.monotonic())):
        for number, (task, pause) in enumerate(tasks):
            if time.monotonic() < due[number]:
                continue
            due[number] = time.monotonic() + pause
            close_old_connections()
            try:
                task()
            except Exception:  # the next round tries again
                log.exception("%s failed", task.__name__)
    connections.close_all()


def _watch_parent(stop: threading.Event, is_working: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    stop.set()
    if not is_working.is_set():  # still loading: there is nothing to bring to an end
        os._exit(0)
    # A job that does not come to its end in time is left to its lease: the next worker takes it up.
    threading.Timer(GRACE_SECONDS, os._exit, args=(0,)).start()


if __name__ == "__main__":
    work()
