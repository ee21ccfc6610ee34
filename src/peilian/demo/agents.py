"""The agents of the demo: what each can do, what each always does, and when each works. All of it is invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SERVICE = Path(__file__).resolve().parent / "data" / "service"
SKILLS = (
    "speed", "empathy", "ownership", "concrete", "completeness", "explaining", "closing", "concision", "compliance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody writes: first and last words, how the customer is addressed, what sentences end with."""

    greetings: tuple[str, ...]
    signoffs: tuple[str, ...]
    address: str = ""  # put before some messages, as 亲
    tails: tuple[str, ...] = ()  # particles or marks in the place of the full stop
    stop: str = "。"
    splits: float = 0.2  # how readily two thoughts become two messages
    you: str = "您"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. Skills run from 0 to 1; ``drift`` is what is added to them over the whole season."""

    number: str
    account: str
    line: str  # of service: shop or desk
    skills: Mapping[str, float]
    drift: Mapping[str, float]
    weakness: str
    habits: Habits
    shift: str
    days_off: frozenset[int]  # weekdays, Monday is 0

    def skill(self, name: str, progress: float) -> float:
        """How well this is done after that share of the season."""
        return min(1.0, max(0.0, self.skills[name] + self.drift.get(name, 0.0) * progress))


@cache
def agents() -> tuple[Agent, ...]:
    """The agents in the order of their numbers."""
    rows = yaml.safe_load((SERVICE / "agents.yaml").read_text(encoding="utf-8"))["agents"]
    return tuple(sorted((_agent(row) for row in rows), key=lambda agent: agent.number))


def _agent(row: Mapping[str, Any]) -> Agent:
    given = row["skills"]
    habits: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in row["habits"].items()}
    return Agent(
        number=row["number"],
        account=row["account"],
        line=row["line"],
        skills=dict(zip(SKILLS, given, strict=True)),
        drift=row.get("drift", {}),
        weakness=row.get("weakness", ""),
        habits=Habits(**habits),
        shift=row["shift"],
        days_off=frozenset(row["days_off"]),
    )
