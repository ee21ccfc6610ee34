"""Loads the conversations that the labels refer to from a folder of data sets; nothing of them is kept here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq

from peilian.engine.conversation import Conversation, Message, Role

Turns = list[tuple[str, str]]  # (role, text)


def _lines(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


def _delivery(folder: Path) -> Iterator[tuple[str, Turns]]:
    for dialogue in _lines(folder / "conversations.jsonl"):
        yield str(dialogue["dialogue_id"]), [(message["role"], message["text"]) for message in dialogue["messages"]]


def _shop(folder: Path) -> Iterator[tuple[str, Turns]]:
    for dialogue in _lines(folder / "dialogues.jsonl"):
        yield dialogue["dialogue_id"], [(turn["role"], turn["text"]) for turn in dialogue["turns"]]


def _helpdesk(folder: Path) -> Iterator[tuple[str, Turns]]:
    for dialogue in _lines(folder / "dialogues.jsonl"):
        yield dialogue["dialogue_id"], [(turn["role"], "\n".join(turn["utterances"])) for turn in dialogue["turns"]]


def _forum(folder: Path) -> Iterator[tuple[str, Turns]]:
    tickets: dict[str, Turns] = {}
    for row in pq.read_table(folder / "messages.parquet").to_pylist():
        tickets.setdefault(str(row["ticket_id"]), []).append((row["role"], row["text"]))
    yield from tickets.items()


def _retailer(folder: Path) -> Iterator[tuple[str, Turns]]:
    for dialogue in json.loads((folder / "abcd_sample.json").read_text(encoding="utf-8")):
        yield str(dialogue["convo_id"]), [(role, text) for role, text in dialogue["original"]]


LOADERS: dict[str, Callable[[Path], Iterator[tuple[str, Turns]]]] = {
    "delivery_zh_conversations": _delivery,
    "ecommerce_zh_turn_satisfaction": _shop,
    "helpdesk_zh_rated": _helpdesk,
    "support_log_en": _forum,
    "service_guidelines_en": _retailer,
}


def load(data: Path, dataset: str, wanted: set[str] | None = None) -> dict[str, Turns]:
    """The conversations of a data set by id; only ``wanted`` ones when given."""
    found = LOADERS[dataset](data / dataset)
    return {name: turns for name, turns in found if wanted is None or name in wanted}


def as_conversation(name: str, turns: Turns) -> Conversation:
    """An untimed conversation of the product; roles that it does not know are the system's."""
    known = {role.value for role in Role}
    return Conversation(
        name,
        tuple(
            Message(str(i), i, Role(role) if role in known else Role.SYSTEM, text, author=role)
            for i, (role, text) in enumerate(turns)
        ),
    )
