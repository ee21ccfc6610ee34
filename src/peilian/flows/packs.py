"""Checks packs: schemas, keys, patterns, rules of scorecards, rehearsals of scenarios; tells the schema of a kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peilian.adapters import packs
from peilian.adapters.packs.authored import reference_faults
from peilian.adapters.packs.items import ItemsDocument
from peilian.adapters.packs.lexicon import load_lexicons
from peilian.adapters.packs.scenario import ScenarioDocument, version_of
from peilian.adapters.packs.scorecard import load_scorecards
from peilian.adapters.packs.teaching import ExamDocument
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.flows import blueprints, playing, rehearsing


@dataclass(frozen=True, slots=True)
class Checked:
    """How many documents of one kind one pack holds."""

    pack: str
    kind: str
    documents: int


Started = Callable[[str, int, int], None]


def check(
    roots: Sequence[Path],
    on_doubt: Callable[[Fault], None] = lambda _doubt: None,
    *,
    seeds: int = rehearsing.SEEDS,
    on_scenario: Started = lambda _key, _number, _of: None,
    on_rehearsal: rehearsing.Told = lambda _key, _language, _rehearsal: None,
) -> list[Checked]:
    """Check every pack at or below ``roots``; ``InputError`` carries every fault that was found.

    ``on_doubt`` is told what is allowed but odd, when there is no fault; ``on_scenario`` the key and number of each
    scenario before it is rehearsed, and how many there are; ``on_rehearsal`` how its plays came out. With no ``seeds``
    nothing is rehearsed.
    """
    loaded: list[packs.Loaded] = []
    faults: list[Fault] = []
    for root in roots:
        try:
            loaded.extend(packs.load_all((root,)))
        except InputError as error:
            faults.extend(error.faults)
    faults.extend(_keys_used_in_two_roots(loaded))
    faults.extend(_keys_of_shipped_scenarios(loaded))
    if not faults:
        among = (*packs.load_all(), *loaded)
        faults.extend(reference_faults(loaded, among))
        faults.extend(_exams_that_cannot_be_set(loaded, among))
    doubts: list[Fault] = []
    if not faults:
        # Patterns may use word classes of any pack, and lines those of other cards, so they are looked at together and
        # only when all else is well.
        faults.extend(_faults_of(lambda: load_lexicons(roots)))
        faults.extend(_faults_of(lambda: doubts.extend(_doubts(roots))))
    if not faults:
        faults.extend(_rehearsed(loaded, (packs.SHIPPED, *roots), seeds, on_scenario, on_rehearsal))
    if faults:
        raise InputError(*faults)
    for doubt in doubts:
        on_doubt(doubt)
    return _summary(loaded)


def _faults_of(look: Callable[[], object]) -> tuple[Fault, ...]:
    try:
        look()
    except InputError as error:
        return error.faults
    return ()


def _exams_that_cannot_be_set(loaded: Sequence[packs.Loaded], among: Sequence[packs.Loaded]) -> Iterator[Fault]:
    """Exams whose banks hold too few items."""
    banks = {item.document.key: item.document for item in among if isinstance(item.document, ItemsDocument)}
    for item in loaded:
        if isinstance(item.document, ExamDocument):
            for fault in blueprints.unfilled(item.document, banks.values()):
                place = tuple(int(part) if part.isdigit() else part for part in (fault.field or "").split("."))
                yield packs.fault_at(item.path, place, fault.reason)


def _rehearsed(
    loaded: Sequence[packs.Loaded],
    roots: tuple[Path, ...],
    seeds: int,
    on_scenario: Started,
    on_rehearsal: rehearsing.Told,
) -> Iterator[Fault]:
    """What scenarios show to be wrong when they play their own good and bad answers."""
    items = {item.path.resolve(): item for item in loaded if isinstance(item.document, ScenarioDocument)}
    for number, item in enumerate(items.values(), start=1):
        assert isinstance(item.document, ScenarioDocument)
        on_scenario(item.document.key, number, len(items))
        yield from rehearsing.check(
            item.document,
            version_of(item.sha256),
            roots,
            file=str(item.path),
            seeds=seeds,
            on_rehearsal=on_rehearsal,
        )


def add_installed(folder: Path) -> tuple[Fault, ...]:
    """Let the packs that lie in ``folder`` be played with, beside the shipped ones; a faulty one is left out.

    Returns the faults. Scenarios are checked but not rehearsed, which takes ``check`` and longer.
    """
    found = sorted(header.parent for header in folder.rglob("pack.yaml")) if folder.is_dir() else []
    sound: list[Path] = []
    faults: list[Fault] = []
    for pack in found:
        try:
            check((*sound, pack), seeds=0)
        except InputError as error:
            faults.extend(error.faults)
        else:
            sound.append(pack)
    playing.add_to_house(sound)
    return tuple(faults)


def key_of(file: Path) -> str:
    """The key of the document in a file."""
    return packs.load_file(file).document.key


def pack_of(file: Path) -> Path | None:
    """The folder of the pack that a document lies in."""
    return next((folder for folder in file.resolve().parents if (folder / "pack.yaml").is_file()), None)


def _doubts(roots: Sequence[Path]) -> Iterator[Fault]:
    """What is odd about the scorecards of ``roots``, whose lines may come from shipped ones."""
    checked = [root.resolve() for root in roots]
    for doubt in load_scorecards((packs.SHIPPED, *roots)).doubts:
        if any(Path(doubt.file or "").resolve().is_relative_to(root) for root in checked):
            yield doubt


def known_kinds() -> list[str]:
    """The kinds of documents a pack may hold."""
    return [kind for kind, _schema in packs.known_kinds()]


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of document."""
    document = packs.known_kinds().get(kind)
    found: dict[str, Any] = document.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def _keys_used_in_two_roots(loaded: Sequence[packs.Loaded]) -> list[Fault]:
    first: dict[tuple[str, str], Path] = {}
    faults = []
    for item in loaded:
        name = (item.document.kind, item.document.key)
        other = first.setdefault(name, item.path)
        # Overlapping folders show the same file twice, which is no fault.
        if other.resolve() != item.path.resolve():
            reason = Reason("pack.double_key", {"key": item.document.key, "other": str(other)})
            faults.append(Fault(reason, file=str(item.path), field="key"))
    return faults


def _keys_of_shipped_scenarios(loaded: Sequence[packs.Loaded]) -> Iterator[Fault]:
    """Scenarios whose key a shipped one has: what people played under it would be mixed up."""
    shipped = {item.document.key: item.path for item in packs.load("scenario")}
    for item in loaded:
        other = shipped.get(item.document.key) if isinstance(item.document, ScenarioDocument) else None
        if other is not None and other.resolve() != item.path.resolve():
            reason = Reason("pack.double_key", {"key": item.document.key, "other": str(other)})
            yield packs.fault_at(item.path, ("key",), reason)


def _summary(loaded: Sequence[packs.Loaded]) -> list[Checked]:
    paths = {item.path.resolve(): item for item in loaded}
    packs_by_folder = {path.parent: item.document.key for path, item in paths.items() if path.name == "pack.yaml"}
    counts = Counter((_pack_of(path, packs_by_folder), item.document.kind) for path, item in paths.items())
    return [Checked(pack, kind, n) for (pack, kind), n in sorted(counts.items()) if kind != "pack"]


def _pack_of(path: Path, packs_by_folder: dict[Path, str]) -> str:
    return next(packs_by_folder[folder] for folder in path.parents if folder in packs_by_folder)
