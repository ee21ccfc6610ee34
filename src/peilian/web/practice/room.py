"""What the drill room and the server say to each other: JSON texts over ``/ws/drills/<run id>/``.

Every text is an object with ``type``. Times are whole milliseconds of the drill: since the customer's opening line,
pauses left out. The server owns the clock. ``lines``, ``gauge``, ``used``, ``panels``, ``hints`` and ``over`` bear the
number of the stored event that caused them (``seq``); one event may cause several, and numbers never fall. Each is sent
once over a connection. Texts for people are in the language of the user, the customer's words in that of the run.

The server closes with code 4404 when there is no such run or the user may not take part, at any time: do not
reconnect. On any other close the page reconnects and sends again, under the same ids, every line without an ``ack``.

From the server
---------------

``room``: everything, once after connecting and again after ``sync``. Replaces what the page shows. ::

    {"type": "room", "run": "<uuid>", "seq": 7, "state": "running" | "paused" | "over",
     "scenario": {"key", "title", "brief", "customer": "name", "difficulty": 1..5, "language": "zh" | "en",
                  "panels": [{"title", "rows": [{"label", "text"}]}], "policies": ["..."], "phrases": ["..."],
                  "tools": [{"name", "label", "arguments": [
                      {"name", "label", "kind": "text" | "number", "choices": ["..."],
                       "least": 0 | null, "most": 9 | null}]}]},
     "mode": {"name": "easy" | "normal" | "hard", "shows_reasons": true, "hints": false, "can_pause": true,
              "is_abuse": false, "is_exam": false, "is_fork": false, "shows_script": false, "is_enclosed": false},
     "lines": [LINE], "gauges": [GAUGE], "used": [USED],
     "clock": CLOCK, "notes": ["what the trainee should know about this run"], "over": OVER | null}

    LINE  {"id": "7.0", "seq": 7, "at_ms": 41200, "role": "customer" | "agent" | "system", "text",
           "client_id": "..." | null}
    GAUGE {"seq", "at_ms", "satisfaction": 0..100, "efficiency": 0..100, "mood": "words",
           "level": 0..4, "moved": 4 | null, "reasons": [{"text": "给了明确的时间", "delta": 4, "quote": "..." | null}]}
    USED  {"seq", "at_ms", "tool", "label", "args": {...}, "text", "is_done": true, "client_id": "..." | null}
    CLOCK {"now_ms", "limit_ms", "is_paused", "pauses_left": 3, "resumes_in_ms": 300000 | null}
    OVER  {"seq", "outcome": "resolved" | ... | "stopped", "label": "words", "note": "words" | "",
           "debrief_url": "/practise/drills/<uuid>/debrief/" | null}

A LINE whose ``at_ms`` lies ahead of the clock is shown when its time has come; until then a customer is typing. A
line of the trainee is echoed with the ``client_id`` it was sent under, to every tab. ``reasons`` is left out of GAUGE
where ``shows_reasons`` is false; ``delta`` is in points of the satisfaction index, and all of them add up to ``moved``,
by which the index moved (null: not known). ``level`` is how far the customer is
stirred up (0 calm, 4 gone). ``debrief_url`` is null after a stop without score. Of a run that is part of something
else, such as an exam (``is_enclosed``), no GAUGE and no hint is ever told, and OVER says only that it is over. Where
the content of a run that is over is no longer there, its ``scenario`` has a title and nothing else to show.

``ack``      {"type", "id", "seq", "at_ms"}: what was sent under ``id`` is stored. Comes after the commit, never before.
             Sent again for what is sent again.
``lines``    {"type", "seq", "lines": [LINE]}
``gauge``    {"type", GAUGE}
``used``     {"type", USED}: what a tool answered; ``is_done`` false when the rules refused it.
``panels``   {"type", "seq", "panels": [as in ``room``]}: what the trainee sees of the world, after a tool changed it.
``hints``    {"type", "seq", "hints": ["what is still missing"]}: easy mode, when the talk stands still.
``clock``    {"type", CLOCK}: after a pause, a resume, and now and then; the page sets its own clock by it.
``over``     {"type", OVER}: the contact has ended; nothing more can be sent.
``fault``    {"type", "code", "id": "..." | null, "message"}: what was sent was not taken, and why. What the trainee
             typed stays in the box. Codes: ``bad_message``, ``empty``, ``too_long``, ``too_fast``, ``tool``,
             ``paused``, ``no_pause``, ``over``, ``busy``, ``changed``, ``reused`` (other content is stored under this
             id: send it under a new one).

From the page
-------------

``id`` is a UUID made by the page for each thing sent; it makes sending twice harmless. It is needed with ``say`` and
``act`` and may be left out elsewhere.

``say``      {"type", "id", "text"}: at most 2,000 characters.
``act``      {"type", "id", "tool", "args": {name: text or number}}
``pause``    {"type", "id"?}; ``resume`` {"type", "id"?}: a pause ends by itself when its time is over.
``end``      {"type", "id"?}: the trainee ends the contact; it is scored.
``stop``     {"type", "id"?}: out at once, always; no score, but an exam without abuse is scored as it stands.
``sync``     {"type"}: send ``room`` again, for example when the page comes back to the front.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from uuid import UUID

from django.urls import reverse

from peilian.apps.practice import api as practice
from peilian.engine._kernel import Language, Reason
from peilian.engine.drill import Change, Scenario, Step
from peilian.engine.drill.scenario import WorldValue
from peilian.engine.drill.world import panels_of
from peilian.flows.drill_results import why
from peilian.flows.wording import say
from peilian.web.practice.parts import shares, whole

LONGEST_TEXT = 16_384  # characters of one text from a page: the longest line, escaped, with its envelope
_NEEDS_ID = frozenset({"say", "act"})
_TYPES = frozenset({"say", "act", "pause", "resume", "end", "stop", "sync"})

Text = dict[str, Any]


class UnreadableError(ValueError):
    """A text of a page that makes no sense. ``id`` is told where it could be read."""

    def __init__(self, id: UUID | None = None) -> None:
        super().__init__("unreadable")
        self.id = id


@dataclass(frozen=True, slots=True)
class Sent:
    """A text of a page."""

    type: str
    id: UUID | None = None
    text: str = ""
    tool: str = ""
    args: Mapping[str, str | float] = field(default_factory=dict)


def parse(raw: str | None) -> Sent:
    """Read what a page sent; ``UnreadableError`` for anything that is not as described above."""
    if raw is None or len(raw) > LONGEST_TEXT:
        raise UnreadableError
    try:
        body = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise UnreadableError from None
    kind = body.get("type") if isinstance(body, dict) else None
    if not isinstance(kind, str) or kind not in _TYPES:
        raise UnreadableError
    id_ = _id_of(body.get("id"))
    text, tool, args = body.get("text", ""), body.get("tool", ""), body.get("args", {})
    is_whole = isinstance(text, str) and isinstance(tool, str) and _are_arguments(args)
    if not is_whole or (kind in _NEEDS_ID and id_ is None):
        raise UnreadableError(id_)
    return Sent(kind, id_, text, tool, args)


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts events into texts: in the reader's language, without reasons where the difficulty hides them."""

    run_id: UUID
    language: Language
    shows_reasons: bool
    tools: Mapping[str, str]  # name -> label
    scenario: Scenario | None = None
    is_enclosed: bool = False

    def room(self, room: practice.Room) -> Text:
        """Everything a page needs to begin."""
        told = [text for event in room.events for text in self.event(event)]
        run = room.run
        return {
            "type": "room",
            "run": str(run.pk),
            "seq": run.seq,
            "state": run.state,
            "scenario": _scenario(room.scenario, run, _world(room.events)),
            "mode": {
                "name": run.mode,
                "shows_reasons": self.shows_reasons,
                "hints": room.mode is not None and room.mode.gives_hints and not run.is_enclosed,
                "can_pause": room.can_ever_pause,
                "is_abuse": run.is_abuse,
                "is_exam": run.is_exam,
                "is_fork": run.is_fork,
                "shows_script": run.shows_script,
                "is_enclosed": run.is_enclosed,
            },
            "lines": [line for text in told if text["type"] == "lines" for line in text["lines"]],
            "gauges": [_without_type(text) for text in told if text["type"] == "gauge"],
            "used": [_without_type(text) for text in told if text["type"] == "used"],
            "clock": clock(room.clock),
            "notes": [say(note, self.language) for note in room.notes],
            "over": _without_type(self.over(run)) if run.is_over else None,
        }

    def event(self, event: practice.DrillEvent) -> Iterator[Text]:
        """What an event shows on the page."""
        steps = practice.steps_of(event)
        if lines := list(self._lines(event, steps)):
            yield {"type": "lines", "seq": event.seq, "lines": lines}
        for step in steps:
            if step.used is not None:
                yield self._used(event, step)
                if step.used.is_done and self.scenario is not None:
                    yield {"type": "panels", "seq": event.seq, "panels": panels(self.scenario, _world([event]))}
            if self.is_enclosed:
                continue
            if step.gauge is not None:
                yield self._gauge(event, step)
            if step.hints:
                yield {"type": "hints", "seq": event.seq, "hints": list(step.hints)}

    def over(self, run: practice.DrillRun) -> Text:
        """That the contact has ended, how, and where to go on."""
        return {
            "type": "over",
            "seq": run.seq,
            "outcome": "over" if run.is_enclosed else run.outcome,
            "label": say(
                Reason("practice.outcome.enclosed") if run.is_enclosed else practice.told_of(run), self.language
            ),
            "note": say(Reason(run.remark), self.language) if run.remark else "",
            "debrief_url": reverse("drill_debrief", args=[run.pk]) if run.is_scored and not run.is_enclosed else None,
        }

    def fault(self, reason: Reason, id: UUID | None = None) -> Text:
        """Why something was not taken."""
        family, _, code = reason.key.rpartition(".")
        return {
            "type": "fault",
            "code": code if family == "practice.fault" else "tool",
            "id": None if id is None else str(id),
            "message": say(reason, self.language),
        }

    def _lines(self, event: practice.DrillEvent, steps: Iterable[Step]) -> Iterator[Text]:
        lines = (line for step in steps for line in step.lines)
        for place, line in enumerate(lines):
            is_own = line.role == "agent" and event.client_id is not None
            yield {
                "id": f"{event.seq}.{place}",
                "seq": event.seq,
                "at_ms": line.at_ms,
                "role": line.role,
                "text": line.text,
                "client_id": str(event.client_id) if is_own else None,
            }

    def _used(self, event: practice.DrillEvent, step: Step) -> Text:
        used = step.used
        assert used is not None
        return {
            "type": "used",
            "seq": event.seq,
            "at_ms": step.at_ms,
            "tool": used.tool,
            "label": self.tools.get(used.tool, used.tool),
            "args": event.payload["input"].get("args", {}),
            "text": used.text,
            "is_done": used.is_done,
            "client_id": str(event.client_id) if event.client_id else None,
        }

    def _gauge(self, event: practice.DrillEvent, step: Step) -> Text:
        gauge = step.gauge
        assert gauge is not None
        text: Text = {
            "type": "gauge",
            "seq": event.seq,
            "at_ms": gauge.at_ms,
            "satisfaction": gauge.satisfaction,
            "efficiency": gauge.efficiency,
            "mood": say(practice.mood_of(gauge), self.language),
            "level": gauge.escalation,
        }
        text["moved"] = None if gauge.before is None else whole(gauge.satisfaction) - whole(gauge.before)
        if self.shows_reasons:
            text["reasons"] = list(self._reasons(step.changes, text["moved"]))
        return text

    def _reasons(self, changes: Iterable[Change], moved: int | None) -> Iterator[Text]:
        """What moved the index, the largest part first. What rounds to nothing is not told."""
        parts = [change for change in changes if change.points]
        total = moved if moved is not None else whole(sum(change.points for change in parts))
        deltas, _ = shares([change.points for change in parts], total)
        for delta, change in sorted(zip(deltas, parts, strict=True), key=lambda pair: -abs(pair[0])):
            if delta:
                quote = change.params.get("quote")
                yield {"text": why(change, self.language), "delta": delta, "quote": str(quote) if quote else None}


