"""Files of conversations for tests of the import, and what a lake holds afterwards."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from peilian.adapters.lake import Lake, Visibility
from peilian.engine.conversation import Conversation

START_MS = 1_793_548_800_000  # 2026-11-02 00:00 in Shanghai
DAY_MS = 86_400_000
ALL = Visibility.everything()


def line(cid: str, role: str, second: float | None, text: str = "你好", **more: Any) -> dict[str, Any]:
    """One row of the canonical message table; seconds after ``START_MS``."""
    at = "" if second is None else START_MS + round(second * 1000)
    author = {"customer": f"buyer-{cid}", "agent": "lin"}.get(role, "")
    return {"conversation_id": cid, "at": at, "role": role, "author": author, "text": text, **more}


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]], encoding: str = "utf-8") -> Path:
    """A CSV of rows; the keys of all of them are the columns."""
    listed = list(rows)
    columns = list(dict.fromkeys(key for row in listed for key in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(listed)
    return path


def a_log(n_conversations: int, *, days: int = 5, seed: int = 1) -> list[dict[str, Any]]:
    """Rows of conversations over some days, interleaved by time."""
    rng = random.Random(seed)
    rows = []
    for number in range(n_conversations):
        second = rng.randrange(days * 86_400)
        for turn in range(rng.randrange(2, 9)):
            second += rng.randrange(3, 300)
            role = "agent" if turn % 2 else "customer"
            rows.append(line(f"c{number:05d}", role, second, f"第{turn}句 " + "话" * rng.randrange(30)))
    return sorted(rows, key=lambda row: row["at"])


def contents(lake: Lake) -> dict[str, Conversation]:
    """Everything the lake holds; a conversation held twice is a failure."""
    found: dict[str, Conversation] = {}
    for conversation in lake.iter_conversations(visible=ALL):
        assert conversation.conversation_id not in found
        found[conversation.conversation_id] = conversation
    return found


def counted(lake: Lake, tables: Sequence[str] = ("messages", "conversations", "rounds", "participations")) -> list[int]:
    """The number of rows of each table."""
    with lake.connect() as connection:
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
