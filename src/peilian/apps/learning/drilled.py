"""What a drill comes to (演练得分率), wherever learning shows or counts it."""

from __future__ import annotations

from decimal import Decimal


def percent_of_drill(total: Decimal | None, most: float | str | None) -> Decimal | None:
    """The points of a drill in percent of the most there are, which its debrief tells; ``None`` without points."""
    if total is None or not most:
        return None
    return (100 * total / Decimal(str(most))).quantize(Decimal("0.01"))
