"""In what two versions of rules differ, in words: what a parameter is called depends on the rule of its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from peilian.engine._kernel import Fault, Language, Text
from peilian.flows import appraising
from peilian.flows.wording import say
from peilian.web.appraisal.rule_words import PARAMS, PLACES, Kind, Label
from peilian.web.shell.formats import DASH


def told(
    found: Iterable[appraising.Difference], documents: Iterable[Mapping[str, Any]], language: Language
) -> list[dict[str, str]]:
    """Differences in words: where, what, before, after. ``documents`` are the resolved ones, the newer first."""
    lines: dict[str, _Line] = {}
    for document in documents:
        for line in document.get("lines") or ():
            lines.setdefault(line.get("key", ""), _Line(str(line.get("rule", "")), is_share(line, document)))
    return [_told(one, lines, language) for one in found]


def worded(fault: Fault, body: Mapping[str, Any], language: Language) -> str:
    """A fault of a document in words: with the label of the line or setting it lies in, not with its place."""
    kind, at, *rest = (*(fault.field or "").split("."), "", "")
    rows = [one for one in body.get(kind) or () if isinstance(one, Mapping)] if kind in ("lines", "settings") else []
    found = next((one for one in rows if one.get("key") == at), None)
    if found is None and at.isdecimal() and int(at) < len(rows):
        found = rows[int(at)]
    said = say(fault.reason, language)
    if found is None:
        weighed = next(
            (one for one in body.get("lines") or () if fault.field == f"settings.weight.{one.get('key')}"), None
        )
        if weighed is None:
            return said
        found, rest = weighed, ["weight"]
    label = found.get("label") or {}
    words = _words(_Line(str(found.get("rule", "")), False), ["params"])
    inside = " · ".join(str(words[part][1]) for part in rest if part in words)
    name = Text(label.get("zh"), label.get("en")).in_language(language) or str(found.get("key", ""))
    where = f"{name} · {inside}" if inside else name
    return f"{where}：{said}" if language == "zh" else f"{where}: {said}"


def is_share(line: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether edges of a line are shares, which people write in percent."""
    if (line.get("params") or {}).get("of") is not None:
        return True
    units = {one["key"]: one.get("unit") for one in document.get("indicators") or ()}
    names = line.get("indicators") or (line["key"],)
    return all(units.get(name) == "ratio" for name in names)


@dataclass(frozen=True, slots=True)
class _Line:
    """By which rule a line is judged, and whether its edges are written in percent."""

    rule: str
    is_share: bool


def _told(one: appraising.Difference, lines: Mapping[str, _Line], language: Language) -> dict[str, str]:
    parts = one.place.split(".")
    line = lines.get(parts[1]) if parts[0] == "lines" and len(parts) > 1 else None
    words = _words(line, parts)
    where = one.label.in_language(language) if one.label else _part(parts, words)
    kind = words.get(parts[-1], ("said", ""))[0]
    return {
        "where": where,
        "what": _part(parts[2:], words) if one.label and len(parts) > 2 else "",
        "before": _said(one.before, language, line, words, kind),
        "after": _said(one.after, language, line, words, kind),
    }


def _words(line: _Line | None, parts: list[str]) -> dict[str, tuple[Kind, Label]]:
    """What parts of a place are called, and how their values are written: those of the line's own rule first."""
    found: dict[str, tuple[Kind, Label]] = {key: ("said", label) for key, label in PLACES.items()}
    if line is None or "params" not in parts:
        return found
    params = PARAMS.get(line.rule, {})
    found |= params
    for key in parts:
        found |= PARAMS.get(f"{line.rule}.{key}", {})
    return found


def _part(parts: Iterable[str], words: Mapping[str, tuple[Kind, Label]]) -> str:
    """The last parts of a place, in words where there are some."""
    return " · ".join(str(words[part][1]) if part in words else part for part in parts if part != "params")


def _said(
    value: Any, language: Language, line: _Line | None, words: Mapping[str, tuple[Kind, Label]], kind: Kind
) -> str:
    """A value of a document in words."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        if value and set(value) <= {"zh", "en"}:
            return Text(value.get("zh"), value.get("en")).in_language(language)
        pairs = (
            (_part([str(key)], words), _said(one, language, line, words, words.get(str(key), (kind, ""))[0]))
            for key, one in value.items()
        )
        return ("，" if language == "zh" else ", ").join(f"{name} {text}" for name, text in pairs)
    if isinstance(value, list | tuple):
        separator = "；" if language == "zh" else "; "
        return separator.join(_said(one, language, line, words, kind) for one in value)
    number = _number(value)
    if number is None:
        return str(value)
    if kind == "edge" and line is not None and line.is_share:
        return f"{plain(number * 100)}%"
    return plain(number)


def plain(number: Decimal) -> str:
    """A number without zeros that say nothing."""
    return f"{number.normalize():f}" if number else "0"


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
