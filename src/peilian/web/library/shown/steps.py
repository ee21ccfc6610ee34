"""Procedures and decision trees: as a list, as a drawing, and decision trees also question by question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from peilian.adapters.packs.authored import Authored
from peilian.adapters.packs.steps import DecisionTreeDocument, Node, ProcedureDocument, Step, Way
from peilian.web.library.drawing import Link, Shape, drawn
from peilian.web.library.shown.reading import Reading
from peilian.web.library.words import words_of

MOST_SHAPES, MOST_LINKS = 60, 120
"""Of a drawing. A larger one takes long to make and nobody finds a way through it."""
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a step or an answer leads: on what condition, to which number and place of the list, called how."""

    when: str
    number: int
    id: str
    title: str
    is_back: bool


@dataclass(frozen=True, slots=True)
class ListedStep:
    """A step of the list. ``leads`` is empty where the next one simply follows."""

    step: Step
    leads: tuple[Lead, ...]
    is_end: bool


@dataclass(frozen=True, slots=True)
class ListedNode:
    """A question or an outcome of the list."""

    node: Node
    leads: tuple[Lead, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A question that was answered: how, and the way that leads back to it."""

    question: str
    answer: str
    path: str


@dataclass(frozen=True, slots=True)
class Walk:
    """Where somebody stands who goes through a tree: what was answered, the present node, and where answers lead."""

    taken: tuple[Taken, ...]
    node: Node
    answers: tuple[tuple[str, str], ...]
    back: str


def procedure(document: ProcedureDocument, reading: Reading) -> dict[str, Any]:
    """The steps as a list and as a drawing."""
    ways = document.ways()
    place = {step.id: number for number, step in enumerate(document.steps, start=1)}
    titles = {step.id: words_of(step.title) for step in document.steps}
    listed = []
    for number, step in enumerate(document.steps, start=1):
        leads = _leads(ways[step.id], place, titles, number)
        is_plain = len(leads) == 1 and not leads[0].when and leads[0].number == number + 1
        listed.append(ListedStep(step, () if is_plain else leads, not leads))
    return {"steps": listed, "drawing": drawing_of_procedure(document)}


def decision_tree(document: DecisionTreeDocument, reading: Reading) -> dict[str, Any]:
    """The tree as a list and as a drawing; where the page can be asked, also question by question."""
    place = {node.id: number for number, node in enumerate(document.nodes, start=1)}
    titles = {node.id: words_of(node.text) for node in document.nodes}
    listed = [
        ListedNode(node, _leads(node.answers, place, titles, number))
        for number, node in enumerate(document.nodes, start=1)
    ]
    walk = walked(document, reading.parameter("path")) if reading.asked is not None else None
    return {"nodes": listed, "walk": walk, "drawing": drawing_of_tree(document)}


def walked(document: DecisionTreeDocument, path: str) -> Walk:
    """Where answers lead: ``0-1`` is the first answer to the first question, then the second one. What makes no sense
    is left out from there on."""
    nodes = {node.id: node for node in document.nodes}
    node = document.nodes[0]
    taken: list[Taken] = []
    here = ""
    for part in path.split("-") if path else ():
        number = int(part) if part.isdecimal() and len(part) < 4 else -1
        if not 0 <= number < len(node.answers):
            break
        answer = node.answers[number]
        taken.append(Taken(words_of(node.text), words_of(answer.when), here))
        here = f"{here}-{number}" if here else str(number)
        node = nodes[answer.to]
    answers = tuple(
        (words_of(way.when), f"{here}-{number}" if here else str(number)) for number, way in enumerate(node.answers)
    )
    return Walk(tuple(taken), node, answers, taken[-1].path if taken else "")


def drawing_of_procedure(document: ProcedureDocument) -> str:
    """The flow chart of a procedure; empty where it is too large to be one."""
    ways = document.ways()
    shapes = [
        Shape(
            step.id,
            "end" if not ways[step.id] else "decision" if len(ways[step.id]) > 1 else "step",
            words_of(step.title),
            tuple(note for note in (words_of(step.within),) if note),
            words_of(step.who),
        )
        for step in document.steps
    ]
    links = [Link(step, way.to, words_of(way.when)) for step, found in ways.items() for way in found]
    return _drawn(document, shapes, links)


def drawing_of_tree(document: DecisionTreeDocument) -> str:
    """The flow chart of a decision tree; empty where it is too large to be one."""
    shapes = [
        Shape(node.id, "decision" if node.kind == "question" else "end", words_of(node.text)) for node in document.nodes
    ]
    links = [Link(node.id, way.to, words_of(way.when)) for node in document.nodes for way in node.answers]
    return _drawn(document, shapes, links)


def _drawn(document: Authored, shapes: list[Shape], links: list[Link]) -> str:
    if len(shapes) > MOST_SHAPES or len(links) > MOST_LINKS:
        return ""
    about = _("The same is said step by step in the list on this page.")
    # The drawing escapes what it is given.
    return mark_safe(_picture(tuple(shapes), tuple(links), words_of(document.title), about))  # noqa: S308


@lru_cache(maxsize=128)
def _picture(shapes: tuple[Shape, ...], links: tuple[Link, ...], title: str, about: str) -> str:
    """Drawn once for the same words, whichever version or draft says them."""
    return drawn(
        [
            replace(each, title=_cut(each.title), notes=tuple(map(_cut, each.notes)), role=_cut(each.role))
            for each in shapes
        ],
        [replace(each, words=_cut(each.words)) for each in links],
        name="flow",
        title=title,
        description=about,
    )


def _cut(words: str) -> str:
    """Words of a size that a box can hold; the list has all of them."""
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _leads(ways: Sequence[Way], place: dict[str, int], titles: dict[str, str], number: int) -> tuple[Lead, ...]:
    return tuple(
        Lead(words_of(way.when), place[way.to], way.to, titles[way.to], place[way.to] <= number) for way in ways
    )
