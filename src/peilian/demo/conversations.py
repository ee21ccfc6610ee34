"""The authored Chinese conversations as files in the canonical import format.

A line of an authored conversation is ``HH:MM:SS L text``: C customer, A agent, T template of the shop, B bot,
S system, N internal note; ``A@account`` is another agent. Hours past 23 belong to the next day.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

DATA = Path(__file__).resolve().parent / "data"
_ZONE = ZoneInfo("Asia/Shanghai")
_LINE = re.compile(r"(\d+):(\d\d):(\d\d) ([CATBSN])(?:@(\S+))? (.*)", re.DOTALL)
_ROLES = {"C": "customer", "A": "agent", "T": "agent", "B": "bot", "S": "system", "N": "agent"}

MESSAGE_COLUMNS = (
    "conversation_id",
    "message_id",
    "at",
    "role",
    "author",
    "text",
    "customer",
    "channel",
    "topic",
    "internal",
    "automatic",
)
CONVERSATION_COLUMNS = (
    "conversation_id",
    "customer",
    "channel",
    "topic",
    "resolved",
    "csat",
    "csat_max",
    "complaint",
    "order_id",
    "order_amount",
)


def write_canonical_files(folder: Path, *, source: Path = DATA / "conversations_zh") -> list[Path]:
    """Write the authored conversations as ``messages.csv`` and ``conversations.csv`` into ``folder``."""
    authored = list(_authored(source))
    messages, conversations = folder / "messages.csv", folder / "conversations.csv"
    _write(messages, MESSAGE_COLUMNS, (row for item in authored for row in _messages(item)))
    _write(conversations, CONVERSATION_COLUMNS, (_conversation(item) for item in authored))
    return [messages, conversations]


def _authored(source: Path) -> Iterator[Mapping[str, Any]]:
    for path in sorted(source.glob("*.yaml")):
        yield from yaml.safe_load(path.read_text(encoding="utf-8"))


def _messages(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(item["lines"]):
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"{item['id']}: cannot read the line {line!r}")
        hours, minutes, seconds, letter, account, text = found.groups()
        clock = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        own = item["customer"] if letter == "C" else account or item.get("agent") if letter in "AN" else None
        yield {
            "conversation_id": item["id"],
            "message_id": f"{item['id']}-{number}",
            "at": (datetime.combine(item["day"], time(), _ZONE) + clock).isoformat(),
            "role": _ROLES[letter],
            "author": own,
            "text": text,
            "customer": item["customer"],
            "channel": item["channel"],
            "topic": item["topic"],
            "internal": str(letter == "N").lower(),
            "automatic": str(letter == "T").lower(),
        }


def _conversation(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "conversation_id": item["id"],
        "customer": item["customer"],
        "channel": item["channel"],
        "topic": item["topic"],
        "resolved": _flag(item.get("resolved")),
        "csat": item.get("csat"),
        "csat_max": 5 if item.get("csat") is not None else None,
        "complaint": _flag(item.get("complaint")),
        "order_id": item.get("order"),
        "order_amount": item.get("amount"),
    }


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _write(path: Path, columns: tuple[str, ...], rows: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=columns)
        writer.writeheader()
        writer.writerows(rows)
