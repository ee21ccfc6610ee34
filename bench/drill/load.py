"""Drill rooms under load: how long a trainee waits for acknowledgement and first reply, and what a turn costs.

    python bench/drill/load.py --rooms 200 --seconds 120
    python bench/drill/load.py --rooms 200 --seconds 180 --kills 10

Starts ``peilian serve`` on a data folder of its own (SQLite), lets every trainee open a room and send a line every 15
seconds, spread evenly. With ``--kills`` the server is killed (-9) at random moments and started again; the rooms
reconnect and send again what was not acknowledged. At the end every acknowledged line has to be stored, once and as it
was sent, and every room has to take another line. Exit code 1 when one of this is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import websockets
from websockets.asyncio.client import ClientConnection, connect

PEILIAN = (sys.executable, "-c", "from peilian.cli import main; main()")
LINES = (
    "您好，我看到您的订单了，马上帮您核对。",
    "我查到了一部分，正在和后台确认，一分钟内给您答复。",
    "让您久等了，具体情况我已经记下，下面说说怎么处理。",
    "我理解您着急，这件事我来跟到底。",
    "刚刚又确认了一遍，今天下午六点前给您结果。",
    "您方便说一下是什么时候发现这个问题的吗？",
    "您的要求我已经登记，处理进度会在这里告诉您。",
    "这边正在办理，办好马上告诉您。",
)
# Runs beside the server, with the product loaded: makes the trainees, and starts drills when asked to.
STARTER = """
import django, json, sys
django.setup()
from datetime import date
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from peilian.apps.people import api as people
from peilian.apps.practice import api as practice
from peilian.flows import playing

scenario = max((doc.time_limit_seconds, key) for key, (doc, _) in playing.scenarios().items()
               if not doc.is_abuse and "zh" in doc.languages)[1]
users, sessions = [], []
for number in range(int(sys.argv[1])):
    employee = people.add_employee(actor=None, number=f"L{number:04}", name=f"Trainee {number}")
    user = people.add_user(actor=None, username=f"load{number}", name=f"Trainee {number}", password=None,
                           employee=employee)
    people.grant_role(actor=None, user=user, role="agent", unit=None, starts_on=date(2020, 1, 1))
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "peilian.apps.people.backends.PeopleBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    users.append(user)
    sessions.append(session.session_key)
print(json.dumps({"scenario": scenario, "sessions": sessions}), flush=True)
for asked in sys.stdin:
    run = practice.start_drill(user=users[int(asked)], scenario=scenario, language="zh")
    print(run.pk, flush=True)
