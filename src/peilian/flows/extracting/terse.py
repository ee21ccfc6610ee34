"""Facts in note form (案情要点): what the agent sees of a matter, short enough that saying it well is no copying."""

from __future__ import annotations

import re

from peilian.engine._kernel import Language
from peilian.engine.reading.likeness import pairs

_MOST_SHARED = 0.6  # share of a model answer that may stand word for word on the card
_LEAST_COPIED = 16  # pairs of neighbouring words from which a reply can be a copy
_SMALL = {
    "zh": re.compile(
        r"(?:我们|咱们|已经|现在|马上|立刻|这边|那边|因为|所以|由于|查到|看到|[您你我给帮替的呢吧啊也都已]|了(?!解)"
        r"|[，。！？、；：,!?;\s]|[:.](?!\d))+"
    ),
    "en": re.compile(
        r"[,.!?;:\s]*\b(?:i|we|you|your|the|a|an|it|is|are|was|were|will|have|has|been|to|for|of|that|this|and|so"
        r"|because|please|just|now|can|'ll|'ve)\b[,.!?;:\s]*",
        re.IGNORECASE,
    ),
}
_FIGURE = re.compile(r"[0-9一二三四五六七八九十半]|今|明|后天|上午|下午|晚|noon|today|tomorrow")


def terse(clause: str, sentence: str, language: Language) -> str:
    """The words of a clause that carry it, figures before all, so few that ``sentence`` does not copy them."""
    pieces = [piece.strip() for piece in _SMALL[language].split(clause) if piece and piece.strip()]
    said = clause if len(pairs(clause)) >= _LEAST_COPIED else sentence
    kept: list[str] = []
    for piece in sorted(pieces, key=lambda one: _FIGURE.search(one) is None):
        if _shared(said, _joined([one for one in pieces if one in (*kept, piece)])) <= _MOST_SHARED:
            kept.append(piece)
    if not kept and pieces:  # one long piece: its beginning tells what it is about
        return (
            pieces[0] if _shared(said, pieces[0]) <= _MOST_SHARED else pieces[0][: int(_MOST_SHARED * len(pieces[0]))]
        )
    return _joined([piece for piece in pieces if piece in kept])


def _joined(pieces: list[str]) -> str:
    return " / ".join(dict.fromkeys(pieces))


def _shared(sentence: str, card: str) -> float:
    found = pairs(sentence)
    return len(found & pairs(card)) / max(1, len(found))
