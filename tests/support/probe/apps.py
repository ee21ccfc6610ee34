"""Jobs that only tests queue."""

import os
import time

from django.apps import AppConfig


class ProbeConfig(AppConfig):
    """Registers the probing kinds of jobs."""

    name = "support.probe"
    label = "probe"

    def ready(self) -> None:
        from peilian.apps.base.api import handlers

        handlers.add("probe.tell", lambda _context: {"pid": os.getpid()})
        handlers.add("probe.die", lambda _context: os._exit(9))
        handlers.add("probe.dawdle", _dawdle)


def _dawdle(context):
    """Work without end: far longer than any test waits."""
    for done in range(100_000):
        context.progress(done, None, "dawdling")
        time.sleep(0.05)
