"""What is printed of an appraisal, in words and numbers only: whoever has the data fills these in.

Texts are already in ``language``; nothing here is looked up. Points are exact and are rounded only where they are
shown. ``None`` is what was not measured or not judged, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from peilian.engine._kernel import Language

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PrintedPerson:
    """Who the paper is about (被考核人). ``number`` is the employee number."""

    name: str
    number: str
    team: str = ""
    post: str = ""
    supervisor: str = ""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line of a score sheet (考核指标).

    ``standard`` is the evaluation standard as the company words it; its line breaks are kept. ``measured`` is what was
    measured, in words ("92%(46,000 / 50,000)"); ``reasons`` say why it gives these ``points``; ``note`` is a remark of
    whoever rated or decided it.
    """

    label: str
    standard: str
    weight: Decimal
    points: Decimal | None
    measured: str = ""
    reasons: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Points that no line gives: a bonus, or what a cap takes away (negative) (加减分). ``label`` says why."""

    label: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class SheetGroup:
    """Lines that are added up together (考核项目). ``points`` is the subtotal after its adjustments."""

    label: str
    lines: tuple[SheetLine, ...]
    points: Decimal | None
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def weight(self) -> Decimal:
        """What its lines weigh together."""
        return sum((line.weight for line in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class SheetDocument:
    """The score sheet of one person and one period (绩效考核表).

    ``period`` is worded ("2026年10月"). ``raw`` of ``most`` points is the total after ``adjustments``; ``normalised``
    is out of 100. ``published_at`` is in the reader's zone; ``None`` marks the paper as a preview. ``corrections`` are
    one line each, oldest first. ``inputs_hash`` is the short hash of the frozen inputs.
    """

    language: Language
    company: str
    title: str
    period: str
    person: PrintedPerson
    groups: tuple[SheetGroup, ...]
    raw: Decimal | None
    most: Decimal
    normalised: Decimal | None
    grade: str = ""
    adjustments: tuple[Adjustment, ...] = ()
    warnings: tuple[str, ...] = ()
    self_remark: str = ""
    supervisor_remark: str = ""
    version: int = 1
    corrections: tuple[str, ...] = ()
    published_at: datetime | None = None
    appeal_until: date | None = None
    inputs_hash: str = ""


@dataclass(frozen=True, slots=True)
class RankedPerson:
    """One line of a ranking. ``subtotals`` follow the document's ``groups``; ``rank`` is ``None`` for who is not
    ranked, and ``note`` says why ("免考核：产假")."""

    person: PrintedPerson
    subtotals: tuple[Decimal | None, ...]
    raw: Decimal | None
    normalised: Decimal | None
    grade: str = ""
    rank: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RankingDocument:
    """The summary of a cycle (绩效考核汇总表): people in the order in which they are to be printed."""

    language: Language
    company: str
    title: str
    period: str
    unit: str
    groups: tuple[str, ...]
    people: tuple[RankedPerson, ...]
    most: Decimal
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of an improvement plan (改进计划): ``ability`` is the competency it builds, ``state`` how it stands."""

    goal: str
    ability: str = ""
    due_on: date | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """The record of a feedback talk with the plan it agreed on (绩效面谈与改进计划)."""

    language: Language
    company: str
    title: str
    period: str
    person: PrintedPerson
    normalised: Decimal | None
    grade: str
    held_on: date | None
    strengths: str
    to_improve: str
    steps: tuple[PlanStep, ...]
    answer: str = ""
    acknowledged_on: date | None = None
