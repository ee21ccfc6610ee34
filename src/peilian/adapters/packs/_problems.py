"""What a schema has against a document, as reasons that can be said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError, ValidationError

from peilian.engine._kernel import Param, Reason

_KINDS = {
    "string_type": "text", "int_type": "whole_number", "int_parsing": "whole_number", "int_from_float": "whole_number",
    "float_type": "number", "float_parsing": "number", "decimal_type": "number", "decimal_parsing": "number",
    "finite_number": "finite_number", "bool_type": "truth", "bool_parsing": "truth", "list_type": "list",
    "tuple_type": "list", "dict_type": "mapping", "model_type": "mapping", "model_attributes_type": "mapping",
    "date_type": "date", "date_parsing": "date", "date_from_datetime_parsing": "date",
}  # fmt: skip
# type of a problem -> the parameter of its bound
_BOUNDS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
# what names are made of, in words
_PATTERNS = {
    r"^[a-z0-9][a-z0-9_\-./]*$": "wants_key",
    r"^[a-z0-9][a-z0-9_\-]*$": "wants_short_key",
    r"^[a-z\-]+:[a-z0-9][a-z0-9_\-./]*$": "wants_reference",
    r"^[a-z0-9][a-z0-9_\-./]*#[a-z0-9][a-z0-9_\-]*$": "wants_item_reference",
    r"^[A-Z]{2}-\d{2}$": "wants_topic",
}
_OWN = "Value error, "
_WORDED = "pack."


_TWICE = " stands twice in one mapping"
_BROKEN = {
    "mapping values are not allowed": "yaml_colon",
    "could not find expected ':'": "yaml_no_colon",
    _TWICE: "yaml_twice",
    "aliases (*)": "yaml_alias",
    "cannot start any token": "yaml_character",
    "special characters are not allowed": "yaml_character",
    "<block end>": "yaml_indent",
    "while scanning a quoted": "yaml_quotes",
    "unexpected end of stream": "yaml_quotes",
    "a number is too large": "yaml_number",
}
"""What the parser says, and the reason behind it; anything else is ``not_yaml``."""


def problem(key: str, **params: Param) -> PydanticCustomError:
    """What a validator of a schema raises, so that it is said in the reader's language: the reason ``pack.<key>``."""
    return PydanticCustomError(f"{_WORDED}{key}", f"{_WORDED}{key}", params)


def place_of(entry: Mapping[str, Any], body: Any) -> tuple[int | str, ...]:
    """Where in ``body`` an entry of a ``ValidationError`` is; the schema also names the type of what may be one of
    several, which is no field."""
    here, place = body, list[int | str]()
    for part in entry["loc"]:
        if isinstance(here, Mapping):
            if part not in here and here.get("type") == part:
                continue
            here = here.get(part)
        else:
            is_there = isinstance(here, list | tuple) and isinstance(part, int) and part < len(here)
            here = here[part] if is_there else None
        place.append(part)
    return tuple(place)


def reason_behind(error: ValueError) -> Reason:
    """The reason that an error carries; what carries none is told as it is."""
    reason = getattr(error, "reason", None)
    return reason if isinstance(reason, Reason) else Reason("pack.wrong_value", {"problem": str(error)})


def faults_in(error: ValidationError) -> list[Any]:
    """The entries of an error. A list whose parts are there, and faulty, is not called too short besides."""
    entries = error.errors()
    return [one for one in entries if not (one["type"] == "too_short" and _is_long_enough(one["input"], one["ctx"]))]


def _is_long_enough(given: Any, bound: Mapping[str, Any]) -> bool:
    return isinstance(given, list | tuple | Mapping) and len(given) >= int(bound["min_length"])


def unreadable(error: Exception) -> Reason:
    """Why a text could not be read as YAML: what usually lies behind what the parser says, in words of our own."""
    mark, said = getattr(error, "problem_mark", None), str(getattr(error, "problem", None) or error)
    if isinstance(error, OSError):
        return Reason("pack.not_opened", {"problem": error.strerror or said})
    column = mark.column + 1 if mark is not None else None
    name = said.partition(_TWICE)[0] if _TWICE in said else ""
    key = next((key for known, key in _BROKEN.items() if known in said), "not_yaml")
    return Reason(f"pack.{key}", {"problem": said, "column": column, "name": name.strip("'")})


def reason_of(entry: Mapping[str, Any]) -> Reason:
    """The reason of one entry of a ``ValidationError``; what has no words of its own keeps those of the schema."""
    kind, given = str(entry["type"]), entry.get("ctx", {})
    if kind.startswith(_WORDED):
        return Reason(kind, dict(given))
    if isinstance(given.get("error"), ValueError) and hasattr(given["error"], "reason"):
        return reason_behind(given["error"])
    if kind in ("missing", "extra_forbidden"):
        return Reason(f"pack.{kind}", {"name": str(entry["loc"][-1]) if entry["loc"] else ""})
    if kind in _KINDS:
        return Reason(f"pack.wants_{_KINDS[kind]}")
    if kind in _BOUNDS:
        return Reason(f"pack.{kind}", {"bound": given[_BOUNDS[kind]]})
    if kind in ("too_short", "string_too_short"):
        return Reason(
            "pack.too_short" if kind == "too_short" else "pack.text_too_short", {"least": given["min_length"]}
        )
    if kind in ("too_long", "string_too_long"):
        return Reason("pack.too_long" if kind == "too_long" else "pack.text_too_long", {"most": given["max_length"]})
    if kind in ("literal_error", "enum"):
        return Reason("pack.wants_one_of", {"known": given["expected"].replace("'", "").replace(" or ", ", ")})
    if kind == "union_tag_not_found":
        return Reason("pack.missing", {"name": given["discriminator"].strip("'")})
    if kind == "union_tag_invalid":
        return Reason("pack.wants_one_of", {"known": given["expected_tags"].replace("'", "")})
    if kind == "string_pattern_mismatch":
        known = _PATTERNS.get(given["pattern"])
        return Reason(f"pack.{known}") if known else Reason("pack.wants_pattern", {"pattern": given["pattern"]})
    if kind in ("decimal_max_places", "decimal_max_digits"):
        places = kind == "decimal_max_places"
        most = given["decimal_places" if places else "max_digits"]
        return Reason("pack.too_many_decimals" if places else "pack.too_many_digits", {"most": most})
    return Reason("pack.wrong_value", {"problem": str(entry["msg"]).removeprefix(_OWN)})
