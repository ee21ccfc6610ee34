"""What an exam of 20 questions costs the server: CPU time of the serving process, from its beginning to the review.

    python bench/exams/attempt.py [--people 20]

Starts ``peilian serve`` on a data folder of its own (SQLite) with a bank of 20 choices and written answers. Everybody
begins, opens the room, answers all questions over the WebSocket one by one, hands in and looks at the review; a few do
so before, to warm up. Times are of ``/proc/<pid>/stat``. Exit code 1 above 60 ms an attempt.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

from websockets.asyncio.client import connect

PEILIAN = (sys.executable, "-c", "from peilian.cli import main; main()")
MOST_MS = 60
PACE = "pace"
WARMERS = 3
# Runs beside the server: the bank, the sitting and the people with their sessions.
SETTER = """
import django, json, pathlib, sys
django.setup()
from datetime import date
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people import api as people

stem = "客户第 {} 次来问：**包裹三天没有更新**，页面只写“运输中”。\\n\\n- 订单已付款\\n- 没有约定送达日\\n\\n怎么回复？"
why = {"zh": "先接住情绪，再说办法和时间。"}
def choice(n, kind):
    texts = {x: {"zh": f"第 {n} 题的做法 {x}：先致歉，再查询，然后说明时间"} for x in "abcd"}
    options = [{"id": x, "text": text, "right": x == "b"} for x, text in texts.items()]
    return {"type": kind, "id": f"q{n}", "stem": {"zh": stem.format(n)}, "explanation": why, "options": options}
def short(n):
    keys = [{"id": key, "label": {"zh": word}, "zh": [word]} for key, word in (("sorry", "抱歉"), ("when", "小时内"))]
    return {"type": "short", "id": f"q{n}", "stem": {"zh": stem.format(n)}, "explanation": why, "points": "4",
            "keys": keys, "model": {"zh": "抱歉，两小时内回复您"}, "open": False}
items = [choice(n, "multiple" if n % 4 == 0 else "single") for n in range(1, 19)] + [short(19), short(20)]
documents = {
    "pack": {"kind": "pack", "schema_version": 1, "key": "bench", "title": {"zh": "测"}, "version": "1",
             "licence": "Apache-2.0"},
    "bank": {"kind": "items", "schema_version": 1, "key": "bench/bank", "title": {"zh": "题库"}, "items": items,
             "competencies": ["problem_solving"]},
    "exam": {"kind": "exam", "schema_version": 1, "key": "bench/exam", "title": {"zh": "月考"}, "minutes": 30,
             "drawn": [{"count": 20, "banks": ["bench/bank"]}]},
}
folder = pathlib.Path(sys.argv[2])
folder.mkdir()
for name, document in documents.items():
    (folder / f"{name}.yaml").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