"""


class Server:
    """The product, in a process that may be killed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.environment = os.environ | {
            "PEILIAN_HOME": str(home),
            "PEILIAN_DRILLS_A_DAY": "100000",
            "DJANGO_SETTINGS_MODULE": "peilian.config.settings",
        }  # fmt: skip
        self.environment.pop("DATABASE_URL", None)
        self.process: subprocess.Popen[bytes] | None = None
        self.spent_seconds = 0.0

    def run(self, *args: str) -> None:
        """Run a command of the product to its end."""
        subprocess.run([*PEILIAN, *args], env=self.environment, check=True, capture_output=True)

    def start(self) -> None:
        """Start serving; returns when connections are accepted."""
        log = (self.home / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [*PEILIAN, "serve", "--no-worker", "--port", str(self.port)], env=self.environment, stdout=log, stderr=log
        )
        while True:
            if self.process.poll() is not None:
                raise RuntimeError((self.home / "serve.log").read_text())
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)

    def stop(self, how: int) -> None:
        """End it by a signal."""
        assert self.process is not None
        self.spent_seconds += self.cpu_seconds()
        self.process.send_signal(how)
        self.process.wait()

    def cpu_seconds(self) -> float:
        """What the running process has used so far."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Starter:
    """Makes trainees and starts drills for them."""

    def __init__(self, server: Server, n: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(n)],
            env=server.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        told = json.loads(self._line())
        self.scenario: str = told["scenario"]
        self.sessions: list[str] = told["sessions"]
        self.lock = asyncio.Lock()

    async def drill(self, number: int) -> str:
        """A new drill of trainee ``number``; returns its id."""
        async with self.lock:
            assert self.process.stdin is not None
            self.process.stdin.write(f"{number}\n")
            self.process.stdin.flush()
            return await asyncio.to_thread(self._line)

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError("the starter ended")
        return line


@dataclass
class Sent:
    """A line on its way."""

    text: str
    at: float
    acked_at: float | None = None
    shown_at: float | None = None
    is_resent: bool = False
    is_measured: bool = True  # not so for the last line of all rooms at once, which only asks whether they go on


@dataclass
class Trainee:
    """One tab: keeps what is not acknowledged and sends it again after a cut."""

    number: int
    server: Server
    starter: Starter
    run: str = ""
    link: ClientConnection | None = None
    is_over: bool = False
    sent: dict[str, dict[str, Sent]] = field(default_factory=dict)  # run -> id -> line
    faults: list[str] = field(default_factory=list)
    n_drills: int = 0
    n_reconnects: int = 0

    async def live(self, until: float, every: float, first: float) -> None:
        """Play until the time is up; a drill that ends is followed by the next."""
        await asyncio.sleep(first)
        number = self.number
        while time.monotonic() < until:
            began = time.monotonic()
            if self.run == "" or self.is_over:
                await self.begin()
            await self.say(LINES[number % len(LINES)])
            number += 1
            await asyncio.sleep(max(0.0, every - (time.monotonic() - began)))

    async def begin(self) -> None:
        """A new drill, and a connection to its room."""
        if self.link is not None:
            await self.link.close()
        self.run, self.is_over, self.link = await self.starter.drill(self.number), False, None
        self.sent[self.run] = {}
        self.n_drills += 1
        await self.join()

    async def join(self) -> None:
        """Connect, however often it takes, and send again what is not acknowledged."""
        while True:
            try:
                self.link = await connect(
                    f"ws://127.0.0.1:{self.server.port}/ws/drills/{self.run}/",
                    additional_headers={"Cookie": f"sessionid={self.starter.sessions[self.number]}"},
                    origin=websockets.Origin(f"http://127.0.0.1:{self.server.port}"),
                    compression=None, open_timeout=30, ping_interval=None,
                )  # fmt: skip
                first = json.loads(await asyncio.wait_for(self.link.recv(), 60))
                break
            except (OSError, TimeoutError, websockets.WebSocketException):
                self.n_reconnects += 1
                await asyncio.sleep(0.2 + 0.3 * random.random())
        self.is_over = first["over"] is not None
        waiting = self.waiting()
        asyncio.get_running_loop().create_task(self.listen(self.link, self.run))
        for id in waiting:
            waiting[id].is_resent = True
            await self.post(id, waiting[id].text)

    def waiting(self) -> dict[str, Sent]:
        """The lines of this drill that nobody has acknowledged."""
        return {id: line for id, line in self.sent[self.run].items() if line.acked_at is None}

    async def listen(self, link: ClientConnection, run: str) -> None:
        """Take what the server tells; join again when the line is cut."""
        lines = self.sent[run]
        try:
            async for raw in link:
                self.take(json.loads(raw), lines)
        except websockets.ConnectionClosed:
            pass
        if link is self.link and not self.is_over:
            await self.join()

    def take(self, told: dict[str, Any], lines: dict[str, Sent]) -> None:
        """One text of the server."""
        now = time.monotonic()
        if told["type"] == "ack" and told["id"] in lines:
            lines[told["id"]].acked_at = now
        elif told["type"] == "lines":
            for line in told["lines"]:
                if line["client_id"] in lines:
                    lines[line["client_id"]].shown_at = now
        elif told["type"] == "over":
            self.is_over = True
        elif told["type"] == "fault":
            self.faults.append(told["code"])
            lines.pop(told["id"], None)

    async def say(self, text: str, *, is_measured: bool = True) -> str:
        """Say something; returns its id."""
        id = str(uuid4())
        self.sent[self.run][id] = Sent(text, time.monotonic(), is_measured=is_measured)
        await self.post(id, text)
        return id

    async def post(self, id: str, text: str) -> None:
        """Send, if the line holds; a cut is noticed by whoever listens."""
        assert self.link is not None
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.link.send(json.dumps({"type": "say", "id": id, "text": text}))


async def kill_now_and_then(server: Server, n: int, seconds: float, rng: random.Random) -> None:
    """Kill the server ``n`` times at random moments and start it again."""
    moments = sorted(rng.uniform(5, seconds - 5) for _ in range(n))
    began = time.monotonic()
    for moment in moments:
        await asyncio.sleep(max(0.5, began + moment - time.monotonic()))
        server.stop(signal.SIGKILL)
        await asyncio.to_thread(server.start)
        print(f"  killed and started again at {time.monotonic() - began:.0f} s", flush=True)


async def play(server: Server, starter: Starter, options: argparse.Namespace) -> list[Trainee]:
    """Let everybody practise for the time."""
    trainees = [Trainee(number, server, starter) for number in range(options.rooms)]
    print(f"opening {options.rooms} rooms of {starter.scenario}", flush=True)
    for trainee in trainees:
        await trainee.begin()
    spent = server.cpu_seconds()
    until = time.monotonic() + options.seconds
    spread = options.every / options.rooms
    acts = [trainee.live(until, options.every, spread * trainee.number) for trainee in trainees]
    if options.kills:
        acts.append(kill_now_and_then(server, options.kills, options.seconds, random.Random(options.seed)))
    await asyncio.gather(*acts)
    server.spent_seconds -= spent
    await asyncio.sleep(2)
    return trainees


async def goes_on(trainee: Trainee) -> bool:
    """Whether the room takes another line; a drill that is over has come to its end as it should."""
    deadline = time.monotonic() + 60
    id = None
    while time.monotonic() < deadline:
        if trainee.is_over:
            return not trainee.waiting()
        if id is None and not trainee.waiting():
            id = await trainee.say("还有一点要跟您确认。", is_measured=False)
        if id is not None and not trainee.waiting():
            return True
        await asyncio.sleep(0.1)
    return False


def lost(server: Server, trainees: list[Trainee]) -> list[str]:
    """Acknowledged lines that are not stored exactly once as they were sent."""
    found = []
    with sqlite3.connect(f"file:{server.home / 'peilian.sqlite3'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT client_id, run_id, payload FROM practice_drillevent WHERE kind = 'say'")
        stored: dict[str, list[tuple[str, str]]] = {}
        for id, run, payload in rows:
            stored.setdefault(id, []).append((run, json.loads(payload)["input"]["text"]))
    for trainee in trainees:
        for run, lines in trainee.sent.items():
            for id, line in lines.items():
                kept = stored.get(id.replace("-", ""), [])
                if line.acked_at is not None and kept != [(run.replace("-", ""), line.text)]:
                    found.append(f"{run} {id}: {kept}")
    return found


def quantiles(values: list[float]) -> str:
    """Median, 95th and 99th percentile and the largest, in milliseconds."""
    ordered = sorted(values)
    places = (0.5, 0.95, 0.99)
    told = [f"p{place * 100:.0f} {1000 * ordered[int(place * (len(ordered) - 1))]:.0f}" for place in places]
    return f"{'  '.join(told)}  max {1000 * ordered[-1]:.0f} ms"


async def measure(server: Server, options: argparse.Namespace) -> bool:
    """Play and tell; returns whether everything is as it should be."""
    starter = await asyncio.to_thread(Starter, server, options.rooms)
    server.start()
    trainees = await play(server, starter, options)
    going = await asyncio.gather(*(goes_on(trainee) for trainee in trainees))
    spent = server.spent_seconds + server.cpu_seconds()
    server.stop(signal.SIGTERM)
    starter.process.kill()
    starter.process.wait()
    lines = [line for trainee in trainees for run in trainee.sent.values() for line in run.values()]
    straight = [line for line in lines if line.is_measured and not line.is_resent and line.acked_at is not None]
    missing = lost(server, trainees)
    n_acked = sum(line.acked_at is not None for line in lines)
    faults = [fault for trainee in trainees for fault in trainee.faults]
    print(f"rooms {options.rooms}  drills {sum(trainee.n_drills for trainee in trainees)}  lines {len(lines)}")
    n_again = sum(line.is_resent for line in lines)
    print(f"acknowledged {n_acked}  sent again {n_again}  refused {len(faults)} {sorted(set(faults))}")
    print(f"acknowledgement  {quantiles([line.acked_at - line.at for line in straight if line.acked_at])}")
    print(f"first reply      {quantiles([line.shown_at - line.at for line in straight if line.shown_at])}")
    print(f"server CPU {spent:.1f} s, {1000 * spent / max(1, n_acked):.1f} ms a line (with connecting and restarts)")
    print(f"acknowledged lines lost: {len(missing)}   rooms that did not go on: {going.count(False)}")
    for line in missing[:5]:
        print(f"  {line}")
    return not missing and all(going)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--every", type=float, default=15, help="seconds between two lines of a trainee")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="peilian-load-") as folder:
        server = Server(Path(folder))
        server.run("migrate")
        try:
            is_fine = asyncio.run(measure(server, options))
        finally:
            if server.process is not None and server.process.poll() is None:
                server.process.kill()
    sys.exit(0 if is_fine else 1)


if __name__ == "__main__":
    main()
