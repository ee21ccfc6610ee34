"""What a page of somebody who learns costs the server: CPU time of the serving process.

    python bench/exams/pages.py [--home FOLDER] [--user zhengkai] [--times 60]

Serves the demo company (built in a folder of its own, or the one given), as ``peilian serve`` does, and asks for each
page so many times as one agent, signed in; the median of three rounds is told. Exit code 1 when a page costs more
than 10 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from attempt import PEILIAN, Server

MOST_MS = 10
ROUNDS = 3
# Runs beside the server: a session, and pages that there are for this person.
SETTER = """
import django, sys
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from importlib import import_module
from django.conf import settings
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people.api import User
user = User.objects.select_related("employee").get(username=sys.argv[1])
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "peilian.apps.people.backends.PeopleBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
course = library.in_force(kind="course")[0]
lesson = next(unit.what.partition(":")[2] for unit in course.document.units if unit.what.startswith("lesson:"))
print(session.session_key, course.key, lesson)
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--user", default="zhengkai")
    parser.add_argument("--times", type=int, default=60)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(given.home or Path(folder))
        server.run(*PEILIAN, *(("migrate",) if given.home else ("demo", "--build-only")))
        session, course, lesson = server.run(sys.executable, "-c", SETTER, given.user).split()
        pages = {
            "today": "/",
            "today's round": "/today/round/",
            "learn": "/learn/",
            "a course": f"/learn/courses/{course}/",
            "a lesson": f"/learn/lessons/{lesson}/",
            "my exams": "/exams/",
            "my certificates": "/learn/certificates/",
            "my archive": "/learn/archive/",
            "my handbook": "/learn/handbook/",
        }
        server.start()
        try:
            found = measured(server, session, pages, given.times)
        finally:
            server.process.terminate()
            server.process.wait()
    for name, (ms, size) in found.items():
        print(f"{name:<20}{ms:6.1f} ms{size / 1024:8.0f} KB")
    return int(max(ms for ms, _size in found.values()) > MOST_MS)


def measured(server: Server, session: str, pages: dict[str, str], times: int) -> dict[str, tuple[float, int]]:
    """By page: milliseconds of CPU a request, and its size."""
    sizes = {name: ask(server, session, path) for name, path in pages.items()}
    time.sleep(8)  # what a server makes ready by itself after its start
    spent: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(ROUNDS):
        for name, path in pages.items():
            before = server.cpu_ms()
            for _ in range(times):
                ask(server, session, path)
            spent[name].append((server.cpu_ms() - before) / times)
    return {name: (statistics.median(listed), sizes[name]) for name, listed in spent.items()}


def ask(server: Server, session: str, path: str) -> int:
    """Ask for a page; its size in bytes."""
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", path, headers={"Cookie": f"sessionid={session}; csrftoken={'c' * 32}"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"GET {path}: {answer.status}")
    return len(body)


if __name__ == "__main__":
    os.environ.pop("DATABASE_URL", None)
    sys.exit(main())
