"""What is asked and what came of it (试题与得分): the items that can be graded, answers as plain data, and grades.

An answer is what a page sends: a mapping of one name, or ``None`` where nothing was answered.

=================  ==========================================================
item               answer
=================  ==========================================================
``Choice``         ``{"chosen": [option ids]}``
``Fill``           ``{"blanks": {blank id: text}}``
``Order``          ``{"order": [step ids]}``
``Match``          ``{"pairs": {left id: right id}}``
``Written``        ``{"text": text}``
``Case``           ``{"items": {item id: answer}}``
``Played``         ``{"points": number of 0 to 100 or None}``, put there by whoever ran the drill
=================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from peilian.engine._kernel import Reason
from peilian.engine.reading import Lexicons

Answer = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One or several options of which the right ones are to be chosen (单选、多选、判断).

    ``partial``: each right option counts its share and each wrong one takes as much, at least 0 is left. Without it
    only exactly the right ones count.
    """

    item_id: str
    points: Decimal
    options: tuple[str, ...]
    right: frozenset[str]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Blank:
    """A gap with what may stand in it: one of ``texts``, or a number within ``tolerance`` of ``number``."""

    blank_id: str
    texts: tuple[str, ...] = ()
    number: Decimal | None = None
    tolerance: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fill:
    """Gaps to fill in (填空); each counts the same."""

    item_id: str
    points: Decimal
    blanks: tuple[Blank, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """Steps to put in order (排序); ``steps`` is the right order."""

    item_id: str
    points: Decimal
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """What belongs together (匹配): the right partner of each left side; ``rights`` may hold others too."""

    item_id: str
    points: Decimal
    pairs: Mapping[str, str]
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something that a written answer is looked through for.

    ``kind`` says where ``keys`` are looked up, of which one is enough: ``point`` a key point by the lexicons of the
    item, ``move`` a move of the agent that the reading finds, ``fault`` a fault or issue that must not be there,
    ``other_words`` that half of the wording to be replaced is gone, or more. ``weight`` is relative to the others.
    """

    kind: Literal["point", "move", "fault", "other_words"]
    keys: tuple[str, ...] = ()
    weight: Decimal = Decimal(1)

    @property
    def name(self) -> str:
        """Its name among the parts of a grade."""
        return f"{self.kind}:{'|'.join(self.keys)}"


@dataclass(frozen=True)
class Written:
    """A text to write: a short answer by key points (简答), steps to name in order (写出步骤), or a bad line to say
    better (话术改写).

    ``in_order``: key points count whole where they come in the order of ``criteria`` and half where they do not.
    ``points_in`` finds key points, ``reading`` moves and faults; ``after`` is what the customer said before the
    answer, ``instead_of`` the line to be replaced. ``is_open``: a person decides, and what is found is a proposal.
    """

    item_id: str
    points: Decimal
    criteria: tuple[Criterion, ...]
    points_in: Lexicons = field(repr=False)
    reading: Lexicons | None = field(default=None, repr=False)
    after: str = ""
    instead_of: str = ""
    in_order: bool = False
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Played:
    """A drill as an item (演练题): what was reached in it, of 100, as a share of the points of the item.

    From ``full_from`` on there are all points, below ``passes_from`` none; in between the share of ``full_from`` that
    was reached. A drill that was played and could not be scored (``None``) is for a person to decide.
    """

    item_id: str
    points: Decimal
    scenario: str
    passes_from: Decimal = Decimal(0)
    full_from: Decimal = Decimal(100)


Single = Choice | Fill | Order | Match | Written | Played


@dataclass(frozen=True, slots=True)
class Case:
    """A story with items about it (案例题)."""

    item_id: str
    items: tuple[Single, ...]

    @property
    def points(self) -> Decimal:
        """The points of its items together."""
        return sum((item.points for item in self.items), Decimal(0))


Item = Single | Case


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a grade: what was right, wrong or missing, and what it brought; ``quote`` are words that show it."""

    key: str
    points: Decimal
    of: Decimal
    reason: Reason
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """What an answer is worth (得分). ``is_open``: a person has yet to decide, and ``points`` are a proposal."""

    item_id: str
    points: Decimal
    of: Decimal
    parts: tuple[Part, ...] = ()
    is_open: bool = False
    is_answered: bool = True
