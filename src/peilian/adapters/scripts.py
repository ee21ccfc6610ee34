"""Scripts of a drill (演练脚本): JSON lines of what a trainee says and does, checked line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.drill import Turn

_LONGEST_SCRIPT = 10_000  # lines
_LONGEST_LINE = 100_000  # characters
_LATEST = 1_000_000  # seconds
_KNOWN = frozenset({"at_seconds", "text", "action", "args", "customer"})


def read_script(path: Path) -> tuple[Turn, ...]:
    """The turns of a script, in order of time. ``InputError`` carries a fault for each line that cannot be used."""
    turns, faults = [], []
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if number > _LONGEST_SCRIPT or len(line) > _LONGEST_LINE:
                    raise InputError(Fault(Reason("drill.script.too_long"), file=str(path), row=number))
                if not line.strip():
                    continue
                try:
                    turns.append(_turn(line))
                except _LineError as error:
                    faults.append(Fault(Reason(f"drill.script.{error.key}"), str(path), number, error.field))
    except UnicodeDecodeError:
        raise InputError(Fault(Reason("drill.script.not_utf8"), file=str(path))) from None
    except OSError as error:
        raise InputError(
            Fault(Reason("drill.script.unreadable", {"problem": error.strerror or str(error)}), file=str(path))
        ) from None
    if faults:
        raise InputError(*faults)
    return tuple(sorted(turns, key=lambda turn: turn.at_ms))


class _LineError(ValueError):
    def __init__(self, key: str, field: str | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.field = field


def _turn(line: str) -> Turn:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        raise _LineError("not_a_line") from None
    if not isinstance(body, dict) or not set(body) <= _KNOWN:
        raise _LineError("not_a_line")
    at = body.get("at_seconds")
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at <= _LATEST:
        raise _LineError("not_a_time", "at_seconds")
    if body.get("customer", 0) != 0:
        raise _LineError("customer", "customer")
    at_ms = round(at * 1000)
    if "action" in body:
        if "text" in body or not isinstance(body["action"], str):
            raise _LineError("text_or_action", "action")
        return Turn(at_ms, None, body["action"], dict(_arguments(body.get("args", {}))))
    text = body.get("text")
    if not isinstance(text, str) or "args" in body or any("\ud800" <= char <= "\udfff" for char in text):
        raise _LineError("text_or_action", "text")
    return Turn(at_ms, text)


def _arguments(args: Any) -> Iterator[tuple[str, str | float]]:
    if not isinstance(args, dict):
        raise _LineError("not_a_line", "args")
    for name, value in args.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _LineError("not_a_line", f"args.{name}")
        yield name, value
