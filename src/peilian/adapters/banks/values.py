"""What is read of a file with questions, and what is written of a bank."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from string import ascii_lowercase
from typing import Any, Literal

from peilian.engine._kernel import Fault, Language, Param, Reason

Form = Literal["gift", "moodle", "table"]
Tree = dict[str, Any]

MOST_NOTES = 300
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_ID = re.compile(r"[a-z0-9][a-z0-9_\-]{0,79}\Z")


@dataclass(slots=True)
class BankRead:
    """The items of a file as trees. ``faults`` are what nobody could read; ``notes`` what the bank cannot hold, so that
    it stays out or is changed. ``lines`` tell where each item stood, by its id; ``files`` are pictures by name. ``key``
    and ``title`` are those of the bank, where the file says them."""

    items: list[Tree] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    key: str = ""
    title: str = ""

    def note(self, key: str, row: int | None, name: str = "", **params: Param) -> None:
        """Tell something of one question that is kept otherwise than it was."""
        self.notes.append(Fault(Reason(f"banks.{key}", params), row=row, field=name[:80] or None))

    def fault(self, key: str, row: int | None, name: str = "", **params: Param) -> None:
        """Tell something that cannot be read."""
        self.faults.append(Fault(Reason(f"banks.{key}", params), row=row, field=name[:80] or None))

    def add(self, item: Tree, row: int) -> None:
        """Take an item; one whose id was there before gets a fault."""
        if item["id"] in self.lines:
            self.fault("id_twice", row, item["id"], line=self.lines[item["id"]])
            return
        self.lines[item["id"]] = row
        self.items.append(item)


@dataclass(frozen=True, slots=True)
class BankWritten:
    """A bank in a format of others; ``notes`` tell what the format cannot hold: items left out by their id, and fields
    of items that stay behind."""

    data: bytes
    notes: tuple[Fault, ...] = ()


def language_of(text: str) -> Language:
    """The language of a file: Chinese as soon as it holds Chinese characters."""
    return "zh" if _CHINESE.search(text) else "en"


def item_id(name: str, stem: str, taken: Mapping[str, int]) -> str:
    """The id of a question: its name where that can be one, else made of its words, the same for the same words."""
    plain = re.sub(r"[^a-z0-9_\-]+", "-", name.strip().lower()).strip("-_")
    if _ID.match(plain) and plain and (plain == name.strip() or not _CHINESE.search(name)):
        return plain
    made = f"q-{sha256(f'{name}|{stem}'.encode()).hexdigest()[:10]}"
    return made if made not in taken else f"{made}-{len(taken)}"


def ids(n: int) -> list[str]:
    """Names for options: a, b, c and so on."""
    return [ascii_lowercase[k] if k < 26 else f"o{k + 1}" for k in range(n)]


def said(text: str, language: Language) -> dict[str, str]:
    """A text of a document."""
    return {language: text}


def in_language(text: Mapping[str, str] | None, language: Language) -> str:
    """What a text says in a language; empty where it does not."""
    return (text or {}).get(language) or ""


def right_words(texts: Iterable[str], language: Language) -> str:
    """What stands for an explanation where the file gives none."""
    listed: Sequence[str] = [text for text in texts if text]
    joined = ("；" if language == "zh" else "; ").join(listed)
    return f"正确答案：{joined}" if language == "zh" else f"The right answer: {joined}"
