"""What the simulated customer does next (客户行为) and in which words: the act that presses most, said in the
scenario's own lines first, else in those of the voice; no line twice. Chance is a function of seed and step."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from peilian.engine.drill.customer import Heard
from peilian.engine.drill.model import CustomerModel, Voice
from peilian.engine.drill.outcome import unresolved
from peilian.engine.drill.scenario import Fact, Lines, Need, Scenario
from peilian.engine.drill.state import ADDRESSED, RESOLVED, UNKNOWN, VOICED, Line, State

_REACTIONS = (  # rule that was felt -> what the customer does about it
    ("forbidden", "insulted"), ("rude", "insulted"), ("blame_customer", "blamed"), ("privacy", "insulted"),
    ("false_report", "doubts_report"), ("wrong_fact", "doubts_fact"), ("refusal_alone", "refused"),
    ("passed_on", "passed_on"), ("dump", "puzzled"), ("copied_card", "robotic"), ("copy_paste", "robotic"),
    ("repeat_question", "asked_again"), ("premature_close", "not_finished"), ("hollow_apology", "only_sorry"),
    ("overpromise", "doubts_promise"), ("jargon", "puzzled"),
)  # fmt: skip
_TYPING_MS, _PER_CHAR_MS, _LONGEST_MS = 1200, 60, 6000
_BETWEEN_MS = 1500


def chance(seed: int, version: str, step: int, purpose: str) -> random.Random:
    """The random numbers of one step and purpose: the same in every process and after every resume."""
    name = f"{seed}|{version}|{step}|{purpose}".encode()
    return random.Random(int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big"))  # noqa: S311 (play)


@dataclass(frozen=True)
class Act:
    """Something the customer may do, and how much it presses. ``own`` are lines written for just this."""

    name: str
    utility: float
    own: Lines = ()
    need: Need | None = None


@dataclass
class Conduct:
    """Chooses and words what the customer says."""

    scenario: Scenario
    model: CustomerModel
    voice: Voice
    seed: int

    def open(self, state: State) -> list[Line]:
        """The opening of the contact."""
        return self._say(state, [Act("opening", 1.0)], 0)

    def reply(self, state: State, heard: Heard, at_ms: int) -> list[Line]:
        """What the customer says to what was just heard."""
        act = max(self._acts(state, heard), key=lambda act: act.utility)
        acts = [act] if act.name != "tells" else []
        acts += [Act("tells", 0.0, fact.lines) for fact in self._told(state, heard)]
        if act.need is not None and act.name == "voices":
            state.needs[act.need.need_id] = max(state.needs[act.need.need_id], VOICED)
        if act.name in ("insults", "mocks"):
            state.abused += 1
        return self._say(state, acts, at_ms)

    def urge(self, state: State, at_ms: int) -> list[Line]:
        """What a customer says who was left waiting."""
        name = "threatens" if state.escalation >= 3 and self.scenario.persona.abuse >= 1 else "urges"
        return self._say(state, [Act(name, 1.0)], at_ms)

    def remind(self, state: State, at_ms: int) -> list[Line]:
        """What a customer says to whom something was promised that did not come."""
        return self._say(state, [Act("reminds", 1.0)], at_ms)

    def part(self, state: State, at_ms: int) -> list[Line]:
        """The last words, by how the contact ended."""
        return self._say(state, [Act(f"ends_{state.outcome}", 1.0)], at_ms)

    # -- choosing -------------------------------------------------------------------------------------------------

    def _acts(self, state: State, heard: Heard) -> Iterator[Act]:
        yield self._act("goes_on" if unresolved(self.scenario, state) else "settled")
        yield from self._abuse(state)
        for rule, name in _REACTIONS:
            if rule in heard.rules:
                yield self._act(name)
        if heard.asked:
            yield self._act("tells")
        elif heard.asks:
            yield self._act("answers")
        yield from self._about_needs(state, heard)
        if heard.made:
            yield self._act("takes_note")
        if {"ownership", "wait_notice"} & heard.rules and not heard.made:
            yield self._act("waits")

    def _about_needs(self, state: State, heard: Heard) -> Iterator[Act]:
        patience = 2 if {"ownership", "wait_notice"} & heard.rules else 1  # who is looking has not left a question open
        for need in self.scenario.needs:
            status = state.needs[need.need_id]
            if need.need_id in heard.resolved:
                yield self._act("accepts", need.accept, need)
            elif need.need_id in heard.advanced and status == ADDRESSED:
                yield self._act("bargains", need.reject, need)
            elif status == UNKNOWN and self._may_voice(state):
                yield self._act("voices", need.voice, need)
            elif status not in (UNKNOWN, RESOLVED) and need.is_critical and state.idle_turns >= patience:
                own = need.reject if status == ADDRESSED else need.voice  # nothing was said yet that could be refused
                yield self._act("insists", own, need)

    def _may_voice(self, state: State) -> bool:
        """Whether the customer brings up another wish: what was said before has been taken up."""
        voiced = [status for status in state.needs.values() if status != UNKNOWN]
        return all(status >= ADDRESSED for status in voiced)

    def _abuse(self, state: State) -> Iterator[Act]:
        """Abuse stays below the ceiling of the persona, and stops once a boundary was set calmly."""
        level = self.scenario.persona.abuse
        boundary = state.elements.get("boundary")
        if boundary is not None and boundary.share >= 1 and state.abused > 0:
            return
        if level >= 2 and state.escalation >= 2 and state.abused < 3:
            yield self._act("insults")
        elif level >= 1 and state.escalation >= 1 and state.abused < 1 + self.scenario.is_abuse:
            yield self._act("mocks")

    def _act(self, name: str, own: Lines = (), need: Need | None = None) -> Act:
        return Act(name, self.model.utilities.get(name, 0.0), own, need)

    def _told(self, state: State, heard: Heard) -> list[Fact]:
        """The facts to tell now: those asked for, and one that trust has opened."""
        named = {fact.fact_id: fact for fact in self.scenario.facts}
        told = [named[fact_id] for fact_id in heard.asked]
        for fact in self.scenario.facts:
            is_open = fact.trust is not None and state.trust >= fact.trust
            if is_open and fact.fact_id not in state.facts and not told:
                state.facts.append(fact.fact_id)
                told.append(fact)
        return told

    # -- wording --------------------------------------------------------------------------------------------------

    def _say(self, state: State, acts: list[Act], at_ms: int) -> list[Line]:
        lines: list[Line] = []
        due = max(at_ms, state.spoken_until_ms)  # nobody types two answers at once
        for act in acts:
            for text in self._words(state, act):
                wait = min(_LONGEST_MS, _TYPING_MS + _PER_CHAR_MS * len(text)) if at_ms else 0
                due += wait if not lines else max(wait, _BETWEEN_MS)
                lines.append(Line(due, "customer", text, act.name, round(state.mood, 4)))
        state.spoken_until_ms = due
        return lines

    def _words(self, state: State, act: Act) -> tuple[str, ...]:
        """One variant of an act; one that was said before is taken only when there is no other."""
        rng = chance(self.seed, self.scenario.version, state.step, f"words:{act.name}")
        variants = act.own or self._variants(self.scenario.lines, act.name, state)
        fresh = [item for item in variants if item[0] not in state.spoken]
        if not fresh:
            spare = self._variants(self.voice.lines, act.name, state)
            fresh = [item for item in spare if item[0] not in state.spoken] or list(spare) or list(variants)
        if not fresh:
            return ()
        chosen = fresh[rng.randrange(len(fresh))]
        state.spoken.append(chosen[0])
        return tuple(self._styled(text, state, rng) for text in chosen)

    def _variants(self, lines: Mapping[str, Lines], name: str, state: State) -> Lines:
        """The lines of an act at this level of escalation, else at the next lower one, else at any."""
        for level in range(state.escalation, 0, -1):
            found = lines.get(f"{name}@{level}")
            if found:
                return found
        return lines.get(name, ())

    def _styled(self, text: str, state: State, rng: random.Random) -> str:
        """A touch of the persona: who is angry marks it, who chats leaves the full stop away."""
        persona = self.scenario.persona
        if self.scenario.language != "zh" or not text:
            return text
        if state.escalation >= 2 and text[-1] in "。！" and rng.random() < persona.emphasis:
            return text[:-1] + "！！"
        return text[:-1] if text[-1] == "。" and rng.random() < persona.burst else text
