"""One drill from the opening line to its end (演练进程): a clock, one customer, one world.

A drill is a fold over events. The same scenario, seed, mode and events give the same steps in every process, however
often it is written down and taken up again in between, and however finely time is told to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.drill.conditions import holds, values_of
from peilian.engine.drill.conduct import Conduct, chance
from peilian.engine.drill.customer import Customer, Heard
from peilian.engine.drill.model import CustomerModel, Mode, Voice
from peilian.engine.drill.outcome import fatal, live_efficiency, live_satisfaction, unresolved
from peilian.engine.drill.scenario import Persona, Scenario
from peilian.engine.drill.state import Change, Gauge, Line, Outcome, State
from peilian.engine.drill.understanding import Understanding
from peilian.engine.drill.world import Used, use
from peilian.engine.reading import Lexicons
from peilian.engine.reading.reader import Reader
from peilian.engine.text import analyse
from peilian.engine.text.typed import is_blank

ENGINE_VERSION = "2"
LONGEST_LINE = 2000  # characters of one message that the customer takes in
_CLOSINGS = frozenset({"close", "check_more", "thank"})


@dataclass(frozen=True)
class Cast:
    """What a drill is played with: scenario, understanding, weights, voice and lexicons; shared by many drills."""

    scenario: Scenario
    understanding: Understanding
    model: CustomerModel
    voice: Voice
    lexicons: Lexicons


@dataclass(frozen=True, slots=True)
class Step:
    """What one event led to, in order: lines of the transcript, changes of the customer, the live indices."""

    at_ms: int
    lines: tuple[Line, ...] = ()
    changes: tuple[Change, ...] = ()
    gauge: Gauge | None = None
    used: Used | None = None
    hints: tuple[str, ...] = ()  # required elements still missing, given in an easy drill that stands still
    outcome: Outcome | None = None


@dataclass
class Drill:
    """A drill that runs. Times are milliseconds since the opening line and never go back."""

    cast: Cast
    seed: int
    mode: str = "normal"
    state: State = field(init=False)
    transcript: list[Line] = field(default_factory=list)
    _customer: Customer = field(init=False)
    _conduct: Conduct = field(init=False)
    _reader: Reader = field(init=False)
    _read: int = field(init=False, default=0)
    _agent_lines: int = field(init=False, default=0)
    _now_ms: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        scenario = replace(self.cast.scenario, persona=_persona(self.cast.scenario.persona, self._mode))
        self.state = State.of(scenario)
        self._customer = Customer(
            scenario, self.cast.model, self.state, scenario.persona.reactivity, scenario.persona.patience_seconds
        )
        self._conduct = Conduct(scenario, self.cast.model, self.cast.voice, self.seed)
        self._reader = Reader(self.cast.lexicons, channel=scenario.channel)

    @property
    def _mode(self) -> Mode:
        return self.cast.model.modes[self.mode]

    # -- events -----------------------------------------------------------------------------------------------------

    def open(self) -> Step:
        """The customer begins."""
        lines = self._conduct.open(self.state)
        self.state.waiting_since_ms = lines[-1].at_ms if lines else 0
        self.state.moods.append(self.state.mood)
        self.state.abused = int(self.cast.scenario.is_abuse)  # such a customer begins with it
        return self._step(0, lines, reply=True)

    def advance(self, at_ms: int) -> list[Step]:
        """Let time pass to ``at_ms``: urging, promises that fall due, the end of patience or of the time."""
        steps = []
        while not self.is_over and (due := self.next_due_ms) is not None and due <= at_ms:
            steps.append(self._fall_due(due))
        self._now_ms = max(self._now_ms, at_ms)
        return steps

    def hear(self, at_ms: int, text: str) -> list[Step]:
        """The agent writes ``text``; where nothing of it can be seen, nothing is said. What was due comes first."""
        steps = self.advance(max(at_ms, self._now_ms))
        if self.is_over or is_blank(text):
            return steps
        at_ms = self._now_ms
        said = Line(at_ms, "agent", text)
        self._add([said])
        self.state.step += 1
        heard_text = text[:LONGEST_LINE]
        understood = self.cast.understanding.understand(heard_text, self._reader.hits, values_of(self.state))
        rng = chance(self.seed, self.cast.scenario.version, self.state.step, "mood")
        heard = self._customer.hear(understood, at_ms, self._agent_lines, rng)
        self._agent_lines += 1
        self._settle(at_ms, frozenset(understood.acts))
        if self.state.outcome is not None:
            return [*steps, self._over(at_ms, [said])]
        answer = self._conduct.reply(self.state, heard, at_ms)
        self._wait_from(answer)
        return [*steps, self._step(at_ms, [said, *answer], added=1, heard=heard, reply=True)]

    def act(self, at_ms: int, tool: str, args: Mapping[str, str | float]) -> list[Step]:
        """The agent uses a tool. Raises ``ToolError``, with nothing changed but the time, on a call without sense."""
        steps = self.advance(max(at_ms, self._now_ms))
        if self.is_over:
            return steps
        used = use(self._customer.scenario, self.state, tool, args)
        self.state.step += 1
        self._customer.see_world(self._now_ms)
        if self.state.closing_ms is not None:
            self._linger(self._now_ms)
        return [*steps, replace(self._step(self._now_ms, []), used=used)]

    def end(self, at_ms: int) -> list[Step]:
        """The agent ends the contact."""
        steps = self.advance(max(at_ms, self._now_ms))
        if not self.is_over:
            self.state.outcome = self._ending(is_given_up=True)
            steps.append(self._over(self._now_ms, []))
        return steps

    # -- what falls due ---------------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether the contact has ended."""
        return self.state.outcome is not None

    @property
    def next_due_ms(self) -> int | None:
        """When something happens next if the agent does nothing."""
        if self.is_over:
            return None
        return min(at_ms for at_ms, _ in self._due())

    def _due(self) -> list[tuple[int, str]]:
        state, model = self.state, self.cast.model
        found = [(self.cast.scenario.time_limit_ms, "limit")]
        if state.waiting_since_ms is not None:
            urge = self._customer.allowed_until_ms + int(model.urge_every * 1000 * (state.urges + 1))
            found.append((urge, "urge"))
        found += [(promise.due_ms, "promise") for promise in state.open_promises]
        if state.closing_ms is not None:
            found.append((state.closing_ms, "closing"))
        return [(max(at_ms, self._now_ms), what) for at_ms, what in found]

    def _fall_due(self, at_ms: int) -> Step:
        what = min(self._due())[1]
        self._now_ms = at_ms
        self.state.step += 1
        lines: list[Line] = []
        if what == "limit":
            self.state.outcome = self._ending(is_given_up=True) if not self._is_open() else "timeout"
        elif what == "closing":
            self.state.outcome = self._ending()
        elif what == "promise":
            promise = min(self.state.open_promises, key=lambda promise: promise.due_ms)
            self._customer.miss(promise, at_ms)
            lines = self._conduct.remind(self.state, at_ms)
        else:
            self.state.urges += 1
            self._customer.wait(at_ms)
            lines = self._conduct.urge(self.state, at_ms)
        self._give_up()
        if self.state.outcome is not None:
            return self._over(at_ms, [])
        if lines and self.state.waiting_since_ms is None:
            self._wait_from(lines)
        return self._step(at_ms, lines, reply=True)

    def _settle(self, at_ms: int, acts: frozenset[str]) -> None:
        """After a reply: is the matter settled, or the customer gone?"""
        state = self.state
        if fatal(state):
            state.outcome = "policy_breach"
            return
        self._give_up()
        if state.outcome is not None:
            return
        if self._is_open():
            state.closing_ms = None  # what had been settled is open again
            return
        if _CLOSINGS & acts:
            state.outcome = self._ending()
        else:
            self._linger(at_ms)

    def _linger(self, at_ms: int) -> None:
        """Nothing important is open: the customer stays for a moment, in case there is more to come."""
        self.state.closing_ms = at_ms + int(self.cast.model.linger * 1000)

    def _give_up(self) -> None:
        state = self.state
        if state.outcome is None and self._is_open() and (state.patience <= 0 or state.escalation >= 4):
            state.outcome = "abandoned"

    def _is_open(self) -> bool:
        return bool(unresolved(self.cast.scenario, self.state))

    def _ending(self, *, is_given_up: bool = False) -> Outcome:
        """How the contact ends when nobody walks away."""
        scenario, state = self.cast.scenario, self.state
        if self._is_open():
            return "transferred_wrongly" if "passed_on" in state.used and is_given_up else "abandoned"
        if scenario.handover == "required":
            return "escalated"
        return "resolved" if state.mood >= self.cast.model.content_mood else "accepted_reluctantly"

    # -- steps ------------------------------------------------------------------------------------------------------

    def _over(self, at_ms: int, said: list[Line]) -> Step:
        self.state.ended_ms = at_ms
        parting = self._conduct.part(self.state, at_ms)
        return self._step(at_ms, [*said, *parting], added=len(said))

    def _wait_from(self, lines: list[Line]) -> None:
        if lines:
            self.state.waiting_since_ms = lines[-1].at_ms
            self.state.charged_until_ms = lines[-1].at_ms

    def _step(
        self, at_ms: int, lines: list[Line], *, added: int = 0, heard: Heard | None = None, reply: bool = False
    ) -> Step:
        """Write down what happened; ``added`` lines are in the transcript already."""
        self._add(lines[added:])
        customer, state = self._customer, self.state
        gauge = Gauge(
            at_ms, live_satisfaction(customer), live_efficiency(customer, at_ms), round(state.mood, 4),
            state.escalation, state.index,
        )  # fmt: skip
        state.index = gauge.satisfaction
        hints = self._hints() if reply and heard is not None else ()
        return Step(at_ms, tuple(lines), tuple(customer.take_changes()), gauge, None, hints, state.outcome)

    def _hints(self) -> tuple[str, ...]:
        """What is still missing, told only in an easy drill that stands still."""
        state = self.state
        if not self._mode.gives_hints or state.idle_turns < self.cast.model.stall_turns:
            return ()
        values = values_of(state)
        missing = (
            item for item in self.cast.scenario.required if state.elements[item.element_id].share < 1
            and holds(item.when, values)
        )  # fmt: skip
        return tuple(item.label for item in missing)[:2]

    def _add(self, lines: list[Line]) -> None:
        """Add lines to the transcript and read them, so that the reading of the next reply knows its context."""
        for line in lines:
            self.transcript.append(line)
            self._reader.read(_message(line, self._read), self._read)
            self._read += 1

    # -- writing down and taking up -----------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values; with the transcript it is all that is needed to go on."""
        return {**self.state.as_dict(), "now_ms": self._now_ms}

    @classmethod
    def resume(
        cls, cast: Cast, seed: int, mode: str, transcript: list[Line], snapshot: Mapping[str, Any]
    ) -> Drill:  # fmt: skip
        """Take a drill up where ``snapshot`` was written."""
        drill = cls(cast, seed, mode)
        stored = dict(snapshot)
        drill._now_ms = stored.pop("now_ms")
        drill.state = State.from_dict(stored)
        drill._customer.state = drill.state
        drill._add(list(transcript))
        for line in transcript:
            if line.role == "agent":
                text = analyse(line.text[:LONGEST_LINE]).text
                drill._customer.said.add(text, drill._agent_lines)
                drill._agent_lines += 1
        return drill

    @property
    def customer(self) -> Customer:
        """The customer, for the result."""
        return self._customer


def conversation_of(transcript: list[Line], drill_id: str, ended_ms: int | None = None) -> Conversation:
    """A drill as a conversation like any other, so that whatever reads one reads it too."""
    ordered = sorted(transcript, key=lambda line: line.at_ms)
    messages = tuple(_message(line, i) for i, line in enumerate(ordered))
    return Conversation(drill_id, messages, closed_at_ms=ended_ms)


def _message(line: Line, i: int) -> Message:
    role = {"customer": Role.CUSTOMER, "agent": Role.AGENT, "system": Role.SYSTEM}[line.role]
    author = "trainee" if role is Role.AGENT else None
    return Message(str(i), i, role, line.text[:LONGEST_LINE], line.at_ms, author)


def _persona(persona: Persona, mode: Mode) -> Persona:
    """The persona at this difficulty."""
    return replace(
        persona,
        mood=max(-1.0, min(1.0, persona.mood + mode.mood)),
        trust=max(0.0, min(1.0, persona.trust + mode.trust)),
        patience_seconds=persona.patience_seconds * mode.patience,
    )
