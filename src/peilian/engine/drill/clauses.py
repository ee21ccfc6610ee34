"""Clauses of a reply (分句) as a customer takes them: where one ends, whose act it tells, what is only a condition."""

from __future__ import annotations

import re
from dataclasses import dataclass

from peilian.engine.text import Analysed

_BEFORE_A_FIGURE = re.compile(
    r"(?<=\D)[,、…]+(?=\d)"
)  # 杭州,24号: the reading leaves figures whole, here two points meet
_CONDITION = {
    "zh": re.compile(r"如果|要是|万一|若是|假如|倘若|一旦|[没未]有?(?:到|送|收|动|更新|消息|变化|进展)"),
    "en": re.compile(r"(?<!even )\bif\b|\b(?:unless|in case|should (?:it|the|your|nothing|there|that))\b"),
}
_AGENT = {
    "zh": re.compile(r"我|咱|小编|本人|这边|客服|店里"),
    "en": re.compile(r"\b(?:i|we|us|me|our)\b"),
}
_OTHERS = {
    "zh": re.compile(
        r"[他她它]们?|对方|那边|快递|承运|物流|网点|站点|配送|派送|师傅|主管|经理|专员|仓库|财务|质检|维修|厂家|商家|银行"
    ),
    "en": re.compile(
        r"\b(?:they|he|she|carrier|courier|driver|warehouse|manager|supervisor|technician|team|colleagues?)\b"
    ),
}
_NEWS = {  # an occasion on which the agent comes back, whoever brings it about: 快递一有答复, 等他们回了
    "zh": re.compile(
        r"一(?=有|收|出|到|回|答|反|更|动|恢复)|等(?!待)|待|只要|收到|有(?:了|任何)?.{0,4}(?:消息|结果|进展|更新|复|音|信)"
    ),
    "en": re.compile(r"\b(?:as soon as|once|when|whenever|the moment|after)\b"),
}
_EXPECTED = {
    "zh": re.compile(r"预计|预估|估计|预期|大概|大约|应该|应当|可能|最晚|最迟|争取|能|会|将|要|可以"),
    "en": re.compile(r"\b(?:will|should|would|expect|expected|estimated|due|likely|by|until|going to)\b|'ll\b"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A clause: ``[start, end)`` of the normal form."""

    start: int
    end: int


def pieces_of(analysed: Analysed, start: int, end: int) -> list[Piece]:
    """The clauses that begin in ``[start, end)``, cut before figures too."""
    found = []
    for clause in analysed.clauses:
        cuts = [match.span() for match in _BEFORE_A_FIGURE.finditer(analysed.text, clause.start, clause.end)]
        begins = [clause.start, *(last for _, last in cuts)]
        ends = [*(first for first, _ in cuts), clause.end]
        found += [Piece(*bounds) for bounds in zip(begins, ends, strict=True) if start <= bounds[0] < end]
    return found


def piece_at(analysed: Analysed, place: int) -> Piece:
    """The clause that ``place`` lies in, or the nearest one before it."""
    pieces = pieces_of(analysed, 0, len(analysed.text))
    return next((piece for piece in reversed(pieces) if piece.start <= place), pieces[0])


def is_stated(analysed: Analysed, start: int, end: int) -> bool:
    """Whether what stands at ``[start, end)`` is said outright: 24号没到的话 names no day of arrival."""
    piece, language = piece_at(analysed, start), analysed.language
    is_condition = _CONDITION[language].search(analysed.text, piece.start, max(end, piece.end))
    return is_condition is None or _has_turned(analysed, is_condition.end(), end)


def is_own(analysed: Analysed, start: int, end: int) -> bool:
    """Whether the agent does what is said at ``[start, end)``, or it is the occasion for it: not what others will do
    (他们两小时内答复), and no condition (24号中午没到的话)."""
    piece, language = piece_at(analysed, start), analysed.language
    said = analysed.text[piece.start : end]
    if _NEWS[language].search(said):
        return True
    others = max((match.start() for match in _OTHERS[language].finditer(said)), default=-1)
    own = max((match.start() for match in _AGENT[language].finditer(said)), default=-1)
    return own >= others and is_stated(analysed, start, end)


def is_over(analysed: Analysed, piece: Piece) -> bool:
    """Whether a clause tells nothing of what is to come, so that a day of the past in it is no prospect."""
    return _EXPECTED[analysed.language].search(analysed.text, piece.start, piece.end) is None


def _has_turned(analysed: Analysed, start: int, end: int) -> bool:
    """Whether between a condition and ``end`` the agent comes in: 要是没到, 我补发."""
    return _AGENT[analysed.language].search(analysed.text, start, end) is not None
