"""Calibration of a bank (题目标定): parameters are proposed by a job, looked at, and frozen by a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Max

from peilian.adapters.packs.items import ItemsDocument
from peilian.apps.base import api as base
from peilian.apps.learning import clock
from peilian.apps.learning.models import ItemCalibration
from peilian.apps.learning.statistics.gathering import Gathered, by_item, gathered_of_bank, signature_of
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine.assessment.psychometrics import Calibration, ItemParameters, calibrate
from peilian.engine.assessment.psychometrics.model import Model

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from peilian.apps.people.api import User

CALIBRATE_JOB = "learning.calibrate"
MODELS: tuple[Model, ...] = ("rasch", "2pl")
_OPEN = (base.JobState.QUEUED, base.JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class InForce:
    """The parameters that tests stand on: of each question whose key is still as it was calibrated."""

    calibration: ItemCalibration
    parameters: Mapping[str, ItemParameters]


def calibrations(*, user: User, bank: str) -> QuerySet[ItemCalibration]:
    """All calibrations of a bank, the newest first, for who writes the library."""
    _bank(user, bank)
    return ItemCalibration.objects.filter(bank=bank).select_related("proposed_by", "frozen_by")


def calibration_job(*, user: User, bank: str) -> base.Job | None:
    """The job that proposed parameters last, or does now."""
    _bank(user, bank)
    return base.jobs_of(CALIBRATE_JOB, bank).first()


def propose_calibration(*, actor: User, bank: str, model: str = "rasch") -> base.Job:
    """Estimate the parameters of a bank's questions in the background. Those that are frozen keep theirs, so that the
    scale stays the same. A second click gets the job of the first."""
    _bank(actor, bank)
    if model not in MODELS:
        raise base.refuse("learning.unknown_model", "model", known=", ".join(MODELS))
    with base.write(actor=actor, verb="learning.propose_calibration") as audit:
        audit.unchanged()
        under_way = base.jobs_of(CALIBRATE_JOB, bank).filter(state__in=_OPEN).first()
        parameters = {"bank": bank, "model": model}
        return under_way or base.start_job(actor=actor, kind=CALIBRATE_JOB, parameters=parameters, subject=bank)


@base.handlers.register(CALIBRATE_JOB)
def calibrate_in_background(context: base.JobContext) -> Mapping[str, Any]:
    """Estimate parameters and keep them as a proposal; ``InputError`` tells when there are too few answers for any."""
    bank, model = str(context.parameters["bank"]), context.parameters["model"]
    context.progress(0, None, CALIBRATE_JOB)
    before = in_force(bank)
    gathered = gathered_of_bank(bank)
    context.stop_if_cancelled()
    names = {listed[0].item: listed[0] for listed in by_item(gathered.variants.values()).values()}
    frozen = {
        names[item].name: parameters
        for item, parameters in (before.parameters if before is not None else {}).items()
        if item in names
    }
    found = calibrate(gathered.responses, model=model, frozen=frozen or None)
    newest = {variant.name: item for item, variant in names.items()}
    if not any(name in newest for name in found.items):
        least = max((int(str(one.params.get("least", 0))) for one in found.left_out.values()), default=0)
        raise base.refuse("learning.too_few_to_calibrate", n=len(gathered.responses.people), least=least)
    with base.bookkeeping():
        row = _kept(bank, found, gathered, newest, before)
        row.proposed_by = context.actor
        row.save(force_insert=True)
    return {"number": row.number, "items": len(row.items)}


def _kept(
    bank: str, found: Calibration, gathered: Gathered, newest: Mapping[str, str], before: InForce | None
) -> ItemCalibration:
    signatures = {variant.name: variant.signature for variant in gathered.variants.values()}
    items = {
        newest[name]: {"parameters": one.to_json(), "signature": signatures[name]}
        for name, one in found.items.items()
        if name in newest
    }
    if before is not None:  # frozen questions that nobody answered lately stay on the scale
        items = {**{item: before.calibration.items[item] for item in before.parameters}, **items}
    # Whoever calibrates the same bank at the same time comes after; there may be no row to lock yet.
    library.Content.objects.select_for_update(no_key=True).get(kind="items", key=bank)
    last = ItemCalibration.objects.filter(bank=bank).aggregate(last=Max("number"))["last"]
    told = {
        name: {
            newest[one]: {"key": why.key, "params": dict(why.params)} for one, why in listed.items() if one in newest
        }
        for name, listed in (("left_out", found.left_out), ("drifted", found.drifted))
    }
    return ItemCalibration(
        bank=bank, number=(last or 0) + 1, model=found.model, items=items, mean=found.population.mean,
        deviation=found.population.deviation, n_people=len(gathered.responses.people), proposed_at=clock.now(), **told,
    )  # fmt: skip


def freeze_calibration(*, actor: User, bank: str, number: int) -> ItemCalibration:
    """Put proposed parameters in force, after somebody has looked at them: who publishes texts. What is frozen stays
    so; only the newest proposal can be frozen."""
    _bank(actor, bank)
    visible_to(actor).require(Permission.PUBLISH_LIBRARY)
    with base.write(actor=actor, verb="learning.freeze_calibration") as audit:
        rows = list(ItemCalibration.objects.select_for_update().filter(bank=bank).order_by("-number"))
        row = next((one for one in rows if one.number == number), None)
        if row is None:
            raise NotVisibleError
        if row.frozen_at is not None:
            audit.unchanged()
            return row
        if row.number != rows[0].number:
            raise base.refuse("learning.newer_calibration", number=rows[0].number)
        row.frozen_at, row.frozen_by = clock.now(), actor
        row.save(update_fields=["frozen_at", "frozen_by"])
        audit.changed(row, frozen_at=None, frozen_by=None)
    return row


def in_force(bank: str) -> InForce | None:
    """The parameters that were frozen last, of the questions that are in the bank with the same key; ``None`` when
    nothing was frozen."""
    row = ItemCalibration.objects.filter(bank=bank).exclude(frozen_at=None).order_by("-number").first()
    if row is None:
        return None
    current = next((one.document for one in library.in_force(kind="items") if one.key == bank), None)
    signatures: dict[str, str] = {}
    if isinstance(current, ItemsDocument):
        signatures = {f"{bank}#{item.id}": signature_of(item) for item in current.items}
    return InForce(
        row,
        {
            item: ItemParameters.from_json(one["parameters"])
            for item, one in row.items.items()
            if signatures.get(item) == one["signature"]
        },
    )


def _bank(user: User, key: str) -> library.Content:
    if not visible_to(user).may(Permission.WRITE_LIBRARY):
        raise NotVisibleError
    return library.content(user=user, kind="items", key=key)
