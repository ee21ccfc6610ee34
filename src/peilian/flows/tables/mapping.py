"""Which column of a file is which column of a table (列对应): guessed from the headings, and open to correction."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peilian.engine._kernel import Fault, Reason, Text
from peilian.flows.tables.cells import ColumnType
from peilian.flows.tables.kinds import KINDS, Column, TableKind, bare

PERCENT = {
    "percent": Text(zh="百分数：92 就是 92%", en="percent: 92 is 92%"),
    "fraction": Text(zh="小数：0.92 就是 92%", en="fraction: 0.92 is 92%"),
}
DATES = {
    "dmy": Text(zh="日/月/年", en="day/month/year"),
    "mdy": Text(zh="月/日/年", en="month/day/year"),
}
NOBODY = {
    "fault": Text(zh="这些行先不导入", en="leave these rows out"),
    "nobody": Text(zh="照样导入，不记到任何人名下", en="store them, credited to nobody"),
}
UNITS = {"yuan": Text(zh="元", en="yuan"), "wan": Text(zh="万元", en="10,000 yuan")}
_DATED: tuple[ColumnType, ...] = ("date", "moment", "month")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How one file is to be read: its kind, the heading of each column, and the answers to what had to be asked."""

    kind: str
    columns: Mapping[str, str]
    answers: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the database keeps it."""
        return {"kind": self.kind, "columns": dict(self.columns), "answers": dict(self.answers)}


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a file leaves open. ``key`` is ``<what>:<column>``, for a value ``value:<column>:<value>``.

    ``choices`` are the answers; without any a text is asked for. ``suggested`` holds until somebody says otherwise,
    and stands only where the file itself says so.
    """

    key: str
    column: Column
    heading: str
    samples: tuple[str, ...] = ()
    choices: Mapping[str, Text] = field(default_factory=dict)
    suggested: str = ""
    is_optional: bool = False

    @property
    def what(self) -> str:
        """``ratio``, ``dates``, ``unit``, ``value``, ``fixed`` or ``nobody``."""
        return self.key.partition(":")[0]


def recognise(headings: Sequence[str], kinds: Mapping[str, TableKind] = KINDS) -> tuple[str, ...]:
    """The kinds that a table with these headings may be, the likeliest first; empty when nothing is known."""
    scored = []
    for order, kind in enumerate(kinds.values()):
        found = guess(kind, headings)
        if found:
            scored.append((len(missing(kind, found)), -len(found), order, kind.key))
    return tuple(key for _missing, _found, _order, key in sorted(scored))


def guess(kind: TableKind, headings: Sequence[str]) -> dict[str, str]:
    """The heading of each column that can be told; a column's own name goes before its others."""
    by_name: dict[str, str] = {}
    for heading in headings:
        by_name.setdefault(bare(heading), heading)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for column in kind.columns:
        free = (by_name[name] for name in column.headings() if name in by_name and by_name[name] not in taken)
        if (own := next(free, None)) is not None:
            found[column.key] = own
            taken.add(own)
    return found


def missing(kind: TableKind, columns: Mapping[str, str], answers: Mapping[str, str] | None = None) -> list[Column]:
    """The required columns that the file does not have and that no answer stands in for."""
    given = {key.removeprefix("fixed:") for key, value in (answers or {}).items() if key.startswith("fixed:") and value}
    return [
        column
        for column in kind.columns
        if column.is_required and column.key not in columns and column.key not in given and not column.can_be_fixed
    ] + [
        kind.column(group[0]) for group in kind.needs_one_of if not any(key in columns or key in given for key in group)
    ]


def map_faults(kind: TableKind, mapped: ColumnMap, headings: Sequence[str], name: str) -> list[Fault]:
    """What keeps a file from being read as this kind at all."""
    faults = [
        Fault(Reason("tables.no_heading", {"heading": heading}), file=name)
        for heading in mapped.columns.values()
        if heading not in headings
    ]
    used = list(mapped.columns.values())
    twice = dict.fromkeys(heading for heading in used if used.count(heading) > 1)
    faults += [Fault(Reason("tables.heading_twice", {"heading": heading}), file=name) for heading in twice]
    for column in missing(kind, mapped.columns, mapped.answers):
        group = next((group for group in kind.needs_one_of if group[0] == column.key), (column.key,))
        names = ", ".join(f"{kind.column(key).title.zh} / {kind.column(key).title.en}" for key in group)
        faults.append(Fault(Reason("tables.no_column", {"names": names}), file=name))
    return faults


def plain_questions(kind: TableKind, mapped: ColumnMap) -> list[Question]:
    """What can be asked without a look at the rows: one value for all, and the unit of headings that name one."""
    found = []
    for column in kind.columns:
        heading = mapped.columns.get(column.key)
        if heading is None:
            needed = column.is_required or (column.key == "wage_reading" and "wage" in mapped.columns)
            if column.can_be_fixed and (needed or column.role == "shop"):
                found.append(
                    Question(f"fixed:{column.key}", column, "", choices=column.choices, is_optional=not needed)
                )
        elif column.type == "money" and "万" in unicodedata.normalize("NFKC", heading):
            found.append(Question(f"unit:{column.key}", column, heading, choices=UNITS, suggested="wan"))
    return found


def asked_question(column: Column, heading: str, asked: str, samples: Sequence[str]) -> Question:
    """The question that a cell raised; ``asked`` is ``ratio``, ``dates`` or ``value:<text>``."""
    shown = tuple(samples)
    if asked == "ratio":
        return Question(f"ratio:{column.key}", column, heading, shown, PERCENT)
    if asked == "nobody":
        return Question(f"nobody:{column.key}", column, heading, shown, NOBODY, "fault", is_optional=True)
    if asked == "dates":
        return Question(f"dates:{column.key}", column, heading, shown, DATES)
    text = asked.removeprefix("value:")
    return Question(f"value:{column.key}:{text}", column, heading, (text,), column.choices)


def answers_for(column: Column, answers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The answers that concern a column: those by what was asked, and the meanings of its unknown values."""
    by_what = {}
    meant = {}
    for key, value in answers.items():
        what, _colon, rest = key.partition(":")
        name, _colon, text = rest.partition(":")
        if name == column.key and what == "value":
            meant[text] = value if value in column.choices else ""
        elif name == column.key and value:
            by_what[what] = value
    return by_what, meant