def teller_for(room: practice.Room, language: Language) -> Teller:
    """The teller of a room for a reader of ``language``."""
    tools = {tool.name: tool.label for tool in room.scenario.tools} if room.scenario else {}
    return Teller(room.run.pk, language, room.shows_reasons, tools, room.scenario, room.run.is_enclosed)


def clock(ticking: practice.Ticking) -> Text:
    """The clock, without its type."""
    return {
        "now_ms": ticking.now_ms,
        "limit_ms": ticking.limit_ms,
        "is_paused": ticking.is_paused,
        "pauses_left": ticking.pauses_left,
        "resumes_in_ms": ticking.resumes_in_ms,
    }


def panels(scenario: Scenario, world: Mapping[str, WorldValue]) -> list[Text]:
    """What the trainee sees of the world as it stands."""
    return [
        {"title": title, "rows": [{"label": label, "text": text} for label, text in rows]}
        for title, rows in panels_of(scenario, world)
    ]


def _world(events: Sequence[practice.DrillEvent]) -> Mapping[str, Any]:
    """The world as the last of the events left it."""
    world: Mapping[str, Any] = events[-1].payload["state"]["world"] if events else {}
    return world


def _scenario(scenario: Scenario | None, run: practice.DrillRun, world: Mapping[str, Any]) -> Text:
    """What the trainee may see of the scenario, and nothing of what the customer is after."""
    if scenario is None:
        bare: Text = {"key": run.scenario, "title": run.title, "language": run.language}
        return bare | {"brief": "", "customer": "", "difficulty": 1} | {
            name: [] for name in ("panels", "policies", "phrases", "tools")
        }  # fmt: skip
    return {
        "key": scenario.key,
        "title": scenario.title,
        "brief": scenario.brief,
        "customer": scenario.persona.name,
        "difficulty": scenario.difficulty,
        "language": scenario.language,
        "panels": panels(scenario, {**scenario.world, **world}),
        "policies": list(scenario.policies),
        "phrases": list(scenario.phrases),
        "tools": [
            {
                "name": tool.name,
                "label": tool.label,
                "arguments": [
                    {
                        "name": argument.name,
                        "label": argument.label,
                        "kind": argument.kind,
                        "choices": list(argument.choices),
                        "least": argument.least,
                        "most": argument.most,
                    }
                    for argument in tool.arguments
                ],
            }
            for tool in scenario.tools
        ],
    }


def _without_type(text: Text) -> Text:
    return {name: value for name, value in text.items() if name != "type"}


def _id_of(value: object) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(value) if isinstance(value, str) else _refuse(value)
    except ValueError:
        raise UnreadableError from None


def _are_arguments(args: object) -> bool:
    if not isinstance(args, dict):
        return False
    return all(isinstance(value, str | int | float) and not isinstance(value, bool) for value in args.values())


def _refuse(_value: object) -> NoReturn:
    raise ValueError
