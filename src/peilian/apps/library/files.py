"""Texts as files (导入导出): taken out to be edited elsewhere, and brought back as drafts, merged with what has
happened here since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from peilian.adapters.archives import packed
from peilian.adapters.packs import PackHeader, TextField, sheets
from peilian.adapters.packs.trees import digest, document_of
from peilian.adapters.packs.uploads import VERSIONS, Brought, read_upload
from peilian.adapters.packs.writing import written, written_header
from peilian.apps.base.api import company, write
from peilian.apps.library.checks import permit, refuse
from peilian.apps.library.drafting import checked_body
from peilian.apps.library.installing import conflicts_as_data
from peilian.apps.library.models import OPEN_DRAFTS, Content, ContentState, ContentVersion, Draft, DraftState, Origin
from peilian.apps.library.shelf import document
from peilian.apps.people.api import Permission
from peilian.engine._kernel import Fault, InputError
from peilian.engine.content import Change, Merged, differences, merge

if TYPE_CHECKING:
    from peilian.apps.people.api import User

MOST_BYTES = 20 << 20
"""Of an upload."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an upload would do to one text: ``new``, ``changed``, ``same``, or ``refused`` with ``faults``."""

    reference: str
    title: Mapping[str, str]
    file: str
    action: str
    changes: tuple[Change, ...] = ()
    n_conflicts: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What an upload would do; ``faults`` are those of files that cannot be read."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]

    @property
    def can_be_imported(self) -> bool:
        """Whether something would change and nothing stands against it."""
        is_clean = not self.faults and not any(entry.faults for entry in self.entries)
        return is_clean and any(entry.action in ("new", "changed") for entry in self.entries)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One text of an upload beside what is here."""

    brought: Brought
    content: Content | None
    draft: Draft | None
    ours: Mapping[str, Any]
    merged: Merged


def export_pack(*, user: User, contents: Iterable[Content]) -> bytes:
    """The present wording of texts as a pack in an archive, to be edited and brought back; for who writes."""
    permit(user, Permission.WRITE_LIBRARY)
    files: dict[str, bytes] = {}
    versions: dict[str, str] = {}
    for content in contents:
        if content.current is None:
            continue
        made = written(document(content.current))
        path = made.path
        if path in files:  # two packs may use one name
            folder, _, _ = path.rpartition("/")
            path = f"{folder}/{content.key.replace('/', '-')}.{path.rpartition('.')[2]}"
        files[path] = made.text.encode()
        versions[content.reference] = content.current.sha256
    if not files:
        raise refuse("library.nothing_to_export")
    title = TextField(**(company().name or {"zh": "内容库", "en": "Library"}))
    header = PackHeader(
        kind="pack", schema_version=1, key="own", title=title,
        version=timezone.localdate().isoformat(), licence="Proprietary",
    )  # fmt: skip
    files["pack.yaml"] = written_header(header).text.encode()
    files[VERSIONS] = json.dumps(versions, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return packed(files)


def sheet_template(*, kind: str) -> bytes:
    """An empty table of articles or phrases with its headings and one example, as XLSX."""
    if kind not in sheets.COLUMNS:
        raise refuse("library.unknown_choice", "kind", known=", ".join(sheets.COLUMNS))
    return sheets.template(kind)


def preview_files(*, user: User, name: str, data: bytes) -> Preview:
    """What an upload (``.zip`` of a pack, ``.yaml``, ``.md``, ``.xlsx``) would change; nothing is stored."""
    permit(user, Permission.WRITE_LIBRARY)
    plans, faults = _planned(name, data)
    return Preview(tuple(_entry(plan) for plan in plans), tuple(faults))


def import_files(*, actor: User, name: str, data: bytes) -> list[Draft]:
    """Bring an upload in as drafts, all of it or, with any fault, nothing.

    What was changed here since the files were taken out is merged with what they say; where both changed the same,
    ours stays and the draft tells the conflict.
    """
    permit(actor, Permission.WRITE_LIBRARY)
    with write(actor=actor, verb="library.import_files") as audit:
        plans, faults = _planned(name, data)
        faults += [fault for plan in plans for fault in _entry(plan).faults]
        if faults:
            raise InputError(*faults)
        made = []
        for plan in plans:
            if plan.content is not None and digest(plan.merged.body) == digest(plan.ours) and not plan.merged.conflicts:
                continue
            row = _drafted(actor, plan)
            audit.note(row, {"file": [None, name], "edition": [None, row.edition]})
            made.append(row)
        if not made:
            audit.unchanged()
    return made


def _planned(name: str, data: bytes) -> tuple[list[_Plan], list[Fault]]:
    if len(data) > MOST_BYTES:
        raise refuse("library.file_too_large", "file", limit=MOST_BYTES >> 20)
    upload = read_upload(name, data)
    plans, faults = [], list(upload.faults)
    for brought in upload.documents:
        content = Content.objects.select_related("current").filter(
            kind=brought.tree["kind"], key=brought.tree["key"]
        ).first()  # fmt: skip
        try:
            plans.append(_plan(brought, content))
        except InputError as error:
            faults.extend(Fault(fault.reason, brought.file, fault.row, fault.field) for fault in error.faults)
    return plans, faults


def _plan(brought: Brought, content: Content | None) -> _Plan:
    draft = Draft.objects.filter(content=content, state__in=OPEN_DRAFTS).first() if content is not None else None
    current = content.current if content is not None else None
    known = current.body if current is not None else {}
    ours = draft.body if draft is not None else known
    theirs = dict(brought.tree)
    stand_in = content or Content(kind=theirs["kind"], key=theirs["key"])
    if brought.is_part:
        theirs = _completed(theirs, ours)
        base: Mapping[str, Any] = ours
    else:
        taken = ContentVersion.objects.filter(content=content, sha256=brought.base).first() if brought.base else None
        base = taken.body if taken is not None else known or ours
    theirs = checked_body(stand_in, theirs)
    return _Plan(brought, content, draft, ours, merge(base, ours, theirs) if ours else Merged(theirs, ()))


def _completed(part: dict[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """A table's part of a document in what is here: fields of the table win, phrases are told apart by their id."""
    made = {**ours, **part}
    for name in ("title", "summary", "body"):
        if name in part:
            made[name] = {**ours.get(name, {}), **part[name]}
    if "phrases" in part:
        by_id = {phrase["id"]: phrase for phrase in ours.get("phrases", ())}
        for phrase in part["phrases"]:
            by_id[phrase["id"]] = {**by_id.get(phrase["id"], {}), **phrase}
        made["phrases"] = list(by_id.values())
    return made


