"""Guessing the language (语种判断) of a text: Chinese, else English."""

from __future__ import annotations

import re

from peilian.engine._kernel import Language

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]{2,}")


def guess_language(text: str, default: Language = "zh") -> Language:
    """Chinese when at least a third of the units of meaning (Han characters, other words) are Han characters.

    A text with neither, such as a number, gets ``default``.
    """
    han = 0 if text.isascii() else len(_HAN.findall(text))
    if 2 * han >= len(text) > 0:  # there cannot be more words than characters
        return "zh"
    words = len(_LATIN_WORD.findall(text))
    if han + words == 0:
        return default
    return "zh" if 2 * han >= words else "en"
