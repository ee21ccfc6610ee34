"""Erasing a customer from the lake (删除个人信息)."""

from __future__ import annotations

import time

from peilian.adapters.lake import Erasure, Lake


def erase_customer(lake: Lake, *, customer: str, now_ms: int | None = None) -> Erasure:
    """Erase the person whose id in the source is ``customer``; counts and times stay. Erasing twice finds nothing."""
    return lake.erase_customer(customer, now_ms=time.time_ns() // 1_000_000 if now_ms is None else now_ms)
