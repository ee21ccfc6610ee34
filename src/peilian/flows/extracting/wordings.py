"""Texts of drafts: quotes of a masked conversation as people read them, and the product's own words beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from peilian.adapters.packs import TextField
from peilian.engine._kernel import Language, Param, Reason
from peilian.flows.wording import catalogue, say

_MASKED = re.compile(r"\[\[([a-z_]+)\]\]")
_LEADING_NAME = re.compile(
    r"^(?:(?:亲{1,2}|您好|你好|hi|嗨)[,，、!！~\s]*)*\[\[name\]\](?:先生|女士|小姐)?"
    r"(?:[,，、:：!！~\s]+|(?=[您你]好))"
)
_PRAISES = re.compile(r"[!！]{2,}|[?？]{2,}|[~～]{2,}|[。.…]{3,}")
_PARTICLES = re.compile(r"(?:哈|啦|呀|哦|呢|哒|哟|噢|~|～)+(?=[。，,!！]|$)")
_SENTENCES = re.compile(r"(?<=[。！？!?\n；;])|(?<=\.)(?=\s)")
_ANY_GAP = re.compile(r"【[^】]*】|\[\[?[a-z][a-z_ ]*\]")
GAP = re.compile(r"【([^】]{0,40})】|\[(?!\[)([a-z][a-z ]{1,40})\](?!\])")
"""A gap in one of the product's own texts: 【时间】, [time]."""

_SPEECH_END = "。！？~…!?.；;"


def text(language: Language, words: str) -> dict[str, str]:
    """A text in one language."""
    return {language: words}


def both(key: str, params: Mapping[str, Param] | None = None) -> dict[str, str]:
    """A text of the product in both languages."""
    reason = Reason(key, params or {})
    return {language: say(reason, language) for language in ("zh", "en")}


def field_of(field: TextField, language: Language) -> str:
    """A text of a pack in a language."""
    return field.to_text().in_language(language)


def told(words: str, language: Language) -> str:
    """A masked text for readers: placeholders become gaps in their language, 【姓名】 or [name]."""
    return _MASKED.sub(lambda found: _gap(found[1], language), words).strip()


def _gap(kind: str, language: Language) -> str:
    key = f"extraction.gap.{kind}"
    name = say(Reason(key if key in catalogue() else "extraction.gap.other"), language)
    return f"【{name}】" if language == "zh" else f"[{name}]"


def spoken(words: str) -> str:
    """A masked text as somebody could say it anew: without a name to begin with, without piled-up marks. What else was
    masked stays, see ``has_masked``."""
    found = _LEADING_NAME.sub("", words.strip())
    found = _PRAISES.sub(lambda mark: "……" if mark[0][0] in "。.…" else mark[0][0], found)
    return found.strip(" ,，、")


def plain(words: str) -> str:
    """A sentence without the particles that are one agent's habit."""
    return _PARTICLES.sub("", words).strip()


def sayable(words: str) -> str:
    """What of a masked text can be said anew: its sentences without anything masked."""
    return spoken("".join(part for part in sentences(words) if not has_masked(spoken(part))))


def sentences(words: str) -> list[str]:
    """A text cut into sentences, each with its mark."""
    return [part for part in _SENTENCES.split(words) if part.strip()]


def has_masked(words: str) -> bool:
    """Whether something of the text was masked or is a gap, so that nobody can say it as it stands."""
    return _ANY_GAP.search(words) is not None


def ended(words: str, language: Language) -> str:
    """A sentence with a mark at its end."""
    if not words or words[-1] in _SPEECH_END:
        return words
    return words + ("。" if language == "zh" else ".")


def filled(words: str, answer: str) -> str:
    """A text with its gap filled; with an empty answer the gap stays."""
    answer = answer.strip(" 。.，,")
    return GAP.sub(lambda _found: answer, words) if answer else words


def short(words: str, limit: int) -> str:
    """The beginning of a text."""
    found = " ".join(words.split())
    return found if len(found) <= limit else f"{found[: limit - 1]}…"
