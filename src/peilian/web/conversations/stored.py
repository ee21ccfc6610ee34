"""What the lake keeps of a reading, as the values that a page shows."""

from __future__ import annotations

from typing import Any

from peilian.apps.contacts.api import StoredReading
from peilian.engine._kernel import Reason
from peilian.engine.conversation import Role
from peilian.engine.reading.values import Emotion, Finding, MessageReading, Satisfaction


def message_readings(stored: StoredReading | None) -> dict[int, MessageReading]:
    """The reading of each message by its place; nothing for an unread conversation."""
    if stored is None:
        return {}
    findings: dict[int, list[Finding]] = {}
    for row in stored.findings:
        findings.setdefault(row["i"], []).append(_finding(row))
    return {row["i"]: _message(row, tuple(findings.get(row["i"], ()))) for row in stored.messages}


def satisfaction_of(row: dict[str, Any]) -> Satisfaction | None:
    """The estimate in a row, of a message or of the conversation."""
    if row["satisfaction"] is None or row["satisfaction_label"] is None:
        return None
    return Satisfaction(float(row["satisfaction"]), row["satisfaction_label"])


def _message(row: dict[str, Any], findings: tuple[Finding, ...]) -> MessageReading:
    return MessageReading(
        i=row["i"],
        role=Role(row["role"]),
        author=None,
        chars=row["chars"] or 0,
        findings=findings,
        emotion=None if row["emotion"] is None else Emotion(row["emotion"], row["valence"] or 0.0),
        waited_ms=row["waited_ms"],
        satisfaction=satisfaction_of(row),
    )


def _finding(row: dict[str, Any]) -> Finding:
    return Finding(row["kind"], row["key"], row["start"], row["end"], row["rule"], Reason(row["key"]), row["author"])