library.install_packs(roots=(folder,))
sitting = learning.open_sitting(actor=None, what=learning.NewSitting(exam="bench/exam", is_for_all=True))
sessions = []
for number in range(int(sys.argv[1])):
    name = f"Person {number}"
    employee = people.add_employee(actor=None, number=f"E{number:04}", name=name)
    user = people.add_user(actor=None, username=f"exam{number}", name=name, password=None, employee=employee)
    people.grant_role(actor=None, user=user, role="agent", unit=None, starts_on=date(2020, 1, 1))
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "peilian.apps.people.backends.PeopleBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    sessions.append(session.session_key)
print(json.dumps({"sitting": str(sitting.pk), "sessions": sessions}))
"""


class Server:
    """The product on a data folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        settings = {"PEILIAN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "peilian.config.settings"}
        self.environment = os.environ | settings
        self.environment.pop("DATABASE_URL", None)

    def run(self, *command: str) -> str:
        """Run a command to its end; what it printed."""
        done = subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout

    def start(self) -> None:
        """Serve; returns when connections are accepted."""
        log = (self.home / "serve.log").open("ab")
        command = [*PEILIAN, "serve", "--no-worker", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        while self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError((self.home / "serve.log").read_text())

    def cpu_ms(self) -> float:
        """What the process has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Person:
    """Somebody who takes the exam, as a browser would."""

    def __init__(self, server: Server, session: str) -> None:
        self.server, self.session, self.token = server, session, ""
        self.attempt = ""
        self.questions = 0

    def ask(self, method: str, path: str) -> tuple[str, str]:
        """A request; where it leads to and its body."""
        connection = HTTPConnection("127.0.0.1", self.server.port)
        headers = {"Cookie": f"sessionid={self.session}; csrftoken={self.token}", "X-CSRFToken": self.token}
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return answer.headers.get("Location", ""), body

    def look(self, sitting: str) -> None:
        """The page before the exam."""
        self.path = f"/exams/{sitting}/"
        _, body = self.ask("GET", self.path)
        found = re.search(r'name="csrf-token" content="([^"]+)"', body)
        assert found is not None
        self.token = found[1]

    def begin(self) -> None:
        """Press the button and see the room."""
        self.attempt, _ = self.ask("POST", self.path)
        _, body = self.ask("GET", self.attempt)
        self.kinds = re.findall(r'data-form="(\w+)"', body)

    async def answer(self) -> None:
        """Answer everything, each when the one before is stored."""
        name = self.attempt.rstrip("/").rpartition("/")[2]
        address = f"ws://127.0.0.1:{self.server.port}/ws/exams/{name}/"
        headers = {"Cookie": f"sessionid={self.session}", "Origin": f"http://127.0.0.1:{self.server.port}"}
        async with connect(address, additional_headers=headers) as wire:
            await wire.recv()
            for number, kind in enumerate(self.kinds, start=1):
                answer = {"text": "非常抱歉，两小时内回复您"} if kind == "text" else {"chosen": [number % 4]}
                sent = {"type": "answer", "id": str(uuid4()), "n": number, "answer": answer, "known": 0}
                await wire.send(json.dumps(sent))
                told = json.loads(await wire.recv())
                assert told["type"] == "ack", told

    def hand_in(self) -> None:
        """Hand it in."""
        self.review, _ = self.ask("POST", f"{self.attempt}hand-in/")

    def look_back(self) -> None:
        """The review."""
        _, body = self.ask("GET", self.review)
        assert body.count('class="panel"') == len(self.kinds) == 20


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20)
    n = parser.parse_args().people
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.run(*PEILIAN, "migrate")
        told = json.loads(server.run(sys.executable, "-c", SETTER, str(n + WARMERS), f"{folder}/pack").splitlines()[-1])
        server.start()
        try:
            people = [Person(server, session) for session in told["sessions"]]
            taken(server, people[:WARMERS], told["sitting"])
            time.sleep(8)  # what a server makes ready by itself after its start
            spent = taken(server, people[WARMERS:], told["sitting"])
        finally:
            server.process.terminate()
            server.process.wait()
    pace = spent.pop(PACE)
    for part, ms in spent.items():
        print(f"{part:<28}{ms / n:6.1f} ms")
    whole = sum(ms for part, ms in spent.items() if part != "page before") / n
    print(f"{'an attempt':<28}{whole:6.1f} ms (at most {MOST_MS})")
    print(f"meanwhile ten million additions took {pace:.2f} s of CPU")
    return int(whole > MOST_MS)


def taken(server: Server, people: list[Person], sitting: str) -> dict[str, float]:
    """Everybody does one part after the other; CPU milliseconds of each part."""
    spent: dict[str, float] = defaultdict(float)
    paces = []
    parts = {
        "page before": lambda person: person.look(sitting),
        "begin and open the room": Person.begin,
        "20 answers": lambda person: asyncio.run(person.answer()),
        "hand in": Person.hand_in,
        "review": Person.look_back,
    }
    for part, do in parts.items():
        before = server.cpu_ms()
        for person in people:
            do(person)
            paces.append(pace_of_machine())
        spent[part] += server.cpu_ms() - before
    spent[PACE] = statistics.mean(paces)
    return spent


def pace_of_machine() -> float:
    """Seconds of CPU that ten million additions would take now: rented cores are at times half as fast."""
    before, found = time.process_time(), 0
    for number in range(200_000):
        found += number
    return 50 * (time.process_time() - before)


if __name__ == "__main__":
    sys.exit(main())
