"""What tests of drills share: a clock that stands still until it is told to go on, trainees, the browser's side."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any
from uuid import UUID, uuid4

from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter

from peilian.apps.people import api as people
from peilian.apps.practice import api as practice
from peilian.apps.practice import clock, live
from peilian.web.sockets import socket_urls
from support.builders import a_unit, an_employee
from support.company import a_login

CALM = "retail/logistics-delay"
ABUSIVE = "telecom/abusive-customer"
THREAT = "telecom/threat-to-complain"
GOOD = "陈女士您好，两天没有更新，换谁都会着急，我马上帮您查。"
RUDE = "这不是我们的问题，你自己去问快递。"
_numbers = itertools.count(1)


class Clock:
    """The time of a test: the wall and the monotonic clock go on together, when told to."""

    def __init__(self, start_ms: int = 1_796_000_000_000) -> None:
        self.wall = start_ms
        self.monotonic = 5_000

    def pass_(self, seconds: float) -> None:
        """Let time go by."""
        self.wall += round(seconds * 1000)
        self.monotonic += round(seconds * 1000)

    def patch(self, monkeypatch: Any) -> Clock:
        """Make drills go by this clock."""
        monkeypatch.setattr(clock, "wall_ms", lambda: self.wall)
        monkeypatch.setattr(clock, "monotonic_ms", lambda: self.monotonic)
        return self


def a_trainee(name: str | None = None, *, role: str = "agent", unit: people.Unit | None = None) -> people.User:
    """Somebody who can practise."""
    name = name or f"trainee{next(_numbers)}"
    employee = an_employee(name, unit=unit or a_unit())
    return a_login(name, role, unit=unit if role != "agent" else None, employee=employee)


def a_run(user: people.User, scenario: str = CALM, **more: Any) -> practice.DrillRun:
    """A drill that has just begun."""
    return practice.start_drill(user=user, scenario=scenario, **more)


def says(user: people.User, run: practice.DrillRun, text: str = GOOD, client_id: UUID | None = None) -> practice.Taken:
    """The trainee says something."""
    return practice.say(user=user, run_id=run.pk, client_id=client_id or uuid4(), text=text)


def acts(user: people.User, run: practice.DrillRun, tool: str = "track", **args: Any) -> practice.Taken:
    """The trainee uses a tool."""
    return practice.act(user=user, run_id=run.pk, client_id=uuid4(), tool=tool, args=args)


def plays(user: people.User, run: practice.DrillRun, time: Clock, name: str = "ideal") -> practice.DrillRun:
    """Play a drill the way its own self-test does, to the end."""
    scenario = live.cast_for(run).scenario
    at_ms = 0
    for turn in scenario.plays[name]:
        time.pass_((turn.at_ms - at_ms) / 1000)
        at_ms = turn.at_ms
        if turn.action is not None:
            practice.act(user=user, run_id=run.pk, client_id=uuid4(), tool=turn.action, args=turn.args)
        else:
            says(user, run, turn.text or "")
    time.pass_((scenario.time_limit_ms - at_ms) / 1000)
    practice.tick(run_id=run.pk)
    run.refresh_from_db()
    return run


def a_new_process(run: practice.DrillRun) -> None:
    """Forget what this process knows of a run."""
    practice.forget(run.pk)


def folded(run: practice.DrillRun) -> dict[str, Any]:
    """Everything that is stored of a run's course, as plain values."""
    return {
        event.seq: (event.at_ms, event.kind, event.payload)
        for event in practice.DrillEvent.objects.filter(run=run).order_by("seq")
    }


class Room(ApplicationCommunicator):
    """The browser's side of a drill room."""

    def __init__(self, run_id: UUID | str, user: Any, **scope: Any) -> None:
        path = f"/ws/drills/{run_id}/"
        super().__init__(
            URLRouter(socket_urls), {"type": "websocket", "path": path, "headers": [], "user": user, **scope}
        )

    async def open(self) -> dict[str, Any]:
        """Connect; returns the first text, or the close code as ``{"closed": code}``."""
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output(20))["type"] == "websocket.accept"
        return await self.text()

    async def text(self) -> dict[str, Any]:
        """The next text."""
        output = await self.receive_output(20)
        if output["type"] == "websocket.close":
            return {"type": "closed", "code": output["code"]}
        found: dict[str, Any] = json.loads(output["text"])
        return found

    async def until(self, *types: str) -> list[dict[str, Any]]:
        """All texts up to the first one of one of these types."""
        found = [await self.text()]
        while found[-1]["type"] not in types:
            found.append(await self.text())
        return found

    async def send(self, type: str, **body: Any) -> None:
        """Send a text."""
        await self.raw(json.dumps({"type": type, **body}))

    async def raw(self, text: str) -> None:
        """Send anything."""
        await self.send_input({"type": "websocket.receive", "text": text})

    async def say(self, text: str = GOOD, id: str | None = None) -> str:
        """Send a line; returns its id."""
        id = id or str(uuid4())
        await self.send("say", id=id, text=text)
        return id

    async def close(self) -> None:
        """Close the tab."""
        await self.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.wait(20)

    async def is_silent(self) -> bool:
        """Whether nothing more has come."""
        await asyncio.sleep(0)
        return self.output_queue.empty()
