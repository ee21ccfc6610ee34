"""Importing conversations (导入): files into the lake, a preview for people, and conversations straight from a file."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from peilian.adapters.importers import Format
from peilian.adapters.importers.files import LIMITS, Limits, examine
from peilian.adapters.importers.staging import Group, Staging
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.conversation import Assembled, Conversation, assemble
from peilian.engine.conversation.pseudonym import pseudonymiser


def read_conversations(
    paths: Path | Sequence[Path],
    format: str | Format = "auto",
    *,
    strict: bool = False,
    on_fault: Callable[[Fault], None] | None = None,
    limits: Limits = LIMITS,
) -> Iterator[Conversation]:
    """The conversations of one file, or of messages and companion together, masked, customers as one-time pseudonyms.

    A fault of a row leaves out its conversation and is told to ``on_fault``; with ``strict``, or when nobody listens,
    it raises ``InputError`` before the first conversation. Memory stays bounded: rows are staged on disk.
    """
    files = [examine(path) for path in ([paths] if isinstance(paths, Path) else paths)]
    disguise = lru_cache(maxsize=1 << 14)(pseudonymiser(secrets.token_bytes(32)))
    with tempfile.TemporaryDirectory(prefix="peilian-") as folder:
        staging = Staging(Path(folder) / "staging")
        staged = staging.stage(files, format, disguise, limits=limits)
        is_strict = strict or on_fault is None
        if is_strict and staged.n_faults:
            raise InputError(*staging.faults())
        for fault in staging.faults():
            _tell(fault, on_fault)
        for number in range(staged.n_buckets):
            for group in staging.bucket(staged, number):
                found = _assembled(group, None)
                if isinstance(found, Fault):
                    if is_strict:
                        raise InputError(found)
                    _tell(found, on_fault)
                elif found is not None:
                    yield found.conversation


def _tell(fault: Fault, on_fault: Callable[[Fault], None] | None) -> None:
    if on_fault is not None:
        on_fault(fault)


def _assembled(group: Group, stored: Conversation | None) -> Assembled | Fault | None:
    """The conversation of a group; a fault when its rows cannot stand together, ``None`` when one was rejected."""
    if group.is_rejected:
        return None
    try:
        found = assemble(group.conversation_id, group.rows, stored)
    except InputError as error:
        return error.faults[0]
    return found or Fault(Reason("import.no_messages"), conversation_id=group.conversation_id)
