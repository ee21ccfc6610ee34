"""Chance with a name: the same purpose gives the same numbers in every process, whatever was drawn elsewhere."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

SEED = 20261122


def chance(*names: object) -> random.Random:
    """The random numbers of one purpose."""
    name = "|".join(map(str, (SEED, *names))).encode()
    return random.Random(int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big"))  # noqa: S311 (invented)


def favourite(rng: random.Random, items: Sequence[T], whose: str, *, but: frozenset[T] | set[T] = frozenset()) -> T:
    """One of ``items`` as somebody with habits picks it: everybody has an order of liking of their own, and what comes
    early in it comes up often. What is in ``but`` is left out while there is something else."""
    liked = sorted(items, key=lambda item: hashlib.blake2b(f"{whose}|{item}".encode(), digest_size=8).digest())
    fresh = [(1 / (rank + 1), item) for rank, item in enumerate(liked) if item not in but]
    choices = fresh or [(1 / (rank + 1), item) for rank, item in enumerate(liked)]
    return rng.choices([item for _, item in choices], [weight for weight, _ in choices])[0]


def span(rng: random.Random, middle: float, spread: float) -> float:
    """A duration whose median is ``middle``: waits are many short and a few long ones."""
    return middle * math.exp(rng.gauss(0.0, spread))
