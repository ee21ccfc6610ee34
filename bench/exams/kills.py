"""An exam that survives: the server is killed again and again while many people answer.

    python bench/exams/kills.py [--people 50] [--kills 20]

Starts ``peilian serve`` on a data folder of its own (SQLite). Everybody answers over the WebSocket, changes answers,
connects again when the connection breaks, and sends again under the same id what was not acknowledged; at the end
everybody hands in twice. Meanwhile the server gets SIGKILL and is started again, some of the times in the middle of
handing in. Then the database is read: every acknowledged answer is an event and stands unless a later one replaced it,
nothing was stored twice, every attempt has kept its end, and each was handed in once. Exit code 1 when anything of this
does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

from attempt import PEILIAN, SETTER, Person, Server
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, WebSocketException

LOST = (OSError, WebSocketException, InvalidHandshake, HTTPException, TimeoutError)
QUESTIONS, CHANGES = 20, 60  # answers that everybody gives, later ones in place of earlier ones
READER = """
import django, json, sys
django.setup()
from peilian.apps.learning import api as learning
found = {}
for one in learning.Attempt.objects.all():
    events = [[e.seq, e.kind, str(e.client_id), e.payload] for e in one.events.order_by("seq")]
    span = (one.ends_at - one.started_at).total_seconds()
    found[str(one.pk)] = {"person": str(one.started_by_id), "events": events, "answers": one.answers, "span": span,
                          "state": one.state, "responses": one.responses.count(), "ends_at": one.ends_at.timestamp()}
