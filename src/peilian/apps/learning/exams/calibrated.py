"""The calibrated questions that an adaptive exam draws on (自适应题池)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from peilian.adapters.packs.items import AnyItem, CaseField, DrillField, ItemsDocument, RewriteField, ShortField
from peilian.adapters.packs.teaching import AdaptiveField
from peilian.apps.learning.models import ItemCalibration
from peilian.apps.learning.statistics.gathering import signature_of
from peilian.apps.library import api as library
from peilian.engine._kernel import Language
from peilian.engine.assessment.psychometrics import AdaptiveTest, ItemParameters


@dataclass(frozen=True, slots=True)
class Pool:
    """Questions with frozen parameters that need no person to mark them, written in one language; the competencies of
    each, and the population that the parameters were estimated among."""

    calibration: UUID
    version: UUID
    parameters: Mapping[str, ItemParameters]
    competencies: Mapping[str, frozenset[str]]
    population: tuple[float, float]

    def test(self, rules: AdaptiveField) -> AdaptiveTest:
        """The engine's test by the rules of an exam."""
        return AdaptiveTest(
            self.parameters, least_items=rules.least, most_items=rules.most, target_error=float(rules.error),
            most_exposure=float(rules.exposure), population=self.population,
        )  # fmt: skip


def pool_in_force(rules: AdaptiveField, language: Language) -> Pool | None:
    """What an exam that begins now draws on; ``None`` when the bank has no frozen parameters for as many questions as
    a test has at least."""
    row = ItemCalibration.objects.filter(bank=rules.bank).exclude(frozen_at=None).order_by("-number").first()
    if row is None:
        return None
    for one in library.in_force(kind="items"):
        if one.key == rules.bank:
            found = pool_of(row.pk, one.version.pk, rules.bank, frozenset(rules.competencies), language)
            return found if len(found.parameters) >= rules.least else None
    return None


def never_asked(rules: AdaptiveField) -> int:
    """How many questions of the bank of an exam it never asks, whatever is calibrated: drills, cases, and answers that
    a person marks."""
    banks = (one.document for one in library.in_force(kind="items") if one.key == rules.bank)
    return sum(not _is_marked_at_once(item) for bank in banks if isinstance(bank, ItemsDocument) for item in bank.items)


@lru_cache(maxsize=64)
def pool_of(calibration: UUID, version: UUID, key: str, competencies: frozenset[str], language: Language) -> Pool:
    """The pool of a calibration and a version of its bank; neither ever changes."""
    row = ItemCalibration.objects.get(pk=calibration)
    bank = library.document_of(library.ContentVersion.objects.get(pk=version), user=None)
    assert isinstance(bank, ItemsDocument)
    fits: dict[str, frozenset[str]] = {}
    for item in bank.items:
        kept, trains = row.items.get(f"{key}#{item.id}"), frozenset(item.competencies or bank.competencies)
        is_meant = not competencies or bool(competencies & trains)
        if kept is None or not is_meant or language not in item.languages() or not _is_marked_at_once(item):
            continue
        if kept["signature"] == signature_of(item):
            fits[f"{key}#{item.id}"] = trains
    parameters = {name: ItemParameters.from_json(row.items[name]["parameters"]) for name in fits}
    return Pool(calibration, version, parameters, fits, (row.mean, max(row.deviation, 0.3)))


def _is_marked_at_once(item: AnyItem) -> bool:
    """Whether no person has a part in marking it, and one page holds it."""
    if isinstance(item, CaseField | DrillField):
        return False
    return not (isinstance(item, ShortField | RewriteField) and item.open)
