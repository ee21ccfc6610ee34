"""Playing (演练): a scenario with everything it needs, a script played against it, and the result as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from peilian.adapters import packs
from peilian.adapters.embedding import EmbeddingLikeness, require_embedding
from peilian.adapters.packs.lexicon import load_classes
from peilian.adapters.packs.scenario import ScenarioDocument, load_model, load_scenario_documents, load_voices
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.drill import Cast, Drill, Step, Turn, Understanding
from peilian.engine.reading import Lexicons
from peilian.flows import reading

Roots = tuple[Path, ...]
SHIPPED: Roots = (packs.SHIPPED,)


@dataclass(frozen=True)
class Played:
    """A drill that was played to its end, and the steps that led there."""

    drill: Drill
    steps: tuple[Step, ...]


# What scenarios come from unless a call says otherwise. A process adds the packs of its installation.
_house: list[Roots] = [SHIPPED]


def house() -> Roots:
    """The packs of this installation: the shipped ones, and those that were added."""
    return _house[-1]


def add_to_house(folders: Iterable[Path]) -> None:
    """From now on the packs in ``folders``, which are checked already, are played with too."""
    _house[:] = [(*SHIPPED, *folders)]


def scenarios(roots: Iterable[Path] | None = None) -> dict[str, tuple[ScenarioDocument, str]]:
    """Every scenario with its version, by key."""
    return _scenarios(house() if roots is None else tuple(roots))


@cache
def _scenarios(roots: Roots) -> dict[str, tuple[ScenarioDocument, str]]:
    return load_scenario_documents(roots)


def pack_of(key: str) -> str:
    """The pack that a scenario belongs to, by its key."""
    return key.partition("/")[0]


def cast(
    key: str, language: Language | None = None, roots: Iterable[Path] | None = None, *, embedding: bool = False
) -> Cast:
    """What the scenario is played with, in ``language`` or its first one. ``InputError`` when there is none such, or
    when the embedding is wanted and not installed."""
    roots = house() if roots is None else tuple(roots)
    found = scenarios(roots)
    if key not in found:
        raise InputError(Fault(Reason("drill.unknown_scenario", {"key": key, "known": ", ".join(sorted(found))})))
    document, _version = found[key]
    chosen = language or document.languages[0]
    if chosen not in document.languages:
        known = ", ".join(document.languages)
        raise InputError(Fault(Reason("drill.unknown_language", {"key": key, "language": chosen, "known": known})))
    return _cast(key, chosen, roots, embedding)


@cache
def _cast(key: str, language: Language, roots: Roots, embedding: bool) -> Cast:
    document, version = _scenarios(roots)[key]
    return cast_of(document, version, language, roots, reading.lexicons(), embedding=embedding)


def cast_of(
    document: ScenarioDocument,
    version: str,
    language: Language,
    roots: Roots,
    lexicons: Lexicons,
    *,
    embedding: bool = False,
) -> Cast:
    """A cast made afresh, for a document that need not be in the packs yet."""
    model, voice = load_model(roots), load_voices(roots)[language]
    scenario = document.to_scenario(language, version)
    classes = load_classes(roots)[language]
    if not embedding:
        return Cast(scenario, Understanding(scenario, model, voice, classes), model, voice, lexicons)
    require_embedding()
    understanding = Understanding(scenario, model, voice, classes, EmbeddingLikeness)
    return Cast(scenario, understanding, model, voice, lexicons)


def play(cast: Cast, script: Sequence[Turn], *, seed: int, mode: str = "normal") -> Played:
    """Play a scripted trainee to the end. After the last line the customer waits until something ends the drill."""
    drill = Drill(cast, seed, mode)
    steps = [drill.open()]
    for turn in sorted(script, key=lambda turn: turn.at_ms):
        if turn.action is not None:
            steps += drill.act(turn.at_ms, turn.action, turn.args)
        else:
            steps += drill.hear(turn.at_ms, turn.text or "")
    steps += drill.advance(cast.scenario.time_limit_ms)
    return Played(drill, tuple(steps))
