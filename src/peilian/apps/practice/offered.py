"""Which scenarios are offered (可练场景), and with which one a run goes on.

What the library publishes is offered as it publishes it; packs that it does not hold are offered as they are. A run
stays with the version that it began with: its hash stands in the run, and the version in the library, which never
changes and never goes, is noted as used by the run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache

from peilian.adapters.packs import Document
from peilian.adapters.packs.scenario import ScenarioDocument, version_of
from peilian.adapters.packs.trees import digest, tree_of
from peilian.apps.base.api import remembered
from peilian.apps.library import api as library
from peilian.apps.practice import clock
from peilian.apps.practice.models import DrillRun
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.drill import Cast
from peilian.flows import playing

USED_BY = "practice.drill"
Offered = tuple[ScenarioDocument, str]
_MOST_CASTS = 256
_casts: dict[tuple[str, Language, playing.Roots], Cast] = {}


def scenarios() -> dict[str, Offered]:
    """Every scenario that can be played now, with its version, by key."""
    return dict(remembered("practice.scenarios", _scenarios))


def _scenarios() -> dict[str, Offered]:
    held = library.held_keys(kind="scenario")
    found = {key: item for key, item in playing.scenarios().items() if key not in held}
    for one in library.in_force(kind="scenario"):
        found[one.key] = _as_offered(one.document, one.version.sha256)
    return dict(sorted(found.items()))


def cast(key: str, language: Language | None = None) -> Cast:
    """What a scenario is played with now, in ``language`` or its first one. ``InputError`` when there is none such."""
    offered = scenarios()
    if key not in offered:
        raise InputError(Fault(Reason("drill.unknown_scenario", {"key": key, "known": ", ".join(offered)})))
    document, version = offered[key]
    chosen = language or document.languages[0]
    if chosen not in document.languages:
        known = ", ".join(document.languages)
        raise InputError(Fault(Reason("drill.unknown_language", {"key": key, "language": chosen, "known": known})))
    return _cast(document, version, chosen, clock.now())


def pin(run: DrillRun) -> None:
    """Note that the run uses the version of the library that it was started with; part of the caller's transaction."""
    if run.forked_from_id is not None:
        used = library.used_version(kind=USED_BY, id=run.forked_from_id)
        if used is not None:
            library.note_use(version=used, kind=USED_BY, id=run.pk)
        return
    for one in library.in_force(kind="scenario"):
        if one.key == run.scenario and _as_offered(one.document, one.version.sha256)[1] == run.scenario_version:
            library.note_use(version=one.version, kind=USED_BY, id=run.pk)


def pinned_cast(run: DrillRun) -> Cast | None:
    """What the run was begun with; ``None`` when it is no longer to be had."""
    language: Language = "en" if run.language == "en" else "zh"
    document = pinned_document(run)
    if document is None or language not in document.languages:
        return None
    return _cast(document, run.scenario_version, language, run.started_at)


def pinned_document(run: DrillRun) -> ScenarioDocument | None:
    """The scenario as the run was begun with it: of the packs when it is the same there, else of the library."""
    document, version = playing.scenarios().get(run.scenario, (None, ""))
    if document is not None and version == run.scenario_version:
        return document
    used = library.used_version(kind=USED_BY, id=run.pk)
    found = library.document_of(used, user=None) if used is not None else None
    return found if isinstance(found, ScenarioDocument) else None


def _cast(document: ScenarioDocument, version: str, language: Language, at: datetime) -> Cast:
    """With what the library forbade at the moment ``at``; the rest is made once, and shared with the packs that hold
    the same."""
    lexicons = library.lexicons_for_drill(at)
    if playing.scenarios().get(document.key, (None, ""))[1] == version:
        return replace(playing.cast(document.key, language), lexicons=lexicons)
    place = (version, language, playing.house())
    if place not in _casts:
        while len(_casts) >= _MOST_CASTS:
            _casts.pop(next(iter(_casts)), None)
        _casts[place] = playing.cast_of(document, version, language, playing.house(), lexicons)
    return replace(_casts[place], lexicons=lexicons)


def _as_offered(document: Document, sha256: str) -> Offered:
    """With the version of the packs where they say the same, else with that of the library."""
    assert isinstance(document, ScenarioDocument)
    shipped, version = playing.scenarios().get(document.key, (None, ""))
    if shipped is not None and _digest_of(document.key, version) == sha256:
        return shipped, version
    return document, version_of(sha256)


@cache
def _digest_of(key: str, version: str) -> str:
    """The digest of a scenario of the packs, by its key and version."""
    document, found = playing.scenarios()[key]
    return digest(tree_of(document)) if found == version else ""
