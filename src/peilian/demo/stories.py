"""Stories: what the agents of the demo say about the matter of a drill scenario, and how the matter is varied.

A story is played as its scenario tells it; afterwards every name, place, figure and date is told otherwise, by the same
table for customer and agent, so that conversations differ and each stays consistent.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import yaml

from peilian.demo.agents import SERVICE
from peilian.engine._kernel import Language
from peilian.engine.drill import Cast
from peilian.engine.drill.likeness import GramLikeness
from peilian.engine.drill.scenario import Lines, Need, Persona
from peilian.flows import playing

_LONGEST_CONTACT_MS = 20 * 60_000  # real contacts know no time limit
_LINGER = 75.0  # seconds; nor do their customers hurry away


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One use of a tool of the scenario."""

    tool: str
    args: Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class Beat:
    """One point that an agent may make: in full, or vaguely (``half``). ``skill`` decides whether it is thought of;
    what ``is_must`` is nearly always. How concrete the wording is, is a skill of its own."""

    beat_id: str
    skill: str
    full: tuple[str, ...]
    half: tuple[str, ...]
    is_must: bool
    why: tuple[str, ...]  # what explains it
    tools: tuple[ToolUse, ...]


@dataclass(frozen=True)
class Story:
    """Everything that may be said in one matter."""

    scenario: str
    topic: str
    share: Mapping[str, int]  # line of service -> weight among its stories
    mood: tuple[float, float]
    patience: tuple[float, float]
    order: Mapping[str, Any]
    customer_name: str
    question: str  # what uncovers what the customer did not say
    restate: tuple[str, ...]
    empathy: tuple[str, ...]
    told: Mapping[str, tuple[str, ...]]  # fact -> how an attentive agent takes it up
    slips: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]  # need -> beats that answer it
    first: tuple[ToolUse, ...]
    beats: tuple[Beat, ...]
    customer: Mapping[str, Lines]
    said: Mapping[str, Mapping[str, Lines]]  # need -> accept and reject -> more that the customer says then
    swaps: tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...]
    late: Mapping[str, tuple[str, str]]
    refunds: Mapping[str, float]  # outcome -> how often the order is paid back afterwards

    def beat(self, beat_id: str) -> Beat:
        """The beat of that id."""
        return next(beat for beat in self.beats if beat.beat_id == beat_id)


def stories() -> tuple[Story, ...]:
    """The stories whose scenario is in the packs, by key."""
    known = playing.scenarios()
    return tuple(story for story in _stories() if story.scenario in known)


