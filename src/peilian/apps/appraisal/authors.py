"""Who had a part in a result, and so may neither decide appeals about it nor correct it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from peilian.apps.appraisal.models import Appraisal, Cycle, Event, Exemption, Input, InputSource, Remark, RemarkKind


def authors_of(appraisal: Appraisal, contested: Collection[str]) -> set[UUID]:
    """The users who rated or remarked, entered a contested input or had a hand in an event behind one, exempted the
    person, froze or published the cycle, or made a version."""
    cycle = Cycle.objects.get(appraisees=appraisal.appraisee_id)
    found = {cycle.frozen_by_id, cycle.published_by_id}
    found.update(Appraisal.objects.filter(appraisee=appraisal.appraisee_id).values_list("made_by_id", flat=True))
    inputs = Input.objects.filter(appraisee=appraisal.appraisee_id)
    found.update(inputs.filter(source=InputSource.LEVEL).values_list("entered_by_id", flat=True))
    found.update(inputs.filter(indicator__in=set(contested)).values_list("entered_by_id", flat=True))
    remarks = Remark.objects.filter(appraisee=appraisal.appraisee_id, kind=RemarkKind.SUPERVISOR)
    found.update(remarks.values_list("by_id", flat=True))
    behind = events_behind(appraisal, contested)
    for event in Event.objects.filter(pk__in=behind):
        found.update((event.reported_by_id, event.decided_by_id, event.counted_by_id))
    exemptions = Exemption.objects.within(cycle.starts_on, cycle.ends_on)
    granted = exemptions.filter(employee=appraisal.appraisee.employee_id)
    found.update(granted.values_list("granted_by_id", flat=True))
    return {user for user in found if user is not None}


def events_behind(appraisal: Appraisal, contested: Collection[str]) -> set[UUID]:
    """The events that the contested inputs were counted from."""
    return {
        UUID(piece["id"])
        for name in contested
        for piece in (appraisal.inputs.get(name, {}).get("detail") or {}).get("references", ())
        if piece.get("kind") == "event"
    }
