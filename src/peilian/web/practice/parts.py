"""Parts of a change in whole numbers (变化的组成) that add up to the change as it is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence

_NEAR = 1.0  # beyond this, what was stored does not tell every part


def whole(value: float) -> int:
    """Rounded half up, as pages round."""
    return math.floor(value + 0.5)


def shares(parts: Sequence[float], total: int) -> tuple[list[int], int]:
    """The parts as whole numbers, and what they leave of ``total``.

    Where they add up to it but for rounding, nothing is left: the largest remainders take what is over. Parts of an
    older record that do not add up are only rounded.
    """
    if not parts or abs(math.fsum(parts) - total) > _NEAR:
        rounded = [whole(part) for part in parts]
        return rounded, total - sum(rounded)
    shown = [math.trunc(part) for part in parts]
    over = total - sum(shown)
    way = 1 if over > 0 else -1
    order = sorted(range(len(parts)), key=lambda at: way * (shown[at] - parts[at]))
    for turn in range(abs(over)):
        shown[order[turn % len(order)]] += way
    return shown, 0
