"""The simulated customer (模拟客户): how a reply, a wait or a broken promise changes mood, trust, patience and needs.

Every rule and where its weight comes from is told in ``docs/algorithms/customer.md``; the weights themselves are data.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from peilian.engine._kernel import Param
from peilian.engine.drill.clauses import piece_at
from peilian.engine.drill.conditions import holds, number, values_of
from peilian.engine.drill.model import CustomerModel, Impact
from peilian.engine.drill.scenario import Claim, Element, Scenario
from peilian.engine.drill.state import (
    ADDRESSED,
    RESOLVED,
    UNDERSTOOD,
    UNKNOWN,
    Change,
    Misstep,
    Promise,
    State,
)
from peilian.engine.drill.understanding import GAP, Made, Understood
from peilian.engine.reading.likeness import Said
from peilian.engine.text import Analysed

_WAY_OUT = frozenset({"alternative", "escalate", "solve", "own", "compensate", "follow_up", "done", "way"})
_SUBSTANCE = frozenset({"own", "solve", "done", "explain", "escalate", "compensate", "alternative"})
_ANSWERS = (_SUBSTANCE - {"own"}) | {"follow_up"}  # beside which a time tells the customer when something will happen
_FAULTS = {"blame": "blame_customer", "rude": "rude", "overpromise": "overpromise", "privacy": "privacy"}


@dataclass
class Heard:
    """What the conduct of the customer needs to know about the reply just taken in."""

    rules: set[str] = field(default_factory=set)  # that changed something
    asked: tuple[str, ...] = ()  # facts that were asked for and not told before
    advanced: list[str] = field(default_factory=list)  # needs whose status rose
    resolved: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)  # elements of which something new was said
    asks: bool = False
    said: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # element -> where its parts were said
    wrong: tuple[int, int] | None = None  # where the first wrong figure stands


@dataclass
class Customer:
    """One customer: the scenario, the weights, the state, and the chance of this drill. Changes are collected in
    ``changes`` until they are taken."""

    scenario: Scenario
    model: CustomerModel
    state: State
    reactivity: float
    patience_total: float
    said: Said = field(default_factory=Said)
    changes: list[Change] = field(default_factory=list)
    _at_ms: int = 0
    _message: int | None = None

    def take_changes(self) -> list[Change]:
        """The changes since the last call."""
        taken, self.changes = self.changes, []
        return taken

    # -- what happens -------------------------------------------------------------------------------------------

    def wait(self, at_ms: int) -> bool:
        """Time has passed without an answer; returns whether the customer's patience is over."""
        self._at_ms, self._message = at_ms, None
        state = self.state
        start = max(state.charged_until_ms, self.allowed_until_ms)
        overdue = max(0, at_ms - start) / 1000
        if state.waiting_since_ms is None or overdue <= 0:
            return state.patience <= 0
        state.charged_until_ms = at_ms
        share = overdue / self.patience_total
        self._change("patience", -overdue * self.model.impatience[state.escalation], "unanswered", seconds=int(overdue))
        self._feel("unanswered", share)
        self._escalate()
        return state.patience <= 0

    @property
    def allowed_until_ms(self) -> int:
        """Until when the customer waits without getting impatient."""
        state = self.state
        grace = self.model.grace_later if state.has_answered else self.model.grace_first
        return max((state.waiting_since_ms or 0) + int(grace * 1000), state.wait_until_ms)

    def miss(self, promise: Promise, at_ms: int) -> None:
        """A promise fell due and nothing came of it."""
        self._at_ms, self._message = at_ms, None
        promise.is_open = False
        self._change("patience", -self.model.patience["broken_promise"], "broken_promise", quote=promise.quote)
        self._feel("broken_promise", 1.0, quote=promise.quote)
        self._trust("broken_promise")
        self._escalate()

    def hear(self, understood: Understood, at_ms: int, message: int, rng: random.Random) -> Heard:
        """The agent says something."""
        self.wait(at_ms)
        state, heard = self.state, Heard(asks=bool(understood.asked) or "ask" in understood.acts)
        self._at_ms, self._message = at_ms, message
        self._keep_wait(at_ms)
        state.turn += 1
        is_repeated = self._is_repeated(understood, heard)
        if not (is_repeated or understood.is_copied or understood.is_dump):
            self._take_in(understood, heard)
        self._needs(heard)  # what is settled by these words is felt with them
        self._promises(understood, heard, is_repeated=is_repeated)
        self._weigh(understood, heard, is_repeated=is_repeated, rng=rng)
        self._justice(understood, heard)
        self._needs(heard)
        self._escalate()
        state.idle_turns = 0 if heard.made or heard.advanced or heard.asked else state.idle_turns + 1
        state.done = []
        return heard

    def see_world(self, at_ms: int) -> Heard:
        """A tool changed the world. The customer does not see it yet, but needs may already be settled by it."""
        heard = Heard()
        self._at_ms, self._message = at_ms, None
        self._needs(heard)
        return heard

    # -- taking in what is said ----------------------------------------------------------------------------------

    def _is_repeated(self, understood: Understood, heard: Heard) -> bool:
        text = understood.analysed.text
        is_repeated = understood.n_units > 5 and self.said.find(text, self.model.alike) is not None
        self.said.add(text, self.state.turn)
        if is_repeated:
            heard.rules.add("copy_paste")
            self.state.copied += 1
        elif understood.is_copied:
            heard.rules.add("copied_card")
            self.state.copied += 1
        if understood.is_dump:
            heard.rules.add("dump")
            self.state.dumped += 1
        return is_repeated

    def _take_in(self, understood: Understood, heard: Heard) -> None:
        values = values_of(self.state)
        elements = {element.element_id: element for element in self.scenario.required}
        right = {(made.element_id, made.part_id) for made in understood.made if not made.is_wrong}
        cores = [made for made in understood.made if _is_core(elements[made.element_id], made)]
        rest = sorted((made for made in understood.made if made not in cores), key=lambda made: _distance(made, cores))
        for made in dict.fromkeys((*cores, *rest)):  # cores first, then what stands nearest to them, each once
            element = elements[made.element_id]
            if made.is_wrong and (made.element_id, made.part_id) in right:
                continue  # two days were named, and one of them is the right one
            if holds(element.when, values) and self._belongs(made, cores, understood.analysed):
                self._element(element, made, understood, heard)
        for fact_id in understood.asked:
            self._asked(fact_id, heard)

    def _belongs(self, made: Made, cores: Sequence[Made], analysed: Analysed) -> bool:
        """Whether a part belongs to the core of its element: beside it, or in the message after it."""
        if made.is_half or made in cores:
            return True
        beside = [core for core in cores if core.element_id == made.element_id]
        if not beside:
            core_turn = self.state.elements[made.element_id].core_turn
            return core_turn is not None and core_turn >= self.state.turn - 1
        sentence = analysed.clause_at(made.start).sentence
        return any(abs(analysed.clause_at(core.start).sentence - sentence) <= 1 for core in beside)

    def _element(self, element: Element, made: Made, understood: Understood, heard: Heard) -> None:
        known = self.state.elements[element.element_id]
        spans = [(made.start, made.end), *([(made.figure_at.start, made.figure_at.end)] if made.figure_at else [])]
        if made.is_wrong:
            known.is_wrong, known.share = True, 0.0
            known.parts.pop(made.part_id, None)
            heard.wrong = heard.wrong or spans[-1]
            quote = understood.evidence(spans)
            self._misstep("wrong_fact", quote, understood, *spans[-1], heard, element=element.element_id)
            return
        if not made.is_half and made.part_id not in known.parts:
            heard.said.setdefault(element.element_id, []).extend(spans)
        if not made.is_half:
            known.parts.setdefault(made.part_id, 1.0 if made.figure is None else made.figure)
        if _is_core(element, made):
            known.core_turn = self.state.turn
        share = 1.0 if len(known.parts) >= element.needed else 0.5
        if share > known.share:
            quote = understood.evidence(heard.said.get(element.element_id) or spans)
            is_going_on = known.at_ms is not None and known.share > 0 and element.element_id not in heard.made
            known.quote = f"{known.quote}{GAP}{quote}" if is_going_on and known.core_turn != self.state.turn else quote
            known.share, known.at_ms = share, self._at_ms
            known.is_wrong = False
            heard.made.append(element.element_id)
            self._note("element", share, understood, made.start, made.end, element=element.label)

    def _asked(self, fact_id: str, heard: Heard) -> None:
        fact = next(item for item in self.scenario.facts if item.fact_id == fact_id)
        if fact.is_known or fact_id in self.state.facts:
            heard.rules.add("repeat_question")
            return
        heard.asked += (fact_id,)
        self.state.facts.append(fact_id)

    def _promises(self, understood: Understood, heard: Heard, *, is_repeated: bool) -> None:
        """Progress keeps open promises; a word of waiting, looking or time opens one that falls due in the drill."""
        state = self.state
        has_progress = bool(heard.made or state.done) or bool({"done", "explain", "solve"} & set(understood.acts))
        if has_progress:
            for promise in state.open_promises:
                promise.is_open = False
                self._trust("kept_promise")
        if "wait" in understood.acts and not is_repeated:
            state.wait_until_ms = max(state.wait_until_ms, self._at_ms + self._wait_ms(understood))
        if "own" in understood.acts or "wait" in understood.acts:
            key = "own" if "own" in understood.acts else "wait"
            if not has_progress and not state.open_promises:
                start, end = understood.acts[key]
                quote = understood.quote(start, end)
                state.promises.append(Promise(self._at_ms, self._at_ms + self._wait_ms(understood), quote))

    def _wait_ms(self, understood: Understood) -> int:
        """How long a word of waiting or looking holds: the time that was named, within bounds, else the usual."""
        asked = understood.wait_seconds if understood.wait_seconds is not None else self.model.promise_due
        return int(min(asked, self.model.longest_wait) * 1000)

    # -- mood and trust ------------------------------------------------------------------------------------------

    def _weigh(self, understood: Understood, heard: Heard, *, is_repeated: bool, rng: random.Random) -> None:
        """Move the mood: what it was, what the needs say, what was good and what hurt."""
        state, model = self.state, self.model
        good = [] if is_repeated or understood.is_copied or understood.is_dump else list(self._good(understood, heard))
        hurts = list(self._hurts(understood, heard))
        inertia = self.scenario.persona.inertia
        target = self._target()
        start = state.mood
        self._change("mood", (1 - inertia) * (target - start), "needs", target=round(target, 2))
        factor = model.cynical_share if state.is_cynical else 1.0
        total = 0.0
        ordered = sorted(good, key=lambda item: (-self._size(item[0]) * item[1], item[0]))
        for place, (rule, share, span) in enumerate(ordered):
            weight = model.positive_weights[min(place, len(model.positive_weights) - 1)]
            delta = min(self._size(rule) * share * weight * factor, model.positive_cap - total)
            total += delta
            if delta > 0:
                self._change("mood", delta, rule, span=span, understood=understood)
                heard.rules.add(rule)
        for rule, share, span in hurts:
            self._change("mood", self._size(rule) * share * self.reactivity, rule, span=span, understood=understood)
            heard.rules.add(rule)
        noise = rng.gauss(0.0, model.noise) if model.noise else 0.0
        self._change("mood", noise, "chance")
        state.moods.append(state.mood)
        for rule in sorted(heard.rules):
            self._trust(rule)
            if rule in model.patience and rule != "broken_promise":
                self._change("patience", -model.patience[rule], rule)

    def _good(self, understood: Understood, heard: Heard) -> Iterator[tuple[str, float, tuple[int, int]]]:
        """What does the customer good: rule, share of its full effect, span."""
        acts, state = understood.acts, self.state
        is_hollow = self._is_hollow(understood, heard)
        for act, rule in (("own", "ownership"), ("wait", "wait_notice"), ("alternative", "alternative")):
            if act in acts:
                yield rule, self._novelty(rule), acts[act]
        if (time := self._time(understood)) is not None and "wrong_fact" not in heard.rules:
            is_answer = bool(heard.made or state.done or _ANSWERS & set(acts))
            share = 1.0 if is_answer else self.model.bare_time
            yield "concrete_time", share * self._novelty("concrete_time"), time
        if "paraphrase" in acts:
            yield "paraphrase", self._novelty("paraphrase"), acts["paraphrase"]
        if "empathise" in acts:
            is_specific = understood.concern is not None
            yield "empathy", (1.0 if is_specific else 0.4) * self._novelty("empathy"), acts["empathise"]
        elif understood.concern is not None and "apologise" in acts:
            yield "empathy", 0.6 * self._novelty("empathy"), (understood.concern.start, understood.concern.end)
        if "apologise" in acts and not is_hollow and self._count("apology") == 0:
            yield "apology", 1.0, acts["apologise"]
        if self._has_done(understood):
            yield "done_verified", 1.0, acts.get("done", (0, 0))
        if heard.made:
            yield "information", min(1.0, 0.5 + 0.25 * len(heard.made)), (0, 0)
        if "apologise" in acts:
            state.used["apology"] = self._count("apology") + 1

    def _time(self, understood: Understood) -> tuple[int, int] | None:
        """Where a time is named first that is not just the minute for which the customer is asked to wait."""
        waits = [piece_at(understood.analysed, start) for start, _ in understood.places.get("wait", ())]
        times = understood.places.get("time", ())
        return next((span for span in times if piece_at(understood.analysed, span[0]) not in waits), None)

    def _is_hollow(self, understood: Understood, heard: Heard) -> bool:
        """Whether a reply holds nothing that an apology could stand on."""
        return not (heard.made or self.state.done or _SUBSTANCE & set(understood.acts))

    def _hurts(self, understood: Understood, heard: Heard) -> Iterator[tuple[str, float, tuple[int, int]]]:
        """What hurts the customer."""
        acts, state = understood.acts, self.state
        if "apologise" in acts and self._is_hollow(understood, heard):
            state.used["hollow"] = self._count("hollow") + 1
            yield "hollow_apology", float(min(self._count("hollow"), 3)), acts["apologise"]
            state.is_cynical = state.is_cynical or self._count("hollow") >= 3
        if "refuse" in acts and not (_WAY_OUT & set(acts) or heard.made):
            yield "refusal_alone", 1.0, acts["refuse"]
        if {"check_more", "close"} & set(acts) and self._is_open() and not heard.made and not state.done:
            yield "premature_close", 1.0, acts.get("check_more") or acts["close"]
        for fault, rule in _FAULTS.items():
            span = self._beyond_the_world(understood) if fault == "overpromise" else acts.get(fault)
            if span is not None:
                self._misstep(rule, understood.quote(*span), understood, *span, heard)
                yield rule, 1.0, span
        if heard.wrong is not None:
            yield "wrong_fact", 1.0, heard.wrong
        for rule in ("repeat_question", "copy_paste", "copied_card", "dump"):
            if rule in heard.rules:
                yield rule, 1.0, (0, len(understood.analysed.text))
        state.redundant += "repeat_question" in heard.rules
        if understood.jargon is not None:
            yield "jargon", 1.0, (understood.jargon.start, understood.jargon.end)
        is_handed_over = self.scenario.handover == "never" and "escalate" in acts and not heard.made
        if is_handed_over or "deflects" in acts:
            state.used["passed_on"] = self._count("passed_on") + 1
            yield "passed_on", 1.0, acts.get("deflects") or acts["escalate"]
        yield from self._forbidden(understood, heard)
        self._banned(understood, heard)
        yield from self._false_reports(understood, heard)

    def _beyond_the_world(self, understood: Understood) -> tuple[int, int] | None:
        """The first place where too much is promised. What the world makes sure of is no such place: no further charge
        once the service is cancelled."""
        values = values_of(self.state)
        true = {claim.claim_id for claim in self.scenario.claims if holds(claim.true_when, values)}
        sure = [said for said in (*understood.assured, *understood.claims) if said.name in true]
        beyond = []
        for start, end in understood.places.get("overpromise", ()):
            first, last = piece_at(understood.analysed, start), piece_at(understood.analysed, end - 1)
            if any(said.start < last.end and first.start < said.end for said in sure):
                self.state.confirmed.append([self._message or 0, *understood.analysed.original(start, end)])
            else:
                beyond.append((start, end))
        return min(beyond, default=None)

    def _forbidden(self, understood: Understood, heard: Heard) -> Iterator[tuple[str, float, tuple[int, int]]]:
        named = {item.forbidden_id: item for item in self.scenario.forbidden}
        for said in understood.forbidden:
            item = named[said.name]
            quote = understood.quote(said.start, said.end)
            self._misstep("forbidden", quote, understood, said.start, said.end, heard, is_fatal=item.is_fatal)
            yield "forbidden", item.severity, (said.start, said.end)

    def _banned(self, understood: Understood, heard: Heard) -> None:
        """What the company's lists forbid: a misstep of the agent, while the customer feels but what the words do. What
        is a misstep already is no second one."""
        known = [(said.start, said.end) for said in understood.forbidden]
        known += [span for fault in _FAULTS for span in understood.places.get(fault, ())]
        for start, end in understood.places.get("forbidden", ()):
            if not any(first < end and start < last for first, last in known):
                self._misstep("banned", understood.quote(start, end), understood, start, end, heard)

    def _false_reports(self, understood: Understood, heard: Heard) -> Iterator[tuple[str, float, tuple[int, int]]]:
        """Reports of something done that the world does not know of."""
        values = values_of(self.state)
        for said, claim in self._claims(understood):
            if not holds(claim.true_when, values):
                quote = understood.quote(said[0], said[1])
                self._misstep("false_report", quote, understood, *said, heard)
                yield "false_report", 1.0, said

    def _claims(self, understood: Understood) -> Iterator[tuple[tuple[int, int], Claim]]:
        named = {claim.claim_id: claim for claim in self.scenario.claims}
        for said in understood.claims:
            yield (said.start, said.end), named[said.name]

    def _has_done(self, understood: Understood) -> bool:
        """Whether the message reports something that was really done."""
        values = values_of(self.state)
        reported = [claim for _, claim in self._claims(understood)]
        if reported:
            return all(holds(claim.true_when, values) for claim in reported)
        return "done" in understood.acts and bool(self.state.done)

    def _target(self) -> float:
        """The mood that the state of the needs alone would leave."""
        worth = self.needs_worth()
        floor = self.scenario.persona.mood
        return floor + (self.model.best_mood - floor) * worth

    def needs_worth(self, *, only_resolved: bool = False) -> float:
        """The weighted share of the needs that is settled, 0 to 1."""
        needs = self.scenario.needs
        total = math.fsum(need.weight for need in needs)
        values = self.model.need_values
        return (
            math.fsum(
                need.weight * (float(self.state.needs[need.need_id] == RESOLVED) if only_resolved
                               else values[self.state.needs[need.need_id]])
                for need in needs
            )
            / total
        )  # fmt: skip

    def _is_open(self) -> bool:
        return any(need.is_critical and self.state.needs[need.need_id] != RESOLVED for need in self.scenario.needs)

    # -- justice, needs, escalation -------------------------------------------------------------------------------

    def _justice(self, understood: Understood, heard: Heard) -> None:
        state, model = self.state, self.model
        if self.scenario.offer is not None:
            worth = max(0.0, number(self.scenario.offer, values_of(state)))
            fair = 1 - math.exp(-model.generosity * worth / self.scenario.expects)
        else:
            fair = self.needs_worth()
        self._judge("distributive", max(state.distributive, fair), "outcome")
        is_harsh = bool({"blame_customer", "rude", "forbidden", "privacy", "passed_on"} & heard.rules)
        care = 0.5 + 0.3 * ("empathy" in heard.rules) + 0.2 * bool(heard.made or "paraphrase" in heard.rules)
        treated = 0.0 if is_harsh else 0.25 if {"copy_paste", "copied_card", "dump"} & heard.rules else care
        listened = state.interactional + model.listening * (min(1.0, treated) - state.interactional)
        self._judge("interactional", listened, "treatment")
        speed = 1.0 - min(1.0, sum(state.waits) / self.patience_total)
        told = [self.state.elements[element.element_id].share for element in self.scenario.required]
        process = (speed + sum(told) / max(1, len(told)) + float(bool(state.tools))) / 3
        self._judge("procedural", process, "process")

    @property
    def justice_weights(self) -> dict[str, float]:
        """What outcome, treatment and process weigh for this customer; together 1."""
        model = self.model
        weights = model.justice_monetary if self.scenario.persona.is_monetary else model.justice_other
        return dict(zip(("distributive", "interactional", "procedural"), weights, strict=True))

    def _judge(self, variable: str, value: float, rule: str) -> None:
        """Let the customer find one kind of justice done as far as ``value``, 0 to 1."""
        moved = value - getattr(self.state, variable)
        setattr(self.state, variable, value)
        points = 100 * (1 - self.model.live_mood) * self.justice_weights[variable] * moved
        if round(moved, 4):
            change = Change(self._at_ms, rule, variable, round(moved, 4), round(value, 4), self._message, points=points)
            self.changes.append(change)

    def _needs(self, heard: Heard) -> None:
        state = self.state
        for need in self.scenario.needs:
            values = values_of(state)
            before = status = state.needs[need.need_id]
            if holds(need.resolved, values):
                status = RESOLVED
            elif holds(need.addressed, values):
                status = max(status, ADDRESSED) if status != RESOLVED else ADDRESSED
            elif status != UNKNOWN and holds(need.understood, values):
                status = max(status, UNDERSTOOD)
            state.needs[need.need_id] = status
            if status > before:
                heard.advanced.append(need.need_id)
                self._note("need", float(status), None, 0, 0, need=need.label)
            if status == RESOLVED and before != RESOLVED:
                heard.resolved.append(need.need_id)
        if "done_verified" in heard.rules and heard.resolved:
            state.is_cynical = False

    def _escalate(self) -> None:
        """Anger rises by one level at a time, and falls only after the mood has been better for some turns."""
        state, model = self.state, self.model
        level = state.escalation
        if level < len(model.escalation_up) and (state.mood < model.escalation_up[level] or state.patience <= 0):
            state.relieved = 0
            self._change("escalation", 1, "escalates")
        elif level > 0 and self._message is not None and state.mood > model.escalation_up[level - 1] + model.relief:
            state.relieved += 1
            if state.relieved >= model.relief_turns:
                state.relieved = 0
                self._change("escalation", -1, "calms_down")
        elif self._message is not None:
            state.relieved = 0

    # -- small things ---------------------------------------------------------------------------------------------

    def _keep_wait(self, at_ms: int) -> None:
        state = self.state
        if state.waiting_since_ms is not None:
            state.waits.append(max(0.0, (at_ms - self.allowed_until_ms) / 1000))
        state.waiting_since_ms = None
        state.has_answered = True
        state.urges = 0
        state.wait_until_ms = 0

    def _size(self, rule: str) -> float:
        impact = self.model.impacts.get(rule, Impact(0.0, 0.0))
        return impact.calm if self.state.mood >= 0 else impact.upset

    def _count(self, rule: str) -> int:
        return self.state.used.get(rule, 0)

    def _novelty(self, rule: str) -> float:
        n = self._count(rule)
        self.state.used[rule] = n + 1
        return self.model.novelty**n

    def _feel(self, rule: str, share: float, quote: str = "") -> None:
        self._change("mood", self._size(rule) * share * self.reactivity, rule, quote=quote)
        self.state.moods.append(self.state.mood)

    def _trust(self, rule: str) -> None:
        delta = self.model.trust.get(rule, 0.0)
        if delta:
            self._change("trust", delta, rule)

    def _misstep(
        self, rule: str, quote: str, understood: Understood, start: int, end: int, heard: Heard,
        *, is_fatal: bool = False, **params: Param,
    ) -> None:  # fmt: skip
        message = self._message if self._message is not None else 0
        self.state.missteps.append(Misstep(self._at_ms, rule, quote, message, is_fatal))
        heard.rules.add(rule)
        self._note("misstep", 0.0, understood, start, end, what=rule, **params)

    def _change(
        self, variable: str, delta: float, rule: str, *, span: tuple[int, int] | None = None,
        understood: Understood | None = None, **params: Param,
    ) -> None:  # fmt: skip
        state = self.state
        old = getattr(state, variable)
        low, high = _BOUNDS[variable]
        new = min(high, max(low, old + delta))
        setattr(state, variable, type(old)(new))
        moved = round(new - old, 4)
        if not moved:
            return
        first, last = None, None
        if span is not None and understood is not None and span[1] > span[0]:
            first, last = understood.analysed.original(*span)
            params.setdefault("quote", understood.evidence([span]))
        told = {key: value for key, value in params.items() if value != ""}
        points = 50 * self.model.live_mood * moved if variable == "mood" else 0.0
        change = Change(self._at_ms, rule, variable, moved, round(new, 4), self._message, first, last, told, points)
        self.changes.append(change)

    def _note(
        self, rule: str, value: float, understood: Understood | None, start: int, end: int, **params: Param
    ) -> None:
        """Something worth telling that moves no variable by itself."""
        place = understood.analysed.original(start, end) if understood is not None and end > start else None
        first, last = place or (None, None)
        self.changes.append(Change(self._at_ms, rule, "note", 0.0, value, self._message, first, last, params))


def _distance(made: Made, cores: Sequence[Made]) -> int:
    """How far a part stands from the nearest core of its element, in characters."""
    beside = [core for core in cores if core.element_id == made.element_id]
    return min((max(made.start - core.end, core.start - made.end, 0) for core in beside), default=0)


def _is_core(element: Element, made: Made) -> bool:
    return made.part_id == element.parts[0].part_id


_BOUNDS = {"mood": (-1.0, 1.0), "trust": (0.0, 1.0), "patience": (-60.0, 1e6), "escalation": (0, 4)}