def _entry(plan: _Plan) -> Entry:
    faults: list[Fault] = []
    try:
        document_of(plan.merged.body)
    except InputError as error:
        faults = [Fault(fault.reason, plan.brought.file, fault.row, fault.field) for fault in error.faults]
    if plan.content is not None and plan.content.state == ContentState.RETIRED:
        faults.append(refuse("library.is_retired").faults[0])
    changes = tuple(differences(plan.ours, plan.merged.body)) if plan.ours else ()
    is_same = plan.content is not None and not changes and not plan.merged.conflicts
    action = "refused" if faults else "same" if is_same else "new" if plan.content is None else "changed"
    tree = plan.brought.tree
    return Entry(
        f"{tree['kind']}:{tree['key']}", tree.get("title", {}), plan.brought.file, action, changes,
        len(plan.merged.conflicts), tuple(faults),
    )  # fmt: skip


def _drafted(actor: User, plan: _Plan) -> Draft:
    now = timezone.now()
    content = plan.content or Content.objects.create(
        kind=plan.brought.tree["kind"],
        key=plan.brought.tree["key"],
        title=plan.merged.body.get("title", {}),
        created_at=now,
        created_by=actor,
    )
    row = plan.draft or Draft(
        content=content, base=content.current, author=actor, origin=Origin.FILE, edition=0, created_at=now
    )
    fresh = conflicts_as_data(plan.merged.conflicts)
    row.conflicts = fresh + [old for old in row.conflicts if old["path"] not in [one["path"] for one in fresh]]
    row.body, row.state, row.saved_at, row.edition = plan.merged.body, DraftState.WRITING, now, row.edition + 1
    if str(actor.pk) not in row.writers:
        row.writers = [*row.writers, str(actor.pk)]
    row.save()
    return row