print(json.dumps(found))
"""


@dataclass
class Sitter:
    """Somebody who takes the exam and does not give up."""

    person: Person
    rng: random.Random
    acked: dict[int, tuple[str, int]] = field(default_factory=dict)  # by question: id and event of what stands
    ids: list[str] = field(default_factory=list)
    left: list[tuple[float, int]] = field(default_factory=list)  # when the server told how many ms are left
    pending: dict[str, Any] | None = None  # sent and not acknowledged
    n_lost: int = 0

    async def sit(self, sitting: str) -> None:
        """From beginning to the end."""
        await self._until_done(lambda: self.person.look(sitting))
        await self._until_done(self.person.begin)
        todo = [number % QUESTIONS + 1 for number in range(CHANGES)]
        while todo:
            try:
                await self._answer(todo)
            except LOST:
                self.n_lost += 1
                await asyncio.sleep(self.rng.uniform(0.1, 0.5))
        await asyncio.gather(self._until_done(self.person.hand_in), self._until_done(self.person.hand_in))

    async def _answer(self, todo: list[int]) -> None:
        name = self.person.attempt.rstrip("/").rpartition("/")[2]
        port = self.person.server.port
        headers = {"Cookie": f"sessionid={self.person.session}", "Origin": f"http://127.0.0.1:{port}"}
        url = f"ws://127.0.0.1:{port}/ws/exams/{name}/"
        async with connect(url, additional_headers=headers, open_timeout=30, close_timeout=1) as wire:
            room = json.loads(await wire.recv())
            assert room["type"] == "room", room
            self.left.append((time.time(), room["left_ms"]))
            for number, stands in room["answers"].items():
                known = self.acked.get(int(number))
                assert known is None or stands["seq"] >= known[1], (known, stands)
            for number, (_, seq) in self.acked.items():
                assert room["answers"][str(number)]["seq"] >= seq
            while todo:
                await self._send(wire, todo[0], room)
                todo.pop(0)
                await asyncio.sleep(self.rng.uniform(0.2, 0.6))

    async def _send(self, wire: Any, number: int, room: dict[str, Any]) -> None:
        sent = self.pending or self._thought_of(number, room)
        self.pending = sent
        await wire.send(json.dumps(sent))
        told = json.loads(await asyncio.wait_for(wire.recv(), 30))
        assert told["type"] == "ack", told
        self.pending = None
        room["answers"][str(number)] = {"seq": told["seq"]}
        if told["seq"] != sent["known"]:  # the same answer again is no event
            self.acked[number] = (sent["id"], told["seq"])
            self.ids.append(sent["id"])

    def _thought_of(self, number: int, room: dict[str, Any]) -> dict[str, Any]:
        kind = self.person.kinds[number - 1]
        text = f"非常抱歉，{self.rng.randrange(1000)} 小时内回复您"
        answer: dict[str, Any] = {"text": text} if kind == "text" else {"chosen": [self.rng.randrange(4)]}
        known = room["answers"].get(str(number), {"seq": 0})["seq"]
        return {"type": "answer", "id": str(uuid4()), "n": number, "answer": answer, "known": known}

    async def _until_done(self, do: Any) -> None:
        while True:
            try:
                await asyncio.to_thread(do)
                return
            except (*LOST, RuntimeError):
                self.n_lost += 1
                await asyncio.sleep(self.rng.uniform(0.2, 0.8))


async def trouble(server: Server, kills: int, rng: random.Random, is_over: asyncio.Event) -> int:
    """Kill and start again, ``kills`` times or until everybody is done."""
    for number in range(kills):
        await asyncio.sleep(rng.uniform(0.5, 3.0))
        if is_over.is_set():
            return number
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        await asyncio.to_thread(server.start)
    return kills


async def play(server: Server, told: dict[str, Any], kills: int) -> tuple[list[Sitter], int]:
    """Everybody at once, with trouble."""
    rng = random.Random(7)
    people = [Sitter(Person(server, session), random.Random(n)) for n, session in enumerate(told["sessions"])]
    is_over = asyncio.Event()
    killer = asyncio.create_task(trouble(server, kills, rng, is_over))
    await asyncio.gather(*(one.sit(told["sitting"]) for one in people))
    is_over.set()
    return people, await killer


def faults_of(sitters: list[Sitter], found: dict[str, Any], minutes: int) -> list[str]:
    """What does not hold."""
    faults = []
    for sitter in sitters:
        name = sitter.person.attempt.rstrip("/").rpartition("/")[2]
        row = found.pop(name)
        stored = {event[2]: event for event in row["events"]}
        if sum(event[1] == "answer" for event in row["events"]) != len(set(sitter.ids)):
            faults.append(f"{name}: something was stored twice, or without being acknowledged in the end")
        faults += [f"{name}: acknowledged answer {one} is lost" for one in sitter.ids if one not in stored]
        for number, (client_id, seq) in sitter.acked.items():
            event = stored.get(client_id)
            stands = row["answers"].get(str(number), {})
            if event is None or stands.get("seq", 0) < seq:
                faults.append(f"{name}: question {number} does not stand as acknowledged")
            elif stands["seq"] == seq and stands["answer"] != event[3]["answer"]:
                faults.append(f"{name}: question {number} says otherwise than its event")
        if [event[0] for event in row["events"]] != list(range(1, len(row["events"]) + 1)):
            faults.append(f"{name}: events are not numbered without gaps")
        if sum(event[1] in ("hand_in", "time_up") for event in row["events"]) != 1:
            faults.append(f"{name}: not handed in once")
        if row["span"] != 60 * minutes or row["responses"] != QUESTIONS or row["state"] == "running":
            faults.append(f"{name}: {row['span']} s, {row['responses']} graded answers, {row['state']}")
        for at, left in sitter.left:
            if left / 1000 > row["ends_at"] - at + 2:
                faults.append(f"{name}: {left} ms were told to be left, {row['ends_at'] - at:.1f} s were")
    return faults + [f"attempt {name} is nobody's: somebody began twice" for name in found]


def main() -> int:
    """Play, read, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--kills", type=int, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.run(*PEILIAN, "migrate")
        people = str(chosen.people)
        told = json.loads(server.run(sys.executable, "-c", SETTER, people, f"{folder}/pack").splitlines()[-1])
        server.start()
        try:
            sitters, kills = asyncio.run(play(server, told, chosen.kills))
        finally:
            with suppress(ProcessLookupError):
                server.process.terminate()
            server.process.wait()
        found = json.loads(server.run(sys.executable, "-c", READER).splitlines()[-1])
    n_acked = sum(len(one.ids) for one in sitters)
    faults = faults_of(sitters, found, minutes=30)
    print(f"{len(sitters)} people, {kills} kills, {sum(one.n_lost for one in sitters)} broken connections and requests")
    print(f"{n_acked} answers acknowledged, {len(faults)} faults")
    print(*faults[:20], sep="\n")
    return int(bool(faults) or kills < chosen.kills)


if __name__ == "__main__":
    sys.exit(main())
