"""Scoring (计分): values over a scorecard to points with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from typing import Literal

from peilian.engine._expression import ARITHMETIC
from peilian.engine._kernel import Reason
from peilian.engine.scorecard.card import Gate, Line, Scorecard, SmallSample, Unjudged, ZeroWhen
from peilian.engine.scorecard.rules import Given, Outcome, Rule
from peilian.engine.scorecard.values import HUNDRED, ONE, ZERO, Evidence, Indicator, PointReason, exact, shown

ENGINE_VERSION = "1"

Status = Literal["judged", "full", "dropped", "missing"]


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """One line, scored. While its limits act, ``points`` is ``max`` plus the points of its ``reasons``.

    ``points`` is ``None`` for a line that is dropped or missing, and ``note`` says why.
    """

    key: str
    points: Decimal | None
    max: Decimal
    rule: Rule
    inputs: Mapping[str, Indicator]
    reasons: tuple[PointReason, ...] = ()
    status: Status = "judged"
    note: Reason | None = None


@dataclass(frozen=True, slots=True)
class ScoredGroup:
    """The points of a group after its limits, of the full points of its lines that count."""

    key: str
    points: Decimal
    max: Decimal


@dataclass(frozen=True, slots=True)
class AppliedGate:
    """A gate whose condition holds, and what it took."""

    key: str
    cap: Decimal | None
    fails: bool
    reason: PointReason


@dataclass(frozen=True)
class Scored:
    """A scored card. ``total`` of ``max`` points; ``normalised`` is the same on a scale of 100, ``None`` when no line
    counts or a line is missing. ``total`` is the points of the lines plus those of ``limits`` and ``gates``.

    ``passed`` is ``None`` when the card has no pass mark, or what is missing may decide it.
    """

    scorecard: str
    version: str
    total: Decimal
    max: Decimal
    normalised: Decimal | None
    passed: bool | None
    lines: tuple[ScoredLine, ...]
    groups: tuple[ScoredGroup, ...] = ()
    limits: tuple[PointReason, ...] = ()
    gates: tuple[AppliedGate, ...] = ()
    warnings: tuple[Reason, ...] = ()
    engine_version: str = ENGINE_VERSION


def score(scorecard: Scorecard, indicators: Mapping[str, Indicator]) -> Scored:
    """Score ``indicators`` by ``scorecard``. Pure: the same values give the same points, whatever the decimal context.

    Nothing is rounded but what cannot be written with 50 digits.
    """
    with localcontext(ARITHMETIC):
        return _Sheet(scorecard, indicators).scored()


@dataclass
class _Sheet:
    card: Scorecard
    indicators: Mapping[str, Indicator]
    lines: list[ScoredLine] = field(default_factory=list)
    groups: list[ScoredGroup] = field(default_factory=list)
    limits: list[PointReason] = field(default_factory=list)
    gates: list[AppliedGate] = field(default_factory=list)
    warnings: list[Reason] = field(default_factory=list)
    is_gate_open: bool = False  # a gate that could fail the result cannot be judged

    def scored(self) -> Scored:
        self.lines = [_scored(line, self.indicators) for line in self.card.lines]
        acts = {
            "lines": self._limit_lines,
            "groups": self._limit_groups,
            "total": self._limit_total,
            "gates": self._apply_gates,
        }
        for stage in self.card.order:
            acts[stage]()
        missing = [line.key for line in self.lines if line.status == "missing"]
        if missing:
            self.warnings.append(Reason("scorecard.incomplete", {"lines": ", ".join(missing)}))
        total, most = self.total, self.max
        normalised = None if missing or not most else total / most * HUNDRED
        return Scored(
            scorecard=self.card.key,
            version=self.card.version,
            total=total,
            max=most,
            normalised=normalised,
            passed=self._passed(normalised),
            lines=tuple(self.lines),
            groups=tuple(self.groups),
            limits=tuple(self.limits),
            gates=tuple(self.gates),
            warnings=tuple(self.warnings),
        )

    @property
    def total(self) -> Decimal:
        """Points so far."""
        total = sum([line.points for line in self.lines if line.points is not None], ZERO)
        for change in (*self.limits, *(gate.reason for gate in self.gates)):
            total += change.points
        return total

    @property
    def max(self) -> Decimal:
        """Full points of the lines that count."""
        return sum([line.max for line in self.lines if line.points is not None], ZERO)

    def _limit_lines(self) -> None:
        self.lines = [_limited_line(line, scored) for line, scored in zip(self.card.lines, self.lines, strict=True)]

    def _limit_groups(self) -> None:
        for group in self.card.groups:
            keys = {line.key for line in self.card.lines if line.group == group.key}
            counted = [line for line in self.lines if line.key in keys and line.points is not None]
            points = sum((line.points or ZERO for line in counted), ZERO)
            limit = _limit(points, group.floor, group.cap, "group", group.key)
            if limit is not None:
                self.limits.append(limit)
                points += limit.points
            self.groups.append(ScoredGroup(group.key, points, sum((line.max for line in counted), ZERO)))

    def _limit_total(self) -> None:
        limit = _limit(self.total, self.card.floor, self.card.cap, "total", self.card.key)
        if limit is not None:
            self.limits.append(limit)

    def _apply_gates(self) -> None:
        values = {key: indicator.value for key, indicator in self.indicators.items()}
        for gate in self.card.gates:
            holds = gate.condition.evaluate(values)
            if holds is None:
                self.is_gate_open |= gate.fails
                self.warnings.append(Reason("scorecard.gate.open", {"gate": gate.key}))
            elif holds:
                self.gates.append(self._applied(gate))

    def _applied(self, gate: Gate) -> AppliedGate:
        evidence = tuple(
            piece for name in sorted(gate.condition.names) for piece in _evidence(self.indicators.get(name))
        )
        # A cap is meant for the whole card; when lines are left out it shrinks with them.
        cap = None if gate.cap is None else gate.cap * self.max / self.card.max
        taken = ZERO if cap is None else min(cap - self.total, ZERO)
        params = {"gate": gate.key, "cap": None if gate.cap is None else shown(gate.cap)}
        key = "scorecard.gate.failed" if gate.cap is None else "scorecard.gate.capped"
        return AppliedGate(gate.key, gate.cap, gate.fails, PointReason(Reason(key, params), taken, evidence))

    def _passed(self, normalised: Decimal | None) -> bool | None:
        if any(gate.fails for gate in self.gates):
            return False
        if self.card.pass_mark is None or normalised is None:
            return None
        if normalised < self.card.pass_mark:
            return False
        return None if self.is_gate_open else True


def _evidence(indicator: Indicator | None) -> tuple[Evidence, ...]:
    return () if indicator is None else indicator.evidence


def score_line(line: Line, indicators: Mapping[str, Indicator]) -> ScoredLine:
    """One line of a card by itself, before its limits; whatever the decimal context, as ``score`` does."""
    with localcontext(ARITHMETIC):
        return _scored(line, indicators)


def _scored(line: Line, indicators: Mapping[str, Indicator]) -> ScoredLine:
    small = line.small_sample
    if small is None and line.zero_when is None:
        return _by_own_rule(line, indicators)
    n = None if small is None else _sample(line.indicators, indicators)
    if small is None or n is None or n >= small.below:
        scored = _by_own_rule(line, indicators)
    else:
        note = Reason("scorecard.small_sample", {"n": n, "below": small.below})
        scored = _by_small_sample(line, small, indicators, note)
    return scored if line.zero_when is None else _zeroed(line.zero_when, scored, indicators)


def _by_small_sample(line: Line, small: SmallSample, indicators: Mapping[str, Indicator], note: Reason) -> ScoredLine:
    if small.rule is None:
        return _unjudged(line, line.rule, _inputs(line.indicators, indicators), small.otherwise, note)
    scored = _by_rule(line, small.rule, _inputs(small.indicators, indicators))
    return scored if scored.note is not None else replace(scored, note=note)


def _by_own_rule(line: Line, indicators: Mapping[str, Indicator]) -> ScoredLine:
    """By the line's rule, that of the size if there are several, against the time that the person was there."""
    inputs = _inputs(line.indicators, indicators)
    if line.sizes is None and line.prorate is None:
        return _by_rule(line, line.rule, inputs)
    rule, told, also = line.rule, [], {}
    if line.sizes is not None:
        name = line.sizes.indicator
        size = also[name] = indicators.get(name, _NOTHING)
        found = None if size.value is None else line.sizes.rule(size.value)
        rule = found or rule
        shown_size = None if size.value is None else exact(size.value)
        key = "scorecard.size.unknown" if found is None else "scorecard.size.used"
        told.append(Reason(key, {"indicator": name, "size": shown_size}))
    present = ONE
    if line.prorate is not None:
        given = also[line.prorate.indicator] = indicators.get(line.prorate.indicator, _NOTHING)
        present = ONE if given.value is None else min(given.value, ONE)
        params = {"presence": exact(present), "least": exact(line.prorate.least)}
        if present <= 0 or present < line.prorate.least:
            note = Reason("scorecard.presence.too_little", {**params})
            return _unjudged(line, rule, {**inputs, **also}, "drop", note)
        if present < ONE:
            told.append(Reason("scorecard.presence.prorated", {**params}))
    scored = _by_rule(line, rule, inputs, present)
    reasons = (*(PointReason(reason, ZERO) for reason in told), *scored.reasons)
    given_too = {name: one for name, one in also.items() if one.value is not None}
    return replace(scored, inputs={**inputs, **given_too}, reasons=scored.reasons if scored.note else reasons)


