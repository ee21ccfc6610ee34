"""Findings, emotions and labels in the reader's words; the words themselves are content (``packs/core/words``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from peilian.engine._kernel import Language, Reason
from peilian.engine.reading import EMOTIONS, FAULTS, ISSUES, MOVES
from peilian.flows.wording import catalogue, say
from peilian.web.shell.tables import Tone

Kind = Literal["fault", "issue", "move", "emotion"]

KEYS: dict[Kind, tuple[str, ...]] = {"fault": FAULTS, "issue": ISSUES, "move": MOVES, "emotion": EMOTIONS}
TONES: dict[Kind, Tone] = {"fault": "bad", "issue": "warn", "move": "good", "emotion": "neutral"}

_EMOTION_TONES: dict[str, Tone] = {
    "pleased": "good",
    "grateful": "good",
    "anxious": "warn",
    "disappointed": "warn",
    "annoyed": "warn",
    "angry": "bad",
    "abusive": "bad",
}
_LABEL_TONES: dict[str, Tone] = {"dissatisfied": "bad", "satisfied": "good"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a finding is called, what it means, and why it matters (empty when the name says it all)."""

    kind: Kind
    key: str
    name: str
    means: str
    why: str

    @property
    def tone(self) -> Tone:
        """The tone of its badge."""
        return TONES[self.kind]


def explain(kind: Kind, key: str, language: Language) -> Explanation:
    """A finding in words. A key without words (an extension's own) is its own name."""
    return Explanation(
        kind,
        key,
        name_of(key, language),
        _said(f"finding.{key}.means", language),
        _said(f"finding.{key}.why", language),
    )


def name_of(key: str, language: Language) -> str:
    """What a finding or an emotion is called."""
    return _said(f"finding.{key}.name", language) or key


def kind_name(kind: Kind, language: Language) -> str:
    """What a kind of findings is called."""
    return _said(f"kind.{kind}", language)


def label_name(label: str, language: Language) -> str:
    """A label of estimated satisfaction."""
    return _said(f"satisfaction.{label}", language) or label


def channel_name(channel: str, language: Language) -> str:
    """What a channel is called; one of the company's own keeps its name."""
    return _said(f"channel.{channel}", language) or channel


def emotion_tone(label: str) -> Tone:
    """The tone of an emotion's badge."""
    return _EMOTION_TONES.get(label, "neutral")


def label_tone(label: str) -> Tone:
    """The tone of a satisfaction label."""
    return _LABEL_TONES.get(label, "neutral")


def _said(key: str, language: Language) -> str:
    return say(Reason(key), language) if key in catalogue() else ""
