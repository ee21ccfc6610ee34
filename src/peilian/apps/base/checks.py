"""What every write checks of what people type."""

from __future__ import annotations

from collections.abc import Mapping

from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.text.typed import cleaned, is_blank


def refuse(key: str, field: str | None = None, **params: Param) -> InputError:
    """The error of one field."""
    return InputError(Fault(Reason(key, params), field=field))


def short(value: str, field: str, *, limit: int = 500, is_needed: bool = False) -> str:
    """``value`` as it is kept: without surrounding space and what cannot be stored; refused when longer than ``limit``,
    or empty though needed."""
    value = cleaned(value).strip()
    if is_blank(value):
        value = ""
    if is_needed and not value:
        raise refuse("base.empty", field)
    if len(value) > limit:
        raise refuse("base.too_long", field, limit=limit)
    return value


def named(texts: Mapping[str, str | None], field: str, *, limit: int) -> dict[str, str]:
    """A text ``{zh, en}`` without empty languages; refused when both are missing."""
    found = {language: short(texts.get(language) or "", field, limit=limit) for language in ("zh", "en")}
    found = {language: text for language, text in found.items() if text}
    if not found:
        raise refuse("base.empty", field)
    return found
