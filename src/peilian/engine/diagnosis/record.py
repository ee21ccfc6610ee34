"""A diagnosis as plain data that JSON can hold, and back, so that a report can be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from peilian.engine._kernel import Reason, Text
from peilian.engine.diagnosis.load import LoadComparison
from peilian.engine.diagnosis.values import (
    AgentFigure,
    Balance,
    Coverage,
    Diagnosis,
    Effect,
    GroupFigure,
    PainPoint,
    QuietPoint,
    Quote,
    Rate,
)

SCHEMA_VERSION = 1

_Record = Mapping[str, Any]


def as_dict(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis as dictionaries, lists, strings, numbers and ``None``."""
    plain: dict[str, Any] = _plain(asdict(diagnosis))
    return {"schema_version": SCHEMA_VERSION, **plain}


def from_dict(record: _Record) -> Diagnosis:
    """The diagnosis that ``as_dict`` wrote; ``ValueError`` for a record of another version."""
    if record.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"a diagnosis of version {SCHEMA_VERSION} was expected, not {record.get('schema_version')!r}")
    fields = {key: value for key, value in record.items() if key != "schema_version"}
    balance = record["balance"]
    return Diagnosis(
        **fields
        | {
            "coverage": Coverage(**record["coverage"]),
            "balance": Balance(
                **{**balance, **{k: Rate(**balance[k]) for k in ("first_in_time", "later_in_time", "dissatisfied")}}
            ),
            "pain_points": tuple(_pain_point(item) for item in record["pain_points"]),
            "groups": tuple(_group(item) for item in record["groups"]),
            "quiet": tuple(QuietPoint(**{**item, **_named(item)}) for item in record["quiet"]),
            "load": LoadComparison(**record["load"]),
            "agent_loads": tuple(LoadComparison(**item) for item in record["agent_loads"]),
            "notes": tuple(Reason(**item) for item in record["notes"]),
        }
    )


def _pain_point(item: _Record) -> PainPoint:
    return PainPoint(
        **{
            **item,
            **_named(item),
            "meaning": Text(**item["meaning"]),
            "training": Text(**item["training"]),
            "kpis": tuple(item["kpis"]),
            "effect": Effect(**item["effect"]),
            "team_rate": Rate(**item["team_rate"]),
            "agents": tuple(AgentFigure(**{**agent, "rate": Rate(**agent["rate"])}) for agent in item["agents"]),
            "quotes": tuple(Quote(**quote) for quote in item["quotes"]),
        }
    )


def _group(item: _Record) -> GroupFigure:
    return GroupFigure(**{**item, **_named(item), "meaning": Text(**item["meaning"]), "points": tuple(item["points"])})


def _named(item: _Record) -> dict[str, Any]:
    return {"name": Text(**item["name"]), "rate": Rate(**item["rate"])}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
