"""How an agent of the demo puts things: greeting, particles, marks, and how thoughts become messages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from peilian.demo.agents import Agent

_ENDS = "。！？~…!?"
_PARTICLES = frozenset("哦呢哈吧吗呀啦啊嘛的~")
_LONG = 60  # characters from which two thoughts are rather two messages


@dataclass
class Wording:
    """The habits of one agent, applied."""

    agent: Agent
    rng: random.Random

    def greeting(self, customer: str, *, warmth: float) -> str:
        """The first words; a warm person often uses the customer's name."""
        words = self.rng.choice(self.agent.habits.greetings)
        is_named = words.startswith(("您好", "你好")) and self.rng.random() < 0.7 * warmth
        return f"{customer}{words}" if is_named else words

    def signoff(self) -> str:
        """The last words."""
        return self.rng.choice(self.agent.habits.signoffs)

    def messages(self, thoughts: Sequence[str]) -> list[str]:
        """The thoughts as messages: some send each by itself, some everything at once."""
        groups: list[list[str]] = []
        for thought in filter(None, thoughts):
            is_full = bool(groups) and sum(map(len, groups[-1])) + len(thought) > _LONG and len(groups) < 3
            starts = (
                not groups
                or self.rng.random() < 0.6 * self.agent.habits.splits
                or (is_full and self.rng.random() < 0.5)
            )
            if starts:
                groups.append([thought])
            else:
                groups[-1].append(thought)
        return [self._finished(group) for group in groups]

    def _finished(self, thoughts: Sequence[str]) -> str:
        habits = self.agent.habits
        joined = ""
        for thought in thoughts:
            if joined and joined[-1] not in _ENDS and joined[-1] != "，":
                joined += "，" if len(joined) < 14 or not habits.stop else "。"
            joined += thought
        if habits.address and self.rng.random() < 0.4 and not joined.startswith("亲"):
            joined = habits.address + joined
        joined = joined.replace("您", habits.you)
        if joined[-1] in _ENDS:
            return joined
        if habits.tails and joined[-1] not in _PARTICLES and self.rng.random() < 0.6:
            return joined + self.rng.choice(habits.tails)
        return joined + (habits.stop if len(joined) > 4 else "")
