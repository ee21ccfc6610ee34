"""A small file of conversations in the canonical form, for tests that need any valid input."""

from __future__ import annotations

import csv
from pathlib import Path

COLUMNS = ("conversation_id", "message_id", "at", "role", "author", "text", "customer", "channel", "topic")
ROWS = (
    ("c1", "1", "2026-11-02T10:00:00+08:00", "customer", "k1", "你好,杯子到的时候碎了", "k1", "chat", "refund"),
    (
        "c1",
        "2",
        "2026-11-02T10:00:20+08:00",
        "agent",
        "a1",
        "很抱歉给您添麻烦了,马上为您补发。",
        "k1",
        "chat",
        "refund",
    ),
    ("c1", "3", "2026-11-02T10:01:00+08:00", "customer", "k1", "好的,谢谢", "k1", "chat", "refund"),
    ("c2", "1", "2026-11-02T11:00:00+08:00", "customer", "k2", "Where is my parcel?", "k2", "email", "delivery"),
    ("c2", "2", "2026-11-02T11:05:00+08:00", "agent", "a2", "It left our warehouse today.", "k2", "email", "delivery"),
    ("c3", "1", "2026-11-03T09:00:00+08:00", "customer", "k3", "怎么还没人回复", "k3", "chat", "delivery"),
)


def write_messages(path: Path) -> Path:
    """Write the sample as CSV to ``path``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(ROWS)
    return path