def _zeroed(zero: ZeroWhen, scored: ScoredLine, indicators: Mapping[str, Indicator]) -> ScoredLine:
    """Nothing left of the line when its condition holds."""
    known = {
        name: one for name in sorted(zero.condition.names) if (one := indicators.get(name, _NOTHING)).value is not None
    }
    holds = zero.condition.evaluate({name: one.value for name, one in known.items()})
    scored = replace(scored, inputs={**scored.inputs, **known})
    if not holds or scored.points is None or scored.points <= 0:
        return scored
    evidence = tuple(piece for one in known.values() for piece in one.evidence)
    reason = PointReason(Reason("scorecard.zero", {"condition": zero.condition.source}), -scored.points, evidence)
    return replace(scored, points=ZERO, status="judged", reasons=(*scored.reasons, reason))


def _sample(names: tuple[str, ...], indicators: Mapping[str, Indicator]) -> int | None:
    """The smallest number of cases that is known."""
    known = [indicators[name].n for name in names if name in indicators]
    return min((n for n in known if n is not None), default=None)


_NOTHING = Indicator(None, note=Reason("scorecard.not_given"))


def _inputs(names: tuple[str, ...], indicators: Mapping[str, Indicator]) -> dict[str, Indicator]:
    return {name: indicators.get(name, _NOTHING) for name in names}


