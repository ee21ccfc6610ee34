"""How an agent of the demo serves a customer: what comes to mind depends on skill, weakness and what the customer
does; how it is put, on habit. The customer is that of the drills."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from peilian.demo.agents import Agent
from peilian.demo.chance import favourite, span
from peilian.demo.stories import Beat, Story, ToolUse, phrases
from peilian.demo.wording import Wording
from peilian.engine.drill import Cast, Drill, Line, Step, Turn
from peilian.engine.drill.outcome import final_satisfaction, unresolved
from peilian.engine.drill.world import ToolError

_MOST_TURNS = 14
_SILENCE_MS = 240_000
_UPSET_ACTS = frozenset(
    {"urges", "reminds", "only_sorry", "insists", "refused", "passed_on", "insulted", "insults", "mocks", "threatens",
     "not_finished", "asked_again", "robotic", "blamed"}
)  # fmt: skip
_UPSET_MOOD = -0.2
_DOUBTS = frozenset({"doubts_fact", "doubts_report", "doubts_promise"})


@dataclass(frozen=True)
class Served:
    """A contact that is over: its lines in order of time, and how it went."""

    lines: tuple[Line, ...]
    drill: Drill
    satisfaction: float  # 0 to 100, what remains with the customer
    outcome: str
    script: tuple[Turn, ...]  # what the agent said and did, so that it can be played again
    hung_up_ms: int | None  # when the agent ended it, if the agent did


def serve(
    agent: Agent,
    story: Story,
    cast: Cast,
    *,
    seed: int,
    progress: float,
    pace: float,
    rng: random.Random,
    mode: str = "normal",
) -> Served:
    """One contact. ``progress`` is the share of the season that is over; waits are ``pace`` times the usual ones."""
    serving = _Serving(agent, story, Drill(cast, seed, mode), progress, pace, rng)
    serving.run()
    return serving.served()


@dataclass
class _Serving:
    agent: Agent
    story: Story
    drill: Drill
    progress: float
    pace: float
    rng: random.Random
    plan: list[Beat] = field(default_factory=list)
    tries: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    tools: set[str] = field(default_factory=set)
    script: list[Turn] = field(default_factory=list)
    hung_up_ms: int | None = None
    after: list[Line] = field(default_factory=list)  # lines once the customer's mind is made up
    heard: list[Line] = field(default_factory=list)  # of the customer since the agent spoke last
    turns: int = 0
    stalls: int = 0
    hurries: int = 0
    cared: int = 0
    last_ms: int = 0
    lapse_at: int = -1
    has_asked: bool = False
    has_closed: bool = False
    is_urged: bool = False
    _wording: Wording = field(init=False)

    def __post_init__(self) -> None:
        self._wording = Wording(self.agent, self.rng)
        lapses = self.chance((1 - self.skill("compliance")) * 0.55)
        self.lapse_at = self.rng.randint(1, 4) if lapses else -1
        self.plan = [beat for beat in self.story.beats if self._comes_to_mind(beat)]

    # -- the course -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """From the customer's first word to the last word of either."""
        self._note([self.drill.open()])
        while not self.drill.is_over and self.turns < _MOST_TURNS:
            texts, tools, is_last = self._opening() if self.turns == 0 else self._turn()
            self.turns += 1
            self._answer(texts, tools)
            if not texts:  # the customer sees that nothing more comes, and goes
                self._note(self.drill.advance(self.last_ms + _SILENCE_MS))
            if is_last and not self.drill.is_over:
                self._hang_up()
        if not self.drill.is_over:
            self._hang_up()
        self._part()

    def served(self) -> Served:
        """What became of it."""
        lines = sorted([*self.drill.transcript, *self.after], key=lambda line: line.at_ms)
        drill = self.drill
        left = final_satisfaction(drill.customer)
        return Served(tuple(lines), drill, left, str(drill.state.outcome), tuple(self.script), self.hung_up_ms)

    def _hang_up(self) -> None:
        self.hung_up_ms = self.last_ms + 4000
        self._note(self.drill.end(self.hung_up_ms))

    def _answer(self, texts: Sequence[str], tools: Sequence[ToolUse]) -> None:
        """Let the time of an answer pass, use the tools, and say what is to be said."""
        said = self._wording.messages(texts)
        if not said:
            return
        at_ms = self._reply_ms(len(said[0]), len(tools))
        self.heard, self.is_urged = [], False
        self._note(self.drill.advance(at_ms - 1500 * len(tools)))
        for number, use in enumerate(tools):
            self._use(at_ms - 1500 * (len(tools) - number), use)
        for number, text in enumerate(said):
            if self.drill.is_over:
                return
            at_ms += 900 if number else 0  # before the customer can answer the first
            self.script.append(Turn(at_ms, text=text))
            self._note(self.drill.hear(at_ms, text))
            self.last_ms = at_ms

    def _reply_ms(self, n_chars: int, n_tools: int) -> int:
        skill = self.skill("speed")
        if self.turns == 1:  # the opening, counted already
            wait = 6 + 85 * (1 - skill) ** 1.4
        else:
            wait = 6 + 36 * (1 - skill) ** 1.3 + n_chars / (3 + 4 * skill)
        seconds = span(self.rng, wait * self.pace, 0.32) + 3 * n_tools
        since = max([self.last_ms, *(line.at_ms for line in self.heard)])
        return since + int(1000 * seconds)

    def _note(self, steps: Sequence[Step]) -> None:
        """Take in what the customer said and did."""
        for step in steps:
            for line in step.lines:
                if line.role == "customer":
                    self.heard.append(line)
                    self.is_urged |= line.act in ("urges", "reminds")

    def _use(self, at_ms: int, use: ToolUse) -> None:
        key = f"{use.tool}{sorted(use.args.items())}"
        if key in self.tools or self.drill.is_over:
            return
        self.tools.add(key)
        try:
            self._note(self.drill.act(at_ms, use.tool, use.args))
        except ToolError:
            return
        self.script.append(Turn(at_ms, action=use.tool, args=use.args))

    # -- what to say ------------------------------------------------------------------------------------------------

    def _opening(self) -> tuple[list[str], list[ToolUse], bool]:
        """The first answer: who is there, a word for the feelings, and what is done now."""
        parts = [self._wording.greeting(self.story.customer_name, warmth=self.skill("empathy"))]
        if self._is_upset() and self.chance(0.04 + 0.9 * self.skill("empathy")):
            parts.append(self._care())
        if self.agent.weakness == "hollow_apology":
            parts.append(self.pick("sorry"))
        parts.append(self.pick("own") if self.chance(self.skill("ownership")) else self.pick("look"))
        if self.chance(0.1 + 0.4 * self.skill("speed") * self.skill("closing")):
            parts.append(self.pick("wait"))
        return parts, list(self.story.first), False

    def _turn(self) -> tuple[list[str], list[ToolUse], bool]:
        """Any later answer."""
        special = self._weak_moment()
        if special is not None:
            return special, [], False
        parts = self._preface()
        if not self._is_open() and not self.plan:
            return self._closing(parts), [], False
        beats = self._next_beats()
        if not beats:
            return self._at_a_loss(parts)
        tools = [use for beat in beats for use in beat.tools]
        for beat in beats:
            parts.append(self._say(beat))
            if beat.why and self.chance(0.75 * self.skill("explaining")):
                parts.append(self._from(beat.why))
        if self.story.question and not self.has_asked and self.chance(0.45 * self.skill("empathy")):
            self.has_asked = True
            parts.append(self.story.question)
        return [*self._padded(parts), *self._last_question()], tools, False

    def _last_question(self) -> list[str]:
        """Once everything was said, whether there is anything else."""
        if self.plan or self.has_closed or not self.chance(0.8 * self.skill("closing")):
            return []
        self.has_closed = True
        return [self.pick("check_more")]

    def _preface(self) -> list[str]:
        """What comes before the matter: the wait, the feelings, what was just told."""
        parts = []
        acts = {line.act for line in self.heard}
        if self.is_urged and self.chance(0.1 + 0.7 * self.skill("empathy")):
            parts.append(self.pick("late"))
        if self.agent.weakness == "hollow_apology" and self.chance(0.5):
            parts.append(self.pick("sorry"))
        if self._is_upset() and self.cared < 3 and self.chance((0.04 + 0.9 * self.skill("empathy")) * 0.7**self.cared):
            parts.append(self._care())
        if "tells" in acts:
            parts.append(self._take_up())
        elif acts & _DOUBTS and self.chance(0.8):
            parts.append(self.pick("again"))
        if self.turns > 1 and self.chance(0.45 * self.skill("ownership") ** 1.5) and self._is_open():
            parts.append(self.pick("own"))
        if self.turns == 1 and self.story.restate and self.chance(0.4 * self.skill("completeness") ** 2):
            parts.insert(0, self._from(self.story.restate))
        return parts

    def _care(self) -> str:
        """A word of empathy; who is good at it names what troubles this customer."""
        self.cared += 1
        is_specific = self.chance(0.25 + 0.7 * self.skill("empathy"))
        return self._from(self.story.empathy) if is_specific else self.pick("empathy")

    def _take_up(self) -> str:
        """What the customer just told is taken up by who listens, else only noted."""
        if self.chance(0.1 + 0.85 * self.skill("empathy")):
            for fact in self.drill.state.facts:
                lines = [line for line in self.story.told.get(fact, ()) if line not in self.used]
                if lines and len(lines) == len(self.story.told[fact]):
                    return self._from(lines)
        return self.pick("heard")

    def _next_beats(self) -> list[Beat]:
        """What is made in this answer: one point, of who is quick in mind two; what the customer insists on first."""
        missing = [beat for beat in self._wanted() if self.tries.get(beat.beat_id, 0) < 3]
        queue = [*missing, *(beat for beat in self.plan if beat not in missing)]
        n_beats = 2 if self.chance(0.15 + 0.4 * self.skill("completeness")) else 1
        chosen = queue[:n_beats]
        for beat in chosen:
            if beat in self.plan:
                self.plan.remove(beat)
        return chosen

    def _wanted(self) -> list[Beat]:
        """Points made badly or not at all that the customer waits for and the agent thinks of now."""
        if self.turns < 2 and self.plan:
            return []
        scenario, state = self.drill.cast.scenario, self.drill.state
        open_needs = unresolved(scenario, state)
        wanted = []
        for need_id, beat_ids in self.story.needs.items():
            if need_id in open_needs or (state.needs[need_id] in (1, 2, 3) and not self.plan):
                wanted += [self.story.beat(beat_id) for beat_id in beat_ids if not self._is_made(beat_id)]
        return [beat for beat in wanted if self.chance(0.12 + 0.85 * self.skill("completeness"))]

    def _say(self, beat: Beat) -> str:
        tries = self.tries[beat.beat_id] = self.tries.get(beat.beat_id, 0) + 1
        p_full = (0.03 if tries == 1 else 0.4) + (0.94 if tries == 1 else 0.55) * self.skill("concrete")
        if beat.half and not self.chance(p_full):
            return self._from(beat.half)
        return self._from(beat.full)

    def _closing(self, parts: list[str]) -> list[str]:
        """Everything is settled: a question whether there is more, a bare word, or nothing at all."""
        if self.chance(self.skill("closing")) and not self.has_closed:
            self.has_closed = True
            return [*parts, *([self.pick("thank")] if self.chance(0.3) else []), self.pick("check_more")]
        return [self.pick("heard")] if self.turns < 3 or self.chance(0.25) else []

    def _at_a_loss(self, parts: list[str]) -> tuple[list[str], list[ToolUse], bool]:
        """Nothing comes to mind, and the customer still wants something."""
        if self._is_open() and self.stalls < 2:
            self.stalls += 1
            return [*parts, self.pick("stall")], [], False
        return [*parts, self.pick("leave")] if self._is_open() else self._closing(parts), [], True

    def _weak_moment(self) -> list[str] | None:
        """What should not be said."""
        weakness, is_open = self.agent.weakness, self._is_open()
        if self.turns >= self.lapse_at > 0:
            self.lapse_at = -1
            return [self._lapse()]
        if weakness == "stalling" and is_open and self.stalls < 3 and self.chance(0.3):
            self.stalls += 1
            return [self.pick("stall")]
        hasty = 0.4 if weakness == "premature_closing" else 0.10 * (1 - self.skill("closing"))
        if is_open and self.turns >= 2 and self.hurries < 2 and self.chance(hasty):
            self.hurries += 1
            return [self.pick("premature")]
        if weakness == "hollow_apology" and is_open and self.chance(0.2):
            return [self.pick("sorry")]
        return None

    def _lapse(self) -> str:
        weakness = self.agent.weakness
        if weakness == "harshness":
            return self.pick(self.rng.choice(("rude", "blame", "rude", "refuse")))
        if weakness == "overpromising":
            return self.pick("overpromise")
        kind = self.rng.choice(("slip", "overpromise", "blame", "overpromise"))
        return (
            self._from(self.story.slips)
            if kind == "slip" and self.story.slips
            else self.pick(kind if kind != "slip" else "overpromise")
        )

    def _padded(self, parts: list[str]) -> list[str]:
        """Words that nobody needs, of who cannot do without."""
        loose = 1 - self.skill("concision")
        if not self.chance(0.6 if self.agent.weakness == "wordiness" else 0.5 * loose**2.2):
            return parts
        if self.chance(0.5):
            return [*parts, self.pick("pad_after")]
        return [*parts[:-1], self.pick("pad") + parts[-1]]

    def _part(self) -> None:
        """The last words after a contact that went well."""
        if self.drill.state.outcome not in ("resolved", "accepted_reluctantly", "escalated"):
            return
        if not self.chance(0.1 + 0.9 * self.skill("closing")):
            return
        parts = [self.pick("welcome")] if self.chance(0.6) else []
        if self.chance(0.4 * self.skill("closing")):
            parts.append(self.pick("thank"))
        parts.append(self._wording.signoff())
        at_ms = max(line.at_ms for line in self.drill.transcript)
        for text in self._wording.messages(parts):
            at_ms += int(1000 * span(self.rng, 5 + 10 * (1 - self.skill("speed")), 0.3))
            self.after.append(Line(at_ms, "agent", text))

    # -- small things -------------------------------------------------------------------------------------------------

    def skill(self, name: str) -> float:
        """How well this is done today."""
        return self.agent.skill(name, self.progress)

    def chance(self, share: float) -> bool:
        """Whether something of this probability happens."""
        return self.rng.random() < share

    def pick(self, name: str) -> str:
        """A phrase of this kind that was not used yet, as this agent likes them."""
        return self._from(phrases()[name])

    def _from(self, lines: Sequence[str]) -> str:
        chosen = favourite(self.rng, lines, self.agent.number, but=self.used)
        self.used.add(chosen)
        return chosen

    def _comes_to_mind(self, beat: Beat) -> bool:
        """Whether a point is thought of unasked; even what nobody leaves out is at times remembered only when the
        customer insists."""
        if beat.is_must:
            return self.chance(0.45 + 0.55 * self.skill("completeness"))
        return self.chance(0.04 + 0.92 * self.skill(beat.skill))

    def _is_open(self) -> bool:
        return bool(unresolved(self.drill.cast.scenario, self.drill.state))

    def _is_made(self, beat_id: str) -> bool:
        made = self.drill.state.elements.get(beat_id)
        return made is not None and made.share >= 1

    def _is_upset(self) -> bool:
        return self.drill.state.mood < _UPSET_MOOD or any(line.act in _UPSET_ACTS for line in self.heard)
