"""Bytes of strangers as text: UTF-8 or UTF-16 where that fits, else the Chinese encoding GB 18030 (GBK)."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from peilian.adapters.banks.values import BankRead
from peilian.engine.text.typed import cleaned

_DECLARED = re.compile(rb"\A\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9._\-]+)[\"'][^>]*\?>")
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_CHINESE = ("gbk", "gb2312", "gb18030", "cp936")
_NONCHARACTERS = dict.fromkeys(range(64976, 65008))


def text_of(data: bytes, into: BankRead) -> str | None:
    """The text of a file, without what cannot be stored; ``None`` with a fault when it is none."""
    declared = _DECLARED.match(data[:300])
    wanted = declared[1].decode("ascii").lower() if declared else ""
    text = _decoded(data, wanted, into)
    if text is None or "\0" in text:
        into.fault("unreadable_encoding", None)
        return None
    # The declaration told the encoding of the bytes; what follows is text.
    lines = _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text)
    return cleaned(lines.removeprefix("\ufeff")).translate(_NONCHARACTERS)


def _decoded(data: bytes, declared: str, into: BankRead) -> str | None:
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return _strict(data, "utf-16")
    if declared not in _CHINESE and (text := _strict(data, "utf-8-sig")) is not None:
        return text
    if (text := _strict(data, "gb18030")) is not None:
        into.note("read_as", None, encoding="GBK")
    return text


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
