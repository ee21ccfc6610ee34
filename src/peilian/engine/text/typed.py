"""Typed text (输入文字): what people write, without what cannot be stored or would be shown as something else."""

from __future__ import annotations

import unicodedata

_KEPT = frozenset("\n\t")
_BREAKS = {ord("\r"): "\n", 0x2028: "\n", 0x2029: "\n"}
# Marks that turn the direction of what follows them, so that a line could be shown as something else.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Controls and halves of characters: a database refuses the one kind, UTF-8 the other.
_UNSTORABLE = ("Cc", "Cs")
# Of no width, or blank in every font, though Unicode counts them among letters, marks and symbols.
_BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
_INVISIBLE = ("Cc", "Cf", "Cs", "Cn", "Mn", "Me")


def cleaned(text: str) -> str:
    """``text`` without control characters, halves of characters and marks that turn the direction of reading; every
    line break is ``\\n``."""
    plain = text.replace("\r\n", "\n").translate(_BREAKS)
    return "".join(
        char for char in plain
        if char in _KEPT or (unicodedata.category(char) not in _UNSTORABLE and char not in _TURNING)
    )  # fmt: skip


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` can be seen: blanks, characters of no width, marks without a letter to bear them."""
    return all(
        char.isspace() or char in _BLANK or unicodedata.category(char) in _INVISIBLE for char in text
    )  # fmt: skip
