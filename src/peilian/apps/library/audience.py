"""Who has to know a policy (适用对象): people by post, career stage and unit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from peilian.adapters.packs.authored import AudienceField, PolicyDocument
from peilian.apps.library.models import ContentVersion
from peilian.apps.library.shelf import document
from peilian.apps.people.api import Employee, Membership, Post, Stage, StageEntry, Unit
from peilian.engine._kernel import Fault, InputError, Reason


def audience_of(version: ContentVersion, kind: str | None = None) -> AudienceField | None:
    """Whom the wording of a policy is for; ``None`` for everybody. With ``kind``, which the content knows, the body of
    a version that was read before is not read again."""
    try:
        found = document(version, kind)
    except InputError:  # written for a schema that is no longer: nobody is left out
        return None
    return found.audience if isinstance(found, PolicyDocument) else None


def people_in(audience: AudienceField, day: date) -> QuerySet[Employee]:
    """The people for whom all that is given fits on ``day``; who has reached no stage yet is a newcomer."""
    found, held = Employee.objects.all(), Membership.objects.on(day)
    if audience.posts:
        found = found.filter(pk__in=held.filter(post__code__in=audience.posts).values("employee"))
    if audience.units:
        found = found.filter(pk__in=held.filter(unit__in=_with_those_below(audience.units)).values("employee"))
    if audience.stages:
        entries = StageEntry.objects.filter(employee=OuterRef("pk"), starts_on__lte=day).order_by("-starts_on", "-id")
        reached = Coalesce(Subquery(entries.values("stage")[:1]), Value(str(Stage.NEWCOMER)))
        found = found.annotate(reached=reached).filter(reached__in=audience.stages)
    return found


def unknown_codes(body: Mapping[str, Any]) -> Iterator[Fault]:
    """Posts and units that a policy is for and the directory does not have."""
    audience = body.get("audience") if body.get("kind") == "policy" else None
    for name, model in (("posts", Post), ("units", Unit)):
        codes = audience.get(name) if isinstance(audience, Mapping) else None
        if not isinstance(codes, list) or not codes:
            continue
        known = set(model.objects.values_list("code", flat=True))
        for number, code in enumerate(codes):
            if code not in known:
                told = "、".join(sorted(known)[:_MOST_TOLD])
                yield Fault(
                    Reason("library.no_such_code", {"name": str(code), "known": told}),
                    field=f"audience.{name}.{number}",
                )


_MOST_TOLD = 20


def _with_those_below(codes: Collection[str]) -> set[UUID]:
    rows = list(Unit.objects.values_list("pk", "parent_id", "code"))
    found = {pk for pk, _parent, code in rows if code in codes}
    while more := {pk for pk, parent, _code in rows if parent in found} - found:
        found |= more
    return found