def _by_rule(line: Line, rule: Rule, inputs: Mapping[str, Indicator], present: Decimal = ONE) -> ScoredLine:
    """``present``: the part of the time that the value comes from."""
    values = {name: one.value for name, one in inputs.items()}
    if None in values.values():
        lacking = [one for one in inputs.values() if one.value is None]
        if rule.takes_missing == "none" or (rule.takes_missing == "some" and len(lacking) == len(inputs)):
            return _unjudged(line, rule, inputs, line.unjudged, lacking[0].note or Reason("scorecard.nothing_measured"))
    if present is not ONE:
        values = {name: None if value is None else value / present for name, value in values.items()}
    outcome = _outcome(rule, line.weight, values, inputs)
    if outcome.refused is not None:
        return _unjudged(line, rule, inputs, line.unjudged, outcome.refused)
    points = line.weight
    for reason in outcome.reasons:
        points += reason.points
    return ScoredLine(line.key, points, line.weight, rule, inputs, outcome.reasons)


# What rules said about values without evidence. Within a team the same levels and counts come again and again, and a
# rule is pure, so nobody can tell; the rule is kept with it, so that its id stays its own. All of it is said within the
# same decimal context, or the digits of a result would depend on who asked first.
_said: dict[tuple[object, ...], tuple[Rule, Outcome]] = {}
_MOST_SAID = 4096


def _outcome(
    rule: Rule, weight: Decimal, values: Mapping[str, Decimal | None], inputs: Mapping[str, Indicator]
) -> Outcome:
    for one in inputs.values():
        if one.evidence:
            evidence = {name: one.evidence for name, one in inputs.items() if one.evidence}
            return rule.score(Given(weight, values, evidence))
    for value in values.values():
        if value is None or value % 1:  # a fraction hardly comes twice
            return rule.score(Given(weight, values))
    place = (id(rule), weight, *values.items())
    known = _said.get(place)
    if known is not None:
        return known[1]
    outcome = rule.score(Given(weight, values))
    if len(_said) >= _MOST_SAID:
        _said.clear()
    _said[place] = (rule, outcome)
    return outcome


def _unjudged(line: Line, rule: Rule, inputs: Mapping[str, Indicator], policy: Unjudged, note: Reason) -> ScoredLine:
    """By the line's policy; what is excused leaves the card whatever that is."""
    excused = next((one for one in inputs.values() if one.is_excused), None)
    if excused is not None:
        policy, note = "drop", excused.note or Reason("scorecard.excused")
    points = line.weight if policy == "full" else None
    statuses: dict[Unjudged, Status] = {"full": "full", "drop": "dropped", "missing": "missing"}
    return ScoredLine(line.key, points, line.weight, rule, inputs, status=statuses[policy], note=note)


def _limited_line(line: Line, scored: ScoredLine) -> ScoredLine:
    if scored.points is None:
        return scored
    limit = _limit(scored.points, line.floor, line.cap, "line", line.key)
    if limit is None:
        return scored
    return replace(scored, points=scored.points + limit.points, reasons=(*scored.reasons, limit))


def _limit(points: Decimal, floor: Decimal | None, cap: Decimal | None, what: str, key: str) -> PointReason | None:
    """What it takes to bring ``points`` into their limits; ``None`` when they are."""
    if cap is not None and points > cap:
        return PointReason(Reason(f"scorecard.limit.{what}.cap", {"key": key, "limit": shown(cap)}), cap - points)
    if floor is not None and points < floor:
        return PointReason(Reason(f"scorecard.limit.{what}.floor", {"key": key, "limit": shown(floor)}), floor - points)
    return None
