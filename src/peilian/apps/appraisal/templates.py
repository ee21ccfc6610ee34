"""Templates (考核模板): sheets in versions. A version is never changed; a newer one holds from its day on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from peilian.apps.appraisal.checks import fitting_day, one_at_a_time, permit_company, refuse, short
from peilian.apps.appraisal.evaluation import fingerprint
from peilian.apps.appraisal.models import Template, TemplateVersion
from peilian.apps.appraisal.seen import RUNNERS, cycles_seen, one
from peilian.apps.base.api import write
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine.text.typed import cleaned
from peilian.flows import appraising

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_MOST_DIGITS = 15  # of a number in JSON; one that is larger is kept as text, and refused by the schema


def add_template(
    *,
    actor: User | None,
    key: str,
    title: Mapping[str, str],
    body: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    effective_from: date,
    note: str = "",
    shipped_as: str = "",
) -> TemplateVersion:
    """Add a template with its first version. ``settings`` are the choices made in it; the rest stays at its default.

    ``InputError`` carries every fault of the document.
    """
    permit_company(actor, Permission.EDIT_APPRAISAL_RULES)
    key = short(key, "key", limit=100, is_needed=True)
    names = {language: short(title.get(language, ""), "title", limit=200) for language in ("zh", "en")}
    names = {language: name for language, name in names.items() if name}
    if not names:
        raise refuse("base.empty", "title")
    document, chosen = _checked(body, settings or {})
    # A version cannot be taken back, and none may begin before it: a mistyped year would close the template.
    fitting_day(effective_from, "effective_from")
    with write(actor=actor, verb="appraisal.add_template") as audit:
        one_at_a_time()
        if Template.objects.filter(key=key).exists():
            raise refuse("appraisal.template_exists", "key", value=key)
        row = Template.objects.create(
            key=key, title=names, shipped_as=shipped_as, created_at=timezone.now(), created_by=actor
        )
        audit.created(row)
        version = _version(actor, row, 1, document, chosen, effective_from, note)
        audit.note(version, {"number": [None, 1], "sha256": [None, version.sha256]})
    return version


def add_version(
    *,
    actor: User | None,
    template: Template,
    body: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    effective_from: date,
    note: str = "",
) -> TemplateVersion:
    """Add a version; a part that is ``None`` stays as in the version before. Cycles keep the version they were opened
    with: nothing that was computed is computed again."""
    permit_company(actor, Permission.EDIT_APPRAISAL_RULES)
    fitting_day(effective_from, "effective_from")
    with write(actor=actor, verb="appraisal.add_version") as audit:
        template = Template.objects.select_for_update().get(pk=template.pk)
        former = template.versions.order_by("-number").first()
        assert former is not None, "a template begins with a version"
        document, chosen = _checked(
            former.body if body is None else body, former.chosen if settings is None else settings
        )
        if effective_from < former.effective_from:
            raise refuse("appraisal.earlier_than_before", "effective_from", day=former.effective_from.isoformat())
        if _fingerprint(document, chosen) == former.sha256 and effective_from == former.effective_from:
            raise refuse("appraisal.nothing_differs", "body")
        version = _version(actor, template, former.number + 1, document, chosen, effective_from, note)
        audit.note(version, {"number": [former.number, version.number], "sha256": [former.sha256, version.sha256]})
    return version


def retire_template(*, actor: User | None, template: Template) -> Template:
    """Offer a template no longer; its cycles and versions stay."""
    permit_company(actor, Permission.EDIT_APPRAISAL_RULES)
    with write(actor=actor, verb="appraisal.retire_template") as audit:
        row = Template.objects.select_for_update().get(pk=template.pk)
        if row.retired_at is not None:
            audit.unchanged()
            return row
        row.retired_at = timezone.now()
        row.save()
        audit.changed(row, retired_at=None)
    return row


def templates(*, user: User) -> QuerySet[Template]:
    """All templates, for whoever appraises or sees appraisals of others; else those of the own sheets."""
    rows = Template.objects.prefetch_related("versions")
    sight = visible_to(user)
    if sight.reaches_company(Permission.EDIT_APPRAISAL_RULES) or any(
        sight.units(permission).exists() for permission in RUNNERS
    ):
        return rows
    return rows.filter(versions__cycles__in=cycles_seen(user)).distinct()


def template(*, user: User, pk: UUID | str) -> Template:
    """One template; ``NotVisibleError`` when absent or not to be seen."""
    return one(templates(user=user), pk)


def template_version(*, user: User, pk: UUID | str) -> TemplateVersion:
    """One version of a template that ``user`` may see."""
    seen = TemplateVersion.objects.filter(template__in=templates(user=user)).select_related("template")
    found: TemplateVersion = one(seen, pk)
    return found


def version_for(*, template: Template, day: date) -> TemplateVersion | None:
    """The version that holds for cycles beginning on ``day``; ``None`` before the first."""
    found: TemplateVersion | None = (
        template.versions.filter(effective_from__lte=day).order_by("-effective_from", "-number").first()
    )
    return found


def shipped_templates() -> Mapping[str, appraising.Template]:
    """The sheets that come with the product, to begin with."""
    return appraising.templates()


def compare_versions(*, user: User, old: TemplateVersion, new: TemplateVersion) -> list[appraising.Difference]:
    """What the rules of two versions do differently."""
    for version in (old, new):
        template_version(user=user, pk=version.pk)
    return list(appraising.compare(old.body, old.chosen, new.body, new.chosen))


def permit_rules(user: User) -> None:
    """Raise ``NotVisibleError`` unless ``user`` edits rules or runs cycles."""
    sight = visible_to(user)
    if not (sight.may(Permission.EDIT_APPRAISAL_RULES) or sight.may(Permission.RUN_APPRAISALS)):
        raise NotVisibleError


def _version(
    actor: User | None,
    template: Template,
    number: int,
    body: dict[str, Any],
    chosen: dict[str, Any],
    effective_from: date,
    note: str,
) -> TemplateVersion:
    row = TemplateVersion(
        template=template,
        number=number,
        body=body,
        chosen=chosen,
        sha256=_fingerprint(body, chosen),
        effective_from=effective_from,
        note=short(note, "note"),
        created_at=timezone.now(),
        created_by=actor,
    )
    row.save(force_insert=True)
    return row


def _checked(body: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Document and choices as they are stored; ``InputError`` when no scorecard can be made of them."""
    document, chosen = jsonable(body), jsonable(settings)
    appraising.template_of(document)
    appraising.card_of(document, chosen)
    return document, chosen


def _fingerprint(body: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    return fingerprint({"body": body, "chosen": chosen})


def jsonable(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as JSON holds it: decimals become numbers that read the same, dates and keys become texts."""

    def other(value: Any) -> Any:
        if isinstance(value, Decimal):
            if abs(value.adjusted()) > _MOST_DIGITS:
                return str(value)
            number = int(value) if value == value.to_integral_value() else float(value)
            return number if Decimal(repr(number)) == value else str(value)
        if isinstance(value, tuple | set | frozenset):
            return list(value)
        return str(value)

    found: dict[str, Any] = json.loads(json.dumps(document, default=other))
    return {key: _clean(value) for key, value in found.items()}


def _clean(value: Any) -> Any:
    """Without what cannot be stored in the texts."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return {key: _clean(item) for key, item in value.items()} if isinstance(value, dict) else value