@cache
def _stories() -> tuple[Story, ...]:
    files = sorted((SERVICE / "stories").glob("*.yaml"))
    found = (_story(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in files)
    return tuple(sorted(found, key=lambda story: story.scenario))


@cache
def phrases() -> Mapping[str, tuple[str, ...]]:
    """What agents say in any matter, by what it does."""
    rows = yaml.safe_load((SERVICE / "phrases.yaml").read_text(encoding="utf-8"))
    return {name: tuple(lines) for name, lines in rows.items()}


def cast_of(story: Story, persona: Mapping[str, float]) -> Cast:
    """The cast of the story's scenario with this customer, who has more to say and is not stopped by a time limit."""
    cast = _cast(story.scenario)
    return replace(cast, scenario=replace(cast.scenario, persona=_persona(cast.scenario.persona, persona)))


@cache
def _cast(key: str) -> Cast:
    cast, story = playing.cast(key, "zh"), next(item for item in _stories() if item.scenario == key)
    scenario = replace(
        cast.scenario,
        lines=_more(_more(cast.scenario.lines, story.customer), customer_lines()),
        needs=tuple(_more_said(need, story.said.get(need.need_id, {})) for need in cast.scenario.needs),
        time_limit_ms=_LONGEST_CONTACT_MS,
    )
    return replace(
        cast,
        scenario=scenario,
        voice=replace(cast.voice, lines=_more(cast.voice.lines, customer_lines())),
        model=replace(cast.model, linger=_LINGER),
        understanding=replace(cast.understanding, likeness=_RememberedLikeness),
    )


def _more(lines: Mapping[str, Lines], others: Mapping[str, Lines]) -> dict[str, Lines]:
    """The lines of both, by act."""
    return {act: (*lines.get(act, ()), *others.get(act, ())) for act in {**lines, **others}}


def _more_said(need: Need, said: Mapping[str, Lines]) -> Need:
    return replace(
        need, accept=(*need.accept, *said.get("accept", ())), reject=(*need.reject, *said.get("reject", ()))
    )  # fmt: skip


class _RememberedLikeness(GramLikeness):
    """Agents say the same things thousands of times: each is compared once."""

    def __init__(self, exemplars: Sequence[str], language: Language) -> None:
        super().__init__(exemplars, language)
        self._known: dict[str, Mapping[int, float]] = {}

    def compare(self, text: str) -> Mapping[int, float]:
        """See ``Likeness``."""
        if text not in self._known:
            self._known[text] = super().compare(text)
        return self._known[text]


@cache
def customer_lines() -> Mapping[str, Lines]:
    """More that any customer may say, by act."""
    path = SERVICE / "customers.yaml"
    return _lines(yaml.safe_load(path.read_text(encoding="utf-8"))["lines"])


def returning(openings: Lines, rng: random.Random) -> Lines:
    """How somebody begins who was here before with the same matter."""
    path = SERVICE / "customers.yaml"
    again = yaml.safe_load(path.read_text(encoding="utf-8"))["again"]
    return ((rng.choice(again), rng.choice(openings)[-1]),)


def _persona(usual: Persona, varied: Mapping[str, float]) -> Persona:
    values: dict[str, Any] = dict(varied)
    return replace(usual, **values)


def _story(row: Mapping[str, Any]) -> Story:
    return Story(
        scenario=row["scenario"],
        topic=row["topic"],
        share=row["share"],
        mood=_pair(row["mood"]),
        patience=_pair(row["patience"]),
        order=row["order"],
        customer_name=row["surname"],
        question=row.get("asks_concern", ""),
        restate=tuple(row.get("restate", ())),
        empathy=tuple(row["empathy"]),
        told={fact: tuple(lines) for fact, lines in row.get("told", {}).items()},
        slips=tuple(row.get("slips", ())),
        needs={need: tuple(beats) for need, beats in row["needs"].items()},
        first=_tools(row.get("first", ())),
        beats=tuple(_beats(row["beats"])),
        customer=_lines(row.get("customer", {})),
        said={need: _lines(said) for need, said in row.get("said", {}).items()},
        swaps=tuple((tuple(item["from"]), tuple(map(tuple, item["to"]))) for item in row.get("swaps", ())),
        late={text: _texts(pair) for text, pair in row.get("late", {}).items()},
        refunds=row.get("refunds", {}),
    )


def _beats(rows: Sequence[Mapping[str, Any]]) -> Iterator[Beat]:
    for row in rows:
        yield Beat(
            beat_id=row["id"],
            skill=row["skill"],
            full=tuple(row["full"]),
            half=tuple(row.get("half", ())),
            why=tuple(row.get("why", ())),
            is_must=row.get("must", False),
            tools=_tools(row.get("do", ())),
        )


def _tools(rows: Sequence[Mapping[str, Any]]) -> tuple[ToolUse, ...]:
    return tuple(ToolUse(row["do"], row.get("args", {})) for row in rows)


def _lines(rows: Mapping[str, Sequence[str | Sequence[str]]]) -> dict[str, Lines]:
    return {
        act: tuple((item,) if isinstance(item, str) else tuple(item) for item in variants)
        for act, variants in rows.items()
    }


def _pair(values: Sequence[float]) -> tuple[float, float]:
    low, high = values
    return float(low), float(high)


def _texts(values: Sequence[str]) -> tuple[str, str]:
    afternoon, evening = values
    return afternoon, evening
