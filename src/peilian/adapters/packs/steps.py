"""Kinds ``procedure`` and ``decision-tree``: steps that lead to other steps, so that they can be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, Authored, ShortKey

MOST_STEPS, MOST_WAYS = 300, 12
"""Of one procedure or tree, and of one step or question: far beyond what a person can follow."""


class Way(BaseModel):
    """Where a step leads, and when."""

    model_config = STRICT

    to: ShortKey
    when: TextField | None = None


class Step(BaseModel):
    """A step of a procedure. Without ``next`` it leads to the step written after it; ``next: []`` ends."""

    model_config = STRICT

    id: ShortKey
    title: TextField
    detail: TextField | None = None
    who: TextField | None = None
    within: TextField | None = None
    next: tuple[Way, ...] | None = Field(default=None, max_length=MOST_WAYS)


@kinds.register("procedure")
class ProcedureDocument(Authored):
    """How something is done (操作流程): ordered steps with branches, and words around them in ``body``."""

    steps: tuple[Step, ...] = Field(min_length=2, max_length=MOST_STEPS)
    body: TextField | None = None

    @model_validator(mode="after")
    def _leads_through(self) -> ProcedureDocument:
        check_graph(self.ways(), self.steps[0].id)
        return self

    def ways(self) -> dict[str, tuple[Way, ...]]:
        """Where each step leads."""
        after = [*(step.id for step in self.steps[1:]), None]
        if len({step.id for step in self.steps}) < len(self.steps):
            raise problem("ids_twice")
        return {
            step.id: step.next if step.next is not None else ((Way(to=following),) if following else ())
            for step, following in zip(self.steps, after, strict=True)
        }


class Node(BaseModel):
    """A node of a decision tree: a ``question`` with answers that lead on, or an ``outcome``: what to do and say."""

    model_config = STRICT

    id: ShortKey
    kind: Literal["question", "outcome"]
    text: TextField
    why: TextField | None = None
    answers: tuple[Way, ...] = Field(default=(), max_length=MOST_WAYS)
    do: tuple[TextField, ...] = ()
    say: TextField | None = None
    avoid: TextField | None = None

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Node:
        if self.kind == "question" and (len(self.answers) < 2 or any(way.when is None for way in self.answers)):
            raise problem("question_needs_answers")
        if self.kind == "outcome" and (self.answers or not self.do):
            raise problem("outcome_leads_nowhere")
        return self


@kinds.register("decision-tree")
class DecisionTreeDocument(Authored):
    """What to do in a special situation, question by question (决策树). The first node is where it begins."""

    nodes: tuple[Node, ...] = Field(min_length=3, max_length=MOST_STEPS)

    @model_validator(mode="after")
    def _is_a_tree(self) -> DecisionTreeDocument:
        if len({node.id for node in self.nodes}) < len(self.nodes):
            raise problem("ids_twice")
        ways = {node.id: node.answers for node in self.nodes}
        check_graph(ways, self.nodes[0].id)
        _check_no_circle(ways, self.nodes[0].id)
        return self


def check_graph(ways: Mapping[str, Iterable[Way]], first: str) -> None:
    """Raise ``ValueError`` unless every way leads to a step, every step is reached, and an end is reached."""
    missing = sorted({way.to for found in ways.values() for way in found} - ways.keys())
    if missing:
        raise problem("way_leads_nowhere", name=missing[0])
    reached: set[str] = set()
    pending = [first]
    while pending:
        if (here := pending.pop()) not in reached:
            reached.add(here)
            pending.extend(way.to for way in ways[here])
    if lost := sorted(ways.keys() - reached):
        raise problem("never_reached", name=lost[0])
    if all(tuple(ways[here]) for here in reached):
        raise problem("never_ends")


def _check_no_circle(ways: Mapping[str, Iterable[Way]], first: str) -> None:
    """Raise ``ValueError`` when somebody could be led round in a circle."""
    done: set[str] = set()
    path: list[str] = []
    pending: list[tuple[str, bool]] = [(first, False)]
    while pending:
        here, is_leaving = pending.pop()
        if is_leaving:
            path.pop()
            done.add(here)
        elif here in path:
            raise problem("in_a_circle", name=here)
        elif here not in done:
            path.append(here)
            pending.append((here, True))
            pending.extend((way.to, False) for way in ways[here])
